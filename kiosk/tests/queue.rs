//! Faults of the queue, each by its name.

mod queue_support;

use std::time::Duration;

use kiosk::queue::{Ledger, OFFERED_AGAIN_MOST, PrintFailure, PrintState, Queue, QueueError, QueueSettings};
use queue_support::{County, Place, draft, holds};
use rusqlite::Connection;
use uuid::Uuid;
use wire::{
    case::Satisfaction,
    event::{self, Kind},
    secret::Proof,
    ticket::TerminalNumber,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn what_was_submitted_is_there_after_a_restart_and_opens_to_exactly_what_was_entered() {
    let (place, county) = (Place::new(), County::new());
    let text = " 路灯😀坏了\u{202e}\n";
    let submitted = place.open().submit(&draft(text), &county.sealer).unwrap();
    let mut queue = place.open();
    let batch = queue.forward_batch(10).unwrap();
    let (header, _) = event::split(&batch[0].bytes).unwrap();
    assert_eq!(
        (header.id, header.ticket, header.kind, header.seq),
        (submitted.event, submitted.ticket, Kind::Suggestion, 1)
    );
    assert_eq!((header.category.as_deref(), header.place.as_deref()), (Some("road"), Some("huaqiao")));
    assert_eq!(batch[0].hash, event::hash(&batch[0].bytes));
    let body = county.open(&batch[0].bytes);
    assert_eq!(body["text"], text);
    assert_eq!(body["landmark"], "老槐树旁");
    assert_eq!(body["id"], submitted.event.to_string());
    assert_eq!(body["ticket"], submitted.ticket.to_string());
    assert_eq!(body["code"], submitted.code.digits());
    let job = queue.print_job(submitted.ticket).unwrap().unwrap();
    assert_eq!(job.state, PrintState::Prepared { after: 0 });
    assert_eq!(job.proofs.unwrap().secret, submitted.secret);
}

#[test]
fn a_text_that_breaks_a_rule_takes_no_number() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    for text in [" \n", "a\u{7}b", &"很".repeat(2001)] {
        assert!(matches!(queue.submit(&draft(text), &county.sealer), Err(QueueError::Text(_))));
    }
    let first = queue.submit(&draft("修路"), &county.sealer).unwrap();
    assert!(first.ticket.grouped().starts_with("00613 0100 01"), "{}", first.ticket.grouped());
}

#[test]
fn the_longest_text_of_the_widest_characters_still_fits_an_event() {
    let (place, county) = (Place::new(), County::new());
    let longest = Place::open(&place).submit(&draft(&"𠮷".repeat(2000)), &county.sealer);
    assert!(longest.is_ok());
    let mut too_long = draft("修路");
    too_long.landmark = Some("长".repeat(30_000));
    let mut queue = place.open();
    assert!(matches!(queue.submit(&too_long, &county.sealer), Err(QueueError::TooLong(_))));
    assert_eq!(queue.depth().unwrap().waiting, 1, "nothing of it was kept");
}

#[test]
fn nothing_in_the_folder_holds_words_names_or_numbers_of_a_villager() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let submitted = queue.submit(&draft("村口的路灯坏了"), &county.sealer).unwrap();
    queue.submit_contact(submitted.ticket, "王小明", "13800138000", &county.sealer).unwrap();
    let proof = Proof::Code(submitted.code.clone());
    queue.submit_rating(submitted.ticket, Satisfaction::Bad, 4, proof, &county.sealer).unwrap();
    let kinds = queue.forward_batch(9).unwrap();
    let kinds: Vec<Kind> = kinds.iter().map(|f| event::split(&f.bytes).unwrap().0.kind).collect();
    assert_eq!(kinds, [Kind::Suggestion, Kind::Contact, Kind::Rating]);
    let bytes = place.bytes_on_disk();
    assert!(holds(&bytes, "道路".as_bytes()), "the test reads what is there");
    for word in ["村口", "路灯", "老槐树", "王小明", "13800138000"] {
        assert!(!holds(&bytes, word.as_bytes()), "{word} lies on the card");
    }
}

#[test]
fn an_event_cannot_be_changed_and_not_deleted_before_it_was_delivered() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
    let other = Connection::open(place.path()).unwrap();
    for sql in ["UPDATE event SET bytes = x'00'", "UPDATE event SET ticket = 'x'", "DELETE FROM event"] {
        assert!(other.execute(sql, []).is_err(), "{sql}");
    }
    queue.refused(one.event, "422").unwrap();
    assert!(other.execute("DELETE FROM event", []).is_err(), "a dead letter is kept");
    queue.delivered(&[one.event], Uuid::new_v4()).unwrap();
}

