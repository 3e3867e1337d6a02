//! What the county's answer to a PUT means.
//!
//! Invariant: does no I/O. Only a well-formed [`Accepted`] of the right id from the ledger that the header names
//! counts as delivered; only an answer that names its ledger can bury an event. Anything else (a proxy's page, half
//! a body, silence) means that the event is sent again.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;
use wire::intake::Accepted;

use crate::https;

/// A host that asks for more patience than this is not taken at its word.
const PATIENCE_MAX: Duration = Duration::from_secs(3600);

/// The county answers, but not to this terminal's certificate.
pub const UNKNOWN_TERMINAL: &str = "the county does not know this terminal";

/// What is read of an answer before its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The host's ledger, where the answer names one.
    pub ledger: Option<Uuid>,
    /// How long the host asks to wait.
    pub retry_after: Option<Duration>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the county's disk.
    Delivered {
        /// In this ledger.
        ledger: Uuid,
    },
    /// The county has other bytes under its id.
    Conflicted,
    /// The county will never take it.
    Refused {
        /// The status code.
        status: u16,
    },
    /// Nobody knows; it is sent again.
    Retry(Retry),
}

/// Why something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// For the log.
    pub why: &'static str,
    /// How long the host asked to wait.
    pub after: Option<Duration>,
    /// Whether it says something about the way to the county rather than about the one request.
    pub whole_link: bool,
}

impl Retry {
    /// Nothing came back, or not all of it.
    #[must_use]
    pub fn no_answer(why: &'static str) -> Self {
        Self { why, after: None, whole_link: true }
    }
}

/// Reads what a status other than success says.
#[must_use]
pub fn trouble(head: &Head) -> Retry {
    let (why, whole_link) = match head.status {
        401 | 403 => (UNKNOWN_TERMINAL, true),
        408 | 504 => ("the county took too long", true),
        429 | 503 => ("the county is busy", true),
        502 => ("nobody serves the county's address", true),
        500..=599 => ("the county has a fault", false),
        _ => ("not an answer of the county", false),
    };
    Retry { why, after: head.retry_after, whole_link }
}

/// Reads the answer to a PUT of the event `id`.
#[must_use]
pub fn outcome(head: &Head, body: &[u8], id: Uuid) -> Outcome {
    match (head.status, head.ledger) {
        (200 | 201, Some(ledger)) => match serde_json::from_slice::<Accepted>(body) {
            Ok(accepted) if accepted.id == id && accepted.ledger == ledger => Outcome::Delivered { ledger },
            _ => Outcome::Retry(trouble(&Head { status: 0, ..head.clone() })),
        },
        (409, Some(_)) => Outcome::Conflicted,
        (status @ 422, Some(_)) => Outcome::Refused { status },
        _ => Outcome::Retry(trouble(head)),
    }
}

/// Reads `Retry-After` in both its forms; a date counts from the answer's own `Date`, else from `wall`.
#[must_use]
pub fn retry_after(value: &str, date: Option<&str>, wall: Timestamp) -> Option<Duration> {
    let wait = match value.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = https::date(value)?;
            let from = date.and_then(https::date).unwrap_or(wall);
            Duration::try_from(until.duration_since(from)).unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(PATIENCE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(7);
    const LEDGER: Uuid = Uuid::from_u128(1);

    fn head(status: u16) -> Head {
        Head { status, ledger: Some(LEDGER), retry_after: None }
    }

    fn accepted(ledger: Uuid, id: Uuid) -> Vec<u8> {
        serde_json::to_vec(&Accepted { ledger, id }).unwrap()
    }

    fn is_retry(outcome: Outcome) -> bool {
        matches!(outcome, Outcome::Retry(_))
    }

    #[test]
    fn created_and_already_there_are_both_delivered() {
        for status in [200, 201] {
            assert_eq!(outcome(&head(status), &accepted(LEDGER, ID), ID), Outcome::Delivered { ledger: LEDGER });
        }
    }

    #[test]
    fn an_acknowledgement_of_another_event_or_ledger_delivers_nothing() {
        assert!(is_retry(outcome(&head(201), &accepted(LEDGER, Uuid::from_u128(8)), ID)));
        assert!(is_retry(outcome(&head(201), &accepted(Uuid::from_u128(2), ID), ID)));
        assert!(is_retry(outcome(&Head { ledger: None, ..head(201) }, &accepted(LEDGER, ID), ID)));
    }

    #[test]
    fn a_page_or_half_a_body_or_none_delivers_nothing() {
        let whole = accepted(LEDGER, ID);
        for body in [&b"<html>sign in</html>"[..], b"", &whole[..whole.len() / 2], b"null", b"204"] {
            assert!(is_retry(outcome(&head(200), body, ID)));
        }
    }

    #[test]
    fn only_the_county_itself_can_bury_an_event() {
        assert_eq!(outcome(&head(409), b"", ID), Outcome::Conflicted);
        assert_eq!(outcome(&head(422), b"", ID), Outcome::Refused { status: 422 });
        for status in [409, 422] {
            assert!(is_retry(outcome(&Head { ledger: None, ..head(status) }, b"", ID)));
        }
    }

    #[test]
    fn every_other_status_means_again() {
        for status in (100..600).filter(|s| ![200, 201, 409, 422].contains(s)) {
            assert!(is_retry(outcome(&head(status), &accepted(LEDGER, ID), ID)), "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let wall = Timestamp::UNIX_EPOCH;
        assert_eq!(retry_after("120", None, wall), Some(Duration::from_secs(120)));
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", date, wall), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:09 GMT", None, wall), Some(Duration::from_secs(9)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", date, wall), Some(Duration::ZERO));
        assert_eq!(retry_after("18446744073709551615", None, wall), Some(PATIENCE_MAX));
        assert_eq!(retry_after("soon", None, wall), None);
    }
}
