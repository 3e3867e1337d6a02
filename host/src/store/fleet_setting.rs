//! What of the fleet has no row of its own: numbers by name.

use sqlx::Row;

use super::{Conn, StoreError, Tx};

/// A number; none, it was never written.
///
/// # Errors
/// The database.
pub(super) async fn get(conn: &mut Conn, name: &str) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT value FROM fleet_setting WHERE name = $1").bind(name).fetch_optional(conn).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Writes a number, in place of what stood there.
///
/// # Errors
/// The database.
pub(super) async fn put(tx: &mut Tx, name: &str, value: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO fleet_setting (name, value) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(name).bind(value).execute(&mut **tx).await?;
    Ok(())
}
