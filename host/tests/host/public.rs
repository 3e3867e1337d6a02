//! The public page behind a receipt's QR.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use reqwest::{StatusCode, header};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wire::intake::Tracked;

use crate::support::{Said, TestHost};

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_sets_no_cookie_and_loads_nothing_from_anybody_else() {
    let host = TestHost::start().await;
    for path in ["/t", "/t/page.css", "/t/page.js"] {
        let response = host.anybody().get(host.people_url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers().clone();
        assert!(!headers.contains_key(header::SET_COOKIE), "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        let text = response.text().await.unwrap();
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} names another host");
        assert!(!text.contains("localStorage") && !text.contains("document.cookie") && !text.contains("innerHTML"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_holds_no_script_and_no_style_of_its_own_and_a_sentence_without_script() {
    let host = TestHost::start().await;
    let page = host.anybody().get(host.people_url("/t")).send().await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script src=\"/t/page.js\" defer></script>"));
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
    assert!(page.contains("<noscript><p"));
    assert!(page.contains("width=device-width"));
    for state in wire::case::State::ALL {
        assert!(page.contains(state.label()), "{state:?}");
    }
    assert!(!page.contains('{') && !page.contains('}'), "a place in the page was not filled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_shows_its_case_and_neither_its_proof_nor_a_word_reaches_a_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let said = Said::new(&host.keys(), terminal.number, 1, "村口的路灯坏了三个月。");
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED);

    for proof in [json!({ "secret": said.secret }), json!({ "code": said.code })] {
        let body = json!({ "ticket": said.ticket, "proof": proof });
        let response = host.anybody().post(host.people_url("/t/view")).json(&body).send().await.unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        let tracked: Tracked = response.json().await.unwrap();
        assert!(matches!(tracked, Tracked::Found(view) if view.ticket == said.ticket));
    }
    let other = json!({ "ticket": said.ticket, "proof": { "secret": wire::secret::Secret::draw() } });
    let response = host.anybody().post(host.people_url("/t/view")).json(&other).send().await.unwrap();
    assert!(matches!(response.json().await.unwrap(), Tracked::NotFound));

    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("enrolled"), "the log was taken");
    for (what, word) in [("secret", said.secret.text()), ("text", "村口的路灯".to_owned())] {
        assert!(!logged.contains(&word), "the {what} is in the log");
    }
    // Six digits alone turn up in any log; beside the ticket's number they would be the code.
    let lines = logged.lines().filter(|line| line.contains(&said.ticket.to_string()));
    for line in lines {
        assert!(!line.contains(said.code.digits()), "the code is in the log: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terminals_routes_are_not_on_the_peoples_listener() {
    let host = TestHost::start().await;
    for path in ["/intake/v1/bulletin", "/enrol", "/renew"] {
        let response = host.anybody().get(host.people_url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stations_code_leads_to_a_page_that_names_the_station() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let bulletin = terminal.client.get(host.url("/intake/v1/bulletin")).send().await.unwrap();
    let bulletin: wire::bulletin::Bulletin = bulletin.json().await.unwrap();
    let code = bulletin.station.code.unwrap();
    let path = code.strip_prefix(&bulletin.public_base).unwrap();
    assert_eq!(path, format!("/s/{}", terminal.number));
    let response = host.anybody().get(host.people_url(path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    assert!(response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
    let page = response.text().await.unwrap();
    assert!(page.contains(&format!("<h1>{}</h1>", bulletin.station.name)), "{page}");
    assert!(page.contains("今天没有安排值班"), "nobody is said to be there who isn't");
    let unknown = host.anybody().get(host.people_url("/s/hello")).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
}
