//! The print job's state machine by table and by property.

use std::time::Duration;

use kiosk::{
    printer::{Action, Event, Job, Paper, PaperLevel, Refusal, Rules, Status, Watch, step},
    queue::{PrintFailure, PrintState},
};
use proptest::prelude::*;

const PATIENCE: Duration = Duration::from_secs(8);
const EPSON: Rules = Rules { fence: true, clear: true, presenter: false, takes_back_after: None, patience: PATIENCE };
const NO_CLEAR: Rules = Rules { clear: false, ..EPSON };
const BARE: Rules = Rules { fence: false, ..NO_CLEAR };
const PRESENTER: Rules = Rules { presenter: true, ..NO_CLEAR };

const CLEAN: Status = Status {
    paper: PaperLevel::Ok,
    cover_open: false,
    cutter: false,
    heat: false,
    jam: false,
    other: false,
    presented: None,
};
const HOT: Status = Status { heat: true, ..CLEAN };
const STANDING: Status = Status { presented: Some(true), ..CLEAN };
const GONE: Status = Status { presented: Some(false), ..CLEAN };
const NEAR: Status = Status { paper: PaperLevel::Near, ..CLEAN };
const OUT: Status = Status { paper: PaperLevel::Out, ..CLEAN };
const JAMMED: Status = Status { cutter: true, ..CLEAN };

/// Plays events a second apart; gives the last state and everything that was to be done.
fn play(rules: Rules, from: Job, events: &[Event]) -> (Job, Vec<Action>) {
    let mut all = Vec::new();
    let mut job = from;
    for (second, event) in (0..).zip(events) {
        let (next, actions) = step(job, *event, rules, Duration::from_secs(second));
        job = next;
        all.extend(actions);
    }
    (job, all)
}

fn told(actions: &[Action]) -> Vec<Paper> {
    actions.iter().filter_map(|a| if let Action::Tell(paper) = a { Some(*paper) } else { None }).collect()
}

fn copies(actions: &[Action]) -> Vec<u32> {
    actions.iter().filter_map(|a| if let Action::Send { copy, .. } = a { Some(*copy) } else { None }).collect()
}

const NEW: Job = Job::Prepared { after: 0 };
const NO_PAPER: Refusal = Refusal::Fault(PrintFailure::PaperEnd);

#[test]
fn a_fence_and_a_clean_status_confirm_and_each_state_is_written_before_the_bytes() {
    let (job, actions) = play(EPSON, NEW, &[Event::Ready, Event::Sent, Event::Tick, Event::Fence, Event::Status(NEAR)]);
    assert_eq!(job, Job::Confirmed { attempt: 1 });
    let expected = [
        Action::Persist(PrintState::Sending { attempt: 1 }),
        Action::Tell(Paper::Printing),
        Action::Send { attempt: 1, copy: 0 },
        Action::AskStatus,
        Action::Persist(PrintState::Confirmed { attempt: 1 }),
        Action::Tell(Paper::Printed),
    ];
    assert_eq!(actions, expected);
}

#[test]
fn without_paper_or_printer_nothing_is_begun() {
    let (job, actions) = play(EPSON, NEW, &[Event::Refused(NO_PAPER), Event::Refused(Refusal::NoAnswer)]);
    assert_eq!((job, told(&actions)), (NEW, vec![Paper::Waits(NO_PAPER), Paper::Waits(Refusal::NoAnswer)]));
    assert!(copies(&actions).is_empty());
}

#[test]
fn paper_end_mid_ticket_reprints_the_whole_ticket_once() {
    let failing =
        [Event::Ready, Event::Sent, Event::Status(OUT), Event::Silent, Event::Status(OUT), Event::Status(CLEAN)];
    let (job, actions) = play(EPSON, NEW, &failing);
    assert_eq!(job, Job::Prepared { after: 1 });
    assert_eq!(told(&actions), [Paper::Printing, Paper::Waits(NO_PAPER)]);
    let (job, actions) = play(EPSON, job, &failing);
    assert_eq!(copies(&actions), [1], "a marked copy");
    assert_eq!(told(&actions), [Paper::Printing, Paper::Incomplete]);
    assert!(actions.contains(&Action::Clear), "what the printer held does not come out as well");
    assert_eq!(job, Job::Failed { attempt: 2, reason: PrintFailure::PaperEnd, has_all: true }, "and no more by itself");
    assert!(!job.is_open());
}

