//! The pause: 90 seconds without a touch, then a countdown of 30, then the visit is over. While a code waits to be scanned,
//! its villager is busy with the phone: the pause begins when it is taken down or left.
//!
//! Source: WCAG 2.2.1 asks for 20 seconds at least to say that one is still here.

use std::time::Duration;

use super::{Action, Session};

/// Without a touch until the countdown starts.
pub const IDLE: Duration = Duration::from_secs(90);

/// How long the countdown runs.
pub const COUNTDOWN: Duration = Duration::from_secs(30);

/// Since when nobody touched anything.
#[derive(Debug, Default)]
pub struct Idle {
    since: Duration,
    /// Seconds left of the countdown; none while it doesn't run.
    pub countdown: Option<u64>,
}

impl Idle {
    /// Somebody is here.
    pub(super) fn touched(&mut self, now: Duration) {
        self.since = now;
        self.countdown = None;
    }

    /// Whether the countdown has run out.
    fn over(&mut self, now: Duration) -> bool {
        let still = now.saturating_sub(self.since);
        self.countdown = still.checked_sub(IDLE).map(|gone| COUNTDOWN.saturating_sub(gone).as_secs());
        still >= IDLE + COUNTDOWN
    }
}

impl Session {
    pub(super) fn tick(&mut self, now: Duration) -> Vec<Action> {
        self.staff.lock.tick(now);
        self.lease_tick(now);
        self.printing_tick(now);
        self.phone_tick(now);
        let help = self.help_tick(now);
        if self.is_at_the_phone() {
            self.idle.touched(now);
        }
        if !self.visiting() && !self.suited() {
            self.idle.touched(now);
            return Vec::new();
        }
        let warned = self.idle.countdown.is_some();
        if !self.idle.over(now) {
            let begins = self.idle.countdown.is_some() && !warned;
            return help.into_iter().chain(begins.then(|| self.warn()).flatten()).collect();
        }
        self.leave_to(self.resting_page())
    }
}
