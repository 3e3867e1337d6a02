//! The databases of both roles: SQLite by default, PostgreSQL by URL, one set of statements for both.
//!
//! Invariant: every change goes through [`Store::write`], and writers follow one another. On SQLite that is the file's
//! own lock (`BEGIN IMMEDIATE`), on PostgreSQL an advisory lock of the transaction. A counter that was read in a
//! writing transaction is therefore never handed out twice, and rows become visible in the order of their counters.
//! SQLite runs in WAL with `synchronous = FULL`, foreign keys on. Statements use `$1` parameters and the types TEXT,
//! BIGINT and BLOB only; nothing of a role's domain is known here.

pub mod actions;
pub mod afar;
pub mod artifacts;
pub mod audit_chain;
pub mod boundary;
pub mod bulletins;
pub mod cases;
mod columns;
mod copy;
pub mod desk;
pub mod devices;
pub mod diagnostics;
pub mod events;
mod fleet_setting;
pub mod groups;
pub mod handovers;
pub mod health;
pub mod keys;
mod migrate;
pub mod notices;
pub mod outbox;
pub mod overview;
pub mod people;
pub mod photos;
pub mod quarantine;
pub mod rollouts;
pub mod rosters;
pub mod sessions;
pub mod settings;
pub mod sites;
pub mod terminals;
pub mod tries;
pub mod uploads;
pub mod users;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Any, AnyConnection, AnyPool, Connection as _, Transaction,
    any::{AnyPoolOptions, install_default_drivers},
    pool::PoolConnection,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

pub use copy::{NotMoved, move_to};
pub use migrate::Migration;

/// Whatever keeps the database from answering.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be opened.
    #[error("open database {url}")]
    Open {
        /// Its URL, without a password.
        url: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A statement failed.
    #[error("database statement")]
    Statement(#[from] sqlx::Error),
    /// A migration failed.
    #[error("migration {name}")]
    Migration {
        /// Its file.
        name: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The database was written by other migrations than this program's.
    #[error("the database has migration {0}, which this program does not know or knows otherwise; install a newer one")]
    Foreign(String),
    /// The database was moved to another; whoever wrote here would be forgotten.
    #[error("this database was moved to {0}; name that one in host.toml")]
    Moved(String),
    /// A row holds what no program of this version writes.
    #[error("the database holds an unreadable {0}")]
    Unreadable(&'static str),
}

/// Which database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// One role's database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    /// Writers of this process queue here, in order and without asking SQLite again and again; those of others wait at
    /// the database's own lock.
    turn: Arc<Mutex<()>>,
    /// The migrations that its opening ran.
    migrated: Arc<[String]>,
}

/// A connection, reading or inside a transaction.
pub type Conn = AnyConnection;

/// A writing transaction; dropped without a commit, nothing happened.
#[derive(Debug)]
pub struct Tx {
    // Before the turn, so that the database is free when the next writer is let in.
    inner: Transaction<'static, Any>,
    _turn: OwnedMutexGuard<()>,
}

impl Tx {
    /// Makes all of it last.
    ///
    /// # Errors
    /// The database; nothing happened then.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.inner
    }
}

/// The longest that a writer waits for the one before it.
const BUSY: Duration = Duration::from_secs(10);

/// A connection that lay unused for longer may be gone, and is asked first.
const STALE: Duration = Duration::from_secs(1);

/// The one number that writers of a PostgreSQL database agree on.
const WRITERS: &str = "SELECT pg_advisory_xact_lock(5521)::TEXT";

/// The URL of a SQLite file, made when it isn't there.
#[must_use]
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}

impl Store {
    /// Opens a database by URL (`sqlite://…` or `postgres://…`) and brings it up to `migrations`.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Migration`], [`StoreError::Foreign`] where a newer program was here, or
    /// [`StoreError::Moved`].
    pub async fn open(url: &str, migrations: &[Migration]) -> Result<Self, StoreError> {
        let mut store = Self::connect(url).await?;
        store.migrated = migrate::run(&store, migrations).await?.into();
        Ok(store)
    }

    /// The migrations that this opening ran.
    #[must_use]
    pub fn migrated(&self) -> &[String] {
        &self.migrated
    }

    /// Opens a database as it is.
    async fn connect(url: &str) -> Result<Self, StoreError> {
        install_default_drivers();
        let backend = if url.starts_with("postgres") { Backend::Postgres } else { Backend::Sqlite };
        let open = |source| StoreError::Open { url: without_password(url), source };
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(BUSY)
            // One that was just used is there; asking it first would double what a terminal's poll costs.
            .test_before_acquire(false)
            .before_acquire(|connection, before| {
                Box::pin(async move {
                    if before.idle_for > STALE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        for pragma in [
                            // First: the next already waits for whoever else opens the file.
                            "PRAGMA busy_timeout = 10000",
                            "PRAGMA journal_mode = WAL",
                            "PRAGMA synchronous = FULL",
                            "PRAGMA foreign_keys = ON",
                        ] {
                            sqlx::query(pragma).fetch_all(&mut *connection).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await
            .map_err(open)?;
        Ok(Self { pool, backend, turn: Arc::default(), migrated: Arc::default() })
    }

    /// Closes every connection; on SQLite the last one folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A connection that only reads.
    ///
    /// # Errors
    /// No connection within ten seconds.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&mut *self.read().await?).await?;
        Ok(())
    }

    /// Begins the one writing transaction.
    ///
    /// # Errors
    /// The writer before did not end within ten seconds.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        let turn = tokio::time::timeout(BUSY, self.turn.clone().lock_owned()).await;
        let turn = turn.map_err(|_| StoreError::Statement(sqlx::Error::PoolTimedOut))?;
        let inner = match self.backend {
            Backend::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => {
                let mut tx = self.pool.begin().await?;
                sqlx::query(WRITERS).fetch_one(&mut *tx).await?;
                tx
            }
        };
        Ok(Tx { inner, _turn: turn })
    }
}

fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        assert_eq!(without_password("postgres://a:b@db/x"), "postgres://…@db/x");
        assert_eq!(without_password("sqlite:///a/b"), "sqlite:///a/b");
    }
}
