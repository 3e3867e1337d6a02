//! Uploads: an event that comes in pieces, over a link that breaks.
//!
//! Invariants: an offset that was said is on the disk; the last piece, the event's own taking and the end of its upload
//! are one transaction, so that no upload is ever whole and not taken. An upload belongs to the terminal that began it:
//! for every other one it isn't there. A terminal has at most [`UPLOADS_MAX`] of them, each no longer than an event may
//! be, and one that was silent for [`SILENCE`] is forgotten. What is kept of one is sealed, like the event.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use wire::{
    event::{self, LARGEST_EVENT_MAX},
    ticket::TerminalNumber,
};

use super::{County, Error, IntakeRefused, UploadRefused, intake::Intake, record::at};
use crate::store::{
    Conn, StoreError, events,
    uploads::{self, UploadRow},
};

/// A terminal sends one event after the other; what is left of others came before a new card or a restore.
pub const UPLOADS_MAX: usize = 8;

/// A terminal without a network for longer than this begins again.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Bytes on the disk.
    pub offset: u64,
    /// Bytes of the whole.
    pub length: u64,
    /// Of the whole, where the terminal said it and something is missing.
    pub sha256: Option<[u8; 32]>,
    /// When it is forgotten if nothing more comes; none where nothing is missing.
    pub expires: Option<Timestamp>,
}

/// What came of beginning an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The county holds these very bytes.
    Held,
    /// It holds others under the id, and has kept these beside them.
    Other,
    /// The rest is to be sent.
    At(Standing),
}

/// What came of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grown {
    /// More is to come.
    At(Standing),
    /// It was the last one.
    Taken {
        /// What became of the event.
        intake: Intake,
        /// Its length.
        length: u64,
    },
}

