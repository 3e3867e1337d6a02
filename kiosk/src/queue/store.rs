//! Opening the file: pragmas, lock, migration, the check for damage.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, config::DbConfig, params};
use wire::ticket::TerminalNumber;

use super::{
    Queue, QueueError, QueueSettings,
    generation::{self, Mark},
    log, migrations,
    purge::Aged,
    reserve,
};
use crate::clock::Clock;

/// A writer of the other process holds the file for milliseconds; a checkpoint for a second on a slow card.
pub(super) const BUSY: Duration = Duration::from_secs(5);

impl Queue {
    /// Opens the queue for the kiosk: creates, checks and migrates it, and settles its generation. Where the disk is full
    /// the reserve is given up for it.
    ///
    /// # Errors
    /// A file that is damaged, newer, another terminal's, or held by another program while it must be migrated.
    pub fn open(path: &Path, settings: QueueSettings, clock: Arc<dyn Clock>) -> Result<Self, QueueError> {
        reserve::or_without(path, || Self::open_as_it_is(path, &settings, Arc::clone(&clock)))
    }

    fn open_as_it_is(path: &Path, settings: &QueueSettings, clock: Arc<dyn Clock>) -> Result<Self, QueueError> {
        let lock = lock_file(path)?;
        if lock.try_lock().is_ok() {
            log::write_again(path)?;
            lock.unlock().map_err(|e| lock_error(path, e))?;
        }
        let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let found = migrations::version(&conn).map_err(|e| damaged(path, e))?;
        match found {
            migrations::KNOWN => check(path, &conn)?,
            newer if newer > migrations::KNOWN => {
                serves_us(path, &conn, newer)?;
                check(path, &conn)?;
            }
            // Nobody can be using a file that has no tables.
            0 => migrations::apply(&mut conn)?,
            _ => {
                hold_alone(path, &lock)?;
                migrations::apply(&mut conn)?;
                lock.unlock().map_err(|e| lock_error(path, e))?;
            }
        }
        lock.lock_shared().map_err(|e| lock_error(path, e))?;
        let conn = trusted(conn)?;
        let mut witnesses = vec![generation::beside(path)];
        witnesses.extend(settings.witnesses.iter().cloned());
        let mut queue = Self::around(conn, path, witnesses, clock, lock);
        queue.settle_generation(settings)?;
        queue.take_up_codes_of_former_runs()?;
        log::keep_the_name(path)?;
        Ok(queue)
    }

    /// Opens the queue for another program: nothing is created or migrated.
    ///
    /// # Errors
    /// [`QueueError::NotThere`] before the kiosk's first start, [`QueueError::Schema`] for a schema of another release that
    /// this one can't work with.
    pub fn attach(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, QueueError> {
        if !path.exists() {
            return Err(QueueError::NotThere(path.to_owned()));
        }
        let lock = lock_file_to_read(path)?;
        lock.lock_shared().map_err(|e| lock_error(path, e))?;
        let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        match migrations::version(&conn).map_err(|e| damaged(path, e))? {
            0 => return Err(QueueError::NotThere(path.to_owned())),
            migrations::KNOWN => {}
            older if older < migrations::KNOWN => return Err(schema(path, older)),
            newer => serves_us(path, &conn, newer)?,
        }
        let conn = trusted(conn)?;
        Ok(Self::around(conn, path, vec![generation::beside(path)], clock, lock))
    }

    /// Opens another connection to the same file, for another thread.
    ///
    /// # Errors
    /// As [`Self::attach`].
    pub fn again(&self) -> Result<Self, QueueError> {
        let mut again = Self::attach(&self.path, Arc::clone(&self.clock))?;
        again.witnesses.clone_from(&self.witnesses);
        again.codes = self.codes.clone();
        Ok(again)
    }

    /// Opens the file anew, for a disk that failed; the former connection is closed once the new one is there. One that
    /// was opened on a read-only disk makes every other of the process read-only: it goes first, once the disk is writable.
    ///
    /// # Errors
    /// As [`Self::attach`]; nothing can be read then but by another try.
    pub fn reopen(&mut self) -> Result<(), QueueError> {
        if self.conn.is_readonly("main")? {
            lock_file(&self.path)?;
            self.conn = Connection::open_in_memory()?;
        }
        let Self { conn, _lock, .. } = self.again()?;
        (self.conn, self._lock) = (conn, _lock);
        Ok(())
    }

    fn around(conn: Connection, path: &Path, witnesses: Vec<PathBuf>, clock: Arc<dyn Clock>, lock: File) -> Self {
        let aged = Aged::Before(clock.monotonic());
        Self {
            conn,
            path: path.to_owned(),
            witnesses,
            clock,
            postponed: Default::default(),
            offered_again: Default::default(),
            codes: Default::default(),
            log_holds_deleted: false,
            aged,
            marked: 0,
            in_doubt: None,
            _lock: lock,
        }
    }

    /// The terminal that this queue gives numbers for.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn terminal(&self) -> Result<TerminalNumber, QueueError> {
        let text: String = self.conn.query_row("SELECT terminal FROM queue", [], |row| row.get(0))?;
        Ok(text.parse()?)
    }

