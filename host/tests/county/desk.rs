//! People: help, rosters, roles, signing in.

use std::time::Duration;

use host::{
    county::{Error, audits::Sought, case::What, people::NewPerson, work::Wanted},
    store::Store,
};
use jiff::civil::date;
use uuid::Uuid;
use wire::{
    case::Role,
    intake::{CheckIn, HelpCall},
};

use crate::support::*;

#[tokio::test]
async fn help_is_acknowledged_by_a_person_only_and_once() {
    on_each_database(async |bench| {
        let officer = bench.person("officer", Role::Officer, None).await;
        let clerk = bench.person("clerk", Role::Unit, Some("县交通运输局")).await;
        let call = HelpCall { id: Uuid::new_v4() };
        bench.county.help(terminal(1), &call).await.unwrap();
        bench.county.help(terminal(1), &call).await.unwrap();
        assert_eq!(bench.county.help_calls(&officer).await.unwrap().len(), 1);
        assert!(!bench.county.help_state(terminal(1), call.id).await.unwrap().acknowledged);
        assert!(matches!(bench.county.help_state(terminal(2), call.id).await, Err(Error::NotFound)));
        let id = call.id.to_string();
        assert!(matches!(bench.county.acknowledge(&clerk, &id).await, Err(Error::NotAllowed)));
        bench.county.acknowledge(&officer, &id).await.unwrap();
        let state = bench.county.help_state(terminal(1), call.id).await.unwrap();
        assert_eq!((state.acknowledged, state.by.as_deref()), (true, Some("officer某")));
    })
    .await;
}

#[tokio::test]
async fn a_bulletin_rises_with_each_change_and_each_day_and_shows_who_checked_in() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        bench.county.place_terminal(terminal(1), "花桥镇人大代表联络站").await.unwrap();
        let first = bench.county.bulletin(terminal(1)).await.unwrap();
        assert_eq!((first.station.name.as_str(), first.categories.len()), ("花桥镇人大代表联络站", 12));
        let station = bench.county.stations().await.unwrap().into_iter().find(|s| s.name.starts_with('花')).unwrap();
        let person = bench.county.add_to_roster(&county, &station.id, ("王代表", "县人大代表"), None).await.unwrap();
        let duty = host::store::rosters::DutyRow {
            id: String::new(),
            person: person.clone(),
            weekday: Some(1),
            day: None,
            from_time: "09:00".into(),
            to_time: "11:30".into(),
        };
        bench.county.add_duty(&county, &station.id, duty).await.unwrap();
        let second = bench.county.bulletin(terminal(1)).await.unwrap();
        assert!(second.revision > first.revision);
        let days: Vec<_> = second.roster.iter().map(|d| d.day).collect();
        assert_eq!(days, [date(2026, 3, 2), date(2026, 3, 9)], "two Mondays within a fortnight");
        let came = CheckIn { person: person.clone(), present: true, at: first.issued };
        bench.county.check_in(terminal(1), &came).await.unwrap();
        assert_eq!(bench.county.bulletin(terminal(1)).await.unwrap().present[0].person, person);
        let stranger = CheckIn { person: "nobody".into(), ..came };
        assert!(matches!(bench.county.check_in(terminal(1), &stranger).await, Err(Error::NotFound)));
        bench.clock.on(Duration::from_secs(24 * 3600));
        let next_day = bench.county.bulletin(terminal(1)).await.unwrap();
        assert!(next_day.present.is_empty() && next_day.revision > second.revision + 1);
    })
    .await;
}

#[tokio::test]
async fn a_unit_and_an_officer_see_only_their_own_cases() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let hidden = bench.say(2, "灯坏了。").await;
        close(&bench, &receipt).await;
        let other = bench.person("other", Role::Unit, Some("县水利局")).await;
        let clerk = bench.county.sign_in("clerk", PASSWORD, HERE).await.unwrap();
        let clerk = bench.county.session(&clerk).await.unwrap().unwrap();
        let seen = bench.county.list(&clerk, &Wanted::default()).await.unwrap();
        assert_eq!(seen.rows.len(), 1);
        assert!(bench.county.list(&other, &Wanted::default()).await.unwrap().rows.is_empty());
        let page = bench.county.case_page(&clerk, &hidden.id.to_string()).await;
        assert!(matches!(page, Err(Error::NotFound)));
        assert!(matches!(bench.county.act(&other, &receipt.id.to_string(), What::Close).await, Err(Error::NotFound)));
        assert!(matches!(bench.county.contact(&clerk, &receipt.id.to_string()).await, Err(Error::NotAllowed)));
    })
    .await;
}

#[tokio::test]
async fn signing_in_is_limited_and_a_disabled_account_is_out_at_once() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let deputy = bench.person("deputy", Role::Deputy, None).await;
        let token = bench.county.sign_in("deputy", PASSWORD, HERE).await.unwrap();
        bench.county.disable(&county, &deputy.id, true).await.unwrap();
        assert_eq!(bench.county.session(&token).await.unwrap(), None);
        assert!(matches!(bench.county.sign_in("deputy", PASSWORD, HERE).await, Err(Error::NotFound)));
        let password = bench.county.reset_password(&county, &deputy.id).await.unwrap();
        bench.county.disable(&county, &deputy.id, false).await.unwrap();
        bench.county.sign_in("deputy", &password, HERE).await.unwrap();
        for _ in 0..4 {
            assert!(matches!(bench.county.sign_in("deputy", "wrong", HERE).await, Err(Error::NotFound)));
        }
        assert!(matches!(bench.county.sign_in("deputy", &password, HERE).await, Err(Error::TooMany { .. })));
        bench.clock.on(Duration::from_secs(900));
        let token = bench.county.sign_in("deputy", &password, HERE).await.unwrap();
        bench.clock.on(Duration::from_secs(8 * 3600));
        assert_eq!(bench.county.session(&token).await.unwrap(), None, "idle for eight hours");
    })
    .await;
}

