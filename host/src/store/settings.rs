//! Counters and settings of a role.

use sqlx::Row;

use super::{Conn, StoreError};

/// Gives the next number of a counter, from 1.
///
/// # Errors
/// The database.
pub async fn next(conn: &mut Conn, counter: &str) -> Result<i64, StoreError> {
    let sql = "INSERT INTO counter (name, value) VALUES ($1, 1)
               ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value";
    Ok(sqlx::query(sql).bind(counter).fetch_one(conn).await?.try_get(0)?)
}

/// The last number given; 0 before the first.
///
/// # Errors
/// The database.
pub async fn last(conn: &mut Conn, counter: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT value FROM counter WHERE name = $1").bind(counter).fetch_optional(conn).await?;
    Ok(row.map(|r| r.try_get(0)).transpose()?.unwrap_or(0))
}

/// A setting, where it is set.
///
/// # Errors
/// The database.
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM setting WHERE name = $1").bind(name).fetch_optional(conn).await?;
    Ok(row.map(|r| r.try_get(0)).transpose()?)
}

/// Sets a setting.
///
/// # Errors
/// The database.
pub async fn set(conn: &mut Conn, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(name).bind(value).execute(conn).await?;
    Ok(())
}
