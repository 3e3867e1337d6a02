//! SQL of the tree of sites. Invariant: a row is never deleted, so that a code is never given twice.

use std::collections::BTreeMap;

use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns, fleet_setting};

/// A site.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct SiteRow {
    pub code: String,
    pub name: String,
    pub level: String,
    pub parent: Option<String>,
    pub path: String,
    pub address: String,
    pub latitude: Option<i64>,
    pub longitude: Option<i64>,
    pub zone: Option<String>,
    pub tags: String,
    pub retired: bool,
}

const EDITION: &str = "sites_edition";

const COLUMNS: &str = "code, name, level, parent, path, address, latitude, longitude, zone, tags, retired";

fn read(row: &AnyRow) -> Result<SiteRow, sqlx::Error> {
    Ok(SiteRow {
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        level: row.try_get("level")?,
        parent: row.try_get("parent")?,
        path: row.try_get("path")?,
        address: row.try_get("address")?,
        latitude: row.try_get("latitude")?,
        longitude: row.try_get("longitude")?,
        zone: row.try_get("zone")?,
        tags: row.try_get("tags")?,
        retired: row.try_get::<i64, _>("retired")? != 0,
    })
}

/// Every site, those above before those below.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<SiteRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM site ORDER BY path"));
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// One site.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, code: &str) -> Result<Option<SiteRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM site WHERE code = $1"));
    let row = sqlx::query(sql).bind(code).fetch_optional(conn).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Writes a site, new or known; the one above it is there.
///
/// # Errors
/// The database.
pub async fn put(conn: &mut Conn, row: &SiteRow) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO site ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level, parent = excluded.parent, \
         path = excluded.path, address = excluded.address, latitude = excluded.latitude, \
         longitude = excluded.longitude, zone = excluded.zone, tags = excluded.tags, retired = excluded.retired"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&row.code)
        .bind(&row.name)
        .bind(&row.level)
        .bind(row.parent.clone())
        .bind(&row.path)
        .bind(&row.address)
        .bind(row.latitude)
        .bind(row.longitude)
        .bind(row.zone.clone())
        .bind(&row.tags)
        .bind(i64::from(row.retired))
        .execute(conn)
        .await?;
    Ok(())
}

/// Rises with every change to a site.
///
/// # Errors
/// The database.
pub async fn edition(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(fleet_setting::get(conn, EDITION).await?.unwrap_or(0))
}

/// Says that sites are not what they were.
///
/// # Errors
/// The database.
pub async fn changed(tx: &mut Tx) -> Result<(), StoreError> {
    let edition = edition(tx).await?;
    fleet_setting::put(tx, EDITION, edition + 1).await
}

/// Calls the terminals of a site, and what is quiet there, by its new name.
///
/// # Errors
/// The database.
pub async fn rename(conn: &mut Conn, code: &str, [former, name]: [&str; 2]) -> Result<(), StoreError> {
    let sql = "UPDATE terminal SET station = $1 WHERE site = $2";
    sqlx::query(sql).bind(name).bind(code).execute(&mut *conn).await?;
    let whom = |name: &str| format!("station:{name}");
    sqlx::query("DELETE FROM quiet WHERE whom = $1").bind(whom(name)).execute(&mut *conn).await?;
    let sql = "UPDATE quiet SET whom = $1 WHERE whom = $2";
    sqlx::query(sql).bind(whom(name)).bind(whom(former)).execute(conn).await?;
    Ok(())
}

/// Where terminals stand: paths of their sites by number.
///
/// # Errors
/// The database.
pub async fn paths(conn: &mut Conn) -> Result<BTreeMap<TerminalNumber, String>, StoreError> {
    let sql = "SELECT t.number, s.path FROM terminal t JOIN site s ON s.code = t.site";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((columns::terminal(row, "number", "terminal")?, row.try_get("path")?))).collect()
}

/// The same of one; empty, it stands at no site.
///
/// # Errors
/// The database.
pub async fn path_of(conn: &mut Conn, terminal: TerminalNumber) -> Result<String, StoreError> {
    let sql = "SELECT s.path FROM terminal t JOIN site s ON s.code = t.site WHERE t.number = $1";
    let row = sqlx::query(sql).bind(i64::from(terminal.get())).fetch_optional(conn).await?;
    Ok(row.map(|row| row.try_get("path")).transpose()?.unwrap_or_default())
}

/// The time zone of a terminal's site, or of the nearest one above it that has one.
///
/// # Errors
/// The database.
pub async fn zone_of(conn: &mut Conn, terminal: TerminalNumber) -> Result<Option<String>, StoreError> {
    let sql = "SELECT a.zone FROM terminal t JOIN site s ON s.code = t.site \
               JOIN site a ON s.path LIKE '%/' || a.code || '/%' \
               WHERE t.number = $1 AND a.zone IS NOT NULL ORDER BY LENGTH(a.path) DESC LIMIT 1";
    let row = sqlx::query(sql).bind(i64::from(terminal.get())).fetch_optional(conn).await?;
    Ok(row.map(|row| row.try_get("zone")).transpose()?)
}
