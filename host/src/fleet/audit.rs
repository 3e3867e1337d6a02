//! The fleet's audit: who changed what, line by line in a chain.
//!
//! Invariants: a line is written in the transaction of what it tells, and never changed. Its hash is the SHA-256 of the JSON
//! array `[hash before, number, at, who, what, subject]`, hashes in small hexadecimal digits, 64 zeros before the first; so a
//! line that was changed, taken out or put in shows. Whoever may write to the database can write all that follows anew, and cut
//! the end off: a [`Head`] that was noted elsewhere shows that too.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use wire::{event, hex};

use super::{Error, Fleet};
use crate::store::{
    StoreError, Tx,
    audit_chain::{self as rows, LineRow},
};

/// Lines that are read at once.
const AT_ONCE: i64 = 1_000;

/// A line of the audit, as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AuditLine)]
pub struct Line {
    /// 1, 2, 3 and so on.
    #[schema(minimum = 1)]
    pub number: i64,
    /// RFC 3339, by the host's clock.
    #[schema(format = DateTime)]
    pub at: String,
    /// `uid:NUMBER` of the host's machine, `user:LOGIN` of the console, `terminal:NUMBER`, `address:HMAC`, or `host`.
    pub who: String,
    /// `terminal.add` and so on.
    pub what: String,
    /// What it was done to: `terminal:NUMBER`, `user:LOGIN` (with role and scope that were given), or `fleet`.
    pub subject: String,
    /// 64 hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

/// The end of the chain at some time, written `NUMBER:HASH`; `0` and zeros for one without a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last line's number.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

/// What a chain that doesn't hold looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The number doesn't follow on the one before.
    #[error("line {expected} is missing; line {found} stands in its place")]
    Missing {
        /// Which should be there.
        expected: i64,
        /// Which is.
        found: i64,
    },
    /// The hash is not that of the line and of the one before.
    #[error("line {0} is not what was written, or one before it was changed")]
    Changed(i64),
    /// The head that was noted is not in the chain.
    #[error("line {0} is not the one that was noted: the end was cut off or written anew")]
    NotTheHead(i64),
}

impl Head {
    fn none() -> Self {
        Self { number: 0, hash: "0".repeat(64) }
    }

    /// The hash of a line that follows.
    fn hash_of(&self, [at, who, what, subject]: [&str; 4]) -> [u8; 32] {
        let text = serde_json::json!([self.hash, self.number + 1, at, who, what, subject]).to_string();
        event::hash(text.as_bytes())
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected NUMBER:HASH, as `host audit verify` prints it";
        let (number, hash) = text.split_once(':').ok_or(EXPECTED)?;
        let hash = hash.to_ascii_lowercase();
        let fits = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let number = number.parse().ok().filter(|number| fits && *number >= 0).ok_or(EXPECTED)?;
        Ok(Self { number, hash })
    }
}

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        let LineRow { number, at, who, what, subject, hash } = row;
        Self { number, at, who, what, subject, hash: hex(&hash) }
    }
}

/// Holds lines against the chain that they should be, from the first on; its end.
///
/// # Errors
/// Where it breaks first, or that `noted` is not in it.
pub fn verify(lines: &[Line], noted: Option<&Head>) -> Result<Head, Broken> {
    let mut head = Head::none();
    let mut is_noted = noted.is_none_or(|noted| *noted == head);
    for line in lines {
        if line.number != head.number + 1 {
            return Err(Broken::Missing { expected: head.number + 1, found: line.number });
        }
        if line.hash != hex(&head.hash_of([&line.at, &line.who, &line.what, &line.subject])) {
            return Err(Broken::Changed(line.number));
        }
        head = Head { number: line.number, hash: line.hash.clone() };
        is_noted |= noted == Some(&head);
    }
    match noted {
        Some(noted) if !is_noted => Err(Broken::NotTheHead(noted.number)),
        _ => Ok(head),
    }
}

impl Fleet {
    /// The same fleet, on somebody's behalf, as the audit calls them.
    #[must_use]
    pub fn on_behalf_of(self, who: &str) -> Self {
        Self { who: who.into(), ..self }
    }

    /// Writes down what is done in this transaction.
    pub(super) async fn note(&self, tx: &mut Tx, what: &str, subject: &str) -> Result<(), StoreError> {
        self.note_by(tx, &self.who, what, subject).await
    }

