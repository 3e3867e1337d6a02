//! SQL of the fleet's users. Invariant: a row is never deleted, so that a login is never given twice.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct UserRow {
    pub id: String,
    pub login: String,
    pub name: String,
    pub role: String,
    pub scope: Option<String>,
    pub sites: Option<String>,
    pub password: String,
    pub totp: Option<Vec<u8>>,
    pub totp_pending: Option<Vec<u8>>,
    pub totp_step: i64,
    pub added_at: String,
    pub removed_at: Option<String>,
}

const USER: &str = "SELECT id, login, name, role, scope, sites, password, totp, totp_pending, totp_step, added_at, removed_at \
                    FROM fleet_user ";

fn read(row: &AnyRow) -> Result<UserRow, sqlx::Error> {
    Ok(UserRow {
        id: row.try_get("id")?,
        login: row.try_get("login")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        scope: row.try_get("scope")?,
        sites: row.try_get("sites")?,
        password: row.try_get("password")?,
        totp: row.try_get("totp")?,
        totp_pending: row.try_get("totp_pending")?,
        totp_step: row.try_get("totp_step")?,
        added_at: row.try_get("added_at")?,
        removed_at: row.try_get("removed_at")?,
    })
}

fn user(condition: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{USER}{condition}"))
}

/// Everybody who may sign in, by login.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<UserRow>, StoreError> {
    let rows = sqlx::query(user("WHERE removed_at IS NULL ORDER BY login")).fetch_all(conn).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Somebody by what they type, also one who was removed.
///
/// # Errors
/// The database.
pub async fn by_login(conn: &mut Conn, login: &str) -> Result<Option<UserRow>, StoreError> {
    let row = sqlx::query(user("WHERE login = $1")).bind(login).fetch_optional(conn).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Somebody who may sign in, by id.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<UserRow>, StoreError> {
    let row = sqlx::query(user("WHERE id = $1 AND removed_at IS NULL")).bind(id).fetch_optional(conn).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Writes somebody, new or known; login and the time stay what they were.
///
/// # Errors
/// The database.
pub async fn put(conn: &mut Conn, row: &UserRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO fleet_user
                 (id, login, name, role, scope, sites, password, totp, totp_pending, totp_step, added_at, removed_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, scope = excluded.scope,
                 sites = excluded.sites, password = excluded.password, totp = excluded.totp, totp_pending = excluded.totp_pending,
                 totp_step = excluded.totp_step, removed_at = excluded.removed_at";
    sqlx::query(sql)
        .bind(&row.id)
        .bind(&row.login)
        .bind(&row.name)
        .bind(&row.role)
        .bind(row.scope.clone())
        .bind(row.sites.clone())
        .bind(&row.password)
        .bind(row.totp.clone())
        .bind(row.totp_pending.clone())
        .bind(row.totp_step)
        .bind(&row.added_at)
        .bind(row.removed_at.clone())
        .execute(conn)
        .await?;
    Ok(())
}
