//! SQL of events, conflicts and alarms: all that terminals sent, byte for byte.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its id.
    pub id: String,
    /// 13 digits.
    pub ticket: String,
    /// As in the contract.
    pub kind: String,
    /// 5 digits.
    pub terminal: String,
    /// The boot that wrote it.
    pub boot: String,
    /// Order within the terminal.
    pub seq: i64,
    /// Of `bytes`.
    pub sha256: Vec<u8>,
    /// Verbatim.
    pub bytes: Vec<u8>,
    /// Milliseconds.
    pub received: i64,
    /// What became of it.
    pub status: String,
    /// Its case.
    pub case_id: Option<String>,
}

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRow {
    /// In order.
    pub number: i64,
    /// Milliseconds.
    pub at: i64,
    /// What.
    pub kind: String,
    /// 13 digits.
    pub ticket: Option<String>,
    /// Id of the event.
    pub event: Option<String>,
    /// Who has seen to it.
    pub seen_by: Option<String>,
    /// When.
    pub seen_at: Option<i64>,
}

fn event(row: &AnyRow) -> Result<EventRow, sqlx::Error> {
    Ok(EventRow {
        id: row.try_get("id")?,
        ticket: row.try_get("ticket")?,
        kind: row.try_get("kind")?,
        terminal: row.try_get("terminal")?,
        boot: row.try_get("boot")?,
        seq: row.try_get("seq")?,
        sha256: row.try_get("sha256")?,
        bytes: row.try_get("bytes")?,
        received: row.try_get("received")?,
        status: row.try_get("status")?,
        case_id: row.try_get("case_id")?,
    })
}

fn alarm_row(row: &AnyRow) -> Result<AlarmRow, sqlx::Error> {
    Ok(AlarmRow {
        number: row.try_get(0)?,
        at: row.try_get(1)?,
        kind: row.try_get(2)?,
        ticket: row.try_get(3)?,
        event: row.try_get(4)?,
        seen_by: row.try_get(5)?,
        seen_at: row.try_get(6)?,
    })
}

/// An event by its id.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<EventRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM event WHERE id = $1").bind(id).fetch_optional(conn).await?;
    Ok(row.as_ref().map(event).transpose()?)
}

