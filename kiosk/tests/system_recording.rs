//! A recording through the real agent to the real host: over a link that breaks every few kilobytes, over a host that is
//! killed, over a restore.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "support/real_host.rs"]
mod real_host;
#[path = "support/recordings.rs"]
mod recordings;
#[path = "support/relay.rs"]
mod relay;
#[path = "support/terminal_without_screen.rs"]
mod terminal_without_screen;

use kiosk::{control::message::Network, queue::Queue};
use real_host::HostFolder;
use relay::Relay;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use terminal_without_screen::{Terminal, counted};
use uuid::Uuid;

fn queue_file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("queue.sqlite")
}

/// What the county has under an id: the bytes, and what became of them.
fn at_the_county(host: &HostFolder, id: Uuid) -> Option<(Vec<u8>, String, Option<String>)> {
    let file = Connection::open_with_flags(host.data.join("county.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT bytes, status, case_id FROM event WHERE id = ?1";
    let mut statement = file.prepare(sql).unwrap();
    let mut rows = statement.query_map([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.next().map(Result::unwrap)
}

/// Whether the queue has everything acknowledged.
fn all_is_delivered(queue: &Queue, count: u32) -> bool {
    queue.delivered_count().unwrap() == count && queue.depth().unwrap().waiting == 0
}

#[test]
fn an_upload_that_is_broken_every_few_kilobytes_arrives() {
    let data = tempfile::tempdir().unwrap();
    let mut host = HostFolder::new(&data.path().join("data"));
    let relay = Relay::to(host.terminals);
    host.reached = relay.address;
    let running = host.start();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let _agent = terminal.agent();
    terminal.until_network(Network::Online);
    let submitted = terminal.submit();
    terminal.until_delivered(1);

    relay.break_every(6 * 1024);
    let audio = recordings::audio(30 * 1024);
    let (id, bytes) = recordings::keep(&queue_file(&folder), submitted.event, &terminal.sealer, &audio);
    let before = relay.breaks();
    terminal.control.submitted();
    // Somebody speaks meanwhile: text does not wait for the recording, however often the link breaks.
    let meanwhile = terminal.submit();
    terminal.until_delivered(3);
    assert!(relay.breaks() - before >= bytes.len() / (6 * 1024), "{} breaks", relay.breaks() - before);
    let case = Some(submitted.event.to_string());
    assert_eq!(at_the_county(&host, id), Some((bytes, "applied".to_owned(), case)));
    assert!(at_the_county(&host, meanwhile.event).is_some());
    assert_eq!(counted(&host, "SELECT count(*) FROM upload_part"), 0, "nothing is left of its pieces");
    drop(running);
}

#[test]
fn a_host_that_is_killed_in_the_middle_of_an_upload_goes_on_where_it_stood() {
    let data = tempfile::tempdir().unwrap();
    let mut host = HostFolder::new(&data.path().join("data"));
    let relay = Relay::to(host.terminals);
    host.reached = relay.address;
    let mut running = Some(host.start());
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let submitted = terminal.submit();
    let agent = terminal.agent();
    terminal.until_delivered(1);
    // The answer to the first piece is lost, with the host and the agent.
    let county = host.clone();
    relay.swallow_while(move || counted(&county, "SELECT count(*) FROM upload WHERE received > 0") == 1);
    let audio = recordings::audio(300 * 1024);
    let (id, bytes) = recordings::keep(&queue_file(&folder), submitted.event, &terminal.sealer, &audio);
    terminal.control.submitted();
    relay.until_swallowed(terminal_without_screen::PATIENCE);
    drop((agent, running.take()));
    relay.let_pass();
    let received = counted(&host, "SELECT received FROM upload");
    assert!(received > 0 && at_the_county(&host, id).is_none());

    running = Some(host.start());
    let _agent = terminal.agent();
    terminal.until_delivered(2);
    assert!(all_is_delivered(&terminal.queue, 2));
    assert_eq!(at_the_county(&host, id).map(|(bytes, ..)| bytes), Some(bytes));
    drop(running);
}

#[test]
fn a_restored_host_gets_its_recordings_again() {
    let data = tempfile::tempdir().unwrap();
    let host = HostFolder::new(&data.path().join("data"));
    let running = host.start();
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::new(&folder, &host);
    let _agent = terminal.agent();
    terminal.until_network(Network::Online);
    let backup = folder.path().join("backup.tar");
    host.run(&["backup", backup.to_str().unwrap()]);
    let submitted = terminal.submit();
    let audio = recordings::audio(100 * 1024);
    let (id, bytes) = recordings::keep(&queue_file(&folder), submitted.event, &terminal.sealer, &audio);
    terminal.control.submitted();
    terminal.until_delivered(2);
    let ledger = terminal.queue.ledger().unwrap();
    drop(running);
    host.run(&["restore", backup.to_str().unwrap()]);
    assert!(at_the_county(&host, id).is_none());
    let _running = host.start();
    while terminal.queue.ledger().unwrap() == ledger {
        terminal.until(|_| true);
    }
    terminal.until_delivered(2);
    let case = Some(submitted.event.to_string());
    assert_eq!(at_the_county(&host, id), Some((bytes, "applied".to_owned(), case)));
}
