//! Columns that rows of several tables have, as they are read.

use jiff::Timestamp;
use sqlx::{
    Any, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError};

/// The number of a terminal, of a row of `what`.
pub(super) fn terminal(row: &AnyRow, column: &str, what: &'static str) -> Result<TerminalNumber, StoreError> {
    let number = u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Unreadable(what))?;
    TerminalNumber::new(number).map_err(|_| StoreError::Unreadable(what))
}

/// A number that is never negative.
pub(super) fn number(row: &AnyRow, column: &str, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Unreadable(what))
}

/// The same, as it is written.
pub(super) fn of_number(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Unreadable(what))
}

/// A time, RFC 3339.
pub(super) fn time(row: &AnyRow, column: &str, what: &'static str) -> Result<Timestamp, StoreError> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| StoreError::Unreadable(what))
}

/// A time that may not be there.
pub(super) fn time_or_none(row: &AnyRow, column: &str, what: &'static str) -> Result<Option<Timestamp>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| StoreError::Unreadable(what))).transpose()
}

/// How many rows there are of a table with a column `terminal` under a condition, and whose the first are, by number.
pub(super) async fn counted(
    conn: &mut Conn,
    of: &str,
    at_most: u32,
    bound: impl Fn(Query<'static, Any, AnyArguments>) -> Query<'static, Any, AnyArguments>,
) -> Result<(u64, Vec<TerminalNumber>), StoreError> {
    let sql = format!("SELECT COUNT(*) AS count {of}");
    let count = bound(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_one(&mut *conn).await?;
    let sql = format!("SELECT terminal {of} ORDER BY terminal LIMIT {at_most}");
    let first = bound(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(conn).await?;
    let first = first.iter().map(|row| terminal(row, "terminal", "terminal")).collect::<Result<_, _>>()?;
    Ok((number(&count, "count", "count")?, first))
}
