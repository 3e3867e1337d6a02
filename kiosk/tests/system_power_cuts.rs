//! Power cuts on a file system that forgets what was not synced and keeps the rest by halves.
//!
//! Each run works a queue until the power goes at a random change of the disk, throws away what a disk may throw away,
//! mounts what is left and compares: every suggestion of which the villager was given the number is there, unchanged,
//! and no number comes twice. The seeds are fixed; `LIANXIN_POWER_CUTS=N` makes N runs.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/forgetful/mod.rs"]
mod forgetful;
mod queue_support;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use dice::Dice;
use forgetful::Forgetful;
use kiosk::{
    clock::Clock,
    fleet::IdentityStore,
    queue::{Patience, PrintState, Queue},
};
use queue_support::{County, Turned, draft, settings};
use uuid::Uuid;
use wire::ticket::TicketNumber;

/// More than a run has changes of the disk now and then, so that some cuts fall behind its end.
const MOST_CHANGES: u64 = 400;
const STEPS: u32 = 30;

/// What the villagers and the county were told.
#[derive(Default)]
struct Told {
    submitted: BTreeMap<Uuid, TicketNumber>,
    delivered: Vec<Uuid>,
}

fn open(folder: &Path, clock: &Arc<Turned>) -> Result<Queue, kiosk::queue::QueueError> {
    let clock: Arc<dyn Clock> = clock.clone();
    Queue::open_or_salvage(&folder.join("queue.sqlite"), &settings(folder), &clock, &Patience::default()).map(
        |(queue, salvaged)| {
            assert_eq!(salvaged, None, "a power cut damages no queue");
            queue
        },
    )
}

/// Works until the disk refuses; what was acknowledged before stands in `told`.
fn work(queue: &mut Queue, county: &County, dice: &mut Dice, told: &mut Told) -> Result<(), kiosk::queue::QueueError> {
    for step in 0..STEPS {
        match dice.below(10) {
            0..=5 => {
                let done = queue.submit(&draft(&format!("第{step}件事")), &county.sealer)?;
                told.submitted.insert(done.event, done.ticket);
                queue.journal(done.job, PrintState::Sending { attempt: 1 }, None)?;
                queue.journal(done.job, PrintState::Confirmed { attempt: 1 }, None)?;
            }
            6 | 7 => {
                let some: Vec<Uuid> = queue.forward_batch(3)?.into_iter().map(|event| event.id).collect();
                queue.delivered(&some, Uuid::from_u128(1))?;
                told.delivered.extend(some);
            }
            _ => drop(queue.tidy()?),
        }
    }
    Ok(())
}

/// Every event of the file, read beside the queue.
fn held(file: &Path) -> BTreeMap<Uuid, TicketNumber> {
    let conn = rusqlite::Connection::open(file).unwrap();
    let mut statement = conn.prepare("SELECT id, ticket FROM event").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?))).unwrap();
    rows.map(|row| row.map(|(id, ticket)| (Uuid::from_bytes(id), ticket.parse().unwrap())).unwrap()).collect()
}

fn one_run(seed: u64, mount: &Path, county: &County) -> bool {
    let (disk, clock, mut dice, mut told) = (Forgetful::new(), Turned::new(), Dice(seed), Told::default());
    let mounted = disk.mount(mount).expect("a file system of one's own can be mounted");
    disk.disk().stop_after(Some(1 + dice.below(MOST_CHANGES)));
    if let Ok(mut queue) = open(mount, &clock) {
        work(&mut queue, county, &mut dice, &mut told).ok();
    }
    let cut = disk.disk().is_cut();
    // Until then every change failed, also those of closing; without a cut the power goes now.
    disk.disk().stop_after(Some(0));
    mounted.umount_and_join().unwrap();
    disk.disk().after_the_cut(&mut || dice.below(2) == 0);

    let mounted = disk.mount(mount).unwrap();
    {
        let mut queue = open(mount, &clock).unwrap_or_else(|e| panic!("seed {seed}: {e:?}"));
        let held = held(&mount.join("queue.sqlite"));
        for (event, ticket) in &told.submitted {
            assert_eq!(held.get(event), Some(ticket), "seed {seed}: {ticket} is lost");
        }
        let waiting: Vec<Uuid> = queue.forward_batch(usize::MAX).unwrap().into_iter().map(|e| e.id).collect();
        assert!(told.delivered.iter().all(|id| !waiting.contains(id)), "seed {seed}: an acknowledgement is lost");
        let next = queue.submit(&draft("下一件事"), &county.sealer).unwrap();
        assert!(held.values().all(|ticket| *ticket != next.ticket), "seed {seed}: {} came twice", next.ticket);
    }
    mounted.umount_and_join().unwrap();
    cut
}

#[test]
fn what_was_acknowledged_outlives_a_power_cut_at_any_change_of_the_disk() {
    let runs = std::env::var("LIANXIN_POWER_CUTS").map_or(60, |text| text.parse().unwrap());
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let cuts = (0..runs).filter(|seed| one_run(*seed, folder.path(), &county)).count();
    println!("{runs} runs, {cuts} of them cut in the middle of a change; 0 lost, 0 numbers given twice");
    assert!(cuts * 2 > usize::try_from(runs).unwrap(), "too few cuts in the middle: {cuts} of {runs}");
}

