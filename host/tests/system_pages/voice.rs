//! A recording in a real browser: it loads, plays, and is heard to its end.

use crate::{certificate, chromium::Chromium, county::Furnished, sign_in};

/// The player of the page.
const PLAYER: &str = "document.querySelector('audio')";

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_heard_on_the_case_page() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let deputy = sign_in(&browser, &base, "deputy");
    deputy.open(&county.case("announced"));
    assert!(deputy.text().contains("录音还在路上"), "{}", deputy.text());
    assert_eq!(deputy.eval(PLAYER), serde_json::Value::Null);

    deputy.open(&county.case("spoken"));
    assert!(deputy.text().contains("村口的路灯坏了，请来看看。") && !deputy.text().contains("录音还在路上"));
    let of_it = |url: &&String| url.contains("/voice/");
    assert_eq!(deputy.asked().iter().filter(of_it).count(), 0, "nobody hears it who does not ask to");
    deputy.eval(&format!("{PLAYER}.preload = 'auto'; {PLAYER}.muted = true; {PLAYER}.load()"));
    deputy.until(&format!("{PLAYER}.readyState >= 3 || {PLAYER}.error"));
    assert_eq!(deputy.eval(&format!("{PLAYER}.error && {PLAYER}.error.message")), serde_json::Value::Null);
    let seconds = deputy.eval(&format!("{PLAYER}.duration")).as_f64().unwrap();
    assert!((2.9..3.2).contains(&seconds), "{seconds}");
    // Somewhere in the middle, and from there to the end.
    deputy.eval(&format!("{PLAYER}.currentTime = 2"));
    deputy.until(&format!("!{PLAYER}.seeking && {PLAYER}.currentTime >= 2"));
    // Nothing sounds before somebody has touched the page.
    deputy.click("h1");
    deputy.eval(&format!("{PLAYER}.play()"));
    deputy.until(&format!("{PLAYER}.ended"));
    assert!(deputy.asked().iter().filter(of_it).count() >= 1);
    deputy.picture("case-spoken-heard");

    let boss = sign_in(&browser, &base, "boss");
    boss.open("/county/audit");
    assert_eq!(boss.text().matches("听录音").count(), 1, "{}", boss.text());
}
