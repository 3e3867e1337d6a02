//! SQL of photos: what is known of one without opening it.

use sqlx::Row;

use super::{Conn, StoreError};

/// A photo of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct PhotoRow {
    pub event: String,
    pub received: i64,
    pub sealed_to: String,
    pub width: i64,
    pub height: i64,
}

/// Notes how large the photo of an event is, and what it is sealed to.
///
/// # Errors
/// The database.
pub async fn insert(
    conn: &mut Conn,
    event: &str,
    sealed_to: &str,
    (width, height): (u32, u32),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO photo (event, sealed_to, width, height) VALUES ($1, $2, $3, $4)
               ON CONFLICT (event) DO NOTHING";
    let [width, height] = [width, height].map(i64::from);
    sqlx::query(sql).bind(event).bind(sealed_to).bind(width).bind(height).execute(conn).await?;
    Ok(())
}

/// The photos of a case, in the order of their arrival.
///
/// # Errors
/// The database.
pub async fn of_case(conn: &mut Conn, case_id: &str, ticket: &str) -> Result<Vec<PhotoRow>, StoreError> {
    // By the ticket first: that is what there is an index of.
    let sql = "SELECT event.id, event.received, photo.sealed_to, photo.width, photo.height
               FROM event JOIN photo ON photo.event = event.id
               WHERE event.ticket = $1 AND event.case_id = $2 ORDER BY event.seq, event.id";
    let rows = sqlx::query(sql).bind(ticket).bind(case_id).fetch_all(conn).await?;
    let read = rows.iter().map(|row| {
        Ok(PhotoRow {
            event: row.try_get(0)?,
            received: row.try_get(1)?,
            sealed_to: row.try_get(2)?,
            width: row.try_get(3)?,
            height: row.try_get(4)?,
        })
    });
    Ok(read.collect::<Result<_, sqlx::Error>>()?)
}
