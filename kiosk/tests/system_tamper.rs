//! From the switch of the case to the host's alarm: a panel whose switch bounces, the journal, the real agent and the real
//! host.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod panel_support;
mod queue_support;
#[path = "support/real_host.rs"]
mod real_host;
#[path = "support/terminal_without_screen.rs"]
mod terminal_without_screen;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::channel},
    thread,
    time::Duration,
};

use kiosk::{
    app::at_panel,
    clock::{Clock, SystemClock},
    config::Config,
    durable,
    panel::{self, Handle},
    tamper::{self, Watch},
};
use panel_support::{Scripted, bounces, case};
use queue_support::Turned;
use real_host::{HostFolder, RunningHost};
use serde_json::Value;
use tempfile::TempDir;
use terminal_without_screen::{PATIENCE, Terminal};
use uuid::Uuid;
use wire::health::{CaseSwitch, Kiosk, Printer, PrinterState, Queue, QueueState};

fn host() -> (TempDir, HostFolder, RunningHost) {
    let folder = tempfile::tempdir().unwrap();
    let host = HostFolder::new(&folder.path().join("data"));
    let running = host.start();
    (folder, host, running)
}

/// Somebody opens the case of a terminal whose kiosk runs.
fn opens_the_case(terminal: &Terminal) -> Handle {
    let config = Config::load(&terminal.config).unwrap();
    let watch = Watch::start(&config.case_journal_path(), Arc::new(SystemClock::start()));
    let (clock, (shown, _)) = (Turned::new(), channel());
    let script = [vec![(case(false), 50)], bounces(case, true)].concat();
    let scripted = Scripted::new(&clock, Duration::from_millis(10), &script, shown);
    let happened = at_panel(Arc::new(watch), Arc::clone(&terminal.control));
    let panel = panel::start(scripted, clock as Arc<dyn Clock>, happened).unwrap().0;
    until("the journal", || openings(terminal) == 1);
    terminal.control.note_health(Kiosk {
        run: Uuid::from_u128(7),
        version: "test".into(),
        queue: Queue { state: QueueState::Ok, waiting: None, oldest_s: None, dead: None, set_aside: None },
        printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
        case_switch: Some(CaseSwitch::Watched),
        settings: None,
    });
    panel
}

/// Looks until it is so; another process has to do something for it.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let (look, mut left) = (Duration::from_millis(50), PATIENCE);
    while !is_so() {
        assert!(!left.is_zero(), "waited in vain for {what}");
        thread::park_timeout(look);
        left = left.saturating_sub(look);
    }
}

fn openings(terminal: &Terminal) -> u64 {
    let journal = Config::load(&terminal.config).unwrap().case_journal_path();
    tamper::read(&journal).unwrap().last().map_or(0, |entry| entry.standing.openings)
}

fn until_opening_is_told(host: &HostFolder) -> Value {
    let mut health = Value::Null;
    until("the alarm at the host", || {
        health = host.answer(&["terminal", "health"]);
        let alarms = health[0]["alarms"].as_array().cloned().unwrap_or_default();
        alarms.iter().any(|alarm| alarm["fault"] == "case_opened" && alarm["cleared_at"].is_null())
    });
    health[0]["report"]["tamper"].clone()
}

fn keys(folder: &Path) -> Vec<PathBuf> {
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|one| one.unwrap().path());
    let all = below(folder.join("identity")).flat_map(below);
    all.filter(|path| path.ends_with("key.pem") || path.ends_with("certificate.pem")).collect()
}

#[test]
fn a_case_opened_while_the_network_and_the_agent_are_down_is_an_alarm_once_both_are_back() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let agent = terminal.agent();
    terminal.submit();
    terminal.until_delivered(1);
    drop((agent, running));

    let _panel = opens_the_case(&terminal);
    terminal.submit();
    let _running = host.start();
    let _agent = terminal.agent();
    let told = until_opening_is_told(&host);
    assert_eq!((&told["openings"], &told["open"]), (&1.into(), &true.into()));
    terminal.until_delivered(2);
    assert_eq!(keys(folder.path()).len(), 2, "the settings do not ask for the key");
}

#[test]
fn an_opening_that_costs_the_key_costs_no_suggestion_and_a_new_enrolment_file_brings_the_terminal_back() {
    let (_data, host, _running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let settings = fs::read_to_string(&terminal.config).unwrap() + "wipe_key_on_tamper = true\n";
    durable::write(&terminal.config, settings.as_bytes(), 0o600).unwrap();
    let agent = terminal.agent();
    terminal.submit();
    terminal.until_delivered(1);
    assert_eq!(keys(folder.path()).len(), 2);

    let _panel = opens_the_case(&terminal);
    until("the key to be gone", || keys(folder.path()).is_empty());
    terminal.submit();
    assert_eq!(terminal.queue.depth().unwrap().waiting, 1, "taken, and kept");
    drop(agent);

    let anew = folder.path().join("anew.json");
    host.run(&["terminal", "readmit", "00001", "--out", anew.to_str().unwrap()]);
    fs::rename(&anew, folder.path().join("enrolment.json")).unwrap();
    let _agent = terminal.agent();
    let told = until_opening_is_told(&host);
    assert_eq!((&told["openings"], &told["key_wiped_at"]), (&1.into(), &1.into()));
    terminal.until_delivered(2);
}
