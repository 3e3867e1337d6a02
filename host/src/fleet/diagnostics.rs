//! What is asked of one terminal from afar, and what it says came of it.
//!
//! Invariants: only what stands in [`Diagnostic`] can be asked; a request is for one terminal, under a number that rises, also
//! over a restore, and signed; what was done is what the terminal says. Logs and pictures are forgotten after [`KEPT`].

use std::io::Cursor;

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ImageFormat, ImageReader, Limits};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use wire::{
    diagnostics::{
        Came, Diagnostic, LOG_MAX, Outcome, PICTURE_MAX, Request, SignedRequest, VERSION, Why, signed_bytes,
    },
    ticket::TerminalNumber,
};

use super::{Error, Fleet, signer::Signer, subject};
use crate::store::{
    StoreError, Tx,
    diagnostics::{self as rows, BroughtRow, DiagnosticRow},
    terminals,
};

/// For how many hours something may be wanted.
pub const HOURS: std::ops::RangeInclusive<u32> = 1..=168;

/// For how many hours, where nobody says: a terminal that was off-line for longer would be a surprise to who asked.
pub const USUAL_HOURS: u32 = 24;

/// Logs and pictures are kept for so long: long enough to look into a fault, short enough that no history is left.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Requests of one terminal that are shown.
const SHOWN: i64 = 20;

/// Characters of what a terminal says of what was not done.
const WHY_MAX: usize = 300;

/// The longest side of a picture, pixels; a panel has 1,920 at most.
const SIDE_MAX: u32 = 4096;

/// Why something is not asked, or an outcome not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// The same waits already.
    #[error("terminal {0} has not answered request {1} yet, which asks the same; wait for it, or cancel it")]
    Waits(TerminalNumber, u64),
    /// For how long.
    #[error("hours: expected a whole number from 1 to 168")]
    Hours,
    /// No such request, or another terminal's.
    #[error("there is no request {0}")]
    Unknown(u64),
    /// It is over: ended, cancelled, or not wanted any more.
    #[error("request {0} is over")]
    Over(u64),
    /// An outcome that is none.
    #[error("{field}: expected {rule}")]
    Outcome {
        /// Which field.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// Another outcome was told before.
    #[error("another outcome of request {0} was told before")]
    Told(u64),
    /// What else can be wrong.
    #[error(transparent)]
    Fleet(#[from] Error),
}

impl From<StoreError> for NotAsked {
    fn from(problem: StoreError) -> Self {
        Self::Fleet(problem.into())
    }
}

impl From<sqlx::Error> for NotAsked {
    fn from(problem: sqlx::Error) -> Self {
        Self::Fleet(problem.into())
    }
}

/// How it stands with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// The terminal has not asked for it yet.
    Waiting,
    /// The terminal has it.
    Fetched,
    /// Somebody took it back before the terminal said anything.
    Cancelled,
    /// Nobody wants it any more, and the terminal never said anything.
    Expired,
    /// The terminal said what came of it.
    Ended(Came),
}

impl Stands {
    /// In one word, for programs.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Waiting => "waiting",
            Self::Fetched => "fetched",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Ended(came) => came.word(),
        }
    }

    /// Whether an answer may still come that somebody waits for.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Fetched)
    }
}

/// A request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its number.
    pub number: u64,
    /// Of whom.
    pub terminal: TerminalNumber,
    /// What.
    pub what: Diagnostic,
    /// When.
    pub asked_at: Timestamp,
    /// By whom, as the audit calls them.
    pub asked_by: String,
    /// Until when it is wanted.
    pub until: Timestamp,
    /// How it stands.
    #[serde(serialize_with = "word")]
    pub state: Stands,
    /// When the terminal said what came of it.
    pub ended_at: Option<Timestamp>,
    /// What the terminal says of what was not done.
    pub why: Option<Why>,
    /// Whether there is a log or a picture to look at.
    pub has_brought: bool,
}

fn word<S: serde::Serializer>(stands: &Stands, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(stands.word())
}

/// What a terminal sent along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// Lines of its log, oldest first; none, it sent none, or they were forgotten.
    pub log: Option<String>,
    /// PNG, likewise.
    pub picture: Option<Vec<u8>>,
}

