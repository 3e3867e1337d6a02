//! Where a hand-over stands at a time. Invariant: does no I/O and reads no clock.

use jiff::{SignedDuration, Timestamp};

use super::{super::record::at, COME_WITHIN, STAY_WITHIN};
use crate::store::handovers::HandOverRow;

/// Where a hand-over stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The QR may be scanned until then.
    Waiting(Timestamp),
    /// The first phone may send until then.
    Open(Timestamp),
    /// The phone said that this is all.
    Finished,
    /// The terminal showed a newer QR before anything was sent.
    Replaced,
    /// Nobody came in time, or whoever came did not finish in time.
    Late,
}

/// Where it stands.
pub(super) fn phase(row: &HandOverRow, now: Timestamp) -> Phase {
    let within = |from: i64, long: SignedDuration| at(from).checked_add(long).unwrap_or(Timestamp::MAX);
    if row.replaced.is_some() {
        return Phase::Replaced;
    }
    match (row.finished, row.opened) {
        (Some(_), _) => Phase::Finished,
        (None, Some(opened)) => match within(opened, STAY_WITHIN) {
            until if now < until => Phase::Open(until),
            _ => Phase::Late,
        },
        (None, None) => match within(row.made, COME_WITHIN) {
            until if now < until => Phase::Waiting(until),
            _ => Phase::Late,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_over_waits_ten_minutes_and_a_phone_stays_a_day() {
        let row = |opened: Option<i64>, finished: Option<i64>| HandOverRow {
            secret: vec![],
            id: String::new(),
            terminal: String::new(),
            ticket: String::new(),
            boot: String::new(),
            made: 0,
            phone: opened.map(|_| vec![]),
            opened: opened.map(|m| m * 60_000),
            finished: finished.map(|m| m * 60_000),
            replaced: None,
            refused: 0,
            broken: 0,
        };
        let minute = |m: i64| Timestamp::from_second(m * 60).unwrap();
        for (opened, finished, now, expected) in [
            (None, None, 0, Phase::Waiting(minute(10))),
            (None, None, 9, Phase::Waiting(minute(10))),
            (None, None, 10, Phase::Late),
            (Some(9), None, 10, Phase::Open(minute(1449))),
            (Some(9), None, 1448, Phase::Open(minute(1449))),
            (Some(9), None, 1449, Phase::Late),
            (Some(9), Some(20), 20, Phase::Finished),
            (Some(9), Some(20), 500, Phase::Finished),
        ] {
            let row = row(opened, finished);
            assert_eq!(phase(&row, minute(now)), expected, "{opened:?} {finished:?} {now}");
            assert_eq!(phase(&HandOverRow { replaced: Some(0), ..row }, minute(now)), Phase::Replaced);
        }
    }
}
