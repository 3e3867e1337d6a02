//! Room for the visit under way: a file that is given up when the disk is full.
//!
//! While it lies there a visit can be taken to its end, and the terminal started, whatever else fills the disk. Once it
//! had to be given up no new visit begins, until there is room to lay it down again.

use std::{
    fs::{self, File},
    io::{
        self,
        ErrorKind::{NotFound, QuotaExceeded, StorageFull},
        Write,
    },
    path::{Path, PathBuf},
};

use super::{Queue, QueueError, patience};

/// The longest suggestion, its contact and its receipt's states write less than 200 KiB of log; ten times that.
const SIZE: usize = 2 << 20;

impl Queue {
    /// Sees to it that the reserve lies there; whether it does, so that a visit can begin. Opened to write and not
    /// written to, it also shows a disk that the system has made read-only, before a visit does.
    ///
    /// # Errors
    /// A disk that is not full and takes it all the same not.
    pub fn keep_reserve(&self) -> Result<bool, QueueError> {
        let path = file(&self.path);
        match whole(&path).and_then(|whole| if whole { Ok(()) } else { lay_down(&path) }) {
            Ok(()) => Ok(true),
            Err(problem) if matches!(problem.kind(), StorageFull | QuotaExceeded) => {
                tracing::warn!(%problem, "no room is left for the reserve of the queue");
                fs::remove_file(&path).ok();
                Ok(false)
            }
            Err(source) => Err(QueueError::Reserve { path, source }),
        }
    }

    /// Does `work`; where the disk is full, once more without the reserve.
    pub(super) fn with_reserve<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, QueueError>,
    ) -> Result<T, QueueError> {
        match work(self) {
            Err(problem) if wants_room(&self.path, &problem) && give_up(&self.path) => work(self),
            done => done,
        }
    }
}

/// Opens a queue; where the disk is full, once more without the reserve.
pub(super) fn or_without<T>(queue: &Path, mut open: impl FnMut() -> Result<T, QueueError>) -> Result<T, QueueError> {
    let opened = match open() {
        Err(problem) if wants_room(queue, &problem) && give_up(queue) => open(),
        opened => opened,
    };
    opened.map_err(|problem| match wants_room(queue, &problem) {
        true => QueueError::Full { path: queue.to_owned(), source: Box::new(problem) },
        false => problem,
    })
}

/// Whether there was no room for something. SQLite tells of the log's index only that it failed.
fn wants_room(queue: &Path, problem: &QueueError) -> bool {
    let failed = matches!(problem, QueueError::Sqlite(error)
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure));
    problem.is_full()
        || failed && patience::takes_writes(queue).is_err_and(|e| matches!(e.kind(), StorageFull | QuotaExceeded))
}

fn give_up(queue: &Path) -> bool {
    let given_up = fs::remove_file(file(queue)).is_ok();
    if given_up {
        tracing::error!("the disk is full: the reserve of the queue was given up");
    }
    given_up
}

fn whole(path: &Path) -> io::Result<bool> {
    match File::options().write(true).open(path) {
        Ok(file) => Ok(file.metadata()?.len() == SIZE as u64),
        Err(missing) if missing.kind() == NotFound => Ok(false),
        Err(other) => Err(other),
    }
}

/// Written out in full: a file with holes would hold no room.
fn lay_down(path: &Path) -> io::Result<()> {
    let mut reserve = File::create(path)?;
    reserve.write_all(&vec![0; SIZE])?;
    reserve.sync_all()
}

fn file(queue: &Path) -> PathBuf {
    queue.with_added_extension("reserve")
}
