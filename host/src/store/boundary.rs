//! SQL of the map's boundary: one row, or none.

use sqlx::Row;

use super::{Conn, StoreError, Tx};

/// The rings; none, nobody gave any.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT rings FROM boundary WHERE id = 1").fetch_optional(conn).await?;
    Ok(row.map(|row| row.try_get("rings")).transpose()?)
}

/// Writes the rings in place of those before; none, there is no boundary any more.
///
/// # Errors
/// The database.
pub async fn put(tx: &mut Tx, rings: Option<&str>) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM boundary").execute(&mut **tx).await?;
    if let Some(rings) = rings {
        sqlx::query("INSERT INTO boundary (id, rings) VALUES (1, $1)").bind(rings).execute(&mut **tx).await?;
    }
    Ok(())
}
