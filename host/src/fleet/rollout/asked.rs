//! What a rollout and its terminals answer whoever asks. Nothing changes by it.

use jiff::{Timestamp, tz::TimeZone};
use wire::ticket::TerminalNumber;

use super::{Attempt, Phase, Progress, Rollout, Window};

impl Progress {
    /// Whether an action is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Began { .. } | Self::Silent { .. })
    }

    /// Whether it ended badly, or is silent.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::RolledBack(_) | Self::RunsOther(_) | Self::Silent { .. })
    }
}

impl Phase {
    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Finished | Self::Aborted)
    }
}

impl Rollout {
    /// What this terminal is to be shown when it asks, if anything: its open action, while it may begin and its window
    /// leaves it the time. Who began goes on being shown it. Nothing is written down when a terminal asks.
    #[must_use]
    pub fn offers(&self, terminal: TerminalNumber, now: Timestamp, zone: &TimeZone) -> Option<Attempt> {
        let member = self.members.get(&terminal)?;
        let offered = match member.progress {
            Progress::Began { .. } | Progress::Silent { .. } => true,
            Progress::Waiting => {
                let fits = |window: &Window| window.leaves(now, zone, self.policy.takes_s);
                matches!(self.phase, Phase::Running | Phase::Asks(_)) && self.policy.window.as_ref().is_none_or(fits)
            }
            _ => false,
        };
        offered.then_some(member.attempt)
    }
}
