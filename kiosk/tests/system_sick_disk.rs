//! A disk that fails reads, writes and fsyncs, or was made read-only, under the queue.
//!
//! Each run works a queue until the disk fails at some moment, closes it and opens it anew as kiosk does, lets the disk
//! get well, and takes the power away at the end. What was told as kept is there, a suggestion whose commit failed is
//! told as kept only where the file that was opened anew has it, and no number comes twice. The seeds are fixed.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/forgetful/mod.rs"]
mod forgetful;
mod queue_support;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use dice::Dice;
use forgetful::{
    Forgetful,
    illness::{Illness, Of, Work},
};
use kiosk::{
    clock::Clock,
    queue::{Patience, PrintState, Queue, QueueError},
};
use queue_support::{County, Turned, draft, settings};
use uuid::Uuid;
use wire::ticket::TicketNumber;

const STEPS: u32 = 30;

/// What villagers were told as kept.
type Told = BTreeMap<Uuid, TicketNumber>;

fn open(folder: &Path, clock: &Arc<Turned>) -> Result<Queue, QueueError> {
    let clock: Arc<dyn Clock> = clock.clone();
    Queue::open_or_salvage(&folder.join("queue.sqlite"), &settings(folder), &clock, &Patience::default()).map(
        |(queue, salvaged)| {
            assert_eq!(salvaged, None, "a disk that fails damages no queue");
            queue.keep_reserve().map(|_| queue)
        },
    )?
}

/// One piece of a terminal's work; a suggestion whose commit failed is given as the one in doubt.
fn work(queue: &mut Queue, county: &County, dice: &mut Dice, told: &mut Told) -> Result<(), Option<Uuid>> {
    match dice.below(10) {
        0..=5 => match queue.submit(&draft("路灯坏了"), &county.sealer) {
            Ok(done) => {
                told.insert(done.event, done.ticket);
                let sent = queue.journal(done.job, PrintState::Sending { attempt: 1 }, None);
                sent.and_then(|()| queue.journal(done.job, PrintState::Confirmed { attempt: 1 }, None))
                    .map_err(|_| None)
            }
            Err(_) => Err(queue.in_doubt().map(|doubtful| doubtful.event)),
        },
        6 | 7 => {
            let some = queue.forward_batch(2).map_err(|_| None)?;
            let some: Vec<Uuid> = some.into_iter().map(|event| event.id).collect();
            queue.delivered(&some, Uuid::from_u128(1)).map(drop).map_err(|_| None)
        }
        _ => queue.tidy().map(drop).map_err(|_| None),
    }
}

/// Every event of the file, read beside the queue.
fn held(file: &Path) -> Told {
    let conn = rusqlite::Connection::open(file).unwrap();
    let mut statement = conn.prepare("SELECT id, ticket FROM event WHERE kind = 'suggestion'").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?))).unwrap();
    rows.map(|row| row.map(|(id, ticket)| (Uuid::from_bytes(id), ticket.parse().unwrap())).unwrap()).collect()
}

/// Takes the power away, and looks at what is left.
fn cut_and_compare(disk: &Forgetful, mount: &Path, clock: &Arc<Turned>, told: &Told, dice: &mut Dice, run: &str) {
    // The worst disk keeps nothing that it was not made to keep; others keep some.
    let keeps = dice.below(3);
    disk.disk().after_the_cut(&mut || dice.below(2) < keeps && keeps > 0);
    let mounted = disk.mount(mount).unwrap();
    drop(open(mount, clock).unwrap_or_else(|e| panic!("{run}: {e:?}")));
    let held = held(&mount.join("queue.sqlite"));
    for (event, ticket) in told {
        assert_eq!(held.get(event), Some(ticket), "{run}: {ticket} is lost");
    }
    let numbers: std::collections::BTreeSet<_> = held.values().collect();
    assert_eq!(numbers.len(), held.len(), "{run}: a number came twice");
    mounted.umount_and_join().unwrap();
}

/// Whether the illness was met.
fn one_run(seed: u64, works: &[Work], of: Of, mount: &Path, county: &County) -> bool {
    let run = format!("seed {seed}, {works:?} of {of:?}");
    let (disk, clock, mut dice, mut told) = (Forgetful::new(), Turned::new(), Dice(seed), Told::new());
    let mounted = disk.mount(mount).expect("a file system of one's own can be mounted");
    let mut queue = Some(open(mount, &clock).unwrap());
    // All of it, or from some byte of it on.
    let from_byte = usize::try_from(dice.below(2) * dice.below(40_000)).unwrap();
    let illness = Illness::of(of, works).after(dice.below(12)).only_from(from_byte);
    disk.disk().fall_ill(Some(illness));
    let mut met = false;
    for _ in 0..STEPS {
        let doubt = match &mut queue {
            Some(open) => match work(open, county, &mut dice, &mut told) {
                Ok(()) => continue,
                Err(doubt) => doubt,
            },
            None => None,
        };
        // As the clerk does: closed, and opened anew, as often as it takes.
        drop(queue.take());
        met |= disk.disk().has_failed();
        if dice.below(3) == 0 {
            disk.disk().fall_ill(None);
        }
        queue = open(mount, &clock).ok();
        if queue.is_none() {
            disk.disk().fall_ill(None);
            queue = Some(open(mount, &clock).unwrap_or_else(|e| panic!("{run}: well again, and {e:?}")));
        }
        if let (Some(event), Some(open)) = (doubt, &queue)
            && let Ok(true) = open.holds(event)
        {
            let ticket = held(&mount.join("queue.sqlite"))[&event];
            told.insert(event, ticket);
        }
    }
    met |= disk.disk().has_failed();
    disk.disk().stop_after(Some(0));
    drop(queue);
    mounted.umount_and_join().unwrap();
    cut_and_compare(&disk, mount, &clock, &told, &mut dice, &run);
    met
}

