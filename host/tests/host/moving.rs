//! A host's databases moved from SQLite to PostgreSQL: all of it or nothing, and no host goes on with the former ones.

use std::{collections::BTreeMap, process::Command};

use host::{
    backup,
    config::{Config, Role},
    county, fleet,
    fleet::sites::{Code, List},
    store::{Migration, Store, StoreError},
};
use sqlx::Row;

use crate::{store::empty_postgres, support::TestHost};

/// How many rows each table of the migrations has.
async fn rows(url: &str, migrations: &[Migration]) -> BTreeMap<String, i64> {
    let store = Store::open(url, migrations).await.unwrap();
    let tables = migrations.iter().flat_map(|one| one.sql.split("CREATE TABLE ").skip(1));
    let mut rows = BTreeMap::new();
    for table in tables.map(|rest| rest.split([' ', '(']).next().unwrap().to_owned()) {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let count = sqlx::query(sql).fetch_one(&mut *store.read().await.unwrap()).await.unwrap().get(0);
        rows.insert(table, count);
    }
    store.close().await;
    rows
}

/// Suggestions, alarms that are over, sites that moved under one another, and a number that was drawn and is gone.
async fn lived_in(host: &TestHost) {
    let terminal = host.terminal().await;
    for n in 1..=3 {
        let said = terminal.suggestion(n);
        assert!(terminal.put(host, &said).await.status().is_success());
    }
    let fleet = host.fleet().await;
    for station in ["甲站", "乙站", "丙站"] {
        fleet.add(None, station, "门厅").await.unwrap();
    }
    // The site that was made last stands above the first.
    let list = List::read("code,name,parent\nT1,花桥镇站,Z\nZ,总站,\n".as_bytes()).unwrap();
    fleet.import_sites(&list, false).await.unwrap();
    fleet.draw_device_token(None).await.unwrap();
    let store = Store::open(&host.config.fleet_database, fleet::MIGRATIONS).await.unwrap();
    let mut tx = store.write().await.unwrap();
    sqlx::query("DELETE FROM device_token").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_goes_on_in_postgresql_with_every_row_that_it_had() {
    let (Some(to_fleet), Some(to_county)) = (empty_postgres().await, empty_postgres().await) else { return };
    let mut host = TestHost::start().await;
    lived_in(&host).await;
    let running = backup::move_database(&host.config, Role::Fleet, &to_fleet).await.unwrap_err();
    assert!(format!("{running:#}").contains("stop the host first"), "{running:#}");
    host.down().await;

    let (from_fleet, from_county) = (host.config.fleet_database.clone(), host.config.county_database.clone());
    let before = [rows(&from_fleet, fleet::MIGRATIONS).await, rows(&from_county, county::MIGRATIONS).await];
    let of = |moved: backup::Moved| moved.tables.into_iter().map(|(table, rows)| (table, rows as i64)).collect();
    let fleet_moved = of(backup::move_database(&host.config, Role::Fleet, &to_fleet).await.unwrap());
    let county_moved = of(backup::move_database(&host.config, Role::County, &to_county).await.unwrap());
    assert_eq!(before, [fleet_moved, county_moved]);
    assert_eq!([rows(&to_fleet, fleet::MIGRATIONS).await, rows(&to_county, county::MIGRATIONS).await], before);
    assert!(before[0]["terminal"] == 4 && before[0]["site"] == 5 && before[1]["event"] == 3, "{before:?}");

    // Nobody goes on with what was left behind.
    let former = Store::open(&from_fleet, fleet::MIGRATIONS).await;
    assert!(matches!(&former, Err(StoreError::Moved(to)) if to_fleet.ends_with(to.split('@').next_back().unwrap())));
    let again = backup::move_database(&host.config, Role::Fleet, &to_fleet).await.unwrap_err();
    assert!(format!("{again:#}").contains("is not empty"), "{again:#}");

    host.config = Config { fleet_database: to_fleet, county_database: to_county, ..host.config.clone() };
    host.up().await;
    let newcomer = host.terminal().await;
    let said = newcomer.suggestion(1);
    assert!(newcomer.put(&host, &said).await.status().is_success());
    let fleet = host.fleet().await;
    assert!(fleet::verify(&fleet.audit().await.unwrap(), None).is_ok());
    let above: Vec<Code> =
        fleet.sites().await.unwrap().path(&"T1".parse().unwrap()).iter().map(|s| s.code.clone()).collect();
    assert_eq!(above.iter().map(Code::as_str).collect::<Vec<_>>(), ["Z", "T1"]);
    fleet.draw_device_token(None).await.unwrap();
    let drawn = fleet.device_tokens().await.unwrap();
    assert_eq!(drawn[0].id, 2, "a number that was drawn is not drawn again");
    host.down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_moves_says_what_to_write_and_brings_databases_up_to_date() {
    let mut host = TestHost::start().await;
    host.down().await;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
        let output = command.arg("--data").arg(host.data.path()).args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let (done, said) = run(&["migrate"]);
    assert!(done && said.contains("fleet_database: is up to date"), "{said}");
    let missing = tempfile::tempdir().unwrap();
    let (done, said) =
        run(&["--fleet-database", &format!("sqlite://{}/x.sqlite", missing.path().display()), "migrate"]);
    assert!(!done && said.contains("no database yet"), "{said}");
    assert!(!run(&["move"]).0);
    let Some(to) = empty_postgres().await else { return };
    let (done, said) = run(&["move", "--county-to", &to]);
    assert!(done && said.contains(&format!("county_database = \"{to}\"")), "{said}");
    let (done, said) = run(&["stick", "list"]);
    assert!(!done && said.contains("name that one in host.toml"), "{said}");
    let (done, said) = run(&["--county-database", &to, "stick", "list"]);
    assert!(done, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_sqlite_is_moved_and_only_into_an_empty_postgresql() {
    let mut host = TestHost::start().await;
    host.down().await;
    let file = format!("sqlite://{}?mode=rwc", host.data.path().join("other.sqlite").display());
    let wrong = backup::move_database(&host.config, Role::Fleet, &file).await.unwrap_err();
    assert!(format!("{wrong:#}").contains("from SQLite to PostgreSQL"), "{wrong:#}");
    let Some(to) = empty_postgres().await else { return };
    Store::open(&to, &[]).await.unwrap().close().await;
    let wrong = backup::move_database(&host.config, Role::Fleet, &to).await.unwrap_err();
    assert!(format!("{wrong:#}").contains("is not empty"), "{wrong:#}");
    assert!(Store::open(&host.config.fleet_database, fleet::MIGRATIONS).await.is_ok(), "it is as it was");
}