impl Fleet {
    /// Asks something of a terminal, for as many hours as it is wanted; returns the request's number.
    ///
    /// # Errors
    /// [`NotAsked::Waits`], [`NotAsked::Hours`]; a terminal that is not known, or revoked; or the database.
    pub async fn ask(&self, terminal: TerminalNumber, what: &Diagnostic, hours: u32) -> Result<u64, NotAsked> {
        if !HOURS.contains(&hours) {
            return Err(NotAsked::Hours);
        }
        let mut tx = self.store.write().await?;
        let known = terminals::find(&mut tx, terminal).await?.ok_or(Error::Unknown(terminal))?;
        if known.revoked_at.is_some() {
            return Err(Error::Revoked(terminal).into());
        }
        let now = self.clock.now();
        let before = rows::of(&mut tx, terminal, SHOWN).await?.into_iter().map(|row| asked(row, now));
        if let Some(same) = before.into_iter().find(|asked| asked.what == *what && asked.state.is_open()) {
            return Err(NotAsked::Waits(terminal, same.number));
        }
        let row = DiagnosticRow {
            number: rows::next_number(&mut tx).await?,
            terminal,
            what: what.word().to_owned(),
            asked_at: now,
            asked_by: self.who.to_string(),
            until_at: now + SignedDuration::from_hours(hours.into()),
            fetched_at: None,
            cancelled_at: None,
            ended_at: None,
            came: None,
            why: None,
            has_brought: false,
        };
        rows::ask(&mut tx, &row).await?;
        self.note_asked(&mut tx, "diagnostics.ask", &row).await?;
        tx.commit().await?;
        Ok(row.number)
    }

    async fn note_asked(&self, tx: &mut Tx, deed: &str, row: &DiagnosticRow) -> Result<(), StoreError> {
        self.note(tx, deed, &format!("{} diagnostics:{} {}", subject(row.terminal), row.number, row.what)).await
    }

