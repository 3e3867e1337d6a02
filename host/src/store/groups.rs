//! SQL of groups: their names and what they ask.

use sqlx::Row;

use super::{Conn, StoreError, Tx};

/// Every group, by name.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query("SELECT name, query FROM terminal_group ORDER BY name").fetch_all(conn).await?;
    rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("query")?))).collect()
}

/// Writes a group, in place of one of the same name.
///
/// # Errors
/// The database.
pub async fn put(tx: &mut Tx, name: &str, query: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO terminal_group (name, query) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET query = excluded.query";
    sqlx::query(sql).bind(name).bind(query).execute(&mut **tx).await?;
    Ok(())
}

/// Removes a group; whether there was one.
///
/// # Errors
/// The database.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM terminal_group WHERE name = $1").bind(name).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}
