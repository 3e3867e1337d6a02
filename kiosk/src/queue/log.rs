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
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

use super::store::files_of;

/// Writes the log again where it stands.
///
/// # Errors
/// The disk can't be read or written; then the log must not be read as if it were on it.
pub(super) fn write_again(queue: &Path) -> io::Result<()> {
    let [_, log, _] = files_of(queue);
    if fs::metadata(&log).map_or(true, |found| found.len() == 0) {
        return Ok(());
    }
    let mut file = File::options().read(true).write(true).open(&log)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    file.rewind()?;
    file.write_all(&bytes)?;
    file.sync_all()
}