#[test]
fn outcomes_are_counted_and_postponed_events_are_left_alone_until_they_are_due() {
    let (place, county) = (Place::new(), County::new());
    let mut kiosk = place.open();
    let ids: Vec<Uuid> = (0..4).map(|_| kiosk.submit(&draft("修路"), &county.sealer).unwrap().event).collect();
    let mut agent = place.attach();
    let listed =
        |agent: &mut Queue, limit| agent.forward_batch(limit).unwrap().iter().map(|f| f.id).collect::<Vec<_>>();
    assert_eq!(listed(&mut agent, 2), ids[..2]);
    agent.delivered(&ids[..1], Uuid::new_v4()).unwrap();
    agent.conflicted(ids[1]).unwrap();
    agent.postponed(ids[2], Duration::from_secs(5));
    assert_eq!(listed(&mut agent, 9), ids[3..]);
    place.clock.go_on(Duration::from_secs(5));
    let batch = agent.forward_batch(9).unwrap();
    assert_eq!(batch.iter().map(|f| (f.id, f.attempts)).collect::<Vec<_>>(), [(ids[2], 1), (ids[3], 0)]);
    let depth = kiosk.depth().unwrap();
    assert_eq!((depth.waiting, depth.dead, kiosk.delivered_count().unwrap()), (2, 1, 1));
    assert_eq!(depth.oldest.map(|wall| wall.at), Some("2026-12-01T01:30:00Z".parse().unwrap()));
}

#[test]
fn another_ledger_makes_everything_that_is_held_pending_again() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let ids: Vec<Uuid> = (0..3).map(|_| queue.submit(&draft("修路"), &county.sealer).unwrap().event).collect();
    let (first, restored) = (Uuid::new_v4(), Uuid::new_v4());
    assert_eq!(queue.delivered(&ids[..2], first).unwrap(), Ledger::Known);
    queue.refused(ids[2], "422").unwrap();
    assert_eq!(queue.offer_again(first).unwrap(), Ledger::Known);
    assert_eq!(queue.depth().unwrap().waiting, 0);
    assert_eq!(queue.delivered(&ids[1..2], restored).unwrap(), Ledger::Changed);
    let waiting: Vec<Uuid> = queue.forward_batch(9).unwrap().iter().map(|f| f.id).collect();
    assert_eq!(waiting, [ids[0], ids[2]], "all but what the new ledger just took");
    assert_eq!(queue.ledger().unwrap(), Some(restored));
    assert_eq!(queue.offer_again(first).unwrap(), Ledger::Changed);
    assert_eq!(queue.depth().unwrap().waiting, 3);
}

#[test]
fn acknowledged_events_are_kept_thirty_days_and_what_was_not_delivered_for_ever() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
    queue.delivered(&[one.event], Uuid::new_v4()).unwrap();
    assert_eq!(queue.purge().unwrap(), 0, "from here on the days count");
    place.clock.go_on(DAY * 30 - Duration::from_secs(1));
    assert_eq!(queue.purge().unwrap(), 0);
    place.clock.go_on(Duration::from_secs(1));
    queue.journal(one.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
    assert_eq!(queue.purge().unwrap(), 1);
    assert!(queue.ticket_facts(one.ticket).unwrap().is_none(), "its receipt's facts went with it");
    let kept = queue.submit(&draft("修路"), &county.sealer).unwrap();
    place.clock.go_on(DAY * 400);
    assert_eq!(queue.purge().unwrap(), 0, "what was not delivered stays");
    assert!(!queue.ticket_facts(kept.ticket).unwrap().unwrap().delivered);
}

#[test]
fn a_generation_that_is_used_up_goes_on_in_the_next_one_that_was_witnessed_first() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    Connection::open(place.path()).unwrap().execute("UPDATE queue SET counter = 9998", []).unwrap();
    let last = queue.submit(&draft("修路"), &county.sealer).unwrap().ticket;
    let next = queue.submit(&draft("修路"), &county.sealer).unwrap().ticket;
    assert_eq!((last.generation(), next.generation()), (1, 2));
    assert!(last.grouped().starts_with("00613 0199 99") && next.grouped().starts_with("00613 0200 01"));
    let witness = std::fs::read_to_string(place.folder.path().join("boot.generation")).unwrap();
    assert!(witness.contains("\"generation\":2"), "{witness}");
    let all = "UPDATE queue SET generation = 99, counter = 9999";
    Connection::open(place.path()).unwrap().execute(all, []).unwrap();
    assert!(matches!(queue.submit(&draft("修路"), &county.sealer), Err(QueueError::NumbersExhausted)));
}