impl County {
    /// Begins the upload of an event, or finds the one that was begun; `sha256` is that of the whole event.
    ///
    /// # Errors
    /// [`Error::Upload`] for a length that no event has, or the database.
    pub async fn begin_upload(
        &self,
        from: TerminalNumber,
        id: Uuid,
        length: u64,
        sha256: Option<[u8; 32]>,
    ) -> Result<Begun, Error> {
        if length == 0 || length > LARGEST_EVENT_MAX as u64 {
            return Err(UploadRefused::Length.into());
        }
        let (terminal, event) = (from.to_string(), id.to_string());
        let mut tx = self.store.write().await?;
        if let Some(sha256) = sha256 {
            let known = events::find(&mut tx, &event).await?;
            // Another terminal's event stays unknown: these bytes come to be kept as other ones.
            if known.is_some_and(|known| known.terminal == terminal && known.sha256 == sha256) {
                return Ok(Begun::Held);
            }
            if events::is_conflict(&mut tx, &event, &sha256).await? {
                return Ok(Begun::Other);
            }
        }
        let length = i64::try_from(length).map_err(|_| UploadRefused::Length)?;
        let sha256 = sha256.map(|sha256| sha256.to_vec());
        let begun = uploads::find(&mut tx, &terminal, &event, self.silent_since()).await?;
        if let Some(begun) = begun.filter(|begun| begun.length == length && begun.sha256 == sha256) {
            return Ok(Begun::At(standing(&begun)?));
        }
        uploads::remove(&mut tx, &terminal, &event).await?;
        self.make_room(&mut tx, &terminal).await?;
        let touched = self.now().as_millisecond();
        let row = UploadRow { terminal, event, length, sha256, received: 0, touched };
        uploads::insert(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(Begun::At(standing(&row)?))
    }

    /// Where a terminal's upload stands; whole, where the county holds the event.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none of this terminal, or the database.
    pub async fn upload(&self, from: TerminalNumber, id: Uuid) -> Result<Standing, Error> {
        let (terminal, event) = (from.to_string(), id.to_string());
        let mut conn = self.store.read().await?;
        if let Some(row) = uploads::find(&mut conn, &terminal, &event, self.silent_since()).await? {
            return Ok(standing(&row)?);
        }
        let held = events::find(&mut conn, &event).await?.filter(|held| held.terminal == terminal);
        let length = held.ok_or(Error::NotFound)?.bytes.len() as u64;
        Ok(Standing { offset: length, length, sha256: None, expires: None })
    }

    /// Adds a piece that begins at `offset`. On `Ok` it is on the disk; with the last one the event is taken.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such upload of this terminal, [`Error::Upload`] for a piece that doesn't
    /// fit or a whole that is not what was announced, [`Error::Intake`] for a whole that is no event of this sender, or
    /// the database. A whole that is refused is gone.
    pub async fn grow_upload(&self, from: TerminalNumber, id: Uuid, offset: u64, bytes: &[u8]) -> Result<Grown, Error> {
        let (terminal, event, now) = (from.to_string(), id.to_string(), self.now().as_millisecond());
        let mut tx = self.store.write().await?;
        let row = uploads::find(&mut tx, &terminal, &event, self.silent_since()).await?.ok_or(Error::NotFound)?;
        let Standing { offset: expected, length, .. } = standing(&row)?;
        if offset != expected {
            return Err(UploadRefused::Offset { expected }.into());
        }
        let missing = length - expected;
        if bytes.len() as u64 > missing {
            return Err(UploadRefused::More.into());
        }
        if bytes.len() as u64 == missing {
            let mut whole = uploads::bytes(&mut tx, &row).await?;
            whole.extend_from_slice(bytes);
            uploads::remove(&mut tx, &terminal, &event).await?;
            let taken = self.take_whole(&mut tx, from, id, &row, &whole).await;
            // A whole that is no event is the same each time: it is gone, and said so.
            if !matches!(taken, Err(Error::Store(_))) {
                tx.commit().await?;
            }
            return taken.map(|intake| Grown::Taken { intake, length });
        }
        if !bytes.is_empty() {
            uploads::grow(&mut tx, &row, bytes, now).await?;
            tx.commit().await?;
        }
        let received = row.received.saturating_add(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        let touched = if bytes.is_empty() { row.touched } else { now };
        Ok(Grown::At(standing(&UploadRow { received, touched, ..row })?))
    }

    async fn take_whole(
        &self,
        tx: &mut Conn,
        from: TerminalNumber,
        id: Uuid,
        row: &UploadRow,
        whole: &[u8],
    ) -> Result<Intake, Error> {
        if row.sha256.as_ref().is_some_and(|announced| *announced != event::hash(whole)) {
            return Err(UploadRefused::Digest.into());
        }
        let (header, body) = event::split(whole).map_err(IntakeRefused::from)?;
        self.accept_in(tx, (from, id), (&header, body), whole).await
    }

    /// Ends a terminal's upload.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such upload of this terminal, or the database.
    pub async fn end_upload(&self, from: TerminalNumber, id: Uuid) -> Result<(), Error> {
        let (terminal, event) = (from.to_string(), id.to_string());
        let mut tx = self.store.write().await?;
        uploads::find(&mut tx, &terminal, &event, self.silent_since()).await?.ok_or(Error::NotFound)?;
        uploads::remove(&mut tx, &terminal, &event).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets the uploads that were silent for too long; returns how many.
    ///
    /// # Errors
    /// The database.
    pub async fn forget_uploads(&self) -> Result<usize, Error> {
        let mut tx = self.store.write().await?;
        let silent = uploads::silent(&mut tx, self.silent_since()).await?;
        for row in &silent {
            uploads::remove(&mut tx, &row.terminal, &row.event).await?;
        }
        tx.commit().await?;
        Ok(silent.len())
    }

    /// A new upload takes the place of the one that was silent longest.
    async fn make_room(&self, tx: &mut Conn, terminal: &str) -> Result<(), Error> {
        let there = uploads::of_terminal(&mut *tx, terminal).await?;
        for row in there.iter().take((there.len() + 1).saturating_sub(UPLOADS_MAX)) {
            uploads::remove(&mut *tx, &row.terminal, &row.event).await?;
        }
        Ok(())
    }

    fn silent_since(&self) -> i64 {
        (self.now() - SILENCE).as_millisecond()
    }
}

fn standing(row: &UploadRow) -> Result<Standing, StoreError> {
    let count = |n: i64| u64::try_from(n).map_err(|_| StoreError::Unreadable("upload"));
    let expires = at(row.touched).checked_add(SILENCE).ok();
    let sha256 = row.sha256.clone().map(TryInto::try_into).transpose();
    let sha256 = sha256.map_err(|_| StoreError::Unreadable("hash"))?;
    Ok(Standing { offset: count(row.received)?, length: count(row.length)?, sha256, expires })
}
