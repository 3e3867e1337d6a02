//! SQL of the fleet's audit. Invariant: there is no statement that changes or deletes a line.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError, Tx};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct LineRow {
    pub number: i64,
    pub at: String,
    pub who: String,
    pub what: String,
    pub subject: String,
    pub hash: Vec<u8>,
}

/// The last line.
///
/// # Errors
/// The database.
pub async fn last(tx: &mut Tx) -> Result<Option<LineRow>, StoreError> {
    let sql = "SELECT number, at, who, what, subject, hash FROM fleet_audit ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(sql).fetch_optional(&mut **tx).await?;
    row.as_ref().map(read).transpose()
}

/// Adds a line.
///
/// # Errors
/// The database, which also refuses a number that is there.
pub async fn append(tx: &mut Tx, line: &LineRow) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO fleet_audit (number, at, who, what, subject, hash) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(line.number)
        .bind(line.at.as_str())
        .bind(line.who.as_str())
        .bind(line.what.as_str())
        .bind(line.subject.as_str())
        .bind(line.hash.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The lines behind a number, oldest first, at most so many.
///
/// # Errors
/// The database.
pub async fn after(conn: &mut Conn, number: i64, at_most: i64) -> Result<Vec<LineRow>, StoreError> {
    let sql = "SELECT number, at, who, what, subject, hash FROM fleet_audit WHERE number > $1 ORDER BY number LIMIT $2";
    sqlx::query(sql).bind(number).bind(at_most).fetch_all(conn).await?.iter().map(read).collect()
}

/// The lines below a number, newest first, at most so many.
///
/// # Errors
/// The database.
pub async fn below(conn: &mut Conn, number: i64, at_most: i64) -> Result<Vec<LineRow>, StoreError> {
    let sql = "SELECT number, at, who, what, subject, hash FROM fleet_audit WHERE number < $1 \
               ORDER BY number DESC LIMIT $2";
    sqlx::query(sql).bind(number).bind(at_most).fetch_all(conn).await?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<LineRow, StoreError> {
    Ok(LineRow {
        number: row.try_get("number")?,
        at: row.try_get("at")?,
        who: row.try_get("who")?,
        what: row.try_get("what")?,
        subject: row.try_get("subject")?,
        hash: row.try_get("hash")?,
    })
}
