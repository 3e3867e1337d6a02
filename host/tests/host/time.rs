//! The signed time, as a terminal without a clock and without a certificate asks for it.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use host::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, StatusCode, header};
use serde_json::json;
use wire::time::{BUILT, Nonce, PATH, TimeAnswer, TimeRequest, signed_bytes};

use crate::support::{TestHost, error_of};

async fn ask(host: &TestHost, client: &Client, nonce: Nonce) -> Response {
    client.post(host.url(PATH)).json(&TimeRequest { nonce }).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_gets_the_hosts_time_signed_with_their_nonce_by_a_key_for_that_alone() {
    let host = TestHost::start().await;
    let nonce = Nonce::draw();
    let answer: TimeAnswer = ask(&host, &host.anybody(), nonce).await.json().await.unwrap();
    assert_eq!((answer.nonce, answer.at), (nonce, host.clock.now()));

    let (_, pem) = x509_parser::pem::parse_x509_pem(answer.chain.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let usage = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.time_stamping && !usage.client_auth && !usage.server_auth && !usage.any && usage.other.is_empty());
    assert!(!certificate.is_ca() && certificate.subject_alternative_name().unwrap().is_none());
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &certificate.public_key().subject_public_key.data);
    let signature = answer.signature().unwrap();
    key.verify(&signed_bytes(nonce, answer.at), &signature).unwrap();
    key.verify(&signed_bytes(nonce, answer.at + SignedDuration::from_nanos(1)), &signature).unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_clock_stands_before_its_build_answers_503_until_it_is_set() {
    let host = TestHost::start().await;
    let behind = BUILT.duration_since(Timestamp::UNIX_EPOCH) - host.clock.now().duration_since(Timestamp::UNIX_EPOCH);
    let behind = behind - SignedDuration::from_secs(1);
    host.clock.turn(behind);
    let client = host.anybody();
    let refused = ask(&host, &client, Nonce::draw()).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(error_of(refused).await, "clock");
    host.clock.turn(-behind);
    assert_eq!(ask(&host, &client, Nonce::draw()).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_without_end_is_told_when_to_come_back() {
    let host = TestHost::start().await;
    let client = host.anybody();
    for _ in 0..100_000 {
        let answer = ask(&host, &client, Nonce::draw()).await;
        if answer.status() != StatusCode::OK {
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
            return;
        }
    }
    panic!("it was never told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_question_is_refused() {
    let host = TestHost::start().await;
    for body in [json!({}), json!({ "nonce": "" }), json!({ "nonce": "AAAA" })] {
        let refused = host.anybody().post(host.url(PATH)).json(&body).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
}
