//! What a monitor is told, by whom, and that no number names anybody.

use reqwest::StatusCode;

use crate::support::TestHost;

async fn told(host: &TestHost, path: &str) -> (StatusCode, String) {
    let answer = host.anybody().get(host.people_url(path)).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// The value of a line that begins so.
fn value(text: &str, of: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(of)).map(|rest| rest.trim().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_learns_how_the_host_and_its_terminals_stand() {
    let host = TestHost::start().await;
    assert_eq!(told(&host, "/healthz").await, (StatusCode::OK, "ok\n".into()));
    assert_eq!(told(&host, "/readyz").await, (StatusCode::OK, "ok\n".into()));
    let terminal = host.terminal().await;
    let report = crate::health::report(terminal.number, 1);
    let sent = terminal.client.post(host.url("/v1/health")).json(&report).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::OK);
    host.admit().await;
    for path in ["/nobody", "/t/../x", "/fleet/terminals/花桥镇"] {
        told(&host, path).await;
    }
    let (status, text) = told(&host, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let of = |standing: &str| value(&text, &format!("lianxin_terminals{{standing=\"{standing}\"}}"));
    assert_eq!([of("in_order"), of("expected"), of("calls")], [Some(1.0), Some(1.0), Some(0.0)], "{text}");
    assert_eq!(value(&text, "lianxin_terminal_alarms{fault=\"no_paper\"}"), Some(0.0), "{text}");
    let counted = "lianxin_http_requests_total{listener=\"terminals\",path=\"/v1/health\",status=\"200\"}";
    assert_eq!(value(&text, counted), Some(1.0), "{text}");
    let unknown = "lianxin_http_requests_total{listener=\"people\",path=\"none\",status=\"404\"}";
    assert!(value(&text, unknown).is_some_and(|count| count >= 1.0), "{text}");
    assert!(text.contains("lianxin_http_request_duration_seconds_bucket{le=\"0.005\",listener=\"people\"}"), "{text}");
    assert!(!text.contains("花桥") && !text.contains(&terminal.number.to_string()), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_not_told_through_a_proxy_and_a_host_without_its_database_is_not_ready() {
    let host = TestHost::start().await;
    for name in ["x-forwarded-for", "forwarded", "via"] {
        let asked = host.anybody().get(host.people_url("/metrics")).header(name, "192.0.2.7");
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::NOT_FOUND, "{name}");
    }
    host.close_databases().await;
    assert_eq!(told(&host, "/healthz").await.0, StatusCode::OK);
    assert_eq!(told(&host, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told(&host, "/metrics").await.0, StatusCode::SERVICE_UNAVAILABLE);
}