#[test]
fn a_lost_or_restored_queue_never_gives_a_number_twice() {
    let (place, county) = (Place::new(), County::new());
    place.open().submit(&draft("修路"), &county.sealer).unwrap();
    let copy = std::fs::read(place.path()).unwrap();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", place.path().display()));
    }
    assert_eq!(place.open().submit(&draft("修路"), &county.sealer).unwrap().ticket.generation(), 2);
    let mut file = std::fs::File::create(place.path()).unwrap();
    std::io::Write::write_all(&mut file, &copy).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", place.path().display()));
    }
    assert_eq!(place.open().submit(&draft("修路"), &county.sealer).unwrap().ticket.generation(), 3);
}

#[test]
fn an_older_copy_of_the_same_generation_is_known_as_one() {
    let (place, county) = (Place::new(), County::new());
    place.open().submit(&draft("修路"), &county.sealer).unwrap();
    let copy = std::fs::read(place.path()).unwrap();
    let mut queue = place.open();
    queue.submit(&draft("修路"), &county.sealer).unwrap();
    queue.tidy().unwrap();
    drop(queue);
    kiosk::durable::write(&place.path(), &copy, 0o600).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", place.path().display()));
    }
    assert_eq!(place.open().submit(&draft("修路"), &county.sealer).unwrap().ticket.generation(), 2);
}

#[test]
fn a_queue_of_another_terminal_a_newer_one_and_garbage_are_named() {
    let place = Place::new();
    drop(place.open());
    let other = QueueSettings { terminal: TerminalNumber::new(9).unwrap(), ..place.settings() };
    let opened = Queue::open(&place.path(), other, place.clock.clone());
    assert!(matches!(opened, Err(QueueError::OtherTerminal { found, .. }) if found.get() == 613));
    let newer = Connection::open(place.path()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.execute("UPDATE queue SET least_reader = 98", []).unwrap();
    let opened = Queue::open(&place.path(), place.settings(), place.clock.clone());
    assert!(matches!(opened, Err(QueueError::Schema { found: 99, known: 4, .. })));
    assert!(matches!(Queue::attach(&place.path(), place.clock.clone()), Err(QueueError::Schema { .. })));

    let place = Place::new();
    kiosk::durable::write(&place.path(), &[b'x'; 8192], 0o600).unwrap();
    let opened = Queue::open(&place.path(), place.settings(), place.clock.clone());
    assert!(matches!(opened, Err(QueueError::Damaged { .. })), "{:?}", opened.err());
}

#[test]
fn after_a_fallback_the_former_release_works_with_what_the_newer_one_added() {
    let (place, county) = (Place::new(), County::new());
    drop(place.open());
    let newer = Connection::open(place.path()).unwrap();
    newer.execute_batch("ALTER TABLE event ADD COLUMN colour TEXT; CREATE TABLE shade (id INTEGER)").unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let ticket = place.open().submit(&draft("修路"), &county.sealer).unwrap().ticket;
    let mut agent = place.attach();
    let event = agent.forward_batch(1).unwrap().remove(0);
    agent.delivered(&[event.id], uuid::Uuid::new_v4()).unwrap();
    let job = place.open().print_job(ticket).unwrap().unwrap();
    assert_eq!(job.state, PrintState::Prepared { after: 0 });
    let kept = Connection::open(place.path()).unwrap();
    assert_eq!(kept.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap(), 99);
}

#[test]
fn dead_letters_are_offered_again_once_a_day_a_few_at_a_time_and_stay_dead_until_the_county_has_them() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    for n in 0..100 {
        let event = queue.submit(&draft("修路"), &county.sealer).unwrap().event;
        if n % 2 == 0 { queue.refused(event, "422").unwrap() } else { queue.conflicted(event).unwrap() }
    }
    let offered = |agent: &mut Queue| -> Vec<Uuid> {
        agent.dead_letters(1_000).unwrap().iter().map(|letter| letter.id).collect()
    };
    assert!(offered(&mut queue).is_empty(), "the county has just refused them");
    let mut agent = place.attach();
    let first = offered(&mut agent);
    assert_eq!((first.len(), offered(&mut agent).len()), (OFFERED_AGAIN_MOST, 0));
    assert_eq!((agent.depth().unwrap().dead, agent.depth().unwrap().waiting), (100, 0), "still dead");
    place.clock.go_on(DAY - Duration::from_secs(1));
    assert!(offered(&mut agent).is_empty());
    place.clock.go_on(Duration::from_secs(1));
    let second = offered(&mut agent);
    assert_eq!(second.len(), OFFERED_AGAIN_MOST);
    // As long as the county takes them, there are more: all of them in one go.
    let mut taken = 0;
    let mut letters = second;
    while !letters.is_empty() {
        taken += letters.len();
        agent.delivered(&letters, Uuid::nil()).unwrap();
        letters = offered(&mut agent);
    }
    assert_eq!((taken, agent.depth().unwrap().dead), (100, 0));
}