#[test]
fn a_terminal_that_was_enrolled_has_its_key_and_its_certificate_after_a_power_cut() {
    let (disk, folder) = (Forgetful::new(), tempfile::tempdir().unwrap());
    let golden = include_bytes!("../../host/wire/tests/golden/enrolment.json");
    let enrolment = serde_json::from_slice(golden).unwrap();
    let mounted = disk.mount(folder.path()).unwrap();
    let store = IdentityStore::open(folder.path(), &enrolment).unwrap();
    store.request().unwrap();
    let own = std::fs::read_dir(folder.path().join("identity")).unwrap().next().unwrap().unwrap().path();
    let key = rcgen::KeyPair::from_pem(&std::fs::read_to_string(own.join("key.pem")).unwrap()).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
    store.keep(&certificate).unwrap();
    disk.disk().stop_after(Some(0));
    mounted.umount_and_join().unwrap();
    disk.disk().after_the_cut(&mut || false);

    let mounted = disk.mount(folder.path()).unwrap();
    let found = IdentityStore::open(folder.path(), &enrolment).unwrap().read().unwrap();
    assert_eq!(found.map(|identity| identity.certificate), Some(certificate));
    mounted.umount_and_join().unwrap();
}

#[test]
fn a_full_disk_takes_the_visit_under_way_and_says_when_there_is_room_for_another() {
    let (disk, folder, county) = (Forgetful::new(), tempfile::tempdir().unwrap(), County::new());
    let mounted = disk.mount(folder.path()).unwrap();
    {
        let mut queue = open(folder.path(), &Turned::new()).unwrap();
        assert!(queue.keep_reserve().unwrap());
        // As something else would fill it.
        let used = disk.disk().used();
        disk.disk().set_capacity(Some(used));
        let done = queue.submit(&draft("路灯坏了"), &county.sealer).unwrap();
        queue.submit_contact(done.ticket, "王小明", "13900000000", &county.sealer).unwrap();
        queue.journal(done.job, PrintState::Sending { attempt: 1 }, None).unwrap();
        queue.journal(done.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
        assert!(!queue.keep_reserve().unwrap(), "no room for another visit");
        let before = queue.depth().unwrap().waiting;
        let refused = (0..).find_map(|_| queue.submit(&draft(&"路".repeat(2_000)), &county.sealer).err()).unwrap();
        assert!(format!("{refused:?}").contains("DiskFull"), "{refused:?}");
        let taken = queue.depth().unwrap().waiting;
        disk.disk().set_capacity(None);
        assert!(queue.keep_reserve().unwrap());
        queue.submit(&draft("桥也坏了"), &county.sealer).unwrap();
        assert_eq!((before, queue.depth().unwrap().waiting), (2, taken + 1));
    }
    mounted.umount_and_join().unwrap();
}

#[test]
fn a_terminal_that_starts_on_a_full_disk_gives_the_reserve_up_for_it_and_one_without_a_reserve_says_what_is_missing() {
    let (disk, folder, county) = (Forgetful::new(), tempfile::tempdir().unwrap(), County::new());
    let mounted = disk.mount(folder.path()).unwrap();
    let fill = || {
        let used = disk.disk().used();
        disk.disk().set_capacity(Some(used));
    };
    let taken = {
        let mut queue = open(folder.path(), &Turned::new()).unwrap();
        assert!(queue.keep_reserve().unwrap());
        queue.submit(&draft("路灯坏了"), &county.sealer).unwrap()
    };
    fill();
    {
        let mut queue = open(folder.path(), &Turned::new()).unwrap();
        assert!(queue.holds(taken.event).unwrap());
        assert!(!queue.keep_reserve().unwrap(), "no visit begins");
        // What is under way for the former one is written down all the same.
        queue.journal(taken.job, PrintState::Sending { attempt: 1 }, None).unwrap();
        queue.delivered(&[taken.event], Uuid::from_u128(1)).unwrap();
    }
    fill();
    let refused = open(folder.path(), &Turned::new()).err().unwrap();
    assert!(matches!(refused, kiosk::queue::QueueError::Full { .. }), "{refused:?}");
    disk.disk().set_capacity(None);
    let queue = open(folder.path(), &Turned::new()).unwrap();
    assert!(queue.keep_reserve().unwrap());
    drop(queue);
    mounted.umount_and_join().unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what is not durable is what this is about")]
fn the_file_system_forgets() {
    let (disk, folder) = (Forgetful::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("file");
    let mounted = disk.mount(folder.path()).unwrap();
    kiosk::durable::write(&path, b"synced", 0o600).unwrap();
    std::fs::write(&path, b"not synced").unwrap();
    std::fs::write(folder.path().join("another"), b"without its folder").unwrap();
    disk.disk().stop_after(Some(0));
    assert!(std::fs::write(&path, b"after the cut").is_err());
    mounted.umount_and_join().unwrap();
    disk.disk().after_the_cut(&mut || false);
    let mounted = disk.mount(folder.path()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"synced");
    assert!(!folder.path().join("another").exists());
    mounted.umount_and_join().unwrap();
}
