//! What somebody wrote down of a recording, sealed.

use sqlx::Row;

use super::super::{Conn, StoreError};

/// The last transcript of a case.
///
/// # Errors
/// The database.
pub async fn last_transcript(conn: &mut Conn, case_id: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT sealed FROM case_event WHERE case_id = $1 AND kind = 'transcript' ORDER BY revision DESC LIMIT 1";
    let row = sqlx::query(sql).bind(case_id).fetch_optional(conn).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}