#[test]
fn the_agent_finds_no_queue_before_the_kiosk_made_one() {
    let place = Place::new();
    assert!(matches!(Queue::attach(&place.path(), place.clock.clone()), Err(QueueError::NotThere(_))));
    assert!(!place.path().exists());
    drop(place.open());
    assert_eq!(place.attach().terminal().unwrap().get(), 613);
}

#[test]
fn what_a_receipt_came_to_is_written_down() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
    let states = [
        PrintState::Sending { attempt: 1 },
        PrintState::Failed { attempt: 1, reason: PrintFailure::PaperEnd },
        PrintState::Prepared { after: 1 },
        PrintState::Sending { attempt: 2 },
        PrintState::Unknown { attempt: 2 },
        PrintState::Failed { attempt: 2, reason: PrintFailure::Heat },
        PrintState::Confirmed { attempt: 2 },
        PrintState::Taken { attempt: 2 },
        PrintState::Retracted { attempt: 2 },
    ];
    for state in states {
        queue.journal(one.job, state, None).unwrap();
        assert_eq!(place.attach().ticket_facts(one.ticket).unwrap().unwrap().paper, state);
        let open =
            matches!(state, PrintState::Prepared { .. } | PrintState::Sending { .. } | PrintState::Failed { .. });
        assert_eq!(queue.open_jobs().unwrap().len(), usize::from(open));
    }
}

#[test]
fn a_former_release_reads_every_state_of_a_receipt_and_what_it_writes_counts() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
    // The former release knows these states, reads a reason at a failure alone, and takes an unknown one for another.
    let former = Connection::open(place.path()).unwrap();
    let read = || -> (String, u32) {
        former.query_row("SELECT state, attempt FROM print", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let as_before = [
        (PrintState::Taken { attempt: 1 }, "confirmed"),
        (PrintState::Retracted { attempt: 1 }, "confirmed"),
        (PrintState::Failed { attempt: 1, reason: PrintFailure::Heat }, "failed"),
    ];
    for (state, name) in as_before {
        queue.journal(one.job, state, None).unwrap();
        assert_eq!(read(), (name.to_owned(), 1), "{state:?}");
    }
    queue.journal(one.job, PrintState::Retracted { attempt: 1 }, None).unwrap();
    former.execute("UPDATE print SET state = 'confirmed', attempt = 2, reason = NULL", []).unwrap();
    assert_eq!(queue.print_job(one.ticket).unwrap().unwrap().state, PrintState::Confirmed { attempt: 2 });
}

#[test]
fn views_and_bulletin_are_kept_and_an_older_view_does_not_replace_a_newer_one() {
    use wire::{intake::Views, view::SealedView};
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let ticket = queue.submit(&draft("修路"), &county.sealer).unwrap().ticket;
    let view = |revision| SealedView { ticket, revision, sealed: format!("r{revision}") };
    for (cursor, revision) in [(5, 3), (6, 2)] {
        queue.put_views(&Views { cursor, views: vec![view(revision)], more: false }).unwrap();
    }
    assert_eq!((queue.view(ticket).unwrap(), queue.views_cursor().unwrap()), (Some(view(3)), 6));
    // A county brought back from a backup stands where it stood then.
    for ledger in [1, 2] {
        queue.offer_again(uuid::Uuid::from_u128(ledger)).unwrap();
    }
    queue.put_views(&Views { cursor: 1, views: vec![view(2)], more: false }).unwrap();
    assert_eq!(queue.view(ticket).unwrap(), Some(view(2)));
    assert_eq!(queue.bulletin().unwrap(), None);
    let bulletin: wire::bulletin::Bulletin = serde_json::from_value(serde_json::json!({
        "revision": 1, "issued": "2026-12-01T00:00:00Z", "station": {"name": "花桥镇人大代表联络站"},
        "public_base": "https://county.example",
    }))
    .unwrap();
    let fetched = kiosk::clock::Clock::wall(&*place.clock);
    queue.put_bulletin("\"1\"", &bulletin, fetched).unwrap();
    let kept = place.attach().bulletin().unwrap().unwrap();
    assert_eq!((kept.etag.as_str(), kept.bulletin, kept.fetched), ("\"1\"", bulletin, fetched));
}