/// Adds an event.
///
/// # Errors
/// The database.
pub async fn insert(conn: &mut Conn, event: &EventRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO event (id, ticket, kind, terminal, boot, seq, sha256, bytes, received, status, case_id)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    sqlx::query(sql)
        .bind(&event.id)
        .bind(&event.ticket)
        .bind(&event.kind)
        .bind(&event.terminal)
        .bind(&event.boot)
        .bind(event.seq)
        .bind(event.sha256.as_slice())
        .bind(event.bytes.as_slice())
        .bind(event.received)
        .bind(&event.status)
        .bind(&event.case_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes what became of an event.
///
/// # Errors
/// The database.
pub async fn mark(conn: &mut Conn, id: &str, status: &str, case_id: Option<&str>) -> Result<(), StoreError> {
    let sql = "UPDATE event SET status = $2, case_id = $3 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(status).bind(case_id).execute(conn).await?;
    Ok(())
}

/// The events of a ticket that wait for its suggestion, oldest first.
///
/// # Errors
/// The database.
pub async fn waiting(conn: &mut Conn, ticket: &str) -> Result<Vec<EventRow>, StoreError> {
    let sql = "SELECT * FROM event WHERE ticket = $1 AND status = 'waiting' ORDER BY received, seq";
    let rows = sqlx::query(sql).bind(ticket).fetch_all(conn).await?;
    Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
}

/// The events of a kind that belong to a case, in the terminal's order.
///
/// # Errors
/// The database.
pub async fn of_case(conn: &mut Conn, case_id: &str, ticket: &str, kind: &str) -> Result<Vec<EventRow>, StoreError> {
    // By the ticket first: that is what there is an index of.
    let sql = "SELECT * FROM event WHERE ticket = $1 AND case_id = $2 AND kind = $3 ORDER BY seq, id";
    let rows = sqlx::query(sql).bind(ticket).bind(case_id).bind(kind).fetch_all(conn).await?;
    Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
}

/// Notes what an event is, where an older program did not know it.
///
/// # Errors
/// The database.
pub async fn set_kind(conn: &mut Conn, id: &str, kind: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE event SET kind = $2 WHERE id = $1").bind(id).bind(kind).execute(conn).await?;
    Ok(())
}

/// The events that did not open, or were of an unknown kind, oldest first.
///
/// # Errors
/// The database.
pub async fn unopened(conn: &mut Conn) -> Result<Vec<EventRow>, StoreError> {
    let sql = "SELECT * FROM event WHERE status IN ('unreadable', 'kept') ORDER BY received, seq";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
}

/// Keeps other bytes that came under a known id; whether they are new.
///
/// # Errors
/// The database.
pub async fn keep_conflict(
    conn: &mut Conn,
    (id, terminal): (&str, &str),
    sha256: &[u8],
    bytes: &[u8],
    at: i64,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO conflict (id, terminal, sha256, bytes, received) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (id, sha256) DO NOTHING";
    let done = sqlx::query(sql).bind(id).bind(terminal).bind(sha256).bind(bytes).bind(at).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Whether other bytes with this hash were kept under an id.
///
/// # Errors
/// The database.
pub async fn is_conflict(conn: &mut Conn, id: &str, sha256: &[u8]) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM conflict WHERE id = $1 AND sha256 = $2";
    Ok(sqlx::query(sql).bind(id).bind(sha256).fetch_optional(conn).await?.is_some())
}

/// Other bytes that came under an id, in the order of their arrival: when, and the bytes.
///
/// # Errors
/// The database.
pub async fn conflicts(conn: &mut Conn, id: &str) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let sql = "SELECT received, bytes FROM conflict WHERE id = $1 ORDER BY number";
    let rows = sqlx::query(sql).bind(id).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// Raises an alarm.
///
/// # Errors
/// The database.
pub async fn alarm(
    conn: &mut Conn,
    at: i64,
    kind: &str,
    ticket: Option<&str>,
    event: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO alarm (at, kind, ticket, event) VALUES ($1, $2, $3, $4)";
    sqlx::query(sql).bind(at).bind(kind).bind(ticket).bind(event).execute(conn).await?;
    Ok(())
}

/// The newest alarms, those that nobody has seen to first.
///
/// # Errors
/// The database.
pub async fn alarms(conn: &mut Conn, at_most: i64) -> Result<Vec<AlarmRow>, StoreError> {
    let sql = "SELECT number, at, kind, ticket, event, seen_by, seen_at FROM alarm
               ORDER BY CASE WHEN seen_at IS NULL THEN 0 ELSE 1 END, number DESC LIMIT $1";
    let rows = sqlx::query(sql).bind(at_most).fetch_all(conn).await?;
    Ok(rows.iter().map(alarm_row).collect::<Result<_, sqlx::Error>>()?)
}

/// An alarm by its number.
///
/// # Errors
/// The database.
pub async fn find_alarm(conn: &mut Conn, number: i64) -> Result<Option<AlarmRow>, StoreError> {
    let sql = "SELECT number, at, kind, ticket, event, seen_by, seen_at FROM alarm WHERE number = $1";
    let row = sqlx::query(sql).bind(number).fetch_optional(conn).await?;
    Ok(row.as_ref().map(alarm_row).transpose()?)
}

/// The alarms of a ticket, oldest first.
///
/// # Errors
/// The database.
pub async fn alarms_of(conn: &mut Conn, ticket: &str) -> Result<Vec<AlarmRow>, StoreError> {
    let sql = "SELECT number, at, kind, ticket, event, seen_by, seen_at FROM alarm WHERE ticket = $1 ORDER BY number";
    let rows = sqlx::query(sql).bind(ticket).fetch_all(conn).await?;
    Ok(rows.iter().map(alarm_row).collect::<Result<_, sqlx::Error>>()?)
}

/// How many alarms nobody has seen to.
///
/// # Errors
/// The database.
pub async fn open_alarms(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(sqlx::query("SELECT COUNT(*) FROM alarm WHERE seen_at IS NULL").fetch_one(conn).await?.try_get(0)?)
}

/// Notes who has seen to an alarm; the first one stays.
///
/// # Errors
/// The database.
pub async fn see_alarm(conn: &mut Conn, number: i64, by: &str, at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE alarm SET seen_by = $2, seen_at = $3 WHERE number = $1 AND seen_at IS NULL";
    sqlx::query(sql).bind(number).bind(by).bind(at).execute(conn).await?;
    Ok(())
}
