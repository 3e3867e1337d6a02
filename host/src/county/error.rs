//! What the county's service answers when it doesn't do what was asked.

use std::time::Duration;

use super::case::Refused;
use crate::{account, store::StoreError};

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
    /// What a phone asked for or sent.
    #[error(transparent)]
    Phone(#[from] PhoneRefused),
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

/// Why a phone is not let in, or what it sent is not taken. What each is called on the phone stands in `http::phone`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PhoneRefused {
    /// There is no such QR, or its ten minutes are over.
    #[error("no such hand-over, or too late")]
    Late,
    /// Another phone was first.
    #[error("another phone opened it")]
    Taken,
    /// This phone opened nothing.
    #[error("this phone opened no hand-over")]
    NotOpened,
    /// This phone has opened another one since: its page shows a hand-over that is not the cookie's.
    #[error("the phone has opened another hand-over since")]
    Other,
    /// The terminal has shown a newer QR for the same ticket.
    #[error("a newer hand-over took its place")]
    Replaced,
    /// Its day is over.
    #[error("the phone's time is over")]
    Over,
    /// It said that this is all.
    #[error("the phone has finished")]
    Finished,
    /// As many photos as may be.
    #[error("no more photos")]
    Full,
    /// Too many that were none.
    #[error("too many uploads that were not taken")]
    TooOften,
    /// More bytes than a photo may have.
    #[error("too many bytes")]
    Long,
    /// More pixels than are read.
    #[error("too many pixels")]
    Huge,
    /// A video.
    #[error("a video")]
    Video,
    /// A photo in a format that is not read here.
    #[error("a photo in another format")]
    Format,
    /// Something else.
    #[error("not a photo")]
    NotAPhoto,
    /// A photo that can't be read.
    #[error("a spoilt photo")]
    Spoilt,
    /// It did not come whole.
    #[error("broke off")]
    BrokeOff,
    /// Too many phones at once.
    #[error("too many phones at once")]
    Busy,
    /// Neither words nor photos.
    #[error("neither words nor photos")]
    Empty,
    /// More characters than a suggestion may have.
    #[error("too many characters")]
    LongText,
    /// A control character.
    #[error("a control character")]
    OddText,
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(source.into())
    }
}

impl From<account::Error> for Error {
    fn from(error: account::Error) -> Self {
        match error {
            account::Error::TooMany { retry_after } => Self::TooMany { retry_after },
            account::Error::Store(source) => Self::Store(source),
        }
    }
}
