//! What was asked of terminals from afar.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns, fleet_setting};

const WHAT: &str = "diagnostic";

/// Its columns but those that may be large.
const COLUMNS: &str = "number, terminal, what, asked_at, asked_by, until_at, fetched_at, cancelled_at, ended_at, came, \
                       why, CAST(CASE WHEN log IS NULL AND picture IS NULL THEN 0 ELSE 1 END AS BIGINT) AS brought";

/// A row without log and picture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct DiagnosticRow {
    pub number: u64,
    pub terminal: TerminalNumber,
    pub what: String,
    pub asked_at: Timestamp,
    pub asked_by: String,
    pub until_at: Timestamp,
    pub fetched_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub came: Option<String>,
    pub why: Option<String>,
    /// Whether log or picture are there.
    pub has_brought: bool,
}

/// What a terminal sent along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BroughtRow {
    /// Lines of its log.
    pub log: Option<String>,
    /// PNG, base64.
    pub picture: Option<String>,
}

/// The lowest number that is above all that were ever given.
///
/// # Errors
/// The database.
pub async fn next_number(tx: &mut Tx) -> Result<u64, StoreError> {
    let sql = "SELECT COALESCE(MAX(number), 0) AS highest FROM diagnostic";
    let highest: i64 = sqlx::query(sql).fetch_one(&mut **tx).await?.try_get(0)?;
    let least = fleet_setting::get(tx, "diagnostic_floor").await?.unwrap_or(1);
    u64::try_from((highest + 1).max(least)).map_err(|_| StoreError::Unreadable(WHAT))
}

/// Numbers below this one may have been given before a restore.
///
/// # Errors
/// The database.
pub async fn raise_floor(tx: &mut Tx, floor: u64) -> Result<(), StoreError> {
    fleet_setting::put(tx, "diagnostic_floor", columns::of_number(floor, WHAT)?).await
}

/// Writes down that something is asked.
///
/// # Errors
/// The database, which refuses a number that was given.
pub async fn ask(tx: &mut Tx, row: &DiagnosticRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO diagnostic (number, terminal, what, asked_at, asked_by, until_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(columns::of_number(row.number, WHAT)?)
    .bind(i64::from(row.terminal.get()))
    .bind(row.what.as_str())
    .bind(row.asked_at.to_string())
    .bind(row.asked_by.as_str())
    .bind(row.until_at.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The oldest of a terminal that is wanted at `now` and has not ended.
///
/// # Errors
/// The database.
pub async fn waiting(
    conn: &mut Conn,
    terminal: TerminalNumber,
    now: Timestamp,
) -> Result<Option<DiagnosticRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM diagnostic WHERE terminal = $1 AND ended_at IS NULL AND cancelled_at IS NULL \
         AND until_at > $2 ORDER BY number LIMIT 1"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get())).bind(now.to_string());
    query.fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// The newest of a terminal, the newest first.
///
/// # Errors
/// The database.
pub async fn of(conn: &mut Conn, terminal: TerminalNumber, at_most: i64) -> Result<Vec<DiagnosticRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM diagnostic WHERE terminal = $1 ORDER BY number DESC LIMIT $2");
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get())).bind(at_most).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// That of a number.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, number: u64) -> Result<Option<DiagnosticRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM diagnostic WHERE number = $1");
    let number = columns::of_number(number, WHAT)?;
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(number).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// What a terminal sent along; none, there is no such number.
///
/// # Errors
/// The database.
pub async fn brought(conn: &mut Conn, number: u64) -> Result<Option<BroughtRow>, StoreError> {
    let sql = "SELECT log, picture FROM diagnostic WHERE number = $1";
    let row = sqlx::query(sql).bind(columns::of_number(number, WHAT)?).fetch_optional(conn).await?;
    row.map(|row| Ok(BroughtRow { log: row.try_get(0)?, picture: row.try_get(1)? })).transpose()
}

/// The terminal has it.
///
/// # Errors
/// The database.
pub async fn fetched(tx: &mut Tx, number: u64, at: Timestamp) -> Result<(), StoreError> {
    mark(tx, "UPDATE diagnostic SET fetched_at = $1 WHERE number = $2", number, at).await
}

/// Somebody took it back.
///
/// # Errors
/// The database.
pub async fn cancel(tx: &mut Tx, number: u64, at: Timestamp) -> Result<(), StoreError> {
    mark(tx, "UPDATE diagnostic SET cancelled_at = $1 WHERE number = $2", number, at).await
}

async fn mark(tx: &mut Tx, sql: &'static str, number: u64, at: Timestamp) -> Result<(), StoreError> {
    let number = columns::of_number(number, WHAT)?;
    sqlx::query(sql).bind(at.to_string()).bind(number).execute(&mut **tx).await?;
    Ok(())
}

/// The terminal said what came of it.
///
/// # Errors
/// The database.
pub async fn end(
    tx: &mut Tx,
    number: u64,
    at: Timestamp,
    (came, why): (&str, Option<&str>),
    brought: &BroughtRow,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE diagnostic SET ended_at = $1, came = $2, why = $3, log = $4, picture = $5 WHERE number = $6")
        .bind(at.to_string())
        .bind(came)
        .bind(why)
        .bind(brought.log.as_deref())
        .bind(brought.picture.as_deref())
        .bind(columns::of_number(number, WHAT)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets logs and pictures of what ended before `before`; how many.
///
/// # Errors
/// The database.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE diagnostic SET log = NULL, picture = NULL \
               WHERE ended_at < $1 AND (log IS NOT NULL OR picture IS NOT NULL)";
    Ok(sqlx::query(sql).bind(before.to_string()).execute(&mut **tx).await?.rows_affected())
}

fn read(row: &AnyRow) -> Result<DiagnosticRow, StoreError> {
    Ok(DiagnosticRow {
        number: columns::number(row, "number", WHAT)?,
        terminal: columns::terminal(row, "terminal", WHAT)?,
        what: row.try_get("what")?,
        asked_at: columns::time(row, "asked_at", WHAT)?,
        asked_by: row.try_get("asked_by")?,
        until_at: columns::time(row, "until_at", WHAT)?,
        fetched_at: columns::time_or_none(row, "fetched_at", WHAT)?,
        cancelled_at: columns::time_or_none(row, "cancelled_at", WHAT)?,
        ended_at: columns::time_or_none(row, "ended_at", WHAT)?,
        came: row.try_get("came")?,
        why: row.try_get("why")?,
        has_brought: row.try_get::<i64, _>("brought")? != 0,
    })
}
