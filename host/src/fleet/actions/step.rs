//! What becomes of an action by what its device says and what people order.
//!
//! Invariant: does no I/O. What is over stays so. A device is believed about what it did also while it was to stop: who
//! installed before it heard of it has installed.
//!
//! | state | left by |
//! |---|---|
//! | to be confirmed | somebody at the device says yes; cancelled at once |
//! | waiting | the first feedback; cancelled at once, for nothing was done |
//! | began | closed: finished or failed; cancelled: to stop |
//! | to stop | the device says it stopped, went on, or had finished; given up by a person |
//! | finished, failed, cancelled | over |

use std::fmt;

use serde::{Deserialize, Serialize};
use wire::ddi::{Confirmation, Execution, FELL_BACK, Finished, Status};

/// How far an action is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Somebody at the device is to say yes.
    ToBeConfirmed,
    /// Nothing was heard of it.
    Waiting,
    /// The device told of it.
    Began,
    /// The device is to stop.
    ToStop,
    /// It says that it is done.
    Finished,
    /// It is not done, with what the device says of it.
    Failed(String),
    /// The device booted its former system again, with what it says of it.
    FellBack(String),
    /// It is not to be done any more.
    Cancelled,
}

/// What happens to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody at the device answered.
    Confirmation(Confirmation),
    /// The device tells of it.
    Feedback(Status),
    /// The device tells of its cancellation.
    CancelFeedback(Status),
    /// A person doesn't want it any more.
    Cancel,
    /// A person doesn't wait for the device to stop either.
    GiveUp,
}

/// Why an action doesn't take an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It is over.
    #[error("the action is over")]
    Over,
    /// It is in another state.
    #[error("the action is in another state")]
    State,
}

impl State {
    /// Whether the device is still to do or to stop something.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::ToBeConfirmed | Self::Waiting | Self::Began | Self::ToStop)
    }

    /// A word for it, as `--json` has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ToBeConfirmed => "to_be_confirmed",
            Self::Waiting => "waiting",
            Self::Began => "began",
            Self::ToStop => "to_stop",
            Self::Finished => "finished",
            Self::Failed(_) => "failed",
            Self::FellBack(_) => "fell_back",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for State {
    /// In English, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToBeConfirmed => "waits for somebody at the device",
            Self::Waiting => "waits for the terminal",
            Self::Began => "the terminal is at it",
            Self::ToStop => "the terminal is to stop",
            Self::Finished => "the terminal says that it is done",
            Self::Failed(why) => return write!(f, "failed: {why}"),
            Self::FellBack(why) => return write!(f, "fell back to the former system: {why}"),
            Self::Cancelled => "cancelled",
        })
    }
}

/// Takes an action through one event.
///
/// # Errors
/// What it does not take; it then stays as it was.
pub fn step(state: &State, event: &Event) -> Result<State, NotTaken> {
    if !state.is_open() {
        return Err(NotTaken::Over);
    }
    Ok(match (state, event) {
        (State::ToBeConfirmed, Event::Confirmation(Confirmation::Confirmed)) => State::Waiting,
        (State::ToBeConfirmed, Event::Confirmation(Confirmation::Denied)) => State::ToBeConfirmed,
        (State::Waiting | State::Began | State::ToStop, Event::Feedback(told)) => told_of(state, told),
        (State::ToStop, Event::CancelFeedback(told)) => stopped(told),
        (State::ToBeConfirmed | State::Waiting, Event::Cancel) | (_, Event::GiveUp) => State::Cancelled,
        (State::Began | State::ToStop, Event::Cancel) => State::ToStop,
        _ => return Err(NotTaken::State),
    })
}

fn told_of(state: &State, told: &Status) -> State {
    match (told.execution, told.result.finished) {
        (Execution::Closed, Finished::Failure) => failed(told),
        (Execution::Closed, Finished::Success | Finished::None) => State::Finished,
        (Execution::Canceled, _) if *state == State::ToStop => State::Cancelled,
        (Execution::Canceled, _) => failed(told),
        _ if *state == State::ToStop => State::ToStop,
        _ => State::Began,
    }
}

fn stopped(told: &Status) -> State {
    match (told.execution, told.result.finished) {
        (Execution::Closed, Finished::Failure) => failed(told),
        (Execution::Closed | Execution::Canceled, _) => State::Cancelled,
        (Execution::Rejected, _) => State::Began,
        _ => State::ToStop,
    }
}

