//! SQL of stations, places, categories, rosters, presence.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// A station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct StationRow {
    pub id: String,
    pub name: String,
    pub telephone: String,
    pub code: Option<String>,
    pub place: Option<String>,
    pub officer_name: String,
    pub officer_telephone: String,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct CategoryRow {
    pub id: String,
    pub name: String,
    pub label: String,
    pub label_en: String,
    pub picture: String,
    pub sentences: String,
}

/// Somebody of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct RosterRow {
    pub id: String,
    pub station: String,
    pub name: String,
    pub role: String,
    pub portrait: Option<Vec<u8>>,
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

fn station(r: &AnyRow) -> Result<StationRow, sqlx::Error> {
    Ok(StationRow {
        id: r.try_get("id")?,
        name: r.try_get("name")?,
        telephone: r.try_get("telephone")?,
        code: r.try_get("code")?,
        place: r.try_get("place")?,
        officer_name: r.try_get("officer_name")?,
        officer_telephone: r.try_get("officer_telephone")?,
    })
}

/// All stations, oldest first.
///
/// # Errors
/// The database.
pub async fn stations(conn: &mut Conn) -> Result<Vec<StationRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM station ORDER BY made, id").fetch_all(conn).await?;
    Ok(rows.iter().map(station).collect::<Result<_, _>>()?)
}

/// Adds a station.
///
/// # Errors
/// The database, also where the name is taken.
pub async fn insert_station(conn: &mut Conn, id: &str, name: &str, made: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO station (id, name, telephone, officer_name, officer_telephone, made)
               VALUES ($1, $2, '', '', '', $3)";
    sqlx::query(sql).bind(id).bind(name).bind(made).execute(conn).await?;
    Ok(())
}

/// Writes a station's fields.
///
/// # Errors
/// The database, also where the name is taken.
pub async fn update_station(conn: &mut Conn, s: &StationRow) -> Result<(), StoreError> {
    let sql = "UPDATE station SET name = $2, telephone = $3, code = $4, place = $5, officer_name = $6,
                 officer_telephone = $7 WHERE id = $1";
    sqlx::query(sql)
        .bind(&s.id)
        .bind(&s.name)
        .bind(&s.telephone)
        .bind(&s.code)
        .bind(&s.place)
        .bind(&s.officer_name)
        .bind(&s.officer_telephone)
        .execute(conn)
        .await?;
    Ok(())
}

/// The station that a terminal stands in, where somebody said so.
///
/// # Errors
/// The database.
pub async fn station_of(conn: &mut Conn, terminal: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT station FROM terminal_place WHERE terminal = $1";
    let row = sqlx::query(sql).bind(terminal).fetch_optional(conn).await?;
    Ok(row.map(|r| r.try_get(0)).transpose()?)
}

/// Says which station a terminal stands in.
///
/// # Errors
/// The database.
pub async fn place_terminal(conn: &mut Conn, terminal: &str, station: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO terminal_place (terminal, station) VALUES ($1, $2)
               ON CONFLICT (terminal) DO UPDATE SET station = excluded.station";
    sqlx::query(sql).bind(terminal).bind(station).execute(conn).await?;
    Ok(())
}

/// Every terminal that was placed, with its station's id.
///
/// # Errors
/// The database.
pub async fn terminals(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query("SELECT terminal, station FROM terminal_place ORDER BY terminal").fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// A station's places, as id and name; `station` empty for all.
///
/// # Errors
/// The database.
pub async fn places(conn: &mut Conn, station: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT id, name FROM place WHERE ($1 = '' OR station = $1) ORDER BY rank, id";
    let rows = sqlx::query(sql).bind(station).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// Puts a station's places in place of those before.
///
/// # Errors
/// The database.
pub async fn set_places(conn: &mut Conn, station: &str, places: &[(String, String)]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM place WHERE station = $1").bind(station).execute(&mut *conn).await?;
    for (rank, (id, name)) in (0_i64..).zip(places) {
        let sql = "INSERT INTO place (station, id, name, rank) VALUES ($1, $2, $3, $4)";
        sqlx::query(sql).bind(station).bind(id).bind(name).bind(rank).execute(&mut *conn).await?;
    }
    Ok(())
}

/// All categories, in the order of the doors.
///
/// # Errors
/// The database.
pub async fn categories(conn: &mut Conn) -> Result<Vec<CategoryRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM category ORDER BY rank, id").fetch_all(conn).await?;
    let category = |r: &AnyRow| {
        Ok(CategoryRow {
            id: r.try_get("id")?,
            name: r.try_get("name")?,
            label: r.try_get("label")?,
            label_en: r.try_get("label_en")?,
            picture: r.try_get("picture")?,
            sentences: r.try_get("sentences")?,
        })
    };
    Ok(rows.iter().map(category).collect::<Result<_, sqlx::Error>>()?)
}

/// Adds a category or writes its fields.
///
/// # Errors
/// The database.
pub async fn put_category(conn: &mut Conn, c: &CategoryRow, rank: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO category (id, name, label, label_en, picture, sentences, rank)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                 label = excluded.label, label_en = excluded.label_en, sentences = excluded.sentences";
    sqlx::query(sql)
        .bind(&c.id)
        .bind(&c.name)
        .bind(&c.label)
        .bind(&c.label_en)
        .bind(&c.picture)
        .bind(&c.sentences)
        .bind(rank)
        .execute(conn)
        .await?;
    Ok(())
}

/// A station's roster, by name.
///
/// # Errors
/// The database.
pub async fn roster(conn: &mut Conn, station: &str) -> Result<Vec<RosterRow>, StoreError> {
    let sql = "SELECT id, station, name, role, portrait FROM roster_person
               WHERE station = $1 AND removed = 0 ORDER BY name, id";
    let rows = sqlx::query(sql).bind(station).fetch_all(conn).await?;
    let person = |r: &AnyRow| {
        Ok(RosterRow {
            id: r.try_get(0)?,
            station: r.try_get(1)?,
            name: r.try_get(2)?,
            role: r.try_get(3)?,
            portrait: r.try_get(4)?,
        })
    };
    Ok(rows.iter().map(person).collect::<Result<_, sqlx::Error>>()?)
}

/// Adds somebody to a roster.
///
/// # Errors
/// The database.
pub async fn insert_roster(conn: &mut Conn, p: &RosterRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO roster_person (id, station, name, role, portrait, removed) VALUES ($1, $2, $3, $4, $5, 0)";
    sqlx::query(sql)
        .bind(&p.id)
        .bind(&p.station)
        .bind(&p.name)
        .bind(&p.role)
        .bind(p.portrait.as_deref())
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts a new portrait in place of the one before.
///
/// # Errors
/// The database.
pub async fn set_portrait(conn: &mut Conn, person: &str, portrait: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE roster_person SET portrait = $2 WHERE id = $1")
        .bind(person)
        .bind(portrait)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes somebody off a roster, with their duties and their presence.
///
/// # Errors
/// The database.
pub async fn remove_roster(conn: &mut Conn, person: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM duty WHERE person = $1",
        "DELETE FROM presence WHERE person = $1",
        "UPDATE roster_person SET removed = 1 WHERE id = $1",
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
