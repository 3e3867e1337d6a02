use jiff::{SignedDuration, Timestamp};
use wire::{diagnostics::VERSION, ticket::TerminalNumber};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn request(number: u64, what: Diagnostic) -> Request {
    let at: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let terminal = TerminalNumber::new(7).unwrap();
    Request { v: VERSION, number, terminal, what, at, until: at + SignedDuration::from_hours(24) }
}

/// So many seconds after a boot, with this run of the screen's program.
fn at(boot: u128, seconds: u64, run: Option<u128>) -> Now {
    Now { boot: Uuid::from_u128(boot), uptime: Duration::from_secs(seconds), run: run.map(Uuid::from_u128) }
}

fn now(seconds: u64) -> Now {
    at(1, seconds, Some(1))
}

fn taken(what: Diagnostic) -> Standing {
    Standing::default().taken(&request(4, what), now(0))
}

fn came(standing: &Standing) -> (u64, Came, Option<Why>) {
    let outcome = standing.untold.as_ref().expect("it is over");
    assert_eq!(standing.at, None);
    (outcome.number, outcome.came.clone(), outcome.why.clone())
}

#[test]
fn what_is_done_is_told_with_what_it_brings_and_then_nothing_is_left_but_its_number() {
    let standing = taken(Diagnostic::Log);
    assert_eq!(standing.is_to_try(), Some(&Diagnostic::Log));
    let brings = Outcome { log: vec!["a line".into()], ..Outcome::of(0, Came::Done, None) };
    let standing = standing.tried(Tried::Done(brings), now(1));
    assert_eq!(came(&standing), (4, Came::Done, None));
    assert_eq!(standing.untold.as_ref().unwrap().log, ["a line"]);
    assert_eq!(standing.told(), Standing { last: 4, at: None, untold: None });
}

#[test]
fn a_number_is_taken_once_and_nothing_below_it_ever() {
    let standing = taken(Diagnostic::Reboot).tried(Tried::Refused(Why::NoReboot), now(1)).told();
    for number in [4, 3, 0] {
        let again = standing.clone().taken(&request(number, Diagnostic::Reboot), now(2));
        assert_eq!(came(&again), (number, Came::Refused, Some(Why::NumberTaken)));
        assert_eq!(again.last, 4);
    }
    assert!(standing.taken(&request(5, Diagnostic::Reboot), now(2)).at.is_some());
}

#[test]
fn what_a_newer_host_asks_is_refused_by_its_name() {
    let standing = taken(Diagnostic::Other("shell".into()));
    assert_eq!(came(&standing), (4, Came::Refused, Some(Why::NotKnown)));
    assert_eq!(standing.last, 4);
}

#[test]
fn somebody_who_is_there_is_waited_for_as_long_as_it_is_wanted() {
    let mut standing = taken(Diagnostic::TestPrint);
    for seconds in [5, 3600, 86_399] {
        standing = standing.tried(Tried::Busy, now(seconds));
        assert_eq!(standing.is_to_try(), Some(&Diagnostic::TestPrint), "{seconds}");
    }
    let standing = standing.tried(Tried::Busy, now(DAY.as_secs()));
    assert_eq!(came(&standing), (4, Came::Failed, Some(Why::SomebodyThere)));
}

#[test]
fn a_screens_program_that_says_nothing_is_asked_for_five_minutes() {
    let standing = taken(Diagnostic::Picture).tried(Tried::Silent, now(10)).tried(Tried::Silent, now(309));
    assert!(standing.is_to_try().is_some());
    let spoke = standing.clone().tried(Tried::Busy, now(309)).tried(Tried::Silent, now(400));
    assert!(spoke.is_to_try().is_some(), "it spoke meanwhile");
    assert_eq!(came(&standing.tried(Tried::Silent, now(310))).2, Some(Why::ScreenSilent));
}

#[test]
fn a_new_start_of_the_screen_is_done_once_another_run_of_it_speaks() {
    let begun = taken(Diagnostic::RestartScreen).tried(Tried::Begun, now(3));
    assert_eq!(begun.is_to_try(), None, "it is told once");
    for run in [None, Some(1)] {
        assert_eq!(begun.clone().looked(at(1, 302, run)), begun);
        assert_eq!(came(&begun.clone().looked(at(1, 303, run))).2, Some(Why::ScreenNotBack));
    }
    assert_eq!(came(&begun.looked(at(1, 4, Some(2)))), (4, Came::Done, None));
}

#[test]
fn a_new_start_of_the_machine_is_done_in_the_next_boot_and_failed_where_none_comes() {
    let begun = taken(Diagnostic::Reboot).tried(Tried::Begun, now(3));
    assert_eq!(begun.is_to_try(), None);
    assert_eq!(came(&begun.clone().woken(at(2, 9, None))), (4, Came::Done, None));
    assert_eq!(begun.clone().woken(now(60)), begun, "the agent alone was started anew");
    assert_eq!(begun.clone().looked(now(602)), begun);
    assert_eq!(came(&begun.clone().looked(now(603))).2, Some(Why::MachineNotAnew));
    let no_command = Why::Other("no such command".into());
    let refused = begun.tried(Tried::Failed(no_command.clone()), now(4));
    assert_eq!(came(&refused), (4, Came::Failed, Some(no_command)));
}

#[test]
fn what_waited_in_another_boot_is_not_begun_in_this_one() {
    for what in [Diagnostic::TestPrint, Diagnostic::Reboot, Diagnostic::RestartScreen] {
        let waiting = taken(what.clone()).tried(Tried::Busy, now(3));
        assert_eq!(waiting.clone().woken(now(9)), waiting, "in the same boot it waits on");
        let woken = waiting.woken(at(2, 1, None));
        assert_eq!(came(&woken).2, Some(Why::MachineAnewMeanwhile), "{what:?}");
    }
}

#[test]
fn where_it_stands_reads_back_as_it_was_written() {
    for standing in [Standing::default(), taken(Diagnostic::Reboot), taken(Diagnostic::Other("x".into()))] {
        let text = serde_json::to_string(&standing).unwrap();
        assert_eq!(serde_json::from_str::<Standing>(&text).unwrap(), standing);
    }
}
