//! The fleet's audit, on each database and on the command line.

use std::fs;

use host::{
    ca::Ca,
    clock::Clock,
    durable::{self, Readers},
    fleet::{Fleet, MIGRATIONS, verify},
    store::{Store, sqlite_url},
};
use rcgen::KeyPair;
use wire::enrol::EnrolRequest;

use crate::{
    commands::run,
    store::{number, on_each_database},
    support::csr,
};

async fn noted(fleet: &Fleet) -> Vec<(String, String, String)> {
    let lines = fleet.audit().await.unwrap();
    verify(&lines, None).unwrap();
    lines.into_iter().map(|line| (line.who, line.what, line.subject)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_the_fleet_is_a_line_and_what_changes_nothing_is_none() {
    on_each_database(async |fleet, clock| {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::draw(clock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
        let admin = fleet.clone().on_behalf_of("uid:1000");
        let admitted = admin.add(None, "花桥站", "").await.unwrap();
        assert!(admin.add(Some(number(1)), "花桥站", "").await.is_err());
        let (one, key) = (admitted.terminal, KeyPair::generate().unwrap());
        let request = EnrolRequest { terminal: one, token: admitted.token, csr: csr(&key) };
        fleet.enrol(&ca, &request).await.unwrap();
        let wrong = EnrolRequest { token: "no".into(), ..request };
        assert!(fleet.enrol(&ca, &wrong).await.is_err());
        admin.readmit(one).await.unwrap();
        assert!(!admin.case_checked(one).await.unwrap());
        for _ in 0..2 {
            admin.revoke(one).await.unwrap();
        }
        fleet.after_restore(&[], &[]).await.unwrap();
        let line = |who: &str, what: &str, subject: &str| (who.to_owned(), what.to_owned(), subject.to_owned());
        let terminal = "terminal:00001";
        assert_eq!(
            noted(&fleet).await,
            [
                line("uid:1000", "site.add", "site:T1"),
                line("uid:1000", "terminal.add", terminal),
                line(terminal, "terminal.enrol", terminal),
                line("uid:1000", "terminal.readmit", terminal),
                line("uid:1000", "terminal.revoke", terminal),
                line("host", "fleet.restore", "fleet"),
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_at_the_same_time_makes_one_chain() {
    on_each_database(async |fleet, _| {
        let adding = (0..20).map(|_| {
            let fleet = fleet.clone();
            tokio::spawn(async move { fleet.add(None, "花桥站", "").await.unwrap() })
        });
        for added in adding.collect::<Vec<_>>() {
            added.await.unwrap();
        }
        assert_eq!(noted(&fleet).await.len(), 21, "and the site");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_was_changed_or_taken_out_is_found_in_the_database_and_in_an_export() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("audit.jsonl"));
    let exported = file.to_str().unwrap();
    for n in 1..=3 {
        let out = folder.path().join(format!("{n}.json"));
        assert!(run(&data, &["terminal", "add", "--station", "花桥站", "--out", out.to_str().unwrap()]).0);
    }
    let (holds, said) = run(&data, &["audit", "verify"]);
    assert!(holds && said["lines"] == 4, "{said}");
    let head = said["head"].as_str().unwrap().to_owned();
    assert!(run(&data, &["audit", "export", exported]).0);
    let own = run(&data, &["audit", "list", "--last", "1"]).1;
    assert_eq!((own[0]["number"].as_i64(), own[0]["what"].as_str()), (Some(4), Some("terminal.add")));
    assert!(own[0]["who"].as_str().unwrap().starts_with("uid:"), "{own}");

    let whole = fs::read_to_string(&file).unwrap();
    let verify = |text: &str| {
        durable::write(&file, text.as_bytes(), Readers::Owner).unwrap();
        let (holds, said) = run(&data, &["audit", "verify", "--file", exported, "--head", &head]);
        (holds, said["error"].as_str().unwrap_or_default().to_owned())
    };
    assert!(verify(&whole).0);
    let (holds, why) = verify(&whole.replacen("terminal:00002", "terminal:00009", 1));
    assert!(!holds && why.contains("line 3 is not what was written"), "{why}");
    let (holds, why) = verify(&whole.lines().take(2).collect::<Vec<_>>().join("\n"));
    assert!(!holds && why.contains("line 4 is not the one that was noted"), "{why}");
    let (holds, why) = verify("no line\n");
    assert!(!holds && why.contains("line 1 is none that"), "{why}");

    let store = Store::open(&sqlite_url(&data.join("fleet.sqlite")), MIGRATIONS).await.unwrap();
    let mut tx = store.write().await.unwrap();
    sqlx::query("DELETE FROM fleet_audit WHERE number = 2").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let (holds, said) = run(&data, &["audit", "verify"]);
    assert_eq!(said["error"], "the audit does not hold: line 2 is missing; line 3 stands in its place");
    assert!(!holds);
}
