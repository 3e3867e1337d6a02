//! The real agent between the real host and a kiosk without a screen: enrolment, events, bulletin, questions, a dead
//! network, `kill -9`, and a restored host.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "support/real_host.rs"]
mod real_host;
#[path = "support/relay.rs"]
mod relay;
#[path = "support/terminal_without_screen.rs"]
mod terminal_without_screen;

use std::{process::Command, sync::Arc};

use kiosk::{
    clock::{Clock, SystemClock, TrustedClock},
    control::{
        ControlEvent,
        message::{Answer, Changed, Network},
    },
    queue::Submitted,
};
use real_host::{HostFolder, RunningHost};
use relay::Relay;
use tempfile::TempDir;
use terminal_without_screen::{PATIENCE, Terminal, all_exactly_once, counted};
use wire::{event::ClockQuality, intake::Tracked};

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
fn kiosk_hears_of_the_hosts_time_and_reads_it_again_after_a_restart() {
    let (_data, host, running) = host();
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::new(&folder, &host);
    let path = folder.path().join("time.json");
    let clock = TrustedClock::start(Arc::new(SystemClock::start()), &path);
    assert_eq!(clock.trusted(), None);
    let agent = terminal.agent();
    while clock.trusted().is_none() {
        terminal.until(|event| *event == ControlEvent::Changed(Changed::Time));
        clock.read_again();
    }
    assert_eq!(clock.wall().quality, ClockQuality::Host);
    // Both programs start anew, and the host is away.
    drop((agent, running));
    let _agent = terminal.agent();
    terminal.until_network(Network::Offline);
    let again = TrustedClock::start(Arc::new(SystemClock::start()), &path);
    assert_eq!((again.trusted(), again.wall().quality), (clock.trusted(), ClockQuality::Host), "the same boot");
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
