//! Readiness and watchdog towards systemd; without systemd nothing happens.
//!
//! Invariant: the watchdog is fed by the loop that it watches, never by a thread or task beside it.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::warn;

/// Tells that the program is ready.
pub fn ready() {
    tell(&NotifyState::Ready);
}

/// Tells that the program ends by itself.
pub fn stopping() {
    tell(&NotifyState::Stopping);
}

/// Feeds the watchdog: the loop that calls it has turned.
pub fn turned() {
    tell(&NotifyState::Watchdog);
}

/// How often the loop must turn: a third of what the unit's `WatchdogSec` allows; none without a watchdog.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 3)
}

fn tell(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        warn!(%error, "systemd was not told");
    }
}
