//! What came on a stick and is nobody's: kept once on each database, and shown to 县人大.

use axum::http::StatusCode;
use host::county::{Error, audits::Sought, quarantine::Suspect};
use wire::case::Role;

use crate::{support::*, web::*};

fn suspect(archive: &[u8]) -> Suspect {
    Suspect {
        folder: "00001-1".into(),
        terminal: Some(terminal(1)),
        reason: "spoiled",
        detail: "<b>0191</b>: cut short".into(),
        files: 2,
        archive: archive.to_vec(),
    }
}

#[tokio::test]
async fn what_is_kept_apart_is_kept_once_with_one_alarm_and_reads_back() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let first = bench.county.quarantine("program", &suspect(b"one")).await.unwrap();
        let second = bench.county.quarantine("program", &Suspect { terminal: None, ..suspect(b"two") }).await.unwrap();
        assert_eq!(bench.county.quarantine("program", &suspect(b"one")).await.unwrap(), first);
        let other = Suspect { reason: "revoked", ..suspect(b"one") };
        let third = bench.county.quarantine("program", &other).await.unwrap();
        let kept = bench.county.quarantined().await.unwrap();
        assert_eq!(kept.iter().map(|row| row.number).collect::<Vec<_>>(), [third, second, first]);
        let row = &kept[2];
        assert_eq!(
            (row.folder.as_str(), row.terminal.as_deref(), row.files, row.size),
            ("00001-1", Some("00001"), 2, 3)
        );
        assert_eq!((row.who.as_str(), row.at), ("program", 1_772_413_200_000));
        assert_eq!(kept[1].terminal, None);
        assert_eq!(bench.county.quarantined_archive(second).await.unwrap(), b"two");
        assert!(matches!(bench.county.quarantined_archive(99).await, Err(Error::NotFound)));
        let alarms = bench.county.alarms(&boss).await.unwrap();
        assert_eq!(alarms.iter().filter(|alarm| alarm.kind == "stick").count(), 3);
        assert_eq!(bench.county.quarantine_of(&boss, row.alarm).await.unwrap().as_ref(), Some(row));
        let audit = bench.county.audited(&boss, &Sought::default()).await.unwrap();
        assert_eq!(audit.lines.iter().filter(|line| line.what == "stick").count(), 4, "each time it was brought");
    })
    .await;
}

#[tokio::test]
async fn the_console_shows_what_is_kept_apart_to_the_county_alone() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let deputy = bench.person("deputy", Role::Deputy, None).await;
    bench.county.quarantine("program", &suspect(b"one")).await.unwrap();
    bench.county.stick_taken("program", terminal(1)).await.unwrap();
    let mut web = Web::signed_in(&bench, "boss").await;
    let (_, list) = web.get("/county/alarms").await;
    assert!(list.contains("U盘里有不能收的东西") && list.contains("/county/alarms/1"), "{list}");
    let (status, page) = web.get("/county/alarms/1").await;
    assert_eq!(status, StatusCode::OK);
    for words in ["另存第 1 号", "00001-1", "命令行", "其余的已经收下", "2 个文件", "cut short", "终端 00001"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<b>0191</b>"), "names of files are nobody's markup");
    let (_, audit) = web.get("/county/audit").await;
    assert!(audit.contains("收U盘") && audit.contains("另外存放，没有收") && audit.contains("收下了"), "{audit}");
    assert!(matches!(bench.county.quarantine_of(&deputy, 1).await, Err(Error::NotAllowed)));
    let mut other = Web::signed_in(&bench, "deputy").await;
    assert_eq!(other.get("/county/alarms/1").await.0, StatusCode::FORBIDDEN);
}
