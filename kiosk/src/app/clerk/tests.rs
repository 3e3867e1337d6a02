//! What the technician reads where nothing can be taken. Events go nowhere: there is no screen.

use std::{fs, os::unix::fs::FileExt as _, path::Path};

use wire::health::{PrinterState, QueueState};

use super::*;
use crate::{
    app::papers,
    clock::SystemClock,
    config::Printer,
    control::{self, Board},
    durable,
    printer::{Paper, PrinterEvent},
    session::{Action, PrinterFault, Session},
    tamper::Seen,
    ticket::{Draft, Named},
};
use virtual_printer::VirtualPrinter;

mod file;

#[path = "../../../tests/support/virtual_printer/mod.rs"]
mod virtual_printer;

fn enrolment() -> Enrolment {
    papers::enrolment(String::new(), "https://127.0.0.1:1")
}

/// A clerk with nothing in its folder yet, and its inbox.
fn counter(folder: &Path) -> (Counter, mpsc::Receiver<Task>) {
    counter_with(folder, Printer { port: folder.join("no-printer"), ..Printer::default() })
}

fn counter_with(folder: &Path, printer: Printer) -> (Counter, mpsc::Receiver<Task>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let board = Arc::new(Board::new(clock.wall(), "test"));
    let control = Control::start(&folder.join("control.sock"), Arc::clone(&clock), board, |_| {}).unwrap();
    let config =
        Config { data_dir: folder.to_owned(), enrolment: folder.join("enrolment.json"), printer, ..Config::default() };
    let (clerk, inbox) = Clerk::new();
    let case = Arc::new(Watch::start(&config.case_journal_path(), Arc::clone(&clock)));
    let case_switch = CaseSwitch::Absent;
    let (control, panel) = (Arc::new(control), panel::Handle::default());
    let office = Office { config, control, clock, panel, settings: None, case, case_switch };
    (Counter::new(&clerk, office), inbox)
}

/// Works until the printer was heard of.
fn hear_of_the_printer(counter: &mut Counter, inbox: &mpsc::Receiver<Task>) {
    while counter.health.is_none() {
        counter.work(inbox.recv_timeout(Duration::from_secs(30)).unwrap());
    }
}

fn enrol(folder: &Path) {
    let file = serde_json::to_vec(&enrolment()).unwrap();
    durable::write(&folder.join("enrolment.json"), &file, 0o600).unwrap();
}

/// A clerk whose queue is open.
fn opened(folder: &Path) -> (Counter, mpsc::Receiver<Task>) {
    enrol(folder);
    let (mut counter, inbox) = counter(folder);
    counter.open();
    (counter, inbox)
}

fn words(text: &str) -> Draft {
    Draft {
        category: Named { id: "road".into(), name: "道路".into() },
        place: None,
        text: text.into(),
        landmark: None,
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    }
}

fn submission() -> Task {
    submission_of("修路")
}

fn submission_of(text: &str) -> Task {
    let mut session = Session::default();
    let bulletin = enrolment().bulletin;
    let category = bulletin.categories[0].id.clone();
    let touches = [
        Event::Bulletin(Box::new(bulletin), None),
        Event::OpenSpeak,
        Event::ChooseCategory(category),
        Event::PlaceDone,
        Event::TextEdited(text.into()),
        Event::Submit,
    ];
    let mut actions = touches.into_iter().flat_map(|event| session.step(event, Duration::ZERO));
    match actions.next() {
        Some(Action::Submit(question, _)) => Task::Submit(question, words(text)),
        _ => unreachable!("a submission was touched"),
    }
}

#[test]
fn before_enrolment_the_facts_name_the_missing_file_the_printer_and_the_fonts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, inbox) = counter(folder.path());
    counter.open();
    counter.note_missing(vec!['喆']);
    hear_of_the_printer(&mut counter, &inbox);
    counter.work(submission());
    let facts = counter.facts();
    assert!(facts.problem.unwrap().contains("enrolment.json"));
    let printer = facts.printer.unwrap();
    assert!(printer.problem.unwrap().contains("no-printer"));
    assert_eq!((facts.queue, facts.terminal, printer.fault), (None, None, Some(PrinterFault::NoAnswer)));
    assert_eq!(facts.missing_glyphs, ['喆']);
    assert!(!folder.path().join("queue.sqlite").exists());
}

