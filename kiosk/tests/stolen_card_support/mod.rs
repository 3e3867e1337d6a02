//! A terminal's data folder as the programs leave it.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use jiff::Timestamp;
use kiosk::{
    clock::{Clock, SystemClock},
    config::Config,
    fleet::{IdentityStore, Tamper},
    printer::{Command, Handle, Letterhead, Paper, PrinterEvent, PrinterSettings, Width, built_in, start},
    queue::{Patience, Queue, Submitted, seal_set_aside},
    tamper::{Seen, Watch},
    ticket::Draft,
};
use rusqlite::{Connection, types::ValueRef};
use uuid::Uuid;
use wire::{
    bulletin::Bulletin,
    case::State,
    enrol::{CountyKeys, Enrolment},
    intake::Views,
    view::{Reply, SealedView, View, ViewKey},
};
use zeroize::Zeroizing;

use crate::{
    needles::{Needle, files, search},
    papers,
    queue_support::{County, Place, holds},
    scripted_host::Authority,
    virtual_printer::VirtualPrinter,
};

pub(crate) const PUBLIC_BASE: &str = "https://county.example";

/// Longer than any patience with a receipt.
const SOON: Duration = Duration::from_secs(60);

/// A terminal whose card will be taken.
pub(crate) struct Card {
    pub(crate) county: County,
    pub(crate) queue: Queue,
    place: Place,
    /// Of devices, which are not on the card.
    devices: tempfile::TempDir,
    printing: Option<(Handle, mpsc::Receiver<PrinterEvent>)>,
    /// Numbers and ids that stand in the open, among whose digits a code of six may be by chance.
    open: Vec<String>,
}

