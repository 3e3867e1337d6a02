//! How fast a queue of 10,000 events drains, against a bare reqwest client that PUTs the same bodies with the same
//! concurrency to the same host. Both are real: the host is the program, in a fresh copy of the same folder each run.
//!
//! `cargo build --release -p host && cargo bench -p kiosk --bench drain [-- EVENTS RUNS]` prints the medians of
//! interleaved runs and their ratio, and fails below 0.8.

#![expect(clippy::unwrap_used, reason = "a bench ends where something unexpected happens")]

#[path = "../tests/support/real_host.rs"]
mod real_host;

use std::{collections::VecDeque, path::Path, process::Command, sync::Arc, time::Duration};

use jiff::Timestamp;
use kiosk::{
    clock::{Clock, SystemClock, Trusted, TrustedClock},
    control::Contact,
    fleet::{Fleet, IdentityStore},
    forwarder::{self, Forwarding, Heartbeat, Store, county::County, event::Settings, state::Forwarder},
    https::{self, HostDate, Identity},
    queue::{Forward, Queue, QueueSettings},
    seal::Sealer,
    ticket::{Draft, Named},
};
use real_host::HostFolder;
use reqwest::Client;
use tokio::{
    sync::{Notify, broadcast, mpsc, watch},
    task::JoinSet,
    time::Instant,
};
use wire::{enrol::Enrolment, event, intake::CONTENT_DIGEST};

/// The least share of the bare client's rate.
const LEAST: f64 = 0.8;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The terminal's identity and a queue full of events, both in `folder`.
fn fill(folder: &Path, enrolment: &Enrolment, clock: &Arc<dyn Clock>, events: usize) -> Identity {
    let store = IdentityStore::open(folder, enrolment).unwrap();
    let host_date = Arc::new(HostDate::default());
    let path = Path::new("enrolment.json");
    let fleet = Fleet::new(path, enrolment.clone(), store, Arc::clone(clock), host_date, Box::new(|| 0.0)).unwrap();
    let identity = runtime().block_on(async {
        let (known, mut identity) = watch::channel(None);
        tokio::select! {
            () = fleet.keep_enrolled(known, Arc::new(Notify::new())) => unreachable!("kept for ever"),
            identity = identity.wait_for(Option::is_some) => identity.unwrap().clone().unwrap(),
        }
    });
    let settings =
        QueueSettings { terminal: enrolment.terminal, first_generation: Some(enrolment.generation), witnesses: vec![] };
    let mut queue = Queue::open(&folder.join("queue.sqlite"), settings, Arc::clone(clock)).unwrap();
    let sealer = Sealer::new(&enrolment.county_keys).unwrap();
    let draft = Draft {
        category: Named { id: "road".into(), name: "道路".into() },
        place: None,
        text: "村口的路坏了，下雨天老人不好走，请修一修。".repeat(3),
        landmark: None,
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    };
    for _ in 0..events {
        queue.submit(&draft, &sealer).unwrap();
    }
    queue.tidy().unwrap();
    identity
}

/// A clock that goes by the time of the host, which is of this machine.
fn right_clock(path: &Path) -> Arc<dyn Clock> {
    let machine = Arc::new(SystemClock::start());
    let now = Trusted::new(machine.wall().at, &*machine);
    let clock = TrustedClock::start(machine, path);
    clock.takes(now);
    Arc::new(clock)
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// PUTs every body with as many requests under way as the agent has, and reads each answer.
async fn bare(client: Client, base: String, bodies: Vec<Forward>, concurrency: usize) {
    let mut bodies = VecDeque::from(bodies);
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < concurrency
            && let Some(body) = bodies.pop_front()
        {
            let request = client
                .put(format!("{base}/intake/v1/events/{}", body.id))
                .header(CONTENT_DIGEST, event::content_digest(&body.bytes))
                .body(body.bytes);
            under_way.spawn(async move {
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 201);
                answer.bytes().await.unwrap()
            });
        }
        match under_way.join_next().await {
            Some(answer) => drop(answer.unwrap()),
            None => return,
        }
    }
}