#[test]
fn a_queue_that_does_not_open_is_named_and_nothing_is_taken_until_it_does() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    let path = folder.path().join("queue.sqlite");
    // As a newer release leaves it.
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let (mut counter, inbox) = counter(folder.path());
    counter.open();
    hear_of_the_printer(&mut counter, &inbox);
    counter.work(submission());
    let facts = counter.facts();
    let problem = facts.problem.unwrap();
    assert!(problem.contains("queue.sqlite") && problem.contains("schema 99"), "{problem}");
    assert_eq!((facts.queue, facts.terminal.as_deref()), (None, Some("00613")));

    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(folder.path().join(format!("queue.sqlite{suffix}"))).ok();
    }
    counter.open();
    counter.work(submission());
    let facts = counter.facts();
    assert_eq!((facts.problem, facts.queue.map(|queue| queue.waiting)), (None, Some(1)));
}

#[test]
fn a_file_that_cannot_be_read_any_more_is_looked_at_anew_by_whoever_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, _inbox) = opened(folder.path());
    counter.work(submission());
    // All but the first page rots, and what was read before counts no more.
    let path = folder.path().join("queue.sqlite");
    let beside = rusqlite::Connection::open(&path).unwrap();
    beside.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)).unwrap();
    beside.execute("UPDATE queue SET tended = tended + 1", []).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let rest = file.metadata().unwrap().len() - 4096;
    file.write_all_at(&vec![0xff; usize::try_from(rest).unwrap()], 4096).unwrap();
    assert_eq!(counter.facts().queue, None);
    counter.look_after_the_file();
    assert!(counter.desk.is_none());
    drop(beside);
    counter.printer.as_ref().unwrap().send(Command::Stop);
    counter.open();
    assert_eq!(counter.facts().queue.map(|queue| queue.set_aside), Some(1));
}

#[test]
fn the_same_words_again_get_the_number_of_the_suggestion_that_is_there_after_all() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, _inbox) = opened(folder.path());
    let waiting = |counter: &mut Counter| counter.facts().queue.unwrap().waiting;
    let in_doubt = |counter: &mut Counter| {
        let desk = counter.desk.as_mut().unwrap();
        let submitted = desk.queue.submit(&words("修路"), &desk.sealer).unwrap();
        counter.doubt = Some(submitting::Doubt { draft: words("修路"), submitted, found: false });
        counter.settle_doubt();
    };
    in_doubt(&mut counter);
    counter.work(submission());
    assert_eq!((waiting(&mut counter), counter.doubt.is_none()), (1, true));
    counter.work(submission());
    assert_eq!(waiting(&mut counter), 2, "said once more it is another one");

    in_doubt(&mut counter);
    counter.work(submission_of("修桥"));
    assert_eq!(waiting(&mut counter), 4, "other words are another suggestion");
    counter.work(Task::Forget);
    assert!(counter.doubt.is_none(), "no words are kept behind the visit");
}

#[test]
fn the_enrolments_bulletin_is_shown_where_the_queue_does_not_open_and_never_in_place_of_a_fetched_one() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    let path = folder.path().join("queue.sqlite");
    let version = |version: u32| {
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    version(99);
    let (mut counter, _inbox) = counter(folder.path());
    assert_eq!(counter.shown, None);
    counter.open();
    assert_eq!(counter.shown, Some(1), "whom to turn to stands in it");
    version(0);
    counter.open();
    let fetched = Bulletin { revision: 7, ..enrolment().bulletin };
    let wall = counter.office.clock.wall();
    counter.desk.as_mut().unwrap().queue.put_bulletin("etag", &fetched, wall).unwrap();
    drop(counter);

    let (mut counter, _inbox) = super::tests::counter(folder.path());
    counter.open();
    assert_eq!(counter.shown, Some(7));
    counter.desk.as_mut().unwrap().ill = true;
    counter.look_after_the_file();
    version(99);
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE queue SET least_reader = 98", []).unwrap();
    counter.open();
    assert_eq!((counter.desk.is_none(), counter.shown), (true, Some(7)));
}

#[test]
fn a_printer_that_nobody_knows_or_a_table_that_is_not_there_is_named_and_suggestions_are_taken_all_the_same() {
    let printers = [
        (Printer { profile: "laser".into(), ..Printer::default() }, "laser"),
        (Printer { profiles: Some("/nowhere/printers.toml".into()), ..Printer::default() }, "/nowhere/printers.toml"),
    ];
    for (printer, named) in printers {
        let folder = tempfile::tempdir().unwrap();
        enrol(folder.path());
        let (mut counter, _inbox) = counter_with(folder.path(), printer);
        counter.open();
        counter.work(submission());
        let facts = counter.facts();
        assert_eq!((facts.problem, facts.queue.map(|queue| queue.waiting)), (None, Some(1)));
        assert!(facts.printer.unwrap().problem.unwrap().contains(named));
        counter.tell_health();
        let told = control::health(&folder.path().join("control.sock"), Duration::from_secs(30)).unwrap().unwrap();
        assert_eq!((told.queue.state, told.printer.state), (QueueState::Ok, PrinterState::NotDriven));
    }
}

