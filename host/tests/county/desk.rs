//! People: help, rosters, roles, signing in.

use std::time::Duration;

use host::{
    county::{Error, case::What, work::Wanted},
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
