//! A damaged queue file: what can be read of it is delivered, and no number comes twice.
#![expect(clippy::unwrap_used, reason = "tests")]

mod queue_support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiosk::{
    clock::Clock,
    durable,
    queue::{KEPT_ASIDE, Patience, Queue, QueueError, Salvaged, seal_set_aside},
};
use queue_support::{County, Place, draft};
use uuid::Uuid;

const PAGE: usize = 4096;
/// More events than any leaf of the file holds.
const EVENTS: usize = 60;
/// Events of the size made here that fit on one page, and the interior pages above them.
const ON_A_PAGE: usize = 6;

type Events = BTreeMap<Uuid, Vec<u8>>;

fn events(queue: &mut Queue) -> Events {
    queue.forward_batch(usize::MAX).unwrap().into_iter().map(|event| (event.id, event.bytes)).collect()
}

/// A place whose queue holds [`EVENTS`] suggestions, one of them long, as a power cut leaves it: the log is not copied
/// back unless `tidied`.
fn filled(tidied: bool) -> (Place, Events) {
    let (made, place) = (Place::new(), Place::new());
    let county = County::new();
    let mut queue = made.open();
    for n in 0..EVENTS {
        let text = if n == 30 { "路".repeat(2_000) } else { format!("第{n}件事") };
        queue.submit(&draft(&text), &county.sealer).unwrap();
    }
    let submitted = events(&mut queue);
    if tidied {
        drop(queue);
        copy(&made, &place);
    } else {
        copy(&made, &place);
        drop(queue);
    }
    (place, submitted)
}

fn copy(from: &Place, to: &Place) {
    for entry in fs::read_dir(from.folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.folder.path().join(entry.file_name())).unwrap();
    }
}

fn open(place: &Place) -> Result<(Queue, Option<Salvaged>), QueueError> {
    let clock: Arc<dyn Clock> = place.clock.clone();
    Queue::open_or_salvage(&place.path(), &place.settings(), &clock, &Patience::default())
}

fn log_of(place: &Place) -> PathBuf {
    place.folder.path().join("queue.sqlite-wal")
}

/// Nothing that comes back is another's, and new numbers are of a generation that gave none.
fn comes_back(place: &Place, submitted: &Events) -> usize {
    let (mut queue, salvaged) = open(place).unwrap();
    let found = events(&mut queue);
    let mut whole = 0;
    for (id, bytes) in &found {
        let former = submitted.get(id).expect("an event that was submitted");
        // Damage inside a sealed body is the county's to find; the header was looked at.
        assert_eq!(wire::event::split(bytes).unwrap().0, wire::event::split(former).unwrap().0);
        whole += usize::from(bytes == former);
    }
    let county = County::new();
    let next = queue.submit(&draft("下一件事"), &county.sealer).unwrap();
    let numbers = submitted.values().map(|bytes| wire::event::split(bytes).unwrap().0.ticket);
    assert!(numbers.clone().all(|number| number != next.ticket), "{} was given twice", next.ticket);
    if salvaged.is_some() {
        assert!(numbers.map(|number| number.generation()).all(|former| former < next.ticket.generation()));
        assert_eq!(queue.set_aside().unwrap(), 1);
    }
    whole
}

#[test]
fn a_damaged_page_costs_at_most_the_events_on_it() {
    let (model, submitted) = filled(true);
    let pages = fs::metadata(model.path()).unwrap().len() / PAGE as u64;
    assert!(pages > 10, "{pages} pages");
    for page in 0..usize::try_from(pages).unwrap() {
        for garbage in [0x00, 0xff, 0x0d] {
            let place = Place::new();
            copy(&model, &place);
            let mut file = fs::read(place.path()).unwrap();
            file[page * PAGE..(page + 1) * PAGE].fill(garbage);
            durable::write(&place.path(), &file, 0o600).unwrap();
            let found = comes_back(&place, &submitted);
            assert!(found + ON_A_PAGE >= submitted.len(), "page {page} of {garbage:#x}: {found} came back");
        }
    }
}

