//! What terminals tell of themselves, from the route to the alarm and the command line.

use std::{collections::BTreeSet, time::Duration};

use host::{
    clock::{Clock, SharedClock},
    fleet::{Alarm, Bring, Fault, Fleet, MIGRATIONS},
    store::{Store, sqlite_url},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{
    event::{ClockQuality, WallTime},
    health::{CaseSwitch, Kiosk, Opening, PATH, Printer, PrinterState, Queue, QueueState, Report, Taken, Tamper},
    ticket::TerminalNumber,
};

use crate::{
    store::{number, on_each_database},
    support::{Terminal, TestClock, TestHost, error_of},
};

pub(crate) fn report(terminal: TerminalNumber, seq: u64) -> Report {
    Report {
        v: 1,
        terminal,
        boot: Uuid::from_u128(1),
        seq,
        wall: WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Host },
        uptime_s: seq,
        agent: "0.1.0".into(),
        kiosk: Some(Kiosk {
            run: Uuid::from_u128(2),
            version: "0.1.0".into(),
            queue: Queue { state: QueueState::Ok, waiting: Some(0), oldest_s: None, dead: Some(0), set_aside: Some(0) },
            printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
            case_switch: Some(CaseSwitch::Watched),
            settings: None,
        }),
        tamper: Tamper::default(),
        settings: None,
    }
}

fn printer(seq: u64, state: PrinterState) -> Report {
    let mut report = report(number(1), seq);
    report.kiosk.as_mut().unwrap().printer.state = state;
    report
}

async fn take(fleet: &host::fleet::Fleet, report: &Report) -> Taken {
    fleet.take_health(report, &serde_json::to_string(report).unwrap()).await.unwrap()
}

