//! Backup and restore: nothing that a terminal still holds is lost, and nobody gets in that was put out.

use std::fs;

use host::{backup, config::Config, setup};
use rcgen::KeyPair;
use reqwest::StatusCode;
use wire::{enrol::Enrolled, intake::LEDGER, ticket::TerminalNumber};

use crate::support::{Terminal, TestHost};

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_after_the_backup_is_all_taken_again_under_a_new_ledger() {
    let mut host = TestHost::start().await;
    let mut terminal = host.terminal().await;
    let before = terminal.suggestion(1);
    let old_ledger = terminal.put(&host, &before).await.headers()[LEDGER].clone();
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();

    let said: Vec<_> = (2..102).map(|counter| terminal.suggestion(counter)).collect();
    for one in &said {
        assert_eq!(terminal.put(&host, one).await.status(), StatusCode::CREATED);
    }
    host.down().await;
    let restored = backup::restore(&host.config, &file, &host.clock()).await.unwrap();
    host.up().await;
    terminal.reconnect(&host);

    for one in &said {
        let answer = terminal.put(&host, one).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "ticket {}", one.ticket);
        assert_ne!(answer.headers()[LEDGER], old_ledger);
        assert_eq!(answer.headers()[LEDGER].to_str().unwrap(), restored.ledger.unwrap().to_string());
    }
    assert_eq!(terminal.put(&host, &before).await.status(), StatusCode::OK, "what the backup held is still there");
    assert!(restored.aside.unwrap().join("county.sqlite").exists(), "what was there before is moved aside");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_neither_the_working_nor_the_recovery_key() {
    let host = TestHost::start().await;
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(!contains(&bytes, "AGE-SECRET-KEY"));
    assert!(contains(&bytes, &host.keys().working), "the public keys are in it");
    let again = backup::write(&host.config, &file, &host.clock()).await.unwrap_err().to_string();
    assert!(again.contains("never overwritten"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_forgets_neither_revocations_nor_numbers() {
    let mut host = TestHost::start().await;
    let (revoked, kept) = (host.terminal().await, host.terminal().await);
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();

    let fleet = host.fleet().await;
    fleet.revoke(revoked.number).await.unwrap();
    setup::write_revoked(host.data.path(), &fleet).await.unwrap();
    let mut late = host.terminal().await;
    host.down().await;
    backup::restore(&host.config, &file, &host.clock()).await.unwrap();
    host.up().await;

    let mut answers = Vec::new();
    for mut terminal in [revoked, kept] {
        terminal.reconnect(&host);
        answers.push(terminal.client.get(host.url("/intake/v1/bulletin")).send().await.unwrap().status());
    }
    assert_eq!(answers, [StatusCode::FORBIDDEN, StatusCode::OK]);
    late.reconnect(&host);
    let said = late.suggestion(1);
    assert_eq!(late.put(&host, &said).await.status(), StatusCode::CREATED, "added after the backup, still ours");
    let next = host.admit().await.terminal;
    assert!(next > late.number, "{next} is above {}", late.number);
    assert!(next > TerminalNumber::new(100).unwrap(), "{next} leaves out what may have been given since the backup");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_revives_neither_a_used_token_nor_an_old_card_nor_a_generation() {
    let mut host = TestHost::start().await;
    let (mut old, open) = (host.terminal().await, host.admit().await);
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();
    assert_eq!(host.enrol(&open, &KeyPair::generate().unwrap()).await.status(), StatusCode::OK);
    let (again, key) = (host.fleet().await.readmit(old.number).await.unwrap(), KeyPair::generate().unwrap());
    let enrolled: Enrolled = host.enrol(&again, &key).await.json().await.unwrap();
    host.down().await;
    backup::restore(&host.config, &file, &host.clock()).await.unwrap();
    host.up().await;

    for used in [&open, &again] {
        let stranger = host.enrol(used, &KeyPair::generate().unwrap()).await;
        assert_eq!(stranger.status(), StatusCode::FORBIDDEN, "terminal {}", used.terminal);
    }
    old.reconnect(&host);
    let new = Terminal::new(&host, old.number, key, &enrolled.certificate);
    let mut answers = Vec::new();
    for terminal in [&old, &new] {
        answers.push(terminal.client.get(host.url("/intake/v1/bulletin")).send().await.unwrap().status());
    }
    assert_eq!(answers, [StatusCode::FORBIDDEN, StatusCode::OK]);
    assert!(host.fleet().await.readmit(old.number).await.unwrap().generation > again.generation);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_under_a_running_host_is_refused() {
    let host = TestHost::start().await;
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();
    let error = backup::restore(&host.config, &file, &host.clock()).await.unwrap_err().to_string();
    assert!(error.contains("stop the host first"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_foreign_file_changes_nothing() {
    let mut host = TestHost::start().await;
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();
    host.down().await;
    let before = fs::read(host.data.path().join("county.sqlite")).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(15).position(|window| window == b"SQLite format 3").unwrap();
    bytes[at + 200] ^= 1;
    let damaged = host.data.path().join("damaged.tar");
    fs::File::create(&damaged).and_then(|mut f| std::io::Write::write_all(&mut f, &bytes)).unwrap();
    let foreign = host.data.path().join("county/keys/keys.json");
    for (path, reason) in [(&damaged, "damaged"), (&foreign, "host backup")] {
        let error = format!("{:#}", backup::restore(&host.config, path, &host.clock()).await.unwrap_err());
        assert!(error.contains(reason), "{error}");
    }
    assert!(fs::read(host.data.path().join("county.sqlite")).unwrap() == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_new_machine_the_working_key_must_come_by_its_own_way() {
    let mut host = TestHost::start().await;
    let mut terminal = host.terminal().await;
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();
    host.down().await;

    let fresh = tempfile::tempdir().unwrap();
    let config = crate::support::config(fresh.path());
    let error = format!("{:#}", backup::restore(&config, &file, &host.clock()).await.unwrap_err());
    assert!(error.contains("working.key is missing"), "{error}");

    let keys = setup::keys_folder(fresh.path());
    fs::create_dir_all(&keys).unwrap();
    fs::copy(setup::keys_folder(host.data.path()).join("working.key"), keys.join("working.key")).unwrap();
    backup::restore(&config, &file, &host.clock()).await.unwrap();
    host.config = config;
    host.up().await;
    terminal.reconnect(&host);
    let said = terminal.suggestion(1);
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED, "the same authority, the same key");
    host.down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_database_is_left_to_its_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        Config { county_database: "postgres://county@db/county".into(), ..crate::support::config(folder.path()) };
    let host = TestHost::start().await;
    let config = Config { fleet_database: host.config.fleet_database.clone(), ..config };
    let error = backup::write(&config, &folder.path().join("b.tar"), &host.clock()).await.unwrap_err().to_string();
    assert!(error.contains("county_database") && error.contains("pg_dump"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_ledger_after_foreign_tools_begins_only_while_the_host_is_down() {
    let mut host = TestHost::start().await;
    let mut terminal = host.terminal().await;
    let said = terminal.suggestion(1);
    let old = terminal.put(&host, &said).await.headers()[LEDGER].clone();
    assert!(backup::begin_ledger(&host.config, &host.clock()).await.is_err());
    host.down().await;
    let begun = backup::begin_ledger(&host.config, &host.clock()).await.unwrap().ledger.unwrap();
    host.up().await;
    terminal.reconnect(&host);
    let answer = terminal.put(&host, &said).await;
    assert_ne!(answer.headers()[LEDGER], old);
    assert_eq!(answer.headers()[LEDGER].to_str().unwrap(), begun.to_string());
    assert!(host.admit().await.terminal > TerminalNumber::new(100).unwrap());
}