#[test]
fn a_late_fence_after_new_paper_confirms_and_no_copy_is_made() {
    let failing = [Event::Ready, Event::Sent, Event::Status(OUT)];
    let (failed, _) = play(NO_CLEAR, NEW, &failing);
    for late in [&[Event::Fence, Event::Status(CLEAN)][..], &[Event::Status(CLEAN), Event::Fence, Event::Status(CLEAN)]]
    {
        let (job, actions) = play(NO_CLEAR, failed, late);
        assert_eq!((job, copies(&actions)), (Job::Confirmed { attempt: 1 }, vec![]));
    }
    let late = step(failed, Event::Status(CLEAN), NO_CLEAR, Duration::ZERO).0;
    let (job, _) = step(late, Event::Tick, NO_CLEAR, PATIENCE);
    assert_eq!(job, Job::Prepared { after: 1 }, "only once the late fence did not come");
}

#[test]
fn what_was_stopped_while_it_was_sent_is_copied_and_no_fence_is_waited_for() {
    for rules in [EPSON, NO_CLEAR, BARE, PRESENTER] {
        for (fault, reason) in [(OUT, PrintFailure::PaperEnd), (HOT, PrintFailure::Heat)] {
            let (failed, actions) = play(rules, NEW, &[Event::Ready, Event::Status(fault), Event::Status(fault)]);
            assert_eq!(failed, Job::Failed { attempt: 1, reason, has_all: false });
            assert!(actions.contains(&Action::Persist(PrintState::Failed { attempt: 1, reason })));
            assert_eq!(failed.watch(rules), Watch::Status);
            let (job, actions) = play(rules, failed, &[Event::Fence, Event::Status(CLEAN), Event::Ready]);
            assert_eq!((job, copies(&actions)), (Job::Sending { attempt: 2 }, vec![1]));
        }
    }
}

#[test]
fn silence_is_unknown_and_not_resent() {
    let (waiting, _) = play(EPSON, NEW, &[Event::Ready, Event::Sent]);
    let over = Duration::from_secs(1) + PATIENCE;
    let (judged, actions) = step(waiting, Event::Tick, EPSON, over);
    assert_eq!(actions, [Action::AskStatus]);
    for answer in [Event::Silent, Event::Status(CLEAN), Event::Lost] {
        let (job, actions) = step(judged, answer, EPSON, over);
        assert_eq!((job, told(&actions)), (Job::Unknown { attempt: 1 }, vec![Paper::Unsure]));
        assert!(!job.is_open());
    }
    let (job, _) = step(judged, Event::Status(JAMMED), EPSON, over);
    assert_eq!(job, Job::Failed { attempt: 1, reason: PrintFailure::Cutter, has_all: true });
}

#[test]
fn a_head_that_was_hot_goes_on_where_it_stopped_and_no_copy_is_made() {
    for rules in [EPSON, NO_CLEAR] {
        let cooling = [Event::Ready, Event::Sent, Event::Status(HOT), Event::Status(HOT), Event::Status(CLEAN)];
        let (job, actions) = play(rules, NEW, &cooling);
        let hot = PrintState::Failed { attempt: 1, reason: PrintFailure::Heat };
        assert!(matches!(job, Job::Recovering { attempt: 1, .. }) && actions.contains(&Action::Persist(hot)));
        let (job, actions) = play(rules, job, &[Event::Fence, Event::Status(CLEAN)]);
        assert_eq!((job, copies(&actions)), (Job::Confirmed { attempt: 1 }, vec![]));
    }
}

#[test]
fn what_a_presenter_holds_is_confirmed_and_then_taken_or_taken_back() {
    let out = [Event::Ready, Event::Sent, Event::Fence, Event::Status(STANDING)];
    let (standing, actions) = play(PRESENTER, NEW, &out);
    assert!(actions.ends_with(&[Action::Persist(PrintState::Confirmed { attempt: 1 }), Action::Tell(Paper::Printed),]));
    assert!(standing.is_open() && standing.is_out());

    let (job, actions) = play(PRESENTER, standing, &[Event::Status(STANDING), Event::Status(GONE)]);
    assert_eq!((job, told(&actions)), (Job::Taken { attempt: 1 }, vec![Paper::Taken]));

    let (waiting, actions) = play(PRESENTER, standing, &[Event::VisitOver, Event::Status(STANDING)]);
    assert!(actions.is_empty(), "a hand may still come");
    let (back, actions) = step(waiting, Event::Status(STANDING), PRESENTER, Duration::from_secs(20));
    assert_eq!(actions, [Action::TakeBack]);
    let (job, actions) = play(PRESENTER, back, &[Event::Status(STANDING), Event::Status(GONE)]);
    assert_eq!((job, told(&actions)), (Job::Retracted { attempt: 1 }, vec![Paper::Retracted]));

    let (back, actions) = play(PRESENTER, standing, &[Event::NextWaits, Event::Status(STANDING)]);
    assert_eq!(actions, [Action::TakeBack], "at once");
    let never = step(back, Event::Status(STANDING), PRESENTER, Duration::from_secs(60)).0;
    assert_eq!(never, Job::Confirmed { attempt: 1 }, "switched off in the printer: nothing is claimed");
}

