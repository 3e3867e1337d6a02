//! The backlog: everything that the county has not acknowledged, read page by page for a stick.
//!
//! Invariant: reads only. What goes out on a stick stays pending, and is acknowledged by nobody but the county.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::{Queue, QueueError};

/// An event of the backlog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its order within the terminal.
    pub seq: i64,
    /// Its name.
    pub id: Uuid,
    /// Exactly what would be sent.
    pub bytes: Vec<u8>,
}

impl Queue {
    /// How many events the county has not acknowledged, dead letters included, and the sequence of the newest of them.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn backlog(&self) -> Result<(u32, i64), QueueError> {
        let sql = "SELECT count(*), coalesce(max(event), 0) FROM forward WHERE state <> 'delivered'";
        Ok(self.conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Reads up to `limit` events of the backlog behind `after` and up to `newest`, oldest first.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn backlog_page(&self, after: i64, newest: i64, limit: u32) -> Result<Vec<Held>, QueueError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT event.seq, event.id, event.bytes FROM forward JOIN event ON event.seq = forward.event
             WHERE forward.state <> 'delivered' AND forward.event > ?1 AND forward.event <= ?2
             ORDER BY forward.event LIMIT ?3",
        )?;
        let rows = statement.query_map(params![after, newest, limit], |row| {
            Ok(Held { seq: row.get(0)?, id: Uuid::from_bytes(row.get(1)?), bytes: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The bytes of one event, whatever became of it; none where it was purged.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn event_bytes(&self, id: Uuid) -> Result<Option<Vec<u8>>, QueueError> {
        let mut statement = self.conn.prepare_cached("SELECT bytes FROM event WHERE id = ?1")?;
        Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
    }
}
