//! Settings from afar, and which terminal is to have which.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::{settings::Settings, ticket::TerminalNumber};

use super::{Conn, StoreError, Tx, columns, fleet_setting};

/// Settings that terminals can be ordered to have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct SettingsRow {
    pub version: u64,
    pub made_at: Timestamp,
    pub made_by: String,
    pub why: String,
    pub settings: Settings,
}

/// An order of settings to a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct OrderRow {
    pub number: u64,
    pub terminal: TerminalNumber,
    pub version: u64,
    pub ordered_at: Timestamp,
    pub ordered_by: String,
}

/// A terminal with its newest order that was not withdrawn, and its last report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct StandingRow {
    pub terminal: TerminalNumber,
    pub station: String,
    pub version: Option<u64>,
    pub order: Option<u64>,
    pub report: Option<String>,
}

const WHAT: &str = "settings";
const UNREADABLE: StoreError = StoreError::Unreadable(WHAT);

/// Every settings, the newest first.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<SettingsRow>, StoreError> {
    let sql = "SELECT version, made_at, made_by, why, settings FROM settings ORDER BY version DESC";
    sqlx::query(sql).fetch_all(conn).await?.iter().map(read).collect()
}

/// Those of a number.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, version: u64) -> Result<Option<SettingsRow>, StoreError> {
    let sql = "SELECT version, made_at, made_by, why, settings FROM settings WHERE version = $1";
    let row = sqlx::query(sql).bind(columns::of_number(version, WHAT)?).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// The lowest numbers, of settings and of orders, that are above all that were ever given.
///
/// # Errors
/// The database.
pub async fn next_numbers(tx: &mut Tx) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT (SELECT COALESCE(MAX(version), 0) FROM settings) AS version, \
               (SELECT COALESCE(MAX(number), 0) FROM settings_order) AS number, \
               (SELECT COALESCE(MAX(value), 1) FROM fleet_setting WHERE name = 'settings_floor') AS least";
    let row = sqlx::query(sql).fetch_one(&mut **tx).await?;
    let (version, number, least): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let after = |highest: i64| u64::try_from((highest + 1).max(least)).map_err(|_| UNREADABLE);
    Ok((after(version)?, after(number)?))
}

/// Numbers of both kinds below this one may have been given before a restore.
///
/// # Errors
/// The database.
pub async fn raise_floor(tx: &mut Tx, floor: u64) -> Result<(), StoreError> {
    fleet_setting::put(tx, "settings_floor", columns::of_number(floor, WHAT)?).await
}

