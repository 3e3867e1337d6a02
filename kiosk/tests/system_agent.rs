//! The real agent between the real host and a kiosk without a screen: enrolment, events, bulletin, questions, a dead
//! network, `kill -9`, and a restored host.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "support/real_host.rs"]
mod real_host;
#[path = "support/relay.rs"]
mod relay;

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
use real_host::{HostFolder, RunningHost};
use relay::Relay;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use wire::{
    intake::{Track, Tracked},
    secret::Proof,
};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

struct Agent(Child);

impl Drop for Agent {
    /// As `kill -9` would.
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Terminal {
    config: PathBuf,
    queue: Queue,
    sealer: Sealer,
    control: Control,
    events: Receiver<ControlEvent>,
}

impl Terminal {
    fn new(folder: &TempDir, host: &HostFolder) -> Self {
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
        Self { config, queue, sealer, control: control.unwrap(), events }
    }

    fn agent(&self) -> Agent {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-agent"));
        Agent(command.arg("--config").arg(&self.config).env("KIOSK_LOG", "info").spawn().unwrap())
    }

    fn submit(&mut self) -> Submitted {
        let draft = Draft {
            category: Named { id: "road".into(), name: "道路".into() },
            place: None,
            text: "村口的路坏了，下雨天老人不好走。".into(),
            landmark: None,
            on_behalf: false,
            text_on_receipt: false,
        };
        let submitted = self.queue.submit(&draft, &self.sealer).unwrap();
        self.control.submitted();
        submitted
    }

    fn until(&self, wanted: impl Fn(&ControlEvent) -> bool) {
        while !wanted(&self.events.recv_timeout(PATIENCE).unwrap()) {}
    }

    fn until_network(&self, network: Network) {
        self.until(|event| matches!(event, ControlEvent::Presence(Some(presence)) if presence.network == network));
    }

    fn until_delivered(&self, count: u32) {
        let all = || self.queue.delivered_count().unwrap() == count && self.queue.depth().unwrap().waiting == 0;
        while !all() {
            self.until(|event| *event == ControlEvent::Changed(Changed::Delivered));
        }
    }

