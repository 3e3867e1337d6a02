//! The fleet on each database: one suite, SQLite and PostgreSQL.

use std::sync::Arc;

use host::{
    ca::Ca,
    clock::{Clock, SharedClock, SystemClock},
    fleet::{Error, Fleet, MIGRATIONS},
    store::{Migration, Store, StoreError, sqlite_url, terminals::TerminalRow},
};
use rcgen::KeyPair;
use uuid::Uuid;
use wire::{
    enrol::{EnrolRequest, RenewRequest},
    ticket::TerminalNumber,
};

use crate::support::{TestClock, csr};

/// Runs a test on SQLite, and on PostgreSQL where `LIANXIN_TEST_POSTGRES` has a URL.
pub(crate) async fn on_each_database<F: AsyncFn(Fleet, Arc<TestClock>)>(test: F) {
    on_each_url(async |url| {
        let clock = TestClock::new();
        let store = Store::open(&url, MIGRATIONS).await.unwrap();
        test(Fleet::new(store.clone(), Arc::clone(&clock) as SharedClock), clock).await;
        store.close().await;
    })
    .await;
}

/// Runs a test with the URL of an empty database of each kind.
async fn on_each_url<F: AsyncFn(String)>(test: F) {
    let folder = tempfile::tempdir().unwrap();
    test(sqlite_url(&folder.path().join("fleet.sqlite"))).await;
    if let Some(url) = empty_postgres().await {
        test(url).await;
    }
}

/// The URL of an empty database; none, where there is no server.
pub(crate) async fn empty_postgres() -> Option<String> {
    let Ok(server) = std::env::var("LIANXIN_TEST_POSTGRES") else {
        eprintln!("left out: PostgreSQL, because LIANXIN_TEST_POSTGRES has no URL");
        return None;
    };
    let name = format!("fleet_{}", Uuid::new_v4().simple());
    let store = Store::open(&server, &[]).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut *store.read().await.unwrap()).await.unwrap();
    let (base, query) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = base.rsplit_once('/').unwrap();
    Some(format!("{host}/{name}?{query}"))
}

pub(crate) fn number(n: u32) -> TerminalNumber {
    TerminalNumber::new(n).unwrap()
}

