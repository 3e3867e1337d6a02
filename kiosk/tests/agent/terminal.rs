//! A terminal without a screen: the kiosk's queue, and the agent's forwarding against a scripted host.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use kiosk::{
    backoff::Backoff,
    clock::{Clock, SystemClock},
    control::{
        Asked, Contact, FromKiosk,
        message::{Answer, Ask, Changed},
    },
    fleet::IdentityStore,
    forwarder::{self, Forwarding, Heartbeat, LetGo, Store, county::County, event::Settings, state::Forwarder},
    https::{self, HostDate},
    queue::{Queue, QueueSettings},
    seal::Sealer,
    ticket::{Draft, Named},
};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
};
use uuid::Uuid;
use wire::{
    bulletin::Bulletin,
    enrol::Enrolment,
    intake::{Accepted, Views},
};

use crate::{
    papers,
    scripted_host::{Reply, Request, ScriptedHost},
};

pub(crate) const LEDGER: Uuid = Uuid::from_u128(0x1ed);

pub(crate) fn bulletin(revision: u64) -> Bulletin {
    Bulletin { revision, ..papers::bulletin() }
}

pub(crate) fn enrolment(host: &ScriptedHost) -> Enrolment {
    papers::enrolment(host.authority.pem.clone(), &host.url())
}

/// A suggestion.
pub(crate) fn draft() -> Draft {
    Draft {
        category: Named { id: "road".into(), name: "道路".into() },
        place: None,
        text: "村口的路灯坏了。".into(),
        landmark: None,
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    }
}

/// A county in order: takes every event, has no views and no other bulletin.
pub(crate) fn in_order(request: &Request) -> Reply {
    in_ledger(LEDGER, request)
}

pub(crate) fn in_ledger(ledger: Uuid, request: &Request) -> Reply {
    match (request.event(), request.path.as_str()) {
        (Some(id), _) => Reply::json(201, ledger, &Accepted { ledger, id }),
        (_, "/intake/v1/bulletin") => Reply::status(304, ledger),
        (_, path) if path.starts_with("/intake/v1/views") => {
            Reply::json(200, ledger, &Views { cursor: 0, views: vec![], more: false })
        }
        _ => Reply::status(404, ledger),
    }
}

pub(crate) struct Terminal {
    pub(crate) queue: Queue,
    pub(crate) sealer: Sealer,
    pub(crate) contact: watch::Receiver<Contact>,
    pub(crate) changed: broadcast::Receiver<Changed>,
    pub(crate) to_agent: mpsc::Sender<FromKiosk>,
    pub(crate) unknown_to_county: Arc<Notify>,
    county: watch::Sender<Option<County>>,
    clock: Arc<dyn Clock>,
    pub(crate) forwarding: JoinHandle<LetGo>,
    folder: TempDir,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}

impl Terminal {
    /// A terminal of the host's with `submitted` suggestions in its queue.
    pub(crate) fn start(host: &ScriptedHost, submitted: usize) -> Self {
        Self::trusting(host, host, submitted)
    }

    /// A terminal that was enrolled with `own` and is sent to `host`.
    pub(crate) fn trusting(own: &ScriptedHost, host: &ScriptedHost, submitted: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let enrolment = enrolment(own);
        let identities = IdentityStore::open(folder.path(), &enrolment).unwrap();
        let request = identities.request().unwrap();
        let identity = identities.keep(&own.authority.sign(&request, 1, 90)).unwrap();
        let client = https::client(&enrolment.ca, Some(&identity), Arc::clone(&clock), Timestamp::UNIX_EPOCH).unwrap();
        let county = County::new(client, &host.url(), Arc::clone(&clock), Arc::new(HostDate::default()));

        let settings = QueueSettings { terminal: enrolment.terminal, first_generation: Some(1), witnesses: vec![] };
        let queue = Queue::open(&folder.path().join("queue.sqlite"), settings, Arc::clone(&clock)).unwrap();
        let sealer = Sealer::new(&enrolment.county_keys).unwrap();
        // Another takes their place with each agent.
        let (contact, changed) = (watch::channel(Contact::NONE).1, broadcast::channel(1).1);
        let mut terminal = Self {
            sealer,
            contact,
            changed,
            to_agent: mpsc::channel(1).0,
            unknown_to_county: Arc::new(Notify::new()),
            county: watch::channel(Some(county)).0,
            clock,
            forwarding: tokio::spawn(async { LetGo }),
            folder,
            queue,
        };
        for _ in 0..submitted {
            terminal.submit();
        }
        terminal.start_agent();
        terminal
    }

    /// Starts an agent in place of the former one, which is gone.
    pub(crate) fn start_agent(&mut self) {
        self.forwarding.abort();
        let contacts = watch::Sender::new(Contact::NONE);
        let changes = broadcast::Sender::new(64);
        let (to_agent, from_kiosk) = mpsc::channel(8);
        (self.contact, self.changed, self.to_agent) = (contacts.subscribe(), changes.subscribe(), to_agent);
        // As in use, with rests that a test can wait for.
        let quick = Backoff { first: Duration::from_millis(5), longest: Duration::from_millis(50) };
        let settings = Settings { backoff: quick, event_backoff: quick, ..Settings::default() };
        let forwarding = Forwarding {
            forwarder: Forwarder::new(settings, kiosk::backoff::dice()),
            store: Store::start(self.queue.again().unwrap(), changes.clone()).unwrap(),
            county: self.county.subscribe(),
            from_kiosk,
            contact: contacts,
            changed: changes,
            first: Arc::new(|| Box::pin(async {})),
            unknown_to_county: Arc::clone(&self.unknown_to_county),
            clock: Arc::clone(&self.clock),
        };
        let heartbeat = Heartbeat { every: Duration::from_secs(10), beat: Box::new(|| {}) };
        self.forwarding = tokio::spawn(forwarder::run(forwarding, heartbeat));
    }

    /// The queue file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("queue.sqlite")
    }

    /// Submits a suggestion, without a nudge.
    pub(crate) fn submit(&mut self) -> Uuid {
        self.queue.submit(&draft(), &self.sealer).unwrap().event
    }

    /// Waits until the queue, as it lies on the disk, is as wanted; looks whenever something was written.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Queue) -> bool) {
        while !wanted(&self.queue) {
            self.changed.recv().await.unwrap();
        }
    }

    pub(crate) async fn until_delivered(&mut self, count: u32) {
        self.until(|queue| queue.delivered_count().unwrap() == count && queue.depth().unwrap().waiting == 0).await;
    }

    pub(crate) async fn asks(&self, ask: Ask, deadline: Duration) -> Answer {
        let (reply, answer) = oneshot::channel();
        self.to_agent.send(FromKiosk::Asked(Asked { ask, deadline, reply })).await.unwrap();
        answer.await.unwrap()
    }
}