#[test]
fn what_was_told_as_kept_outlives_a_disk_that_fails_and_the_power_behind_it() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let works: [&[Work]; 4] = [&[Work::Sync], &[Work::Write], &[Work::Read], &[Work::Read, Work::Write, Work::Sync]];
    let mut met = 0;
    for (place, works) in works.into_iter().enumerate() {
        for (other, of) in [Of::Log, Of::Database, Of::All].into_iter().enumerate() {
            let first = (place * 3 + other) as u64 * 100;
            met += (first..first + 8).filter(|seed| one_run(*seed, works, of, folder.path(), &county)).count();
        }
    }
    println!("96 runs, {met} of them with a disk that failed; 0 lost, 0 numbers given twice");
    assert!(met > 48, "too few disks failed: {met} of 96");
}

#[test]
fn the_power_may_go_at_any_change_while_the_file_is_opened_behind_a_failed_fsync() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let mount = folder.path();
    let mut cuts = 0;
    for stops_after in 0.. {
        let (disk, clock, mut dice, mut told) = (Forgetful::new(), Turned::new(), Dice(stops_after), Told::new());
        let mounted = disk.mount(mount).unwrap();
        let mut queue = open(mount, &clock).unwrap();
        for _ in 0..3 {
            let done = queue.submit(&draft("路灯坏了"), &county.sealer).unwrap();
            told.insert(done.event, done.ticket);
        }
        drop(queue);
        // The log is empty: whatever reaches the database by halves stands in no other.
        let mut queue = open(mount, &clock).unwrap();
        disk.disk().fall_ill(Some(Illness::of(Of::Log, &[Work::Sync])));
        assert!(queue.submit(&draft("桥也坏了"), &county.sealer).is_err(), "never told as kept");
        let doubtful = queue.in_doubt().unwrap();
        assert_eq!(queue.in_doubt(), None);
        drop(queue);
        disk.disk().fall_ill(None);
        disk.disk().stop_after(Some(stops_after));
        let opened = open(mount, &clock);
        let cut = disk.disk().is_cut();
        if let Ok(queue) = &opened
            && queue.holds(doubtful.event).unwrap()
        {
            // The villager is told so from here on.
            told.insert(doubtful.event, doubtful.ticket);
        }
        disk.disk().stop_after(Some(0));
        drop(opened);
        mounted.umount_and_join().unwrap();
        cut_and_compare(&disk, mount, &clock, &told, &mut dice, &format!("cut after {stops_after}"));
        cuts += u32::from(cut);
        if !cut {
            assert!(told.contains_key(&doubtful.event), "the log had it: it was opened anew and read back");
            break;
        }
    }
    assert!(cuts > 5, "opening made {cuts} changes only");
}

#[test]
fn a_disk_made_read_only_takes_nothing_gives_what_is_on_it_and_is_well_again_without_a_restart() {
    let (disk, folder, county, clock) = (Forgetful::new(), tempfile::tempdir().unwrap(), County::new(), Turned::new());
    let mounted = disk.mount(folder.path()).unwrap();
    let path = folder.path().join("queue.sqlite");
    {
        let mut queue = open(folder.path(), &clock).unwrap();
        let done = queue.submit(&draft("路灯坏了"), &county.sealer).unwrap();
        let mut agent = Queue::attach(&path, clock.clone()).unwrap();
        disk.disk().set_read_only(true);
        // Nothing was written since, and it is known all the same.
        let noticed = queue.keep_reserve().unwrap_err();
        assert!(kiosk::https::why(&noticed).contains("Read-only file system"), "{noticed:?}");
        let refused = queue.submit(&draft("桥也坏了"), &county.sealer).unwrap_err();
        assert!(refused.is_of_the_file(), "{refused:?}");
        drop(queue);
        let refused = open(folder.path(), &clock).err().unwrap();
        assert!(kiosk::https::why(&refused).contains("Read-only file system"), "{refused:?}");

        let ids = |queue: &mut Queue| -> Vec<Uuid> {
            queue.forward_batch(9).unwrap().into_iter().map(|event| event.id).collect()
        };
        assert_eq!(ids(&mut agent), [done.event], "the agent goes on reading");
        assert!(agent.delivered(&[done.event], Uuid::from_u128(1)).is_err());
        let mut another = Queue::attach(&path, clock.clone()).unwrap();
        assert_eq!(ids(&mut another), [done.event], "and one that starts now reads too");

        disk.disk().set_read_only(false);
        let mut queue = open(folder.path(), &clock).unwrap();
        queue.submit(&draft("桥也坏了"), &county.sealer).unwrap();
        agent.delivered(&[done.event], Uuid::from_u128(1)).unwrap();
        assert_eq!(queue.depth().unwrap().waiting, 1);
    }
    mounted.umount_and_join().unwrap();
}
