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

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(source.into())
    }
}