#[test]
fn a_table_of_printers_that_was_mended_prints_what_waits_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    let (table, port) = (folder.path().join("printers.toml"), folder.path().join("printer"));
    durable::write(&table, b"[generic-58\n", 0o600).unwrap();
    let virtual_printer = VirtualPrinter::start(&port).unwrap();
    virtual_printer.change(|conditions| (conditions.knife, conditions.fence) = (false, false));
    let printer = Printer { port, profile: "generic-58".into(), profiles: Some(table.clone()), ..Printer::default() };
    let (mut counter, inbox) = counter_with(folder.path(), printer);
    counter.open_when_due();
    counter.work(submission());
    assert!(counter.facts().printer.unwrap().problem.unwrap().contains("printers.toml"));

    durable::write(&table, b"", 0o600).unwrap();
    counter.look_due = Duration::ZERO;
    counter.open_when_due();
    assert_eq!(counter.facts().queue.map(|queue| queue.waiting), Some(1), "the same queue");
    let is_out = |task: &Task| matches!(task, Task::Printer(PrinterEvent::Job { paper: Paper::Unsure, .. }));
    while !is_out(&inbox.recv_timeout(Duration::from_secs(60)).unwrap()) {}
    let receipts = virtual_printer.receipts();
    assert!(receipts.len() == 1 && receipts[0].bytes.windows(3).any(|bytes| bytes == b"/t#"));
}

#[test]
fn whoever_asks_over_the_socket_hears_what_is_known_and_nothing_before_that() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, inbox) = counter(folder.path());
    let socket = folder.path().join("control.sock");
    let patience = Duration::from_secs(30);
    let asks = || control::health(&socket, patience).unwrap();
    counter.open();
    counter.tell_health();
    assert_eq!(asks(), None, "the printer was not looked at yet");
    hear_of_the_printer(&mut counter, &inbox);
    counter.tell_health();
    let told = asks().unwrap();
    assert_eq!((told.queue.state, told.queue.waiting), (QueueState::NotEnrolled, None));
    assert_eq!((told.printer.port, told.printer.state), (false, PrinterState::NoAnswer));

    enrol(folder.path());
    counter.open();
    counter.work(submission());
    counter.told.soon();
    counter.tell_health();
    let enrolled = asks().unwrap();
    assert_eq!((enrolled.queue.state, enrolled.queue.waiting), (QueueState::Ok, Some(1)));
    assert_eq!(enrolled.run, told.run, "the same kiosk");
    counter.full_until = Some(Duration::MAX);
    counter.told.soon();
    counter.tell_health();
    assert_eq!(asks().unwrap().queue.state, QueueState::Full);
}

#[test]
fn what_is_not_known_of_queue_and_case_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    durable::write(&folder.path().join("queue.sqlite"), &[b'x'; 8192], 0o600).unwrap();
    let (mut counter, inbox) = counter(folder.path());
    counter.office.case_switch = CaseSwitch::Watched;
    let socket = folder.path().join("control.sock");
    let tells = |counter: &mut Counter| {
        counter.told.soon();
        counter.tell_health();
        control::health(&socket, Duration::from_secs(30)).unwrap()
    };
    hear_of_the_printer(&mut counter, &inbox);
    assert_eq!(tells(&mut counter), None, "the queue was not tried yet");
    counter.open();
    let told = tells(&mut counter).unwrap();
    assert_eq!((told.queue.dead, told.queue.set_aside, told.case_switch), (Some(0), Some(1), None));
    counter.office.case.saw(Seen::Stands { open: false });
    assert_eq!(tells(&mut counter).unwrap().case_switch, Some(CaseSwitch::Watched));

    // Closed, and not tried again: what was said before stands.
    counter.desk.as_mut().unwrap().ill = true;
    counter.look_after_the_file();
    assert_eq!(tells(&mut counter).unwrap().queue.state, QueueState::Ok);
    let reserve = folder.path().join("queue.sqlite.reserve");
    fs::remove_file(&reserve).unwrap();
    fs::create_dir(&reserve).unwrap();
    counter.open();
    let queue = tells(&mut counter).unwrap().queue;
    assert_eq!((queue.state, queue.dead, queue.set_aside), (QueueState::Unusable, None, Some(1)));
}

#[test]
fn the_technician_reads_how_the_case_stands_where_there_is_a_switch() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, _inbox) = counter(folder.path());
    assert_eq!(counter.facts().case, None);
    counter.office.case.saw(Seen::Stands { open: false });
    counter.office.case.saw(Seen::Opened);
    assert_eq!(counter.facts().case, Some(CaseFacts { open: true, openings: 1 }));
}
