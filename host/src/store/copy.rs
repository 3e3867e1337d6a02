//! A database moved from SQLite into an empty PostgreSQL: every row of every table, read back and held against what was
//! written, in one transaction; then the former one is marked, so that no host works on it again.
//!
//! Invariants: nothing is known here of what the tables mean but their declared types, TEXT, BIGINT, INTEGER and BLOB. A move that
//! was cut off has moved nothing: the former database is as it was, and the new one holds no row.

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::{Conn, Migration, Store, StoreError, migrate::MOVED, without_password};

/// Rows that are read at once: the largest, pieces of recordings and photos, have some hundred kilobytes.
const AT_ONCE: i64 = 50;

/// Why a database is not moved.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    /// The former one is no SQLite, or the new one no PostgreSQL.
    #[error("a move goes from SQLite to PostgreSQL; between PostgreSQL databases pg_dump and pg_restore do it")]
    Kinds,
    /// The new one has tables.
    #[error("{0} is not empty; give a database without a table (createdb makes one)")]
    NotEmpty(String),
    /// What was read back is not what was written.
    #[error("the table {0} does not read back as it was; nothing was moved")]
    Differs(String),
    /// Either database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NotMoved {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(source.into())
    }
}

/// A column as SQLite declares it.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    /// Whether the database draws its values.
    drawn: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    Bytes,
}

/// A value of a row.
#[derive(Debug)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    fn all(row: &AnyRow, columns: &[Column]) -> Result<Vec<Self>, sqlx::Error> {
        columns.iter().map(|column| Self::read(row, column)).collect()
    }

    fn read(row: &AnyRow, column: &Column) -> Result<Self, sqlx::Error> {
        let name = column.name.as_str();
        Ok(match column.kind {
            Kind::Text => Self::Text(row.try_get(name)?),
            Kind::Number => Self::Number(row.try_get(name)?),
            Kind::Bytes => Self::Bytes(row.try_get(name)?),
        })
    }

    /// So that two values are one where their bytes are.
    fn put_into(&self, bytes: &mut Vec<u8>) {
        let value = match self {
            Self::Text(text) => text.as_ref().map(|text| text.as_bytes().to_vec()),
            Self::Number(number) => number.map(|number| number.to_be_bytes().to_vec()),
            Self::Bytes(value) => value.clone(),
        };
        bytes.push(u8::from(value.is_some()));
        let value = value.unwrap_or_default();
        bytes.extend((value.len() as u64).to_be_bytes());
        bytes.extend(value);
    }
}

/// How many rows there are, and the sum of their hashes, in whatever order they come.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hashes: [u8; 32],
}

impl Sum {
    fn add(&mut self, row: &[Value]) {
        let mut bytes = Vec::new();
        row.iter().for_each(|value| value.put_into(&mut bytes));
        let mut carry = 0;
        for (sum, byte) in self.hashes.iter_mut().rev().zip(digest(&SHA256, &bytes).as_ref().iter().rev()) {
            let both = u16::from(*sum) + u16::from(*byte) + carry;
            [_, *sum] = both.to_be_bytes();
            carry = both >> 8;
        }
        self.rows += 1;
    }
}

/// Moves a database; the host must be down. Returns its tables with their rows.
///
/// # Errors
/// [`NotMoved`].
pub async fn move_to(from: &str, to: &str, migrations: &[Migration]) -> Result<Vec<(String, u64)>, NotMoved> {
    if from.starts_with("postgres") || !to.starts_with("postgres") {
        return Err(NotMoved::Kinds);
    }
    let empty = Store::connect(to).await?;
    let sql = "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()";
    let tables: i64 = sqlx::query(sql).fetch_one(&mut *empty.read().await?).await?.try_get(0)?;
    empty.close().await;
    if tables > 0 {
        return Err(NotMoved::NotEmpty(without_password(to)));
    }
    let (former, new) = (Store::open(from, migrations).await?, Store::open(to, migrations).await?);
    // Held to the end: nobody writes meanwhile.
    let mut source = former.write().await?;
    let mut target = new.write().await?;
    let tables = tables_of(&mut source).await?;
    for (table, _) in tables.iter().rev() {
        let sql = AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::query(sql).execute(&mut *target).await?;
    }
    let mut moved = Vec::new();
    for (table, columns) in &tables {
        let written = copy(&mut source, &mut target, table, columns).await?;
        if written != sum(&mut target, table, columns).await? {
            return Err(NotMoved::Differs(table.clone()));
        }
        draw_on(&mut source, &mut target, table, columns).await?;
        moved.push((table.clone(), written.rows));
    }
    target.commit().await?;
    let sql = "INSERT INTO migration (name, sql) VALUES ($1, $2)";
    sqlx::query(sql).bind(MOVED).bind(without_password(to)).execute(&mut *source).await?;
    source.commit().await?;
    new.close().await;
    former.close().await;
    Ok(moved)
}

