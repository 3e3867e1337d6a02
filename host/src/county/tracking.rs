//! A villager asks for a case: with the receipt's QR, or with number and query code.
//!
//! Limits: 5 wrong codes per ticket and hour, 20 wrong tries per terminal or address and hour; behind them even the
//! right code is not tried. An unknown number is answered like a wrong code, by the same statements. The QR's secret
//! can't be guessed, so whoever shows the right one is never kept waiting by those who guess. Every try is audited.

use std::{net::IpAddr, time::Duration};

use wire::{
    intake::{Track, Tracked},
    secret::Proof,
    ticket::{TerminalNumber, TicketNumber},
    view::ViewKey,
};

use super::{County, Error, keys::Use, record::view_key};
use crate::store::{
    Conn,
    cases::{self, CaseRow},
    desk::{self, AuditRow},
};

/// Who asks for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A terminal of the county.
    Terminal(TerminalNumber),
    /// A phone, through the public page.
    Address(IpAddr),
}

/// What a proof came to.
pub(crate) enum Verdict {
    Case(Box<CaseRow>),
    Wrong,
    Blocked(Duration),
}

/// So many wrong tries within such a time, and no more.
pub(crate) struct Limit {
    pub(crate) tries: usize,
    pub(crate) within: Duration,
}

const HOUR: Duration = Duration::from_secs(3600);
const PER_TICKET: Limit = Limit { tries: 5, within: HOUR };
/// For each terminal, and for each address.
pub(crate) const PER_ASKER: Limit = Limit { tries: 20, within: HOUR };

impl Limit {
    /// The first millisecond that still counts.
    pub(crate) fn since(&self, now: i64) -> i64 {
        now - i64::try_from(self.within.as_millis()).unwrap_or(i64::MAX)
    }

    /// How long to wait, with tries at these times, newest first.
    pub(crate) fn wait(&self, tries: &[i64], now: i64) -> Option<Duration> {
        let oldest = tries.get(self.tries - 1)?;
        let free = oldest - self.since(now);
        Some(Duration::from_millis(u64::try_from(free).unwrap_or_default()).max(Duration::from_secs(1)))
    }
}

impl County {
    /// Answers whoever shows a number and a proof.
    ///
    /// # Errors
    /// [`Error::TooMany`] after too many wrong tries, or the database.
    pub async fn track(&self, asker: Asker, track: &Track) -> Result<Tracked, Error> {
        let mut tx = self.store.write().await?;
        let verdict = self.judge(&mut tx, asker, track.ticket, &track.proof).await?;
        let answer = match verdict {
            Verdict::Case(row) => Ok(Tracked::Found(Box::new(self.view_of(&mut tx, &row).await?))),
            Verdict::Wrong => Ok(Tracked::NotFound),
            Verdict::Blocked(retry_after) => Err(Error::TooMany { retry_after }),
        };
        tx.commit().await?;
        answer
    }

    /// Holds a proof against the cases of a number, within the limits.
    pub(crate) async fn judge(
        &self,
        tx: &mut Conn,
        asker: Asker,
        ticket: TicketNumber,
        proof: &Proof,
    ) -> Result<Verdict, Error> {
        let now = self.now().as_millisecond();
        let (who, subject) = (self.name_of(asker), format!("ticket:{ticket}"));
        let proofs = cases::proofs(&mut *tx, &ticket.to_string()).await?;
        let mut blocked = PER_ASKER.wait(&desk::tries_by(&mut *tx, &who, PER_ASKER.since(now)).await?, now);
        let mut found = None;
        match proof {
            Proof::Secret(secret) => {
                let shown = ViewKey::of(secret);
                for (id, key, _) in &proofs {
                    if view_key(key)?.same_as(&shown) {
                        found = Some(id);
                        blocked = None;
                    }
                }
            }
            Proof::Code(code) => {
                let at_ticket = desk::tries_at(&mut *tx, &subject, PER_TICKET.since(now)).await?;
                blocked = blocked.max(PER_TICKET.wait(&at_ticket, now));
                // An unknown number costs what a known one does.
                if proofs.is_empty() {
                    self.keys.code_fits(&[0; 32], ticket, code);
                }
                for (id, _, tag) in &proofs {
                    if self.keys.code_fits(tag, ticket, code) {
                        found = Some(id);
                    }
                }
            }
        }
        let outcome = match (&found, blocked) {
            (_, Some(_)) => "blocked",
            (Some(_), None) => "done",
            (None, None) => "wrong",
        };
        self.audit(&mut *tx, &who, "track", &subject, outcome).await?;
        match (found, blocked) {
            (_, Some(wait)) => Ok(Verdict::Blocked(wait)),
            (Some(id), None) => {
                let row = cases::find(tx, id).await?.ok_or(Error::NotFound)?;
                Ok(Verdict::Case(Box::new(row)))
            }
            (None, None) => {
                desk::wrong_try(tx, now, &subject, &who).await?;
                Ok(Verdict::Wrong)
            }
        }
    }

    /// How the audit calls whoever asks; an address only as an HMAC, one for each network of IPv6.
    pub(crate) fn name_of(&self, asker: Asker) -> String {
        match asker {
            Asker::Terminal(number) => format!("terminal:{number}"),
            Asker::Address(address) => {
                let network = match address.to_canonical() {
                    IpAddr::V4(v4) => v4.to_string(),
                    IpAddr::V6(v6) => format!("{:x?}", &v6.segments()[..4]),
                };
                let tag = self.keys.tag(Use::Address, &network);
                format!("address:{}", tag.iter().take(8).map(|b| format!("{b:02x}")).collect::<String>())
            }
        }
    }

    /// Appends to the audit.
    pub(crate) async fn audit(
        &self,
        conn: &mut Conn,
        who: &str,
        what: &str,
        subject: &str,
        outcome: &str,
    ) -> Result<(), Error> {
        let row = AuditRow {
            at: self.now().as_millisecond(),
            who: who.to_owned(),
            what: what.to_owned(),
            subject: subject.to_owned(),
            outcome: outcome.to_owned(),
        };
        Ok(desk::audit(conn, &row).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_frees_itself_when_its_oldest_try_is_an_hour_old() {
        let now = 10_000_000;
        assert_eq!(PER_TICKET.wait(&[now, now, now, now], now), None);
        let tries = [now, now, now, now, now - 3_540_000];
        assert_eq!(PER_TICKET.wait(&tries, now), Some(Duration::from_secs(60)));
    }
}
