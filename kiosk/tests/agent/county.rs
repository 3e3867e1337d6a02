//! The agent's forwarding against a county that answers well, badly, half, elsewhere, or not at all.

use std::{
    collections::{BTreeMap, HashSet},
    os::unix::fs::FileExt as _,
    path::Path,
    time::Duration,
};

use crate::scripted_host::{Reply, Request, ScriptedHost};
use crate::terminal::{LEDGER, Terminal, bulletin, in_ledger, in_order};
use kiosk::control::message::{Answer, Ask, Changed, Network};
use tokio::time::{Instant, timeout};
use uuid::Uuid;
use wire::{
    event,
    intake::{Accepted, HelpCall, Lookup, Track, Tracked, Views},
    secret::{Proof, QueryCode},
    ticket::{TerminalNumber, TicketNumber},
    view::SealedView,
};

/// Only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

fn ticket(counter: u16) -> TicketNumber {
    TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, counter).unwrap()
}

fn puts(seen: &[Request]) -> Vec<Uuid> {
    seen.iter().filter_map(Request::event).collect()
}

/// Answers the first PUT of each event like this, and everything else in order.
fn first_put(mut reply: impl FnMut() -> Reply + Send + 'static) -> impl FnMut(&Request) -> Reply + Send + 'static {
    let mut seen = HashSet::new();
    move |request| match request.event() {
        Some(id) if seen.insert(id) => reply(),
        _ => in_order(request),
    }
}

/// After the first answer of this kind the events still arrive, once the county is in order.
async fn arrives_after(reply: impl Fn() -> Reply + Send + 'static) {
    let host = ScriptedHost::start(first_put(reply)).await;
    let mut terminal = Terminal::start(&host, 3);
    timeout(PATIENCE, terminal.until_delivered(3)).await.unwrap();
    let mut times = BTreeMap::new();
    for id in puts(&host.seen()) {
        *times.entry(id).or_insert(0) += 1;
    }
    assert!(times.len() == 3 && times.values().all(|n| *n >= 2), "{times:?}");
}

#[tokio::test]
async fn events_arrive_byte_for_byte_with_their_digest_and_the_terminals_certificate() {
    let host = ScriptedHost::start(in_order).await;
    let mut terminal = Terminal::start(&host, 20);
    let waiting = terminal.queue.forward_batch(100).unwrap();
    timeout(PATIENCE, terminal.until_delivered(20)).await.unwrap();
    let seen: Vec<Request> = host.seen().into_iter().filter(|request| request.event().is_some()).collect();
    assert_eq!(seen.len(), 20);
    for request in seen {
        assert!(request.certified && request.method == "PUT");
        assert_eq!(request.header("content-digest"), Some(event::content_digest(&request.body).as_str()));
        assert!(waiting.iter().any(|event| Some(event.id) == request.event() && event.bytes == request.body));
    }
    assert_eq!(terminal.contact.borrow().network, Network::Online);
}

#[tokio::test]
async fn a_county_that_answers_500_gets_the_event_again() {
    arrives_after(|| Reply::status(500, LEDGER)).await;
}

#[tokio::test]
async fn a_county_that_answers_html_gets_the_event_again() {
    arrives_after(|| {
        let page = Reply::Whole { status: 200, headers: vec![], body: b"<html>Please sign in</html>".to_vec() };
        page.with("content-type", "text/html")
    })
    .await;
}

#[tokio::test]
async fn a_county_that_answers_nothing_gets_the_event_again() {
    arrives_after(|| Reply::Raw(vec![])).await;
}

#[tokio::test]
async fn a_county_that_answers_half_a_body_gets_the_event_again() {
    arrives_after(|| {
        let head = format!("HTTP/1.1 201 Created\r\nlianxin-ledger: {LEDGER}\r\ncontent-length: 96\r\n\r\n");
        Reply::Raw([head.as_bytes(), b"{\"ledger\":\"00000000-0000"].concat())
    })
    .await;
}

#[tokio::test]
async fn an_acknowledgement_of_another_event_is_none() {
    arrives_after(|| Reply::json(201, LEDGER, &Accepted { ledger: LEDGER, id: Uuid::nil() })).await;
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut_off() {
    arrives_after(|| Reply::Whole { status: 201, headers: vec![], body: vec![b' '; 1 << 20] }).await;
}

#[tokio::test]
async fn a_busy_county_is_left_alone_as_long_as_it_asks() {
    let host = ScriptedHost::start(first_put(|| Reply::status(429, LEDGER).with("retry-after", "1"))).await;
    let mut terminal = Terminal::start(&host, 1);
    timeout(PATIENCE, terminal.contact.wait_for(|contact| contact.network == Network::Offline)).await.unwrap().unwrap();
    // Whatever was on its way besides has come back.
    timeout(PATIENCE, host.until(|seen| seen.len() == 3)).await.unwrap();
    let (asked, before) = (Instant::now(), host.seen().len());
    timeout(PATIENCE, host.until(|seen| seen.len() > before)).await.unwrap();
    assert!(asked.elapsed() > Duration::from_millis(900), "{:?}", asked.elapsed());
    timeout(PATIENCE, terminal.until_delivered(1)).await.unwrap();
}

#[tokio::test]
async fn other_bytes_under_an_id_are_a_dead_letter_that_is_kept_and_counted() {
    let host = ScriptedHost::start(first_put(|| Reply::status(409, LEDGER))).await;
    let mut terminal = Terminal::start(&host, 2);
    timeout(PATIENCE, terminal.until(|queue| queue.depth().unwrap().dead == 2)).await.unwrap();
    assert_eq!(puts(&host.seen()).len(), 2, "they are not sent again");
}

#[tokio::test]
async fn a_refused_event_is_a_dead_letter_and_the_others_arrive() {
    let host = ScriptedHost::start(in_order).await;
    let mut refused = None;
    host.answers(move |request| match request.event() {
        Some(id) if *refused.get_or_insert(id) == id => Reply::status(422, LEDGER),
        _ => in_order(request),
    });
    let mut terminal = Terminal::start(&host, 5);
    timeout(PATIENCE, terminal.until(|queue| queue.depth().unwrap().dead == 1)).await.unwrap();
    timeout(PATIENCE, terminal.until_delivered(4)).await.unwrap();
}

#[tokio::test]
async fn what_a_county_refused_is_offered_to_it_again_by_the_next_agent_and_settled_once_it_takes_it() {
    let refuses = |status: u16| {
        move |request: &Request| match request.event() {
            Some(_) => Reply::status(status, LEDGER),
            None => in_order(request),
        }
    };
    let host = ScriptedHost::start(refuses(422)).await;
    let mut terminal = Terminal::start(&host, 3);
    timeout(PATIENCE, terminal.until(|queue| queue.depth().unwrap().dead == 3)).await.unwrap();
    // Not mended yet: once by each agent, and no more.
    host.answers(refuses(409));
    terminal.start_agent();
    timeout(PATIENCE, host.until(|seen| puts(seen).len() == 6)).await.unwrap();
    host.answers(in_order);
    terminal.submit();
    terminal.start_agent();
    timeout(PATIENCE, terminal.until_delivered(4)).await.unwrap();
    assert_eq!((terminal.queue.depth().unwrap().dead, puts(&host.seen()).len()), (0, 10));
}

#[tokio::test]
async fn where_the_backlog_cannot_be_read_the_newest_leave_and_kiosk_hears_of_it() {
    let host = ScriptedHost::start(|_| Reply::Silence).await;
    let mut terminal = Terminal::start(&host, 0);
    terminal.forwarding.abort();
    let old: Vec<Uuid> = (0..60).map(|_| terminal.submit()).collect();
    spoil_the_leaf_of(&terminal.path(), old[5]);
    let newest = terminal.submit();
    host.answers(in_order);
    terminal.start_agent();
    while timeout(PATIENCE, terminal.changed.recv()).await.unwrap() != Ok(Changed::QueueIll) {}
    timeout(PATIENCE, host.until(|seen| puts(seen).contains(&newest))).await.unwrap();
}

/// Every row beside this event's becomes unreadable.
fn spoil_the_leaf_of(queue: &Path, event: Uuid) {
    const PAGE: usize = 4096;
    let beside = rusqlite::Connection::open(queue).unwrap();
    let busy: bool = beside.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert!(!busy);
    let bytes = std::fs::read(queue).unwrap();
    let is_leaf = |page: &[u8]| page[0] == 0x0d && page.windows(16).any(|window| window == event.as_bytes());
    let leaf = bytes.chunks(PAGE).position(is_leaf).expect("a leaf with the event");
    let file = std::fs::File::options().write(true).open(queue).unwrap();
    file.write_all_at(&[0xff; PAGE], (leaf * PAGE) as u64).unwrap();
}

#[tokio::test]
async fn a_proxys_409_buries_nothing() {
    arrives_after(|| Reply::Whole { status: 409, headers: vec![], body: vec![] }).await;
}

#[tokio::test]
async fn one_event_without_an_answer_does_not_hold_up_the_others() {
    let host = ScriptedHost::start(in_order).await;
    let mut silent = None;
    host.answers(move |request| match request.event() {
        Some(id) if *silent.get_or_insert(id) == id => Reply::Silence,
        _ => in_order(request),
    });
    let mut terminal = Terminal::start(&host, 30);
    timeout(PATIENCE, terminal.until(|queue| queue.delivered_count().unwrap() == 29)).await.unwrap();
}

#[tokio::test]
async fn a_host_with_another_certificate_gets_nothing() {
    let own = ScriptedHost::start(in_order).await;
    let foreign = ScriptedHost::start(in_order).await;
    let mut terminal = Terminal::trusting(&own, &foreign, 1);
    timeout(PATIENCE, terminal.contact.wait_for(|contact| contact.network == Network::Offline)).await.unwrap().unwrap();
    assert!(foreign.seen().is_empty());
    assert_eq!(terminal.queue.depth().unwrap().waiting, 1);
    // Somebody waits for an answer: there is none, at once.
    let answer = timeout(PATIENCE, terminal.asks(Ask::Help(HelpCall { id: Uuid::nil() }), PATIENCE * 100)).await;
    assert_eq!(answer, Ok(Answer::Offline));
}

#[tokio::test]
async fn a_county_with_another_ledger_is_offered_everything_again() {
    let host = ScriptedHost::start(in_order).await;
    let mut terminal = Terminal::start(&host, 25);
    timeout(PATIENCE, terminal.until_delivered(25)).await.unwrap();
    let before = host.seen().len();
    let restored = Uuid::from_u128(0x2ed);
    host.answers(move |request| in_ledger(restored, request));
    terminal.submit();
    terminal.to_agent.send(kiosk::control::FromKiosk::Submitted).await.unwrap();
    timeout(PATIENCE, terminal.until(|queue| queue.ledger().unwrap() == Some(restored))).await.unwrap();
    timeout(PATIENCE, terminal.until_delivered(26)).await.unwrap();
    let again: HashSet<Uuid> = puts(&host.seen()[before..]).into_iter().collect();
    assert_eq!(again.len(), 26);
}

#[tokio::test]
async fn a_nudge_sends_a_new_event_at_once() {
    let host = ScriptedHost::start(in_order).await;
    let mut terminal = Terminal::start(&host, 1);
    timeout(PATIENCE, terminal.until_delivered(1)).await.unwrap();
    terminal.submit();
    terminal.to_agent.send(kiosk::control::FromKiosk::Submitted).await.unwrap();
    timeout(PATIENCE, terminal.until_delivered(2)).await.unwrap();
}

#[tokio::test]
async fn the_queue_file_is_let_go_when_kiosk_wants_it_for_itself() {
    let host = ScriptedHost::start(in_order).await;
    let mut terminal = Terminal::start(&host, 1);
    timeout(PATIENCE, terminal.until_delivered(1)).await.unwrap();
    terminal.to_agent.send(kiosk::control::FromKiosk::LetGo).await.unwrap();
    let ended = timeout(PATIENCE, &mut terminal.forwarding).await.unwrap();
    assert_eq!(ended.unwrap(), kiosk::forwarder::LetGo);
}

#[tokio::test]
async fn a_certificate_that_the_county_refuses_is_reported_and_nothing_is_lost() {
    let host = ScriptedHost::start(|_| Reply::status(401, LEDGER)).await;
    let mut terminal = Terminal::start(&host, 1);
    timeout(PATIENCE, terminal.unknown_to_county.notified()).await.unwrap();
    host.answers(in_order);
    timeout(PATIENCE, terminal.until_delivered(1)).await.unwrap();
}

#[tokio::test]
async fn views_are_fetched_page_by_page_behind_the_cursor() {
    let view = |n| SealedView { ticket: ticket(n), revision: 1, sealed: "AAAA".into() };
    let host = ScriptedHost::start(move |request| match request.path.as_str() {
        "/intake/v1/views?after=0" => {
            Reply::json(200, LEDGER, &Views { cursor: 7, views: vec![view(1), view(2)], more: true })
        }
        "/intake/v1/views?after=7" => Reply::json(200, LEDGER, &Views { cursor: 9, views: vec![view(3)], more: false }),
        _ => in_order(request),
    })
    .await;
    let mut terminal = Terminal::start(&host, 0);
    timeout(PATIENCE, terminal.until(|queue| queue.views_cursor().unwrap() == 9)).await.unwrap();
    for n in [1, 2, 3] {
        assert!(terminal.queue.view(ticket(n)).unwrap().is_some());
    }
}

#[tokio::test]
async fn a_bulletin_is_kept_with_its_tag_and_kiosk_is_told() {
    let host = ScriptedHost::start(|request| match request.path.as_str() {
        "/intake/v1/bulletin" => Reply::json(200, LEDGER, &bulletin(5)).with("etag", "\"5\""),
        _ => in_order(request),
    })
    .await;
    let mut terminal = Terminal::start(&host, 0);
    while timeout(PATIENCE, terminal.changed.recv()).await.unwrap() != Ok(Changed::Bulletin) {}
    let kept = terminal.queue.bulletin().unwrap().unwrap();
    assert_eq!((kept.etag.as_str(), kept.bulletin.revision), ("\"5\"", 5));
}

#[tokio::test]
async fn what_kiosk_asks_is_answered_by_the_county() {
    let host = ScriptedHost::start(|request| match request.path.as_str() {
        "/intake/v1/track" => Reply::json(200, LEDGER, &Tracked::NotFound),
        "/intake/v1/lookup" => Reply::status(429, LEDGER).with("retry-after", "600"),
        "/intake/v1/help" => Reply::status(202, LEDGER),
        path if path.starts_with("/intake/v1/help/") => Reply::Silence,
        _ => in_order(request),
    })
    .await;
    let terminal = Terminal::start(&host, 0);
    let track = Track { ticket: ticket(1), proof: Proof::Code(QueryCode::draw()) };
    assert_eq!(terminal.asks(Ask::Track(track), PATIENCE).await, Answer::Tracked(Tracked::NotFound));
    let lookup = Lookup { phone: "13800000000".into() };
    assert_eq!(terminal.asks(Ask::Lookup(lookup), PATIENCE).await, Answer::TooMany { retry_after_s: 600 });
    assert_eq!(terminal.asks(Ask::Help(HelpCall { id: Uuid::nil() }), PATIENCE).await, Answer::HelpTaken);
    let state = terminal.asks(Ask::HelpState(Uuid::nil()), Duration::from_millis(50)).await;
    assert_eq!(state, Answer::Offline, "a question ends by its deadline");
}
