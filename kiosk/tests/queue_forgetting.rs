//! What the queue forgets and when: codes of receipts, views of cases.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod queue_support;

use std::time::Duration;

use kiosk::queue::{CODE_KEPT, PrintFailure, PrintState, Queue, Submitted, Tidied, VIEW_KEPT};
use queue_support::{County, Place, draft, holds};
use rusqlite::Connection;
use wire::{event::ClockQuality, intake::Views, view::SealedView};

const STATES: [PrintState; 4] = [
    PrintState::Prepared { after: 0 },
    PrintState::Sending { attempt: 1 },
    PrintState::Failed { attempt: 1, reason: PrintFailure::PaperEnd },
    PrintState::Unknown { attempt: 1 },
];

/// One receipt in each state but confirmed.
fn one_of_each(queue: &mut Queue, county: &County) -> [Submitted; 4] {
    STATES.map(|state| {
        let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
        if state != STATES[0] {
            queue.journal(one.job, state, None).unwrap();
        }
        one
    })
}

fn has_code(queue: &Queue, one: &Submitted) -> bool {
    queue.print_job(one.ticket).unwrap().unwrap().proofs.is_some()
}

#[test]
fn a_code_is_gone_from_every_file_ten_minutes_after_printing() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let submitted: Vec<_> =
        (0..300).map(|n| queue.submit(&draft(&format!("第{n}件")), &county.sealer).unwrap()).collect();
    for one in &submitted {
        queue.journal(one.job, PrintState::Sending { attempt: 1 }, Some([7; 32])).unwrap();
        queue.journal(one.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
    }
    assert_eq!(queue.tidy().unwrap().codes_forgotten, 0, "a lost receipt can still be printed again");
    place.clock.go_on(CODE_KEPT);
    assert_eq!(queue.tidy().unwrap(), Tidied { codes_forgotten: 300, log_emptied: true });
    let bytes = place.bytes_on_disk();
    for one in &submitted {
        assert!(!holds(&bytes, one.secret.bytes()), "a secret lies on the card");
        // Six digits alone are found in some ticket's number; in its row the code stands before the secret.
        let row = [one.code.digits().as_bytes(), &one.secret.bytes()[..3]].concat();
        assert!(!holds(&bytes, &row), "a code lies on the card");
    }
    assert!(queue.print_job(submitted[0].ticket).unwrap().unwrap().proofs.is_none());
}

#[test]
fn after_a_restart_codes_of_printed_receipts_go_at_once_and_those_of_others_stay() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let [printed, open] = [1, 2].map(|_| queue.submit(&draft("修路"), &county.sealer).unwrap());
    queue.journal(printed.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
    drop(queue);
    let queue = place.open();
    assert!(queue.print_job(printed.ticket).unwrap().unwrap().proofs.is_none());
    assert!(queue.print_job(open.ticket).unwrap().unwrap().proofs.is_some());
    assert!(!holds(&place.bytes_on_disk(), printed.secret.bytes()));
}

#[test]
fn a_log_that_somebody_reads_is_emptied_by_the_next_tidying() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
    queue.journal(one.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
    let reader = Connection::open(place.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM event;").unwrap();
    place.clock.go_on(CODE_KEPT);
    assert_eq!(queue.tidy().unwrap(), Tidied { codes_forgotten: 1, log_emptied: false });
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(queue.tidy().unwrap(), Tidied { codes_forgotten: 0, log_emptied: true });
    assert!(!holds(&place.bytes_on_disk(), one.secret.bytes()));
}

#[test]
fn a_receipt_that_nobody_was_given_is_forgotten_after_ten_minutes_and_comes_out_no_more() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let all = one_of_each(&mut queue, &county);
    place.clock.go_on(CODE_KEPT - Duration::from_secs(1));
    // Another connection counts the same ten minutes, and what was tried again has them anew.
    let mut printer = queue.again().unwrap();
    printer.journal(all[0].job, STATES[0], None).unwrap();
    place.clock.go_on(Duration::from_secs(1));
    assert_eq!(queue.tidy().unwrap(), Tidied { codes_forgotten: 3, log_emptied: true });
    assert_eq!(printer.open_jobs().unwrap().iter().map(|job| job.id).collect::<Vec<_>>(), [all[0].job]);
    let kept = all.each_ref().map(|one| has_code(&queue, one));
    assert_eq!(kept, [true, false, false, false]);
    let bytes = place.bytes_on_disk();
    assert!(all[1..].iter().all(|one| !holds(&bytes, one.secret.bytes())));
    let state = queue.print_job(all[1].ticket).unwrap().unwrap().state;
    assert_eq!(state, PrintState::Unknown { attempt: 1 }, "not on its way for ever");
}

