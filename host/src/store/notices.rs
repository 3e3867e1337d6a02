//! SQL of what is told of alarms, who sees to them, and of whom nothing is told.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns, fleet_setting};

/// The setting with the number of the last message that was given up.
const GIVEN_UP: &str = "notice_given_up";

const WHAT: &str = "notice";

/// An alarm of a terminal that is not revoked, and what was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct NotedRow {
    pub number: i64,
    pub terminal: TerminalNumber,
    pub station: String,
    pub fault: String,
    pub raised_at: Timestamp,
    pub cleared_at: Option<Timestamp>,
    pub told_at: Option<Timestamp>,
    pub over_told_at: Option<Timestamp>,
    pub is_taken: bool,
}

/// Of whom nothing is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct QuietRow {
    pub whom: String,
    pub until: Timestamp,
    pub who: String,
    pub why: String,
}

/// The alarms that stand, and those that were over after a time, to the second (texts are compared).
///
/// # Errors
/// The database.
pub async fn noted(conn: &mut Conn, since: Timestamp) -> Result<Vec<NotedRow>, StoreError> {
    let sql = "SELECT a.number, a.terminal, COALESCE(t.station, '') AS station, a.fault, a.raised_at, a.cleared_at, \
               a.told_at, a.over_told_at, a.taken_at FROM terminal_alarm a \
               LEFT JOIN terminal t ON t.number = a.terminal \
               WHERE t.revoked_at IS NULL AND (a.cleared_at IS NULL OR a.cleared_at > $1) ORDER BY a.number";
    sqlx::query(sql).bind(since.to_string()).fetch_all(conn).await?.iter().map(read).collect()
}

/// When the last message was made, in milliseconds since 1970 UTC.
///
/// # Errors
/// The database.
pub async fn last_made(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("SELECT MAX(made) FROM outbox").fetch_one(conn).await?;
    instant(row.try_get(0)?)
}

/// Notes in which message alarms were told, and which of them it said to be over.
///
/// # Errors
/// The database.
pub async fn told(tx: &mut Tx, made: i64, told: &[i64], over: &[i64]) -> Result<(), StoreError> {
    for (sql, numbers) in [
        ("UPDATE terminal_alarm SET told_at = $2 WHERE number = $1", told),
        ("UPDATE terminal_alarm SET over_told_at = $2 WHERE number = $1", over),
    ] {
        for number in numbers {
            sqlx::query(sql).bind(*number).bind(made).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Notes that a message was given up: nobody was told of its alarms.
///
/// # Errors
/// The database.
pub async fn given_up(tx: &mut Tx, number: i64, made: i64) -> Result<(), StoreError> {
    for sql in [
        "UPDATE terminal_alarm SET told_at = NULL WHERE told_at = $1",
        "UPDATE terminal_alarm SET over_told_at = NULL WHERE over_told_at = $1",
    ] {
        sqlx::query(sql).bind(made).execute(&mut **tx).await?;
    }
    fleet_setting::put(tx, GIVEN_UP, number).await
}

/// When the last message was made that was given up, where none arrived since.
///
/// # Errors
/// The database.
pub async fn untold_since(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT o.made FROM fleet_setting s JOIN outbox o ON o.number = s.value WHERE s.name = $1 \
               AND NOT EXISTS (SELECT 1 FROM outbox later WHERE later.number > o.number AND later.done IS NOT NULL)";
    let row = sqlx::query(sql).bind(GIVEN_UP).fetch_optional(conn).await?;
    row.map_or(Ok(None), |row| instant(row.try_get(0)?))
}

/// Notes who sees to a terminal's alarms that stand and nobody sees to; how many there are.
///
/// # Errors
/// The database.
pub async fn take(tx: &mut Tx, terminal: TerminalNumber, who: &str, at: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE terminal_alarm SET taken_by = $2, taken_at = $3 \
               WHERE terminal = $1 AND cleared_at IS NULL AND taken_at IS NULL";
    let query = sqlx::query(sql).bind(i64::from(terminal.get())).bind(who).bind(at.to_string());
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

/// Notes of whom nothing is told, in place of what was noted before.
///
/// # Errors
/// The database.
pub async fn put_quiet(tx: &mut Tx, row: &QuietRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO quiet (whom, until_at, who, why) VALUES ($1, $2, $3, $4) ON CONFLICT (whom) \
               DO UPDATE SET until_at = excluded.until_at, who = excluded.who, why = excluded.why";
    let query = sqlx::query(sql).bind(row.whom.as_str()).bind(row.until.to_string());
    query.bind(row.who.as_str()).bind(row.why.as_str()).execute(&mut **tx).await?;
    Ok(())
}

/// Ends it; false where nothing was noted.
///
/// # Errors
/// The database.
pub async fn end_quiet(tx: &mut Tx, whom: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM quiet WHERE whom = $1").bind(whom).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}

/// Of whom nothing is told, and of whom nothing was told.
///
/// # Errors
/// The database.
pub async fn quiet(conn: &mut Conn) -> Result<Vec<QuietRow>, StoreError> {
    let rows = sqlx::query("SELECT whom, until_at, who, why FROM quiet ORDER BY whom").fetch_all(conn).await?;
    let read = |row: &AnyRow| {
        Ok(QuietRow {
            whom: row.try_get("whom")?,
            until: columns::time(row, "until_at", WHAT)?,
            who: row.try_get("who")?,
            why: row.try_get("why")?,
        })
    };
    rows.iter().map(read).collect()
}

fn instant(milliseconds: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    milliseconds.map(|at| Timestamp::from_millisecond(at).map_err(|_| StoreError::Unreadable(WHAT))).transpose()
}

fn read(row: &AnyRow) -> Result<NotedRow, StoreError> {
    Ok(NotedRow {
        number: row.try_get("number")?,
        terminal: columns::terminal(row, "terminal", WHAT)?,
        station: row.try_get("station")?,
        fault: row.try_get("fault")?,
        raised_at: columns::time(row, "raised_at", WHAT)?,
        cleared_at: columns::time_or_none(row, "cleared_at", WHAT)?,
        told_at: instant(row.try_get("told_at")?)?,
        over_told_at: instant(row.try_get("over_told_at")?)?,
        is_taken: row.try_get::<Option<String>, _>("taken_at")?.is_some(),
    })
}