/// Writes new settings down.
///
/// # Errors
/// The database, which refuses a number that was given.
pub async fn add(tx: &mut Tx, row: &SettingsRow) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO settings (version, made_at, made_by, why, settings) VALUES ($1, $2, $3, $4, $5)")
        .bind(columns::of_number(row.version, WHAT)?)
        .bind(row.made_at.to_string())
        .bind(row.made_by.as_str())
        .bind(row.why.as_str())
        .bind(serde_json::to_string(&row.settings).map_err(|_| UNREADABLE)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The newest order of each terminal that was not withdrawn, by terminal.
///
/// # Errors
/// The database.
pub async fn orders(conn: &mut Conn) -> Result<Vec<OrderRow>, StoreError> {
    let sql = "SELECT number, terminal, version, ordered_at, ordered_by FROM settings_order WHERE number IN \
               (SELECT MAX(number) FROM settings_order WHERE withdrawn_at IS NULL GROUP BY terminal) ORDER BY terminal";
    sqlx::query(sql).fetch_all(conn).await?.iter().map(read_order).collect()
}

/// The newest two orders to one terminal that were not withdrawn, the newest first: a rollout holds back one at most.
///
/// # Errors
/// The database.
pub async fn orders_of(conn: &mut Conn, terminal: TerminalNumber) -> Result<Vec<OrderRow>, StoreError> {
    let sql = "SELECT number, terminal, version, ordered_at, ordered_by FROM settings_order \
               WHERE terminal = $1 AND withdrawn_at IS NULL ORDER BY number DESC LIMIT 2";
    let rows = sqlx::query(sql).bind(i64::from(terminal.get())).fetch_all(conn).await?;
    rows.iter().map(read_order).collect()
}

/// How many terminals have an order of these settings as their newest one that was not withdrawn, by version.
///
/// # Errors
/// The database.
pub async fn order_counts(conn: &mut Conn) -> Result<BTreeMap<u64, u64>, StoreError> {
    let sql = "SELECT version, COUNT(*) AS terminals FROM settings_order WHERE number IN \
               (SELECT MAX(number) FROM settings_order WHERE withdrawn_at IS NULL GROUP BY terminal) GROUP BY version";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter()
        .map(|row| Ok((columns::number(row, "version", WHAT)?, columns::number(row, "terminals", WHAT)?)))
        .collect()
}

/// Some terminals that are not revoked, by number.
///
/// # Errors
/// The database.
pub async fn standing(conn: &mut Conn, skip: i64, at_most: i64) -> Result<Vec<StandingRow>, StoreError> {
    let sql = "SELECT one.number AS terminal, one.station, o.version, o.number AS number, h.report FROM \
               (SELECT t.number, t.station, (SELECT MAX(s.number) FROM settings_order s \
                WHERE s.terminal = t.number AND s.withdrawn_at IS NULL) AS newest FROM terminal t \
                WHERE t.revoked_at IS NULL ORDER BY t.number LIMIT $1 OFFSET $2) AS one \
               LEFT JOIN settings_order o ON o.number = one.newest \
               LEFT JOIN health h ON h.terminal = one.number ORDER BY one.number";
    let rows = sqlx::query(sql).bind(at_most).bind(skip).fetch_all(conn).await?;
    let given = |row: &AnyRow, name: &'static str| {
        let known: Option<i64> = row.try_get(name)?;
        known.map(|_| columns::number(row, name, WHAT)).transpose()
    };
    let read = |row: &AnyRow| {
        Ok(StandingRow {
            terminal: columns::terminal(row, "terminal", WHAT)?,
            station: row.try_get("station")?,
            version: given(row, "version")?,
            order: given(row, "number")?,
            report: row.try_get("report")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Withdraws an order.
///
/// # Errors
/// The database.
pub async fn withdraw(tx: &mut Tx, number: u64, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE settings_order SET withdrawn_at = $1 WHERE number = $2 AND withdrawn_at IS NULL")
        .bind(at.to_string())
        .bind(columns::of_number(number, WHAT)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes an order down.
///
/// # Errors
/// The database, which refuses a number that was given.
pub async fn order(tx: &mut Tx, row: &OrderRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings_order (number, terminal, version, ordered_at, ordered_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(columns::of_number(row.number, WHAT)?)
    .bind(i64::from(row.terminal.get()))
    .bind(columns::of_number(row.version, WHAT)?)
    .bind(row.ordered_at.to_string())
    .bind(row.ordered_by.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<SettingsRow, StoreError> {
    let settings: String = row.try_get("settings")?;
    Ok(SettingsRow {
        version: columns::number(row, "version", WHAT)?,
        made_at: columns::time(row, "made_at", WHAT)?,
        made_by: row.try_get("made_by")?,
        why: row.try_get("why")?,
        settings: serde_json::from_str(&settings).map_err(|_| UNREADABLE)?,
    })
}

fn read_order(row: &AnyRow) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        number: columns::number(row, "number", WHAT)?,
        terminal: columns::terminal(row, "terminal", WHAT)?,
        version: columns::number(row, "version", WHAT)?,
        ordered_at: columns::time(row, "ordered_at", WHAT)?,
        ordered_by: row.try_get("ordered_by")?,
    })
}
