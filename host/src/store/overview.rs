//! SQL of all terminals at a glance: where each stands, and what is known of it, without reading the reports.

use jiff::Timestamp;
use sqlx::{Any, Row, any::AnyArguments, any::AnyRow, query::Query};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, columns};

/// A terminal at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewRow {
    /// Which.
    pub number: TerminalNumber,
    /// Name of its station.
    pub station: String,
    /// Where it stands there; may be empty.
    pub place: String,
    /// `revoked`; `calls`, it has an open alarm; `expected`, it never enrolled; `unheard`, it enrolled and never reported;
    /// `quiet`, its last report is from before `since`; `in_order`.
    pub standing: String,
    /// When its last report came.
    pub seen: Option<Timestamp>,
    /// Open alarms.
    pub alarms: i64,
}

/// In which part of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within<'a> {
    /// In all of it.
    All,
    /// At these sites, or under them; none, nowhere.
    Sites(Vec<&'a str>),
    /// At stations whose names begin so; none, nowhere.
    Named(&'a [String]),
}

/// Which terminals.
#[derive(Debug, Clone)]
pub struct Among<'a> {
    /// Reports from before this time, to the second, say little.
    pub since: Timestamp,
    /// Where.
    pub within: Within<'a>,
    /// At this site or under it; empty, anywhere.
    pub under: &'a str,
    /// Their standing; empty, any.
    pub standing: &'a str,
    /// Part of their station or place, or their number; empty, any.
    pub words: &'a str,
}

/// How many terminals stand so, and when the oldest of their last reports came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in OverviewRow")]
pub struct CountRow {
    pub standing: String,
    pub count: i64,
    pub oldest: Option<Timestamp>,
}

const TERMINALS: &str = "SELECT t.number, t.station, t.place, COALESCE(s.path, '') AS path, h.received_at AS seen, \
    (SELECT COUNT(*) FROM terminal_alarm a WHERE a.terminal = t.number AND a.cleared_at IS NULL) AS alarms, \
    CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked' \
         WHEN EXISTS (SELECT 1 FROM terminal_alarm a WHERE a.terminal = t.number AND a.cleared_at IS NULL) THEN 'calls' \
         WHEN h.received_at IS NULL AND t.certificate_until IS NULL THEN 'expected' \
         WHEN h.received_at IS NULL THEN 'unheard' \
         WHEN h.received_at < $1 THEN 'quiet' ELSE 'in_order' END AS standing \
  FROM terminal t LEFT JOIN health h ON h.terminal = t.number LEFT JOIN site s ON s.code = t.site";

impl Within<'_> {
    /// As a condition, whose parameters begin after those of [`Among::bound`].
    fn condition(&self) -> String {
        let (count, one): (usize, fn(usize) -> String) = match self {
            Self::All => return "1 = 1".to_owned(),
            Self::Sites(codes) => (codes.len(), |at| format!("path LIKE '%/' || ${at} || '/%'")),
            Self::Named(names) => {
                (names.len(), |at| format!("SUBSTR(station, 1, LENGTH(CAST(${at} AS TEXT))) = ${at}"))
            }
        };
        let any: Vec<String> = (PARAMETERS + 1..=PARAMETERS + count).map(one).collect();
        if any.is_empty() { "1 = 0".to_owned() } else { any.join(" OR ") }
    }

    fn values(&self) -> Vec<String> {
        match self {
            Self::All => Vec::new(),
            Self::Sites(codes) => codes.iter().map(|code| (*code).to_owned()).collect(),
            Self::Named(names) => names.to_vec(),
        }
    }
}

/// Those that stand before the ones of [`Within`].
const PARAMETERS: usize = 6;

impl Among<'_> {
    /// The terminals as a table `one`.
    fn select(&self) -> String {
        format!(
            "FROM ({TERMINALS}) AS one WHERE ($2 = '' OR standing = $2) \
             AND ($3 = '' OR station LIKE $4 ESCAPE '!' OR place LIKE $4 ESCAPE '!' OR number = $5) \
             AND ($6 = '' OR path LIKE '%/' || $6 || '/%') AND ({})",
            self.within.condition()
        )
    }

    fn bound<'q>(&self, sql: String) -> Query<'q, Any, AnyArguments> {
        let plain: String =
            self.words.chars().flat_map(|c| "!%_".contains(c).then_some('!').into_iter().chain([c])).collect();
        let number = self.words.parse::<TerminalNumber>().map_or(-1, |number| i64::from(number.get()));
        let query = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(self.since.to_string())
            .bind(self.standing.to_owned())
            .bind(self.words.to_owned())
            .bind(format!("%{plain}%"))
            .bind(number)
            .bind(self.under.to_owned());
        self.within.values().into_iter().fold(query, Query::bind)
    }
}

/// A page of terminals, by station and number.
///
/// # Errors
/// The database.
pub async fn page(conn: &mut Conn, among: &Among<'_>, skip: i64, at_most: i64) -> Result<Vec<OverviewRow>, StoreError> {
    let next = PARAMETERS + among.within.values().len() + 1;
    let sql = format!("SELECT * {} ORDER BY station, number LIMIT ${next} OFFSET ${}", among.select(), next + 1);
    let rows = among.bound(sql).bind(at_most).bind(skip).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// How many terminals stand how.
///
/// # Errors
/// The database.
pub async fn counts(conn: &mut Conn, among: &Among<'_>) -> Result<Vec<CountRow>, StoreError> {
    let select = among.select();
    let sql = format!("SELECT standing, COUNT(*) AS count, MIN(seen) AS oldest {select} GROUP BY standing");
    let rows = among.bound(sql).fetch_all(conn).await?;
    let count = |row: &AnyRow| {
        let (standing, count) = (row.try_get("standing")?, row.try_get("count")?);
        Ok(CountRow { standing, count, oldest: columns::time_or_none(row, "oldest", "time")? })
    };
    rows.iter().map(count).collect()
}

/// How many terminals stand how at each site: path, standing, and how many.
///
/// # Errors
/// The database.
pub async fn at_sites(conn: &mut Conn, among: &Among<'_>) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql = format!("SELECT path, standing, COUNT(*) AS count {} GROUP BY path, standing", among.select());
    let rows = among.bound(sql).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((row.try_get("path")?, row.try_get("standing")?, row.try_get("count")?))).collect()
}

fn read(row: &AnyRow) -> Result<OverviewRow, StoreError> {
    Ok(OverviewRow {
        number: columns::terminal(row, "number", "terminal")?,
        station: row.try_get("station")?,
        place: row.try_get("place")?,
        standing: row.try_get("standing")?,
        seen: columns::time_or_none(row, "seen", "time")?,
        alarms: row.try_get("alarms")?,
    })
}
