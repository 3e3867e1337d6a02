//! Lists of cases: filtered for whoever looks, counted, and a month's.

use sqlx::{Row, any::AnyRow};

use super::super::{Conn, StoreError};

/// Which cases; an empty text leaves a condition out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// As in the contract.
    pub state: String,
    /// Id.
    pub category: String,
    /// Id of the person who took them.
    pub deputy: String,
    /// Only those whose period ended before this day without a reply.
    pub overdue_on: String,
    /// Id: only those of this station.
    pub station: String,
    /// Id: only those that were forwarded to this unit.
    pub unit: String,
    /// 13 digits, or how they begin.
    pub ticket: String,
}

/// One case in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct ListRow {
    pub id: String,
    pub ticket: String,
    pub category: String,
    pub place: String,
    pub place_name: Option<String>,
    pub station: Option<String>,
    pub station_name: Option<String>,
    pub received: i64,
    pub state: String,
    pub deputy_name: Option<String>,
    pub main_name: Option<String>,
    pub due: Option<String>,
    pub rating: Option<i64>,
    pub outcome: Option<String>,
    pub rounds: i64,
    pub on_behalf: i64,
    pub reply_text: Option<String>,
    pub reason: Option<String>,
}

const LIST: &str = "SELECT c.id, c.ticket, COALESCE(c.corrected_category, c.category) AS category,
    COALESCE(c.corrected_place, c.place) AS place, l.name AS place_name, c.station, s.name AS station_name,
    c.received, c.state, p.name AS deputy_name, u.name AS main_name, c.due, c.rating, c.outcome, c.rounds, c.on_behalf,
    c.reply_text, c.reason
  FROM ticket_case c
  LEFT JOIN person p ON p.id = c.deputy
  LEFT JOIN station s ON s.id = c.station
  LEFT JOIN place l ON l.station = c.station AND l.id = COALESCE(c.corrected_place, c.place)
  LEFT JOIN case_unit m ON m.case_id = c.id AND m.rank = 0
  LEFT JOIN unit u ON u.id = m.unit ";

/// The condition of a [`Filter`], parameters 1 to 7.
const WHERE: &str = "WHERE ($1 = '' OR c.state = $1) AND ($2 = '' OR COALESCE(c.corrected_category, c.category) = $2)
  AND ($3 = '' OR c.deputy = $3)
  AND ($4 = '' OR (c.state = 'forwarded' AND c.due < $4)) AND ($5 = '' OR c.station = $5)
  AND ($6 = '' OR EXISTS (SELECT 1 FROM case_unit a WHERE a.case_id = c.id AND a.unit = $6))
  AND ($7 = '' OR c.ticket LIKE $7 || '%') ";

fn row(row: &AnyRow) -> Result<ListRow, sqlx::Error> {
    Ok(ListRow {
        id: row.try_get("id")?,
        ticket: row.try_get("ticket")?,
        category: row.try_get("category")?,
        place: row.try_get("place")?,
        place_name: row.try_get("place_name")?,
        station: row.try_get("station")?,
        station_name: row.try_get("station_name")?,
        received: row.try_get("received")?,
        state: row.try_get("state")?,
        deputy_name: row.try_get("deputy_name")?,
        main_name: row.try_get("main_name")?,
        due: row.try_get("due")?,
        rating: row.try_get("rating")?,
        outcome: row.try_get("outcome")?,
        rounds: row.try_get("rounds")?,
        on_behalf: row.try_get("on_behalf")?,
        reply_text: row.try_get("reply_text")?,
        reason: row.try_get("reason")?,
    })
}

macro_rules! filtered {
    ($sql:expr, $filter:expr) => {
        sqlx::query(sqlx::AssertSqlSafe($sql))
            .bind(&$filter.state)
            .bind(&$filter.category)
            .bind(&$filter.deputy)
            .bind(&$filter.overdue_on)
            .bind(&$filter.station)
            .bind(&$filter.unit)
            .bind(&$filter.ticket)
    };
}

/// A page of cases, newest first.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, filter: &Filter, skip: i64, at_most: i64) -> Result<Vec<ListRow>, StoreError> {
    let sql = format!("{LIST}{WHERE}ORDER BY c.received DESC, c.id DESC LIMIT $8 OFFSET $9");
    let rows = filtered!(sql, filter).bind(at_most).bind(skip).fetch_all(conn).await?;
    Ok(rows.iter().map(row).collect::<Result<_, _>>()?)
}

/// How many cases stand in each state.
///
/// # Errors
/// The database.
pub async fn counts(conn: &mut Conn, filter: &Filter) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = format!("SELECT c.state, COUNT(*) FROM ticket_case c {WHERE}GROUP BY c.state");
    let rows = filtered!(sql, filter).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// How many cases the filter finds whose period ended before its day.
///
/// # Errors
/// The database.
pub async fn overdue_count(conn: &mut Conn, filter: &Filter) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM ticket_case c {WHERE}");
    Ok(filtered!(sql, filter).fetch_one(conn).await?.try_get(0)?)
}

/// The cases that came in from `from` up to but not including `to`, oldest first; `station` empty for all.
///
/// # Errors
/// The database.
pub async fn month(conn: &mut Conn, from: i64, to: i64, station: &str) -> Result<Vec<ListRow>, StoreError> {
    let sql = format!(
        "{LIST}WHERE c.received >= $1 AND c.received < $2 AND ($3 = '' OR c.station = $3) ORDER BY c.received, c.id"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from).bind(to).bind(station);
    Ok(query.fetch_all(conn).await?.iter().map(row).collect::<Result<_, _>>()?)
}
