//! Settings from afar on trial: what is in force, what it replaced, and when that comes back.
//!
//! Invariants: does no I/O and reads no clock. There are always settings to go back to: those that were kept last, or the
//! terminal's own. An order that was taken or refused once is not taken again.
//!
//! An order comes from the host, so the host was reached when it was applied. The trial is passed once kiosk has started
//! with the settings and its printer answers as it did, and the host was reached again; it is failed where the host is
//! not reached within [`HOST_WITHIN`], or kiosk or its printer stay silent for [`SILENT_FOR`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::settings::{InForce, Ordered, State, Why};

/// The host is reached every five minutes where it can be.
pub(super) const HOST_WITHIN: Duration = Duration::from_secs(30 * 60);

/// Kiosk starts within seconds and looks at its printer in some more.
pub(super) const SILENT_FOR: Duration = Duration::from_secs(5 * 60);

/// The settings from afar, to be stored as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Those that both programs work by; none, the terminal's own alone.
    #[serde(default)]
    pub(super) in_force: Option<Ordered>,
    #[serde(default)]
    trial: Option<Trial>,
    /// What came of the newest order; none, there never was one.
    #[serde(default)]
    last: Option<Last>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Trial {
    /// What comes back where they fail.
    former: Option<Ordered>,
    /// Whether the printer answered before.
    printer_answered: bool,
    /// When it began, or the machine booted since.
    boot: Uuid,
    began: Duration,
    /// Whether the host was reached since.
    reached: bool,
    /// Since when kiosk or its printer is silent; none, it isn't.
    silent_since: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    order: u64,
    state: State,
    why: Option<Why>,
}

/// What the agent hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// The host orders settings that this terminal can have; whether its printer answers now.
    Ordered(Ordered, bool),
    /// The host orders settings that this terminal can't have, and why not.
    Unfit(u64, String),
    /// The host took a report.
    HostReached,
    /// Kiosk was asked how it is; none, it says nothing.
    Kiosk(Option<KioskSays>),
}

/// What kiosk says of itself, as far as settings go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KioskSays {
    /// The settings from afar that it started with.
    pub(super) settings: Option<u64>,
    /// Whether its printer answers, or is of a kind that never does.
    pub(super) printer_answers: bool,
}

/// An instant: within a boot the age of the boot, over boots nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Now {
    /// Which boot.
    pub(super) boot: Uuid,
    /// Its age.
    pub(super) uptime: Duration,
}

impl Settings {
    /// Takes what was heard. What comes out differently is written down before anybody else is told.
    #[must_use]
    pub(super) fn step(mut self, heard: Heard, now: Now) -> Self {
        if let Some(trial) = &mut self.trial
            && trial.boot != now.boot
        {
            (trial.boot, trial.began, trial.silent_since) = (now.boot, now.uptime, None);
        }
        match heard {
            Heard::Ordered(ordered, printer_answers) => self.apply(ordered, printer_answers, now),
            Heard::Unfit(order, why) if self.wants(order) => self.end(order, State::Refused, Some(Why::Unfit(why))),
            Heard::Unfit(..) => {}
            Heard::HostReached => {
                if let Some(trial) = &mut self.trial {
                    trial.reached = true;
                }
            }
            Heard::Kiosk(says) => self.judge(says, now),
        }
        self
    }

    /// Whether this order would be news.
    #[must_use]
    pub(super) fn wants(&self, order: u64) -> bool {
        self.last.as_ref().is_none_or(|last| last.order != order)
    }

    /// Which settings are in force.
    #[must_use]
    pub(super) fn version(&self) -> Option<u64> {
        self.in_force.as_ref().map(|ordered| ordered.version)
    }

    /// What the host is told; none where nothing was ever ordered.
    #[must_use]
    pub(super) fn report(&self) -> Option<InForce> {
        let Last { order, state, why } = self.last.clone()?;
        Some(InForce { version: self.version(), order, state, why })
    }

    fn apply(&mut self, ordered: Ordered, printer_answers: bool, now: Now) {
        if !self.wants(ordered.order) {
            return;
        }
        let (former, printer_answered) = match self.trial.take() {
            Some(trial) => (trial.former, trial.printer_answered),
            None => (self.in_force.take(), printer_answers),
        };
        self.end(ordered.order, State::Trial, None);
        self.in_force = Some(ordered);
        let (boot, began) = (now.boot, now.uptime);
        self.trial = Some(Trial { former, printer_answered, boot, began, reached: false, silent_since: None });
    }

    fn judge(&mut self, says: Option<KioskSays>, now: Now) {
        let version = self.version();
        let Some(trial) = &mut self.trial else { return };
        // One that has not started with them yet waits for somebody to be done.
        let silent = match says {
            None => Some(Why::KioskSilent),
            Some(says) if says.settings != version => None,
            Some(says) if trial.printer_answered && !says.printer_answers => Some(Why::PrinterSilent),
            Some(_) if trial.reached => return self.keep(),
            Some(_) => None,
        };
        trial.silent_since = silent.as_ref().and(trial.silent_since.or(Some(now.uptime)));
        let lasted = |since: Duration, limit: Duration| now.uptime.saturating_sub(since) >= limit;
        let silent = silent.filter(|_| trial.silent_since.is_some_and(|since| lasted(since, SILENT_FOR)));
        let unreached = !trial.reached && lasted(trial.began, HOST_WITHIN);
        if let Some(why) = silent.or(unreached.then_some(Why::HostNotReached)) {
            self.revert(why);
        }
    }

    fn keep(&mut self) {
        self.trial = None;
        if let Some(order) = self.in_force.as_ref().map(|ordered| ordered.order) {
            self.end(order, State::Kept, None);
        }
    }

    fn revert(&mut self, why: Why) {
        let former = self.trial.take().and_then(|trial| trial.former);
        if let Some(failed) = std::mem::replace(&mut self.in_force, former) {
            self.end(failed.order, State::Reverted, Some(why));
        }
    }

    fn end(&mut self, order: u64, state: State, why: Option<Why>) {
        self.last = Some(Last { order, state, why });
    }
}

#[cfg(test)]
mod tests;
