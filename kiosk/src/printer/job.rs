//! One receipt's way onto paper: `step(state, event, now) -> (state, actions)`.
//!
//! Invariant: does no I/O and reads no clock. [`Action::Persist`] must be on the disk before the actions behind it are
//! done. `Sending` is persisted before the first byte, so a run that died while sending is known as such, and what is
//! printed after it is a marked copy. `Confirmed` is only reached through a fence and then a clean status.
//!
//! Source of the order: after paper end the printer holds the rest of the job; with new paper it prints on and answers
//! the fence late. So a copy is made only once the buffers were cleared or the late fence did not come.
#![doc = include_str!("job.md")]

use std::time::Duration;

use super::status::Status;
use crate::queue::{PrintFailure, PrintState};

mod presenter;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// The next copy has not begun.
    Prepared {
        /// Copies that may have come out before.
        after: u32,
    },
    /// Bytes go out.
    Sending {
        /// Which attempt; 1 is the original.
        attempt: u32,
    },
    /// All bytes are handed over, and the fence behind them where there is one.
    Fenced {
        /// Which attempt.
        attempt: u32,
        /// When patience ends.
        until: Duration,
    },
    /// The fence was answered, or there is none: the status decides.
    Judged {
        /// Which attempt.
        attempt: u32,
        /// Whether a fence was answered.
        fenced: bool,
    },
    /// The whole receipt came out.
    Confirmed {
        /// Which attempt did.
        attempt: u32,
    },
    /// It came out and stands in the presenter, as far as is known.
    Presented {
        /// Which attempt.
        attempt: u32,
        /// Whether it was seen there.
        seen: bool,
        /// When the printer takes it back by itself, where it does.
        by_itself: Option<Duration>,
        /// When it is taken back by command: its visit is over.
        by_command: Option<Duration>,
    },
    /// The printer was told to take it back.
    TakingBack {
        /// Which attempt.
        attempt: u32,
        /// When that is given up.
        until: Duration,
    },
    /// Somebody took it.
    Taken {
        /// Which attempt.
        attempt: u32,
    },
    /// Nobody took it, and the printer has it back.
    Retracted {
        /// Which attempt.
        attempt: u32,
    },
    /// It did not come out whole.
    Failed {
        /// Which attempt.
        attempt: u32,
        /// Why.
        reason: PrintFailure,
        /// Whether the printer was given all of it, fence included, so that it may print on by itself.
        has_all: bool,
    },
    /// It failed, the printer is well again, and may print on by itself.
    Recovering {
        /// Which attempt.
        attempt: u32,
        /// When it is given up.
        until: Duration,
    },
    /// Nobody knows.
    Unknown {
        /// Which attempt.
        attempt: u32,
    },
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The preflight was clean.
    Ready,
    /// The preflight was not.
    Refused(Refusal),
    /// The last byte was handed over.
    Sent,
    /// The fence behind this job's attempt was answered.
    Fence,
    /// The printer told its status.
    Status(Status),
    /// It was asked for its status and said nothing.
    Silent,
    /// The port is gone, or took nothing for too long.
    Lost,
    /// Time went on.
    Tick,
    /// Somebody wants another copy.
    AskedAgain,
    /// Whoever it is for has left.
    VisitOver,
    /// Something else is to be printed.
    NextWaits,
}

/// Why nothing was begun, or why what was begun waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The printer says what is wrong.
    Fault(PrintFailure),
    /// There is no answer: no port, no power, no cable.
    NoAnswer,
}

/// What is to be looked at while a job is in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Whether it can be begun: [`Event::Ready`] or [`Event::Refused`].
    Preflight,
    /// Its fence, and a fault beside it, for neither of which is waited without end: [`Event::Tick`].
    Fence,
    /// The status.
    Status,
    /// The status, and its fence, which can still come.
    LateFence,
    /// Nothing: it is being sent, or over.
    Nothing,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Write this down before going on.
    Persist(PrintState),
    /// Nothing of a former attempt is to come out any more.
    Clear,
    /// Send the receipt; copies are marked.
    Send {
        /// Which attempt.
        attempt: u32,
        /// 0 for the original.
        copy: u32,
    },
    /// Ask for the status.
    AskStatus,
    /// Take back what stands in the presenter.
    TakeBack,
    /// Tell the screen.
    Tell(Paper),
}

