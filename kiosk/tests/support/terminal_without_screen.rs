//! A terminal whose screen is the test: the queue and the control socket as kiosk has them, and the real agent.
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

use std::{
    path::PathBuf,
    process::{Child, Command},
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use kiosk::{
    clock::{Clock, SystemClock},
    control::{
        Board, Control, ControlEvent,
        message::{Answer, Ask, Changed, Network},
    },
    durable,
    queue::{Queue, QueueSettings, Submitted},
    seal::Sealer,
    ticket::{Draft, Named},
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use wire::{intake::Track, secret::Proof};

use crate::real_host::HostFolder;

/// Only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Agent(pub Child);

impl Drop for Agent {
    /// As `kill -9` would.
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub struct Terminal {
    pub config: PathBuf,
    pub queue: Queue,
    pub sealer: Sealer,
    pub control: Arc<Control>,
    pub events: Receiver<ControlEvent>,
}

impl Terminal {
    pub fn new(folder: &TempDir, host: &HostFolder) -> Self {
        let enrolment_path = folder.path().join("enrolment.json");
        let enrolment = host.add_terminal(&enrolment_path);
        let config = folder.path().join("kiosk.toml");
        let settings = format!("data_dir = {0:?}\nrun_dir = {0:?}\nenrolment = {1:?}\n", folder.path(), enrolment_path);
        durable::write(&config, settings.as_bytes(), 0o600).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let settings = QueueSettings {
            terminal: enrolment.terminal,
            first_generation: Some(enrolment.generation),
            witnesses: vec![],
        };
        let queue = Queue::open(&folder.path().join("queue.sqlite"), settings, Arc::clone(&clock)).unwrap();
        let (send, events) = channel();
        let board = Arc::new(Board::new(clock.wall(), "test"));
        let control = Control::start(&folder.path().join("control.sock"), clock, board, move |event| {
            send.send(event).unwrap_or_default();
        });
        let sealer = Sealer::new(&enrolment.county_keys).unwrap();
        Self { config, queue, sealer, control: Arc::new(control.unwrap()), events }
    }

    pub fn agent(&self) -> Agent {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-agent"));
        Agent(command.arg("--config").arg(&self.config).env("KIOSK_LOG", "info").spawn().unwrap())
    }

    pub fn submit(&mut self) -> Submitted {
        let draft = Draft {
            category: Named { id: "road".into(), name: "道路".into() },
            place: None,
            text: "村口的路坏了，下雨天老人不好走。".into(),
            landmark: None,
            on_behalf: false,
            text_on_receipt: false,
            voice: None,
        };
        let submitted = self.queue.submit(&draft, &self.sealer).unwrap();
        self.control.submitted();
        submitted
    }

    pub fn until(&self, wanted: impl Fn(&ControlEvent) -> bool) {
        while !wanted(&self.events.recv_timeout(PATIENCE).unwrap()) {}
    }

    pub fn until_network(&self, network: Network) {
        self.until(|event| matches!(event, ControlEvent::Presence(Some(presence)) if presence.network == network));
    }

    pub fn until_delivered(&self, count: u32) {
        let all = || self.queue.delivered_count().unwrap() == count && self.queue.depth().unwrap().waiting == 0;
        while !all() {
            self.until(|event| *event == ControlEvent::Changed(Changed::Delivered));
        }
    }

    pub fn tracks(&self, submitted: &Submitted) -> Answer {
        let (send, answer) = channel();
        let track = Track { ticket: submitted.ticket, proof: Proof::Code(submitted.code.clone()) };
        self.control.ask(Ask::Track(track), PATIENCE, move |answer| send.send(answer).unwrap());
        answer.recv_timeout(PATIENCE).unwrap().unwrap()
    }
}

/// What lies on the county's disk, counted by a statement.
pub fn counted(host: &HostFolder, sql: &str) -> u32 {
    let file = Connection::open_with_flags(host.data.join("county.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every suggestion is at the county exactly once, under its own number.
pub fn all_exactly_once(host: &HostFolder, suggestions: u32) {
    assert_eq!(counted(host, "SELECT count(*) FROM ticket_case"), suggestions);
    assert_eq!(counted(host, "SELECT count(DISTINCT ticket) FROM ticket_case"), suggestions);
    assert_eq!(counted(host, "SELECT count(*) FROM event WHERE kind = 'suggestion'"), suggestions);
    assert_eq!(counted(host, "SELECT count(*) FROM conflict"), 0);
}
