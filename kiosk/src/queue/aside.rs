//! Damaged queue files that were set aside: folders beside the queue, `queue.sqlite.damaged-1` and on.
//!
//! What can be read of one waits for the county in the new queue; the files themselves are kept for whoever may read more
//! of them. They hold codes of receipts in the open, so they are sealed to the county's keys and overwritten as soon as
//! their events were taken over.
//!
//! Invariants: nothing of a folder is changed while it bears the mark `to be read`; a sealed file is whole before what it
//! was made of goes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    QueueError,
    store::{files_of, name_of},
};
use crate::{durable, seal::Sealer};

/// The mark in a folder whose events are not in the new queue yet.
pub(super) const TO_BE_READ: &str = "to be read";

/// As many folders are kept, the newest. A card that spoils its queue more often is an alarm since the first time.
pub const KEPT_ASIDE: usize = 8;

/// How many damaged files lie beside the queue at `path`, which need not be there.
///
/// # Errors
/// A folder that can't be read.
pub fn set_aside_beside(path: &Path) -> Result<usize, QueueError> {
    Ok(folders(path).map_err(|source| failed(path, source))?.len())
}

/// Seals every file that was set aside beside the queue at `path` and was read, as `NAME.age`; of more than
/// [`KEPT_ASIDE`] folders the oldest go. A file that can't be sealed stays as it is, for the next call.
///
/// # Errors
/// The first that failed: no room, a disk that does not read. The others were sealed all the same.
pub fn seal_set_aside(path: &Path, sealer: &Sealer) -> Result<(), QueueError> {
    let mut read = folders(path).map_err(|source| failed(path, source))?;
    read.retain(|(_, folder)| !folder.join(TO_BE_READ).exists());
    let mut sealed = Ok(());
    for (_, folder) in &read {
        sealed = sealed.and(seal_folder(path, folder, sealer));
    }
    let too_many = read.len().saturating_sub(KEPT_ASIDE);
    for (_, folder) in &read[..too_many] {
        tracing::error!(folder = %folder.display(), "too many damaged queues: the oldest goes");
        fs::remove_dir_all(folder).map_err(|source| failed(path, source))?;
    }
    sealed
}

fn seal_folder(path: &Path, folder: &Path, sealer: &Sealer) -> Result<(), QueueError> {
    let [file, log, index] = files_of(&folder.join(name_of(path)));
    for plain in [file, log].into_iter().filter(|plain| plain.exists()) {
        let sealed = plain.with_added_extension("age");
        // One that is there is whole, and what it was made of may be overwritten by half.
        if !sealed.exists() {
            let bytes = Zeroizing::new(fs::read(&plain).map_err(|source| failed(path, source))?);
            durable::write(&sealed, &sealer.seal_bytes(&bytes)?, 0o600)?;
        }
        durable::erase(&plain)?;
    }
    // It only says where what stands in the log.
    Ok(durable::erase(&index)?)
}

/// Links the files of the queue into the next folder, whole or not at all.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let number = folders(path)?.last().map_or(1, |(last, _)| last + 1);
    let folder = path.with_added_extension(format!("damaged-{number}"));
    let unfinished = path.with_added_extension("damaged-unfinished");
    match fs::remove_dir_all(&unfinished) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
        _ => fs::create_dir(&unfinished)?,
    }
    for file in files_of(path).iter().filter(|file| file.exists()) {
        fs::hard_link(file, unfinished.join(name_of(file)))?;
        File::open(file)?.sync_all()?;
    }
    File::create_new(unfinished.join(TO_BE_READ))?.sync_all()?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, &folder)?;
    File::open(durable::above(path))?.sync_all()?;
    Ok(folder)
}

/// The folder that a start which was cut short left behind.
pub(super) fn unread(path: &Path) -> Result<Option<PathBuf>, QueueError> {
    let folders = folders(path).map_err(|source| failed(path, source))?;
    Ok(folders.into_iter().map(|(_, folder)| folder).find(|folder| folder.join(TO_BE_READ).exists()))
}

/// The folders of files set aside, by number.
fn folders(path: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let prefix = format!("{}.damaged-", name_of(path).display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(durable::above(path))? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix(&prefix)?.parse().ok());
        folders.extend(number.map(|number| (number, entry.path())));
    }
    folders.sort();
    Ok(folders)
}

pub(super) fn failed(path: &Path, source: io::Error) -> QueueError {
    QueueError::SetAside { path: path.to_owned(), source }
}
