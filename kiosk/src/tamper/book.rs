//! What of the case is to be written down, and when.
//!
//! Invariant: does no I/O and reads no clock. Every opening is counted; the first ones are written at once, and a contact
//! that flutters for hours one a minute, each of which carries the whole count.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Entries that may be written one right after the other: whoever serves the terminal opens and closes it a few times.
const AT_ONCE: u32 = 8;

/// How long it takes until there is room for one more.
const ONE_MORE: Duration = Duration::from_secs(60);

/// What was seen of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// How it stood when it was first looked at.
    Stands {
        /// Open.
        open: bool,
    },
    /// Somebody opened it.
    Opened,
    /// Somebody closed it.
    Closed,
}

/// How it stands with the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it is open.
    pub open: bool,
    /// How often it was opened since the journal began.
    pub openings: u64,
}

/// Counts.
#[derive(Debug)]
pub struct Book {
    standing: Option<Standing>,
    written: Option<Standing>,
    is_seen: bool,
    /// What was written before can't be read: nobody knows that the case was not closed then.
    is_lost: bool,
    room: u32,
    refilled: Duration,
}

impl Book {
    /// Goes on from what was written last.
    #[must_use]
    pub fn new(written: Option<Standing>) -> Self {
        let (room, refilled) = (AT_ONCE, Duration::ZERO);
        Self { standing: written, written, is_seen: false, is_lost: false, room, refilled }
    }

    /// Begins anew, because what was written can't be read.
    #[must_use]
    pub fn after_loss() -> Self {
        Self { is_lost: true, ..Self::new(None) }
    }

    /// Takes what was seen. A case that was closed when it was last seen and stands open at the start was opened meanwhile;
    /// one that nobody ever saw closed is being put together. Where that was lost, it is taken to have been closed.
    pub fn saw(&mut self, seen: Seen) {
        let (was_open, openings) =
            self.standing.map_or((self.is_lost.then_some(false), 0), |was| (Some(was.open), was.openings));
        let (open, opened) = match seen {
            Seen::Opened => (true, true),
            Seen::Closed => (false, false),
            Seen::Stands { open } => (open, open && was_open == Some(false)),
        };
        self.is_seen = true;
        self.standing = Some(Standing { open, openings: openings + u64::from(opened) });
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.standing
    }

    /// Whether it was looked at, and all that was seen is written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.is_seen && self.standing == self.written
    }

    /// What is to be written at `now`; none, nothing, or not yet.
    pub fn due(&mut self, now: Duration) -> Option<Standing> {
        while self.room < AT_ONCE && now.saturating_sub(self.refilled) >= ONE_MORE {
            self.refilled += ONE_MORE;
            self.room += 1;
        }
        self.standing.filter(|standing| self.room > 0 && self.written != Some(*standing))
    }

    /// It was written.
    pub fn wrote(&mut self, standing: Standing, now: Duration) {
        if self.room == AT_ONCE {
            self.refilled = now;
        }
        self.room = self.room.saturating_sub(1);
        self.written = Some(standing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standing(open: bool, openings: u64) -> Standing {
        Standing { open, openings }
    }

    #[test]
    fn what_was_seen_at_the_start_is_an_opening_only_where_the_case_was_closed_before() {
        for (written, open, expected) in [
            (None, false, standing(false, 0)),
            (None, true, standing(true, 0)),
            (Some(standing(false, 3)), false, standing(false, 3)),
            (Some(standing(false, 3)), true, standing(true, 4)),
            (Some(standing(true, 3)), true, standing(true, 3)),
            (Some(standing(true, 3)), false, standing(false, 3)),
        ] {
            let mut book = Book::new(written);
            book.saw(Seen::Stands { open });
            assert_eq!(book.standing(), Some(expected), "{written:?}, then {open}");
            assert_eq!(book.due(Duration::ZERO), Some(expected).filter(|_| written != Some(expected)));
        }
    }

    #[test]
    fn where_the_journal_was_lost_an_open_case_was_opened_and_a_closed_one_was_not() {
        for open in [true, false] {
            let mut book = Book::after_loss();
            assert_eq!((book.standing(), book.due(Duration::ZERO)), (None, None), "nothing was seen");
            book.saw(Seen::Stands { open });
            assert_eq!(book.standing(), Some(standing(open, u64::from(open))));
        }
    }

    #[test]
    fn what_was_written_before_the_start_says_nothing_of_how_the_case_stands() {
        let closed = standing(false, 3);
        let mut book = Book::new(Some(closed));
        assert!(!book.is_written(), "nobody looked");
        book.saw(Seen::Stands { open: false });
        assert!(book.is_written());
        book.saw(Seen::Opened);
        assert!(!book.is_written(), "the journal doesn't say so yet");
        book.wrote(standing(true, 4), Duration::ZERO);
        assert!(book.is_written());
    }

    #[test]
    fn an_opening_is_due_at_once_and_stays_due_until_it_was_written() {
        let mut book = Book::new(Some(standing(false, 0)));
        book.saw(Seen::Opened);
        for _ in 0..3 {
            assert_eq!(book.due(Duration::ZERO), Some(standing(true, 1)), "the disk took nothing");
        }
        book.wrote(standing(true, 1), Duration::ZERO);
        assert_eq!(book.due(Duration::from_secs(86_400)), None);
    }

    proptest! {
        #[test]
        fn a_contact_that_flutters_is_counted_whole_and_written_seldom(
            gaps_ms in prop::collection::vec(0_u64..5_000, 1..2_000),
        ) {
            let (mut book, mut now, mut writes) = (Book::new(Some(standing(false, 0))), Duration::ZERO, 0_u32);
            let mut openings = 0;
            for (at, gap) in gaps_ms.iter().enumerate() {
                now += Duration::from_millis(*gap);
                let opens = at % 2 == 0;
                openings += u64::from(opens);
                book.saw(if opens { Seen::Opened } else { Seen::Closed });
                if let Some(standing) = book.due(now) {
                    book.wrote(standing, now);
                    writes += 1;
                }
            }
            let minutes = u32::try_from(now.as_secs() / 60).unwrap();
            prop_assert!(writes <= AT_ONCE + minutes, "{writes} in {minutes} minutes");
            let later = now + ONE_MORE;
            let last = book.due(later).or(book.standing()).unwrap();
            prop_assert_eq!(last.openings, openings);
            book.wrote(last, later);
            prop_assert_eq!(book.due(later), None);
        }
    }
}
