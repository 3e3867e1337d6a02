//! Tidying up between visits: codes are forgotten, the log is emptied.
//!
//! Invariant: a code's time is counted by the monotonic clock of one run, and every connection of the process counts the
//! same ([`Codes`]), so that whoever tidies needs nobody else.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::params;

use super::{JobId, Queue, QueueError, cache::wall_time, forward::day_known, generation};

/// A villager who lost the receipt between printer and door, or waits for paper, can still be given one.
pub const CODE_KEPT: Duration = Duration::from_secs(600);

/// Until when the codes of receipts are kept, by the monotonic clock; shared by the connections of a process.
#[derive(Clone, Default)]
pub(super) struct Codes(Arc<Mutex<HashMap<JobId, Duration>>>);

impl Codes {
    pub(super) fn keep(&self, job: JobId, until: Duration) {
        self.lock().insert(job, until);
    }

    fn due(&self, at: Duration) -> Vec<JobId> {
        self.lock().iter().filter(|(_, until)| at >= **until).map(|(job, _)| *job).collect()
    }

    fn drop_due(&self, at: Duration) {
        self.lock().retain(|_, until| at < *until);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What [`Queue::tidy`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Receipts whose code was deleted.
    pub codes_forgotten: u32,
    /// Whether the log was emptied.
    pub log_emptied: bool,
}

/// The log is emptied from this size on, in bytes: some thousand submissions.
const LOG_LARGE: u64 = 4 << 20;

impl Queue {
    /// Forgets the codes of receipts for which nothing was done for [`CODE_KEPT`], and empties the log where it holds
    /// something deleted or is large. A log that somebody is reading is emptied next time.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn tidy(&mut self) -> Result<Tidied, QueueError> {
        let at = self.clock.monotonic();
        let due = self.codes.due(at);
        let codes_forgotten = if due.is_empty() { 0 } else { self.forget(&due)? };
        self.codes.drop_due(at);
        self.mark_the_tide()?;
        let log_emptied = (self.log_holds_deleted || self.log_size() > LOG_LARGE) && self.empty_log()?;
        Ok(Tidied { codes_forgotten, log_emptied })
    }

    /// Notes outside of the file how far it has come, so that an older copy of it is known as one.
    fn mark_the_tide(&mut self) -> Result<(), QueueError> {
        let (terminal, generation, seq): (String, u8, i64) =
            self.conn.query_row("SELECT terminal, generation, seq FROM queue", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        if self.marked == seq {
            return Ok(());
        }
        generation::witness(&self.witnesses, terminal.parse()?, generation::Mark { generation, seq })?;
        self.marked = seq;
        Ok(())
    }

    /// Deletes codes. A receipt that was being sent by a former run won't be printed again: nobody knows of it.
    fn forget(&mut self, jobs: &[JobId]) -> Result<u32, QueueError> {
        let tx = self.begin()?;
        let mut forgotten = 0;
        for job in jobs {
            forgotten += tx.execute("DELETE FROM proof WHERE job = ?1", params![job.0])?;
            tx.execute("UPDATE print SET state = 'unknown' WHERE job = ?1 AND state = 'sending'", params![job.0])?;
        }
        tx.commit()?;
        self.log_holds_deleted |= forgotten > 0;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }

    /// Forgets the codes of receipts that a former run printed, whose ten minutes can't be counted any more, and of those
    /// submitted too long ago; the others have the rest of their time.
    pub(super) fn take_up_codes_of_former_runs(&mut self) -> Result<(), QueueError> {
        let (at, today) = (self.clock.monotonic(), day_known(self.clock.wall()));
        let mut statement = self.conn.prepare(
            "SELECT print.job, wall, quality, state = 'confirmed' FROM proof JOIN print ON print.job = proof.job",
        )?;
        let rows = statement.query_map([], |row| {
            let quality: String = row.get(2)?;
            Ok((JobId(row.get(0)?), wall_time(row.get(1)?, &quality), row.get::<_, bool>(3)?))
        })?;
        let mut over = Vec::new();
        for row in rows {
            let (job, submitted, printed) = row?;
            let age = today.zip(day_known(submitted)).map(|(today, submitted)| today.duration_since(submitted));
            // A clock that was set back knows nothing of ages.
            let age = age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default();
            match CODE_KEPT.checked_sub(age) {
                Some(rest) if !printed => self.codes.keep(job, at + rest),
                _ => over.push(job),
            }
        }
        drop(statement);
        self.forget(&over)?;
        self.log_holds_deleted = true;
        if !self.empty_log()? {
            self.commit_once()?;
        }
        Ok(())
    }

    /// Copies the log into the file, cuts it to nothing, and makes the commit that writes the new log's header.
    fn empty_log(&mut self) -> Result<bool, QueueError> {
        // Readers are waited for only briefly: the next call tries again.
        self.conn.busy_timeout(Duration::from_millis(200))?;
        let busy: rusqlite::Result<bool> = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        self.conn.busy_timeout(super::store::BUSY)?;
        if busy? {
            return Ok(false);
        }
        self.log_holds_deleted = false;
        self.commit_once()?;
        Ok(true)
    }

    /// A commit that changes nothing: it writes a new log's header, and proves that the disk takes one.
    fn commit_once(&mut self) -> Result<(), QueueError> {
        let tx = self.begin()?;
        tx.execute("UPDATE queue SET tended = tended + 1", [])?;
        tx.commit()?;
        Ok(())
    }

    fn log_size(&self) -> u64 {
        let [_, log, _] = super::store::files_of(&self.path);
        fs::metadata(log).map_or(0, |log| log.len())
    }
}