#[test]
fn what_only_stands_in_the_log_comes_back_when_the_file_is_nothing() {
    let (place, submitted) = filled(false);
    durable::write(&place.path(), &[0x55; 3 * PAGE], 0o600).unwrap();
    assert_eq!(comes_back(&place, &submitted), submitted.len());
}

#[test]
fn a_damaged_place_in_the_log_costs_at_most_the_events_that_were_last_written_there() {
    let (model, submitted) = filled(false);
    let log = fs::read(log_of(&model)).unwrap();
    let places = log.len() / PAGE;
    assert!(places > 300, "{places} places");
    // The first and the last, and every seventh between them.
    for at in (0..places).filter(|at| at % 7 == 0 || *at < 4 || at + 4 > places) {
        let place = Place::new();
        copy(&model, &place);
        durable::write(&place.path(), &[0x55; 3 * PAGE], 0o600).unwrap();
        let mut damaged = log.clone();
        damaged[at * PAGE..(at + 1) * PAGE].fill(0);
        durable::write(&log_of(&place), &damaged, 0o600).unwrap();
        let found = comes_back(&place, &submitted);
        assert!(found + ON_A_PAGE >= submitted.len(), "place {at} of {places}: {found} came back");
    }
}

#[test]
fn a_file_cut_at_any_page_gives_what_is_left() {
    let (model, submitted) = filled(true);
    let whole = fs::read(model.path()).unwrap();
    let mut most = 0;
    for pages in (1..whole.len() / PAGE).rev() {
        let place = Place::new();
        copy(&model, &place);
        durable::write(&place.path(), &whole[..pages * PAGE], 0o600).unwrap();
        let found = comes_back(&place, &submitted);
        most = most.max(found);
    }
    assert!(most + ON_A_PAGE >= submitted.len(), "without its last page {most} came back");
}

#[test]
fn a_file_of_garbage_begins_a_queue_of_the_next_generation() {
    let (place, submitted) = filled(true);
    durable::write(&place.path(), "this is no queue".repeat(1_000).as_bytes(), 0o600).unwrap();
    fs::remove_file(log_of(&place)).ok();
    assert_eq!(comes_back(&place, &submitted), 0);
}

/// The log once these rows of events were committed behind what stands in `base`.
fn log_with(base: &Place, events: &[(i64, Uuid, String, Vec<u8>)]) -> Vec<u8> {
    let place = Place::new();
    copy(base, &place);
    let mut file = rusqlite::Connection::open(place.path()).unwrap();
    file.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let tx = file.transaction().unwrap();
    for (seq, id, ticket, bytes) in events {
        let row = rusqlite::params![seq, id.as_bytes(), ticket, bytes];
        tx.execute("INSERT INTO event (seq, id, ticket, kind, bytes) VALUES (?1, ?2, ?3, 'suggestion', ?4)", row)
            .unwrap();
    }
    tx.commit().unwrap();
    fs::read(log_of(&place)).unwrap()
}

#[test]
fn what_a_failed_commit_left_behind_the_last_one_takes_the_place_of_no_event() {
    let (made, base, county) = (Place::new(), Place::new(), County::new());
    let mut queue = made.open();
    queue.submit(&draft("第一件事"), &county.sealer).unwrap();
    copy(&made, &base);
    // Of many pages, and so is what failed before it: the same pages at another time.
    let last = queue.submit(&draft(&"路".repeat(1_500)), &county.sealer).unwrap();
    let submitted = events(&mut queue);
    let bytes = &submitted[&last.event];
    let seq = wire::event::split(bytes).unwrap().0.seq.cast_signed();
    let kept = log_with(&base, &[(seq, last.event, last.ticket.to_string(), bytes.clone())]);
    let other = vec![b'x'; 20 * PAGE];
    let failed = log_with(&base, &[(seq, Uuid::new_v4(), last.ticket.to_string(), other)]);
    assert!(failed.len() > kept.len() + 4 * PAGE);

    let log = [&kept[..], &failed[kept.len()..]].concat();
    durable::write(&log_of(&base), &log, 0o600).unwrap();
    let length = usize::try_from(fs::metadata(base.path()).unwrap().len()).unwrap();
    durable::write(&base.path(), &vec![0x55; length], 0o600).unwrap();
    let (mut queue, salvaged) = open(&base).unwrap();
    assert!(salvaged.is_some());
    assert_eq!(events(&mut queue).get(&last.event), Some(bytes));
}

