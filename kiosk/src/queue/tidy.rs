//! Tidying up between visits: codes are forgotten, the log is emptied.

use std::{fs, time::Duration};

use rusqlite::params;

use super::{JobId, Queue, QueueError};

/// A villager who lost the receipt between printer and door can still be given another.
pub const CODE_KEPT_AFTER_PRINTING: Duration = Duration::from_secs(600);

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
    /// Forgets the codes of receipts that this connection saw printed [`CODE_KEPT_AFTER_PRINTING`] ago, and empties the
    /// log where it holds something deleted or is large. A log that somebody is reading is emptied next time.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn tidy(&mut self) -> Result<Tidied, QueueError> {
        let at = self.clock.monotonic();
        let over = |since: &Duration| at.saturating_sub(*since) >= CODE_KEPT_AFTER_PRINTING;
        let due: Vec<JobId> = self.printed.iter().filter(|(_, since)| over(since)).map(|(job, _)| *job).collect();
        let mut tidied = Tidied::default();
        if !due.is_empty() {
            let tx = self.begin()?;
            for job in &due {
                tidied.codes_forgotten += forgotten(tx.execute("DELETE FROM proof WHERE job = ?1", params![job.0])?);
            }
            tx.commit()?;
            self.printed.retain(|(_, since)| !over(since));
        }
        self.log_holds_deleted |= tidied.codes_forgotten > 0;
        tidied.log_emptied = (self.log_holds_deleted || self.log_size() > LOG_LARGE) && self.empty_log()?;
        Ok(tidied)
    }

    /// Receipts that were printed in a former run: their ten minutes can't be counted any more.
    pub(super) fn forget_codes_of_former_runs(&mut self) -> Result<(), QueueError> {
        let tx = self.begin()?;
        tx.execute("DELETE FROM proof WHERE job IN (SELECT job FROM print WHERE state = 'confirmed')", [])?;
        tx.commit()?;
        self.log_holds_deleted = true;
        self.empty_log().map(|_| ())
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
        let tx = self.begin()?;
        tx.execute("UPDATE queue SET tended = tended + 1", [])?;
        tx.commit()?;
        Ok(true)
    }

    fn log_size(&self) -> u64 {
        let mut path = self.path.clone().into_os_string();
        path.push("-wal");
        fs::metadata(path).map_or(0, |log| log.len())
    }
}

fn forgotten(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
