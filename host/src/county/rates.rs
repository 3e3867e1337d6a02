//! 办结率, 解决率, 满意率 of the cases that came in within a period, as they stand when they are counted.
//!
//! Invariant: a rate is never shown without its numerator and denominator, and 满意率 never without those who did not
//! vote. A reopened case counts as not finished. Does no I/O.
//!
//! - 办结率 = (已办结 + 暂时办不了且已说明理由) ÷ 收到
//! - 解决率 = 已办结 ÷ 收到
//! - 满意率 = 评价为“基本满意”及以上 ÷ 已评价; those with an answer and no rating stand beside it

use wire::case::Satisfaction;

use super::case::Outcome;

/// A rate with what it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Above the line.
    pub numerator: u64,
    /// Below the line.
    pub denominator: u64,
}

/// The three rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// 办结率.
    pub finished: Rate,
    /// 解决率.
    pub solved: Rate,
    /// 满意率.
    pub satisfied: Rate,
    /// Answered and not rated.
    pub not_voted: u64,
    /// Reopened at least once.
    pub reopened: u64,
}

/// What a case counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How it ended; none while it is open.
    pub outcome: Option<Outcome>,
    /// The last rating.
    pub rating: Option<Satisfaction>,
    /// How often it was reopened.
    pub rounds: u32,
}

impl Rate {
    /// `85.7%`; none where there is nothing to divide by.
    #[must_use]
    pub fn percent(self) -> Option<String> {
        if self.denominator == 0 {
            return None;
        }
        // Rounded down, so that 100 % means all of them.
        let tenths = self.numerator * 1000 / self.denominator;
        Some(format!("{}.{}%", tenths / 10, tenths % 10))
    }
}

/// Counts.
#[must_use]
pub fn count(cases: impl IntoIterator<Item = Counted>) -> Rates {
    let (mut all, mut closed, mut declined, mut voted, mut content, mut not_voted, mut reopened) =
        (0, 0, 0, 0, 0, 0, 0);
    for case in cases {
        all += 1;
        closed += u64::from(case.outcome == Some(Outcome::Closed));
        declined += u64::from(case.outcome == Some(Outcome::Declined));
        voted += u64::from(case.rating.is_some());
        content += u64::from(case.rating.is_some_and(|r| r >= Satisfaction::Fair));
        not_voted += u64::from(case.outcome.is_some() && case.rating.is_none());
        reopened += u64::from(case.rounds > 0);
    }
    Rates {
        finished: Rate { numerator: closed + declined, denominator: all },
        solved: Rate { numerator: closed, denominator: all },
        satisfied: Rate { numerator: content, denominator: voted },
        not_voted,
        reopened,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(outcome: Option<Outcome>, rating: Option<Satisfaction>) -> Counted {
        Counted { outcome, rating, rounds: u32::from(rating.is_some_and(Satisfaction::reopens)) }
    }

    #[test]
    fn rates_stand_on_what_was_received_and_on_who_voted() {
        let rates = count([
            case(Some(Outcome::Closed), Some(Satisfaction::Good)),
            case(Some(Outcome::Closed), None),
            case(Some(Outcome::Declined), Some(Satisfaction::Fair)),
            case(None, Some(Satisfaction::Bad)),
            case(None, None),
        ]);
        assert_eq!(rates.finished, Rate { numerator: 3, denominator: 5 });
        assert_eq!(rates.solved, Rate { numerator: 2, denominator: 5 });
        assert_eq!(rates.satisfied, Rate { numerator: 2, denominator: 3 });
        assert_eq!((rates.not_voted, rates.reopened), (1, 1));
    }

    #[test]
    fn nothing_received_has_no_rate_and_only_all_is_a_hundred_percent() {
        assert_eq!(count([]).finished.percent(), None);
        assert_eq!(Rate { numerator: 1999, denominator: 2000 }.percent().as_deref(), Some("99.9%"));
        assert_eq!(Rate { numerator: 3, denominator: 3 }.percent().as_deref(), Some("100.0%"));
    }
}