/// The folder's entries, as a start that was cut short leaves them.
fn damage(place: &Place) {
    let mut file = fs::read(place.path()).unwrap();
    // The root of everything.
    file[100..PAGE].fill(0xff);
    durable::write(&place.path(), &file, 0o600).unwrap();
}

#[test]
fn a_start_cut_short_at_any_step_is_taken_up_and_loses_nothing() {
    type Cut = fn(&Path);
    let steps: [(&str, Cut); 4] = [
        ("while linking", |dir| {
            fs::create_dir(dir.join("queue.sqlite.damaged-unfinished")).unwrap();
            fs::copy(dir.join("queue.sqlite"), dir.join("queue.sqlite.damaged-unfinished/queue.sqlite")).unwrap();
        }),
        ("before the old names went", set_aside_by_hand),
        ("when the old names had gone", |dir| {
            set_aside_by_hand(dir);
            for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
                fs::remove_file(dir.join(name)).ok();
            }
        }),
        ("before the mark went", |dir| {
            set_aside_by_hand(dir);
            for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
                fs::remove_file(dir.join(name)).ok();
            }
            // The new queue, empty as yet.
            let place = Place::new();
            drop(place.open());
            fs::copy(place.path(), dir.join("queue.sqlite")).unwrap();
        }),
    ];
    for (step, cut) in steps {
        let (place, submitted) = filled(true);
        damage(&place);
        cut(place.folder.path());
        assert_eq!(comes_back(&place, &submitted), submitted.len(), "{step}");
        let (mut queue, salvaged) = open(&place).unwrap();
        assert_eq!(salvaged, None, "{step}: the next start has nothing to salvage");
        assert_eq!(events(&mut queue).len(), submitted.len() + 1, "{step}");
    }
}

fn set_aside_by_hand(dir: &Path) {
    let folder = dir.join("queue.sqlite.damaged-1");
    fs::create_dir(&folder).unwrap();
    fs::hard_link(dir.join("queue.sqlite"), folder.join("queue.sqlite")).unwrap();
    durable::write(&folder.join("to be read"), b"", 0o600).unwrap();
}

#[test]
fn a_mark_that_comes_back_costs_nothing_that_was_taken_since() {
    let (place, submitted) = filled(true);
    damage(&place);
    assert_eq!(comes_back(&place, &submitted), submitted.len());
    let county = County::new();
    let mut queue = place.open();
    let since = queue.submit(&draft("后来的一件事"), &county.sealer).unwrap();
    let waiting = events(&mut queue);
    drop(queue);
    let mark = place.folder.path().join("queue.sqlite.damaged-1/to be read");
    durable::write(&mark, b"", 0o600).unwrap();
    let (mut queue, salvaged) = open(&place).unwrap();
    assert_eq!(salvaged.unwrap().events, 0, "all of it is there already");
    assert!(!mark.exists());
    assert_eq!(events(&mut queue), waiting);
    let next = queue.submit(&draft("再一件事"), &county.sealer).unwrap();
    assert_eq!(next.ticket.generation(), since.ticket.generation());
    assert!(next.ticket != since.ticket);

    // The new queue is damaged as well, before it is known that the former was read.
    let waiting = events(&mut queue);
    drop(queue);
    durable::write(&mark, b"", 0o600).unwrap();
    damage(&place);
    let (mut queue, _) = open(&place).unwrap();
    assert_eq!((events(&mut queue), queue.set_aside().unwrap()), (waiting, 2));
}

#[test]
fn a_file_that_another_program_holds_is_left_alone_until_it_lets_go() {
    let (place, submitted) = filled(true);
    let held = place.attach();
    damage(&place);
    let before = fs::read(place.path()).unwrap();
    assert!(matches!(open(&place), Err(QueueError::InUse(_))));
    assert_eq!(fs::read(place.path()).unwrap(), before);
    drop(held);
    assert_eq!(comes_back(&place, &submitted), submitted.len());
}