/// The tables with their columns, each after those that it refers to.
async fn tables_of(source: &mut Conn) -> Result<Vec<(String, Vec<Column>)>, NotMoved> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migration' \
               ORDER BY rowid";
    let names: Vec<String> =
        sqlx::query(sql).fetch_all(&mut *source).await?.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let mut waiting = Vec::new();
    for name in names {
        let sql = "SELECT \"table\" AS refers FROM pragma_foreign_key_list($1)";
        let rows = sqlx::query(sql).bind(&name).fetch_all(&mut *source).await?;
        let refers: Vec<String> = rows.iter().map(|row| row.try_get("refers")).collect::<Result<_, _>>()?;
        waiting.push((name, refers));
    }
    let mut tables: Vec<(String, Vec<Column>)> = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |(name, refers): &(String, Vec<String>)| {
            refers.iter().all(|to| to == name || tables.iter().any(|(table, _)| table == to))
        };
        let at = waiting.iter().position(is_ready).ok_or(StoreError::Unreadable("tables"))?;
        let (name, _) = waiting.remove(at);
        let columns = columns_of(source, &name).await?;
        tables.push((name, columns));
    }
    Ok(tables)
}

async fn columns_of(source: &mut Conn, table: &str) -> Result<Vec<Column>, NotMoved> {
    let sql = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid";
    let rows = sqlx::query(sql).bind(table).fetch_all(&mut *source).await?;
    let column = |row: &AnyRow| {
        let declared: String = row.try_get("type")?;
        let kind = match declared.as_str() {
            "TEXT" => Kind::Text,
            "BIGINT" | "INTEGER" => Kind::Number,
            "BLOB" => Kind::Bytes,
            _ => return Err(StoreError::Unreadable("type of a column")),
        };
        Ok(Column { name: row.try_get("name")?, kind, drawn: declared == "INTEGER" })
    };
    Ok(rows.iter().map(column).collect::<Result<_, StoreError>>()?)
}

/// A statement that reads some rows of a table, with the place after which the next begin.
fn reads(table: &str) -> String {
    match table {
        // Sites stand under sites: those above come first.
        "site" => {
            "SELECT *, ROW_NUMBER() OVER (ORDER BY path) AS place_ FROM site ORDER BY path LIMIT $1 OFFSET $2".into()
        }
        _ => format!("SELECT *, rowid AS place_ FROM {table} WHERE rowid > $2 ORDER BY rowid LIMIT $1"),
    }
}

async fn copy(source: &mut Conn, target: &mut Conn, table: &str, columns: &[Column]) -> Result<Sum, NotMoved> {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let places: Vec<_> = (1..=columns.len()).map(|at| format!("${at}")).collect();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    let (mut written, mut after) = (Sum::default(), 0_i64);
    loop {
        let query = sqlx::query(AssertSqlSafe(reads(table))).bind(AT_ONCE).bind(after);
        let rows = query.fetch_all(&mut *source).await?;
        for row in &rows {
            let values = Value::all(row, columns)?;
            written.add(&values);
            after = row.try_get("place_")?;
            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
            for value in values {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Number(number) => query.bind(number),
                    Value::Bytes(bytes) => query.bind(bytes),
                };
            }
            query.execute(&mut *target).await?;
        }
        if rows.is_empty() {
            return Ok(written);
        }
    }
}

/// What a table holds, read back by a cursor.
async fn sum(target: &mut Conn, table: &str, columns: &[Column]) -> Result<Sum, NotMoved> {
    let sql = format!("DECLARE moved_{table} CURSOR FOR SELECT * FROM {table}");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *target).await?;
    let mut read = Sum::default();
    loop {
        let sql = AssertSqlSafe(format!("FETCH {AT_ONCE} FROM moved_{table}"));
        let rows = sqlx::query(sql).fetch_all(&mut *target).await?;
        for row in &rows {
            read.add(&Value::all(row, columns)?);
        }
        if rows.is_empty() {
            return Ok(read);
        }
    }
}

/// Numbers that the database draws go on where they were, also above rows that are gone.
async fn draw_on(source: &mut Conn, target: &mut Conn, table: &str, columns: &[Column]) -> Result<(), NotMoved> {
    let Some(column) = columns.iter().find(|column| column.drawn) else { return Ok(()) };
    let row = sqlx::query("SELECT seq FROM sqlite_sequence WHERE name = $1").bind(table).fetch_optional(source).await?;
    if let Some(row) = row {
        let last: i64 = row.try_get(0)?;
        let sql = "SELECT setval(pg_get_serial_sequence($1, $2), GREATEST($3, 1), $3 > 0)::TEXT";
        sqlx::query(sql).bind(table).bind(column.name.as_str()).bind(last).fetch_one(target).await?;
    }
    Ok(())
}