    /// Takes a request back. The terminal may have done it already, and then says so.
    ///
    /// # Errors
    /// [`NotAsked::Unknown`], [`NotAsked::Over`], or the database.
    pub async fn cancel_asked(&self, number: u64) -> Result<(), NotAsked> {
        let mut tx = self.store.write().await?;
        let row = rows::find(&mut tx, number).await?.ok_or(NotAsked::Unknown(number))?;
        let now = self.clock.now();
        if !asked(row.clone(), now).state.is_open() {
            return Err(NotAsked::Over(number));
        }
        rows::cancel(&mut tx, number, now).await?;
        self.note_asked(&mut tx, "diagnostics.cancel", &row).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The newest requests of a terminal, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn asked_of(&self, terminal: TerminalNumber) -> Result<Vec<Asked>, Error> {
        let found = rows::of(&mut *self.store.read().await?, terminal, SHOWN).await?;
        let now = self.clock.now();
        Ok(found.into_iter().map(|row| asked(row, now)).collect())
    }

    /// A request, and what the terminal sent along.
    ///
    /// # Errors
    /// [`NotAsked::Unknown`], or the database.
    pub async fn asked(&self, number: u64) -> Result<(Asked, Sent), NotAsked> {
        let mut conn = self.store.read().await?;
        let row = rows::find(&mut conn, number).await?.ok_or(NotAsked::Unknown(number))?;
        let BroughtRow { log, picture } = rows::brought(&mut conn, number).await?.unwrap_or_default();
        let picture = picture.and_then(|text| STANDARD.decode(text).ok());
        Ok((asked(row, self.clock.now()), Sent { log, picture }))
    }

    /// The oldest request that waits for a terminal, signed; none, none does.
    ///
    /// # Errors
    /// The database, or the provider of cryptography.
    pub async fn request_for(&self, terminal: TerminalNumber, signer: &Signer) -> Result<Option<SignedRequest>, Error> {
        let now = self.clock.now();
        let found = rows::waiting(&mut *self.store.read().await?, terminal, now).await?;
        let Some(row) = found else { return Ok(None) };
        if row.fetched_at.is_none() {
            let mut tx = self.store.write().await?;
            rows::fetched(&mut tx, row.number, now).await?;
            tx.commit().await?;
        }
        let DiagnosticRow { number, what, until_at, .. } = row;
        let request = Request { v: VERSION, number, terminal, what: what.into(), at: now, until: until_at };
        let text = serde_json::to_string(&request).map_err(|_| StoreError::Unreadable("diagnostic"))?;
        let (signature, chain) = signer.sign(&signed_bytes(&text), now)?;
        Ok(Some(SignedRequest::new(text, &signature, chain)))
    }

    /// Takes what a terminal says came of a request; the same outcome again is a success.
    ///
    /// # Errors
    /// [`NotAsked::Unknown`] also for another terminal's, [`NotAsked::Outcome`], [`NotAsked::Told`], or the database.
    pub async fn take_outcome(&self, terminal: TerminalNumber, outcome: &Outcome) -> Result<(), NotAsked> {
        let (number, came) = (outcome.number, outcome.came.word());
        let why = outcome.why.as_ref().map(|why| shown(why.word(), false).chars().take(WHY_MAX).collect::<String>());
        let brought = checked(outcome)?;
        let mut tx = self.store.write().await?;
        let row = rows::find(&mut tx, number).await?.filter(|row| row.terminal == terminal);
        let row = row.ok_or(NotAsked::Unknown(number))?;
        if row.ended_at.is_some() {
            let is_same = row.came.as_deref() == Some(came) && row.why == why;
            return if is_same { Ok(()) } else { Err(NotAsked::Told(number)) };
        }
        rows::end(&mut tx, number, self.clock.now(), (came, why.as_deref()), &brought).await?;
        let text = format!("{} diagnostics:{number} {} {came}", subject(terminal), row.what);
        self.note_by(&mut tx, &subject(terminal), "diagnostics.end", &text).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets logs and pictures that were kept for long enough; how many.
    ///
    /// # Errors
    /// The database.
    pub async fn forget_diagnostics(&self) -> Result<u64, Error> {
        let before = self.clock.now().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let mut tx = self.store.write().await?;
        let forgotten = rows::forget(&mut tx, before).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

fn asked(row: DiagnosticRow, now: Timestamp) -> Asked {
    let state = match (&row.came, row.cancelled_at, row.fetched_at) {
        (Some(came), ..) => Stands::Ended(came.clone().into()),
        (None, Some(_), _) => Stands::Cancelled,
        _ if row.until_at <= now => Stands::Expired,
        (None, None, Some(_)) => Stands::Fetched,
        (None, None, None) => Stands::Waiting,
    };
    let DiagnosticRow {
        number, terminal, what, asked_at, asked_by, until_at: until, ended_at, why, has_brought, ..
    } = row;
    let (what, why) = (Diagnostic::from(what), why.map(Why::from));
    Asked { number, terminal, what, asked_at, asked_by, until, state, ended_at, why, has_brought }
}

/// What came along, as it is kept: lines without control characters, and a picture of which nothing but pixels is left.
fn checked(outcome: &Outcome) -> Result<BroughtRow, NotAsked> {
    let wrong = |field, rule| NotAsked::Outcome { field, rule };
    if outcome.came.word().chars().count() > 40 {
        return Err(wrong("came", "a word of at most 40 characters"));
    }
    let lines: Vec<_> = outcome.log.iter().map(|line| shown(line, true)).collect();
    let log = lines.join("\n");
    if log.len() > LOG_MAX {
        return Err(wrong("log", "lines of at most 131072 bytes together"));
    }
    let picture = match &outcome.picture {
        None => None,
        Some(_) => {
            let png = outcome.png().filter(|png| png.len() <= PICTURE_MAX);
            let drawn = png.and_then(|png| drawn_anew(&png));
            let drawn = drawn.ok_or_else(|| wrong("picture", "a PNG of at most 524288 bytes, base64url"))?;
            Some(STANDARD.encode(drawn))
        }
    };
    Ok(BroughtRow { log: (!log.is_empty()).then_some(log), picture })
}

fn shown(text: &str, tabs: bool) -> String {
    text.chars().map(|c| if c.is_control() && !(tabs && c == '\t') { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn drawn_anew(png: &[u8]) -> Option<Vec<u8>> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_MAX), Some(SIDE_MAX));
    limits.max_alloc = Some(128 * 1024 * 1024);
    let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    reader.limits(limits);
    let mut drawn = Vec::new();
    reader.decode().ok()?.to_rgb8().write_to(&mut Cursor::new(&mut drawn), ImageFormat::Png).ok()?;
    Some(drawn)
}
