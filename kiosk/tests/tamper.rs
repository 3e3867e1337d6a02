//! The journal of the case: what an opening leaves on the disk, whatever happens to the program or the power.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod queue_support;

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use kiosk::{
    clock::Clock,
    durable,
    tamper::{Entry, Seen, Standing, Watch, journal::SLOTS, read},
};
use queue_support::Turned;
use tempfile::TempDir;
use wire::event::ClockQuality;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.journal");
    (folder, path)
}

fn watch(path: &std::path::Path) -> (Arc<Turned>, Watch) {
    let clock = Turned::new();
    (Arc::clone(&clock), Watch::start(path, clock))
}

fn last(path: &std::path::Path) -> Entry {
    read(path).unwrap().pop().unwrap()
}

#[test]
fn an_opening_is_on_the_disk_with_boot_sequence_and_the_quality_of_its_time_when_the_call_returns() {
    let (_folder, path) = place();
    let (clock, watch) = watch(&path);
    clock.set_quality(ClockQuality::Unset);
    assert!(!path.exists() && watch.standing().is_none(), "a terminal without a switch has no journal");
    assert!(watch.saw(Seen::Stands { open: false }));
    clock.go_on(Duration::from_secs(90));
    assert!(watch.saw(Seen::Opened));
    let entry = last(&path);
    assert_eq!((entry.seq, entry.boot, entry.uptime_ms), (2, clock.boot(), 90_000));
    assert_eq!((entry.wall, entry.wall.quality), (clock.wall(), ClockQuality::Unset));
    assert_eq!(entry.standing, Standing { open: true, openings: 1 });
    assert_eq!(watch.standing(), Some(entry.standing));
}

