//! Rollouts and their members. What the JSON says is the fleet's business.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use wire::ticket::TerminalNumber;

use super::{Conn, StoreError, Tx, columns};

/// A rollout without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct RolloutRow {
    pub number: u64,
    pub made_at: Timestamp,
    pub why: String,
    pub zone: String,
    pub newcomers: bool,
    pub brings: String,
    pub state: String,
    pub over_at: Option<Timestamp>,
    pub revision: u64,
}

/// A terminal of a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct MemberRow {
    pub terminal: TerminalNumber,
    pub member: String,
    pub action: Option<u64>,
    pub opened_at: Option<Timestamp>,
    pub generation: u8,
}

const WHAT: &str = "rollout";
const UNREADABLE: StoreError = StoreError::Unreadable(WHAT);
const COLUMNS: &str = "number, made_at, why, zone, newcomers, brings, state, over_at, revision";

/// Every rollout, the newest first; those only that are not over, where `running`.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn, running: bool) -> Result<Vec<RolloutRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM rollout WHERE over_at IS NULL OR $1 = 0 ORDER BY number DESC");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(running)).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// One rollout.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, number: u64) -> Result<Option<RolloutRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM rollout WHERE number = $1");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(columns::of_number(number, WHAT)?).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// How often a rollout changed; none, there is no such rollout.
///
/// # Errors
/// The database.
pub async fn revision(conn: &mut Conn, number: u64) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT revision FROM rollout WHERE number = $1";
    let row = sqlx::query(sql).bind(columns::of_number(number, WHAT)?).fetch_optional(conn).await?;
    row.as_ref().map(|row| columns::number(row, "revision", WHAT)).transpose()
}

/// The members of a rollout, by number.
///
/// # Errors
/// The database.
pub async fn members(conn: &mut Conn, rollout: u64) -> Result<Vec<MemberRow>, StoreError> {
    let sql = "SELECT terminal, member, action, opened_at, generation FROM rollout_member \
               WHERE rollout = $1 ORDER BY terminal";
    sqlx::query(sql).bind(columns::of_number(rollout, WHAT)?).fetch_all(conn).await?.iter().map(read_member).collect()
}

/// What members of a rollout are at, by number, without their actions.
///
/// # Errors
/// The database.
pub async fn member_states(conn: &mut Conn, rollout: u64) -> Result<Vec<(TerminalNumber, String)>, StoreError> {
    let sql = "SELECT terminal, member FROM rollout_member WHERE rollout = $1 ORDER BY terminal";
    let rows = sqlx::query(sql).bind(columns::of_number(rollout, WHAT)?).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((columns::terminal(row, "terminal", WHAT)?, row.try_get("member")?))).collect()
}

/// The rollout that an order to a terminal belongs to, with the terminal in it; none, nobody's but a person's.
///
/// # Errors
/// The database.
pub async fn holding(
    conn: &mut Conn,
    brings: &str,
    (terminal, action): (TerminalNumber, u64),
) -> Result<Option<(RolloutRow, MemberRow)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, terminal, member, action, opened_at, generation FROM rollout_member \
         JOIN rollout ON number = rollout WHERE terminal = $1 AND action = $2 AND brings = $3"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(terminal.get()));
    let row = query.bind(columns::of_number(action, WHAT)?).bind(brings).fetch_optional(conn).await?;
    row.as_ref().map(|row| Ok((read(row)?, read_member(row)?))).transpose()
}

/// A rollout of the kind that is not over and has one of these terminals, with the terminal.
///
/// # Errors
/// The database.
pub async fn that_has(
    conn: &mut Conn,
    brings: &str,
    terminals: &[TerminalNumber],
) -> Result<Option<(u64, TerminalNumber)>, StoreError> {
    let sql = "SELECT rollout, terminal FROM rollout_member JOIN rollout ON number = rollout \
               WHERE over_at IS NULL AND brings = $1";
    for row in sqlx::query(sql).bind(brings).fetch_all(conn).await? {
        let terminal = columns::terminal(&row, "terminal", WHAT)?;
        if terminals.contains(&terminal) {
            return Ok(Some((columns::number(&row, "rollout", WHAT)?, terminal)));
        }
    }
    Ok(None)
}

/// Writes a rollout, new or known; a new one takes the next number.
///
/// # Errors
/// The database.
pub async fn put(tx: &mut Tx, row: &RolloutRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rollout (number, made_at, why, zone, newcomers, brings, state, over_at, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (number) DO UPDATE SET state = excluded.state, over_at = excluded.over_at, \
         revision = excluded.revision",
    )
    .bind(columns::of_number(row.number, WHAT)?)
    .bind(row.made_at.to_string())
    .bind(row.why.as_str())
    .bind(row.zone.as_str())
    .bind(i64::from(row.newcomers))
    .bind(row.brings.as_str())
    .bind(row.state.as_str())
    .bind(row.over_at.map(|at| at.to_string()))
    .bind(columns::of_number(row.revision, WHAT)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The number of the next rollout.
///
/// # Errors
/// The database.
pub async fn next_number(tx: &mut Tx) -> Result<u64, StoreError> {
    let highest: i64 =
        sqlx::query("SELECT COALESCE(MAX(number), 0) FROM rollout").fetch_one(&mut **tx).await?.try_get(0)?;
    u64::try_from(highest + 1).map_err(|_| UNREADABLE)
}

/// Writes a member, new or known.
///
/// # Errors
/// The database.
pub async fn put_member(tx: &mut Tx, rollout: u64, row: &MemberRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rollout_member (rollout, terminal, member, action, opened_at, generation) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (rollout, terminal) DO UPDATE SET member = excluded.member, action = excluded.action, \
         opened_at = excluded.opened_at, generation = excluded.generation",
    )
    .bind(columns::of_number(rollout, WHAT)?)
    .bind(i64::from(row.terminal.get()))
    .bind(row.member.as_str())
    .bind(row.action.map(|number| columns::of_number(number, WHAT)).transpose()?)
    .bind(row.opened_at.map(|at| at.to_string()))
    .bind(i64::from(row.generation))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<RolloutRow, StoreError> {
    Ok(RolloutRow {
        number: columns::number(row, "number", WHAT)?,
        made_at: columns::time(row, "made_at", WHAT)?,
        why: row.try_get("why")?,
        zone: row.try_get("zone")?,
        newcomers: row.try_get::<i64, _>("newcomers")? != 0,
        brings: row.try_get("brings")?,
        state: row.try_get("state")?,
        over_at: columns::time_or_none(row, "over_at", WHAT)?,
        revision: columns::number(row, "revision", WHAT)?,
    })
}

fn read_member(row: &AnyRow) -> Result<MemberRow, StoreError> {
    let action: Option<i64> = row.try_get("action")?;
    Ok(MemberRow {
        terminal: columns::terminal(row, "terminal", WHAT)?,
        member: row.try_get("member")?,
        action: action.map(|number| u64::try_from(number).map_err(|_| UNREADABLE)).transpose()?,
        opened_at: columns::time_or_none(row, "opened_at", WHAT)?,
        generation: u8::try_from(row.try_get::<i64, _>("generation")?).map_err(|_| UNREADABLE)?,
    })
}
