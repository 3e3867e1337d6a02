//! Orders of artifacts to terminals, and what terminals told of them. Invariant: no statement deletes an action.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns};

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct ActionRow {
    pub id: u64,
    pub terminal: TerminalNumber,
    pub artifact: i64,
    pub ordered_at: Timestamp,
    pub ordered_by: String,
    pub state: String,
    pub is_open: bool,
    pub changed_at: Timestamp,
}

/// What a terminal told of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct FeedbackRow {
    pub received_at: Timestamp,
    pub feedback: String,
}

const WHAT: &str = "action";
const COLUMNS: &str = "id, terminal, artifact, ordered_at, ordered_by, state, is_open, changed_at";

/// So many feedbacks of an action are kept.
const FEEDBACKS: i64 = 100;

/// Adds one, whatever its id says; the id that it got.
///
/// # Errors
/// The database, which also refuses a second open one of a terminal.
pub async fn insert(tx: &mut Tx, row: &ActionRow) -> Result<u64, StoreError> {
    let sql = "INSERT INTO action (terminal, artifact, ordered_at, ordered_by, state, is_open, changed_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let inserted = sqlx::query(sql)
        .bind(i64::from(row.terminal.get()))
        .bind(row.artifact)
        .bind(row.ordered_at.to_string())
        .bind(row.ordered_by.as_str())
        .bind(row.state.as_str())
        .bind(i64::from(row.is_open))
        .bind(row.changed_at.to_string())
        .fetch_one(&mut **tx)
        .await?;
    columns::number(&inserted, "id", WHAT)
}

/// Writes its state.
///
/// # Errors
/// The database.
pub async fn put_state(tx: &mut Tx, row: &ActionRow) -> Result<(), StoreError> {
    sqlx::query("UPDATE action SET state = $2, is_open = $3, changed_at = $4 WHERE id = $1")
        .bind(columns::of_number(row.id, WHAT)?)
        .bind(row.state.as_str())
        .bind(i64::from(row.is_open))
        .bind(row.changed_at.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// One of a terminal's.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, terminal: TerminalNumber, id: u64) -> Result<Option<ActionRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM action WHERE terminal = $1 AND id = $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get()));
    let row = query.bind(columns::of_number(id, WHAT)?).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// The open one of a terminal.
///
/// # Errors
/// The database.
pub async fn open_of(conn: &mut Conn, terminal: TerminalNumber) -> Result<Option<ActionRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM action WHERE terminal = $1 AND is_open = 1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get())).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// What a terminal that asks has to know, in one statement: its open action, the id of the last one in this state, and
/// whether it ever said anything of itself.
///
/// # Errors
/// The database.
pub async fn asked(
    conn: &mut Conn,
    terminal: TerminalNumber,
    finished: &str,
) -> Result<(Option<ActionRow>, Option<u64>, bool), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, \
         (SELECT MAX(f.id) FROM action f WHERE f.terminal = $1 AND f.state = $2) AS finished, \
         (SELECT COUNT(*) FROM device d WHERE d.terminal = $1 AND d.attributes IS NOT NULL) AS known \
         FROM (SELECT 1 AS one) AS always LEFT JOIN action ON terminal = $1 AND is_open = 1"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get())).bind(finished);
    let row = query.fetch_one(conn).await?;
    let open = row.try_get::<Option<i64>, _>("id")?.map(|_| read(&row)).transpose()?;
    let finished: Option<i64> = row.try_get("finished")?;
    let finished = finished.map(|_| columns::number(&row, "finished", WHAT)).transpose()?;
    Ok((open, finished, row.try_get::<i64, _>("known")? > 0))
}

/// The newest of a terminal, the newest first.
///
/// # Errors
/// The database.
pub async fn of_terminal(
    conn: &mut Conn,
    terminal: TerminalNumber,
    at_most: u32,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM action WHERE terminal = $1 ORDER BY id DESC LIMIT $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get())).bind(i64::from(at_most));
    query.fetch_all(conn).await?.iter().map(read).collect()
}

