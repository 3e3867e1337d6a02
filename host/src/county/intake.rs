//! The intake.

use uuid::Uuid;
use wire::{bulletin::Bulletin, intake::Views, ticket::TerminalNumber};

use super::{County, Error};

/// What became of bytes that were sent under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// New, and on disk: 201.
    New,
    /// The same bytes as before: 200.
    Same,
    /// Other bytes than before, kept beside them and shown in the console: 409.
    Other,
}

impl County {
    /// Takes an event's bytes, sent by terminal `from` under `id`. On `Ok` they are on disk.
    ///
    /// # Errors
    /// [`Error::Intake`] for what is no event of this sender (422), or the database (500).
    pub async fn accept(
        &self,
        from: TerminalNumber,
        id: Uuid,
        digest: Option<&str>,
        bytes: &[u8],
    ) -> Result<Intake, Error> {
        let _ = (from, id, digest, bytes);
        todo!()
    }

    /// The views of a terminal's own tickets that changed behind `after`.
    ///
    /// # Errors
    /// The database.
    pub async fn views(&self, terminal: TerminalNumber, after: u64) -> Result<Views, Error> {
        let _ = (terminal, after);
        todo!()
    }

    /// What the terminal's station shows; the revision is the `ETag`.
    ///
    /// # Errors
    /// The database.
    pub async fn bulletin(&self, terminal: TerminalNumber) -> Result<Bulletin, Error> {
        let _ = terminal;
        todo!()
    }
}