#[tokio::test]
async fn a_new_ledger_id_lasts_and_a_second_start_keeps_everything() {
    on_each_database(async |bench| {
        let first = bench.county.ledger();
        let second = bench.county.new_ledger().await.unwrap();
        assert_ne!(first, second);
        assert_eq!(bench.county.ledger(), second);
        bench.say(1, "路坏了。").await;
        let store = Store::open(&bench.url, host::county::MIGRATIONS).await.unwrap();
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM event");
        assert_eq!(count.fetch_one(&mut *store.read().await.unwrap()).await.unwrap(), 1);
        let less = Store::open(&bench.url, &[]).await;
        assert!(matches!(less, Err(host::store::StoreError::Foreign(_))), "an older program is told so");
    })
    .await;
}

#[tokio::test]
async fn a_call_is_acknowledged_by_an_officer_of_its_own_station() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        bench.county.place_terminal(terminal(1), "花桥镇联络站").await.unwrap();
        let elsewhere = bench.county.add_station(&boss, "北山乡联络站").await.unwrap();
        let here = bench.county.stations().await.unwrap().into_iter().find(|s| s.name == "花桥镇联络站").unwrap().id;
        let call = HelpCall { id: Uuid::new_v4() };
        bench.county.help(terminal(1), &call).await.unwrap();
        let mut officers = Vec::new();
        for (login, station) in [("north", elsewhere), ("bridge", here)] {
            let person = NewPerson {
                login: login.into(),
                name: login.into(),
                role: Role::Officer,
                unit: None,
                password: PASSWORD.into(),
            };
            bench.county.hire(&boss, &person, Some(station)).await.unwrap();
            let token = bench.county.sign_in(login, PASSWORD, HERE).await.unwrap();
            officers.push(bench.county.session(&token).await.unwrap().unwrap());
        }
        let id = call.id.to_string();
        assert!(matches!(bench.county.acknowledge(&officers[0], &id).await, Err(Error::NotFound)));
        assert!(!bench.county.help_state(terminal(1), call.id).await.unwrap().acknowledged);
        bench.county.acknowledge(&officers[1], &id).await.unwrap();
        assert!(bench.county.help_state(terminal(1), call.id).await.unwrap().acknowledged);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_at_once_passes_no_limit_on_passwords() {
    on_each_database(async |bench| {
        let deputy = bench.person("deputy", Role::Deputy, None).await;
        let bench = std::sync::Arc::new(bench);
        let (mut signing, mut changing) = (tokio::task::JoinSet::new(), tokio::task::JoinSet::new());
        for n in 0..16u8 {
            let (one, two, by) = (bench.clone(), bench.clone(), deputy.clone());
            signing
                .spawn(async move { one.county.sign_in("deputy", "wrong", [10, 0, 0, n].into()).await.unwrap_err() });
            changing.spawn(async move { two.county.change_password(&by, "wrong", "0123456789").await.unwrap_err() });
        }
        let tried = signing.join_all().await;
        assert_eq!(tried.iter().filter(|e| matches!(e, Error::NotFound)).count(), 5, "{tried:?}");
        assert!(tried.iter().all(|e| matches!(e, Error::NotFound | Error::TooMany { .. })), "{tried:?}");
        let tried = changing.join_all().await;
        assert_eq!(tried.iter().filter(|e| matches!(e, Error::Input(_))).count(), 5, "{tried:?}");
        let blocked = bench.county.change_password(&deputy, PASSWORD, "0123456789").await;
        assert!(matches!(blocked, Err(Error::TooMany { .. })));
        bench.clock.on(Duration::from_secs(900));
        for _ in 0..6 {
            bench.county.sign_in("deputy", PASSWORD, HERE).await.unwrap();
        }
        bench.county.change_password(&deputy, PASSWORD, "0123456789").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_moved_by_the_county_and_the_audit_says_so() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let officer = bench.person("officer", Role::Officer, None).await;
        let station = bench.county.add_station(&boss, "花桥镇联络站").await.unwrap();
        let refused = bench.county.move_terminal(&officer, terminal(7), &station).await;
        assert!(matches!(refused, Err(Error::NotAllowed)));
        assert!(matches!(bench.county.move_terminal(&boss, terminal(7), "none").await, Err(Error::NotFound)));
        bench.county.move_terminal(&boss, terminal(7), &station).await.unwrap();
        assert_eq!(bench.county.bulletin(terminal(7)).await.unwrap().station.name, "花桥镇联络站");
        bench.county.place_terminal(terminal(8), "花桥镇联络站").await.unwrap();
        let lines = bench.county.audited(&boss, &Sought::default()).await.unwrap().lines;
        let placed: Vec<_> =
            lines.iter().filter(|l| l.what == "place").map(|l| (l.who.as_str(), l.subject.as_str())).collect();
        let by = boss.who();
        assert_eq!(placed.len(), 2);
        assert!(placed.contains(&(by.as_str(), "terminal:00007")) && placed.contains(&("program", "terminal:00008")));
    })
    .await;
}
