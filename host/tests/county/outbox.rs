//! The webhook: told without words, tried again, given up with an alarm, never in the way of the intake.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
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
