//! SQL of rosters: who may be on duty, when, who is there.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// Somebody of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct RosterRow {
    pub id: String,
    pub station: String,
    pub name: String,
    pub role: String,
    pub portrait: Option<Vec<u8>>,
    pub webhook: String,
}

/// A duty, every week or on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct DutyRow {
    pub id: String,
    pub person: String,
    pub weekday: Option<i64>,
    pub day: Option<String>,
    pub from_time: String,
    pub to_time: String,
}

/// A station's roster, by name.
///
/// # Errors
/// The database.
pub async fn roster(conn: &mut Conn, station: &str) -> Result<Vec<RosterRow>, StoreError> {
    let sql = "SELECT id, station, name, role, portrait, webhook FROM roster_person
               WHERE station = $1 AND removed = 0 ORDER BY name, id";
    let rows = sqlx::query(sql).bind(station).fetch_all(conn).await?;
    let person = |r: &AnyRow| {
        Ok(RosterRow {
            id: r.try_get(0)?,
            station: r.try_get(1)?,
            name: r.try_get(2)?,
            role: r.try_get(3)?,
            portrait: r.try_get(4)?,
            webhook: r.try_get(5)?,
        })
    };
    Ok(rows.iter().map(person).collect::<Result<_, sqlx::Error>>()?)
}

/// Everybody who is or was on a roster: id and name.
///
/// # Errors
/// The database.
pub async fn names(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query("SELECT id, name FROM roster_person").fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// Adds somebody to a roster.
///
/// # Errors
/// The database.
pub async fn insert_roster(conn: &mut Conn, p: &RosterRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO roster_person (id, station, name, role, portrait, webhook, removed)
               VALUES ($1, $2, $3, $4, $5, $6, 0)";
    sqlx::query(sql)
        .bind(&p.id)
        .bind(&p.station)
        .bind(&p.name)
        .bind(&p.role)
        .bind(p.portrait.as_deref())
        .bind(&p.webhook)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes where somebody of a station's roster is told; whether there is such a one.
///
/// # Errors
/// The database.
pub async fn set_webhook(conn: &mut Conn, station: &str, person: &str, webhook: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE roster_person SET webhook = $3 WHERE id = $2 AND station = $1 AND removed = 0";
    let done = sqlx::query(sql).bind(station).bind(person).bind(webhook).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Where somebody of a roster is told; none where they left it or have no address.
///
/// # Errors
/// The database.
pub async fn webhook_of(conn: &mut Conn, person: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT webhook FROM roster_person WHERE id = $1 AND removed = 0 AND webhook <> ''";
    let row = sqlx::query(sql).bind(person).fetch_optional(conn).await?;
    Ok(row.map(|r| r.try_get(0)).transpose()?)
}

/// Who is on duty at a station on a day, of those with an address: id and address. `weekday` is 1 Monday to 7 Sunday.
///
/// # Errors
/// The database.
pub async fn on_duty(
    conn: &mut Conn,
    station: &str,
    weekday: i64,
    day: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT p.id, p.webhook FROM roster_person p
               WHERE p.station = $1 AND p.removed = 0 AND p.webhook <> ''
                 AND EXISTS (SELECT 1 FROM duty d WHERE d.person = p.id AND (d.weekday = $2 OR d.day = $3))
               ORDER BY p.name, p.id";
    let rows = sqlx::query(sql).bind(station).bind(weekday).bind(day).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// Takes somebody off a roster, with their duties and their presence.
///
/// # Errors
/// The database.
pub async fn remove_roster(conn: &mut Conn, person: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM duty WHERE person = $1",
        "DELETE FROM presence WHERE person = $1",
        "UPDATE roster_person SET removed = 1, webhook = '' WHERE id = $1",
    ] {
        sqlx::query(sql).bind(person).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The duties of a station's roster.
///
/// # Errors
/// The database.
pub async fn duties(conn: &mut Conn, station: &str) -> Result<Vec<DutyRow>, StoreError> {
    let sql = "SELECT d.id, d.person, d.weekday, d.day, d.from_time, d.to_time
               FROM duty d JOIN roster_person p ON p.id = d.person
               WHERE p.station = $1 AND p.removed = 0 ORDER BY d.weekday, d.day, d.from_time, d.id";
    let rows = sqlx::query(sql).bind(station).fetch_all(conn).await?;
    let duty = |r: &AnyRow| {
        Ok(DutyRow {
            id: r.try_get(0)?,
            person: r.try_get(1)?,
            weekday: r.try_get(2)?,
            day: r.try_get(3)?,
            from_time: r.try_get(4)?,
            to_time: r.try_get(5)?,
        })
    };
    Ok(rows.iter().map(duty).collect::<Result<_, sqlx::Error>>()?)
}

/// Adds a duty.
///
/// # Errors
/// The database.
pub async fn insert_duty(conn: &mut Conn, d: &DutyRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO duty (id, person, weekday, day, from_time, to_time) VALUES ($1, $2, $3, $4, $5, $6)";
    sqlx::query(sql)
        .bind(&d.id)
        .bind(&d.person)
        .bind(d.weekday)
        .bind(&d.day)
        .bind(&d.from_time)
        .bind(&d.to_time)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a duty away.
///
/// # Errors
/// The database.
pub async fn remove_duty(conn: &mut Conn, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM duty WHERE id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Notes that somebody came.
///
/// # Errors
/// The database.
pub async fn came(conn: &mut Conn, person: &str, since: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO presence (person, since) VALUES ($1, $2)
               ON CONFLICT (person) DO UPDATE SET since = excluded.since";
    sqlx::query(sql).bind(person).bind(since).execute(conn).await?;
    Ok(())
}

/// Notes that somebody left.
///
/// # Errors
/// The database.
pub async fn left(conn: &mut Conn, person: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM presence WHERE person = $1").bind(person).execute(conn).await?;
    Ok(())
}

/// Who came to a station since a time and has not left.
///
/// # Errors
/// The database.
pub async fn present(conn: &mut Conn, station: &str, since: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT a.person, a.since FROM presence a JOIN roster_person p ON p.id = a.person
               WHERE p.station = $1 AND p.removed = 0 AND a.since >= $2 ORDER BY a.since, a.person";
    let rows = sqlx::query(sql).bind(station).bind(since).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}
