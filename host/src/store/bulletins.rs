//! SQL of stations, places, categories.

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
    pub retired: i64,
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

/// All categories, in the order of the doors, those that are retired behind them.
///
/// # Errors
/// The database.
pub async fn categories(conn: &mut Conn) -> Result<Vec<CategoryRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM category ORDER BY retired, rank, id").fetch_all(conn).await?;
    let category = |r: &AnyRow| {
        Ok(CategoryRow {
            id: r.try_get("id")?,
            name: r.try_get("name")?,
            label: r.try_get("label")?,
            label_en: r.try_get("label_en")?,
            picture: r.try_get("picture")?,
            sentences: r.try_get("sentences")?,
            retired: r.try_get("retired")?,
        })
    };
    Ok(rows.iter().map(category).collect::<Result<_, sqlx::Error>>()?)
}

/// Adds a category.
///
/// # Errors
/// The database, also where the id is taken.
pub async fn insert_category(conn: &mut Conn, c: &CategoryRow, rank: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO category (id, name, label, label_en, picture, sentences, rank, retired)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(sql)
        .bind(&c.id)
        .bind(&c.name)
        .bind(&c.label)
        .bind(&c.label_en)
        .bind(&c.picture)
        .bind(&c.sentences)
        .bind(rank)
        .bind(c.retired)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a category's words and picture.
///
/// # Errors
/// The database.
pub async fn update_category(conn: &mut Conn, c: &CategoryRow) -> Result<(), StoreError> {
    let sql = "UPDATE category SET name = $2, label = $3, label_en = $4, picture = $5, sentences = $6 WHERE id = $1";
    sqlx::query(sql)
        .bind(&c.id)
        .bind(&c.name)
        .bind(&c.label)
        .bind(&c.label_en)
        .bind(&c.picture)
        .bind(&c.sentences)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes which door a category has.
///
/// # Errors
/// The database.
pub async fn rank_category(conn: &mut Conn, id: &str, rank: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE category SET rank = $2 WHERE id = $1").bind(id).bind(rank).execute(conn).await?;
    Ok(())
}

/// Writes whether a category is offered.
///
/// # Errors
/// The database.
pub async fn retire_category(conn: &mut Conn, id: &str, retired: bool) -> Result<(), StoreError> {
    let sql = "UPDATE category SET retired = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(i64::from(retired)).execute(conn).await?;
    Ok(())
}