const FIRST: Migration = Migration { name: "0001_a", sql: "CREATE TABLE a (x BIGINT)" };
const LATE: Migration = Migration { name: "0002_late", sql: "CREATE TABLE late (x BIGINT)" };
const THIRD: Migration = Migration { name: "0003_b", sql: "CREATE TABLE b (x BIGINT)" };

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_comes_late_is_run_and_one_that_was_run_is_not_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("any.sqlite"));
    Store::open(&url, &[FIRST, THIRD]).await.unwrap().close().await;
    let store = Store::open(&url, &[FIRST, LATE, THIRD]).await.unwrap();
    for table in ["a", "late", "b"] {
        let all = sqlx::AssertSqlSafe(format!("SELECT x FROM {table}"));
        sqlx::query(all).fetch_all(&mut *store.read().await.unwrap()).await.unwrap();
    }
    store.close().await;
    let older = Store::open(&url, &[FIRST, THIRD]).await;
    assert!(matches!(older, Err(StoreError::Foreign(name)) if name == "0002_late"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("any.sqlite"));
    let broken = Migration { name: "0002_broken", sql: "CREATE TABLE c (x BIGINT); CREATE TABLE a (x BIGINT)" };
    let failed = Store::open(&url, &[FIRST, broken]).await;
    assert!(matches!(failed, Err(StoreError::Migration { name, .. }) if name == "0002_broken"));
    let mended = Migration { name: "0002_broken", sql: "CREATE TABLE c (x BIGINT)" };
    Store::open(&url, &[FIRST, mended]).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stations_of_a_fleet_without_a_tree_become_sites_and_each_terminal_stands_at_its_own() {
    on_each_url(async |url| {
        let before = MIGRATIONS.iter().position(|one| one.name == "0012_sites").unwrap();
        let store = Store::open(&url, &MIGRATIONS[..before]).await.unwrap();
        for (number, station) in [(3, "花桥站"), (7, "北山站"), (8, "花桥站"), (9, "")] {
            let sql = "INSERT INTO terminal (number, generation, station, place, added_at) VALUES ($1, 1, $2, '', $3)";
            let row = sqlx::query(sql).bind(number).bind(station).bind("2026-03-02T01:00:00Z");
            row.execute(&mut *store.read().await.unwrap()).await.unwrap();
        }
        store.close().await;
        let store = Store::open(&url, MIGRATIONS).await.unwrap();
        let fleet = Fleet::new(store.clone(), Arc::new(SystemClock));
        let sites = fleet.sites().await.unwrap();
        let named: Vec<_> = sites.sites().map(|site| (site.code.to_string(), site.name.clone())).collect();
        assert_eq!(named, [("T3".into(), "花桥站".into()), ("T7".into(), "北山站".into())]);
        let at = fleet.terminals_at_sites().await.unwrap().into_iter();
        let at: Vec<_> = at.map(|(terminal, code)| (terminal.get(), code.to_string())).collect();
        assert_eq!(at, [(3, "T3".into()), (7, "T7".into()), (8, "T3".into())]);
        assert_eq!(fleet.list().await.unwrap()[3].station, "", "what is not known stays so");
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_open_a_database_at_once_all_find_it_made() {
    on_each_url(async |url| {
        let (one, another) = tokio::join!(Store::open(&url, MIGRATIONS), Store::open(&url, MIGRATIONS));
        one.unwrap().close().await;
        another.unwrap().close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminals_life_reads_back_as_it_was_written() {
    on_each_database(async |fleet, clock| {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::draw(clock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
        let key = KeyPair::generate().unwrap();
        let admitted = fleet.add(None, "花桥镇人大代表联络站", "门厅").await.unwrap();
        let request = EnrolRequest { terminal: admitted.terminal, token: admitted.token, csr: csr(&key) };
        let enrolled = fleet.enrol(&ca, &request).await.unwrap();
        let row = fleet.list().await.unwrap().remove(0);
        assert_eq!((row.number, row.generation, row.station.as_str()), (number(1), 1, "花桥镇人大代表联络站"));
        assert_eq!((row.place.as_str(), row.token_used_at), ("门厅", Some(clock.now())));
        assert_eq!(row.certificate_until, Some(clock.now() + host::ca::TERMINAL_LIFE));

        let (shown, other) = (host::tls::terminal_certificate, KeyPair::generate().unwrap());
        let (_, pem) = x509_parser::pem::parse_x509_pem(enrolled.certificate.as_bytes()).unwrap();
        let shown = shown(&pem.contents).unwrap().key_hash;
        assert!(matches!(
            fleet.renew(&ca, (number(1), &shown), &RenewRequest { csr: csr(&other) }).await,
            Err(Error::Replaced(_))
        ));
        fleet.renew(&ca, (number(1), &shown), &RenewRequest { csr: csr(&key) }).await.unwrap();
        assert!(matches!(fleet.enrol(&ca, &request).await, Err(Error::Refused)), "renewed: the token is dead");
        assert!(fleet.admits(number(1), &shown).await.is_ok() && fleet.admits(number(9), &shown).await.is_ok());
        let since = fleet.revoke(number(1)).await.unwrap();
        clock.turn(jiff::SignedDuration::from_hours(1));
        assert_eq!(fleet.revoke(number(1)).await.unwrap(), since, "revoked once");
        assert!(matches!(fleet.admits(number(1), &shown).await, Err(Error::Revoked(_))));
        assert!(matches!(fleet.readmit(number(1)).await, Err(Error::Revoked(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_leaves_numbers_out_and_keeps_the_revoked_out() {
    on_each_database(async |fleet, clock| {
        fleet.add(None, "甲", "").await.unwrap();
        let known = TerminalRow::new(number(40), clock.now());
        fleet.after_restore(&[known], &[number(1), number(33)]).await.unwrap();
        for revoked in [1, 33] {
            assert!(matches!(fleet.admits(number(revoked), &[0; 32]).await, Err(Error::Revoked(_))));
        }
        assert_eq!(fleet.add(None, "乙", "").await.unwrap().terminal, number(141));
        assert!(matches!(fleet.add(Some(number(100)), "丙", "").await, Err(Error::Taken(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_at_once_never_get_one_number() {
    on_each_database(async |fleet, _| {
        let adding: Vec<_> = (0..8)
            .map(|_| {
                let fleet = fleet.clone();
                tokio::spawn(async move { fleet.add(None, "甲", "").await.unwrap().terminal.get() })
            })
            .collect();
        let mut given = Vec::new();
        for one in adding {
            given.push(one.await.unwrap());
        }
        given.sort_unstable();
        assert_eq!(given, (1..=8).collect::<Vec<u32>>());
    })
    .await;
}