/// What the screen says of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paper {
    /// It is coming out.
    Printing,
    /// It came out, for certain.
    Printed,
    /// Somebody took it.
    Taken,
    /// It came out, and the printer took it back.
    Retracted,
    /// Take it if it is there, or tap for another.
    Unsure,
    /// It did not come out whole, and comes again only when somebody asks.
    Incomplete,
    /// It waits until this is over.
    Waits(Refusal),
}

/// What of the printer's profile decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether there is a fence at all.
    pub fence: bool,
    /// Whether buffers can be emptied.
    pub clear: bool,
    /// Whether there is a presenter.
    pub presenter: bool,
    /// After how long the presenter takes back by itself, where it does.
    pub takes_back_after: Option<Duration>,
    /// How long the fence of this receipt may take.
    pub patience: Duration,
}

/// Copies made without anybody asking: one, after a fault that was seen and is over.
const COPIES_BY_ITSELF: u32 = 1;

type Stepped = (Job, Vec<Action>);

/// One step. What does not concern a state leaves it as it is.
#[must_use]
pub fn step(job: Job, event: Event, rules: Rules, now: Duration) -> Stepped {
    use Action::{AskStatus, Clear, Persist, Send, Tell};
    match (job, event) {
        (Job::Prepared { after }, Event::Ready) => {
            let attempt = after + 1;
            let mut actions = vec![Persist(PrintState::Sending { attempt }), Tell(Paper::Printing)];
            if after > 0 {
                actions.push(Clear);
            }
            actions.push(Send { attempt, copy: after });
            (Job::Sending { attempt }, actions)
        }
        (Job::Prepared { .. }, Event::Refused(why)) => (job, vec![Tell(Paper::Waits(why))]),

        (Job::Sending { attempt }, Event::Sent) => {
            // Without a fence only the paper's own time can be waited for; patience is twice that.
            let wait = if rules.fence { rules.patience } else { rules.patience / 2 };
            (Job::Fenced { attempt, until: now + wait }, vec![])
        }

        (Job::Fenced { attempt, .. } | Job::Recovering { attempt, .. }, Event::Fence) if rules.fence => {
            (Job::Judged { attempt, fenced: true }, vec![AskStatus])
        }
        // The fence can come when the failure or the end of patience was already seen.
        (Job::Failed { attempt, has_all: true, .. } | Job::Unknown { attempt }, Event::Fence) if rules.fence => {
            (Job::Judged { attempt, fenced: true }, vec![AskStatus])
        }
        (Job::Fenced { attempt, until }, Event::Tick) if now >= until => {
            (Job::Judged { attempt, fenced: false }, vec![AskStatus])
        }

        (Job::Sending { attempt }, Event::Status(status)) if !status.is_clean() => failed(attempt, status, false),
        (Job::Fenced { attempt, .. } | Job::Judged { attempt, .. }, Event::Status(status)) if !status.is_clean() => {
            failed(attempt, status, true)
        }
        (Job::Judged { attempt, fenced: true }, Event::Status(status)) => confirmed(attempt, status, rules, now),
        (Job::Judged { attempt, fenced: false }, Event::Status(_)) => unknown(attempt),
        (Job::Judged { attempt, .. }, Event::Silent) => unknown(attempt),

        (Job::Sending { attempt } | Job::Fenced { attempt, .. } | Job::Judged { attempt, .. }, Event::Lost) => {
            unknown(attempt)
        }

        (Job::Failed { attempt, reason, has_all }, Event::Status(status))
            if status.is_clean() && attempt <= COPIES_BY_ITSELF =>
        {
            match rules {
                // What broke off comes out whole by nothing that the printer does.
                _ if !has_all => again(attempt),
                // A head that was hot goes on where it stopped.
                Rules { clear: true, .. } if reason != PrintFailure::Heat => again(attempt),
                Rules { fence: true, .. } => (Job::Recovering { attempt, until: now + rules.patience }, vec![]),
                // It prints on by itself and can't say so.
                _ => unknown(attempt),
            }
        }
        (Job::Recovering { attempt, .. }, Event::Status(status)) if !status.is_clean() => failed(attempt, status, true),
        (Job::Recovering { attempt, until }, Event::Tick) if now >= until => again(attempt),
        (Job::Recovering { attempt, .. }, Event::Lost) => unknown(attempt),

        (Job::Presented { .. } | Job::TakingBack { .. }, Event::Status(_) | Event::Silent | Event::Lost)
        | (Job::Presented { .. }, Event::VisitOver | Event::NextWaits) => presenter::in_the_presenter(job, event, now),

        (
            Job::Confirmed { attempt }
            | Job::Presented { attempt, .. }
            | Job::TakingBack { attempt, .. }
            | Job::Taken { attempt }
            | Job::Retracted { attempt }
            | Job::Failed { attempt, .. }
            | Job::Unknown { attempt },
            Event::AskedAgain,
        ) => again(attempt),
        _ => (job, vec![]),
    }
}