async fn alarms(fleet: &host::fleet::Fleet) -> Vec<Alarm> {
    fleet.health().await.unwrap().remove(0).alarms
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_stands_once_for_as_long_as_its_fault_and_says_whether_a_restart_ended_it() {
    on_each_database(async |fleet, clock| {
        let began = clock.now();
        take(&fleet, &printer(1, PrinterState::Ok)).await;
        assert_eq!(alarms(&fleet).await, []);
        for seq in 2..5 {
            take(&fleet, &printer(seq, PrinterState::NoPaper)).await;
            clock.turn(SignedDuration::from_secs(60));
        }
        let raised = Alarm { fault: Fault::NoPaper, raised_at: began, cleared_at: None, restarted: None, taken: None };
        assert_eq!(alarms(&fleet).await, std::slice::from_ref(&raised));
        let over = clock.now();
        take(&fleet, &printer(5, PrinterState::Ok)).await;
        let cleared = Alarm { cleared_at: Some(over), restarted: Some(false), ..raised };
        assert_eq!(alarms(&fleet).await, std::slice::from_ref(&cleared), "recovered without a restart");

        take(&fleet, &printer(6, PrinterState::CoverOpen)).await;
        let mut anew = printer(7, PrinterState::Ok);
        anew.kiosk.as_mut().unwrap().run = Uuid::from_u128(3);
        take(&fleet, &anew).await;
        take(&fleet, &printer(8, PrinterState::Cutter)).await;
        take(&fleet, &Report { boot: Uuid::from_u128(9), ..printer(1, PrinterState::Ok) }).await;
        let after = alarms(&fleet).await;
        let restarts: Vec<_> = after.iter().map(|alarm| (alarm.fault, alarm.restarted)).collect();
        let expected = [(Fault::Cutter, Some(true)), (Fault::CoverOpen, Some(true)), (Fault::NoPaper, Some(false))];
        assert_eq!(restarts, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_overtaken_changes_nothing_and_another_boot_counts_anew() {
    on_each_database(async |fleet, _| {
        take(&fleet, &printer(9, PrinterState::NoPaper)).await;
        take(&fleet, &printer(8, PrinterState::Ok)).await;
        let health = fleet.health().await.unwrap().remove(0);
        assert_eq!((health.report.seq, health.open().count()), (9, 1));
        // The answer to it got lost: the same once more.
        take(&fleet, &printer(9, PrinterState::NoPaper)).await;
        take(&fleet, &Report { boot: Uuid::from_u128(7), ..printer(1, PrinterState::Ok) }).await;
        assert_eq!(fleet.health().await.unwrap()[0].open().count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_case_is_an_alarm_until_somebody_says_who_it_was() {
    on_each_database(async |fleet, _| {
        let opened = |seq, openings, open| {
            let tamper = Tamper { openings, open: Some(open), ..Tamper::default() };
            Report { tamper, ..report(number(1), seq) }
        };
        assert_eq!(take(&fleet, &opened(1, 3, true)).await, Taken { openings: 3, settings: None, diagnostics: None });
        take(&fleet, &opened(2, 3, false)).await;
        let open =
            async || -> Vec<Fault> { fleet.health().await.unwrap()[0].open().map(|alarm| alarm.fault).collect() };
        assert_eq!(open().await, [Fault::CaseOpened]);
        assert!(fleet.case_checked(number(1)).await.unwrap() && !fleet.case_checked(number(1)).await.unwrap());
        take(&fleet, &opened(3, 3, false)).await;
        assert_eq!(open().await, []);
        take(&fleet, &opened(4, 4, false)).await;
        assert_eq!(open().await, [Fault::CaseOpened], "once more");
        assert!(!fleet.case_checked(number(2)).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_is_not_heard_of_for_two_hours_is_silent_until_it_reports_again() {
    on_each_database(async |fleet, clock| {
        let is_silent = async || fleet.health().await.unwrap()[0].is_silent;
        fleet.add(None, "花桥站", "").await.unwrap();
        take(&fleet, &printer(1, PrinterState::Ok)).await;
        clock.turn(SignedDuration::from_hours(2));
        assert!(!is_silent().await);
        clock.turn(SignedDuration::from_secs(1));
        assert!(is_silent().await);
        take(&fleet, &printer(2, PrinterState::Ok)).await;
        assert!(!is_silent().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_an_alarm_once_for_each_terminal_until_it_reports_and_none_after_the_host_was_away() {
    on_each_database(async |fleet, clock| {
        let (up, other) = (clock.now(), number(2));
        for _ in 0..3 {
            fleet.add(None, "花桥站", "").await.unwrap();
        }
        take(&fleet, &printer(1, PrinterState::Ok)).await;
        take(&fleet, &Report { terminal: other, ..printer(1, PrinterState::NoPaper) }).await;
        let open = async || {
            let all = fleet.health().await.unwrap();
            all.iter().map(|h| h.open().map(|alarm| alarm.fault).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        clock.turn(SignedDuration::from_hours(2));
        fleet.notice_silence(up).await.unwrap();
        assert_eq!(open().await, [vec![], vec![Fault::NoPaper]], "not for longer than two hours");
        clock.turn(SignedDuration::from_secs(2));
        fleet.notice_silence(clock.now()).await.unwrap();
        assert_eq!(open().await, [vec![], vec![Fault::NoPaper]], "who was away itself has heard of nobody");
        for _ in 0..3 {
            fleet.notice_silence(up).await.unwrap();
        }
        assert_eq!(open().await, [vec![Fault::Silent], vec![Fault::Silent, Fault::NoPaper]]);
        let trips = fleet.today().await.unwrap().trips;
        assert_eq!((trips.len(), trips[0].station.as_str(), trips[0].calls.len()), (1, "花桥站", 2));
        assert_eq!(trips[0].bring, BTreeSet::from([Bring::Paper, Bring::Cables, Bring::Terminal]));

        take(&fleet, &printer(2, PrinterState::Ok)).await;
        fleet.revoke(other).await.unwrap();
        fleet.notice_silence(up).await.unwrap();
        assert_eq!(open().await, [vec![], vec![]]);
        assert_eq!(alarms(&fleet).await[0].restarted, Some(false), "the network was away, not the terminal");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_host_notices_by_itself_who_is_silent() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let own = serde_json::to_value(report(terminal.number, 1)).unwrap();
    assert_eq!(post(&host, &terminal, &own).await.status(), StatusCode::OK);
    host.clock.turn(SignedDuration::from_hours(3));
    let fleet = host.fleet().await;
    for _ in 0..600 {
        if alarms(&fleet).await.iter().any(|alarm| alarm.fault == Fault::Silent) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_ends_the_alarms_of_a_terminal_and_nothing_raises_one_again() {
    on_each_database(async |fleet, clock| {
        let (one, other) = (number(1), number(2));
        for _ in 0..2 {
            fleet.add(None, "花桥站", "").await.unwrap();
        }
        take(&fleet, &printer(1, PrinterState::NoPaper)).await;
        take(&fleet, &Report { terminal: other, ..printer(1, PrinterState::NoPaper) }).await;
        let open = async || fleet.health().await.unwrap().iter().map(|h| h.open().count()).collect::<Vec<_>>();
        assert_eq!(open().await, [1, 1]);
        fleet.revoke(one).await.unwrap();
        assert_eq!(open().await, [0, 1]);
        // One that was on its way when the terminal was revoked.
        let late = printer(2, PrinterState::CoverOpen);
        let refused = fleet.take_health(&late, &serde_json::to_string(&late).unwrap()).await;
        assert!(matches!(refused, Err(host::fleet::Error::Revoked(number)) if number == one));
        fleet.after_restore(&fleet.list().await.unwrap(), &[other]).await.unwrap();
        clock.turn(SignedDuration::from_hours(9));
        assert_eq!(open().await, [0, 0]);
        assert!(fleet.health().await.unwrap().iter().all(|health| !health.is_silent), "they are not to be heard of");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_that_comes_and_goes_for_years_fills_no_disk() {
    on_each_database(async |fleet, _| {
        for seq in 0..230 {
            let state = if seq % 2 == 0 { PrinterState::NoAnswer } else { PrinterState::Ok };
            take(&fleet, &printer(seq, state)).await;
        }
        take(&fleet, &printer(230, PrinterState::NoPaper)).await;
        let kept = alarms(&fleet).await;
        assert_eq!((kept.len(), kept[0].cleared_at), (101, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_of_a_newer_release_keeps_nothing_from_being_taken_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_url(&folder.path().join("fleet.sqlite")), MIGRATIONS).await.unwrap();
    let fleet = Fleet::new(store.clone(), TestClock::new() as SharedClock);
    take(&fleet, &printer(1, PrinterState::NoPaper)).await;
    let mut tx = store.write().await.unwrap();
    sqlx::query("UPDATE terminal_alarm SET fault = 'ink_low'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    take(&fleet, &printer(2, PrinterState::CoverOpen)).await;
    let open: Vec<Fault> = alarms(&fleet).await.iter().map(|alarm| alarm.fault).collect();
    assert_eq!(open, [Fault::CoverOpen]);
    store.close().await;
}

async fn post(host: &TestHost, terminal: &Terminal, body: &Value) -> Response {
    terminal.client.post(host.url(PATH)).json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_reports_for_itself_and_nobody_without_its_certificate_does() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let own = serde_json::to_value(report(terminal.number, 1)).unwrap();
    let taken = post(&host, &terminal, &own).await;
    assert_eq!(taken.status(), StatusCode::OK);
    assert_eq!(taken.json::<Taken>().await.unwrap(), Taken { openings: 0, settings: None, diagnostics: None });

    let anothers = serde_json::to_value(report(number(77), 2)).unwrap();
    let refused = post(&host, &terminal, &anothers).await;
    assert_eq!((refused.status(), error_of(refused).await.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "terminal"));
    let refused = post(&host, &terminal, &json!({ "v": 1 })).await;
    assert_eq!((refused.status(), error_of(refused).await.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "report"));
    let refused = host.anybody().post(host.url(PATH)).json(&own).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let long = json!({ "v": 1, "agent": "x".repeat(20_000) });
    assert_eq!(post(&host, &terminal, &long).await.status(), StatusCode::PAYLOAD_TOO_LARGE);

    host.fleet().await.revoke(terminal.number).await.unwrap();
    assert_eq!(post(&host, &terminal, &own).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(host.fleet().await.health().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_newer_host_understands_is_kept_and_the_admin_sees_all_on_the_command_line() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let opening = Opening {
        number: 1,
        boot: Uuid::from_u128(1),
        uptime_ms: 5,
        wall: WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset },
    };
    let mut newer = report(terminal.number, 1);
    newer.tamper = Tamper { open: Some(true), openings: 1, new: vec![opening], ..Tamper::default() };
    let mut newer = serde_json::to_value(newer).unwrap();
    newer["kiosk"]["printer"]["state"] = json!("ink_low");
    newer["battery"] = json!({ "volts": 11.9 });
    assert_eq!(post(&host, &terminal, &newer).await.status(), StatusCode::OK);

    let number = terminal.number.to_string();
    let command = |words: &[&str]| crate::commands::run(host.data.path(), &[&["terminal"], words].concat());
    let (_, shown) = command(&["health", &number]);
    assert_eq!(shown[0]["report"], newer);
    let faults: Vec<_> = shown[0]["alarms"].as_array().unwrap().iter().map(|alarm| alarm["fault"].clone()).collect();
    assert_eq!(faults, ["case_opened", "case_open", "printer_fault"]);
    let (_, list) = command(&["list"]);
    assert_eq!(list[0]["alarms"], json!(faults));
    assert_eq!(list[0]["last_seen"], shown[0]["last_seen"]);

    let (_, today) = crate::commands::run(host.data.path(), &["today"]);
    let trip = &today["trips"][0];
    assert_eq!((&trip["station"], &trip["bring"]), (&json!("花桥镇人大代表联络站"), &json!(["printer"])));
    let why: Vec<_> = trip["calls"][0]["reasons"].as_array().unwrap().iter().map(|r| r["fault"].clone()).collect();
    assert_eq!(
        (why, &today["from_the_desk"][0]["terminal"]),
        (vec![json!("printer_fault"), json!("case_open")], &json!(number))
    );
    let text = crate::commands::text(host.data.path(), &["today"]);
    assert!(text.contains("something is wrong with the printer") && text.contains("bring: a printer"), "{text}");

    let (_, checked) = command(&["case-checked", &number]);
    assert_eq!(checked["was_open"], true);
    assert_eq!(command(&["list"]).1[0]["alarms"], json!(["case_open", "printer_fault"]));
    let (ok, silent) = command(&["health", "00099"]);
    assert!(!ok && silent["error"].as_str().unwrap().contains("told nothing"), "{silent}");
    assert_eq!((&shown[0]["silent"], &list[0]["silent"]), (&json!(false), &json!(false)));
    let text = crate::commands::text(host.data.path(), &["terminal", "health"]);
    assert!(
        text.contains("printer    ink_low, port open") && text.contains("case       open, opened 1 times"),
        "{text}"
    );
}
