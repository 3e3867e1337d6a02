//! What came on a stick and is nobody's: kept byte for byte with who brought it, when and why it is kept apart, and shown
//! by an alarm.
//!
//! Invariant: nothing here leads to a case. What turns out to be good comes again, by the network or on another stick.

use wire::{event, ticket::TerminalNumber};

use super::{County, Error, people::Official};
use crate::store::quarantine::{self, NewQuarantine, QuarantineRow};

/// The most that a list shows.
const LISTED: i64 = 500;

/// Something that is to be kept apart.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// Its folder on the stick.
    pub folder: String,
    /// Whose it is by a certificate that was checked.
    pub terminal: Option<TerminalNumber>,
    /// A word of the migration's list.
    pub reason: &'static str,
    /// What is wrong, file by file; names of files and no words of anybody.
    pub detail: String,
    /// How many files the archive has.
    pub files: usize,
    /// The files, a tar archive.
    pub archive: Vec<u8>,
}

impl County {
    /// Keeps something apart that `who` brought, raises its alarm and notes it in the audit; gives its number. The same
    /// thing brought again is kept once.
    ///
    /// # Errors
    /// The database; nothing was kept then.
    pub async fn quarantine(&self, who: &str, suspect: &Suspect) -> Result<i64, Error> {
        let terminal = suspect.terminal.map(|number| number.to_string());
        let fingerprint = event::hash(&[suspect.reason.as_bytes(), b"\n", &suspect.archive].concat());
        let new = NewQuarantine {
            at: self.now().as_millisecond(),
            who,
            folder: &suspect.folder,
            terminal: terminal.as_deref(),
            reason: suspect.reason,
            detail: &suspect.detail,
            files: i64::try_from(suspect.files).unwrap_or(i64::MAX),
            fingerprint: &fingerprint,
            bytes: &suspect.archive,
        };
        let mut tx = self.store.write().await?;
        let (number, _) = quarantine::keep(&mut tx, &new).await?;
        self.audit(&mut tx, who, "stick", &format!("quarantine:{number}"), "quarantined").await?;
        tx.commit().await?;
        tracing::warn!(folder = suspect.folder, reason = suspect.reason, "what came on a stick is kept apart");
        Ok(number)
    }

    /// Notes in the audit that `who` brought a terminal's stick and it was taken.
    ///
    /// # Errors
    /// The database.
    pub async fn stick_taken(&self, who: &str, terminal: TerminalNumber) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        self.audit(&mut tx, who, "stick", &format!("terminal:{terminal}"), "taken").await?;
        Ok(tx.commit().await?)
    }

    /// What is kept apart, newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn quarantined(&self) -> Result<Vec<QuarantineRow>, Error> {
        Ok(quarantine::all(&mut *self.store.read().await?, LISTED).await?)
    }

    /// The archive that is kept under a number.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn quarantined_archive(&self, number: i64) -> Result<Vec<u8>, Error> {
        quarantine::bytes(&mut *self.store.read().await?, number).await?.ok_or(Error::NotFound)
    }

    /// What an alarm of a stick is about.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn quarantine_of(&self, by: &Official, alarm: i64) -> Result<Option<QuarantineRow>, Error> {
        by.rules()?;
        Ok(quarantine::of_alarm(&mut *self.store.read().await?, alarm).await?)
    }
}