    /// Writes down what somebody else does than the fleet's own.
    pub(super) async fn note_by(&self, tx: &mut Tx, who: &str, what: &str, subject: &str) -> Result<(), StoreError> {
        let last = rows::last(tx).await?;
        let head = last.map_or_else(Head::none, |line| Head { number: line.number, hash: hex(&line.hash) });
        let at = self.clock.now().to_string();
        let line = LineRow {
            number: head.number + 1,
            hash: head.hash_of([&at, who, what, subject]).to_vec(),
            at,
            who: who.to_owned(),
            what: what.to_owned(),
            subject: subject.to_owned(),
        };
        rows::append(tx, &line).await
    }

    /// The whole audit, oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn audit(&self) -> Result<Vec<Line>, Error> {
        let mut conn = self.store.read().await?;
        let mut lines: Vec<Line> = Vec::new();
        loop {
            let next = rows::after(&mut conn, lines.last().map_or(0, |line| line.number), AT_ONCE).await?;
            if next.is_empty() {
                return Ok(lines);
            }
            lines.extend(next.into_iter().map(Line::from));
        }
    }

    /// So many lines of the audit below a number, the newest first; without one, from the end on.
    ///
    /// # Errors
    /// The database.
    pub(super) async fn audit_below(&self, number: Option<i64>, at_most: i64) -> Result<Vec<Line>, StoreError> {
        let rows = rows::below(&mut *self.store.read().await?, number.unwrap_or(i64::MAX), at_most).await?;
        Ok(rows.into_iter().map(Line::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(whats: &[&str]) -> Vec<Line> {
        let mut head = Head::none();
        let line = |what: &&str| {
            let at = format!("2026-03-02T08:00:0{}Z", head.number);
            let hash = hex(&head.hash_of([&at, "uid:0", what, "terminal:00001"]));
            head = Head { number: head.number + 1, hash: hash.clone() };
            let (who, subject) = ("uid:0".to_owned(), "terminal:00001".to_owned());
            Line { number: head.number, at, who, what: (*what).to_owned(), subject, hash }
        };
        whats.iter().map(line).collect()
    }

    #[test]
    fn whatever_is_done_to_a_line_shows() {
        let whole = chain(&["terminal.add", "terminal.enrol", "terminal.revoke"]);
        let head = verify(&whole, None).unwrap();
        assert_eq!((head.number, verify(&[], None).unwrap().number), (3, 0));
        type Change = fn(&mut Line);
        let changes: [Change; 4] = [
            |line| line.at.push('0'),
            |line| line.who = "uid:1000".into(),
            |line| line.what = "terminal.readmit".into(),
            |line| line.subject = "terminal:00002".into(),
        ];
        for at in 0..3 {
            let number = whole[at].number;
            for change in changes {
                let mut lines = whole.clone();
                change(&mut lines[at]);
                assert_eq!(verify(&lines, None), Err(Broken::Changed(number)));
            }
            let mut lines = whole.clone();
            lines.remove(at);
            let broken = verify(&lines, Some(&head)).unwrap_err();
            let expected = Broken::Missing { expected: number, found: number + 1 };
            assert_eq!(broken, if at == 2 { Broken::NotTheHead(3) } else { expected });
        }
    }

    #[test]
    fn a_chain_that_was_written_anew_is_not_the_one_whose_head_was_noted() {
        let head = verify(&chain(&["terminal.add", "terminal.revoke"]), None).unwrap();
        let longer = chain(&["terminal.add", "terminal.revoke", "terminal.add"]);
        assert!(verify(&longer, Some(&head)).is_ok() && verify(&longer, Some(&Head::none())).is_ok());
        let anew = chain(&["terminal.add", "terminal.add", "terminal.add"]);
        assert_eq!(verify(&anew, Some(&head)), Err(Broken::NotTheHead(2)));
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in ["", "2", "2:", "2:ab", "x:ab", &format!("-1:{}", "0".repeat(64))] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_what_the_documentation_says() {
        // printf '["0…0",1,"2026-03-02T08:00:00Z","uid:0","terminal.add","terminal:00001"]' | sha256sum
        let text =
            format!(r#"["{}",1,"2026-03-02T08:00:00Z","uid:0","terminal.add","terminal:00001"]"#, "0".repeat(64));
        assert_eq!(chain(&["terminal.add"])[0].hash, hex(&event::hash(text.as_bytes())));
    }
}