    fn tracks(&self, submitted: &Submitted) -> Answer {
        let (send, answer) = channel();
        let track = Track { ticket: submitted.ticket, proof: Proof::Code(submitted.code.clone()) };
        self.control.ask(Ask::Track(track), PATIENCE, move |answer| send.send(answer).unwrap());
        answer.recv_timeout(PATIENCE).unwrap().unwrap()
    }
}

fn host() -> (TempDir, HostFolder, RunningHost) {
    let folder = tempfile::tempdir().unwrap();
    let host = HostFolder::new(&folder.path().join("data"));
    let running = host.start();
    (folder, host, running)
}

#[test]
fn a_new_terminal_enrols_and_what_was_submitted_can_be_tracked() {
    let (_data, host, _running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let first = terminal.submit();
    let _agent = terminal.agent();
    terminal.until_delivered(1);
    let second = terminal.submit();
    terminal.until_delivered(2);
    for submitted in [first, second] {
        let Answer::Tracked(Tracked::Found(view)) = terminal.tracks(&submitted) else { panic!("not found") };
        assert_eq!((view.ticket, view.category.as_str()), (submitted.ticket, "道路"));
    }
    while terminal.queue.bulletin().unwrap().is_none() {
        terminal.until(|event| *event == ControlEvent::Changed(Changed::Bulletin));
    }
    let bulletin = terminal.queue.bulletin().unwrap().unwrap().bulletin;
    assert_eq!(bulletin.station.name, "花桥镇人大代表联络站");
}

#[test]
fn what_is_taken_while_the_host_is_off_arrives_when_it_is_on() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let _agent = terminal.agent();
    terminal.until_network(Network::Online);
    drop(running);
    let submitted = terminal.submit();
    terminal.until_network(Network::Offline);
    assert_eq!(terminal.tracks(&submitted), Answer::Offline);
    let _running = host.start();
    terminal.until_delivered(1);
}

#[test]
fn an_agent_that_is_killed_again_and_again_loses_nothing() {
    let (_data, host, _running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    for _ in 0..5 {
        for _ in 0..40 {
            terminal.submit();
        }
        let _agent = terminal.agent();
        // Some are acknowledged, others are under way.
        let before = terminal.queue.delivered_count().unwrap();
        while terminal.queue.delivered_count().unwrap() == before {
            terminal.until(|event| *event == ControlEvent::Changed(Changed::Delivered));
        }
    }
    let _agent = terminal.agent();
    terminal.until_delivered(200);
    assert_eq!(terminal.queue.depth().unwrap().dead, 0);
}

/// What lies on the county's disk, counted by a statement.
fn counted(host: &HostFolder, sql: &str) -> u32 {
    let file = Connection::open_with_flags(host.data.join("county.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every suggestion is at the county exactly once, under its own number.
fn all_exactly_once(host: &HostFolder, suggestions: u32) {
    assert_eq!(counted(host, "SELECT count(*) FROM ticket_case"), suggestions);
    assert_eq!(counted(host, "SELECT count(DISTINCT ticket) FROM ticket_case"), suggestions);
    assert_eq!(counted(host, "SELECT count(*) FROM event WHERE kind = 'suggestion'"), suggestions);
    assert_eq!(counted(host, "SELECT count(*) FROM conflict"), 0);
}

#[test]
fn an_agent_killed_between_its_put_and_the_answer_delivers_exactly_once() {
    let data = tempfile::tempdir().unwrap();
    let mut host = HostFolder::new(&data.path().join("data"));
    let relay = Relay::to(host.terminals);
    host.reached = relay.address;
    let _running = host.start();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let agent = terminal.agent();
    terminal.until_network(Network::Online);
    // The county answers once it has the event on its disk.
    let county = host.clone();
    relay.swallow_while(move || counted(&county, "SELECT count(*) FROM event") == 1);
    terminal.submit();
    relay.until_swallowed(PATIENCE);
    assert_eq!(terminal.queue.depth().unwrap().waiting, 1, "the terminal doesn't know");
    drop(agent);
    relay.let_pass();
    let _agent = terminal.agent();
    terminal.until_delivered(1);
    all_exactly_once(&host, 1);
}

#[test]
fn a_host_that_is_killed_again_and_again_during_intake_has_everything_exactly_once() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let _agent = terminal.agent();
    let mut running = Some(running);
    for _ in 0..3 {
        let before = terminal.queue.delivered_count().unwrap();
        for _ in 0..60 {
            terminal.submit();
        }
        while terminal.queue.delivered_count().unwrap() == before {
            terminal.until(|event| *event == ControlEvent::Changed(Changed::Delivered));
        }
        // As `kill -9` would, with others under way.
        drop(running.take());
        running = Some(host.start());
    }
    terminal.until_delivered(180);
    all_exactly_once(&host, 180);
}

#[test]
fn a_host_that_was_restored_gets_all_that_was_delivered_since_its_backup() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let _agent = terminal.agent();
    terminal.submit();
    terminal.until_delivered(1);
    let backup = folder.path().join("backup.tar");
    host.run(&["backup", backup.to_str().unwrap()]);
    let since: Vec<Submitted> = (0..100).map(|_| terminal.submit()).collect();
    terminal.until_delivered(101);
    let ledger = terminal.queue.ledger().unwrap();
    drop(running);
    host.run(&["restore", backup.to_str().unwrap()]);
    let _running = host.start();
    while terminal.queue.ledger().unwrap() == ledger {
        terminal.until(|_| true);
    }
    terminal.until_delivered(101);
    for submitted in [&since[0], &since[99]] {
        assert!(matches!(terminal.tracks(submitted), Answer::Tracked(Tracked::Found(_))));
    }
}

#[test]
fn sigterm_ends_the_agent_at_once_and_without_an_error() {
    let (_data, host, _running) = host();
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::new(&folder, &host);
    let mut agent = terminal.agent();
    terminal.until_network(Network::Online);
    let pid = agent.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(agent.0.wait().unwrap().success());
    terminal.until(|event| *event == ControlEvent::Presence(None));
}
