//! SQL of the outbox, the same table in both roles' databases.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// An announcement that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct OutboxRow {
    pub number: i64,
    pub made: i64,
    pub person: Option<String>,
    pub body: String,
    pub tries: i64,
    pub next: i64,
}

/// Puts an announcement into the outbox, for somebody's own address or for that of the role.
///
/// # Errors
/// The database.
pub async fn announce(conn: &mut Conn, now: i64, person: Option<&str>, body: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (made, person, body, tries, next) VALUES ($1, $2, $3, 0, $1)";
    sqlx::query(sql).bind(now).bind(person).bind(body).execute(conn).await?;
    Ok(())
}

/// The announcements whose time has come, oldest first.
///
/// # Errors
/// The database.
pub async fn due(conn: &mut Conn, now: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = "SELECT number, made, person, body, tries, next FROM outbox
               WHERE done IS NULL AND next <= $1 ORDER BY number LIMIT 20";
    let rows = sqlx::query(sql).bind(now).fetch_all(conn).await?;
    let line = |r: &AnyRow| {
        Ok(OutboxRow {
            number: r.try_get(0)?,
            made: r.try_get(1)?,
            person: r.try_get(2)?,
            body: r.try_get(3)?,
            tries: r.try_get(4)?,
            next: r.try_get(5)?,
        })
    };
    Ok(rows.iter().map(line).collect::<Result<_, sqlx::Error>>()?)
}

/// Notes that an announcement is over: delivered, or given up.
///
/// # Errors
/// The database.
pub async fn over(conn: &mut Conn, number: i64, at: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET done = $2 WHERE number = $1").bind(number).bind(at).execute(conn).await?;
    Ok(())
}

/// Notes that an announcement is to be tried again.
///
/// # Errors
/// The database.
pub async fn again(conn: &mut Conn, number: i64, tries: i64, next: i64) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET tries = $2, next = $3 WHERE number = $1";
    sqlx::query(sql).bind(number).bind(tries).bind(next).execute(conn).await?;
    Ok(())
}
