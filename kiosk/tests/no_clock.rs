//! A clock that nobody set, or that jumps by ten years, changes labels and nothing else.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod queue_support;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use kiosk::queue::{CODE_KEPT, PrintState, Queue};
use queue_support::{County, Place, draft};
use uuid::Uuid;
use wire::event::{self, ClockQuality, Header};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Ten years before and behind the day on which a test begins, and the days at which clocks without a battery or with
/// few bits stand.
const JUMPS: [(&str, ClockQuality); 7] = [
    ("2016-12-01T00:00:00Z", ClockQuality::Unset),
    ("2036-12-01T00:00:00Z", ClockQuality::Ntp),
    ("2036-12-01T00:00:00Z", ClockQuality::Kept),
    ("1970-01-01T00:00:09Z", ClockQuality::Unset),
    ("2000-01-01T00:00:00Z", ClockQuality::Unset),
    ("2038-01-19T03:14:08Z", ClockQuality::Kept),
    ("2106-02-07T06:28:16Z", ClockQuality::Unset),
];

fn waiting(queue: &mut Queue) -> Vec<Header> {
    queue.forward_batch(usize::MAX).unwrap().iter().map(|held| event::split(&held.bytes).unwrap().0).collect()
}

#[test]
fn order_is_boot_and_sequence_whatever_the_clock_says() {
    let (mut place, county) = (Place::new(), County::new());
    let mut given = Vec::new();
    for (at, quality) in JUMPS {
        let mut queue = place.open();
        given.push((queue.submit(&draft("修路"), &county.sealer).unwrap(), place.clock.clone()));
        // Within a boot, and then into the next.
        place.clock.jump_to(at, quality);
        given.push((queue.submit(&draft("修桥"), &county.sealer).unwrap(), place.clock.clone()));
        place.boot(at, quality);
    }
    let mut queue = place.open();
    let held = waiting(&mut queue);
    assert_eq!(
        held.iter().map(|header| header.id).collect::<Vec<_>>(),
        given.iter().map(|(one, _)| one.event).collect::<Vec<_>>()
    );
    let boots: Vec<Uuid> = given.iter().map(|(_, clock)| kiosk::clock::Clock::boot(&**clock)).collect();
    assert_eq!(held.iter().map(|header| header.boot).collect::<Vec<_>>(), boots);
    assert!(held.windows(2).all(|two| two[0].seq < two[1].seq && two[0].ticket < two[1].ticket));
    // The label is what the clock said, with its quality.
    for (header, (one, _)) in held.iter().zip(&given) {
        assert_eq!(header.wall, one.wall);
    }
    for (at, quality) in JUMPS {
        assert!(
            held.iter().any(|header| header.wall.at == at.parse().unwrap() && header.wall.quality == quality),
            "{at}"
        );
    }
    // Newest first is the same order turned round.
    let newest: Vec<Uuid> = queue.forward_newest(usize::MAX).unwrap().iter().map(|held| held.id).collect();
    assert_eq!(newest, held.iter().rev().map(|header| header.id).collect::<Vec<_>>());
}

/// A queue with one event that was delivered, from whose acknowledgement on the days count.
fn one_delivered(place: &Place, county: &County) -> Queue {
    let mut queue = place.open();
    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
    queue.delivered(&[one.event], Uuid::from_u128(1)).unwrap();
    assert_eq!(queue.purge().unwrap(), 0);
    queue
}

#[test]
fn a_jump_within_a_boot_purges_nothing_early_and_keeps_nothing_for_ever() {
    let county = County::new();
    for (at, quality) in JUMPS {
        let place = Place::new();
        let mut queue = one_delivered(&place, &county);
        place.clock.jump_to(at, quality);
        assert_eq!(queue.purge().unwrap(), 0, "{at} {quality:?}");
        place.clock.go_on(DAY * 15);
        assert_eq!(queue.purge().unwrap(), 0, "{at} {quality:?}");
        place.clock.jump_to("2026-12-16T01:30:00Z", ClockQuality::Ntp);
        place.clock.go_on(DAY * 15 - Duration::from_secs(1));
        assert_eq!(queue.purge().unwrap(), 0, "{at} {quality:?}");
        place.clock.go_on(Duration::from_secs(1));
        assert_eq!(queue.purge().unwrap(), 1, "{at} {quality:?}");
    }
}

#[test]
fn a_jump_between_two_boots_counts_as_a_day_at_most() {
    let county = County::new();
    for (at, quality) in JUMPS {
        let mut place = Place::new();
        drop(one_delivered(&place, &county));
        place.boot(at, quality);
        let mut queue = place.open();
        assert_eq!(queue.purge().unwrap(), 0, "{at} {quality:?}");
        let mut days = 0;
        while queue.purge().unwrap() == 0 {
            place.clock.go_on(DAY);
            days += 1;
        }
        assert!(days == 30 || days == 29 && quality.shows_a_day(), "{at} {quality:?}: {days} days");
    }
}

