//! A submission is exactly one fsync, of the log, whatever came before it. One test, so that nothing else is counted.

mod queue_support;
#[path = "queue_support/syncs.rs"]
mod syncs;

use kiosk::queue::{CODE_KEPT, PrintState};
use queue_support::{County, Place, draft};
use uuid::Uuid;
use wire::{case::Satisfaction, secret::Proof};

#[test]
fn each_submission_is_exactly_one_fsync_of_the_log_and_none_of_the_file() {
    syncs::count();
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let mut agent = place.attach();
    let mut jobs = Vec::new();
    for n in 0..40 {
        let before = syncs::so_far();
        let one = queue.submit(&draft(&format!("第{n}件")), &county.sealer).unwrap();
        let once = (before.0 + 1, before.1);
        assert_eq!(syncs::so_far(), once, "submission {n}");

        queue.submit_contact(one.ticket, "王", "1", &county.sealer).unwrap();
        let proof = Proof::Code(one.code.clone());
        queue.submit_rating(one.ticket, Satisfaction::Good, 1, proof, &county.sealer).unwrap();
        assert_eq!(syncs::so_far(), (before.0 + 3, before.1), "contact and rating {n}");

        // What others do in between must not be paid for by the next villager.
        jobs.push(one.job);
        match n % 4 {
            1 => _ = agent.delivered(&[one.event], Uuid::from_u128(1)).unwrap(),
            2 => {
                jobs.iter().for_each(|job| queue.journal(*job, PrintState::Confirmed { attempt: 1 }, None).unwrap());
                jobs.clear();
                place.clock.go_on(CODE_KEPT);
                assert!(queue.tidy().unwrap().log_emptied);
            }
            3 => queue = place.open(),
            _ => {}
        }
    }
    assert!(syncs::so_far().1 > 0, "the counter sees the checkpoints' fsyncs of the file");
}
