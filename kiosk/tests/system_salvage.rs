//! A queue that is set aside on a disk that goes on failing: with places that it never reads again, with folders whose
//! names it does not keep, and with power cuts in the middle of it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/forgetful/mod.rs"]
mod forgetful;
mod queue_support;

use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dice::Dice;
use forgetful::{
    Forgetful,
    disk::ROOT,
    illness::{Illness, Of, Work},
};
use kiosk::{
    clock::Clock,
    queue::{BORNE, Patience, Queue, QueueError, Salvaged, Submitted, seal_set_aside},
};
use queue_support::{County, Turned, draft, settings};
use uuid::Uuid;
use wire::ticket::TicketNumber;

const PAGE: usize = 4096;
const EVENTS: usize = 24;
/// Events of the size made here that fit on one page.
const ON_A_PAGE: usize = 6;

type Events = BTreeMap<Uuid, Vec<u8>>;
type Opened = Result<(Queue, Option<Salvaged>), QueueError>;

/// A terminal's disk with a queue on it, and its folder.
struct Site {
    disk: Forgetful,
    mount: PathBuf,
    mounted: Option<forgetful::Mounted>,
    clock: Arc<Turned>,
    patience: Patience,
    submitted: Events,
}

impl Site {
    /// With [`EVENTS`] suggestions, all of them still in the log, or all of them in the database.
    fn with_suggestions(mount: &Path, county: &County, in_the_log: bool) -> Self {
        let disk = Forgetful::new();
        let mounted = Some(disk.mount(mount).expect("a file system of one's own can be mounted"));
        let (clock, patience) = (Turned::new(), Patience::default());
        let mut site = Self { disk, mount: mount.into(), mounted, clock, patience, submitted: Events::new() };
        let (mut queue, _) = site.open().unwrap();
        for n in 0..EVENTS {
            queue.submit(&draft(&format!("第{n}件事")), &county.sealer).unwrap();
        }
        site.submitted = events(&mut queue);
        if in_the_log {
            site.cut(queue, &mut || true);
        }
        site
    }

    fn open(&self) -> Opened {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Queue::open_or_salvage(&self.file(), &settings(&self.mount), &clock, &self.patience)
    }

    fn file(&self) -> PathBuf {
        self.mount.join("queue.sqlite")
    }

    /// The numbers that were given for it.
    fn numbers(&self) -> Vec<TicketNumber> {
        self.submitted.values().map(|bytes| wire::event::split(bytes).unwrap().0.ticket).collect()
    }

    fn node(&self, name: &str) -> u64 {
        self.disk.disk().lookup(ROOT, name).unwrap()
    }

    fn fall_ill(&self, illness: Option<Illness>) {
        self.disk.disk().fall_ill(illness);
    }

    /// What has the queue open dies with the power; the next start is another run.
    fn cut<T>(&mut self, open: T, keeps: &mut dyn FnMut() -> bool) {
        self.disk.disk().stop_after(Some(0));
        drop(open);
        self.mounted.take().unwrap().umount_and_join().unwrap();
        self.disk.disk().after_the_cut(keeps);
        self.mounted = Some(self.disk.mount(&self.mount).unwrap());
        (self.clock, self.patience) = (Turned::new(), Patience::default());
    }

    /// The root of everything is gone.
    fn damage(&self) {
        let file = File::options().write(true).open(self.file()).unwrap();
        file.write_all_at(&[0xff; PAGE - 100], 100).unwrap();
        file.sync_all().unwrap();
    }

    /// Nothing but what was submitted came back; how much of it.
    fn came_back(&self, found: &Events) -> usize {
        found.iter().for_each(|(id, bytes)| assert_eq!(Some(bytes), self.submitted.get(id)));
        found.len()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mounted) = self.mounted.take() {
            mounted.umount_and_join().unwrap();
        }
    }
}

fn events(queue: &mut Queue) -> Events {
    queue.forward_batch(usize::MAX).unwrap().into_iter().map(|event| (event.id, event.bytes)).collect()
}

fn take(queue: &mut Queue, county: &County) -> Submitted {
    queue.submit(&draft("后来的一件事"), &county.sealer).unwrap()
}

/// The terminal is patient, gives the file up, and takes suggestions again on a disk that never gets well.
fn outlives_a_place_that_is_never_read_again(site: &mut Site, name: &str, place: usize, county: &County) {
    let what = format!("place {place} of {name}");
    let illness = Illness::of(Of::Node(site.node(name)), &[Work::Read]).only(place * PAGE..(place + 1) * PAGE);
    site.fall_ill(Some(illness.clone()));
    for _ in 0..3 {
        let refused = site.open().err().unwrap_or_else(|| panic!("{what}: opened"));
        assert!(refused.is_of_damage(), "{what}: {refused:?}");
        site.clock.go_on(BORNE / 3);
        let folder = site.mount.join("queue.sqlite.damaged-1");
        assert!(!folder.exists(), "{what}: given up at once for {refused:?}");
    }
    let (mut queue, salvaged) = site.open().unwrap_or_else(|e| panic!("{what}: {e:?}"));
    assert!(salvaged.is_some() && site.disk.disk().has_failed(), "{what}");
    let found = site.came_back(&events(&mut queue));
    assert!(found + ON_A_PAGE >= EVENTS, "{what}: {found} came back");
    let told = take(&mut queue, county);
    // The codes in it don't lie there for good because one place of it can't be read.
    seal_set_aside(&site.file(), &county.sealer).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    let set_aside = site.mount.join("queue.sqlite.damaged-1");
    assert!(!set_aside.join(name).exists() && !set_aside.join("queue.sqlite").exists(), "{what}");
    let sealed = std::fs::read(set_aside.join(format!("{name}.age"))).unwrap();
    let opened = age::decrypt(&county.recovery, &sealed).unwrap();
    let unread = place * PAGE..opened.len().min((place + 1) * PAGE);
    assert!(opened[unread].iter().all(|byte| *byte == 0) && opened.iter().any(|byte| *byte != 0), "{what}");
    let waiting = events(&mut queue);
    site.cut(queue, &mut || false);
    site.fall_ill(Some(illness));
    let (mut queue, salvaged) = site.open().unwrap_or_else(|e| panic!("{what}, later: {e:?}"));
    assert!(salvaged.is_none() && events(&mut queue) == waiting, "{what}");
    assert!(queue.holds(told.event).unwrap(), "{what}");
}

