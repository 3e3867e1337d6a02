//! Gates, pauses, ends and approval.

use host::fleet::rollout::{Left, Notice, Paused};

use super::*;

#[test]
fn the_second_wave_begins_when_the_first_has_its_sample_and_has_baked() {
    let mut played = Played::with(Proof::Proved);
    played.succeed([1]);
    played.after(2 * HOUR);
    assert!(!played.is_offered(4), "one is no sample of two");
    played.succeed([2]);
    played.after(HOUR - 1);
    assert!(!played.is_offered(4));
    played.after(1);
    assert!(played.is_offered(4) && played.is_offered(3), "who was not seen is still asked");
}

#[test]
fn a_wave_begins_at_its_date_or_by_hand_and_never_before_the_one_in_front_is_good() {
    let targets: Vec<_> = (1..=6).map(|number| target(number, number, Proof::Proved)).collect();
    let group = |numbers: [u32; 2]| Selector::Group(numbers.map(terminal).into());
    let date = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(5);
    let waves =
        vec![(group([1, 2]), Start::At(date)), (group([3, 4]), Start::ByHand), (Selector::Rest, Start::At(date))];
    let releases = (release("2"), release("1"));
    let rollout = Rollout::plan(who("maker"), releases, policy(), waves, Seed([1; 16]), &targets).unwrap();
    let mut played = Played::start(rollout);
    assert!(!played.is_offered(1));
    played.after(5 * HOUR);
    assert!(played.is_offered(1));
    assert_eq!(played.refuses(Event::Begin), Refused::NoWave);
    played.succeed([1, 2]);
    played.after(MONTH);
    assert!(!played.is_offered(3) && !played.is_offered(5));
    played.take(Event::Begin);
    assert!(played.is_offered(3) && !played.is_offered(5));
    played.succeed([3, 4]);
    played.after(HOUR);
    assert!(played.is_offered(5));
}

#[test]
fn a_sample_that_is_late_asks_a_person_and_nothing_goes_on_by_itself() {
    let mut played = Played::with(Proof::Proved);
    played.succeed([1]);
    played.after(24 * HOUR);
    assert_eq!(played.phase(), &Phase::Asks(0));
    assert!(played.actions.contains(&Action::Tell(Notice::SampleMissing(0))));
    played.succeed([2, 3]);
    played.after(MONTH);
    assert_eq!((played.phase(), played.is_offered(4)), (&Phase::Asks(0), false));
    let mut longer = Played { rollout: played.rollout.clone(), now: played.now, actions: Vec::new() };
    longer.take(Event::WaitLonger);
    longer.after(HOUR);
    assert!(longer.is_offered(4), "the sample was there");
    played.take(Event::GoOn);
    assert!(played.is_offered(4));
}

#[test]
fn terminals_that_only_say_that_they_installed_are_outside_the_gate_unless_ordered_otherwise() {
    let mut played = Played::with(Proof::Installed);
    played.succeed([1, 2, 3]);
    assert_eq!((played.rollout.tally(0).outside, played.rollout.tally(0).began), (3, 0));
    played.after(24 * HOUR);
    assert_eq!(played.phase(), &Phase::Asks(0), "nothing is known of this wave");
    let mut gated = Played::start(two_waves(Policy { gate_installed: true, ..policy() }, 8, Proof::Installed));
    gated.succeed([1, 2, 3]);
    gated.after(HOUR);
    assert!(gated.is_offered(4));
}

#[test]
fn while_paused_nobody_begins_and_those_that_run_finish() {
    let mut played = Played::with(Proof::Proved);
    played.tells(1, Feedback::Proceeding);
    played.take(Event::Pause(who("anybody")));
    assert!(played.is_offered(1) && !played.is_offered(2));
    played.succeed([1]);
    played.take(Event::Joined(target(9, 9, Proof::Proved)));
    played.after(MONTH);
    assert_eq!((played.progress(1), played.progress(9)), (&Progress::Done, &Progress::Planned));
    played.take(Event::Resume);
    assert!(played.is_offered(2));
}

#[test]
fn abort_cancels_what_has_not_begun_and_leaves_the_others_to_finish() {
    let mut played = Played::with(Proof::Proved);
    played.tells(1, Feedback::Proceeding);
    played.take(Event::Abort);
    assert!(played.cancelled(2, 1) && played.cancelled(3, 1) && !played.cancelled(1, 1));
    assert!(played.is_offered(1), "half an update is worse than one");
    assert_eq!(played.progress(8), &Progress::Left(Left::Cancelled));
    played.tells(1, Feedback::Success);
    assert_eq!((played.phase(), played.progress(1)), (&Phase::Aborted, &Progress::Done));
    assert_eq!(played.refuses(Event::Resume), Refused::Phase);
}

#[test]
fn ordering_back_names_exactly_those_that_took_the_release_and_those_that_still_will() {
    let mut played = Played::with(Proof::Proved);
    played.succeed([1]);
    played.tells(2, Feedback::Proceeding);
    played.take(Event::OrderBack);
    let back = |numbers: &[u32]| Action::OrderBack(release("1"), numbers.iter().map(|n| terminal(*n)).collect());
    let ordered = |played: &Played| -> Vec<Action> {
        played.actions.iter().filter(|action| matches!(action, Action::OrderBack(..))).cloned().collect()
    };
    assert_eq!(ordered(&played), [back(&[1])]);
    played.tells(2, Feedback::Success);
    assert_eq!(ordered(&played), [back(&[1]), back(&[2])]);
    played.runs(1, "1", 9);
    assert_eq!(played.progress(1), &Progress::Done, "what follows is the other rollout's");
    assert_eq!(played.refuses(Event::OrderBack), Refused::Phase);
}

#[test]
fn a_large_rollout_waits_for_somebody_else_than_made_it() {
    let policy = Policy { approve_above: Some(7), ..policy() };
    let mut played = Played::start(two_waves(policy.clone(), 8, Proof::Proved));
    assert_eq!((played.phase(), played.is_offered(1)), (&Phase::AwaitsApproval, false));
    assert_eq!(played.refuses(Event::Approve(who("maker"))), Refused::OwnApproval);
    played.take(Event::Approve(who("other")));
    assert_eq!((played.rollout.approved_by.clone(), played.is_offered(1)), (Some(who("other")), true));
    assert_eq!(two_waves(policy, 7, Proof::Proved).phase, Phase::Running);
}

#[test]
fn bad_ones_that_a_person_went_on_with_do_not_stop_it_again_but_one_more_does() {
    let mut played = Played::with(Proof::Proved);
    played.tells(1, Feedback::Failure("no space".into()));
    played.take(Event::Resume);
    played.after(60);
    assert_eq!(played.phase(), &Phase::Running);
    played.tells(2, Feedback::Failure("no space".into()));
    assert_eq!(played.phase(), &Phase::Paused(Paused::StopRule(0)));
}

#[test]
fn a_terminal_that_joins_is_offered_the_release_once_its_wave_has_begun() {
    let mut played = Played::with(Proof::Proved);
    played.take(Event::Joined(target(9, 9, Proof::Proved)));
    assert_eq!((played.member(9).wave, played.is_offered(9)), (1, false));
    let again = Event::Joined(target(9, 9, Proof::Proved));
    assert_eq!(played.refuses(again), Refused::AlreadyAMember(terminal(9)));
    played.succeed([1, 2, 3]);
    played.after(HOUR);
    played.take(Event::Joined(target(10, 10, Proof::Proved)));
    assert!(played.is_offered(9) && played.is_offered(10));
}
