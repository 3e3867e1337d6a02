//! What the county sent and the terminal keeps for days without a network: sealed views and the bulletin.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use wire::{
    bulletin::Bulletin,
    event::{ClockQuality, WallTime},
    intake::Views,
    ticket::TicketNumber,
    view::SealedView,
};

use super::{Queue, QueueError, forward::day_known};

/// The bulletin that was last fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBulletin {
    /// To ask with.
    pub etag: String,
    /// What the county tells.
    pub bulletin: Bulletin,
    /// When it was fetched or confirmed, by the terminal's clock.
    pub fetched: WallTime,
}

impl Queue {
    /// Keeps the newest view of each ticket and the cursor behind them.
    ///
    /// # Errors
    /// Whatever SQLite says; then neither views nor cursor were kept.
    pub fn put_views(&mut self, views: &Views) -> Result<(), QueueError> {
        let received = day_known(self.clock.wall()).map(Timestamp::as_millisecond);
        let tx = self.begin()?;
        for view in &views.views {
            tx.prepare_cached(
                "INSERT INTO view (ticket, revision, sealed, received) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (ticket) DO UPDATE SET revision = excluded.revision, sealed = excluded.sealed,
                 received = excluded.received, received_age = NULL
                 WHERE excluded.revision >= view.revision",
            )?
            .execute(params![
                view.ticket.to_string(),
                view.revision.cast_signed(),
                view.sealed,
                received
            ])?;
        }
        tx.execute("UPDATE queue SET cursor = ?1", [views.cursor.cast_signed()])?;
        tx.commit()?;
        Ok(())
    }

    /// What to ask for views behind.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn views_cursor(&self) -> Result<u64, QueueError> {
        let cursor: i64 = self.conn.query_row("SELECT cursor FROM queue", [], |row| row.get(0))?;
        Ok(cursor.cast_unsigned())
    }

    /// The view of a ticket, if the county sent one.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn view(&self, ticket: TicketNumber) -> Result<Option<SealedView>, QueueError> {
        let view = self
            .conn
            .prepare_cached("SELECT revision, sealed FROM view WHERE ticket = ?1")?
            .query_row([ticket.to_string()], |row| {
                let revision = row.get::<_, i64>(0)?.cast_unsigned();
                Ok(SealedView { ticket, revision, sealed: row.get(1)? })
            })
            .optional()?;
        Ok(view)
    }

    /// Keeps the bulletin, or confirms the one that is kept (304) with the same `etag` again.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn put_bulletin(&mut self, etag: &str, bulletin: &Bulletin, fetched: WallTime) -> Result<(), QueueError> {
        let body = serde_json::to_string(bulletin).expect("invariant: a bulletin is always JSON");
        let tx = self.begin()?;
        tx.execute(
            "INSERT INTO bulletin (id, etag, body, wall, quality) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET etag = excluded.etag, body = excluded.body, wall = excluded.wall,
             quality = excluded.quality",
            params![etag, body, fetched.at.as_millisecond(), quality_text(fetched.quality)],
        )?;
        tx.commit()?;
        Ok(())
    }

    /// The bulletin that was last kept. One that this program can't read counts as none, so that it is fetched again.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn bulletin(&self) -> Result<Option<KeptBulletin>, QueueError> {
        let row: Option<(String, String, i64, String)> = self
            .conn
            .prepare_cached("SELECT etag, body, wall, quality FROM bulletin")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        Ok(row.and_then(|(etag, body, wall, quality)| {
            let bulletin = serde_json::from_str(&body).ok()?;
            Some(KeptBulletin { etag, bulletin, fetched: wall_time(wall, &quality) })
        }))
    }
}

/// The word that stands in headers.
pub(super) fn quality_text(quality: ClockQuality) -> &'static str {
    match quality {
        ClockQuality::Unset => "unset",
        ClockQuality::Kept => "kept",
        ClockQuality::Ntp => "ntp",
        ClockQuality::Host => "host",
        ClockQuality::Unknown => "unknown",
    }
}

/// Reads a wall time back.
pub(super) fn wall_time(millis: i64, quality: &str) -> WallTime {
    let quality = match quality {
        "unset" => ClockQuality::Unset,
        "kept" => ClockQuality::Kept,
        "ntp" => ClockQuality::Ntp,
        "host" => ClockQuality::Host,
        _ => ClockQuality::Unknown,
    };
    WallTime { at: Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH), quality }
}