#[test]
fn a_place_of_the_database_that_the_disk_never_reads_again_costs_a_minute_and_the_events_on_it() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let mut tried = 0;
    for place in 0.. {
        let mut site = Site::with_suggestions(folder.path(), &county, false);
        if place * PAGE >= usize::try_from(site.file().metadata().unwrap().len()).unwrap() {
            break;
        }
        outlives_a_place_that_is_never_read_again(&mut site, "queue.sqlite", place, &county);
        tried += 1;
    }
    assert!(tried > 10, "{tried} pages");
}

#[test]
fn a_place_of_the_log_that_the_disk_never_reads_again_costs_a_minute_and_the_events_last_written_there() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let mut places = 0;
    for turn in 0..9 {
        let mut site = Site::with_suggestions(folder.path(), &county, true);
        let length = usize::try_from(site.mount.join("queue.sqlite-wal").metadata().unwrap().len()).unwrap();
        places = length / PAGE;
        outlives_a_place_that_is_never_read_again(&mut site, "queue.sqlite-wal", turn * places / 8, &county);
    }
    assert!(places > 100, "{places} places");
}

#[test]
fn a_disk_that_reads_nothing_for_less_than_its_time_or_takes_nothing_either_has_nothing_set_aside() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let site = Site::with_suggestions(folder.path(), &county, false);
    let ill = |works: &[Work]| site.fall_ill(Some(Illness::of(Of::All, works)));
    // Now and then it goes well.
    for _ in 0..4 {
        ill(&[Work::Read]);
        assert!(site.open().is_err());
        site.clock.go_on(BORNE - Duration::from_secs(1));
        assert!(site.open().is_err());
        site.fall_ill(None);
        let (mut queue, salvaged) = site.open().unwrap();
        assert!(salvaged.is_none() && events(&mut queue) == site.submitted);
    }
    // A disk that is gone altogether: the file is not what is wrong with it.
    ill(&[Work::Read, Work::Write, Work::Sync]);
    for _ in 0..3 {
        assert!(site.open().is_err());
        site.clock.go_on(BORNE);
    }
    site.fall_ill(None);
    assert_eq!(site.open().unwrap().1, None);
}

#[test]
fn a_disk_that_keeps_no_names_while_a_queue_is_salvaged_loses_nothing_of_it_and_no_ticket_given_since() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let mut failed = 0;
    for after in 0.. {
        let mut site = Site::with_suggestions(folder.path(), &county, false);
        site.damage();
        site.fall_ill(Some(Illness::of(Of::Folders, &[Work::Sync]).after(after)));
        // As the clerk does: again and again, until it opens.
        let opened = site.open().or_else(|_| site.open());
        let met = site.disk.disk().has_failed();
        site.fall_ill(None);
        let (mut queue, _) = opened.or_else(|_| site.open()).unwrap_or_else(|e| panic!("after {after}: {e:?}"));
        let told = take(&mut queue, &county);
        let waiting = events(&mut queue);
        site.cut(queue, &mut || false);
        let (mut queue, _) = site.open().unwrap_or_else(|e| panic!("after {after}, behind the cut: {e:?}"));
        let left = events(&mut queue);
        assert!(left == waiting, "after {after}: {:?}, not {:?}", left.keys(), waiting.keys());
        let next = take(&mut queue, &county);
        let given = site.numbers().into_iter().chain([told.ticket]).any(|number| number == next.ticket);
        assert!(!given, "after {after}: {} came twice", next.ticket);
        drop(queue);
        failed += usize::from(met);
        if !met {
            break;
        }
    }
    assert!(failed > 3, "a salvage makes sure of {failed} names only");
}

#[test]
fn the_power_may_go_at_any_change_while_a_queue_is_salvaged() {
    let (folder, county) = (tempfile::tempdir().unwrap(), County::new());
    let mut cuts = 0;
    for stops_after in 0.. {
        let mut site = Site::with_suggestions(folder.path(), &county, false);
        site.damage();
        let mut dice = Dice(stops_after);
        site.disk.disk().stop_after(Some(stops_after));
        let opened = site.open();
        let cut = site.disk.disk().is_cut();
        site.cut(opened, &mut || dice.below(2) == 0);
        let (mut queue, _) = site.open().unwrap_or_else(|e| panic!("cut after {stops_after}: {e:?}"));
        let found = site.came_back(&events(&mut queue));
        // The page that was damaged held none.
        assert_eq!(found, EVENTS, "cut after {stops_after}");
        let told = take(&mut queue, &county);
        assert!(!site.numbers().contains(&told.ticket), "cut after {stops_after}: {} came twice", told.ticket);
        site.cut(queue, &mut || dice.below(2) == 0);
        let (queue, _) = site.open().unwrap();
        assert!(queue.holds(told.event).unwrap(), "cut after {stops_after}");
        drop(queue);
        if !cut {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 20, "a salvage makes {cuts} changes only");
}
