//! The schema's versions.
//!
//! Invariant: a migration is added, never edited; `user_version` is the count of those applied. What a migration adds, a
//! former release may overlook; one that a former release would do harm to raises `least_reader` and has to wait until
//! there is no way back to that release.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

/// In their order; the file's `user_version` says how many it has.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/0001_queue.sql"),
    include_str!("migrations/0002_forgetting.sql"),
    include_str!("migrations/0003_age.sql"),
    include_str!("migrations/0004_least_reader.sql"),
];

/// The newest schema that this program knows.
pub(super) const KNOWN: u32 = 4;

/// Reads the schema version of a file; 0 for an empty one.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether a file with a newer schema may be read and written all the same.
pub(super) fn serves_us(conn: &Connection) -> rusqlite::Result<bool> {
    let least: Option<u32> = conn.query_row("SELECT least_reader FROM queue", [], |row| row.get(0)).optional()?;
    Ok(least.is_some_and(|least| least <= KNOWN))
}

/// Applies what is missing, in one transaction.
pub(super) fn apply(conn: &mut Connection) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(version(&tx)? as usize) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", KNOWN)?;
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_version_counts_the_migrations_and_applying_twice_changes_nothing() {
        assert_eq!(MIGRATIONS.len(), KNOWN as usize);
        let mut conn = Connection::open_in_memory().unwrap();
        apply(&mut conn).unwrap();
        apply(&mut conn).unwrap();
        assert_eq!(version(&conn).unwrap(), KNOWN);
    }

    #[test]
    fn a_file_of_the_first_version_keeps_what_it_holds() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.pragma_update(None, "user_version", 1).unwrap();
        conn.execute("INSERT INTO view (ticket, revision, sealed) VALUES ('0061301000177', 3, 'x')", []).unwrap();
        apply(&mut conn).unwrap();
        let kept: (u32, Option<i64>) =
            conn.query_row("SELECT revision, received FROM view", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(kept, (3, None));
    }

    #[test]
    fn every_column_has_its_comment() {
        for line in MIGRATIONS.iter().flat_map(|m| m.lines()).filter(|l| l.starts_with("  ") && l.trim() != "END;") {
            let statement = line.trim_start().starts_with("SELECT");
            assert!(statement || line.contains("--"), "no comment: {line}");
        }
    }
}
