//! SQL of cases: the row of each, its units, its ledger, its sealed view.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

mod lists;
mod transcripts;

pub use lists::{Filter, ListRow, counts, list, month, overdue_count};
pub use transcripts::last_transcript;

/// One case as it lies in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct CaseRow {
    pub id: String,
    pub ticket: String,
    pub terminal: String,
    pub boot: String,
    pub seq: i64,
    pub station: Option<String>,
    pub category: String,
    pub place: String,
    pub on_behalf: i64,
    pub said: Option<i64>,
    pub received: i64,
    pub view_key: Vec<u8>,
    pub code_tag: Vec<u8>,
    pub contact: Option<String>,
    pub phone_tag: Option<Vec<u8>>,
    pub standing: Standing,
}

/// The part of a case that its steps change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct Standing {
    pub state: String,
    pub revision: i64,
    pub deputy: Option<String>,
    pub deputy_name: Option<String>,
    pub due: Option<String>,
    pub reply_by: Option<String>,
    pub reply_text: Option<String>,
    pub reply_at: Option<i64>,
    pub confirmed: i64,
    pub reason: Option<String>,
    /// Ids of category and place in place of the header's.
    pub corrected: Option<(String, String)>,
    pub rating: Option<i64>,
    pub outcome: Option<String>,
    pub settled: i64,
    pub rounds: i64,
    /// Id and name, the main unit first.
    pub units: Vec<(String, String)>,
}

impl CaseRow {
    /// Id of the category that it is filed under: the header's, until somebody corrects it.
    #[must_use]
    pub fn filed_category(&self) -> &str {
        self.standing.corrected.as_ref().map_or(&self.category, |(category, _)| category)
    }

    /// Id of the place that it is filed under.
    #[must_use]
    pub fn filed_place(&self) -> &str {
        self.standing.corrected.as_ref().map_or(&self.place, |(_, place)| place)
    }
}

/// One line of the ledger as it lies in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct LedgerRow {
    pub revision: i64,
    pub kind: String,
    pub state: String,
    pub at: i64,
    pub role: Option<String>,
    pub person: Option<String>,
    pub shown_by: Option<String>,
    pub words: Option<String>,
    pub due: Option<String>,
    pub sealed: Option<Vec<u8>>,
}

/// One sealed view with its place in the order of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRow {
    /// 13 digits.
    pub ticket: String,
    /// Of the case.
    pub revision: i64,
    /// Base64.
    pub sealed: String,
    /// Rises over the county.
    pub cursor: i64,
}

const CASE: &str = "SELECT c.*, p.name AS deputy_name FROM ticket_case c LEFT JOIN person p ON p.id = c.deputy ";

fn case(row: &AnyRow) -> Result<CaseRow, sqlx::Error> {
    Ok(CaseRow {
        id: row.try_get("id")?,
        ticket: row.try_get("ticket")?,
        terminal: row.try_get("terminal")?,
        boot: row.try_get("boot")?,
        seq: row.try_get("seq")?,
        station: row.try_get("station")?,
        category: row.try_get("category")?,
        place: row.try_get("place")?,
        on_behalf: row.try_get("on_behalf")?,
        said: row.try_get("said")?,
        received: row.try_get("received")?,
        view_key: row.try_get("view_key")?,
        code_tag: row.try_get("code_tag")?,
        contact: row.try_get("contact")?,
        phone_tag: row.try_get("phone_tag")?,
        standing: Standing {
            state: row.try_get("state")?,
            revision: row.try_get("revision")?,
            deputy: row.try_get("deputy")?,
            deputy_name: row.try_get("deputy_name")?,
            due: row.try_get("due")?,
            reply_by: row.try_get("reply_by")?,
            reply_text: row.try_get("reply_text")?,
            reply_at: row.try_get("reply_at")?,
            confirmed: row.try_get("confirmed")?,
            reason: row.try_get("reason")?,
            corrected: match row.try_get("corrected_category")? {
                Some(category) => Some((category, row.try_get("corrected_place")?)),
                None => None,
            },
            rating: row.try_get("rating")?,
            outcome: row.try_get("outcome")?,
            settled: row.try_get("settled")?,
            rounds: row.try_get("rounds")?,
            units: Vec::new(),
        },
    })
}

async fn with_units(conn: &mut Conn, rows: Vec<AnyRow>) -> Result<Vec<CaseRow>, StoreError> {
    let mut cases = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut found = case(row)?;
        found.standing.units = units(conn, &found.id).await?;
        cases.push(found);
    }
    Ok(cases)
}

