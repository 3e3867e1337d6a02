//! Weeks off line with the real programs: what a terminal took goes to the county on a stick, is a case there, and is
//! neither sent nor made again when the network is back. The agent signs; this test stands in for the screen.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]
#![allow(clippy::allow_attributes, dead_code, reason = "the support is shared")]

#[path = "support/real_host.rs"]
mod real_host;
mod stick_support;
#[path = "support/terminal_without_screen.rs"]
mod terminal_without_screen;

use std::{path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use kiosk::{
    clock::{Clock, SystemClock},
    control::message::{Answer, Network, Signing},
    stick::{Export, NotExported, NotSigned, Signature},
};
use real_host::{HostFolder, RunningHost};
use serde_json::Value;
use stick_support::parcels;
use tempfile::TempDir;
use terminal_without_screen::{PATIENCE, Terminal, all_exactly_once, counted};
use wire::{case::State, intake::Tracked, view::ViewKey};

fn host() -> (TempDir, HostFolder, RunningHost) {
    let folder = tempfile::tempdir().unwrap();
    let host = HostFolder::new(&folder.path().join("data"));
    let running = host.start();
    (folder, host, running)
}

fn stick() -> TempDir {
    tempfile::tempdir_in("/dev/shm").expect("every Linux has a file system in memory there")
}

/// As the officer's page does it.
fn export(terminal: &Terminal, folder: &Path, stick: &Path) -> Result<u32, NotExported> {
    let (queue, clock) = (folder.join("queue.sqlite"), Arc::new(SystemClock::start()) as Arc<dyn Clock>);
    let mut sign = |digest| {
        let (send, signing) = std::sync::mpsc::channel();
        terminal.control.sign(&digest, PATIENCE, move |signed| send.send(signed).unwrap());
        match signing.recv_timeout(PATIENCE).unwrap() {
            Ok(Signing::Signed { certificate, signature }) => {
                Ok(Signature { certificate, signature: STANDARD.decode(signature).unwrap() })
            }
            Ok(Signing::NotEnrolled) => Err(NotSigned::NotEnrolled),
            _ => Err(NotSigned::NoAgent),
        }
    };
    Export { stick, data: folder, queue: &queue, clock: &clock }.run(&mut sign, &mut |_, _| {})
}

fn import(host: &HostFolder, stick: &Path) -> Value {
    host.answer(&["stick", "import", stick.to_str().unwrap()])
}

#[test]
fn what_was_taken_off_line_reaches_the_county_on_a_stick_and_is_there_once_when_the_network_is_back() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let agent = terminal.agent();
    let first = terminal.submit();
    terminal.until_delivered(1);
    drop(running);
    let said: Vec<_> = (0..20).map(|_| terminal.submit()).collect();
    terminal.queue.submit_contact(said[3].ticket, "王小明", "13900000000", &terminal.sealer).unwrap();
    terminal.until_network(Network::Offline);

    let stick = stick();
    assert_eq!(export(&terminal, folder.path(), stick.path()).unwrap(), 21);
    assert_eq!((terminal.queue.depth().unwrap().waiting, terminal.queue.delivered_count().unwrap()), (21, 1));
    drop(agent);

    // The county's machine has no network to the station either: by the command line, without a host that runs.
    let taken = import(&host, stick.path());
    assert_eq!((&taken["new"], &taken["same"], &taken["quarantined"]), (&21.into(), &0.into(), &0.into()), "{taken}");
    assert_eq!(taken["parcels"][0]["terminal"], terminal.queue.terminal().unwrap().to_string());
    all_exactly_once(&host, 21);
    let again = import(&host, stick.path());
    assert_eq!((&again["new"], &again["same"]), (&0.into(), &21.into()), "{again}");

    let _running = host.start();
    let _agent = terminal.agent();
    terminal.until_delivered(22);
    all_exactly_once(&host, 21);
    assert_eq!(terminal.queue.depth().unwrap().dead, 0);
    assert_eq!(counted(&host, "SELECT count(*) FROM alarm"), 0);
    for submitted in said.iter().chain([&first]) {
        let Answer::Tracked(Tracked::Found(view)) = terminal.tracks(submitted) else { panic!("not found") };
        assert_eq!((view.ticket, view.state), (submitted.ticket, State::Received));
        // The terminal's own memory has it too, sealed under the receipt's secret.
        let kept = || terminal.queue.view(submitted.ticket).unwrap();
        while kept().is_none() {
            terminal.until(|_| true);
        }
        assert_eq!(kept().unwrap().open(&ViewKey::of(&submitted.secret)).unwrap().ticket, submitted.ticket);
    }
}

#[test]
fn a_terminal_that_never_reached_the_county_says_so_and_writes_nothing() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    drop(running);
    let stick = stick();
    terminal.submit();
    let no_agent = export(&terminal, folder.path(), stick.path());
    assert!(matches!(no_agent, Err(NotExported::NotSigned(NotSigned::NoAgent))), "{no_agent:?}");
    let _agent = terminal.agent();
    terminal.until_network(Network::Offline);
    let no_certificate = export(&terminal, folder.path(), stick.path());
    assert!(matches!(no_certificate, Err(NotExported::NotSigned(NotSigned::NotEnrolled))), "{no_certificate:?}");
    assert!(parcels(stick.path()).is_empty());
}

#[test]
fn a_revoked_terminals_stick_is_kept_apart_and_is_no_case() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let _agent = terminal.agent();
    terminal.until_network(Network::Online);
    drop(running);
    terminal.submit();
    let stick = stick();
    export(&terminal, folder.path(), stick.path()).unwrap();
    host.run(&["terminal", "revoke", &terminal.queue.terminal().unwrap().to_string()]);
    let taken = import(&host, stick.path());
    assert_eq!((&taken["new"], &taken["quarantined"]), (&0.into(), &1.into()), "{taken}");
    assert!(taken["parcels"][0]["refused"].as_str().unwrap().contains("is revoked"), "{taken}");
    all_exactly_once(&host, 0);
    assert_eq!(counted(&host, "SELECT count(*) FROM alarm WHERE kind = 'stick'"), 1);
    let kept = folder.path().join("kept.tar");
    host.run(&["stick", "save", "1", kept.to_str().unwrap()]);
    assert!(std::fs::metadata(&kept).unwrap().len() > 1_024);
    assert_eq!(host.answer(&["stick", "list"])[0]["reason"], "revoked");
}
