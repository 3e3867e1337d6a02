//! SQL of wrong tries, in either role's database.

use sqlx::Row;

use super::{Conn, StoreError};

/// Notes a wrong try, or one that is to be taken back when it proves right; returns its number.
///
/// # Errors
/// The database.
pub async fn add(conn: &mut Conn, at: i64, subject: &str, asker: &str) -> Result<i64, StoreError> {
    let sql = "INSERT INTO guess (at, subject, asker) VALUES ($1, $2, $3) RETURNING number";
    Ok(sqlx::query(sql).bind(at).bind(subject).bind(asker).fetch_one(conn).await?.try_get(0)?)
}

/// Takes a try back.
///
/// # Errors
/// The database.
pub async fn take_back(conn: &mut Conn, number: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM guess WHERE number = $1").bind(number).execute(conn).await?;
    Ok(())
}

/// When the wrong tries at a subject since a time were made, newest first, at most 100.
///
/// # Errors
/// The database.
pub async fn at(conn: &mut Conn, subject: &str, since: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT at FROM guess WHERE subject = $1 AND at > $2 ORDER BY at DESC LIMIT 100";
    let rows = sqlx::query(sql).bind(subject).bind(since).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| r.try_get(0)).collect::<Result<_, _>>()?)
}

/// When an asker's wrong tries since a time were made, newest first, at most 100.
///
/// # Errors
/// The database.
pub async fn by(conn: &mut Conn, asker: &str, since: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT at FROM guess WHERE asker = $1 AND at > $2 ORDER BY at DESC LIMIT 100";
    let rows = sqlx::query(sql).bind(asker).bind(since).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| r.try_get(0)).collect::<Result<_, _>>()?)
}

/// Forgets wrong tries that count no more; the audit keeps them.
///
/// # Errors
/// The database.
pub async fn forget(conn: &mut Conn, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM guess WHERE at < $1").bind(before).execute(conn).await?;
    Ok(())
}
