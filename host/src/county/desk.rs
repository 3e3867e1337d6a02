//! What the officer and the villager ask the county for on line: a person, a check-in, a lost receipt.
//!
//! Invariant: a lookup by telephone number answers with numbers, categories and times only, is limited like a guess,
//! and is audited without the telephone number.

use uuid::Uuid;
use wire::{
    intake::{CheckIn, HelpCall, HelpState, Lookup, LookupAnswer, LookupTicket, Reissue, Reissued},
    secret::QueryCode,
    ticket::TerminalNumber,
};

use super::{
    County, Error,
    bulletins::REVISION,
    intake::phone_digits,
    keys::Use,
    people::Official,
    record::{at, category_name, ticket_of},
    tracking::Asker,
};
use crate::{
    account::PER_ASKER,
    store::{
        Conn,
        cases::{self, CaseRow},
        desk::{self, HelpRow},
        rosters, settings, tries,
    },
};

/// The most tickets that a lookup tells.
const LOOKUP_AT_MOST: usize = 10;

impl County {
    /// Notes a call for help; the same call twice is one.
    ///
    /// # Errors
    /// The database.
    pub async fn help(&self, terminal: TerminalNumber, call: &HelpCall) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let station = self.station_of(&mut tx, terminal).await?;
        let (id, now) = (call.id.to_string(), self.now().as_millisecond());
        let place = station.as_ref().map(|s| s.id.as_str());
        if desk::call_help(&mut tx, &id, &terminal.to_string(), place, now).await? {
            self.announce_help(&mut tx, station.as_ref()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Whether somebody acknowledged the terminal's call.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a call that this terminal never made, or the database.
    pub async fn help_state(&self, terminal: TerminalNumber, call: Uuid) -> Result<HelpState, Error> {
        let mut conn = self.store.read().await?;
        let row = desk::find_help(&mut conn, &call.to_string()).await?.ok_or(Error::NotFound)?;
        if row.terminal != terminal.to_string() {
            return Err(Error::NotFound);
        }
        Ok(HelpState { acknowledged: row.acknowledged.is_some(), by: row.by_name })
    }

    /// The open calls and those of the last day, for the console.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for a unit, or the database.
    pub async fn help_calls(&self, by: &Official) -> Result<Vec<HelpRow>, Error> {
        by.serves_villagers()?;
        let since = self.now().as_millisecond() - 24 * 3_600_000;
        let mut conn = self.store.read().await?;
        Ok(desk::help_calls(&mut conn, since, by.station.as_deref().unwrap_or_default()).await?)
    }

    /// Says that `by` comes: 我知道了.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for a unit, [`Error::NotFound`] for no such call or one of a station that they don't see,
    /// or the database.
    pub async fn acknowledge(&self, by: &Official, call: &str) -> Result<(), Error> {
        by.serves_villagers()?;
        let mut tx = self.store.write().await?;
        let row = desk::find_help(&mut tx, call).await?.ok_or(Error::NotFound)?;
        if by.station.is_some() && row.station != by.station {
            return Err(Error::NotFound);
        }
        desk::acknowledge(&mut tx, call, &by.name, self.now().as_millisecond()).await?;
        self.audit(&mut tx, &by.who(), "help", call, "acknowledged").await?;
        Ok(tx.commit().await?)
    }

    /// Notes that somebody of the roster came or left. When is the county's clock: a terminal's is a label.
    ///
    /// # Errors
    /// [`Error::NotFound`] for somebody who isn't on the station's roster, or the database.
    pub async fn check_in(&self, terminal: TerminalNumber, check_in: &CheckIn) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let station = self.station_of(&mut tx, terminal).await?.ok_or(Error::NotFound)?;
        let roster = rosters::roster(&mut tx, &station.id).await?;
        let person = roster.iter().find(|p| p.id == check_in.person).ok_or(Error::NotFound)?;
        if check_in.present {
            rosters::came(&mut tx, &person.id, self.now().as_millisecond()).await?;
        } else {
            rosters::left(&mut tx, &person.id).await?;
        }
        settings::next(&mut tx, REVISION).await?;
        let outcome = if check_in.present { "came" } else { "left" };
        self.audit(&mut tx, &format!("terminal:{terminal}"), "check_in", &person.id, outcome).await?;
        Ok(tx.commit().await?)
    }

    /// Finds tickets by the telephone number that was left with them. Audited.
    ///
    /// # Errors
    /// [`Error::TooMany`], or the database.
    pub async fn lookup(&self, terminal: TerminalNumber, lookup: &Lookup) -> Result<LookupAnswer, Error> {
        let mut tx = self.store.write().await?;
        let found = self.by_phone(&mut tx, terminal, "lookup", "phone", &lookup.phone, |_| true).await?;
        let mut tickets = Vec::new();
        if let Ok(rows) = &found {
            for row in rows {
                tickets.push(LookupTicket {
                    ticket: ticket_of(row)?,
                    category: category_name(&mut tx, row.filed_category()).await?,
                    received: at(row.received),
                });
            }
        }
        tx.commit().await?;
        found.map(|_| LookupAnswer { tickets })
    }

    /// Gives a ticket that [`Self::lookup`] found a new query code; the former one dies. Audited.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the number wasn't left with the ticket, [`Error::TooMany`], or the database.
    pub async fn reissue(&self, terminal: TerminalNumber, reissue: &Reissue) -> Result<Reissued, Error> {
        let mut tx = self.store.write().await?;
        let (ticket, code) = (reissue.ticket.to_string(), QueryCode::draw());
        let subject = format!("ticket:{ticket}");
        let its = |row: &CaseRow| row.ticket == ticket;
        let found = self.by_phone(&mut tx, terminal, "reissue", &subject, &reissue.phone, its).await?;
        if let Ok(rows) = &found {
            for row in rows {
                cases::set_code(&mut tx, &row.id, &self.keys.code_tag(reissue.ticket, &code)).await?;
            }
        }
        tx.commit().await?;
        if found?.is_empty() { Err(Error::NotFound) } else { Ok(Reissued { ticket: reissue.ticket, code }) }
    }

    /// The cases that a telephone number was left with. The outer error undoes the transaction, the inner one is kept.
    async fn by_phone(
        &self,
        tx: &mut Conn,
        terminal: TerminalNumber,
        what: &str,
        subject: &str,
        phone: &str,
        wanted: impl Fn(&CaseRow) -> bool,
    ) -> Result<Result<Vec<CaseRow>, Error>, Error> {
        let now = self.now().as_millisecond();
        let who = format!("{what}:{}", self.name_of(Asker::Terminal(terminal)));
        let tries = tries::by(&mut *tx, &who, PER_ASKER.since(now)).await?;
        if let Some(retry_after) = PER_ASKER.wait(&tries, now) {
            self.audit(&mut *tx, &who, what, subject, "blocked").await?;
            return Ok(Err(Error::TooMany { retry_after }));
        }
        let tags = phone_digits(phone).map(|d| self.keys.tags(Use::Phone, &d)).unwrap_or_default();
        let mut rows = cases::of_phone(&mut *tx, &tags, LOOKUP_AT_MOST).await?;
        rows.retain(wanted);
        if rows.is_empty() {
            tries::add(&mut *tx, now, subject, &who).await?;
        }
        let outcome = if rows.is_empty() { "unknown" } else { "done" };
        self.audit(&mut *tx, &who, what, subject, outcome).await?;
        Ok(Ok(rows))
    }
}
