//! SQL of calls for help and of the audit.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// A call for help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct HelpRow {
    pub id: String,
    pub terminal: String,
    pub station: Option<String>,
    pub station_name: Option<String>,
    pub at: i64,
    pub by_name: Option<String>,
    pub acknowledged: Option<i64>,
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct AuditRow {
    pub at: i64,
    pub who: String,
    pub what: String,
    pub subject: String,
    pub outcome: String,
}

const HELP: &str = "SELECT h.id, h.terminal, h.station, s.name AS station_name, h.at, h.by_name, h.acknowledged
  FROM help_call h LEFT JOIN station s ON s.id = h.station ";

fn help(row: &AnyRow) -> Result<HelpRow, sqlx::Error> {
    Ok(HelpRow {
        id: row.try_get("id")?,
        terminal: row.try_get("terminal")?,
        station: row.try_get("station")?,
        station_name: row.try_get("station_name")?,
        at: row.try_get("at")?,
        by_name: row.try_get("by_name")?,
        acknowledged: row.try_get("acknowledged")?,
    })
}

/// Notes a call; whether it is new.
///
/// # Errors
/// The database.
pub async fn call_help(
    conn: &mut Conn,
    id: &str,
    terminal: &str,
    station: Option<&str>,
    at: i64,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO help_call (id, terminal, station, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
    let done = sqlx::query(sql).bind(id).bind(terminal).bind(station).bind(at).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// A call by its id.
///
/// # Errors
/// The database.
pub async fn find_help(conn: &mut Conn, id: &str) -> Result<Option<HelpRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{HELP}WHERE h.id = $1"));
    let row = sqlx::query(sql).bind(id).fetch_optional(conn).await?;
    Ok(row.as_ref().map(help).transpose()?)
}

/// Calls since a time, open ones first; `station` empty for all.
///
/// # Errors
/// The database.
pub async fn help_calls(conn: &mut Conn, since: i64, station: &str) -> Result<Vec<HelpRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{HELP}WHERE (h.acknowledged IS NULL OR h.at >= $1) AND ($2 = '' OR h.station = $2)
         ORDER BY CASE WHEN h.acknowledged IS NULL THEN 0 ELSE 1 END, h.at DESC LIMIT 100"
    ));
    let rows = sqlx::query(sql).bind(since).bind(station).fetch_all(conn).await?;
    Ok(rows.iter().map(help).collect::<Result<_, _>>()?)
}

/// Notes who comes; the first one stays.
///
/// # Errors
/// The database.
pub async fn acknowledge(conn: &mut Conn, id: &str, by: &str, at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE help_call SET by_name = $2, acknowledged = $3 WHERE id = $1 AND acknowledged IS NULL";
    sqlx::query(sql).bind(id).bind(by).bind(at).execute(conn).await?;
    Ok(())
}

/// Whether the audit says since a time what one is about to say.
///
/// # Errors
/// The database.
pub async fn said_since(conn: &mut Conn, row: &AuditRow, since: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM audit
               WHERE who = $1 AND at > $2 AND what = $3 AND subject = $4 AND outcome = $5 LIMIT 1";
    let query = sqlx::query(sql).bind(&row.who).bind(since).bind(&row.what).bind(&row.subject).bind(&row.outcome);
    Ok(query.fetch_optional(conn).await?.is_some())
}

/// Whether the audit says since a time that somebody was kept waiting; `subject` empty for any.
///
/// # Errors
/// The database.
pub async fn said_blocked(
    conn: &mut Conn,
    who: &str,
    what: &str,
    subject: &str,
    since: i64,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM audit
               WHERE who = $1 AND at > $2 AND what = $3 AND outcome = 'blocked' AND ($4 = '' OR subject = $4) LIMIT 1";
    let row = sqlx::query(sql).bind(who).bind(since).bind(what).bind(subject).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Appends to the audit.
///
/// # Errors
/// The database.
pub async fn audit(conn: &mut Conn, row: &AuditRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (at, who, what, subject, outcome) VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(sql)
        .bind(row.at)
        .bind(&row.who)
        .bind(&row.what)
        .bind(&row.subject)
        .bind(&row.outcome)
        .execute(conn)
        .await?;
    Ok(())
}

/// Which lines of the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// As the audit calls them; empty, everybody.
    pub who: String,
    /// Milliseconds, from.
    pub from: i64,
    /// Milliseconds, up to but not including.
    pub to: i64,
}

/// A page of the audit, newest first: what it says itself, and the steps that people took in cases.
///
/// # Errors
/// The database.
pub async fn audited(
    conn: &mut Conn,
    filter: &AuditFilter,
    skip: i64,
    at_most: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "SELECT at, who, what, subject, outcome FROM (
                 SELECT at, who, what, subject, outcome, number AS rank FROM audit
                 UNION ALL
                 SELECT at, 'person:' || person, 'case', case_id,
                        CASE WHEN kind = 'state' THEN state ELSE kind END, revision
                 FROM case_event WHERE person IS NOT NULL
               ) AS line
               WHERE ($1 = '' OR who = $1) AND at >= $2 AND at < $3
               ORDER BY at DESC, what, rank DESC LIMIT $4 OFFSET $5";
    let query = sqlx::query(sql).bind(&filter.who).bind(filter.from).bind(filter.to).bind(at_most).bind(skip);
    let rows = query.fetch_all(conn).await?;
    let line = |r: &AnyRow| {
        Ok(AuditRow {
            at: r.try_get(0)?,
            who: r.try_get(1)?,
            what: r.try_get(2)?,
            subject: r.try_get(3)?,
            outcome: r.try_get(4)?,
        })
    };
    Ok(rows.iter().map(line).collect::<Result<_, sqlx::Error>>()?)
}
