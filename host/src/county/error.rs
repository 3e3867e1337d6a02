//! What the county's service answers when it doesn't do what was asked.

use std::time::Duration;

use super::case::Refused;
use crate::store::StoreError;

/// Why the county's service didn't do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many wrong tries.
    #[error("too many tries")]
    TooMany {
        /// When it is worth asking again.
        retry_after: Duration,
    },
    /// There is no such thing, or not for whoever asked.
    #[error("no such thing")]
    NotFound,
    /// Whoever asked may not do it.
    #[error("not allowed")]
    NotAllowed,
    /// Something entered is not usable; the sentence is for people.
    #[error("{0}")]
    Input(String),
    /// The case doesn't allow the step.
    #[error(transparent)]
    Step(#[from] Refused),
    /// Bytes that the intake doesn't take.
    #[error(transparent)]
    Intake(#[from] IntakeRefused),
    /// A piece of an upload that doesn't fit.
    #[error(transparent)]
    Upload(#[from] UploadRefused),
    /// The database.
    #[error("the county's database does not answer")]
    Store(#[from] StoreError),
}

/// Why bytes are not taken as an event; all answered 422. None of them is a loss: the terminal keeps the event.
#[derive(Debug, thiserror::Error)]
pub enum IntakeRefused {
    /// Not an event.
    #[error("not an event: {0}")]
    NotAnEvent(#[from] wire::event::EventError),
    /// The address names another id than the header.
    #[error("the header names another id than the address")]
    OtherId,
    /// The header names another terminal than the one that sends, or a number that another terminal gave.
    #[error("the header is not the sender's")]
    NotTheSenders,
    /// The digest is not that of the bytes.
    #[error("the digest is not that of the bytes")]
    Digest,
}

/// Why a piece of an upload, or the whole, is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefused {
    /// No event has this length.
    #[error("an event has 1 to {} bytes", wire::event::LARGEST_EVENT_MAX)]
    Length,
    /// The piece does not follow on what is here.
    #[error("the next byte is {expected}")]
    Offset {
        /// Where the next piece begins.
        expected: u64,
    },
    /// More bytes than were announced.
    #[error("more bytes than were announced")]
    More,
    /// The whole has another hash than was announced; it is gone.
    #[error("the hash is not the one that was announced; begin again")]
    Digest,
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(source.into())
    }
}