fn failed(attempt: u32, status: Status, has_all: bool) -> Stepped {
    let reason = status.fault().unwrap_or(PrintFailure::Other);
    let told = match attempt <= COPIES_BY_ITSELF {
        true => Paper::Waits(Refusal::Fault(reason)),
        false => Paper::Incomplete,
    };
    let actions = vec![Action::Persist(PrintState::Failed { attempt, reason }), Action::Tell(told)];
    (Job::Failed { attempt, reason, has_all }, actions)
}

fn confirmed(attempt: u32, status: Status, rules: Rules, now: Duration) -> Stepped {
    let job = match rules.presenter {
        true => Job::Presented {
            attempt,
            seen: status.presented == Some(true),
            by_itself: rules.takes_back_after.map(|after| now + after),
            by_command: None,
        },
        false => Job::Confirmed { attempt },
    };
    (job, vec![Action::Persist(PrintState::Confirmed { attempt }), Action::Tell(Paper::Printed)])
}

fn unknown(attempt: u32) -> Stepped {
    let actions = vec![Action::Persist(PrintState::Unknown { attempt }), Action::Tell(Paper::Unsure)];
    (Job::Unknown { attempt }, actions)
}

fn again(attempt: u32) -> Stepped {
    (Job::Prepared { after: attempt }, vec![Action::Persist(PrintState::Prepared { after: attempt })])
}

impl Job {
    /// Takes up what a former run left: what was being sent may have come out, so the next copy is marked.
    #[must_use]
    pub fn taken_up(written: PrintState) -> Self {
        match written {
            PrintState::Prepared { after } => Self::Prepared { after },
            PrintState::Sending { attempt } => Self::Prepared { after: attempt },
            PrintState::Confirmed { attempt } => Self::Confirmed { attempt },
            PrintState::Taken { attempt } => Self::Taken { attempt },
            PrintState::Retracted { attempt } => Self::Retracted { attempt },
            PrintState::Failed { attempt, reason } => Self::Failed { attempt, reason, has_all: true },
            PrintState::Unknown { attempt } => Self::Unknown { attempt },
        }
    }

    /// Whether the printer is still busy with it, or will be by itself.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Confirmed { .. } | Self::Taken { .. } | Self::Retracted { .. } | Self::Unknown { .. } => false,
            Self::Failed { attempt, .. } => attempt <= COPIES_BY_ITSELF,
            _ => true,
        }
    }

    /// What is to be looked at for it to go on; [`Event`]s of other kinds come from what is done or asked for.
    #[must_use]
    pub fn watch(self, rules: Rules) -> Watch {
        match self {
            Self::Prepared { .. } => Watch::Preflight,
            Self::Fenced { .. } | Self::Recovering { .. } => Watch::Fence,
            Self::Judged { .. } | Self::Presented { .. } | Self::TakingBack { .. } => Watch::Status,
            Self::Failed { has_all, .. } => {
                if rules.fence && has_all {
                    Watch::LateFence
                } else {
                    Watch::Status
                }
            }
            Self::Unknown { .. } if rules.fence => Watch::LateFence,
            Self::Sending { .. }
            | Self::Confirmed { .. }
            | Self::Taken { .. }
            | Self::Retracted { .. }
            | Self::Unknown { .. } => Watch::Nothing,
        }
    }

    /// Whether it is on paper, and only the presenter is watched.
    #[must_use]
    pub fn is_out(self) -> bool {
        matches!(self, Self::Presented { .. } | Self::TakingBack { .. })
    }
}

impl Refusal {
    /// What a status that isn't clean says.
    #[must_use]
    pub fn of(status: Status) -> Self {
        Self::Fault(status.fault().unwrap_or(PrintFailure::Other))
    }
}
