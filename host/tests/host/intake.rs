//! The intake over mutual TLS, as `wire::intake` has it.

use age::secrecy::ExposeSecret;
use host::{
    durable::{self, Readers},
    setup,
    store::Store,
};
use reqwest::{StatusCode, header};
use serde_json::json;
use sqlx::Row;
use uuid::Uuid;
use wire::{
    bulletin::Bulletin,
    enrol::CountyKeys,
    event,
    intake::{Accepted, HelpState, LEDGER, Tracked, Views},
    secret::QueryCode,
    view::ViewKey,
};

use crate::support::{Said, TestHost, client, error_of};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_taken_once_and_other_bytes_under_its_id_are_kept_apart() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let said = terminal.suggestion(1);
    let first = terminal.put(&host, &said).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    let ledger = first.headers()[LEDGER].to_str().unwrap().to_owned();
    let accepted: Accepted = first.json().await.unwrap();
    assert_eq!((accepted.ledger.to_string(), accepted.id), (ledger, said.id));
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK);

    let mut other = said.bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    let conflict = terminal.put_as(&host, said.id, &other, &event::content_digest(&other)).await;
    assert_eq!(conflict.status(), StatusCode::CONFLICT);
    assert!(conflict.headers().contains_key(LEDGER));
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK, "the first bytes stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_of_the_sender_is_refused_and_says_the_ledger_all_the_same() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let said = terminal.suggestion(1);
    let digest = event::content_digest(&said.bytes);

    let wrong_digest = terminal.put_as(&host, said.id, &said.bytes, &event::content_digest(b"else")).await;
    let no_digest = terminal.put_as(&host, said.id, &said.bytes, "nonsense").await;
    let other_id = terminal.put_as(&host, Uuid::new_v4(), &said.bytes, &digest).await;
    let others_header = other.put(&host, &said).await;
    let not_an_event = terminal.put_as(&host, said.id, b"<html>", &event::content_digest(b"<html>")).await;
    let long = vec![b'x'; event::LARGEST_EVENT_MAX + 1];
    let too_long = terminal.put_as(&host, said.id, &long, &event::content_digest(&long)).await;
    for refused in [wrong_digest, no_digest, other_id, others_header, not_an_event, too_long] {
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.headers().contains_key(LEDGER));
        assert_eq!(error_of(refused).await, "not_an_event");
    }
    let not_an_id = terminal.client.put(host.url("/intake/v1/events/17")).body("x").send().await.unwrap();
    assert_eq!(not_an_id.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED, "nothing of it was kept as the event");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_not_an_event() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let said = terminal.suggestion(1);
    let half = &said.bytes[..said.bytes.len() / 2];
    let response = terminal.put_as(&host, said.id, half, &event::content_digest(&said.bytes)).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_come_home_and_open_with_the_receipts_secret_only() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let said = terminal.suggestion(1);
    terminal.put(&host, &said).await;
    let get =
        |client: &reqwest::Client, after: u64| client.get(host.url(&format!("/intake/v1/views?after={after}"))).send();
    let views: Views = get(&terminal.client, 0).await.unwrap().json().await.unwrap();
    let view = views.views[0].open(&ViewKey::of(&said.secret)).unwrap();
    assert_eq!((view.ticket, view.state), (said.ticket, wire::case::State::Received));
    let again: Views = get(&terminal.client, views.cursor).await.unwrap().json().await.unwrap();
    assert!(again.views.is_empty());
    let others: Views = get(&other.client, 0).await.unwrap().json().await.unwrap();
    assert!(others.views.is_empty());
    let wrong = terminal.client.get(host.url("/intake/v1/views?after=x")).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_bulletin_is_not_sent_again() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let first = terminal.client.get(host.url("/intake/v1/bulletin")).send().await.unwrap();
    let etag = first.headers()[header::ETAG].clone();
    assert!(first.headers().contains_key(LEDGER));
    let bulletin: Bulletin = first.json().await.unwrap();
    assert_eq!(bulletin.categories.len(), 12);
    let again = terminal.client.get(host.url("/intake/v1/bulletin")).header(header::IF_NONE_MATCH, etag.clone());
    let again = again.send().await.unwrap();
    assert_eq!((again.status(), &again.headers()[header::ETAG]), (StatusCode::NOT_MODIFIED, &etag));
    let other = terminal.client.get(host.url("/intake/v1/bulletin")).header(header::IF_NONE_MATCH, "\"other\"");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_terminal_answers_for_a_ticket_and_guessing_ends_with_a_time_to_wait() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let said = terminal.suggestion(1);
    terminal.put(&host, &said).await;
    let track = |code: &QueryCode| {
        let body = json!({ "ticket": said.ticket, "proof": { "code": code } });
        other.client.post(host.url("/intake/v1/track")).json(&body).send()
    };
    let found: Tracked = track(&said.code).await.unwrap().json().await.unwrap();
    assert!(matches!(found, Tracked::Found(view) if view.ticket == said.ticket));
    let wrong: QueryCode = if said.code.digits() == "000000" { "000001" } else { "000000" }.parse().unwrap();
    for _ in 0..5 {
        let answer: Tracked = track(&wrong).await.unwrap().json().await.unwrap();
        assert!(matches!(answer, Tracked::NotFound));
    }
    let blocked = track(&said.code).await.unwrap();
    assert_eq!(blocked.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = blocked.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
    host.clock.turn(jiff::SignedDuration::from_secs(i64::try_from(wait).unwrap()));
    assert_eq!(track(&said.code).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_help_is_the_terminals_own() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let id = Uuid::new_v4();
    for _ in 0..2 {
        let call = terminal.client.post(host.url("/intake/v1/help")).json(&json!({ "id": id })).send().await.unwrap();
        assert_eq!(call.status(), StatusCode::ACCEPTED);
    }
    let path = format!("/intake/v1/help/{id}");
    let state: HelpState = terminal.client.get(host.url(&path)).send().await.unwrap().json().await.unwrap();
    assert!(!state.acknowledged);
    assert_eq!(other.client.get(host.url(&path)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_the_routes_json_is_refused() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    for path in ["track", "help", "check-in", "lookup", "reissue"] {
        let url = host.url(&format!("/intake/v1/{path}"));
        let broken = terminal.client.post(&url).header(header::CONTENT_TYPE, "application/json").body("{").send();
        assert_eq!(broken.await.unwrap().status(), StatusCode::BAD_REQUEST, "{path}");
        let other = terminal.client.post(&url).json(&json!({ "x": 1 })).send().await.unwrap();
        assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let long = terminal.client.post(&url).json(&json!({ "x": "x".repeat(20_000) })).send().await.unwrap();
        assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_an_older_host_kept_unread_joins_its_case_once_the_host_knows_recordings() {
    let mut host = TestHost::start().await;
    let terminal = host.terminal().await;
    let said = terminal.suggestion(1);
    let recording = terminal.recording(&said);
    for one in [&said, &recording] {
        assert_eq!(terminal.put(&host, one).await.status(), StatusCode::CREATED);
    }
    host.down().await;
    let database = host.config.county_database.clone();
    let row = async |sql: &'static str| {
        let store = Store::open(&database, host::county::MIGRATIONS).await.unwrap();
        let found = sqlx::query(sql).fetch_optional(&mut *store.read().await.unwrap()).await.unwrap();
        store.close().await;
        found.map(|row| (row.get::<String, _>(0), row.get::<Option<String>, _>(1)))
    };
    // As a host leaves it that reads the kind as unknown.
    row("UPDATE event SET kind = 'unknown', status = 'kept', case_id = NULL WHERE kind = 'voice'").await;
    host.up().await;
    let joined = row("SELECT status, case_id FROM event WHERE kind = 'voice'").await;
    assert_eq!(joined, Some(("applied".to_owned(), Some(said.id.to_string()))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_to_a_former_key_opens_once_that_key_is_brought() {
    let mut host = TestHost::start().await;
    let terminal = host.terminal().await;
    let former = age::x25519::Identity::generate();
    let keys = CountyKeys { id: "k0".into(), working: former.to_public().to_string(), ..host.keys() };
    let said = Said::new(&keys, terminal.number, 1, "村口的路灯坏了。");
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED);
    let seen = async |host: &TestHost| {
        let body = json!({ "ticket": said.ticket, "proof": { "secret": said.secret } });
        let client = client(&host.root(), None);
        let answer = client.post(host.people_url("/t/view")).json(&body).send().await.unwrap();
        matches!(answer.json().await.unwrap(), Tracked::Found(_))
    };
    assert!(!seen(&host).await, "nobody can read it yet");
    host.down().await;
    let file = setup::keys_folder(host.data.path()).join("former-k0.key");
    let text = former.to_string();
    durable::write(&file, text.expose_secret().as_bytes(), Readers::Owner).unwrap();
    host.up().await;
    assert!(seen(&host).await);
}
