//! One receipt's way onto paper: `step(state, event, now) -> (state, actions)`.
//!
//! Invariant: does no I/O and reads no clock. [`Action::Persist`] must be on the disk before the actions behind it are
//! done. `Sending` is persisted before the first byte, so a run that died while sending is known as such, and what is
//! printed after it is a marked copy. `Confirmed` is only reached through a fence and then a clean status.
//!
//! Source of the order: after paper end the printer holds the rest of the job; with new paper it prints on and answers
//! the fence late. So a copy is made only once the buffers were cleared or the late fence did not come.

use std::time::Duration;

use super::status::{PaperLevel, Status};
use crate::queue::{PrintFailure, PrintState};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// It did not come out whole.
    Failed {
        /// Which attempt.
        attempt: u32,
        /// Why.
        reason: PrintFailure,
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
}

/// Why nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No paper, or the cover is open.
    NoPaper,
    /// No answer, or an error.
    NoPrinter,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Write this down before going on.
    Persist(PrintState),
    /// Empty the printer's buffers.
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
    /// Take it if it is there, or tap for another.
    Unsure,
    /// It waits for paper.
    NoPaper,
    /// It waits for a printer.
    NoPrinter,
}

/// What of the printer's profile decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether there is a fence at all.
    pub fence: bool,
    /// Whether buffers can be emptied.
    pub clear: bool,
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
            if after > 0 && rules.clear {
                actions.push(Clear);
            }
            actions.push(Send { attempt, copy: after });
            (Job::Sending { attempt }, actions)
        }
        (Job::Prepared { .. }, Event::Refused(why)) => (job, vec![Tell(why.paper())]),

        (Job::Sending { attempt }, Event::Sent) => {
            // Without a fence only the paper's own time can be waited for; patience is twice that.
            let wait = if rules.fence { rules.patience } else { rules.patience / 2 };
            (Job::Fenced { attempt, until: now + wait }, vec![])
        }

        (Job::Fenced { attempt, .. } | Job::Recovering { attempt, .. }, Event::Fence) if rules.fence => {
            (Job::Judged { attempt, fenced: true }, vec![AskStatus])
        }
        // The fence can come when the failure or the end of patience was already seen.
        (Job::Failed { attempt, .. } | Job::Unknown { attempt }, Event::Fence) if rules.fence => {
            (Job::Judged { attempt, fenced: true }, vec![AskStatus])
        }
        (Job::Fenced { attempt, until }, Event::Tick) if now >= until => {
            (Job::Judged { attempt, fenced: false }, vec![AskStatus])
        }

        (
            Job::Sending { attempt } | Job::Fenced { attempt, .. } | Job::Judged { attempt, .. },
            Event::Status(status),
        ) if !status.is_clean() => failed(attempt, status),
        (Job::Judged { attempt, fenced: true }, Event::Status(_)) => {
            (Job::Confirmed { attempt }, vec![Persist(PrintState::Confirmed { attempt }), Tell(Paper::Printed)])
        }
        (Job::Judged { attempt, fenced: false }, Event::Status(_)) => unknown(attempt),
        (Job::Judged { attempt, .. }, Event::Silent) => unknown(attempt),

        (Job::Sending { attempt } | Job::Fenced { attempt, .. } | Job::Judged { attempt, .. }, Event::Lost) => {
            unknown(attempt)
        }

        (Job::Failed { attempt, .. }, Event::Status(status)) if status.is_clean() && attempt <= COPIES_BY_ITSELF => {
            match rules {
                Rules { clear: true, .. } => again(attempt),
                Rules { fence: true, .. } => (Job::Recovering { attempt, until: now + rules.patience }, vec![]),
                // It prints on by itself and can't say so.
                _ => unknown(attempt),
            }
        }
        (Job::Recovering { attempt, .. }, Event::Status(status)) if !status.is_clean() => failed(attempt, status),
        (Job::Recovering { attempt, until }, Event::Tick) if now >= until => again(attempt),
        (Job::Recovering { attempt, .. }, Event::Lost) => unknown(attempt),

        (Job::Confirmed { attempt } | Job::Failed { attempt, .. } | Job::Unknown { attempt }, Event::AskedAgain) => {
            again(attempt)
        }
        _ => (job, vec![]),
    }
}

fn failed(attempt: u32, status: Status) -> Stepped {
    let reason = if status.paper == PaperLevel::Out {
        PrintFailure::PaperEnd
    } else if status.cover_open {
        PrintFailure::CoverOpen
    } else if status.cutter {
        PrintFailure::Cutter
    } else {
        PrintFailure::Other
    };
    let told = Refusal::of(status).paper();
    let actions = vec![Action::Persist(PrintState::Failed { attempt, reason }), Action::Tell(told)];
    (Job::Failed { attempt, reason }, actions)
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
            PrintState::Failed { attempt, reason } => Self::Failed { attempt, reason },
            PrintState::Unknown { attempt } => Self::Unknown { attempt },
        }
    }

    /// Whether the printer is still busy with it, or will be by itself.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Confirmed { .. } | Self::Unknown { .. } => false,
            Self::Failed { attempt, .. } => attempt <= COPIES_BY_ITSELF,
            _ => true,
        }
    }
}

impl Refusal {
    /// What a status that isn't clean means to a villager.
    #[must_use]
    pub fn of(status: Status) -> Self {
        if status.paper == PaperLevel::Out || status.cover_open { Self::NoPaper } else { Self::NoPrinter }
    }

    fn paper(self) -> Paper {
        match self {
            Self::NoPaper => Paper::NoPaper,
            Self::NoPrinter => Paper::NoPrinter,
        }
    }
}
