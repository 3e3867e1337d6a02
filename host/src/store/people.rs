//! SQL of people and units.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// Somebody who signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct PersonRow {
    pub id: String,
    pub login: String,
    pub name: String,
    pub role: String,
    pub unit: Option<String>,
    pub unit_name: Option<String>,
    pub station: Option<String>,
    pub station_name: Option<String>,
    pub password: String,
    pub disabled: i64,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct UnitRow {
    pub id: String,
    pub name: String,
    pub disabled: i64,
}

const PERSON: &str = "SELECT p.id, p.login, p.name, p.role, p.unit, u.name AS unit_name, p.station,
    s.name AS station_name, p.password, p.disabled
  FROM person p LEFT JOIN unit u ON u.id = p.unit LEFT JOIN station s ON s.id = p.station ";

fn person(row: &AnyRow) -> Result<PersonRow, sqlx::Error> {
    Ok(PersonRow {
        id: row.try_get("id")?,
        login: row.try_get("login")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        unit: row.try_get("unit")?,
        unit_name: row.try_get("unit_name")?,
        station: row.try_get("station")?,
        station_name: row.try_get("station_name")?,
        password: row.try_get("password")?,
        disabled: row.try_get("disabled")?,
    })
}

fn behind_person(condition: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{PERSON}{condition}"))
}

/// Everybody, by role and name.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<PersonRow>, StoreError> {
    let rows = sqlx::query(behind_person("ORDER BY p.disabled, p.role, p.name")).fetch_all(conn).await?;
    Ok(rows.iter().map(person).collect::<Result<_, _>>()?)
}

/// Somebody by what they type.
///
/// # Errors
/// The database.
pub async fn by_login(conn: &mut Conn, login: &str) -> Result<Option<PersonRow>, StoreError> {
    let row = sqlx::query(behind_person("WHERE p.login = $1")).bind(login).fetch_optional(conn).await?;
    Ok(row.as_ref().map(person).transpose()?)
}

/// Somebody by their id.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<PersonRow>, StoreError> {
    let row = sqlx::query(behind_person("WHERE p.id = $1")).bind(id).fetch_optional(conn).await?;
    Ok(row.as_ref().map(person).transpose()?)
}

/// Adds somebody.
///
/// # Errors
/// The database.
pub async fn insert(conn: &mut Conn, p: &PersonRow, made: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO person (id, login, name, role, unit, station, password, disabled, made)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sqlx::query(sql)
        .bind(&p.id)
        .bind(&p.login)
        .bind(&p.name)
        .bind(&p.role)
        .bind(&p.unit)
        .bind(&p.station)
        .bind(&p.password)
        .bind(p.disabled)
        .bind(made)
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets somebody in or keeps them out.
///
/// # Errors
/// The database.
pub async fn set_disabled(conn: &mut Conn, id: &str, disabled: bool) -> Result<(), StoreError> {
    let sql = "UPDATE person SET disabled = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(i64::from(disabled)).execute(conn).await?;
    Ok(())
}

/// Writes a role with its unit and its station.
///
/// # Errors
/// The database.
pub async fn set_role(
    conn: &mut Conn,
    id: &str,
    role: &str,
    (unit, station): (Option<&str>, Option<&str>),
) -> Result<(), StoreError> {
    let sql = "UPDATE person SET role = $2, unit = $3, station = $4 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(role).bind(unit).bind(station).execute(conn).await?;
    Ok(())
}

/// Writes the hash of a new password.
///
/// # Errors
/// The database.
pub async fn set_password(conn: &mut Conn, id: &str, hash: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE person SET password = $2 WHERE id = $1").bind(id).bind(hash).execute(conn).await?;
    Ok(())
}

/// All units, by name.
///
/// # Errors
/// The database.
pub async fn units(conn: &mut Conn) -> Result<Vec<UnitRow>, StoreError> {
    let sql = "SELECT id, name, disabled FROM unit ORDER BY disabled, name";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    let unit = |r: &AnyRow| Ok(UnitRow { id: r.try_get(0)?, name: r.try_get(1)?, disabled: r.try_get(2)? });
    Ok(rows.iter().map(unit).collect::<Result<_, sqlx::Error>>()?)
}

/// Adds a unit where none has its name; the id of that name's.
///
/// # Errors
/// The database.
pub async fn unit_named(conn: &mut Conn, id: &str, name: &str) -> Result<String, StoreError> {
    let sql = "INSERT INTO unit (id, name, disabled) VALUES ($1, $2, 0) ON CONFLICT (name) DO NOTHING";
    sqlx::query(sql).bind(id).bind(name).execute(&mut *conn).await?;
    Ok(sqlx::query("SELECT id FROM unit WHERE name = $1").bind(name).fetch_one(conn).await?.try_get(0)?)
}

/// Whether a unit gets anything new.
///
/// # Errors
/// The database.
pub async fn set_unit_disabled(conn: &mut Conn, id: &str, disabled: bool) -> Result<(), StoreError> {
    let sql = "UPDATE unit SET disabled = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(i64::from(disabled)).execute(conn).await?;
    Ok(())
}
