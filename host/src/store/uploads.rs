//! SQL of uploads: the parts of events that are on their way.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// An upload that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// 5 digits.
    pub terminal: String,
    /// The event's id.
    pub event: String,
    /// Bytes of the whole event.
    pub length: i64,
    /// Of the whole event, where the terminal said it.
    pub sha256: Option<Vec<u8>>,
    /// Bytes that are here.
    pub received: i64,
    /// Milliseconds: when the last of them came.
    pub touched: i64,
}

fn upload(row: &AnyRow) -> Result<UploadRow, sqlx::Error> {
    Ok(UploadRow {
        terminal: row.try_get("terminal")?,
        event: row.try_get("event")?,
        length: row.try_get("length")?,
        sha256: row.try_get("sha256")?,
        received: row.try_get("received")?,
        touched: row.try_get("touched")?,
    })
}

/// A terminal's upload of an event, unless it has been silent since `since`.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, terminal: &str, event: &str, since: i64) -> Result<Option<UploadRow>, StoreError> {
    let sql = "SELECT * FROM upload WHERE terminal = $1 AND event = $2 AND touched > $3";
    let row = sqlx::query(sql).bind(terminal).bind(event).bind(since).fetch_optional(conn).await?;
    Ok(row.as_ref().map(upload).transpose()?)
}

/// A terminal's uploads, the one that was silent longest first.
///
/// # Errors
/// The database.
pub async fn of_terminal(conn: &mut Conn, terminal: &str) -> Result<Vec<UploadRow>, StoreError> {
    let sql = "SELECT * FROM upload WHERE terminal = $1 ORDER BY touched, event";
    let rows = sqlx::query(sql).bind(terminal).fetch_all(conn).await?;
    Ok(rows.iter().map(upload).collect::<Result<_, _>>()?)
}

/// Adds an upload.
///
/// # Errors
/// The database.
pub async fn insert(conn: &mut Conn, row: &UploadRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO upload (terminal, event, length, sha256, received, touched) VALUES ($1, $2, $3, $4, $5, $6)";
    sqlx::query(sql)
        .bind(&row.terminal)
        .bind(&row.event)
        .bind(row.length)
        .bind(row.sha256.as_deref())
        .bind(row.received)
        .bind(row.touched)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds the bytes that follow on what is here.
///
/// # Errors
/// The database.
pub async fn grow(conn: &mut Conn, row: &UploadRow, bytes: &[u8], at: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO upload_part (terminal, event, start, bytes) VALUES ($1, $2, $3, $4)";
    let part = sqlx::query(sql).bind(&row.terminal).bind(&row.event).bind(row.received).bind(bytes);
    part.execute(&mut *conn).await?;
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let sql = "UPDATE upload SET received = $3, touched = $4 WHERE terminal = $1 AND event = $2";
    let grown = sqlx::query(sql).bind(&row.terminal).bind(&row.event).bind(row.received.saturating_add(length));
    grown.bind(at).execute(conn).await?;
    Ok(())
}

/// All that is here, in order.
///
/// # Errors
/// The database.
pub async fn bytes(conn: &mut Conn, row: &UploadRow) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT bytes FROM upload_part WHERE terminal = $1 AND event = $2 ORDER BY start";
    let rows = sqlx::query(sql).bind(&row.terminal).bind(&row.event).fetch_all(conn).await?;
    let mut all = Vec::new();
    for row in rows {
        all.extend_from_slice(&row.try_get::<Vec<u8>, _>(0)?);
    }
    Ok(all)
}

/// Forgets an upload.
///
/// # Errors
/// The database.
pub async fn remove(conn: &mut Conn, terminal: &str, event: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM upload_part WHERE terminal = $1 AND event = $2",
        "DELETE FROM upload WHERE terminal = $1 AND event = $2",
    ] {
        sqlx::query(sql).bind(terminal).bind(event).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The uploads that have been silent since `since`.
///
/// # Errors
/// The database.
pub async fn silent(conn: &mut Conn, since: i64) -> Result<Vec<UploadRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM upload WHERE touched <= $1").bind(since).fetch_all(conn).await?;
    Ok(rows.iter().map(upload).collect::<Result<_, _>>()?)
}