#[test]
fn after_a_restart_receipts_have_the_rest_of_their_ten_minutes() {
    let (place, county) = (Place::new(), County::new());
    let all = one_of_each(&mut place.open(), &county);
    place.clock.go_on(CODE_KEPT - Duration::from_secs(60));
    let mut queue = place.open();
    let open: Vec<_> = queue.open_jobs().unwrap().iter().map(|job| job.id).collect();
    assert_eq!(open, [all[0].job, all[1].job, all[2].job], "the villager was asked about the fourth");
    place.clock.go_on(Duration::from_secs(59));
    assert_eq!(queue.tidy().unwrap().codes_forgotten, 0);
    place.clock.go_on(Duration::from_secs(1));
    assert_eq!(queue.tidy().unwrap().codes_forgotten, 4);
}

#[test]
fn a_receipt_of_hours_ago_is_not_printed_into_an_empty_room() {
    let (place, county) = (Place::new(), County::new());
    let all = one_of_each(&mut place.open(), &county);
    place.clock.go_on(Duration::from_secs(8 * 3600));
    let queue = place.open();
    assert!(queue.open_jobs().unwrap().is_empty());
    let bytes = place.bytes_on_disk();
    assert!(all.iter().all(|one| !has_code(&queue, one) && !holds(&bytes, one.secret.bytes())));
}

#[test]
fn where_the_day_is_not_known_the_ten_minutes_count_from_the_start() {
    let (place, county) = (Place::new(), County::new());
    place.clock.set_quality(ClockQuality::Unset);
    one_of_each(&mut place.open(), &county);
    place.clock.go_on(Duration::from_secs(8 * 3600));
    place.clock.set_quality(ClockQuality::Ntp);
    let mut queue = place.open();
    assert_eq!(queue.open_jobs().unwrap().len(), 3);
    place.clock.go_on(CODE_KEPT);
    assert_eq!(queue.tidy().unwrap().codes_forgotten, 4);
}

#[test]
fn a_view_is_kept_half_a_year_behind_its_last_change() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let half_a_year = Duration::try_from(VIEW_KEPT).unwrap();
    let ticket = queue.submit(&draft("修路"), &county.sealer).unwrap().ticket;
    let view = |revision| SealedView { ticket, revision, sealed: format!("r{revision}") };
    let views = |revision| Views { cursor: revision, views: vec![view(revision)], more: false };
    queue.put_views(&views(1)).unwrap();
    queue.purge().unwrap();
    place.clock.go_on(half_a_year - Duration::from_secs(1));
    queue.put_views(&views(2)).unwrap();
    queue.purge().unwrap();
    place.clock.go_on(Duration::from_secs(1));
    queue.purge().unwrap();
    assert_eq!(queue.view(ticket).unwrap(), Some(view(2)), "the county changed it");
    place.clock.go_on(half_a_year - Duration::from_secs(2));
    queue.purge().unwrap();
    assert_eq!(queue.view(ticket).unwrap(), Some(view(2)));
    place.clock.go_on(Duration::from_secs(1));
    queue.purge().unwrap();
    assert_eq!(queue.view(ticket).unwrap(), None);
}
