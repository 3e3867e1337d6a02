//! Forward items: what the agent takes to the county, in order, and what the county said.
//!
//! Invariant: no transaction spans I/O. The agent reads a batch, talks, and writes the outcomes.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use uuid::Uuid;
use wire::event::{self, WallTime};

use super::{Queue, QueueError};

/// Tries of this process, and when the next is due by its monotonic clock.
pub(super) type Postponed = HashMap<Uuid, (u32, Duration)>;

/// Dead letters that this process offered again or buried, and when they may be offered again.
pub(super) type OfferedAgain = HashMap<Uuid, Duration>;

/// A county that took no event of a kind is mended by people, in days.
pub const OFFERED_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Dead letters that a county which still takes none of them is offered in that time: traffic of a few suggestions.
pub const OFFERED_AGAIN_MOST: usize = 64;

/// An event to be forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The event's name.
    pub id: Uuid,
    /// Exactly what is sent.
    pub bytes: Vec<u8>,
    /// SHA-256 of exactly these bytes.
    pub hash: [u8; 32],
    /// How often this process postponed it.
    pub attempts: u32,
}

/// Whether the host's ledger is the one that everything delivered so far is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ledger {
    /// It is, or it is the first ever seen.
    Known,
    /// Another one: all that is held was made pending again.
    Changed,
}

/// How full the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Events that wait to be forwarded.
    pub waiting: u32,
    /// Dead letters: events that the county refused or has other bytes for.
    pub dead: u32,
    /// Submission of the oldest event that waits, by the clock of that moment.
    pub oldest: Option<WallTime>,
}

