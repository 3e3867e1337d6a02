//! A host that takes a connection and then stalls, at each place where it can: the agent's client gives up within the
//! time that stands in `https`, and the event goes out again. In real time, all stalls at once.

#![allow(dead_code, clippy::allow_attributes, reason = "the terminal is shared with the agent's tests")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "support/papers.rs"]
mod papers;
#[path = "agent/scripted_host.rs"]
mod scripted_host;
#[path = "agent/terminal.rs"]
mod terminal;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kiosk::{
    clock::{Clock, SystemClock},
    forwarder::{answer::Outcome, county::County},
    https::{self, HostDate},
    queue::Forward,
};
use scripted_host::{Authority, Reply, ScriptedHost};
use terminal::{LEDGER, Terminal, in_order};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};
use uuid::Uuid;

/// What a machine that does much else may add to each of them.
const SLACK: Duration = Duration::from_secs(8);

/// Only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

fn county(authority: &Authority, url: &str) -> County {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let client = https::client(&authority.pem, None, Arc::clone(&clock), Timestamp::UNIX_EPOCH).unwrap();
    County::new(client, url, clock, Arc::new(HostDate::default()))
}

/// How long a PUT took that came to nothing.
async fn gives_up(county: County) -> Duration {
    let event = Forward { id: Uuid::new_v4(), bytes: b"{}\n".to_vec(), hash: [0; 32], attempts: 0 };
    let asked = Instant::now();
    let Outcome::Retry(retry) = county.put(&event).await else { panic!("nothing was answered") };
    assert!(retry.whole_link, "{retry:?}");
    asked.elapsed()
}

fn within(what: &str, took: Duration, seconds: u64) {
    let expected = Duration::from_secs(seconds);
    assert!(took >= expected && took < expected + SLACK, "{what}: {took:?} in place of {expected:?}");
}

fn half_an_answer() -> Vec<u8> {
    format!("HTTP/1.1 201 Created\r\nlianxin-ledger: {LEDGER}\r\ncontent-length: 96\r\n\r\n{{\"ledger\":").into_bytes()
}

#[tokio::test]
async fn a_host_that_stalls_anywhere_is_given_up_within_its_time() {
    // Takes the connection, and never begins TLS.
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let deaf_url = format!("https://{}", deaf.local_addr().unwrap());
    let authority = Authority::new();
    let silent = ScriptedHost::start(|_| Reply::Silence).await;
    let half_head = ScriptedHost::start(|_| Reply::Stall(b"HTTP/1.1 201 Crea".to_vec())).await;
    let half_body = ScriptedHost::start(|_| Reply::Stall(half_an_answer())).await;
    // Never silent for long enough to be noticed as silent, and never done.
    let dripping = ScriptedHost::start(|_| Reply::Drip(half_an_answer(), Duration::from_secs(9))).await;
    let (connect, nothing, head, body, whole) = tokio::join!(
        gives_up(county(&authority, &deaf_url)),
        gives_up(county(&silent.authority, &silent.url())),
        gives_up(county(&half_head.authority, &half_head.url())),
        gives_up(county(&half_body.authority, &half_body.url())),
        gives_up(county(&dripping.authority, &dripping.url())),
    );
    within("no handshake", connect, 15);
    within("no answer", nothing, 20);
    within("half a head", head, 20);
    within("half a body", body, 20);
    within("an answer that never ends", whole, 60);
}

#[tokio::test]
async fn an_event_whose_answer_stalled_goes_out_again_and_arrives() {
    let mut stalled = false;
    let host = ScriptedHost::start(move |request| match request.event() {
        Some(_) if !std::mem::replace(&mut stalled, true) => Reply::Stall(half_an_answer()),
        _ => in_order(request),
    })
    .await;
    let mut terminal = Terminal::start(&host, 1);
    timeout(PATIENCE, terminal.until_delivered(1)).await.unwrap();
    assert_eq!(host.seen().iter().filter(|request| request.event().is_some()).count(), 2);
}