#[test]
fn a_second_damage_is_set_aside_beside_the_first() {
    let (place, submitted) = filled(true);
    damage(&place);
    comes_back(&place, &submitted);
    damage(&place);
    let (queue, salvaged) = open(&place).unwrap();
    assert_eq!(salvaged.unwrap().events as usize, submitted.len() + 1);
    assert_eq!(queue.set_aside().unwrap(), 2);
}

fn set_aside(place: &Place, number: usize) -> PathBuf {
    place.folder.path().join(format!("queue.sqlite.damaged-{number}"))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_set_aside_is_sealed_to_the_county_byte_by_byte() {
    let (place, submitted) = filled(true);
    damage(&place);
    let (damaged, log) = (fs::read(place.path()).unwrap(), b"of a power cut".to_vec());
    comes_back(&place, &submitted);
    durable::write(&set_aside(&place, 1).join("queue.sqlite-wal"), &log, 0o600).unwrap();
    durable::write(&set_aside(&place, 1).join("queue.sqlite-shm"), b"index", 0o600).unwrap();
    // A second name of the file shows what became of its bytes.
    let other = place.folder.path().join("other");
    fs::hard_link(set_aside(&place, 1).join("queue.sqlite"), &other).unwrap();
    let county = County::new();
    seal_set_aside(&place.path(), &county.sealer).unwrap();
    assert_eq!(names(&set_aside(&place, 1)), ["queue.sqlite-wal.age", "queue.sqlite.age"]);
    for (name, bytes) in [("queue.sqlite.age", &damaged), ("queue.sqlite-wal.age", &log)] {
        let sealed = fs::read(set_aside(&place, 1).join(name)).unwrap();
        assert_eq!(&age::decrypt(&county.recovery, &sealed).unwrap(), bytes, "{name}");
    }
    assert!(fs::read(&other).unwrap().iter().all(|byte| *byte == 0));
    assert_eq!(open(&place).unwrap().0.set_aside().unwrap(), 1, "it is counted as before");
}

#[test]
fn a_sealing_cut_short_is_ended_with_the_whole_bytes_and_never_from_overwritten_ones() {
    let (place, submitted) = filled(true);
    damage(&place);
    let damaged = fs::read(place.path()).unwrap();
    comes_back(&place, &submitted);
    let (county, folder) = (County::new(), set_aside(&place, 1));
    // Cut while the sealed file was written, then while the plain one was overwritten.
    durable::write(&folder.join("queue.sqlite.age.new"), b"half", 0o600).unwrap();
    let sealed = county.sealer.seal_bytes(&damaged).unwrap();
    durable::write(&folder.join("queue.sqlite.age"), &sealed, 0o600).unwrap();
    durable::overwrite(&folder.join("queue.sqlite")).unwrap();
    seal_set_aside(&place.path(), &county.sealer).unwrap();
    let sealed = fs::read(folder.join("queue.sqlite.age")).unwrap();
    assert_eq!(age::decrypt(&county.working, &sealed).unwrap(), damaged);
    assert!(!folder.join("queue.sqlite").exists());
}

#[test]
fn what_is_still_to_be_read_is_not_sealed() {
    let (place, submitted) = filled(true);
    damage(&place);
    set_aside_by_hand(place.folder.path());
    seal_set_aside(&place.path(), &County::new().sealer).unwrap();
    assert_eq!(names(&set_aside(&place, 1)), ["queue.sqlite", "to be read"]);
    assert_eq!(comes_back(&place, &submitted), submitted.len());
}

#[test]
fn of_many_that_were_set_aside_the_newest_stay() {
    let (place, county) = (Place::new(), County::new());
    for number in 1..=KEPT_ASIDE + 2 {
        drop(place.open());
        damage(&place);
        open(&place).unwrap();
        seal_set_aside(&place.path(), &county.sealer).unwrap();
        assert!(set_aside(&place, number).join("queue.sqlite.age").exists());
    }
    let queue = place.open();
    assert_eq!(queue.set_aside().unwrap(), KEPT_ASIDE);
    assert!(!set_aside(&place, 2).exists() && set_aside(&place, 3).exists());
}
