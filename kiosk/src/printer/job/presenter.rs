//! What becomes of a receipt that stands in the presenter: taken, taken back, or nothing that is known.
//!
//! Invariant: does no I/O and reads no clock; the receipt is on paper and stays confirmed. Source: the manuals of Custom's
//! kiosk printers, named in `profiles.toml`.

use std::time::Duration;

use super::{Action, Event, Job, Paper, PrintState, Status, Stepped};

/// How long a receipt stands in the presenter once its visit is over: an old hand is slower than the page.
const LEFT_STANDING: Duration = Duration::from_secs(20);

/// A receipt that goes so shortly before the printer takes it back, or after that, counts as taken back: then another
/// copy is offered. The status is asked once a second.
const CLOSE: Duration = Duration::from_secs(2);

/// How long taking back may take; a printer in which it is switched off never does.
const TAKING_BACK: Duration = Duration::from_secs(10);

/// It is on paper: what becomes of it is said where it is known, and nothing else. A printer that does not answer ends
/// the watch; the receipt stays confirmed.
pub(super) fn in_the_presenter(job: Job, event: Event, now: Duration) -> Stepped {
    match (job, event) {
        (Job::Presented { attempt, seen, by_itself, by_command: None }, Event::VisitOver) => {
            (Job::Presented { attempt, seen, by_itself, by_command: Some(now + LEFT_STANDING) }, vec![])
        }
        (Job::Presented { attempt, seen, by_itself, by_command }, Event::NextWaits) => {
            let by_command = Some(by_command.map_or(now, |at| at.min(now)));
            (Job::Presented { attempt, seen, by_itself, by_command }, vec![])
        }
        (
            Job::Presented { attempt, seen: true, by_itself, .. },
            Event::Status(Status { presented: Some(false), .. }),
        ) => match by_itself.is_some_and(|at| now + CLOSE >= at) {
            true => retracted(attempt),
            false => {
                let actions = vec![Action::Persist(PrintState::Taken { attempt }), Action::Tell(Paper::Taken)];
                (Job::Taken { attempt }, actions)
            }
        },
        (Job::Presented { attempt, seen, by_itself, by_command }, Event::Status(status)) => {
            let seen = seen || status.presented == Some(true);
            match (by_command.is_some_and(|at| now >= at), seen) {
                (false, _) => (Job::Presented { attempt, seen, by_itself, by_command }, vec![]),
                (true, true) => (Job::TakingBack { attempt, until: now + TAKING_BACK }, vec![Action::TakeBack]),
                // It was gone before anybody looked.
                (true, false) => (Job::Confirmed { attempt }, vec![]),
            }
        }
        (Job::TakingBack { attempt, .. }, Event::Status(Status { presented: Some(false), .. })) => retracted(attempt),
        (Job::TakingBack { until, .. }, Event::Status(_)) if now < until => (job, vec![]),
        (
            Job::Presented { attempt, .. } | Job::TakingBack { attempt, .. },
            Event::Status(_) | Event::Silent | Event::Lost,
        ) => (Job::Confirmed { attempt }, vec![]),
        _ => (job, vec![]),
    }
}

fn retracted(attempt: u32) -> Stepped {
    let actions = vec![Action::Persist(PrintState::Retracted { attempt }), Action::Tell(Paper::Retracted)];
    (Job::Retracted { attempt }, actions)
}
