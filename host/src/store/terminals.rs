//! The fleet's terminals.
//!
//! Invariant: a row is never deleted, so that a number is never given twice.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, Store, StoreError, Tx, columns, fleet_setting};

/// A row of the terminals' table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalRow {
    /// Never reused.
    pub number: TerminalNumber,
    /// The last that an enrolment file was written with.
    pub generation: u8,
    /// Code of the site that it stands at; none, not known.
    pub site: Option<String>,
    /// Name of its station: of that site.
    pub station: String,
    /// Where it stands there; may be empty.
    pub place: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// SHA-256 of the one-time token.
    pub token_hash: Option<Vec<u8>>,
    /// SHA-256 of the public key that used it.
    pub token_key: Option<Vec<u8>>,
    /// When it was used.
    pub token_used_at: Option<Timestamp>,
    /// SHA-256 of the public key whose certificates are let in; none, any of the number.
    pub present_key: Option<Vec<u8>>,
    /// The last instant of its newest certificate.
    pub certificate_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

const COLUMNS: &str = "number, generation, site, station, place, added_at, token_hash, token_key, token_used_at, \
                       present_key, certificate_until, revoked_at";

impl TerminalRow {
    /// A terminal of which nothing but number and time is known.
    #[must_use]
    pub fn new(number: TerminalNumber, added_at: Timestamp) -> Self {
        Self {
            number,
            generation: 1,
            site: None,
            station: String::new(),
            place: String::new(),
            added_at,
            token_hash: None,
            token_key: None,
            token_used_at: None,
            present_key: None,
            certificate_until: None,
            revoked_at: None,
        }
    }

    /// Whether a certificate with this key is another card's than the one that enrolled last.
    #[must_use]
    pub fn is_replaced(&self, key: &[u8; 32]) -> bool {
        self.present_key.as_deref().is_some_and(|present| present != key)
    }
}

/// Every terminal, by number.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<TerminalRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM terminal ORDER BY number");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// The sites of those that are not revoked, by number; none, not known.
///
/// # Errors
/// The database.
pub async fn sites(conn: &mut Conn) -> Result<Vec<(TerminalNumber, Option<String>)>, StoreError> {
    let sql = "SELECT number, site FROM terminal WHERE revoked_at IS NULL ORDER BY number";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((columns::terminal(row, "number", "terminal")?, row.try_get("site")?))).collect()
}

/// One terminal.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, number: TerminalNumber) -> Result<Option<TerminalRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM terminal WHERE number = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(number.get())).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// One terminal, for whoever only reads.
///
/// # Errors
/// The database.
pub async fn look(store: &Store, number: TerminalNumber) -> Result<Option<TerminalRow>, StoreError> {
    find(&mut *store.read().await?, number).await
}

/// The lowest number that is above all that were ever given.
///
/// # Errors
/// The database.
pub async fn next_number(tx: &mut Tx) -> Result<i64, StoreError> {
    let highest: Option<i64> =
        sqlx::query("SELECT MAX(number) FROM terminal").fetch_one(&mut **tx).await?.try_get(0)?;
    Ok((highest.unwrap_or(0) + 1).max(floor(tx).await?))
}

/// Numbers below this one may have been given before a restore.
///
/// # Errors
/// The database.
pub async fn floor(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(fleet_setting::get(tx, "number_floor").await?.unwrap_or(1))
}

/// Raises that floor.
///
/// # Errors
/// The database.
pub async fn raise_floor(tx: &mut Tx, floor: i64) -> Result<(), StoreError> {
    fleet_setting::put(tx, "number_floor", floor).await
}

/// Writes a terminal, new or known.
///
/// # Errors
/// The database.
pub async fn put(tx: &mut Tx, row: &TerminalRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO terminal (number, generation, site, station, place, added_at, token_hash, token_key, token_used_at, \
         present_key, certificate_until, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (number) DO UPDATE SET generation = excluded.generation, site = excluded.site, station = excluded.station, \
         place = excluded.place, token_hash = excluded.token_hash, token_key = excluded.token_key, \
         token_used_at = excluded.token_used_at, present_key = excluded.present_key, \
         certificate_until = excluded.certificate_until, \
         revoked_at = excluded.revoked_at",
    )
    .bind(i64::from(row.number.get()))
    .bind(i64::from(row.generation))
    .bind(row.site.clone())
    .bind(row.station.as_str())
    .bind(row.place.as_str())
    .bind(row.added_at.to_string())
    .bind(row.token_hash.clone())
    .bind(row.token_key.clone())
    .bind(row.token_used_at.map(|at| at.to_string()))
    .bind(row.present_key.clone())
    .bind(row.certificate_until.map(|at| at.to_string()))
    .bind(row.revoked_at.map(|at| at.to_string()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<TerminalRow, StoreError> {
    const UNREADABLE: StoreError = StoreError::Unreadable("terminal");
    let instant = |column: &str| columns::time_or_none(row, column, "terminal");
    Ok(TerminalRow {
        number: columns::terminal(row, "number", "terminal")?,
        generation: u8::try_from(row.try_get::<i64, _>("generation")?).map_err(|_| UNREADABLE)?,
        site: row.try_get("site")?,
        station: row.try_get("station")?,
        place: row.try_get("place")?,
        added_at: instant("added_at")?.ok_or(UNREADABLE)?,
        token_hash: row.try_get("token_hash")?,
        token_key: row.try_get("token_key")?,
        token_used_at: instant("token_used_at")?,
        present_key: row.try_get("present_key")?,
        certificate_until: instant("certificate_until")?,
        revoked_at: instant("revoked_at")?,
    })
}