#[test]
fn what_was_never_seen_in_the_presenter_is_neither_taken_nor_taken_back() {
    let (unseen, _) = play(PRESENTER, NEW, &[Event::Ready, Event::Sent, Event::Fence, Event::Status(GONE)]);
    let (job, actions) = play(PRESENTER, unseen, &[Event::Status(GONE), Event::NextWaits, Event::Status(GONE)]);
    assert_eq!((job, actions), (Job::Confirmed { attempt: 1 }, vec![]));
    for end in [Event::Silent, Event::Lost] {
        assert_eq!(step(unseen, end, PRESENTER, Duration::ZERO).0, Job::Confirmed { attempt: 1 });
    }
}

#[test]
fn a_port_that_goes_while_sending_leaves_it_unknown() {
    let (sending, _) = step(NEW, Event::Ready, EPSON, Duration::ZERO);
    assert_eq!(step(sending, Event::Lost, EPSON, Duration::ZERO).0, Job::Unknown { attempt: 1 });
}

#[test]
fn what_a_former_run_was_sending_comes_out_again_marked() {
    assert_eq!(Job::taken_up(PrintState::Prepared { after: 0 }), NEW);
    let (_, actions) = step(Job::taken_up(PrintState::Sending { attempt: 1 }), Event::Ready, EPSON, Duration::ZERO);
    assert_eq!(copies(&actions), [1]);
}

#[test]
fn a_copy_that_somebody_asks_for_is_marked_with_its_number() {
    let closed = [Job::Confirmed { attempt: 2 }, Job::Taken { attempt: 2 }, Job::Retracted { attempt: 2 }];
    for done in closed.into_iter().chain([Job::Unknown { attempt: 2 }]) {
        let (_, actions) = play(BARE, done, &[Event::AskedAgain, Event::Ready]);
        assert_eq!(actions[0], Action::Persist(PrintState::Prepared { after: 2 }));
        assert_eq!(copies(&actions), [2]);
    }
}

fn status() -> impl Strategy<Value = Status> {
    let paper = prop_oneof![Just(PaperLevel::Ok), Just(PaperLevel::Near), Just(PaperLevel::Out)];
    (paper, any::<[bool; 4]>(), any::<Option<bool>>()).prop_map(
        |(paper, [cover_open, cutter, heat, other], presented)| Status {
            paper,
            cover_open,
            cutter,
            heat,
            jam: false,
            other,
            presented,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Ready),
        Just(Event::Refused(NO_PAPER)),
        Just(Event::Sent),
        Just(Event::Fence),
        status().prop_map(Event::Status),
        Just(Event::Status(CLEAN)),
        Just(Event::Silent),
        Just(Event::Lost),
        Just(Event::Tick),
        Just(Event::AskedAgain),
        Just(Event::Status(STANDING)),
        Just(Event::Status(GONE)),
        Just(Event::VisitOver),
        Just(Event::NextWaits),
    ]
}

proptest! {
    #[test]
    fn printed_needs_a_fence_and_then_a_clean_status(
        events in prop::collection::vec(event(), 0..60),
        fence in any::<bool>(),
        clear in any::<bool>(),
        presenter in any::<bool>(),
    ) {
        let rules = Rules { fence, clear, presenter, ..EPSON };
        let (mut job, mut fenced, mut standing) = (NEW, false, false);
        let mut sent = Vec::new();
        let mut written = None;
        for (second, event) in (0..).zip(events) {
            if event == Event::Fence { fenced = true }
            let (next, actions) = step(job, event, rules, Duration::from_secs(second));
            for action in actions {
                match action {
                    Action::Persist(state) => written = Some(state),
                    Action::Send { attempt, copy } => {
                        prop_assert_eq!(written, Some(PrintState::Sending { attempt }), "written before the bytes");
                        prop_assert!(!sent.contains(&copy), "never two with the same mark");
                        sent.push(copy);
                        (fenced, standing) = (false, false);
                    }
                    Action::Tell(Paper::Printed) => {
                        prop_assert!(fence && fenced);
                        prop_assert!(matches!(event, Event::Status(s) if s.is_clean()));
                    }
                    Action::Tell(Paper::Taken) => prop_assert!(presenter && standing, "only what stood there is taken"),
                    Action::Tell(Paper::Retracted) => prop_assert!(presenter && standing),
                    _ => {}
                }
            }
            standing |= matches!(event, Event::Status(Status { presented: Some(true), .. }));
            job = next;
        }
        prop_assert_eq!(sent.iter().filter(|copy| **copy == 0).count(), usize::from(!sent.is_empty()));
    }
}
