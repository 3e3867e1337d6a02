//! The webhook: who is told without words; tried again, given up with an alarm, never in the way of the intake.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use host::{
    county::{Error, people::Official},
    store::rosters::DutyRow,
};
use wire::{case::Role, intake::HelpCall};

use crate::support::*;

type Heard = Arc<Mutex<Vec<String>>>;

/// A webhook that answers with `status`, and what it heard.
async fn listener(status: StatusCode) -> (String, Heard) {
    let heard = Heard::default();
    let hear = move |State(heard): State<Heard>, body: String| async move {
        heard.lock().unwrap().push(body);
        status
    };
    let app = Router::new().route("/hook", post(hear)).with_state(heard.clone());
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/hook", socket.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(socket, app).await });
    (url, heard)
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let roots = rustls::RootCertStore::empty();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

#[tokio::test]
async fn a_new_case_and_a_call_for_help_are_told_without_a_word_of_them() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let (url, heard) = listener(StatusCode::OK).await;
        bench.county.edit_settings(&boss, "", &url).await.unwrap();
        let receipt = bench.say(1, "村东头的桥塌了。").await;
        bench.county.help(terminal(1), &HelpCall { id: uuid::Uuid::new_v4() }).await.unwrap();
        assert_eq!(bench.county.deliver_due(&client()).await.unwrap(), 2);
        assert_eq!(bench.county.deliver_due(&client()).await.unwrap(), 0, "told once");
        let heard = heard.lock().unwrap().join("\n");
        assert!(heard.contains("new_case") && heard.contains("道路") && heard.contains("\"help\""), "{heard}");
        assert!(!heard.contains("桥") && !heard.contains(&receipt.ticket.to_string()), "{heard}");
    })
    .await;
}

/// Puts somebody on a station's roster with an address of their own, on duty on a weekday or on a day.
async fn on_duty(
    bench: &Bench,
    boss: &Official,
    station: &str,
    when: (Option<i64>, Option<&str>),
    url: &str,
) -> String {
    let person = bench.county.add_to_roster(boss, station, ("王代表", "县人大代表"), None).await.unwrap();
    let duty = DutyRow {
        id: String::new(),
        person: person.clone(),
        weekday: when.0,
        day: when.1.map(str::to_owned),
        from_time: "14:00".into(),
        to_time: "17:00".into(),
    };
    bench.county.add_duty(boss, station, duty).await.unwrap();
    bench.county.tell_at(boss, station, &person, url).await.unwrap();
    person
}

async fn station(bench: &Bench, name: &str) -> String {
    bench.county.place_terminal(terminal(1), name).await.unwrap();
    bench.county.stations().await.unwrap().into_iter().find(|s| s.name == name).unwrap().id
}

#[tokio::test]
async fn whoever_is_on_duty_today_at_the_station_is_told_and_the_county_as_well() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let (elsewhere, here) = (station(&bench, "北山乡联络站").await, station(&bench, "花桥镇联络站").await);
        let mut addresses = Vec::new();
        for _ in 0..5 {
            addresses.push(listener(StatusCode::OK).await);
        }
        let url = |of: usize| addresses[of].0.as_str();
        bench.county.edit_settings(&boss, "", url(0)).await.unwrap();
        on_duty(&bench, &boss, &here, (Some(1), None), url(1)).await;
        on_duty(&bench, &boss, &here, (None, Some("2026-03-02")), url(2)).await;
        on_duty(&bench, &boss, &here, (Some(2), None), url(3)).await;
        on_duty(&bench, &boss, &here, (Some(1), None), "").await;
        on_duty(&bench, &boss, &elsewhere, (Some(1), None), url(4)).await;
        let same = on_duty(&bench, &boss, &here, (Some(1), None), url(1)).await;
        assert!(matches!(bench.county.tell_at(&boss, &elsewhere, &same, "").await, Err(Error::NotFound)));

        // Monday, nine in the morning.
        let receipt = bench.say(1, "村东头的桥塌了。").await;
        bench.county.help(terminal(1), &HelpCall { id: uuid::Uuid::new_v4() }).await.unwrap();
        assert_eq!(bench.county.deliver_due(&client()).await.unwrap(), 6, "the county and two addresses, twice each");
        let heard = || addresses.iter().map(|(_, heard)| heard.lock().unwrap().len()).collect::<Vec<_>>();
        assert_eq!(heard(), [2, 2, 2, 0, 0]);
        let told = addresses[1].1.lock().unwrap().join("\n");
        assert!(told.contains("花桥镇联络站") && told.contains("道路") && told.contains("\"help\""), "{told}");
        assert!(!told.contains("桥塌") && !told.contains(&receipt.ticket.to_string()), "{told}");

        // Half past midnight on Tuesday where the county lies; in Greenwich it is Monday still.
        bench.clock.on(Duration::from_secs(15 * 3600 + 1800));
        bench.say(2, "路坏了。").await;
        bench.county.deliver_due(&client()).await.unwrap();
        assert_eq!(heard(), [3, 2, 2, 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn whoever_is_on_duty_is_told_where_the_county_has_no_address_and_not_after_they_left() {
    let bench = sqlite().await;
    let boss = bench.person("boss", Role::County, None).await;
    let here = station(&bench, "花桥镇联络站").await;
    bench.county.edit_settings(&boss, "", "").await.unwrap();
    let (url, heard) = listener(StatusCode::OK).await;
    let person = on_duty(&bench, &boss, &here, (Some(1), None), &url).await;
    bench.say(1, "路坏了。").await;
    assert_eq!(bench.county.deliver_due(&client()).await.unwrap(), 1);
    bench.say(2, "桥坏了。").await;
    bench.county.remove_from_roster(&boss, &person).await.unwrap();
    bench.county.deliver_due(&client()).await.unwrap();
    bench.say(3, "灯坏了。").await;
    bench.county.deliver_due(&client()).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1);
    assert!(bench.county.alarms(&boss).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_eight_times_and_then_an_alarm() {
    let bench = sqlite().await;
    let boss = bench.person("boss", Role::County, None).await;
    let (url, heard) = listener(StatusCode::INTERNAL_SERVER_ERROR).await;
    bench.county.edit_settings(&boss, "", &url).await.unwrap();
    bench.say(1, "路坏了。").await;
    for _ in 0..20 {
        assert_eq!(bench.county.deliver_due(&client()).await.unwrap(), 0);
        bench.clock.on(Duration::from_secs(3600));
    }
    assert_eq!(heard.lock().unwrap().len(), 8);
    let kinds: Vec<_> = bench.county.alarms(&boss).await.unwrap().into_iter().map(|a| a.kind).collect();
    assert_eq!(kinds, ["webhook"]);
}