#[test]
fn the_count_goes_on_over_restarts_and_a_case_opened_without_power_is_an_opening() {
    let (_folder, path) = place();
    watch(&path).1.saw(Seen::Stands { open: false });
    watch(&path).1.saw(Seen::Opened);
    assert!(!watch(&path).1.saw(Seen::Stands { open: true }), "still the same opening");
    watch(&path).1.saw(Seen::Stands { open: false });
    assert!(watch(&path).1.saw(Seen::Stands { open: true }), "closed, then no power, then open");
    let all = read(&path).unwrap();
    assert_eq!(all.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(last(&path).standing, Standing { open: true, openings: 2 });
    assert_ne!(all[0].boot, all[3].boot);
}

#[test]
fn the_journal_never_grows_and_keeps_the_newest_entries() {
    let (_folder, path) = place();
    let (clock, watch) = watch(&path);
    watch.saw(Seen::Stands { open: false });
    let laid_down = fs::metadata(&path).unwrap().len();
    for _ in 0..500 {
        clock.go_on(Duration::from_secs(120));
        watch.saw(Seen::Opened);
        watch.saw(Seen::Closed);
    }
    let all = read(&path).unwrap();
    assert_eq!((all.len(), all[SLOTS - 1].seq, all[0].seq), (SLOTS, 1_001, 1_002 - SLOTS as u64));
    assert_eq!(all[SLOTS - 1].standing, Standing { open: false, openings: 500 });
    assert_eq!(fs::metadata(&path).unwrap().len(), laid_down);
}

#[test]
fn a_fluttering_contact_is_counted_and_what_waits_is_written_later() {
    let (_folder, path) = place();
    let (clock, watch) = watch(&path);
    watch.saw(Seen::Stands { open: false });
    for _ in 0..100 {
        clock.go_on(Duration::from_millis(100));
        watch.saw(Seen::Opened);
        watch.saw(Seen::Closed);
    }
    assert!(last(&path).seq < 10 && watch.standing().unwrap().openings == 100);
    assert!(!watch.catch_up(), "there is room for one more after a minute");
    clock.go_on(Duration::from_secs(60));
    assert!(watch.catch_up() && !watch.catch_up());
    assert_eq!(last(&path).standing, Standing { open: false, openings: 100 });
}

#[test]
fn a_write_that_was_cut_costs_the_oldest_entry_at_most_and_rubbish_is_passed_over() {
    let (_folder, path) = place();
    let (clock, watch) = watch(&path);
    watch.saw(Seen::Stands { open: false });
    for _ in 0..40 {
        clock.go_on(Duration::from_secs(120));
        watch.saw(Seen::Opened);
        watch.saw(Seen::Closed);
    }
    drop(watch);
    let whole = read(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let size = bytes.len() / SLOTS;
    let oldest = usize::try_from(whole[0].seq).unwrap() % SLOTS * size;
    for cut in 0..size {
        let mut torn = bytes.clone();
        torn[oldest..oldest + cut].fill(b'x');
        durable::write(&path, &torn, 0o644).unwrap();
        let left = read(&path).unwrap();
        assert!(left == whole || left[..] == whole[1..], "{cut} bytes");
        let again = Watch::start(&path, Arc::clone(&clock) as Arc<dyn Clock>);
        assert_eq!(again.standing(), Some(whole[SLOTS - 1].standing));
    }
    // A file that was cut short is laid down anew with what is left.
    durable::write(&path, &bytes[..bytes.len() / 2], 0o644).unwrap();
    let left = read(&path).unwrap().len();
    assert!(left > 0 && left < SLOTS);
    Watch::start(&path, clock).saw(Seen::Opened);
    assert_eq!((fs::metadata(&path).unwrap().len(), read(&path).unwrap().len()), (bytes.len() as u64, left + 1));
}

#[test]
fn what_the_disk_did_not_take_is_written_once_it_does_and_a_laid_down_journal_needs_no_room() {
    let (folder, path) = place();
    let (_, watch) = watch(&path);
    // A folder in its place: nothing can be written there, for root neither.
    fs::create_dir(&path).unwrap();
    assert!(!watch.saw(Seen::Stands { open: false }) && !watch.saw(Seen::Opened));
    assert_eq!(watch.standing(), Some(Standing { open: true, openings: 1 }));
    fs::remove_dir(&path).unwrap();
    assert!(watch.catch_up());
    assert_eq!(last(&path).standing, Standing { open: true, openings: 1 });
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644, "the agent's user reads it");

    let blocks = |path: &PathBuf| std::os::unix::fs::MetadataExt::blocks(&fs::metadata(path).unwrap());
    let before = blocks(&path);
    watch.saw(Seen::Closed);
    assert_eq!(blocks(&path), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "written in place: nothing lies beside it");
    let mut first = [0; 1];
    fs::File::open(&path).unwrap().read_exact_at(&mut first, 256).unwrap();
    assert_eq!(&first, b"{", "one place an entry, for whoever looks with a plain tool");
}

#[test]
fn a_journal_that_cannot_be_read_is_begun_anew_by_another_name_and_a_case_that_stands_open_was_opened() {
    let unreadable: [fn(&std::path::Path); 2] = [
        // A link to itself: no user can read it, root neither.
        |path| std::os::unix::fs::symlink(path, path).unwrap(),
        |path| durable::write(path, &[0; 8192], 0o644).unwrap(),
    ];
    for spoil in unreadable {
        let (_folder, path) = place();
        watch(&path).1.saw(Seen::Stands { open: false });
        let former = last(&path);
        watch(&path).1.saw(Seen::Opened);
        assert_eq!(last(&path).journal, former.journal, "a restart begins nothing anew");
        fs::remove_file(&path).unwrap();
        spoil(&path);

        let (_, watch) = watch(&path);
        assert!(watch.saw(Seen::Stands { open: true }));
        let entry = last(&path);
        assert_eq!((entry.standing, entry.seq), (Standing { open: true, openings: 1 }, 1));
        assert_ne!(entry.journal, former.journal);
        assert!(watch.is_written() && watch.saw(Seen::Closed));
    }
}
