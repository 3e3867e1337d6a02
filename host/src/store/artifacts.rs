//! SQL of artifacts. Invariant: there is no statement that deletes one, or changes more of it than its
//! state and, once, for which devices it is.

use sqlx::{Row, any::AnyRow};

use super::{Conn, StoreError, Tx};

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct ArtifactRow {
    pub id: i64,
    pub name: String,
    pub version: String,
    pub kind: String,
    pub state: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub sha1: Vec<u8>,
    pub md5: Vec<u8>,
    pub added_by: String,
    pub added_at: String,
    pub compatible: Option<String>,
}

/// Adds one, whatever its id says; the id that it got.
///
/// # Errors
/// The database, which also refuses a name and version that are there.
pub async fn insert(tx: &mut Tx, row: &ArtifactRow) -> Result<i64, StoreError> {
    let sql = "INSERT INTO artifact (name, version, kind, state, size, sha256, sha1, md5, added_by, added_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id";
    let inserted = sqlx::query(sql)
        .bind(row.name.as_str())
        .bind(row.version.as_str())
        .bind(row.kind.as_str())
        .bind(row.state.as_str())
        .bind(row.size)
        .bind(row.sha256.clone())
        .bind(row.sha1.clone())
        .bind(row.md5.clone())
        .bind(row.added_by.as_str())
        .bind(row.added_at.as_str())
        .fetch_one(&mut **tx)
        .await?;
    Ok(inserted.try_get(0)?)
}

/// One by its id.
///
/// # Errors
/// The database.
pub async fn find(conn: &mut Conn, id: i64) -> Result<Option<ArtifactRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM artifact WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Every version of a name.
///
/// # Errors
/// The database.
pub async fn of_name(conn: &mut Conn, name: &str) -> Result<Vec<ArtifactRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM artifact WHERE name = $1 ORDER BY id").bind(name).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// All, in the order in which they came.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn) -> Result<Vec<ArtifactRow>, StoreError> {
    sqlx::query("SELECT * FROM artifact ORDER BY id").fetch_all(conn).await?.iter().map(read).collect()
}

/// Changes the state of one.
///
/// # Errors
/// The database.
pub async fn set_state(tx: &mut Tx, id: i64, state: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE artifact SET state = $2 WHERE id = $1").bind(id).bind(state).execute(&mut **tx).await?;
    Ok(())
}

/// Notes for which devices one is.
///
/// # Errors
/// The database.
pub async fn set_compatible(tx: &mut Tx, id: i64, compatible: &str) -> Result<(), StoreError> {
    let sql = "UPDATE artifact SET compatible = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(compatible).execute(&mut **tx).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<ArtifactRow, StoreError> {
    Ok(ArtifactRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        version: row.try_get("version")?,
        kind: row.try_get("kind")?,
        state: row.try_get("state")?,
        size: row.try_get("size")?,
        sha256: row.try_get("sha256")?,
        sha1: row.try_get("sha1")?,
        md5: row.try_get("md5")?,
        added_by: row.try_get("added_by")?,
        added_at: row.try_get("added_at")?,
        compatible: row.try_get("compatible")?,
    })
}
