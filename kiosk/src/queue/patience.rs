//! A disk that can't read what it holds: for how long that is borne, and what is read of it then.
//!
//! A card on its way out has places that it never reads again; a disk that only failed for a moment is to lose nothing by
//! it. So a file that can't be read is given up when it could not be for [`BORNE`], at every try and without one that went
//! well, while the folder takes what is written. Then each of its blocks counts that can be read, and the others as zeros.

use std::{
    cell::Cell,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    time::Duration,
};

use rusqlite::ffi;

use super::QueueError;

/// A card that was pulled and put back, a bus that hung, a controller that collects its garbage: all over within seconds.
pub const BORNE: Duration = Duration::from_secs(60);

/// What a disk reads or doesn't.
pub(super) const BLOCK: usize = 4096;

/// More than the index of a log, which a full disk has no room for before anything else.
const TRIAL: usize = 64 << 10;

/// Since when opening fails because the disk does not read the file; kept by whoever opens, from one try to the next.
#[derive(Debug, Default)]
pub struct Patience(Cell<Option<Duration>>);

impl Patience {
    /// Notes how a try ended at `now`.
    pub(super) fn note(&self, problem: Option<&QueueError>, now: Duration) {
        match problem {
            Some(problem) if problem.is_of_reading() => self.0.set(self.0.get().or(Some(now))),
            // Nothing was read, well or not.
            Some(QueueError::InUse(_)) => {}
            _ => self.0.set(None),
        }
    }

    /// Whether the file was given time enough, by `now`.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        self.0.get().is_some_and(|since| now.saturating_sub(since) >= BORNE)
    }
}

impl QueueError {
    /// Whether the disk did not read what it holds.
    pub(super) fn is_of_reading(&self) -> bool {
        match self {
            Self::Unreadable { .. } => true,
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => matches!(
                error.extended_code,
                ffi::SQLITE_IOERR_READ
                    | ffi::SQLITE_IOERR_SHORT_READ
                    | ffi::SQLITE_IOERR_CORRUPTFS
                    | ffi::SQLITE_IOERR_DATA
            ),
            _ => false,
        }
    }
}

/// How much of a file has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// What can't be read at present will be at another try.
    AllOfIt,
    /// It was tried for long enough.
    WhatIsLeft,
}

impl Reading {
    /// Whether a file that does not open for this is set aside.
    pub(super) fn gives_up(self, problem: &QueueError) -> bool {
        matches!(problem, QueueError::Damaged { .. }) || self == Self::WhatIsLeft && problem.is_of_reading()
    }

    /// A file, or as much of it as this asks for; one that is not there is empty.
    pub(super) fn of(self, path: &Path) -> Result<Vec<u8>, QueueError> {
        match self {
            Self::AllOfIt => read(path),
            Self::WhatIsLeft => read_what_is_left(path),
        }
    }
}

/// Reads a file whole; one that is not there is empty.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, QueueError> {
    match fs::read(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        read => read.map_err(|source| QueueError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Reads a file block by block, those that can't be read as zeros; one that is not there is empty.
fn read_what_is_left(path: &Path) -> Result<Vec<u8>, QueueError> {
    let problem = |source| QueueError::Unreadable { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        opened => opened.map_err(problem)?,
    };
    let length = file.metadata().map_err(problem)?.len();
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let mut lost = 0;
    for (block, place) in bytes.chunks_mut(BLOCK).zip((0..length).step_by(BLOCK)) {
        if file.read_exact_at(block, place).is_err() {
            block.fill(0);
            lost += 1;
        }
    }
    if lost > 0 {
        tracing::error!(path = %path.display(), blocks = lost, "blocks of the file can't be read");
    }
    Ok(bytes)
}

/// Whether the folder of the queue takes a new file and keeps it.
pub(super) fn takes_writes(queue: &Path) -> io::Result<()> {
    let path = queue.with_added_extension("trial");
    let written = File::create(&path).and_then(|mut trial| {
        trial.write_all(&[0; TRIAL])?;
        trial.sync_all()
    });
    let removed = fs::remove_file(&path);
    let folder = File::open(crate::durable::above(queue)).and_then(|folder| folder.sync_all());
    written.and(removed).and(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> QueueError {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()
    }

    #[test]
    fn patience_is_over_when_no_try_went_well_for_so_long_and_begins_anew_with_one_that_did() {
        let (patience, at) = (Patience::default(), Duration::from_secs);
        let unread = sqlite(ffi::SQLITE_IOERR_READ);
        patience.note(Some(&unread), at(10));
        patience.note(Some(&QueueError::InUse("queue".into())), at(20));
        patience.note(Some(&unread), at(69));
        assert!(!patience.is_over(at(69)));
        assert!(patience.is_over(at(70)));
        patience.note(None, at(71));
        patience.note(Some(&unread), at(72));
        assert!(!patience.is_over(at(131)));
        assert!(patience.is_over(at(132)));
        // A disk that takes nothing is another illness.
        patience.note(Some(&sqlite(ffi::SQLITE_IOERR_FSYNC)), at(133));
        assert!(!patience.is_over(at(1_000)));
    }

    #[test]
    fn a_folder_takes_writes_or_says_why_not_and_nothing_is_left_of_the_trial() {
        let folder = tempfile::tempdir().unwrap();
        takes_writes(&folder.path().join("queue.sqlite")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(takes_writes(Path::new("/nowhere/queue.sqlite")).is_err());
    }
}
