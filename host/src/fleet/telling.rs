//! Telling people of alarms: messages put into the outbox, alarms that somebody sees to, terminals that are quiet.
//!
//! Invariant: a message and the note of what it tells are one transaction; a message that was given up has told nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use wire::ticket::TerminalNumber;

use super::{
    Error, Fault, Fleet,
    notices::{self, AGAIN, Message, Noted},
};
use crate::{
    outbox::Announces,
    store::{
        Conn, Store, Tx, health,
        notices::{self as rows, QuietRow},
        outbox::{self, OutboxRow},
        terminals,
    },
};

/// The most hours that something is quiet: whoever wants longer says so again.
pub const QUIET_HOURS: u32 = 30 * 24;

/// Who sees to an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AlarmTaken)]
pub struct Taken {
    /// As the audit calls them.
    pub by: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Until when nothing is told, who said so, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Quiet)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct Quiet {
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    pub who: String,
    pub why: String,
}

/// Whom something is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom<'a> {
    /// One terminal.
    Terminal(TerminalNumber),
    /// All of a station, by its name.
    Station(&'a str),
}

impl Whom<'_> {
    fn name(self) -> String {
        match self {
            Self::Terminal(number) => super::subject(number),
            Self::Station(name) => format!("station:{name}"),
        }
    }
}

/// What is quiet at a time.
#[derive(Debug)]
pub(super) struct Quiets(BTreeMap<String, Quiet>);

impl Quiets {
    pub(super) async fn read(conn: &mut Conn, now: Timestamp) -> Result<Self, Error> {
        let rows = rows::quiet(conn).await?.into_iter().filter(|row| row.until > now);
        Ok(Self(rows.map(|QuietRow { whom, until, who, why }| (whom, Quiet { until, who, why })).collect()))
    }

    /// Whether a terminal is quiet, itself or with its station; of both what lasts longer.
    pub(super) fn of(&self, terminal: TerminalNumber, station: &str) -> Option<&Quiet> {
        let found = [Whom::Terminal(terminal), Whom::Station(station)].map(|whom| self.0.get(&whom.name()));
        found.into_iter().flatten().max_by_key(|quiet| quiet.until)
    }
}

impl Fleet {
    /// Tells of alarms at this address.
    #[must_use]
    pub fn telling(self, webhook: Option<&str>) -> Self {
        Self { webhook: webhook.map(Into::into), ..self }
    }

    /// Puts a message about alarms into the outbox, where it is time for one; whether it was.
    ///
    /// # Errors
    /// The database.
    pub async fn tell(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        if self.webhook.is_none() || self.message(&mut *self.store.read().await?, now).await?.is_none() {
            return Ok(false);
        }
        let mut tx = self.store.write().await?;
        let Some(message) = self.message(&mut tx, now).await? else { return Ok(false) };
        let made = now.as_millisecond();
        outbox::announce(&mut tx, made, None, &message.body(now).to_string()).await?;
        rows::told(&mut tx, made, &message.told, &message.told_over).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn message(&self, conn: &mut Conn, now: Timestamp) -> Result<Option<Message>, Error> {
        let last = rows::last_made(&mut *conn).await?;
        let since = now.checked_sub(AGAIN).unwrap_or(Timestamp::MIN);
        let quiets = Quiets::read(&mut *conn, now).await?;
        let noted = |row: rows::NotedRow| {
            Some(Noted {
                // Of one that a newer release raised this one has no words.
                fault: Fault::named(&row.fault)?,
                is_quiet: quiets.of(row.terminal, &row.station).is_some(),
                number: row.number,
                terminal: row.terminal,
                station: row.station,
                raised_at: row.raised_at,
                cleared_at: row.cleared_at,
                told_at: row.told_at,
                is_over_told: row.over_told_at.is_some(),
                is_taken: row.is_taken,
            })
        };
        let alarms: Vec<Noted> = rows::noted(&mut *conn, since).await?.into_iter().filter_map(noted).collect();
        let at = health::terminals_at(conn).await?.into_iter().collect();
        Ok(notices::digest(&alarms, &at, last, now))
    }

    /// Somebody sees to what is wrong with a terminal. False where nothing is that nobody sees to.
    ///
    /// # Errors
    /// The database.
    pub async fn take(&self, terminal: TerminalNumber) -> Result<bool, Error> {
        let mut tx = self.store.write().await?;
        if rows::take(&mut tx, terminal, &self.who, self.clock.now()).await? == 0 {
            return Ok(false);
        }
        self.note(&mut tx, "terminal.take", &super::subject(terminal)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Tells nothing of a terminal or a station for some hours, for a reason; 0 hours, it is told of again. Returns until
    /// when nothing is told.
    ///
    /// # Errors
    /// [`Error::Quiet`], [`Error::Unknown`], or the database.
    pub async fn silence(&self, whom: Whom<'_>, hours: u32, why: &str) -> Result<Option<Timestamp>, Error> {
        let why = why.trim();
        let is_reason = (1..=100).contains(&why.chars().count()) && !why.chars().any(char::is_control);
        if hours > QUIET_HOURS || (hours > 0 && !is_reason) {
            return Err(Error::Quiet);
        }
        let mut tx = self.store.write().await?;
        if let Whom::Terminal(number) = whom
            && terminals::find(&mut tx, number).await?.is_none()
        {
            return Err(Error::Unknown(number));
        }
        let until = self.clock.now() + SignedDuration::from_hours(i64::from(hours));
        let row = QuietRow { whom: whom.name(), until, who: self.who.to_string(), why: why.to_owned() };
        if hours == 0 {
            rows::end_quiet(&mut tx, &row.whom).await?;
            self.note(&mut tx, "terminal.loud", &row.whom).await?;
        } else {
            rows::put_quiet(&mut tx, &row).await?;
            self.note(&mut tx, "terminal.quiet", &format!("{} {hours} h {why}", row.whom)).await?;
        }
        tx.commit().await?;
        Ok((hours > 0).then_some(until))
    }

    /// Whether nothing is told of a terminal, itself or with its station.
    ///
    /// # Errors
    /// The database.
    pub async fn quiet_of(&self, terminal: TerminalNumber, station: &str) -> Result<Option<Quiet>, Error> {
        let quiets = Quiets::read(&mut *self.store.read().await?, self.clock.now()).await?;
        Ok(quiets.of(terminal, station).cloned())
    }
}

impl Announces for Fleet {
    type Error = Error;

    fn store(&self) -> &Store {
        &self.store
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    async fn address_of(&self, _: &OutboxRow) -> Result<Option<String>, Error> {
        Ok(self.webhook.as_deref().map(str::to_owned))
    }

    async fn given_up(&self, tx: &mut Tx, row: &OutboxRow) -> Result<(), Error> {
        tracing::error!(number = row.number, "a message about alarms was given up");
        Ok(rows::given_up(tx, row.number, row.made).await?)
    }
}
