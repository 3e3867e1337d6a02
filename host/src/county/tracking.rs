//! A villager asks for a case: with the receipt's QR, or with number and query code.
//!
//! Limits: 5 wrong codes per ticket and hour, 20 wrong tries per terminal or address and hour; behind them even the
//! right code is not tried. An unknown number is answered like a wrong code, by the same statements. The QR's secret
//! can't be guessed, so whoever shows the right one is never kept waiting by those who guess. Every try is audited;
//! what is kept waiting stands there once an hour and takes no turn among the writers, so that nobody who asks without
//! end holds up the intake or fills the disk.

use std::{net::IpAddr, time::Duration};

use wire::{
    intake::{Track, Tracked},
    secret::Proof,
    ticket::{TerminalNumber, TicketNumber},
    view::ViewKey,
};

use super::{County, Error, keys::Use, record::view_key};
use crate::{
    account::{Limit, PER_ASKER, name_of_address, network_of},
    store::{
        Conn,
        cases::{self, CaseRow},
        desk::{self, AuditRow},
        tries,
    },
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
enum Verdict {
    Case(Box<CaseRow>),
    Wrong,
    Blocked(Duration),
}

/// What a proof weighs before anything is noted.
struct Weighed {
    /// Id of its case.
    found: Option<String>,
    /// How long whoever asks has to wait.
    blocked: Option<Duration>,
    /// Whether the hour's line of the audit is still to be written.
    unsaid: bool,
}

const HOUR: Duration = Duration::from_secs(3600);
const PER_TICKET: Limit = Limit { tries: 5, within: HOUR };

impl County {
    /// Answers whoever shows a number and a proof.
    ///
    /// # Errors
    /// [`Error::TooMany`] after too many wrong tries, or the database.
    pub async fn track(&self, asker: Asker, track: &Track) -> Result<Tracked, Error> {
        let weighed = self.weigh(&mut *self.store.read().await?, asker, track.ticket, &track.proof).await?;
        if let Weighed { blocked: Some(retry_after), unsaid: false, .. } = weighed {
            return Err(Error::TooMany { retry_after });
        }
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

    /// The case that a rating's proof belongs to; a wrong proof counts as a wrong try.
    ///
    /// Without the limits: what was answered 201 must not be thrown away because somebody else guessed, and a rating
    /// comes from a terminal that asked within the limits before.
    pub(super) async fn case_of_proof(
        &self,
        tx: &mut Conn,
        from: TerminalNumber,
        ticket: TicketNumber,
        proof: &Proof,
    ) -> Result<Option<CaseRow>, Error> {
        let asker = Asker::Terminal(from);
        let weighed = Weighed { blocked: None, ..self.weigh(&mut *tx, asker, ticket, proof).await? };
        match self.note(tx, asker, ticket, weighed).await? {
            Verdict::Case(row) => Ok(Some(*row)),
            Verdict::Wrong | Verdict::Blocked(_) => Ok(None),
        }
    }

    /// Holds a proof against the cases of a number, within the limits.
    async fn judge(&self, tx: &mut Conn, asker: Asker, ticket: TicketNumber, proof: &Proof) -> Result<Verdict, Error> {
        let weighed = self.weigh(&mut *tx, asker, ticket, proof).await?;
        self.note(tx, asker, ticket, weighed).await
    }

    async fn weigh(
        &self,
        conn: &mut Conn,
        asker: Asker,
        ticket: TicketNumber,
        proof: &Proof,
    ) -> Result<Weighed, Error> {
        let now = self.now().as_millisecond();
        let (who, subject) = (self.name_of(asker), format!("ticket:{ticket}"));
        let proofs = cases::proofs(&mut *conn, &ticket.to_string()).await?;
        let mut by_asker = PER_ASKER.wait(&tries::by(&mut *conn, &who, PER_ASKER.since(now)).await?, now);
        let (mut found, mut at_ticket) = (None, None);
        match proof {
            Proof::Secret(secret) => {
                let shown = ViewKey::of(secret);
                for (id, key, _) in &proofs {
                    if view_key(key)?.same_as(&shown) {
                        found = Some(id.clone());
                        by_asker = None;
                    }
                }
            }
            Proof::Code(code) => {
                at_ticket = PER_TICKET.wait(&tries::at(&mut *conn, &subject, PER_TICKET.since(now)).await?, now);
                // An unknown number costs what a known one does.
                if proofs.is_empty() {
                    self.keys.code_fits(&[0; 32], ticket, code);
                }
                for (id, _, tag) in &proofs {
                    if self.keys.code_fits(tag, ticket, code) {
                        found = Some(id.clone());
                    }
                }
            }
        }
        let blocked = by_asker.max(at_ticket);
        // Whoever is over their own limit has one line for all tickets: there is no end of numbers to ask for.
        let of_subject = if by_asker.is_some() { "" } else { subject.as_str() };
        let unsaid =
            blocked.is_some() && !desk::said_blocked(conn, &who, "track", of_subject, PER_ASKER.since(now)).await?;
        Ok(Weighed { found, blocked, unsaid })
    }

    async fn note(
        &self,
        tx: &mut Conn,
        asker: Asker,
        ticket: TicketNumber,
        weighed: Weighed,
    ) -> Result<Verdict, Error> {
        let now = self.now().as_millisecond();
        let (who, subject) = (self.name_of(asker), format!("ticket:{ticket}"));
        match weighed {
            Weighed { blocked: Some(wait), unsaid, .. } => {
                if unsaid {
                    self.audit(tx, &who, "track", &subject, "blocked").await?;
                }
                Ok(Verdict::Blocked(wait))
            }
            Weighed { found: Some(id), .. } => {
                self.audit(&mut *tx, &who, "track", &subject, "done").await?;
                let row = cases::find(tx, &id).await?.ok_or(Error::NotFound)?;
                Ok(Verdict::Case(Box::new(row)))
            }
            Weighed { found: None, .. } => {
                self.audit(&mut *tx, &who, "track", &subject, "wrong").await?;
                tries::add(tx, now, &subject, &who).await?;
                Ok(Verdict::Wrong)
            }
        }
    }

    /// How the audit calls whoever asks; an address only as an HMAC, one for each network of IPv6.
    pub(crate) fn name_of(&self, asker: Asker) -> String {
        match asker {
            Asker::Terminal(number) => format!("terminal:{number}"),
            Asker::Address(address) => name_of_address(&self.keys.tag(Use::Address, &network_of(address))),
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
