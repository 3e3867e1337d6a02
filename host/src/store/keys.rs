//! SQL of the keys by which programs of the fleet's people ask.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError, Tx, columns};

/// A key, without itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct KeyRow {
    pub id: u64,
    pub person: String,
    pub name: String,
    pub hash: Vec<u8>,
    pub made_at: Timestamp,
    pub made_by: String,
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

const WHAT: &str = "key";
const KEY: &str = "SELECT id, person, name, hash, made_at, made_by, used_at, revoked_at FROM api_key";

/// Adds a key, whatever its id says; the id that it got.
///
/// # Errors
/// The database.
pub async fn add(tx: &mut Tx, row: &KeyRow) -> Result<u64, StoreError> {
    let sql = "INSERT INTO api_key (person, name, hash, made_at, made_by) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let inserted = sqlx::query(sql)
        .bind(row.person.as_str())
        .bind(row.name.as_str())
        .bind(row.hash.clone())
        .bind(row.made_at.to_string())
        .bind(row.made_by.as_str())
        .fetch_one(&mut **tx)
        .await?;
    columns::number(&inserted, "id", WHAT)
}

/// A key that is good.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, id: u64) -> Result<Option<KeyRow>, StoreError> {
    let Ok(id) = i64::try_from(id) else { return Ok(None) };
    let sql = format!("{KEY} WHERE id = $1 AND revoked_at IS NULL");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Somebody's good keys, the oldest first.
///
/// # Errors
/// The database.
pub async fn of(conn: &mut Conn, person: &str) -> Result<Vec<KeyRow>, StoreError> {
    let sql = format!("{KEY} WHERE person = $1 AND revoked_at IS NULL ORDER BY id");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(person).fetch_all(conn).await?.iter().map(read).collect()
}

/// Notes when a key was used.
///
/// # Errors
/// The database.
pub async fn touch(tx: &mut Tx, id: u64, at: Timestamp) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE api_key SET used_at = $2 WHERE id = $1").bind(columns::of_number(id, WHAT)?);
    query.bind(at.to_string()).execute(&mut **tx).await?;
    Ok(())
}

/// Revokes a key.
///
/// # Errors
/// The database.
pub async fn revoke(tx: &mut Tx, id: u64, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    sqlx::query(sql).bind(columns::of_number(id, WHAT)?).bind(at.to_string()).execute(&mut **tx).await?;
    Ok(())
}

/// Revokes all that somebody has; how many that were.
///
/// # Errors
/// The database.
pub async fn revoke_all(tx: &mut Tx, person: &str, at: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE api_key SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL";
    Ok(sqlx::query(sql).bind(person).bind(at.to_string()).execute(&mut **tx).await?.rows_affected())
}

/// Revokes everybody's.
///
/// # Errors
/// The database.
pub async fn revoke_everything(tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE api_key SET revoked_at = $1 WHERE revoked_at IS NULL";
    sqlx::query(sql).bind(at.to_string()).execute(&mut **tx).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<KeyRow, StoreError> {
    Ok(KeyRow {
        id: columns::number(row, "id", WHAT)?,
        person: row.try_get("person")?,
        name: row.try_get("name")?,
        hash: row.try_get("hash")?,
        made_at: columns::time(row, "made_at", WHAT)?,
        made_by: row.try_get("made_by")?,
        used_at: columns::time_or_none(row, "used_at", WHAT)?,
        revoked_at: columns::time_or_none(row, "revoked_at", WHAT)?,
    })
}
