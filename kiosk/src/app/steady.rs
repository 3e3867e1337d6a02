//! One touch, one deed: a hand that shakes, or taps twice as on a computer, does nothing that it has not seen.
//!
//! Invariant: within [`crate::input::DOUBLE_TAP`] of a button's deed no other button acts, and within that of another page none at all; keys,
//! which are meant to be touched quickly, wait for the page only.

use std::time::Duration;

use crate::{input::is_double_tap, session::Session};

/// When a button last acted, and since when the page is up.
#[derive(Debug, Default)]
pub(super) struct Steady {
    shown: Option<Shown>,
    since: Option<Duration>,
    acted: Option<Duration>,
}

/// What counts as a page: the keyboard lies where the sentences were.
#[derive(Debug, PartialEq)]
struct Shown {
    page: crate::session::Page,
    writing: bool,
    help: bool,
    countdown: bool,
}

impl Steady {
    /// This is what stands on the screen at `now` (monotonic).
    pub(super) fn shows(&mut self, session: &Session, now: Duration) {
        let shown = Shown {
            page: session.page,
            writing: session.speak.writing,
            help: session.help_open,
            countdown: session.idle.countdown.is_some(),
        };
        if self.shown.as_ref() != Some(&shown) {
            (self.shown, self.since) = (Some(shown), Some(now));
        }
    }

    /// Whether a touch that ends at `now` only echoes another; one that doesn't has acted.
    pub(super) fn is_echo(&mut self, repeats: bool, now: Duration) -> bool {
        let is_echo = is_double_tap(self.since, now) || (!repeats && is_double_tap(self.acted, now));
        if !is_echo && !repeats {
            self.acted = Some(now);
        }
        is_echo
    }

    /// Whether any button would act at `now`.
    #[cfg(any(feature = "drive", test))]
    pub(super) fn is_still(&self, now: Duration) -> bool {
        !is_double_tap(self.since, now) && !is_double_tap(self.acted, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Event;

    const FIRST: Duration = Duration::from_secs(10);

    fn after(ms: u64) -> Duration {
        FIRST + Duration::from_millis(ms)
    }

    #[test]
    fn of_a_double_tap_the_first_acts_and_the_second_does_not() {
        let mut steady = Steady::default();
        assert!(!steady.is_echo(false, FIRST));
        for ms in [0, 120, 499] {
            assert!(steady.is_echo(false, after(ms)), "{ms} ms later");
        }
        assert!(!steady.is_echo(false, after(500)), "one that comes later is meant");
    }

    #[test]
    fn keys_are_touched_as_quickly_as_somebody_likes() {
        let mut steady = Steady::default();
        assert!(!steady.is_echo(false, FIRST));
        for ms in [0, 50, 100] {
            assert!(!steady.is_echo(true, after(ms)));
        }
        assert!(!steady.is_echo(false, after(500)), "and hold no button back");
    }

    #[test]
    fn nothing_acts_on_a_page_that_nobody_can_have_read() {
        let (mut steady, mut session) = (Steady::default(), Session::default());
        steady.shows(&session, FIRST);
        assert!(!steady.is_echo(true, after(500)));
        for event in [Event::OpenHome, Event::OpenSpeak, Event::CallHelp, Event::CloseHelp] {
            let name = format!("{event:?}");
            session.step(event, FIRST);
            steady.shows(&session, after(1_000));
            // What is painted anew is the same page.
            steady.shows(&session, after(1_400));
            for repeats in [true, false] {
                assert!(steady.is_echo(repeats, after(1_499)), "{name}");
                assert!(!steady.is_still(after(1_499)));
            }
            assert!(!steady.is_echo(true, after(1_500)), "{name}");
            steady = Steady::default();
            steady.shows(&session, FIRST);
        }
    }
}