/// The agent's forwarding as it is wired in use, until nothing waits.
async fn agent(queue: Queue, watching: Queue, county: County, clock: Arc<dyn Clock>) {
    let (contact, _contacts) = watch::channel(Contact::NONE);
    let (changed, mut changes) = broadcast::channel(1024);
    let (_nudges, from_kiosk) = mpsc::channel(1);
    let (_known, county) = watch::channel(Some(county));
    let forwarding = Forwarding {
        forwarder: Forwarder::new(Settings::default(), kiosk::backoff::dice()),
        store: Store::start(queue, changed.clone()).unwrap(),
        county,
        from_kiosk,
        contact,
        changed,
        first: Arc::new(|| Box::pin(async {})),
        unknown_to_county: Arc::new(Notify::new()),
        clock,
    };
    let heartbeat = Heartbeat { every: Duration::from_secs(10), beat: Box::new(|| {}) };
    let drained = async {
        // Looked at now and then: counting 10,000 rows is not the agent's work.
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        while watching.depth().unwrap().waiting > 0 {
            looks.tick().await;
            drop(changes.try_recv());
        }
    };
    tokio::select! {
        forwarder::LetGo = forwarder::run(forwarding, heartbeat) => unreachable!("no kiosk asks for the queue"),
        () = drained => {}
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let events = numbers.next().unwrap_or(10_000);
    let runs = numbers.next().unwrap_or(3);
    let folder = tempfile::tempdir().unwrap();
    let clock = right_clock(&folder.path().join("time.json"));
    let template = HostFolder::new(&folder.path().join("host"));
    let full = folder.path().join("terminal");
    std::fs::create_dir(&full).unwrap();
    let running = template.start();
    let enrolment = template.add_terminal(&folder.path().join("enrolment.json"));
    let identity = fill(&full, &enrolment, &clock, events);
    drop(running);

    let concurrency = Settings::default().concurrency;
    let mut rates = [Vec::new(), Vec::new()];
    for run in 0..runs * 2 {
        let (host_data, data) = (folder.path().join(format!("host-{run}")), folder.path().join(format!("data-{run}")));
        copy(&template.data, &host_data);
        copy(&full, &data);
        let _running = HostFolder { data: host_data.clone(), ..template.clone() }.start();
        let floor = Timestamp::UNIX_EPOCH;
        let client = https::client(&enrolment.ca, Some(&identity), Arc::clone(&clock), floor).unwrap();
        let mut queue = Queue::attach(&data.join("queue.sqlite"), Arc::clone(&clock)).unwrap();
        let which = run % 2;
        let taken = runtime().block_on(async {
            if which == 0 {
                let county =
                    County::new(client, &enrolment.county_url, Arc::clone(&clock), Arc::new(HostDate::default()));
                let watching = queue.again().unwrap();
                let started = Instant::now();
                agent(queue, watching, county, Arc::clone(&clock)).await;
                started.elapsed()
            } else {
                let bodies = queue.forward_batch(events).unwrap();
                let started = Instant::now();
                bare(client, enrolment.county_url.clone(), bodies, concurrency).await;
                started.elapsed()
            }
        });
        let rate = f64::from(u32::try_from(events).unwrap()) / taken.as_secs_f64();
        println!("{}: {rate:.0} events a second", ["agent", "bare reqwest"][which]);
        rates[which].push(rate);
        std::fs::remove_dir_all(&host_data).unwrap();
        std::fs::remove_dir_all(&data).unwrap();
    }
    let [agent, bare] = rates.map(median);
    let ratio = agent / bare;
    println!(
        "drain of {events} events, concurrency {concurrency}, medians of {runs}: agent {agent:.0}/s, bare {bare:.0}/s, ratio {ratio:.2}"
    );
    assert!(ratio >= LEAST, "the ratio is below {LEAST}");
}