/// Terminals whose order of an artifact is not over: how many, and the first of them.
///
/// # Errors
/// The database.
pub async fn who_is_ordered(
    conn: &mut Conn,
    artifact: i64,
    at_most: u32,
) -> Result<(u64, Vec<TerminalNumber>), StoreError> {
    let of = "FROM action WHERE artifact = $1 AND is_open = 1";
    columns::counted(conn, of, at_most, |query| query.bind(artifact)).await
}

/// Terminals whose last order in this state is of an artifact, and who never said what they run: how many, and the first
/// of them.
///
/// # Errors
/// The database.
pub async fn who_did(
    conn: &mut Conn,
    artifact: i64,
    finished: &str,
    at_most: u32,
) -> Result<(u64, Vec<TerminalNumber>), StoreError> {
    let of = "FROM action WHERE artifact = $1 AND state = $2 AND is_open = 0 \
              AND NOT EXISTS (SELECT 1 FROM action f WHERE f.terminal = action.terminal AND f.state = $2 AND f.id > action.id) \
              AND NOT EXISTS (SELECT 1 FROM device d WHERE d.terminal = action.terminal AND d.installed IS NOT NULL)";
    columns::counted(conn, of, at_most, |query| query.bind(artifact).bind(finished.to_owned())).await
}

/// Every open one of an artifact.
///
/// # Errors
/// The database.
pub async fn open_with(conn: &mut Conn, artifact: i64) -> Result<Vec<ActionRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM action WHERE artifact = $1 AND is_open = 1 ORDER BY id");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(artifact).fetch_all(conn).await?.iter().map(read).collect()
}

/// Every one that changed at this time or later.
///
/// # Errors
/// The database.
pub async fn since(conn: &mut Conn, at: Timestamp) -> Result<Vec<ActionRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM action WHERE changed_at >= $1 ORDER BY id");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(at.to_string()).fetch_all(conn).await?.iter().map(read).collect()
}

/// Adds what a terminal told, and forgets the oldest of too many.
///
/// # Errors
/// The database.
pub async fn add_feedback(tx: &mut Tx, action: u64, row: &FeedbackRow) -> Result<(), StoreError> {
    let action = columns::of_number(action, WHAT)?;
    sqlx::query("INSERT INTO action_feedback (action, received_at, feedback) VALUES ($1, $2, $3)")
        .bind(action)
        .bind(row.received_at.to_string())
        .bind(row.feedback.as_str())
        .execute(&mut **tx)
        .await?;
    let oldest = "DELETE FROM action_feedback WHERE action = $1 AND number <= \
                  (SELECT number FROM action_feedback WHERE action = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)";
    sqlx::query(oldest).bind(action).bind(FEEDBACKS).execute(&mut **tx).await?;
    Ok(())
}

/// What a terminal told of an action, the newest first.
///
/// # Errors
/// The database.
pub async fn feedback_of(conn: &mut Conn, action: u64) -> Result<Vec<FeedbackRow>, StoreError> {
    let sql = "SELECT received_at, feedback FROM action_feedback WHERE action = $1 ORDER BY number DESC";
    let rows = sqlx::query(sql).bind(columns::of_number(action, WHAT)?).fetch_all(conn).await?;
    let read = |row: &AnyRow| {
        Ok(FeedbackRow { received_at: columns::time(row, "received_at", WHAT)?, feedback: row.try_get("feedback")? })
    };
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<ActionRow, StoreError> {
    Ok(ActionRow {
        id: columns::number(row, "id", WHAT)?,
        terminal: columns::terminal(row, "terminal", WHAT)?,
        artifact: row.try_get("artifact")?,
        ordered_at: columns::time(row, "ordered_at", WHAT)?,
        ordered_by: row.try_get("ordered_by")?,
        state: row.try_get("state")?,
        is_open: row.try_get::<i64, _>("is_open")? != 0,
        changed_at: columns::time(row, "changed_at", WHAT)?,
    })
}