    /// Begins a transaction that writes.
    pub(super) fn begin(&mut self) -> Result<Transaction<'_>, QueueError> {
        Ok(self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    fn settle_generation(&mut self, settings: &QueueSettings) -> Result<(), QueueError> {
        let witnesses = self.witnesses.clone();
        let path = self.path.clone();
        let highest = generation::highest(&witnesses, settings.terminal);
        let tx = self.begin()?;
        let row: Option<(String, u8, i64)> = tx
            .query_row("SELECT terminal, generation, seq FROM queue", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let settled = match row {
            Some((terminal, ..)) if terminal != settings.terminal.to_string() => {
                return Err(QueueError::OtherTerminal { path, found: terminal.parse()? });
            }
            Some((_, generation, seq)) => match highest {
                // The file was brought back from an older copy.
                Some(highest) if highest > Mark { generation, seq } => generation::above(highest.generation)?,
                _ => generation,
            },
            None => generation::of_a_new_queue(settings.first_generation, highest)?,
        };
        generation::witness(&witnesses, settings.terminal, Mark { generation: settled, seq: 0 })?;
        tx.execute(
            "INSERT INTO queue (id, terminal, generation, counter, seq) VALUES (1, ?1, ?2, 0, 0)
             ON CONFLICT (id) DO UPDATE SET counter = 0, generation = excluded.generation
             WHERE generation <> excluded.generation",
            params![settings.terminal.to_string(), settled],
        )?;
        tx.commit()?;
        Ok(())
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, QueueError> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    // The last one to close a file copies the log into it and deletes the log, as much of it as SQLite can read.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let pragmas = || -> rusqlite::Result<()> {
        conn.pragma_update(None, "secure_delete", true)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        // Temporary tables and sorts stay off the card.
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // Checkpoints are made by `tidy`, between visits.
        conn.pragma_update(None, "wal_autocheckpoint", 0)
    };
    pragmas().map_err(|e| damaged(path, e))?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// Lets the log be emptied when it is closed: it was found whole.
fn trusted(conn: Connection) -> Result<Connection, QueueError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(conn)
}

/// `quick_check` reads the whole file once; a queue of a month's suggestions is a few megabytes.
fn check(path: &Path, conn: &Connection) -> Result<(), QueueError> {
    let finding: String =
        conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|e| damaged(path, e))?;
    if finding == "ok" { Ok(()) } else { Err(QueueError::Damaged { path: path.to_owned(), finding }) }
}

fn damaged(path: &Path, error: rusqlite::Error) -> QueueError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => {
            QueueError::Damaged { path: path.to_owned(), finding: error.to_string() }
        }
        _ => QueueError::Sqlite(error),
    }
}

/// A file that a newer release left is worked with where that release says that one can.
fn serves_us(path: &Path, conn: &Connection, newer: u32) -> Result<(), QueueError> {
    match migrations::serves_us(conn) {
        Ok(true) => Ok(()),
        // A file that does not even have the place to look at is none that we know.
        _ => Err(schema(path, newer)),
    }
}

fn schema(path: &Path, found: u32) -> QueueError {
    QueueError::Schema { path: path.to_owned(), found, known: migrations::KNOWN }
}

/// Holds the queue's lock alone while the returned file lives.
pub(super) fn locked_alone(path: &Path) -> Result<File, QueueError> {
    let lock = lock_file(path)?;
    hold_alone(path, &lock)?;
    Ok(lock)
}

/// Waits for nobody.
fn hold_alone(path: &Path, lock: &File) -> Result<(), QueueError> {
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => QueueError::InUse(path.to_owned()),
        TryLockError::Error(source) => lock_error(path, source),
    })
}

/// The file, its write-ahead log, and the log's index.
pub(super) fn files_of(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    })
}

pub(super) fn name_of(path: &Path) -> PathBuf {
    path.file_name().map(PathBuf::from).unwrap_or_default()
}

fn lock_file(queue: &Path) -> Result<File, QueueError> {
    let path = queue.with_added_extension("lock");
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|source| QueueError::Lock { path, source })
}

/// Likewise, also on a disk that was made read-only: what is there can still be read, and delivered.
fn lock_file_to_read(queue: &Path) -> Result<File, QueueError> {
    match lock_file(queue) {
        Err(QueueError::Lock { path, source }) if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            File::open(&path).map_err(|source| QueueError::Lock { path, source })
        }
        opened => opened,
    }
}

fn lock_error(queue: &Path, source: std::io::Error) -> QueueError {
    QueueError::Lock { path: queue.with_added_extension("lock"), source }
}