async fn units(conn: &mut Conn, case_id: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT u.id, u.name FROM case_unit c JOIN unit u ON u.id = c.unit WHERE c.case_id = $1 ORDER BY c.rank";
    let rows = sqlx::query(sql).bind(case_id).fetch_all(conn).await?;
    Ok(rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
}

/// A case by its id.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<CaseRow>, StoreError> {
    let sql = behind_case(" WHERE c.id = $1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_all(&mut *conn).await?;
    Ok(with_units(conn, rows).await?.pop())
}

/// The number of a case.
///
/// # Errors
/// The database.
pub async fn ticket_of(conn: &mut Conn, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT ticket FROM ticket_case WHERE id = $1").bind(id).fetch_optional(conn).await?;
    Ok(row.map(|r| r.try_get(0)).transpose()?)
}

/// The cases under a number, oldest first; more than one is an alarm.
///
/// # Errors
/// The database.
pub async fn of_ticket(conn: &mut Conn, ticket: &str) -> Result<Vec<CaseRow>, StoreError> {
    let sql = behind_case(" WHERE c.ticket = $1 ORDER BY c.received, c.id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ticket).fetch_all(&mut *conn).await?;
    with_units(conn, rows).await
}

/// What proofs are held against, for each case under a number: id, view key, tag of the query code. One statement,
/// whether the number is known or not.
///
/// # Errors
/// The database.
pub async fn proofs(conn: &mut Conn, ticket: &str) -> Result<Vec<(String, Vec<u8>, Vec<u8>)>, StoreError> {
    let sql = "SELECT id, view_key, code_tag FROM ticket_case WHERE ticket = $1 ORDER BY received, id";
    let rows = sqlx::query(sql).bind(ticket).fetch_all(conn).await?;
    let proof = |r: &AnyRow| Ok((r.try_get(0)?, r.try_get(1)?, r.try_get(2)?));
    Ok(rows.iter().map(proof).collect::<Result<_, sqlx::Error>>()?)
}

/// The newest cases with one of these tags of a telephone number.
///
/// # Errors
/// The database.
pub async fn of_phone(conn: &mut Conn, tags: &[Vec<u8>], at_most: usize) -> Result<Vec<CaseRow>, StoreError> {
    let mut found = Vec::new();
    for tag in tags {
        let sql = behind_case(" WHERE c.phone_tag = $1 ORDER BY c.received DESC, c.id DESC LIMIT $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(tag.as_slice());
        let rows = query.bind(i64::try_from(at_most).unwrap_or(i64::MAX)).fetch_all(&mut *conn).await?;
        found.extend(with_units(conn, rows).await?);
    }
    found.sort_by(|a, b| (b.received, &b.id).cmp(&(a.received, &a.id)));
    found.truncate(at_most);
    Ok(found)
}

/// The one query of a case with a condition of this file behind it.
fn behind_case(condition: &str) -> String {
    format!("{CASE}{condition}")
}

/// Adds a case that has just come in: nothing of its standing is there yet but state and revision.
///
/// # Errors
/// The database.
pub async fn insert(conn: &mut Conn, row: &CaseRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO ticket_case (id, ticket, terminal, boot, seq, station, category, place, on_behalf, said,
                 received, view_key, code_tag, contact, phone_tag, state, revision, confirmed, settled, rounds)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, 0)";
    sqlx::query(sql)
        .bind(&row.id)
        .bind(&row.ticket)
        .bind(&row.terminal)
        .bind(&row.boot)
        .bind(row.seq)
        .bind(&row.station)
        .bind(&row.category)
        .bind(&row.place)
        .bind(row.on_behalf)
        .bind(row.said)
        .bind(row.received)
        .bind(row.view_key.as_slice())
        .bind(row.code_tag.as_slice())
        .bind(&row.contact)
        .bind(row.phone_tag.as_deref())
        .bind(&row.standing.state)
        .bind(row.standing.revision)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes where a case stands.
///
/// # Errors
/// The database.
pub async fn stand(conn: &mut Conn, id: &str, s: &Standing) -> Result<(), StoreError> {
    let sql = "UPDATE ticket_case SET state = $2, revision = $3, deputy = $4, due = $5, reply_by = $6,
                 reply_text = $7, reply_at = $8, confirmed = $9, reason = $10, rating = $11, outcome = $12,
                 settled = $13, rounds = $14, corrected_category = $15, corrected_place = $16 WHERE id = $1";
    let (category, place) = s.corrected.as_ref().map(|(category, place)| (category, place)).unzip();
    sqlx::query(sql)
        .bind(id)
        .bind(&s.state)
        .bind(s.revision)
        .bind(&s.deputy)
        .bind(&s.due)
        .bind(&s.reply_by)
        .bind(&s.reply_text)
        .bind(s.reply_at)
        .bind(s.confirmed)
        .bind(&s.reason)
        .bind(s.rating)
        .bind(&s.outcome)
        .bind(s.settled)
        .bind(s.rounds)
        .bind(category)
        .bind(place)
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM case_unit WHERE case_id = $1").bind(id).execute(&mut *conn).await?;
    for (rank, (unit, _)) in (0_i64..).zip(&s.units) {
        let sql = "INSERT INTO case_unit (case_id, unit, rank) VALUES ($1, $2, $3)";
        sqlx::query(sql).bind(id).bind(unit).bind(rank).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Ties a contact to its case.
///
/// # Errors
/// The database.
pub async fn set_contact(conn: &mut Conn, id: &str, event: &str, phone: Option<&[u8]>) -> Result<(), StoreError> {
    let sql = "UPDATE ticket_case SET contact = $2, phone_tag = $3 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(event).bind(phone).execute(conn).await?;
    Ok(())
}

/// Writes the tag of a new query code.
///
/// # Errors
/// The database.
pub async fn set_code(conn: &mut Conn, id: &str, tag: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE ticket_case SET code_tag = $2 WHERE id = $1").bind(id).bind(tag).execute(conn).await?;
    Ok(())
}

/// Appends to a case's ledger.
///
/// # Errors
/// The database, also where the number is taken.
pub async fn append(conn: &mut Conn, case_id: &str, row: &LedgerRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO case_event (case_id, revision, kind, state, at, role, person, shown_by, words, due, sealed)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    sqlx::query(sql)
        .bind(case_id)
        .bind(row.revision)
        .bind(&row.kind)
        .bind(&row.state)
        .bind(row.at)
        .bind(&row.role)
        .bind(&row.person)
        .bind(&row.shown_by)
        .bind(&row.words)
        .bind(&row.due)
        .bind(row.sealed.as_deref())
        .execute(conn)
        .await?;
    Ok(())
}

/// A case's ledger, oldest first.
///
/// # Errors
/// The database.
pub async fn ledger(conn: &mut Conn, case_id: &str) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = "SELECT * FROM case_event WHERE case_id = $1 ORDER BY revision";
    let rows = sqlx::query(sql).bind(case_id).fetch_all(conn).await?;
    let line = |row: &AnyRow| {
        Ok(LedgerRow {
            revision: row.try_get("revision")?,
            kind: row.try_get("kind")?,
            state: row.try_get("state")?,
            at: row.try_get("at")?,
            role: row.try_get("role")?,
            person: row.try_get("person")?,
            shown_by: row.try_get("shown_by")?,
            words: row.try_get("words")?,
            due: row.try_get("due")?,
            sealed: row.try_get("sealed")?,
        })
    };
    Ok(rows.iter().map(line).collect::<Result<_, sqlx::Error>>()?)
}

/// Puts a case's newest view in place of the one before.
///
/// # Errors
/// The database.
pub async fn put_view(conn: &mut Conn, case_id: &str, terminal: &str, view: &ViewRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO case_view (case_id, ticket, terminal, revision, sealed, cursor)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id) DO UPDATE SET
                 revision = excluded.revision, sealed = excluded.sealed, cursor = excluded.cursor";
    sqlx::query(sql)
        .bind(case_id)
        .bind(&view.ticket)
        .bind(terminal)
        .bind(view.revision)
        .bind(&view.sealed)
        .bind(view.cursor)
        .execute(conn)
        .await?;
    Ok(())
}

/// A terminal's views behind a cursor, in the order of their changes.
///
/// # Errors
/// The database.
pub async fn views(conn: &mut Conn, terminal: &str, after: i64, at_most: i64) -> Result<Vec<ViewRow>, StoreError> {
    let sql = "SELECT ticket, revision, sealed, cursor FROM case_view
               WHERE terminal = $1 AND cursor > $2 ORDER BY cursor LIMIT $3";
    let rows = sqlx::query(sql).bind(terminal).bind(after).bind(at_most).fetch_all(conn).await?;
    let view = |row: &AnyRow| {
        Ok(ViewRow {
            ticket: row.try_get(0)?,
            revision: row.try_get(1)?,
            sealed: row.try_get(2)?,
            cursor: row.try_get(3)?,
        })
    };
    Ok(rows.iter().map(view).collect::<Result<_, sqlx::Error>>()?)
}