#[test]
fn a_terminal_that_is_switched_off_each_night_counts_its_nights() {
    let (mut place, county) = (Place::new(), County::new());
    let mut queue = one_delivered(&place, &county);
    let mut days = 0;
    while queue.purge().unwrap() == 0 {
        place.clock.go_on(DAY / 3);
        queue.purge().unwrap();
        drop(queue);
        let morning = kiosk::clock::Clock::wall(&*place.clock).at + jiff::SignedDuration::from_hours(16);
        place.boot(&morning.to_string(), ClockQuality::Kept);
        queue = place.open();
        days += 1;
    }
    assert_eq!(days, 30);
}

#[test]
fn an_acknowledgement_that_was_taken_back_by_another_ledger_counts_anew() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = one_delivered(&place, &county);
    place.clock.go_on(DAY * 29);
    queue.offer_again(Uuid::from_u128(2)).unwrap();
    let ids: Vec<Uuid> = waiting(&mut queue).iter().map(|header| header.id).collect();
    queue.delivered(&ids, Uuid::from_u128(2)).unwrap();
    queue.purge().unwrap();
    place.clock.go_on(DAY * 29);
    assert_eq!(queue.purge().unwrap(), 0);
    place.clock.go_on(DAY);
    assert_eq!(queue.purge().unwrap(), 1);
}

#[test]
fn codes_are_kept_their_ten_minutes_and_postponed_events_wait_their_time_whatever_the_clock_does() {
    let county = County::new();
    for (at, quality) in JUMPS {
        let place = Place::new();
        let mut queue = place.open();
        let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
        queue.journal(one.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
        queue.postponed(one.event, CODE_KEPT);
        let stands = |queue: &mut Queue| {
            queue.tidy().unwrap();
            (queue.print_job(one.ticket).unwrap().unwrap().proofs.is_some(), waiting(queue).len())
        };
        place.clock.jump_to(at, quality);
        assert_eq!(stands(&mut queue), (true, 0), "{at} {quality:?}");
        place.clock.go_on(CODE_KEPT - Duration::from_secs(1));
        assert_eq!(stands(&mut queue), (true, 0), "{at} {quality:?}");
        place.clock.go_on(Duration::from_secs(1));
        assert_eq!(stands(&mut queue), (false, 1), "{at} {quality:?}");
    }
}

#[test]
fn no_code_outlives_ten_minutes_of_a_run_that_finds_the_clock_set_back() {
    let county = County::new();
    for (at, quality) in JUMPS {
        let mut place = Place::new();
        let one = place.open().submit(&draft("修路"), &county.sealer).unwrap();
        place.boot(at, quality);
        let mut queue = place.open();
        place.clock.go_on(CODE_KEPT);
        queue.tidy().unwrap();
        assert!(queue.print_job(one.ticket).unwrap().unwrap().proofs.is_none(), "{at} {quality:?}");
    }
}

/// Idle time-outs, the printer's patience, back-off and decisions of the forwarder take the monotonic clock; whoever asks
/// for the wall clock stands here, with what for.
const ASKS_FOR_THE_DAY: [&str; 19] = [
    // The machine's clock, which the host's time corrects.
    "clock.rs",
    // What is shown, and the label of a check-in.
    "app/mod.rs",
    "app/render.rs",
    "app/technician.rs",
    "app/clerk/tests.rs",
    "bin/kiosk.rs",
    // Certificates.
    "fleet/enrol.rs",
    "https/judge.rs",
    // A `Retry-After` that is a date without one to count from, and the label of a bulletin.
    "forwarder/county.rs",
    "forwarder/run.rs",
    // The label of a stick's manifest.
    "stick/mod.rs",
    // Labels of an opened case and of a health report, and how long the oldest event waits, where that is known.
    "tamper/journal.rs",
    "fleet/health.rs",
    "app/clerk/health.rs",
    // Labels; codes and retention of a run before.
    "queue/forward.rs",
    "queue/cache.rs",
    "queue/purge.rs",
    "queue/submit.rs",
    "queue/tidy.rs",
];

#[test]
fn nothing_that_waits_asks_for_the_day() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (BTreeSet::new(), vec![source.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).is_ok_and(|text| text.contains(".wall()")) {
                found.insert(path.strip_prefix(&source).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let known: BTreeSet<String> = ASKS_FOR_THE_DAY.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(found, known);
}
