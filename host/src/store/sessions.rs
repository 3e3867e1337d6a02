//! SQL of sessions, in either role's database.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct SessionRow {
    pub token: Vec<u8>,
    pub person: String,
    pub csrf: String,
    pub made: i64,
    pub seen: i64,
}

fn read(row: &AnyRow) -> Result<SessionRow, sqlx::Error> {
    Ok(SessionRow {
        token: row.try_get("token")?,
        person: row.try_get("person")?,
        csrf: row.try_get("csrf")?,
        made: row.try_get("made")?,
        seen: row.try_get("seen")?,
    })
}

/// Begins a session.
///
/// # Errors
/// The database.
pub async fn open(conn: &mut Conn, token: &[u8], person: &str, csrf: &str, now: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO session (token, person, csrf, made, seen) VALUES ($1, $2, $3, $4, $4)";
    sqlx::query(sql).bind(token).bind(person).bind(csrf).bind(now).execute(conn).await?;
    Ok(())
}

/// A session by the hash of its token.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, token: &[u8]) -> Result<Option<SessionRow>, StoreError> {
    let sql = "SELECT token, person, csrf, made, seen FROM session WHERE token = $1";
    let row = sqlx::query(sql).bind(token).fetch_optional(conn).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Everything that somebody has open, the newest first.
///
/// # Errors
/// The database.
pub async fn of(conn: &mut Conn, person: &str) -> Result<Vec<SessionRow>, StoreError> {
    let sql = "SELECT token, person, csrf, made, seen FROM session WHERE person = $1 ORDER BY made DESC, token";
    let rows = sqlx::query(sql).bind(person).fetch_all(conn).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Notes that a session was used.
///
/// # Errors
/// The database.
pub async fn touch(conn: &mut Conn, token: &[u8], now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE session SET seen = $2 WHERE token = $1").bind(token).bind(now).execute(conn).await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// The database.
pub async fn close(conn: &mut Conn, token: &[u8]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE token = $1").bind(token).execute(conn).await?;
    Ok(())
}

/// Ends everything that somebody has open; how much that was.
///
/// # Errors
/// The database.
pub async fn close_all(conn: &mut Conn, person: &str) -> Result<u64, StoreError> {
    Ok(sqlx::query("DELETE FROM session WHERE person = $1").bind(person).execute(conn).await?.rows_affected())
}

/// Ends all sessions of everybody.
///
/// # Errors
/// The database.
pub async fn close_everything(conn: &mut Conn) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session").execute(conn).await?;
    Ok(())
}

/// Ends sessions that began or were last used before these times.
///
/// # Errors
/// The database.
pub async fn close_old(conn: &mut Conn, made: i64, seen: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE made < $1 OR seen < $2").bind(made).bind(seen).execute(conn).await?;
    Ok(())
}