impl Card {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        let devices = tempfile::tempdir().unwrap();
        Self { county: County::new(), queue: place.open(), place, devices, printing: None, open: Vec::new() }
    }

    fn folder(&self) -> &Path {
        self.place.folder.path()
    }

    /// The enrolment file, key and certificate, as the agent keeps them.
    pub(crate) fn enrol(&mut self) {
        let authority = Authority::new();
        let enrolment = Enrolment {
            county_keys: CountyKeys {
                id: "k1".into(),
                working: self.county.working.to_public().to_string(),
                recovery: self.county.recovery.to_public().to_string(),
            },
            bulletin: bulletin(),
            ..papers::enrolment(authority.pem.clone(), PUBLIC_BASE)
        };
        let file = serde_json::to_vec(&enrolment).unwrap();
        kiosk::durable::write(&self.folder().join("enrolment.json"), &file, 0o600).unwrap();
        let store = IdentityStore::open(self.folder(), &enrolment).unwrap();
        let certificate = authority.sign(&store.request().unwrap(), 1, 90);
        store.keep(&certificate).unwrap();
        self.open_the_case(&store);
        self.queue.put_bulletin("etag", &bulletin(), self.place.clock.wall()).unwrap();
    }

    /// Somebody opened the case; kiosk wrote it down, and the agent told the host.
    fn open_the_case(&self, store: &IdentityStore) {
        let settings = self.devices.path().join("kiosk.toml");
        let text = format!("data_dir = {:?}\n", self.folder());
        kiosk::durable::write(&settings, text.as_bytes(), 0o600).unwrap();
        let config = Config::load(&settings).unwrap();
        let watch = Watch::start(&config.case_journal_path(), self.place.clock.clone());
        assert!(watch.saw(Seen::Stands { open: false }) && watch.saw(Seen::Opened));
        let tamper = Tamper::settle(&config, store);
        let report = tamper.report(true);
        tamper.told(report.journal, report.openings);
        assert!(config.case_journal_path().exists() && config.case_told_path().exists());
    }

    /// The file is damaged, set aside at the next start, and sealed.
    pub(crate) fn damage_the_queue(&mut self) {
        self.printing = None;
        self.queue.tidy().unwrap();
        let (path, settings) = (self.place.path(), self.place.settings());
        // Closed, so that all of it stands in the file.
        drop(std::mem::replace(&mut self.queue, Place::new().open()));
        let mut file = std::fs::read(&path).unwrap();
        // The root of everything.
        file[100..4096].fill(0xff);
        kiosk::durable::write(&path, &file, 0o600).unwrap();
        let clock: Arc<dyn Clock> = self.place.clock.clone();
        let (queue, salvaged) = Queue::open_or_salvage(&path, &settings, &clock, &Patience::default()).unwrap();
        assert!(salvaged.is_some());
        seal_set_aside(&path, &self.county.sealer).unwrap();
        self.queue = queue;
    }

    /// A visit, as the kiosk takes it.
    pub(crate) fn visit(&mut self, said: &Draft) -> Submitted {
        let one = self.queue.submit(said, &self.county.sealer).unwrap();
        self.open.extend([one.ticket.to_string(), one.event.to_string()]);
        if let Some((printing, _)) = &self.printing {
            printing.send(kick(&one, said));
        }
        one
    }

    /// Plugs a printer in; receipts that wait come out.
    pub(crate) fn plug_in(&mut self, profile: &str) -> VirtualPrinter {
        let port = self.devices.path().join("printer");
        let printer = VirtualPrinter::start(&port).unwrap();
        let mut settings = PrinterSettings::new(port, 115_200, built_in(profile).unwrap(), Width::Mm58);
        settings.rest = Duration::from_millis(30);
        let head = Letterhead {
            station: "花桥镇人大代表联络站".into(),
            public_base: PUBLIC_BASE.into(),
            zone: "Asia/Shanghai".into(),
            ..Letterhead::default()
        };
        let (tell, told) = mpsc::channel();
        let handle =
            start(settings, head, Arc::new(SystemClock::start()), move |event| drop(tell.send(event))).unwrap();
        // The words of the second visit are in memory, as they are while it lasts.
        let jobs = self.queue.open_jobs().unwrap();
        for job in jobs.iter().filter(|job| job.with_text) {
            let text = Some(Zeroizing::new(crate::PRINTED_WORDS.to_owned()));
            handle.send(Command::Kick { ticket: job.ticket, text });
        }
        handle.send(Command::Queue(Box::new(self.queue.again().unwrap())));
        self.printing = Some((handle, told));
        printer
    }

    pub(crate) fn wait_for(&self, one: &Submitted, paper: Paper) {
        let (_, told) = self.printing.as_ref().unwrap();
        let wanted = PrinterEvent::Job { ticket: one.ticket, paper };
        while told.recv_timeout(SOON).unwrap() != wanted {}
    }

    /// Time goes on, and the kiosk does what it does between visits.
    pub(crate) fn go_on(&mut self, by: Duration) {
        self.queue.purge().unwrap();
        self.place.clock.go_on(by);
        self.queue.purge().unwrap();
        self.queue.tidy().unwrap();
    }

    pub(crate) fn restart(&mut self) {
        self.printing = None;
        self.queue = self.place.open();
    }

    /// The bodies of all events, as they wait.
    pub(crate) fn sealed(&mut self) -> Vec<Needle> {
        let waiting = self.queue.forward_batch(usize::MAX).unwrap();
        let bodies = waiting.iter().map(|event| wire::event::split(&event.bytes).unwrap().1);
        // The end is random throughout; the beginning names the format.
        bodies.map(|body| Needle::bytes("event", &body[body.len() - 64..])).collect()
    }

    /// The agent has taken everything to the county.
    pub(crate) fn deliver(&mut self) {
        let mut agent = self.place.attach();
        let ids: Vec<Uuid> = agent.forward_batch(usize::MAX).unwrap().iter().map(|event| event.id).collect();
        agent.delivered(&ids, Uuid::new_v4()).unwrap();
    }

    /// The agent has fetched the county's answer.
    pub(crate) fn answer(&mut self, one: &Submitted, text: &str) {
        let view = View {
            ticket: one.ticket,
            revision: 5,
            category: "道路".into(),
            state: State::Closed,
            steps: vec![],
            reply: Some(Reply { by: "交通局".into(), text: text.into(), at: Timestamp::UNIX_EPOCH }),
            reason: None,
            can_rate: true,
            rating: None,
        };
        let key = ViewKey::of(&one.secret);
        let sealed = SealedView::seal(&view, &key);
        assert_eq!(sealed.open(&key).unwrap(), view);
        self.place.attach().put_views(&Views { cursor: 5, views: vec![sealed], more: false }).unwrap();
    }

    /// Where and in which form it lies on the card.
    pub(crate) fn finds(&self, needle: &Needle) -> Vec<String> {
        let mut files = files(self.folder());
        if needle.digits().is_some_and(|digits| digits.len() == 6) {
            files.iter_mut().for_each(|(_, bytes)| self.blacken_what_is_open(bytes));
        }
        search(&files, needle)
    }

    fn blacken_what_is_open(&self, bytes: &mut [u8]) {
        for known in &self.open {
            let places: Vec<usize> = bytes
                .windows(known.len())
                .enumerate()
                .filter(|(_, w)| *w == known.as_bytes())
                .map(|(at, _)| at)
                .collect();
            places.into_iter().for_each(|at| bytes[at..at + known.len()].fill(b'#'));
        }
    }

    /// The columns of the queue with this value, as text or as a number.
    pub(crate) fn rows_with(&self, digits: &str) -> Vec<String> {
        let file = Connection::open(self.place.path()).unwrap();
        let mut tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let number: i64 = digits.parse().unwrap();
        let mut found = Vec::new();
        for table in tables {
            let mut all = file.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let names: Vec<String> = all.column_names().iter().map(|name| (*name).to_owned()).collect();
            let mut rows = all.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let is_it = |column: usize| match row.get_ref(column).unwrap() {
                    ValueRef::Integer(held) => held == number,
                    #[expect(clippy::cast_precision_loss, reason = "twelve digits are exact")]
                    ValueRef::Real(held) => held == number as f64,
                    ValueRef::Text(held) => held == digits.as_bytes(),
                    ValueRef::Blob(_) | ValueRef::Null => false,
                };
                let columns = names.iter().enumerate().filter(|(column, _)| is_it(*column));
                found.extend(columns.map(|(_, name)| format!("{table}.{name}")));
            }
        }
        found
    }

    /// Whether a receipt is this ticket's.
    pub(crate) fn shows(&self, receipt: &[u8], one: &Submitted) -> bool {
        holds(receipt, format!("/t#{}.", one.ticket).as_bytes())
    }

    /// The hash that is kept of a receipt's bytes.
    pub(crate) fn hash_of(&self, one: &Submitted) -> Option<[u8; 32]> {
        let file = Connection::open(self.place.path()).unwrap();
        file.query_row("SELECT hash FROM print WHERE ticket = ?1", [one.ticket.to_string()], |row| row.get(0)).unwrap()
    }
}

fn kick(one: &Submitted, said: &Draft) -> Command {
    let text = said.text_on_receipt.then(|| Zeroizing::new(said.text.clone()));
    Command::Kick { ticket: one.ticket, text }
}

fn bulletin() -> Bulletin {
    Bulletin { public_base: PUBLIC_BASE.into(), ..papers::bulletin() }
}
