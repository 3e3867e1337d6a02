//! How a terminal becomes ours, stays ours, and is ours no longer.

use host::{
    ca::{Ca, TERMINAL_LIFE},
    clock::Clock,
    fleet::RENEW_LATE,
    tls,
};
use jiff::SignedDuration;
use rcgen::KeyPair;
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpStream;
use wire::{enrol::Enrolled, ticket::TerminalNumber};

use crate::support::{Terminal, TestHost, client, csr, error_of};

const BULLETIN: &str = "/intake/v1/bulletin";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_makes_the_certificate_of_one_key_and_no_others() {
    let host = TestHost::start().await;
    let (admitted, key) = (host.admit().await, KeyPair::generate().unwrap());
    assert_eq!(host.enrol(&admitted, &key).await.status(), StatusCode::OK);

    let stranger = host.enrol(&admitted, &KeyPair::generate().unwrap()).await;
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);
    assert_eq!(error_of(stranger).await, "token");

    let lost_answer = host.enrol(&admitted, &key).await;
    assert_eq!(lost_answer.status(), StatusCode::OK, "the same key may ask again for a day");
    host.clock.turn(SignedDuration::from_hours(25));
    assert_eq!(host.enrol(&admitted, &key).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_an_unknown_number_and_a_bare_text_are_refused() {
    let host = TestHost::start().await;
    let (mut admitted, key) = (host.admit().await, KeyPair::generate().unwrap());
    let (token, number) = (admitted.token.clone(), admitted.terminal);
    admitted.token = "wrong".into();
    assert_eq!(host.enrol(&admitted, &key).await.status(), StatusCode::FORBIDDEN);
    admitted.token = token;
    admitted.terminal = TerminalNumber::new(777).unwrap();
    assert_eq!(host.enrol(&admitted, &key).await.status(), StatusCode::FORBIDDEN);

    let body = json!({ "terminal": number, "token": admitted.token, "csr": "not a request" });
    let response = host.anybody().post(host.url("/enrol")).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    admitted.terminal = number;
    assert_eq!(host.enrol(&admitted, &key).await.status(), StatusCode::OK, "what was refused used nothing up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_names_the_terminal_whatever_the_request_says() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let (_, pem) = x509_parser::pem::parse_x509_pem(terminal.certificate.as_bytes()).unwrap();
    let said = tls::terminal_certificate(&pem.contents).unwrap();
    assert_eq!(said.terminal, terminal.number);
    let life = said.not_after.duration_since(host.clock.now());
    assert!((TERMINAL_LIFE - life).abs() < SignedDuration::from_mins(1), "{life}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_nothing_but_enrolment_is_answered() {
    let host = TestHost::start().await;
    let anybody = host.anybody();
    for path in [BULLETIN, "/intake/v1/views", "/intake/v1/help/00000000-0000-0000-0000-000000000000"] {
        let response = anybody.get(host.url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let renew = anybody.post(host.url("/renew")).json(&json!({ "csr": "x" })).send().await.unwrap();
    assert_eq!(renew.status(), StatusCode::UNAUTHORIZED);
    let event = anybody.put(host.url("/intake/v1/events/00000000-0000-0000-0000-000000000001")).send().await.unwrap();
    assert_eq!(event.status(), StatusCode::UNAUTHORIZED);
    let console = anybody.get(host.url("/t")).send().await.unwrap();
    assert_eq!(console.status(), StatusCode::NOT_FOUND, "people's pages are not on this listener");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_foreign_authority_ends_the_handshake() {
    let host = TestHost::start().await;
    let folder = tempfile::tempdir().unwrap();
    let foreign = Ca::draw(host.clock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
    let (number, key) = (host.terminal().await.number, KeyPair::generate().unwrap());
    let issued = foreign.issue_terminal(&csr(&key), number, host.clock.now()).unwrap();
    let impostor = Terminal::new(&host, number, key, &issued.pem);
    assert!(impostor.client.get(host.url(BULLETIN)).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_trusts_no_host_with_another_root() {
    let (host, other) = (TestHost::start().await, TestHost::start().await);
    let terminal = host.terminal().await;
    assert!(terminal.client.get(other.url(BULLETIN)).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_terminal_is_refused_at_its_next_request_on_the_same_connection() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let ask = || terminal.client.get(host.url(BULLETIN)).send();
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
    host.fleet().await.revoke(terminal.number).await.unwrap();
    let refused = ask().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(error_of(refused).await, "revoked");
    let renew = terminal.client.post(host.url("/renew")).json(&json!({ "csr": csr(&terminal.key) }));
    assert_eq!(renew.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(other.client.get(host.url(BULLETIN)).send().await.unwrap().status(), StatusCode::OK);
}

async fn renew(host: &TestHost, terminal: &Terminal) -> reqwest::Result<reqwest::Response> {
    terminal.client.post(host.url("/renew")).json(&json!({ "csr": csr(&terminal.key) })).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_reaches_renewal_alone_and_the_new_one_everything() {
    let host = TestHost::start().await;
    let mut terminal = host.terminal().await;
    assert_eq!(renew(&host, &terminal).await.unwrap().status(), StatusCode::OK, "a good one renews too");
    host.clock.turn(TERMINAL_LIFE + SignedDuration::from_hours(24));

    // On the connection that was opened before, and on a new one.
    for _ in 0..2 {
        let bulletin = terminal.client.get(host.url(BULLETIN)).send().await.unwrap();
        assert_eq!(bulletin.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(error_of(bulletin).await, "expired");
        terminal.reconnect(&host);
    }
    let renewed: Enrolled = renew(&host, &terminal).await.unwrap().json().await.unwrap();
    let terminal = Terminal::new(&host, terminal.number, terminal.key, &renewed.certificate);
    assert_eq!(terminal.client.get(host.url(BULLETIN)).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_400_days_a_certificate_renews_nothing() {
    let host = TestHost::start().await;
    let mut terminal = host.terminal().await;
    host.clock.turn(TERMINAL_LIFE + RENEW_LATE - SignedDuration::from_mins(1));
    terminal.reconnect(&host);
    assert_eq!(renew(&host, &terminal).await.unwrap().status(), StatusCode::OK);
    host.clock.turn(SignedDuration::from_mins(2));
    assert_eq!(renew(&host, &terminal).await.unwrap().status(), StatusCode::UNAUTHORIZED, "on the old connection");
    terminal.reconnect(&host);
    assert!(renew(&host, &terminal).await.is_err(), "a new handshake fails");
    // One click of an admin: a new file for the same number, with the next generation.
    let admitted = host.fleet().await.readmit(terminal.number).await.unwrap();
    assert_eq!((admitted.terminal, admitted.generation), (terminal.number, 2));
    assert_eq!(host.enrol(&admitted, &terminal.key).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_new_card_has_enrolled_the_old_one_is_refused_everywhere() {
    let host = TestHost::start().await;
    let old = host.terminal().await;
    let ask = || old.client.get(host.url(BULLETIN)).send();
    let admitted = host.fleet().await.readmit(old.number).await.unwrap();
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK, "until then it goes on");
    let key = KeyPair::generate().unwrap();
    let enrolled: Enrolled = host.enrol(&admitted, &key).await.json().await.unwrap();
    let refused = ask().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(error_of(refused).await, "replaced");
    assert_eq!(renew(&host, &old).await.unwrap().status(), StatusCode::FORBIDDEN);
    let new = Terminal::new(&host, old.number, key, &enrolled.certificate);
    assert_eq!(new.client.get(host.url(BULLETIN)).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(renew(&host, &new).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_given_once_and_in_order() {
    let host = TestHost::start().await;
    let fleet = host.fleet().await;
    let number = |n| TerminalNumber::new(n).unwrap();
    assert_eq!(fleet.add(None, "甲", "").await.unwrap().terminal, number(1));
    assert_eq!(fleet.add(Some(number(613)), "乙", "").await.unwrap().terminal, number(613));
    assert!(matches!(fleet.add(Some(number(613)), "丙", "").await, Err(host::fleet::Error::Taken(_))));
    assert!(matches!(fleet.add(Some(number(5)), "丙", "").await, Err(host::fleet::Error::Taken(_))));
    fleet.revoke(number(613)).await.unwrap();
    assert_eq!(fleet.add(None, "丁", "").await.unwrap().terminal, number(614));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_handshake_keeps_nobody_waiting() {
    let host = TestHost::start().await;
    let address = host.url("").trim_start_matches("https://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    let client = client(&host.root(), None);
    let response = client.get(host.url(BULLETIN)).timeout(std::time::Duration::from_secs(8)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
