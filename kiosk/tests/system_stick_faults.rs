//! Sticks that are pulled out, full or write-protected, on a file system that forgets what was not synced.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/forgetful/mod.rs"]
mod forgetful;
mod queue_support;
mod stick_support;

use std::{path::Path, sync::Arc};

use forgetful::Forgetful;
use fuser::MountOption;
use kiosk::{
    clock::Clock,
    stick::{Export, NotExported},
};
use queue_support::{County, Place, draft};
use stick_support::{Signer, parcels, whole_parcel};
use wire::stick::MANIFEST;

const EVENTS: u32 = 3;

fn station() -> Place {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    for n in 0..EVENTS {
        queue.submit(&draft(&format!("第{n}件事")), &county.sealer).unwrap();
    }
    drop(queue);
    place
}

fn export(place: &Place, stick: &Path, signer: &Signer) -> Result<u32, NotExported> {
    let (queue, clock) = (place.path(), Arc::clone(&place.clock) as Arc<dyn Clock>);
    let export = Export { stick, data: place.folder.path(), queue: &queue, clock: &clock };
    export.run(&mut |digest| Ok(signer.sign(digest)), &mut |_, _| {})
}

#[test]
fn a_stick_pulled_out_at_any_change_holds_no_manifest_or_a_whole_parcel() {
    let (place, signer, at) = (station(), Signer::new(), tempfile::tempdir().unwrap());
    let (mut whole, mut nothing) = (0, 0);
    for stops_after in 0.. {
        // Each cut twice: with everything lost that was not synced, and with every second of it kept.
        let mut finished = false;
        for keeps in [false, true] {
            let disk = Forgetful::new();
            let mounted = disk.mount(at.path()).expect("a file system of one's own can be mounted");
            disk.disk().stop_after(Some(stops_after));
            let exported = export(&place, at.path(), &signer);
            finished = !disk.disk().is_cut();
            disk.disk().stop_after(Some(0));
            mounted.umount_and_join().unwrap();
            let mut toss = false;
            disk.disk().after_the_cut(&mut || {
                toss = keeps && !toss;
                toss
            });
            let mounted = disk.mount(at.path()).unwrap();
            let finished_ones: Vec<_> =
                parcels(at.path()).into_iter().filter(|parcel| parcel.join(MANIFEST).exists()).collect();
            for parcel in &finished_ones {
                assert_eq!(whole_parcel(parcel, &signer).1.len(), EVENTS as usize, "cut after {stops_after}");
            }
            assert!(exported.is_err() || finished_ones.len() == 1, "cut after {stops_after}: said to be done");
            *(if finished_ones.is_empty() { &mut nothing } else { &mut whole }) += 1;
            // The next stick-full finds room and is whole, whatever the cut left.
            assert_eq!(export(&place, at.path(), &signer).unwrap(), EVENTS);
            let left = parcels(at.path()).into_iter().filter(|parcel| !parcel.join(MANIFEST).exists()).count();
            assert_eq!(left, 0, "cut after {stops_after}");
            mounted.umount_and_join().unwrap();
        }
        if finished {
            break;
        }
    }
    assert!(nothing > 20 && whole > 1, "{nothing} cuts left nothing that counts, {whole} a whole parcel");
}

#[test]
fn a_full_stick_says_so_and_keeps_nothing_half_written() {
    let (place, signer, at) = (station(), Signer::new(), tempfile::tempdir().unwrap());
    let disk = Forgetful::new();
    let mounted = disk.mount(at.path()).unwrap();
    export(&place, at.path(), &signer).unwrap();
    let used = disk.disk().used();
    for room in [0, 1, used / 2, used - 1] {
        disk.disk().set_capacity(Some(used + room));
        assert!(matches!(export(&place, at.path(), &signer), Err(NotExported::Full)), "room for {room}");
        assert_eq!(disk.disk().used(), used, "what was begun is taken back");
        whole_parcel(&parcels(at.path())[0], &signer);
    }
    disk.disk().set_capacity(Some(2 * used + 64));
    assert_eq!(export(&place, at.path(), &signer).unwrap(), EVENTS);
    mounted.umount_and_join().unwrap();
}

#[test]
fn a_stick_that_can_t_be_written_on_says_so() {
    let (place, signer, at) = (station(), Signer::new(), tempfile::tempdir().unwrap());
    let mounted = Forgetful::new().mount_with(at.path(), &[MountOption::RO]).unwrap();
    assert!(matches!(export(&place, at.path(), &signer), Err(NotExported::ReadOnly)));
    assert!(parcels(at.path()).is_empty());
    mounted.umount_and_join().unwrap();
}
