//! The queue against a model: whatever happens in whatever order, with reopening in between, nothing is lost, order is
//! kept, no number comes twice.

mod queue_support;

use std::time::Duration;

use kiosk::queue::{Ledger, PrintState};
use proptest::prelude::*;
use queue_support::{County, Place, draft};
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Submit,
    Contact,
    Deliver(usize),
    Refuse(usize),
    Print(usize),
    OtherLedger,
    Days(u8),
    Tidy,
    Reopen,
    LoseTheFile,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Submit),
        1 => Just(Step::Contact),
        3 => (1..5_usize).prop_map(Step::Deliver),
        1 => (0..5_usize).prop_map(Step::Refuse),
        2 => (0..9_usize).prop_map(Step::Print),
        1 => Just(Step::OtherLedger),
        1 => (1..40_u8).prop_map(Step::Days),
        1 => Just(Step::Tidy),
        2 => Just(Step::Reopen),
        1 => Just(Step::LoseTheFile),
    ];
    prop::collection::vec(step, 1..40)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Pending,
    Delivered { day: u64 },
    Dead,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_order_is_kept_and_no_number_comes_twice(steps in steps()) {
        let (place, county) = (Place::new(), County::new());
        let mut queue = place.open();
        let mut model: Vec<(Uuid, Fate)> = Vec::new();
        let mut tickets = Vec::new();
        let mut jobs = Vec::new();
        let (mut ledger, mut day, mut known) = (Uuid::new_v4(), 0_u64, false);
        for step in steps {
            match step {
                Step::Submit => {
                    let one = queue.submit(&draft("修路"), &county.sealer).unwrap();
                    prop_assert!(!tickets.contains(&one.ticket));
                    tickets.push(one.ticket);
                    jobs.push(one.job);
                    model.push((one.event, Fate::Pending));
                }
                Step::Contact => if let Some(ticket) = tickets.last() {
                    let id = queue.submit_contact(*ticket, "王", "1", &county.sealer).unwrap();
                    model.push((id, Fate::Pending));
                },
                Step::Deliver(count) => {
                    let ids: Vec<Uuid> = queue.forward_batch(count).unwrap().iter().map(|f| f.id).collect();
                    prop_assert_eq!(queue.delivered(&ids, ledger).unwrap(), Ledger::Known);
                    known = true;
                    for (id, fate) in &mut model {
                        if ids.contains(id) { *fate = Fate::Delivered { day } }
                    }
                    // The kiosk's hourly purge, from which the days count.
                    queue.purge().unwrap();
                }
                Step::Refuse(at) => {
                    if let Some(forward) = queue.forward_batch(9).unwrap().get(at) {
                        queue.refused(forward.id, "422").unwrap();
                        model.iter_mut().find(|(id, _)| *id == forward.id).unwrap().1 = Fate::Dead;
                    }
                }
                Step::Print(at) => if let Some(job) = jobs.get(at) {
                    queue.journal(*job, PrintState::Sending { attempt: 1 }, Some([1; 32])).unwrap();
                    queue.journal(*job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
                },
                Step::OtherLedger => {
                    ledger = Uuid::new_v4();
                    let noticed = queue.offer_again(ledger).unwrap();
                    prop_assert_eq!(noticed, if known { Ledger::Changed } else { Ledger::Known });
                    if known {
                        model.iter_mut().for_each(|(_, fate)| *fate = Fate::Pending);
                    }
                    known = true;
                }
                Step::Days(days) => {
                    place.clock.go_on(Duration::from_secs(u64::from(days) * 86_400));
                    day += u64::from(days);
                    queue.purge().unwrap();
                    model.retain(|(_, fate)| !matches!(fate, Fate::Delivered { day: on } if day - on >= 30));
                }
                Step::Tidy => drop(queue.tidy().unwrap()),
                Step::Reopen => {
                    drop(queue);
                    queue = place.open();
                }
                Step::LoseTheFile => {
                    drop(queue);
                    for end in ["", "-wal", "-shm"] {
                        let _ = std::fs::remove_file(format!("{}{end}", place.path().display()));
                    }
                    queue = place.open();
                    model.clear();
                    jobs.clear();
                    known = false;
                }
            }
            let waiting: Vec<Uuid> = queue.forward_batch(1000).unwrap().iter().map(|f| f.id).collect();
            let expected: Vec<Uuid> = model.iter().filter(|(_, f)| *f == Fate::Pending).map(|(id, _)| *id).collect();
            prop_assert_eq!(waiting, expected);
            let dead = model.iter().filter(|(_, f)| *f == Fate::Dead).count();
            prop_assert_eq!(queue.depth().unwrap().dead as usize, dead);
            let delivered = model.iter().filter(|(_, f)| matches!(f, Fate::Delivered { .. })).count();
            prop_assert_eq!(queue.delivered_count().unwrap() as usize, delivered);
        }
    }
}
