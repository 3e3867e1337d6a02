//! A contact that bounces, read as what a hand did to it.
//!
//! Invariant: does no I/O and reads no clock. A level counts once it has stood for [`SETTLES`]; what is shorter never
//! happened. How a contact stands at the start is a state, and nothing that happened.

use std::time::Duration;

/// Contacts of buttons and of micro switches bounce for less than 10 ms when they are new, and for two or three times
/// that when they are worn; a press is never shorter than 80 ms.
pub const SETTLES: Duration = Duration::from_millis(40);

/// What came of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// So it stood when it was first looked at.
    Stands(bool),
    /// It became so since.
    Became(bool),
}

/// One contact.
#[derive(Debug, Clone, Copy, Default)]
pub struct Debounce {
    settled: Option<bool>,
    seen: Option<(bool, Duration)>,
}

impl Debounce {
    /// Looks at the contact's `level` at `now` (monotonic).
    pub fn look(&mut self, level: bool, now: Duration) -> Option<Settled> {
        let since = match self.seen {
            Some((seen, since)) if seen == level => since,
            _ => {
                self.seen = Some((level, now));
                now
            }
        };
        if now.saturating_sub(since) < SETTLES || self.settled == Some(level) {
            return None;
        }
        match self.settled.replace(level) {
            None => Some(Settled::Stands(level)),
            Some(_) => Some(Settled::Became(level)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Looks every millisecond at runs of levels, each so many milliseconds long.
    fn looks(contact: &mut Debounce, from: u64, runs: &[(bool, u64)]) -> (Vec<Settled>, u64) {
        let (mut at, mut settled) = (from, Vec::new());
        for (level, ms) in runs {
            for _ in 0..*ms {
                settled.extend(contact.look(*level, Duration::from_millis(at)));
                at += 1;
            }
        }
        (settled, at)
    }

    fn rested(level: bool) -> (Debounce, u64) {
        let mut contact = Debounce::default();
        let (settled, at) = looks(&mut contact, 0, &[(level, 100)]);
        assert_eq!(settled, [Settled::Stands(level)]);
        (contact, at)
    }

    #[test]
    fn a_contact_that_is_closed_at_the_start_stands_so_and_nothing_happened() {
        let mut contact = Debounce::default();
        assert_eq!(looks(&mut contact, 0, &[(true, 10_000)]).0, [Settled::Stands(true)]);
    }

    #[test]
    fn a_held_button_is_one_press_and_its_release_one_release() {
        let (mut contact, at) = rested(false);
        let (settled, _) = looks(&mut contact, at, &[(true, 60_000), (false, 60_000)]);
        assert_eq!(settled, [Settled::Became(true), Settled::Became(false)]);
    }

    #[test]
    fn a_level_counts_from_the_millisecond_at_which_it_has_settled() {
        let settles = u64::try_from(SETTLES.as_millis()).unwrap();
        for (ms, counts) in [(settles, false), (settles + 1, true)] {
            let (mut contact, at) = rested(false);
            assert_eq!(!looks(&mut contact, at, &[(true, ms), (false, 1)]).0.is_empty(), counts, "{ms} ms");
        }
    }

    proptest! {
        #[test]
        fn however_a_contact_bounces_it_is_one_change_or_none(
            bounces in prop::collection::vec(1_u64..=40, 0..40),
            pressed: bool,
            ends_pressed: bool,
        ) {
            let (mut contact, at) = rested(pressed);
            let mut level = pressed;
            let runs: Vec<_> = bounces.iter().map(|ms| { level = !level; (level, *ms) }).collect();
            let (settled, at) = looks(&mut contact, at, &runs);
            prop_assert!(settled.is_empty(), "nothing stood for long enough: {settled:?}");
            let (settled, _) = looks(&mut contact, at, &[(ends_pressed, 1000)]);
            let expected = if ends_pressed == pressed { vec![] } else { vec![Settled::Became(ends_pressed)] };
            prop_assert_eq!(settled, expected);
        }

        #[test]
        fn changes_alternate_whatever_the_contact_does(runs in prop::collection::vec((any::<bool>(), 1_u64..200), 0..60)) {
            let (settled, _) = looks(&mut Debounce::default(), 0, &runs);
            let level = |settled: &Settled| match settled { Settled::Stands(level) | Settled::Became(level) => *level };
            prop_assert!(settled.windows(2).all(|pair| level(&pair[0]) != level(&pair[1])));
            prop_assert!(settled.iter().skip(1).all(|one| matches!(one, Settled::Became(_))));
        }
    }
}
