//! What was asked of this terminal, what it is at, and what it has not told yet.
//!
//! Invariants: does no I/O and reads no clock. A number is taken once and below it nothing is, so that nothing is done twice,
//! whoever repeats it; only a test print that a killed agent did not hear the end of may come twice. What is taken is written
//! down before it is begun, and what came of it before it is told. A machine that was started anew meanwhile does not know how
//! much time has gone by, and begins nothing again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::diagnostics::{Came, Diagnostic, Outcome, Request, Why};

/// A program that started anew is back within seconds, on a slow machine within a minute or two.
pub(super) const BACK_WITHIN: Duration = Duration::from_secs(300);

/// A machine ends its programs and starts anew within this.
pub(super) const REBOOTS_WITHIN: Duration = Duration::from_secs(600);

/// For how long a screen's program that says nothing is asked again.
pub(super) const SILENT_FOR: Duration = Duration::from_secs(300);

/// Where it stands, to be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Standing {
    /// The highest number that was taken.
    #[serde(default)]
    pub(super) last: u64,
    /// What the terminal is at.
    #[serde(default)]
    pub(super) at: Option<At>,
    /// What came of the last one, until the host has it.
    #[serde(default)]
    pub(super) untold: Option<Outcome>,
}

/// What the terminal is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct At {
    /// Which request.
    pub(super) number: u64,
    /// What it asks.
    pub(super) what: Diagnostic,
    /// For how long it is wanted.
    pub(super) most: Duration,
    /// The boot in which it was taken, and when.
    pub(super) boot: Uuid,
    pub(super) taken: Duration,
    /// When it was begun that something starts anew; none, it was not.
    pub(super) begun: Option<Duration>,
    /// The run of the screen's program when it was taken; none, it said nothing.
    pub(super) run: Option<Uuid>,
    /// Since when the screen's program says nothing; none, it speaks.
    pub(super) silent_since: Option<Duration>,
}

/// An instant, and what is seen in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Now {
    /// The boot.
    pub(super) boot: Uuid,
    /// Its age.
    pub(super) uptime: Duration,
    /// The run of the screen's program; none, it says nothing.
    pub(super) run: Option<Uuid>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tried {
    /// It is done, with what it brings; its number is filled in.
    Done(Outcome),
    /// What starts anew was told to.
    Begun,
    /// Somebody is there.
    Busy,
    /// The screen's program did not answer.
    Silent,
    /// It was tried and did not come to be.
    Failed(Why),
    /// This terminal does not do it.
    Refused(Why),
}

impl Standing {
    /// Takes a request that was found good.
    #[must_use]
    pub(super) fn taken(mut self, request: &Request, now: Now) -> Self {
        let number = request.number;
        if number <= self.last {
            self.untold = Some(Outcome::of(number, Came::Refused, Some(Why::NumberTaken)));
            return self;
        }
        self.last = number;
        if matches!(request.what, Diagnostic::Other(_)) {
            self.untold = Some(Outcome::of(number, Came::Refused, Some(Why::NotKnown)));
            return self;
        }
        // Both are the host's times: how long it is wanted, whatever this terminal's clock says.
        let most = Duration::try_from(request.until.duration_since(request.at)).unwrap_or_default();
        let Now { boot, uptime: taken, run } = now;
        let what = request.what.clone();
        self.at = Some(At { number, what, most, boot, taken, begun: None, run, silent_since: None });
        self
    }

    /// The agent was started.
    #[must_use]
    pub(super) fn woken(self, now: Now) -> Self {
        let Some(at) = self.at.as_ref().filter(|at| at.boot != now.boot) else { return self };
        let number = at.number;
        if at.what == Diagnostic::Reboot && at.begun.is_some() {
            return self.ends(number, Came::Done, None);
        }
        self.ends(number, Came::Failed, Some(Why::MachineAnewMeanwhile))
    }

    /// Whether it is to be tried now; what was begun is only waited for.
    #[must_use]
    pub(super) fn is_to_try(&self) -> Option<&Diagnostic> {
        self.at.as_ref().filter(|at| at.begun.is_none()).map(|at| &at.what)
    }

    /// Takes what came of a try.
    #[must_use]
    pub(super) fn tried(mut self, tried: Tried, now: Now) -> Self {
        let Some(at) = &mut self.at else { return self };
        let number = at.number;
        at.silent_since = (tried == Tried::Silent).then(|| at.silent_since.unwrap_or(now.uptime));
        match tried {
            Tried::Done(outcome) => {
                self.at = None;
                self.untold = Some(Outcome { number, ..outcome });
                self
            }
            Tried::Begun => {
                at.begun = Some(now.uptime);
                self
            }
            Tried::Failed(why) => self.ends(number, Came::Failed, Some(why)),
            Tried::Refused(why) => self.ends(number, Came::Refused, Some(why)),
            Tried::Busy | Tried::Silent => self.looked(now),
        }
    }

    /// Time has gone by.
    #[must_use]
    pub(super) fn looked(self, now: Now) -> Self {
        let Some(at) = &self.at else { return self };
        let number = at.number;
        let lasted = |since: Duration, most: Duration| now.uptime.saturating_sub(since) >= most;
        let failed = match (&at.what, at.begun) {
            (Diagnostic::RestartScreen, Some(_)) if now.run.is_some() && now.run != at.run => {
                return self.ends(number, Came::Done, None);
            }
            (Diagnostic::RestartScreen, Some(since)) if lasted(since, BACK_WITHIN) => Why::ScreenNotBack,
            (Diagnostic::Reboot, Some(since)) if lasted(since, REBOOTS_WITHIN) => Why::MachineNotAnew,
            (_, Some(_)) => return self,
            (_, None) if at.silent_since.is_some_and(|since| lasted(since, SILENT_FOR)) => Why::ScreenSilent,
            (_, None) if lasted(at.taken, at.most) => Why::SomebodyThere,
            (_, None) => return self,
        };
        self.ends(number, Came::Failed, Some(failed))
    }

    /// The host has the outcome.
    #[must_use]
    pub(super) fn told(self) -> Self {
        Self { untold: None, ..self }
    }

    fn ends(mut self, number: u64, came: Came, why: Option<Why>) -> Self {
        self.at = None;
        self.untold = Some(Outcome::of(number, came, why));
        self
    }
}

#[cfg(test)]
mod tests;
