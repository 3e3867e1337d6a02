//! The write-ahead log as the system shows it, made to be what the disk holds.
//!
//! After an fsync that failed the system counts what it could not write as written: whoever opens the file next reads a
//! commit there that the disk does not have, appends behind it, and loses what was appended with the power. So whoever
//! opens the file alone writes the log again, byte for byte, before SQLite reads it. Where another program has the file
//! open that is not needed: the log's index in memory knows nothing of the commit that failed, and the next one takes its
//! place.
//!
//! Source: P. Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use super::{QueueError, patience, store::files_of};
use crate::durable;

/// Writes the log again where it stands.
///
/// # Errors
/// The disk can't be read or written; then the log must not be read as if it were on it.
pub(super) fn write_again(queue: &Path) -> Result<(), QueueError> {
    let [_, log, _] = files_of(queue);
    if fs::metadata(&log).map_or(true, |found| found.len() == 0) {
        return Ok(());
    }
    let bytes = patience::read(&log)?;
    let again = || {
        let mut file = File::options().write(true).open(&log)?;
        file.write_all(&bytes)?;
        file.sync_all()
    };
    again().map_err(|source| QueueError::Log { path: queue.to_owned(), source })
}

/// Makes sure of the names in the queue's folder: SQLite makes sure of that of a log that it has just made, and overlooks
/// it where the disk could not.
///
/// # Errors
/// The disk can't; then what is committed may have no name behind a power cut.
pub(super) fn keep_the_name(queue: &Path) -> Result<(), QueueError> {
    let kept = File::open(durable::above(queue)).and_then(|folder| folder.sync_all());
    kept.map_err(|source| QueueError::Log { path: queue.to_owned(), source })
}
