//! Terminals that misbehave, each by its script.

use host::fleet::rollout::{Left, Paused, Tally};

use super::*;

#[test]
fn a_terminal_that_reports_success_and_runs_something_else_is_bad_and_the_truth_corrects_it() {
    let mut played = Played::with(Proof::Proved);
    played.runs(1, "1", 1);
    played.succeed([1]);
    assert_eq!(played.progress(1), &Progress::Done);
    played.runs(1, "1", 1);
    assert_eq!(played.progress(1), &Progress::RunsOther(release("1")));
    assert_eq!(played.rollout.tally(0), Tally { waiting: 2, began: 1, bad: 1, ended: 1, outside: 0 });
    assert_eq!(played.phase(), &Phase::Paused(Paused::StopRule(0)));
    played.runs(1, "2", 2);
    assert_eq!(played.progress(1), &Progress::Done);
}

#[test]
fn a_terminal_whose_version_is_read_is_done_only_when_it_has_booted_the_release() {
    let mut played = Played::with(Proof::Reported);
    for number in [1, 2] {
        played.runs(number, "1", 1);
        played.succeed([number]);
        played.runs(number, "1", 1);
        assert!(matches!(played.progress(number), Progress::Began { installed: true, .. }), "it has not booted again");
    }
    played.runs(1, "2", 2);
    assert_eq!(played.progress(1), &Progress::Done);
    played.runs(2, "1", 2);
    assert_eq!(played.progress(2), &Progress::RunsOther(release("1")));
}

#[test]
fn a_terminal_that_says_success_and_never_boots_again_goes_silent() {
    let mut played = Played::with(Proof::Reported);
    played.runs(1, "1", 1);
    played.succeed([1]);
    played.after(2 * HOUR);
    assert_eq!(played.progress(1), &Progress::Silent { installed: true });
}

#[test]
fn a_terminal_that_falls_back_stops_the_wave_and_tries_again_as_a_new_action() {
    let mut played = Played::with(Proof::Proved);
    played.tells(1, Feedback::Proceeding);
    played.tells(1, Feedback::FellBack("the screen stayed dark".into()));
    assert_eq!(played.phase(), &Phase::Paused(Paused::StopRule(0)));
    assert_eq!(played.refuses(Event::Retry(terminal(1))), Refused::Phase);
    played.take(Event::Resume);
    assert_eq!(played.phase(), &Phase::Running, "these bad ones were seen");
    played.take(Event::Retry(terminal(1)));
    assert_eq!((played.member(1).attempt, played.progress(1)), (Attempt(2), &Progress::Waiting));
    played.take(Event::Feedback(terminal(1), Attempt(1), Feedback::Success));
    assert_eq!(played.progress(1), &Progress::Waiting, "what it says of its former action changes nothing");
    assert_eq!(played.refuses(Event::Retry(terminal(2))), Refused::NothingToRetry(terminal(2)));
}

#[test]
fn a_terminal_that_goes_silent_counts_from_its_deadline_on_and_no_longer_when_it_is_back() {
    let mut played = Played::with(Proof::Proved);
    played.tells(1, Feedback::Proceeding);
    played.after(2 * HOUR - 1);
    assert_eq!(played.rollout.tally(0).bad, 0);
    played.after(1);
    assert_eq!(played.progress(1), &Progress::Silent { installed: false });
    assert_eq!((played.rollout.tally(0).bad, played.phase()), (1, &Phase::Paused(Paused::StopRule(0))));
    played.tells(1, Feedback::Proceeding);
    assert_eq!(played.rollout.tally(0), Tally { waiting: 2, began: 1, bad: 0, ended: 0, outside: 0 });
}

#[test]
fn a_terminal_that_comes_back_after_a_month_is_offered_the_release_that_all_others_have() {
    let mut played = Played::with(Proof::Proved);
    played.succeed([1, 2]);
    played.after(HOUR);
    played.succeed(4..=8);
    played.after(MONTH);
    assert_eq!((played.phase(), played.progress(3)), (&Phase::Running, &Progress::Waiting));
    assert!(played.is_offered(3));
    played.succeed([3]);
    assert_eq!(played.phase(), &Phase::Finished);
}

#[test]
fn a_terminal_that_was_never_seen_is_in_no_count_and_a_person_may_close_without_it() {
    let mut played = Played::with(Proof::Proved);
    played.succeed([1, 2]);
    assert_eq!(played.rollout.tally(0), Tally { waiting: 1, began: 2, bad: 0, ended: 2, outside: 0 });
    assert_eq!(played.refuses(Event::Close), Refused::Phase, "the second wave is not good yet");
    played.after(HOUR);
    played.succeed(4..=8);
    played.after(HOUR);
    played.take(Event::Close);
    assert_eq!((played.phase(), played.progress(3)), (&Phase::Finished, &Progress::Left(Left::Cancelled)));
    assert!(played.cancelled(3, 1) && !played.is_offered(3));
}

#[test]
fn a_terminal_that_clones_itself_is_stopped_and_counts_nowhere() {
    let mut played = Played::with(Proof::Proved);
    played.tells(1, Feedback::Proceeding);
    played.take(Event::Cloned(terminal(1)));
    assert!(played.cancelled(1, 1) && !played.is_offered(1));
    played.tells(1, Feedback::Failure("one of the two says so".into()));
    assert_eq!(played.progress(1), &Progress::Left(Left::Cloned));
    assert_eq!(played.rollout.tally(0), Tally { waiting: 2, ..Tally::default() });
}

#[test]
fn a_terminal_that_is_revoked_leaves_for_good() {
    let mut played = Played::with(Proof::Proved);
    played.take(Event::Revoked(terminal(1)));
    assert!(played.cancelled(1, 1));
    played.take(Event::Replaced(terminal(1)));
    assert_eq!(played.progress(1), &Progress::Left(Left::Revoked));
    played.succeed([2, 3]);
    played.after(HOUR);
    assert!(played.is_offered(4), "the wave is good without it");
}

#[test]
fn a_terminal_whose_card_is_replaced_gets_an_action_of_its_own() {
    let mut played = Played::with(Proof::Proved);
    played.succeed([1]);
    played.tells(2, Feedback::Proceeding);
    played.take(Event::Replaced(terminal(1)));
    played.take(Event::Replaced(terminal(2)));
    for number in [1, 2] {
        assert_eq!((played.member(number).attempt, played.progress(number)), (Attempt(2), &Progress::Waiting));
    }
    assert!(played.cancelled(2, 1) && !played.cancelled(1, 1), "what was closed is not cancelled");
}

#[test]
fn a_terminal_that_runs_the_release_before_it_is_told_has_nothing_to_do() {
    let mut played = Played::with(Proof::Proved);
    for number in [1, 4] {
        played.runs(number, "2", 1);
        assert_eq!((played.progress(number), played.is_offered(number)), (&Progress::Already, false));
    }
    assert!(played.cancelled(1, 1) && !played.cancelled(4, 0), "only what was open is cancelled");
}
