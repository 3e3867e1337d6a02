//! SQL of hand-overs: phones that go on with a ticket.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// A hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct HandOverRow {
    pub secret: Vec<u8>,
    pub id: String,
    pub terminal: String,
    pub ticket: String,
    pub boot: String,
    pub made: i64,
    pub phone: Option<Vec<u8>>,
    pub opened: Option<i64>,
    pub finished: Option<i64>,
    pub replaced: Option<i64>,
    pub refused: i64,
    pub broken: i64,
}

fn hand_over(row: &AnyRow) -> Result<HandOverRow, sqlx::Error> {
    Ok(HandOverRow {
        secret: row.try_get("secret")?,
        id: row.try_get("id")?,
        terminal: row.try_get("terminal")?,
        ticket: row.try_get("ticket")?,
        boot: row.try_get("boot")?,
        made: row.try_get("made")?,
        phone: row.try_get("phone")?,
        opened: row.try_get("opened")?,
        finished: row.try_get("finished")?,
        replaced: row.try_get("replaced")?,
        refused: row.try_get("refused")?,
        broken: row.try_get("broken")?,
    })
}

/// A hand-over by its secret's hash.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, secret: &[u8]) -> Result<Option<HandOverRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM hand_over WHERE secret = $1").bind(secret).fetch_optional(conn).await?;
    Ok(row.as_ref().map(hand_over).transpose()?)
}

/// The hand-over that a phone opened, by its cookie's hash.
///
/// # Errors
/// The database.
pub async fn of_phone(conn: &mut Conn, phone: &[u8]) -> Result<Option<HandOverRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM hand_over WHERE phone = $1").bind(phone).fetch_optional(conn).await?;
    Ok(row.as_ref().map(hand_over).transpose()?)
}

/// The hand-overs of a ticket, oldest first.
///
/// # Errors
/// The database.
pub async fn of_ticket(conn: &mut Conn, ticket: &str) -> Result<Vec<HandOverRow>, StoreError> {
    let sql = "SELECT * FROM hand_over WHERE ticket = $1 ORDER BY made";
    let rows = sqlx::query(sql).bind(ticket).fetch_all(conn).await?;
    Ok(rows.iter().map(hand_over).collect::<Result<_, _>>()?)
}

/// How many hand-overs a terminal has asked for behind a time.
///
/// # Errors
/// The database.
pub async fn count_since(conn: &mut Conn, terminal: &str, since: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM hand_over WHERE terminal = $1 AND made > $2";
    Ok(sqlx::query(sql).bind(terminal).bind(since).fetch_one(conn).await?.try_get(0)?)
}

/// Adds a hand-over that no phone has opened.
///
/// # Errors
/// The database.
pub async fn insert(conn: &mut Conn, row: &HandOverRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO hand_over (secret, id, terminal, ticket, boot, made, refused, broken)
               VALUES ($1, $2, $3, $4, $5, $6, 0, 0)";
    sqlx::query(sql)
        .bind(row.secret.as_slice())
        .bind(&row.id)
        .bind(&row.terminal)
        .bind(&row.ticket)
        .bind(&row.boot)
        .bind(row.made)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes which phone came first.
///
/// # Errors
/// The database.
pub async fn open(conn: &mut Conn, secret: &[u8], phone: &[u8], at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE hand_over SET phone = $2, opened = $3 WHERE secret = $1 AND phone IS NULL";
    sqlx::query(sql).bind(secret).bind(phone).bind(at).execute(conn).await?;
    Ok(())
}

/// Notes that the phone said that this is all.
///
/// # Errors
/// The database.
pub async fn finish(conn: &mut Conn, secret: &[u8], at: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE hand_over SET finished = $2 WHERE secret = $1").bind(secret).bind(at).execute(conn).await?;
    Ok(())
}

/// Counts a photo that was not taken.
///
/// # Errors
/// The database.
pub async fn refuse(conn: &mut Conn, secret: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE hand_over SET refused = refused + 1 WHERE secret = $1";
    sqlx::query(sql).bind(secret).execute(conn).await?;
    Ok(())
}

/// Counts an upload that did not come whole.
///
/// # Errors
/// The database.
pub async fn break_off(conn: &mut Conn, secret: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE hand_over SET broken = broken + 1 WHERE secret = $1";
    sqlx::query(sql).bind(secret).execute(conn).await?;
    Ok(())
}

/// Notes that a newer one was shown instead.
///
/// # Errors
/// The database.
pub async fn replace(conn: &mut Conn, secret: &[u8], at: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE hand_over SET replaced = $2 WHERE secret = $1").bind(secret).bind(at).execute(conn).await?;
    Ok(())
}

async fn texts(conn: &mut Conn, sql: &'static str, secret: &[u8]) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(sql).bind(secret).fetch_all(conn).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// The phone's ids of the photos that were taken, in their order.
///
/// # Errors
/// The database.
pub async fn photos(conn: &mut Conn, secret: &[u8]) -> Result<Vec<String>, StoreError> {
    texts(conn, "SELECT photo FROM hand_over_photo WHERE secret = $1 ORDER BY taken, event", secret).await
}

/// Notes that a photo was taken, by the phone's id of it, and when.
///
/// # Errors
/// The database.
pub async fn add_photo(
    conn: &mut Conn,
    secret: &[u8],
    (photo, taken): (&str, i64),
    event: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO hand_over_photo (secret, photo, taken, event) VALUES ($1, $2, $3, $4)";
    sqlx::query(sql).bind(secret).bind(photo).bind(taken).bind(event).execute(conn).await?;
    Ok(())
}

/// The ids of the events of the notes that were taken.
///
/// # Errors
/// The database.
pub async fn notes(conn: &mut Conn, secret: &[u8]) -> Result<Vec<String>, StoreError> {
    texts(conn, "SELECT event FROM hand_over_note WHERE secret = $1 ORDER BY event", secret).await
}

/// Notes that words were taken.
///
/// # Errors
/// The database.
pub async fn add_note(conn: &mut Conn, secret: &[u8], event: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO hand_over_note (secret, event) VALUES ($1, $2)";
    sqlx::query(sql).bind(secret).bind(event).execute(conn).await?;
    Ok(())
}

/// Whether a photo or words were taken.
///
/// # Errors
/// The database.
pub async fn has_anything(conn: &mut Conn, secret: &[u8]) -> Result<bool, StoreError> {
    Ok(!photos(conn, secret).await?.is_empty() || !notes(conn, secret).await?.is_empty())
}

/// Forgets one.
///
/// # Errors
/// The database.
pub async fn remove(conn: &mut Conn, secret: &[u8]) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM hand_over_photo WHERE secret = $1",
        "DELETE FROM hand_over_note WHERE secret = $1",
        "DELETE FROM hand_over WHERE secret = $1",
    ] {
        sqlx::query(sql).bind(secret).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The secrets' hashes of those that were made before a time.
///
/// # Errors
/// The database.
pub async fn older(conn: &mut Conn, before: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows = sqlx::query("SELECT secret FROM hand_over WHERE made < $1").bind(before).fetch_all(conn).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}
