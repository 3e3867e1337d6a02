//! Retention: what was acknowledged long ago is deleted, counted by the queue's own age.
//!
//! Invariant: no clock that jumps deletes anything early, or keeps it for ever. A run counts by its monotonic clock, so
//! that a terminal which never knows the day purges too. The time between two runs counts where both knew the day, and
//! for a day at most: a clock that was set wrongly meanwhile looks like a long time off, and so costs at most that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};

use super::{Queue, QueueError, forward::day_known};

/// Events are kept this long beyond their acknowledgement, so that a host restored from a backup gets them again.
pub const KEPT_AFTER_ACKNOWLEDGEMENT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A villager comes back for an answer within weeks; half a year covers the slowest case.
pub const VIEW_KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);

/// The longest time off that is believed: the night of a terminal that is switched off with the station's lights.
const TIME_OFF_MOST: SignedDuration = SignedDuration::from_hours(24);

/// Up to when the age was counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aged {
    /// Not by this run, which began at this moment of its monotonic clock.
    Before(Duration),
    /// By this run, up to this moment of its monotonic clock.
    UpTo(Duration),
}

impl Queue {
    /// Deletes what was acknowledged [`KEPT_AFTER_ACKNOWLEDGEMENT`] ago, with the receipts of tickets that hold nothing
    /// else, and views that came [`VIEW_KEPT`] ago. Both count from the first purge behind it, so that they are rather
    /// kept an hour too long. The kiosk's task, not the agent's. Gives the events deleted.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn purge(&mut self) -> Result<u32, QueueError> {
        let (now, today) = (self.clock.monotonic(), day_known(self.clock.wall()));
        let aged = self.aged;
        let tx = self.begin()?;
        let age = grow_older(&tx, aged, now, today)?;
        tx.execute(
            "UPDATE forward SET acknowledged_age = ?1 WHERE state = 'delivered' AND acknowledged_age IS NULL",
            [age],
        )?;
        let purged = tx.execute(
            "DELETE FROM event WHERE seq IN
             (SELECT event FROM forward WHERE state = 'delivered' AND acknowledged_age <= ?1)",
            [age - millis(KEPT_AFTER_ACKNOWLEDGEMENT)],
        )?;
        tx.execute("DELETE FROM print WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.ticket = print.ticket)", [])?;
        tx.execute("UPDATE view SET received_age = ?1 WHERE received_age IS NULL", [age])?;
        let views = tx.execute("DELETE FROM view WHERE received_age <= ?1", [age - millis(VIEW_KEPT)])?;
        tx.commit()?;
        self.aged = Aged::UpTo(now);
        self.log_holds_deleted |= purged + views > 0;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }
}

/// Counts what has gone by since; the new age.
fn grow_older(
    tx: &Transaction<'_>,
    aged: Aged,
    now: Duration,
    today: Option<Timestamp>,
) -> Result<i64, rusqlite::Error> {
    let (age, last): (i64, Option<i64>) =
        tx.query_row("SELECT age, aged FROM queue", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let in_use = match aged {
        Aged::Before(since) | Aged::UpTo(since) => now.saturating_sub(since),
    };
    let in_use = SignedDuration::try_from(in_use).unwrap_or_default();
    let off = match aged {
        Aged::UpTo(_) => None,
        Aged::Before(_) => {
            let last = last.and_then(|last| Timestamp::from_millisecond(last).ok());
            today.zip(last).map(|(today, last)| today.duration_since(last) - in_use)
        }
    };
    let off = off.unwrap_or_default().clamp(SignedDuration::ZERO, TIME_OFF_MOST);
    let age = age.saturating_add(millis(in_use)).saturating_add(millis(off));
    tx.execute("UPDATE queue SET age = ?1, aged = ?2", params![age, today.map(Timestamp::as_millisecond)])?;
    Ok(age)
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
