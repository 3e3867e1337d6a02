//! What keeps an artifact from being taken in, released or read.

use std::{io, path::PathBuf};

use super::{Label, Unsound};
use crate::store::StoreError;

/// Why it wasn't done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such artifact.
    #[error("there is no artifact {0}; `host artifact list` shows those there are")]
    Unknown(i64),
    /// The name and version stand for other bytes, or for another kind.
    #[error("{name} {version} is artifact {id}, with other bytes or of another kind; give these another version")]
    Taken {
        /// Whose name it is.
        id: i64,
        /// The name.
        name: Label,
        /// The version.
        version: Label,
    },
    /// It was withdrawn.
    #[error("artifact {0} was withdrawn, which is for good")]
    Withdrawn(i64),
    /// A version that is as high or higher was released.
    #[error("version {0} of it was released, which is not lower; --lower releases this one all the same")]
    NotHigher(String),
    /// It is a RAUC bundle, and not what it is said to be as far as is known.
    #[error("artifact {id} stays a draft")]
    Unsound {
        /// As `list` shows it.
        id: i64,
        /// Why.
        #[source]
        source: Unsound,
    },
    /// Its bytes aren't there.
    #[error(
        "the bytes of artifact {0} are not on this machine; `host artifact add` with the same file brings them back"
    )]
    BytesMissing(i64),
    /// More than the disk has room for.
    #[error("no room: {announced} bytes were to come, {free} are free for artifacts")]
    NoRoom {
        /// Bytes.
        announced: u64,
        /// Bytes.
        free: u64,
    },
    /// It broke off, or grew meanwhile.
    #[error("{announced} bytes were to come, {came} came; nothing was kept")]
    Length {
        /// Bytes.
        announced: u64,
        /// Bytes.
        came: u64,
    },
    /// What was to come can't be read.
    #[error("the file can't be read on; nothing was kept")]
    Source(#[source] io::Error),
    /// The folder of artifacts.
    #[error("{path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Bytes that can't be written or found.
    #[error("the artifact's bytes can't be kept")]
    Objects(#[from] object_store::Error),
    /// Those who are at it are not to be stopped.
    #[error("the orders of it can't be cancelled")]
    Orders(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database.
    #[error("the fleet's database does not answer")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(source.into())
    }
}