fn failed(told: &Status) -> State {
    let fell_back = told.details.first().is_some_and(|first| first == FELL_BACK);
    let said = told.details.iter().skip(usize::from(fell_back)).next_back().cloned();
    let said = said.or_else(|| told.code.map(|code| format!("code {code}"))).unwrap_or_default();
    if fell_back { State::FellBack(said) } else { State::Failed(said) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::ddi::Outcome;

    use super::*;

    fn told(execution: Execution, finished: Finished, details: &[&str]) -> Status {
        let details = details.iter().map(|text| (*text).to_owned()).collect();
        Status { execution, result: Outcome { finished, progress: None }, code: Some(4), details }
    }

    #[test]
    fn each_state_is_left_as_the_table_says() {
        use Execution::{Canceled, Closed, Proceeding, Rejected};
        use Finished::{Failure, None, Success};
        let feedback = |execution, finished| Event::Feedback(told(execution, finished, &["first", "last"]));
        let of_cancel = |execution, finished| Event::CancelFeedback(told(execution, finished, &["busy"]));
        let failed = |why: &str| Ok(State::Failed(why.into()));
        for (state, event, expected) in [
            (State::ToBeConfirmed, Event::Confirmation(Confirmation::Confirmed), Ok(State::Waiting)),
            (State::ToBeConfirmed, Event::Confirmation(Confirmation::Denied), Ok(State::ToBeConfirmed)),
            (State::ToBeConfirmed, feedback(Closed, Success), Err(NotTaken::State)),
            (State::ToBeConfirmed, Event::Cancel, Ok(State::Cancelled)),
            (State::Waiting, feedback(Proceeding, None), Ok(State::Began)),
            (State::Waiting, feedback(Rejected, None), Ok(State::Began)),
            (State::Waiting, feedback(Closed, Success), Ok(State::Finished)),
            (State::Waiting, feedback(Canceled, None), failed("last")),
            (State::Waiting, Event::Cancel, Ok(State::Cancelled)),
            (State::Waiting, of_cancel(Closed, Success), Err(NotTaken::State)),
            (State::Waiting, Event::Confirmation(Confirmation::Confirmed), Err(NotTaken::State)),
            (State::Began, feedback(Closed, None), Ok(State::Finished)),
            (State::Began, feedback(Closed, Failure), failed("last")),
            (State::Began, Event::Cancel, Ok(State::ToStop)),
            (State::Began, Event::GiveUp, Ok(State::Cancelled)),
            (State::ToStop, feedback(Proceeding, None), Ok(State::ToStop)),
            (State::ToStop, feedback(Closed, Success), Ok(State::Finished)),
            (State::ToStop, feedback(Canceled, None), Ok(State::Cancelled)),
            (State::ToStop, of_cancel(Proceeding, None), Ok(State::ToStop)),
            (State::ToStop, of_cancel(Closed, Success), Ok(State::Cancelled)),
            (State::ToStop, of_cancel(Closed, Failure), failed("busy")),
            (State::ToStop, of_cancel(Rejected, None), Ok(State::Began)),
            (State::Finished, feedback(Closed, Failure), Err(NotTaken::Over)),
            (State::Cancelled, Event::Cancel, Err(NotTaken::Over)),
        ] {
            assert_eq!(step(&state, &event), expected, "{state:?} {event:?}");
        }
    }

    #[test]
    fn a_failure_says_what_the_device_said_last_or_its_code() {
        let close = |details: &[&str]| {
            step(&State::Began, &Event::Feedback(told(Execution::Closed, Finished::Failure, details))).unwrap()
        };
        assert_eq!(close(&["no space"]), State::Failed("no space".into()));
        assert_eq!(close(&[]), State::Failed("code 4".into()));
        assert_eq!(close(&[FELL_BACK, "screen dark"]), State::FellBack("screen dark".into()));
        assert_eq!(close(&[FELL_BACK]), State::FellBack("code 4".into()));
    }

    fn any_status() -> impl Strategy<Value = Status> {
        use Execution::*;
        let execution = prop::sample::select(vec![
            Closed, Proceeding, Canceled, Scheduled, Rejected, Resumed, Downloaded, Download,
        ]);
        let finished = prop::sample::select(vec![Finished::Success, Finished::Failure, Finished::None]);
        (execution, finished).prop_map(|(execution, finished)| told(execution, finished, &[]))
    }

    fn any_event() -> impl Strategy<Value = Event> {
        prop_oneof![
            prop::sample::select(vec![Confirmation::Confirmed, Confirmation::Denied]).prop_map(Event::Confirmation),
            any_status().prop_map(Event::Feedback),
            any_status().prop_map(Event::CancelFeedback),
            Just(Event::Cancel),
            Just(Event::GiveUp),
        ]
    }

    proptest! {
        #[test]
        fn what_is_over_stays_so_and_nothing_is_finished_but_by_the_devices_word(
            events in prop::collection::vec(any_event(), 0..20),
            start in prop::sample::select(vec![State::ToBeConfirmed, State::Waiting]),
        ) {
            let mut state = start;
            for event in events {
                let was = state.clone();
                match step(&state, &event) {
                    Ok(next) => {
                        prop_assert!(was.is_open());
                        let of_device = matches!(&event, Event::Feedback(told) if told.execution == Execution::Closed);
                        prop_assert!(next != State::Finished || of_device, "{was:?} {event:?}");
                        state = next;
                    }
                    Err(NotTaken::Over) => prop_assert!(!was.is_open()),
                    Err(NotTaken::State) => prop_assert!(was.is_open()),
                }
            }
        }
    }
}
