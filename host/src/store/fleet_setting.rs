//! What of the fleet has no row of its own: numbers by name.

use super::{StoreError, Tx};

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
