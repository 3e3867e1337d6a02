//! The last report of each terminal, and alarms.
//!
//! Invariant: a terminal has at most one alarm of a fault that is not cleared; the database itself refuses a second one.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns};

const ALARM: &str = "terminal alarm";

/// Cleared alarms of a terminal that are kept.
const CLEARED_KEPT: i64 = 100;

/// The last report of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthRow {
    /// Whose.
    pub terminal: TerminalNumber,
    /// When it came.
    pub received_at: Timestamp,
    /// As it came, JSON.
    pub report: String,
}

/// A fault of a terminal, while it lasts and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRow {
    /// Rises with each alarm.
    pub number: i64,
    /// Whose.
    pub terminal: TerminalNumber,
    /// Which fault.
    pub fault: String,
    /// When it was first told.
    pub raised_at: Timestamp,
    /// The terminal's boot then.
    pub raised_boot: String,
    /// Kiosk's run then; none, kiosk was silent.
    pub raised_run: Option<String>,
    /// When it was told that it is over; none, it stands.
    pub cleared_at: Option<Timestamp>,
    /// Whether kiosk or the machine was started anew meanwhile; none where nobody knows.
    pub restarted: Option<bool>,
    /// Who sees to it, as the audit calls them.
    pub taken_by: Option<String>,
    /// Since when.
    pub taken_at: Option<Timestamp>,
}

/// An open alarm, and where its terminal stands; empty for a terminal that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct OpenRow {
    pub terminal: TerminalNumber,
    pub fault: String,
    pub raised_at: Timestamp,
    pub taken_by: Option<String>,
    pub taken_at: Option<Timestamp>,
    pub station: String,
    pub place: String,
    /// Path of its site; empty, it stands at none.
    pub path: String,
    /// Name of the site above that; empty, there is none.
    pub above: String,
}

/// One terminal's last report.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, terminal: TerminalNumber) -> Result<Option<HealthRow>, StoreError> {
    let sql = "SELECT terminal, received_at, report FROM health WHERE terminal = $1";
    let row = sqlx::query(sql).bind(i64::from(terminal.get())).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Every terminal's last report, by number.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<HealthRow>, StoreError> {
    let sql = "SELECT terminal, received_at, report FROM health ORDER BY terminal";
    sqlx::query(sql).fetch_all(conn).await?.iter().map(read).collect()
}

/// Every terminal's last report as it came, without when.
///
/// # Errors
/// The database.
pub async fn said(conn: &mut Conn) -> Result<Vec<(TerminalNumber, String)>, StoreError> {
    let rows = sqlx::query("SELECT terminal, report FROM health").fetch_all(conn).await?;
    let line = |row: &AnyRow| Ok((columns::terminal(row, "terminal", "health report")?, row.try_get("report")?));
    rows.iter().map(line).collect()
}

/// The last reports that came at a time or after it, to the second (texts are compared).
///
/// # Errors
/// The database.
pub async fn since(conn: &mut Conn, at: Timestamp) -> Result<Vec<HealthRow>, StoreError> {
    let sql = "SELECT terminal, received_at, report FROM health WHERE received_at >= $1 ORDER BY terminal";
    sqlx::query(sql).bind(at.to_string()).fetch_all(conn).await?.iter().map(read).collect()
}

