//! Damaged queue files that were set aside: folders beside the queue, `queue.sqlite.damaged-1` and on.
//!
//! What can be read of one waits for the county in the new queue; the files themselves are kept for whoever may read more
//! of them. They hold codes of receipts in the open, so they are sealed to the county's keys and overwritten as soon as
//! their events were taken over.
//!
//! Invariants: nothing of a folder is changed while it bears the mark `to be read`; a sealed file is whole before what it
//! was made of goes. Where the disk did not read all of a file, as much of it is sealed as was read, and the rest goes too.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    QueueError,
    patience::{BLOCK, Reading},
    store::{files_of, name_of},
};
use crate::{durable, seal::Sealer};

/// The mark in a folder whose events are not in the new queue yet.
const TO_BE_READ: &str = "to be read";

/// The mark in a folder of which the disk did not read everything.
const READ_IN_PART: &str = "read in part";

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
        // What could not be sealed is not left to whoever reads freed blocks.
        for plain in files_of(&folder.join(name_of(path))).iter().filter(|plain| plain.exists()) {
            overwrite_what_can_be(plain).map_err(|source| failed(path, source))?;
        }
        fs::remove_dir_all(folder).map_err(|source| failed(path, source))?;
    }
    sealed
}

fn seal_folder(path: &Path, folder: &Path, sealer: &Sealer) -> Result<(), QueueError> {
    let [file, log, index] = files_of(&folder.join(name_of(path)));
    let reading = if folder.join(READ_IN_PART).exists() { Reading::WhatIsLeft } else { Reading::AllOfIt };
    for plain in [file, log].into_iter().filter(|plain| plain.exists()) {
        let sealed = plain.with_added_extension("age");
        // One that is there is whole, and what it was made of may be overwritten by half.
        if !sealed.exists() {
            let bytes = Zeroizing::new(reading.of(&plain)?);
            durable::write(&sealed, &sealer.seal_bytes(&bytes)?, 0o600)?;
        }
        if reading == Reading::WhatIsLeft {
            overwrite_what_can_be(&plain).map_err(|source| failed(path, source))?;
        } else {
            durable::erase(&plain)?;
        }
    }
    // It only says where what stands in the log.
    Ok(durable::erase(&index)?)
}

/// Overwrites with zeros and removes a file of which some blocks may be beyond reading and writing.
fn overwrite_what_can_be(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    for place in (0..file.metadata()?.len()).step_by(BLOCK) {
        // One that takes nothing is not read by a program either.
        file.write_all_at(&[0; BLOCK], place).ok();
    }
    file.sync_all().ok();
    fs::remove_file(path)?;
    File::open(durable::above(path))?.sync_all()
}

/// Links the files of the queue into the next folder, whole or not at all; nothing of them is read.
pub(super) fn set_aside(path: &Path, reading: Reading) -> io::Result<PathBuf> {
    let number = folders(path)?.last().map_or(1, |(last, _)| last + 1);
    let folder = path.with_added_extension(format!("damaged-{number}"));
    sweep(path)?;
    let unfinished = unfinished(path);
    fs::create_dir(&unfinished)?;
    for file in files_of(path).iter().filter(|file| file.exists()) {
        fs::hard_link(file, unfinished.join(name_of(file)))?;
        match File::open(file).and_then(|file| file.sync_all()) {
            Err(problem) if reading == Reading::AllOfIt => return Err(problem),
            // What is on the disk by now is all that will be.
            _ => {}
        }
    }
    File::create_new(unfinished.join(TO_BE_READ))?.sync_all()?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, &folder)?;
    File::open(durable::above(path))?.sync_all()?;
    Ok(folder)
}

/// Takes away what was to be set aside when the power went. It holds second names of the queue's own files only.
pub(super) fn sweep(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(unfinished(path)) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => Err(problem),
        _ => Ok(()),
    }
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_added_extension("damaged-unfinished")
}

/// The folders that a start which was cut short left behind.
pub(super) fn unread(path: &Path) -> Result<Vec<PathBuf>, QueueError> {
    let folders = folders(path).map_err(|source| failed(path, source))?;
    Ok(folders.into_iter().map(|(_, folder)| folder).filter(|folder| folder.join(TO_BE_READ).exists()).collect())
}

/// The events of this folder are in the new queue.
pub(super) fn was_read(folder: &Path, reading: Reading) -> io::Result<()> {
    if reading == Reading::WhatIsLeft {
        File::create(folder.join(READ_IN_PART))?.sync_all()?;
    }
    fs::remove_file(folder.join(TO_BE_READ))?;
    File::open(folder)?.sync_all()
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
