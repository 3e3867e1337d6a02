//! SQL of what came on sticks and is kept apart.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// Something kept apart, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// In order.
    pub number: i64,
    /// Milliseconds.
    pub at: i64,
    /// Who brought it.
    pub who: String,
    /// Its folder on the stick.
    pub folder: String,
    /// 5 digits.
    pub terminal: Option<String>,
    /// A word of the migration's list.
    pub reason: String,
    /// What is wrong, file by file.
    pub detail: String,
    /// How many files.
    pub files: i64,
    /// Bytes of the archive.
    pub size: i64,
    /// Number of its alarm.
    pub alarm: i64,
}

/// Something to be kept apart.
#[derive(Debug, Clone)]
pub struct NewQuarantine<'a> {
    /// Milliseconds.
    pub at: i64,
    /// Who brought it.
    pub who: &'a str,
    /// Its folder on the stick.
    pub folder: &'a str,
    /// 5 digits.
    pub terminal: Option<&'a str>,
    /// A word of the migration's list.
    pub reason: &'a str,
    /// What is wrong, file by file.
    pub detail: &'a str,
    /// How many files.
    pub files: i64,
    /// SHA-256 of reason and archive.
    pub fingerprint: &'a [u8],
    /// A tar archive.
    pub bytes: &'a [u8],
}

const COLUMNS: &str = "SELECT number, at, who, folder, terminal, reason, detail, files, size, alarm FROM quarantine";

fn row(row: &AnyRow) -> Result<QuarantineRow, sqlx::Error> {
    Ok(QuarantineRow {
        number: row.try_get(0)?,
        at: row.try_get(1)?,
        who: row.try_get(2)?,
        folder: row.try_get(3)?,
        terminal: row.try_get(4)?,
        reason: row.try_get(5)?,
        detail: row.try_get(6)?,
        files: row.try_get(7)?,
        size: row.try_get(8)?,
        alarm: row.try_get(9)?,
    })
}

/// Keeps something apart and raises its alarm; gives its number, and whether it is new.
///
/// # Errors
/// The database.
pub async fn keep(conn: &mut Conn, new: &NewQuarantine<'_>) -> Result<(i64, bool), StoreError> {
    let known = sqlx::query("SELECT number FROM quarantine WHERE fingerprint = $1").bind(new.fingerprint);
    if let Some(known) = known.fetch_optional(&mut *conn).await? {
        return Ok((known.try_get(0)?, false));
    }
    let alarm = sqlx::query("INSERT INTO alarm (at, kind) VALUES ($1, 'stick') RETURNING number").bind(new.at);
    let alarm: i64 = alarm.fetch_one(&mut *conn).await?.try_get(0)?;
    let sql = "INSERT INTO quarantine
               (at, who, folder, terminal, reason, detail, files, size, fingerprint, bytes, alarm)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING number";
    let kept = sqlx::query(sql)
        .bind(new.at)
        .bind(new.who)
        .bind(new.folder)
        .bind(new.terminal)
        .bind(new.reason)
        .bind(new.detail)
        .bind(new.files)
        .bind(i64::try_from(new.bytes.len()).unwrap_or(i64::MAX))
        .bind(new.fingerprint)
        .bind(new.bytes)
        .bind(alarm)
        .fetch_one(conn)
        .await?;
    Ok((kept.try_get(0)?, true))
}

/// Everything that is kept apart, newest first.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn, at_most: i64) -> Result<Vec<QuarantineRow>, StoreError> {
    let sql = format!("{COLUMNS} ORDER BY number DESC LIMIT $1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(at_most).fetch_all(conn).await?;
    Ok(rows.iter().map(row).collect::<Result<_, _>>()?)
}

/// What an alarm is about.
///
/// # Errors
/// The database.
pub async fn of_alarm(conn: &mut Conn, alarm: i64) -> Result<Option<QuarantineRow>, StoreError> {
    let sql = format!("{COLUMNS} WHERE alarm = $1");
    let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(alarm).fetch_optional(conn).await?;
    Ok(found.as_ref().map(row).transpose()?)
}

/// The archive.
///
/// # Errors
/// The database.
pub async fn bytes(conn: &mut Conn, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let found = sqlx::query("SELECT bytes FROM quarantine WHERE number = $1").bind(number).fetch_optional(conn).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?)
}
