//! When the screen goes dark: after a long time at which nobody was here, and never while somebody is.
//!
//! Invariant: does no I/O and reads no clock. The touch that lights the screen counts like any other.

use std::time::Duration;

/// Counts how long nobody was here.
#[derive(Debug, Clone, Copy)]
pub struct Dim {
    after: Option<Duration>,
    since: Duration,
}

impl Dim {
    /// Dark `after` so long; none, never.
    #[must_use]
    pub fn new(after: Option<Duration>, now: Duration) -> Self {
        Self { after, since: now }
    }

    /// Whether the screen is dark at `now`: `resting` says that the page is up on which the terminal waits for somebody,
    /// `touched` that a hand did something just now.
    pub fn is_dark(&mut self, resting: bool, touched: bool, now: Duration) -> bool {
        if touched || !resting {
            self.since = now;
        }
        resting && !touched && self.after.is_some_and(|after| now.saturating_sub(self.since) >= after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_screen_goes_dark_after_a_long_rest_and_is_lit_by_a_touch() {
        let mut dim = Dim::new(Some(s(600)), s(10));
        for (now, resting, touched, dark) in [
            (609, true, false, false),
            (610, true, false, true),
            (4_000, true, false, true),
            (4_001, true, true, false),
            (4_002, true, false, false),
            (4_601, true, false, true),
            // A visit, which ends.
            (4_602, false, false, false),
            (9_000, false, false, false),
            (9_001, true, false, false),
            (9_600, true, false, true),
        ] {
            assert_eq!(dim.is_dark(resting, touched, s(now)), dark, "{now}");
        }
    }

    #[test]
    fn without_a_setting_it_is_never_dark() {
        let mut dim = Dim::new(None, s(0));
        assert!(!dim.is_dark(true, false, s(10_000_000)));
    }
}
