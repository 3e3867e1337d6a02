//! What terminals said of themselves by hawkBit's interface, and tokens of those without a certificate of ours.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns};

/// What a terminal said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct DeviceRow {
    pub terminal: TerminalNumber,
    pub attributes: Option<String>,
    pub auto_confirm: Option<String>,
    pub installed: Option<String>,
    pub changed_at: Timestamp,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct TokenRow {
    pub id: u64,
    pub terminal: Option<TerminalNumber>,
    pub hash: Vec<u8>,
    pub made_at: Timestamp,
    pub made_by: String,
    pub revoked_at: Option<Timestamp>,
}

const WHAT: &str = "device";
const COLUMNS: &str = "terminal, attributes, auto_confirm, installed, changed_at";
const TOKEN: &str = "id, terminal, hash, made_at, made_by, revoked_at";

/// What a terminal said of itself; none, it never did.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, terminal: TerminalNumber) -> Result<Option<DeviceRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM device WHERE terminal = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get())).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Every one that ever said something.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<DeviceRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM device ORDER BY terminal");
    sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?.iter().map(read).collect()
}

/// Terminals that say that they run this: how many, and the first of them.
///
/// # Errors
/// The database.
pub async fn who_runs(
    conn: &mut Conn,
    installed: &str,
    at_most: u32,
) -> Result<(u64, Vec<TerminalNumber>), StoreError> {
    let of = "FROM device WHERE installed = $1";
    columns::counted(conn, of, at_most, |query| query.bind(installed.to_owned())).await
}

/// Writes what a terminal said of itself.
///
/// # Errors
/// The database.
pub async fn put(tx: &mut Tx, row: &DeviceRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO device (terminal, attributes, auto_confirm, installed, changed_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (terminal) DO UPDATE SET attributes = excluded.attributes, auto_confirm = excluded.auto_confirm, \
         installed = excluded.installed, changed_at = excluded.changed_at",
    )
    .bind(i64::from(row.terminal.get()))
    .bind(row.attributes.as_deref())
    .bind(row.auto_confirm.as_deref())
    .bind(row.installed.as_deref())
    .bind(row.changed_at.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds a token, whatever its id says; the id that it got.
///
/// # Errors
/// The database.
pub async fn add_token(tx: &mut Tx, row: &TokenRow) -> Result<u64, StoreError> {
    let sql = "INSERT INTO device_token (terminal, hash, made_at, made_by) VALUES ($1, $2, $3, $4) RETURNING id";
    let inserted = sqlx::query(sql)
        .bind(row.terminal.map(|terminal| i64::from(terminal.get())))
        .bind(row.hash.clone())
        .bind(row.made_at.to_string())
        .bind(row.made_by.as_str())
        .fetch_one(&mut **tx)
        .await?;
    columns::number(&inserted, "id", WHAT)
}

/// Every token, the oldest first.
///
/// # Errors
/// The database.
pub async fn tokens(conn: &mut Conn) -> Result<Vec<TokenRow>, StoreError> {
    let sql = format!("SELECT {TOKEN} FROM device_token ORDER BY id");
    sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?.iter().map(read_token).collect()
}

/// The good tokens of a terminal; of gateways, where none is named.
///
/// # Errors
/// The database.
pub async fn good_tokens(conn: &mut Conn, terminal: Option<TerminalNumber>) -> Result<Vec<TokenRow>, StoreError> {
    let sql = format!(
        "SELECT {TOKEN} FROM device_token WHERE revoked_at IS NULL AND COALESCE(terminal, -1) = $1 ORDER BY id"
    );
    let of = terminal.map_or(-1, |terminal| i64::from(terminal.get()));
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(of).fetch_all(conn).await?.iter().map(read_token).collect()
}

/// Revokes a token; whether there was a good one.
///
/// # Errors
/// The database.
pub async fn revoke_token(tx: &mut Tx, id: u64, at: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE device_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    let query = sqlx::query(sql).bind(columns::of_number(id, WHAT)?).bind(at.to_string());
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

fn read(row: &AnyRow) -> Result<DeviceRow, StoreError> {
    Ok(DeviceRow {
        terminal: columns::terminal(row, "terminal", WHAT)?,
        attributes: row.try_get("attributes")?,
        auto_confirm: row.try_get("auto_confirm")?,
        installed: row.try_get("installed")?,
        changed_at: columns::time(row, "changed_at", WHAT)?,
    })
}

fn read_token(row: &AnyRow) -> Result<TokenRow, StoreError> {
    let of: Option<i64> = row.try_get("terminal")?;
    Ok(TokenRow {
        id: columns::number(row, "id", WHAT)?,
        terminal: of.map(|_| columns::terminal(row, "terminal", WHAT)).transpose()?,
        hash: row.try_get("hash")?,
        made_at: columns::time(row, "made_at", WHAT)?,
        made_by: row.try_get("made_by")?,
        revoked_at: columns::time_or_none(row, "revoked_at", WHAT)?,
    })
}