impl Queue {
    /// Reads the recording that is to go next, none of `but`: the oldest that waits and whose suggestion the county has,
    /// else one that is a dead letter, each once in [`OFFERED_AGAIN_AFTER`]. Recordings are long and come one by one; no
    /// batch has them.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn next_recording(&mut self, but: &[Uuid]) -> Result<Option<Forward>, QueueError> {
        let at = self.clock.monotonic();
        self.offered_again.retain(|_, again| *again > at);
        let mut statement = self.conn.prepare_cached(
            "SELECT event.id, forward.state FROM forward JOIN event ON event.seq = forward.event
             WHERE forward.state <> 'delivered' AND event.kind = 'voice' AND NOT EXISTS (
               SELECT 1 FROM event AS said JOIN forward AS its ON its.event = said.seq
               WHERE said.ticket = event.ticket AND said.kind = 'suggestion' AND its.state IN ('pending', 'refused')
             )
             ORDER BY forward.state <> 'pending', forward.event",
        )?;
        let rows = statement.query_map([], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get::<_, String>(1)?)))?;
        for row in rows {
            let (id, state) = row?;
            let (attempts, due) = self.postponed.get(&id).copied().unwrap_or_default();
            let is_dead = state != "pending";
            if due > at || but.contains(&id) || is_dead && self.offered_again.contains_key(&id) {
                continue;
            }
            if let Some(bytes) = self.event_bytes(id)? {
                if is_dead {
                    self.offered_again.insert(id, at.saturating_add(OFFERED_AGAIN_AFTER));
                }
                return Ok(Some(Forward { id, hash: event::hash(&bytes), bytes, attempts }));
            }
        }
        Ok(None)
    }

    /// Reads up to `limit` events that wait, oldest first, without those that were postponed.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn forward_batch(&mut self, limit: usize) -> Result<Vec<Forward>, QueueError> {
        self.waiting(
            "SELECT event.id, event.bytes FROM forward JOIN event ON event.seq = forward.event
             WHERE forward.state = 'pending' AND event.kind <> 'voice' ORDER BY forward.event",
            limit,
        )
    }

    /// Reads up to `limit` events that wait, newest first, so that a new suggestion passes a backlog.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn forward_newest(&mut self, limit: usize) -> Result<Vec<Forward>, QueueError> {
        self.waiting(
            "SELECT event.id, event.bytes FROM forward JOIN event ON event.seq = forward.event
             WHERE forward.state = 'pending' AND event.kind <> 'voice' ORDER BY forward.event DESC",
            limit,
        )
    }

    /// Reads up to `limit` dead letters that are to be offered once more, for a county that was mended: each once by a
    /// process and then once in [`OFFERED_AGAIN_AFTER`], [`OFFERED_AGAIN_MOST`] of those that stay dead in that time. In
    /// no order, so that some which the county will never take don't stand before the others for ever. They stay dead
    /// letters until the county has them.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn dead_letters(&mut self, limit: usize) -> Result<Vec<Forward>, QueueError> {
        let at = self.clock.monotonic();
        self.offered_again.retain(|_, again| *again > at);
        let most = limit.min(OFFERED_AGAIN_MOST.saturating_sub(self.offered_again.len()));
        if most == 0 {
            return Ok(vec![]);
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT event.id FROM forward JOIN event ON event.seq = forward.event
             WHERE forward.state IN ('conflicted', 'refused') AND event.kind <> 'voice' ORDER BY random()",
        )?;
        let ids = statement.query_map([], |row| Ok(Uuid::from_bytes(row.get(0)?)))?.collect::<Result<Vec<_>, _>>()?;
        let mut letters = Vec::new();
        for id in ids.into_iter().filter(|id| !self.offered_again.contains_key(id)) {
            let (attempts, due) = self.postponed.get(&id).copied().unwrap_or_default();
            if letters.len() < most
                && due <= at
                && let Some(bytes) = self.event_bytes(id)?
            {
                letters.push(Forward { id, hash: event::hash(&bytes), bytes, attempts });
            }
        }
        let again = at.saturating_add(OFFERED_AGAIN_AFTER);
        self.offered_again.extend(letters.iter().map(|letter| (letter.id, again)));
        Ok(letters)
    }

    fn waiting(&mut self, sql: &str, limit: usize) -> Result<Vec<Forward>, QueueError> {
        let at = self.clock.monotonic();
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut batch = Vec::new();
        while batch.len() < limit {
            let Some(row) = rows.next()? else { break };
            let id = Uuid::from_bytes(row.get(0)?);
            let (attempts, due) = self.postponed.get(&id).copied().unwrap_or_default();
            if due <= at {
                let bytes: Vec<u8> = row.get(1)?;
                batch.push(Forward { id, hash: event::hash(&bytes), bytes, attempts });
            }
        }
        Ok(batch)
    }

    /// Notes that the county has these events on its disk, in `ledger`.
    ///
    /// Where `ledger` is not the one known, everything held is made pending again first, in the same transaction.
    ///
    /// # Errors
    /// Whatever SQLite says; nothing was noted then.
    pub fn delivered(&mut self, ids: &[Uuid], ledger: Uuid) -> Result<Ledger, QueueError> {
        let acknowledged = day_known(self.clock.wall()).map(Timestamp::as_millisecond);
        let tx = self.begin()?;
        let known = note_ledger(&tx, ledger)?;
        {
            let mut statement = tx.prepare_cached(
                "UPDATE forward SET state = 'delivered', acknowledged = ?2, why = NULL
                 WHERE event = (SELECT seq FROM event WHERE id = ?1) AND state <> 'delivered'",
            )?;
            for id in ids {
                statement.execute(params![id.as_bytes(), acknowledged])?;
            }
        }
        tx.commit()?;
        for id in ids {
            self.postponed.remove(id);
            self.offered_again.remove(id);
        }
        Ok(known)
    }

    /// Notes that the county has other bytes under this id: a dead letter, kept and counted.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn conflicted(&mut self, id: Uuid) -> Result<(), QueueError> {
        self.bury(id, "conflicted", "the county has other bytes under this id")
    }

    /// Notes that the county will never take this event: a dead letter, kept and counted.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn refused(&mut self, id: Uuid, why: &str) -> Result<(), QueueError> {
        self.bury(id, "refused", why)
    }

    fn bury(&mut self, id: Uuid, state: &str, why: &str) -> Result<(), QueueError> {
        let tx = self.begin()?;
        tx.prepare_cached(
            "UPDATE forward SET state = ?2, why = ?3
             WHERE event = (SELECT seq FROM event WHERE id = ?1) AND state <> 'delivered'",
        )?
        .execute(params![id.as_bytes(), state, why])?;
        tx.commit()?;
        self.postponed.remove(&id);
        self.offered_again.insert(id, self.clock.monotonic().saturating_add(OFFERED_AGAIN_AFTER));
        Ok(())
    }

    /// Leaves an event alone until `until` of the monotonic clock. Known to this process only.
    pub fn postponed(&mut self, id: Uuid, until: Duration) {
        let entry = self.postponed.entry(id).or_default();
        *entry = (entry.0.saturating_add(1), until);
    }

    /// Notes the ledger of an answer that acknowledged nothing; another one makes all that is held pending again.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn offer_again(&mut self, ledger: Uuid) -> Result<Ledger, QueueError> {
        if self.ledger()? == Some(ledger) {
            return Ok(Ledger::Known);
        }
        let tx = self.begin()?;
        let known = note_ledger(&tx, ledger)?;
        tx.commit()?;
        Ok(known)
    }

    /// The ledger that the host last answered with.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn ledger(&self) -> Result<Option<Uuid>, QueueError> {
        let bytes: Option<[u8; 16]> = self.conn.query_row("SELECT ledger FROM queue", [], |row| row.get(0))?;
        Ok(bytes.map(Uuid::from_bytes))
    }

    /// Counts what waits and what never will.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn depth(&self) -> Result<Depth, QueueError> {
        let count = |sql: &str| self.conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, u32>(0));
        let oldest: Option<Vec<u8>> = self
            .conn
            .prepare_cached(
                "SELECT bytes FROM event WHERE seq = (SELECT min(event) FROM forward WHERE state = 'pending')",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(Depth {
            waiting: count("SELECT count(*) FROM forward WHERE state = 'pending'")?,
            dead: count("SELECT count(*) FROM forward WHERE state IN ('conflicted', 'refused')")?,
            oldest: oldest.and_then(|bytes| Some(event::split(&bytes).ok()?.0.wall)),
        })
    }

    /// How many events were ever acknowledged and are still held.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn delivered_count(&self) -> Result<u32, QueueError> {
        let sql = "SELECT count(*) FROM forward WHERE state = 'delivered'";
        Ok(self.conn.query_row(sql, [], |row| row.get(0))?)
    }
}

pub(super) fn day_known(wall: WallTime) -> Option<Timestamp> {
    wall.quality.shows_a_day().then_some(wall.at)
}

fn note_ledger(tx: &Transaction<'_>, ledger: Uuid) -> Result<Ledger, QueueError> {
    let known: Option<[u8; 16]> = tx.prepare_cached("SELECT ledger FROM queue")?.query_row([], |row| row.get(0))?;
    if known == Some(ledger.into_bytes()) {
        return Ok(Ledger::Known);
    }
    tx.execute("UPDATE queue SET ledger = ?1", [ledger.as_bytes()])?;
    if known.is_none() {
        return Ok(Ledger::Known);
    }
    tx.execute(
        "UPDATE forward SET state = 'pending', acknowledged = NULL, acknowledged_age = NULL, why = NULL
         WHERE state <> 'pending'",
        [],
    )?;
    // The cursor and the revisions counted in the other ledger: what it says of a case counts, even if that is less.
    tx.execute("UPDATE queue SET cursor = 0", [])?;
    tx.execute("UPDATE view SET revision = 0", [])?;
    Ok(Ledger::Changed)
}