/// The last reports from before a time, to the second (texts are compared), of terminals that are not revoked and have no open alarm of that fault.
///
/// # Errors
/// The database.
pub async fn fell_silent(conn: &mut Conn, before: Timestamp, fault: &str) -> Result<Vec<HealthRow>, StoreError> {
    let sql = "SELECT h.terminal, h.received_at, h.report FROM health h \
               LEFT JOIN terminal t ON t.number = h.terminal \
               LEFT JOIN terminal_alarm a ON a.terminal = h.terminal AND a.fault = $1 AND a.cleared_at IS NULL \
               WHERE h.received_at < $2 AND t.revoked_at IS NULL AND a.number IS NULL ORDER BY h.terminal";
    let rows = sqlx::query(sql).bind(fault).bind(before.to_string()).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Writes a terminal's last report.
///
/// # Errors
/// The database.
pub async fn put(tx: &mut Tx, row: &HealthRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO health (terminal, received_at, report) VALUES ($1, $2, $3) \
         ON CONFLICT (terminal) DO UPDATE SET received_at = excluded.received_at, report = excluded.report",
    )
    .bind(i64::from(row.terminal.get()))
    .bind(row.received_at.to_string())
    .bind(row.report.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The alarms of one terminal or of all, the newest first.
///
/// # Errors
/// The database.
pub async fn alarms(conn: &mut Conn, terminal: Option<TerminalNumber>) -> Result<Vec<AlarmRow>, StoreError> {
    let sql = "SELECT number, terminal, fault, raised_at, raised_boot, raised_run, cleared_at, restarted, \
               taken_by, taken_at \
               FROM terminal_alarm WHERE terminal = $1 OR $1 < 0 ORDER BY number DESC";
    let of = terminal.map_or(-1, |terminal| i64::from(terminal.get()));
    sqlx::query(sql).bind(of).fetch_all(conn).await?.iter().map(read_alarm).collect()
}

/// Every open alarm, by terminal.
///
/// # Errors
/// The database.
pub async fn open(conn: &mut Conn) -> Result<Vec<OpenRow>, StoreError> {
    let sql = "SELECT a.terminal, a.fault, a.raised_at, a.taken_by, a.taken_at, COALESCE(t.station, '') AS station, \
               COALESCE(t.place, '') AS place, COALESCE(s.path, '') AS path, COALESCE(p.name, '') AS above \
               FROM terminal_alarm a LEFT JOIN terminal t ON t.number = a.terminal \
               LEFT JOIN site s ON s.code = t.site LEFT JOIN site p ON p.code = s.parent WHERE a.cleared_at IS NULL ORDER BY a.terminal, a.number";
    sqlx::query(sql).fetch_all(conn).await?.iter().map(read_open).collect()
}

/// How many terminals each station has that were enrolled and are not revoked.
///
/// # Errors
/// The database.
pub async fn terminals_at(conn: &mut Conn) -> Result<Vec<(String, usize)>, StoreError> {
    let sql = "SELECT station, COUNT(*) AS count FROM terminal \
               WHERE revoked_at IS NULL AND certificate_until IS NOT NULL GROUP BY station";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    let count = |row: &AnyRow| {
        let count: i64 = row.try_get("count")?;
        Ok((row.try_get("station")?, usize::try_from(count).unwrap_or(0)))
    };
    rows.iter().map(count).collect()
}

/// Raises an alarm; its number is drawn.
///
/// # Errors
/// The database, which also refuses a second one of the same fault.
pub async fn raise(tx: &mut Tx, alarm: &AlarmRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO terminal_alarm (terminal, fault, raised_at, raised_boot, raised_run) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(i64::from(alarm.terminal.get()))
    .bind(alarm.fault.as_str())
    .bind(alarm.raised_at.to_string())
    .bind(alarm.raised_boot.as_str())
    .bind(alarm.raised_run.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Clears an alarm, and forgets the oldest of those of its terminal that were cleared long ago.
///
/// # Errors
/// The database.
pub async fn clear(tx: &mut Tx, alarm: &AlarmRow, at: Timestamp, restarted: Option<bool>) -> Result<(), StoreError> {
    sqlx::query("UPDATE terminal_alarm SET cleared_at = $1, restarted = $2 WHERE number = $3 AND cleared_at IS NULL")
        .bind(at.to_string())
        .bind(restarted.map(i64::from))
        .bind(alarm.number)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "DELETE FROM terminal_alarm WHERE terminal = $1 AND cleared_at IS NOT NULL AND number NOT IN \
         (SELECT number FROM terminal_alarm WHERE terminal = $1 AND cleared_at IS NOT NULL ORDER BY number DESC LIMIT $2)",
    )
    .bind(i64::from(alarm.terminal.get()))
    .bind(CLEARED_KEPT)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<HealthRow, StoreError> {
    Ok(HealthRow {
        terminal: columns::terminal(row, "terminal", "health report")?,
        received_at: columns::time(row, "received_at", "health report")?,
        report: row.try_get("report")?,
    })
}

fn read_open(row: &AnyRow) -> Result<OpenRow, StoreError> {
    Ok(OpenRow {
        terminal: columns::terminal(row, "terminal", ALARM)?,
        fault: row.try_get("fault")?,
        raised_at: columns::time(row, "raised_at", ALARM)?,
        taken_by: row.try_get("taken_by")?,
        taken_at: columns::time_or_none(row, "taken_at", ALARM)?,
        station: row.try_get("station")?,
        place: row.try_get("place")?,
        path: row.try_get("path")?,
        above: row.try_get("above")?,
    })
}

fn read_alarm(row: &AnyRow) -> Result<AlarmRow, StoreError> {
    Ok(AlarmRow {
        number: row.try_get("number")?,
        terminal: columns::terminal(row, "terminal", ALARM)?,
        fault: row.try_get("fault")?,
        raised_at: columns::time(row, "raised_at", ALARM)?,
        raised_boot: row.try_get("raised_boot")?,
        raised_run: row.try_get("raised_run")?,
        cleared_at: columns::time_or_none(row, "cleared_at", ALARM)?,
        restarted: row.try_get::<Option<i64>, _>("restarted")?.map(|restarted| restarted != 0),
        taken_by: row.try_get("taken_by")?,
        taken_at: columns::time_or_none(row, "taken_at", ALARM)?,
    })
}
