//! Recordings on their way: what goes first, and what arrives at a county that is scripted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kiosk::forwarder::{
    answer::{Outcome, Retry},
    event::{Action, Event, Found, Poll},
    state::Forwarder,
    upload::{Came, PIECE_MAX, Recording},
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    forwarding::{LEDGER, delivered, events, online_with, poll_of, puts, seconds},
    recordings,
    scripted_host::{Reply, Request, ScriptedHost},
    terminal::{self, Terminal, in_order},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn loads(actions: &[Action]) -> usize {
    actions.iter().filter(|action| matches!(action, Action::LoadRecording { .. })).count()
}

fn uploads(actions: &[Action]) -> Vec<Recording> {
    let upload = |action: &Action| match action {
        Action::Upload(recording, _) => Some(recording.clone()),
        _ => None,
    };
    actions.iter().filter_map(upload).collect()
}

/// On line, and with a recording at hand that is being sent.
fn sending() -> (Forwarder, Recording) {
    let (mut f, _) = online_with([]);
    let found = events([70]).pop();
    let actions = f.step(Event::Recording { found, whole: true }, seconds(0));
    let sent = uploads(&actions).pop().unwrap();
    (f, sent)
}

#[test]
fn text_never_waits_for_a_recording_and_a_recording_waits_for_text() {
    let (mut f, sent) = sending();
    f.step(Event::Nudged, seconds(1));
    let actions = f.step(Event::Loaded { newest: events([1]), oldest: vec![] }, seconds(1));
    let [(1, epoch)] = puts(&actions)[..] else { panic!("the text waits: {actions:?}") };
    let on = Event::Uploaded { recording: sent, came: Came::On, epoch };
    assert!(uploads(&f.step(on, seconds(1))).is_empty(), "the text is under way");
    f.step(delivered(1, epoch), seconds(2));
    let saved = Event::Saved { ids: events([1]).iter().map(|e| e.id).collect(), offered_again: Some(false) };
    f.step(saved, seconds(2));
    let actions = f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(2));
    assert_eq!(uploads(&actions).len(), 1, "{actions:?}");
}

#[test]
fn a_recording_that_breaks_off_rests_by_itself_and_text_goes_on() {
    let (mut f, sent) = sending();
    let epoch = f.epoch();
    let broke = |recording| {
        let retry = Retry { why: "test", after: None, whole_link: true };
        Event::Uploaded { recording, came: Came::Again(retry), epoch }
    };
    let actions = f.step(broke(sent), seconds(0));
    assert!(actions.is_empty(), "the link is not closed: {actions:?}");
    assert_eq!(f.due(seconds(0)), seconds(1));
    f.step(Event::Nudged, seconds(0));
    let actions = f.step(Event::Loaded { newest: events([1]), oldest: vec![] }, seconds(0));
    assert_eq!(puts(&actions).len(), 1);
    f.step(delivered(1, epoch), seconds(0));
    f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    let again = uploads(&f.step(Event::Tick, seconds(1)));
    assert_eq!(again.len(), 1);
    f.step(broke(again[0].clone()), seconds(1));
    assert_eq!(uploads(&f.step(Event::Tick, seconds(2))).len(), 0, "the second rest is longer");
    let again = uploads(&f.step(Event::Tick, seconds(3)));
    let on = Event::Uploaded { recording: again[0].clone(), came: Came::On, epoch };
    let again = uploads(&f.step(on, seconds(3)));
    f.step(broke(again[0].clone()), seconds(3));
    assert_eq!(uploads(&f.step(Event::Tick, seconds(4))).len(), 1, "a piece that arrived makes rests short again");
}

#[test]
fn a_recording_that_fails_by_itself_is_passed_by_others_and_comes_again() {
    let (mut f, sent) = sending();
    let epoch = f.epoch();
    let retry = Retry { why: "test", after: None, whole_link: false };
    let actions = f.step(Event::Uploaded { recording: sent, came: Came::Again(retry), epoch }, seconds(0));
    assert!(actions.contains(&Action::Postpone(Uuid::from_u128(70), seconds(10))), "{actions:?}");
    let but = vec![Uuid::from_u128(70)];
    assert!(actions.contains(&Action::LoadRecording { but }), "{actions:?}");
    let actions = f.step(Event::Recording { found: events([71]).pop(), whole: true }, seconds(0));
    let other = uploads(&actions).pop().unwrap();
    assert_eq!(other.id(), Uuid::from_u128(71));
    let settled = Came::Settled(Outcome::Delivered { ledger: LEDGER });
    let actions = f.step(Event::Uploaded { recording: other, came: settled, epoch }, seconds(0));
    assert!(actions.iter().any(|a| matches!(a, Action::Save(outcomes) if outcomes.len() == 1)), "{actions:?}");
    f.step(Event::Recording { found: None, whole: true }, seconds(0));
    assert!(f.due(seconds(0)) <= seconds(10));
    assert_eq!(loads(&f.step(Event::Tick, seconds(10))), 1);
}

#[test]
fn off_line_no_recording_is_read_or_sent() {
    let mut f = Forwarder::new(crate::forwarding::settings(), Box::new(|| 1.0));
    let actions = f.step(Event::Tick, seconds(0));
    assert_eq!(loads(&actions), 0);
    let [(Poll::Bulletin, epoch)] = poll_of(&actions)[..] else { panic!("{actions:?}") };
    f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    let on_line = Event::Polled { poll: Poll::Bulletin, found: Ok(Found::default()), epoch };
    assert_eq!(loads(&f.step(on_line, seconds(0))), 0, "text is looked for first");
    assert_eq!(loads(&f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0))), 1);
}

/// What a scripted county has of each upload: what was announced, and what came.
type Disk = Arc<Mutex<BTreeMap<Uuid, (usize, Vec<u8>)>>>;

/// A county that takes uploads, and everything else in order.
fn with_uploads(disk: &Disk) -> impl FnMut(&Request) -> Reply + Send + 'static {
    let disk = Arc::clone(disk);
    let ledger = terminal::LEDGER;
    move |request| {
        let mut disk = disk.lock().unwrap();
        let at = |offset: usize| offset.to_string();
        if request.path == "/intake/v1/uploads" {
            let metadata = request.header("upload-metadata").unwrap();
            let id = metadata.split([' ', ',']).nth(1).unwrap();
            let id: Uuid = String::from_utf8(STANDARD.decode(id).unwrap()).unwrap().parse().unwrap();
            let length = request.header("upload-length").unwrap().parse().unwrap();
            let (_, here) = disk.entry(id).or_insert((length, Vec::new()));
            return Reply::status(201, ledger).with("upload-offset", &at(here.len()));
        }
        let Some(id) = request.path.strip_prefix("/intake/v1/uploads/") else { return in_order(request) };
        assert_eq!(request.header("tus-resumable"), Some("1.0.0"));
        let (_, here) = disk.get_mut(&id.parse().unwrap()).unwrap();
        if request.method == "PATCH" {
            assert_eq!(request.header("upload-offset"), Some(at(here.len()).as_str()));
            here.extend_from_slice(&request.body);
            return Reply::status(204, ledger).with("upload-offset", &at(here.len()));
        }
        Reply::status(200, ledger).with("upload-offset", &at(here.len()))
    }
}

#[tokio::test]
async fn a_recording_goes_behind_its_suggestion_and_arrives_byte_for_byte() {
    let disk = Disk::default();
    let host = ScriptedHost::start(with_uploads(&disk)).await;
    let mut terminal = Terminal::start(&host, 1);
    let suggestion = terminal.submit();
    let (id, bytes) = recordings::keep(&terminal.path(), suggestion, &terminal.sealer, &recordings::audio(200 * 1024));
    terminal.start_agent();
    timeout(PATIENCE, terminal.until_delivered(3)).await.unwrap();
    let seen = host.seen();
    let first = |wanted: &dyn Fn(&Request) -> bool| seen.iter().position(wanted).unwrap();
    let text = first(&|request| request.event() == Some(suggestion));
    assert!(text < first(&|request| request.path.starts_with("/intake/v1/uploads")));
    assert!(seen.iter().all(|request| request.event() != Some(id)), "it never goes whole");
    let longest = seen.iter().filter(|request| request.method == "PATCH").map(|request| request.body.len()).max();
    assert_eq!(longest, Some(PIECE_MAX));
    let disk = disk.lock().unwrap();
    assert_eq!(disk[&id], (bytes.len(), bytes));
}

#[tokio::test]
async fn a_recording_whose_suggestion_was_not_taken_yet_is_not_offered() {
    let disk = Disk::default();
    let mut uploads = with_uploads(&disk);
    let host = ScriptedHost::start(move |request| match request.event() {
        Some(_) => Reply::status(500, terminal::LEDGER),
        None => uploads(request),
    })
    .await;
    let mut terminal = Terminal::start(&host, 0);
    let suggestion = terminal.submit();
    let (id, _) = recordings::keep(&terminal.path(), suggestion, &terminal.sealer, &recordings::audio(2000));
    assert_eq!(terminal.queue.next_recording(&[]).unwrap(), None);
    terminal.start_agent();
    // The suggestion was offered again and again meanwhile.
    timeout(PATIENCE, host.until(|seen| seen.iter().filter(|r| r.event() == Some(suggestion)).count() > 5))
        .await
        .unwrap();
    assert!(host.seen().iter().all(|request| !request.path.starts_with("/intake/v1/uploads")));
    host.answers(with_uploads(&disk));
    timeout(PATIENCE, terminal.until_delivered(2)).await.unwrap();
    assert!(disk.lock().unwrap().contains_key(&id));
}

#[tokio::test]
async fn after_a_restore_recordings_are_offered_again_like_everything_else() {
    let disk = Disk::default();
    let host = ScriptedHost::start(with_uploads(&disk)).await;
    let mut terminal = Terminal::start(&host, 0);
    let suggestion = terminal.submit();
    let (id, bytes) = recordings::keep(&terminal.path(), suggestion, &terminal.sealer, &recordings::audio(90_000));
    timeout(PATIENCE, terminal.until_delivered(2)).await.unwrap();
    let text_only = terminal.queue.forward_batch(10).unwrap();
    assert!(text_only.is_empty());
    let known = terminal.queue.offer_again(Uuid::from_u128(2)).unwrap();
    assert_eq!(known, kiosk::queue::Ledger::Changed);
    let text: Vec<Uuid> = terminal.queue.forward_batch(10).unwrap().iter().map(|event| event.id).collect();
    assert_eq!(text, [suggestion], "no batch has recordings");
    assert_eq!(terminal.queue.next_recording(&[]).unwrap(), None, "its suggestion goes first, again");
    terminal.queue.delivered(&[suggestion], Uuid::from_u128(2)).unwrap();
    let next = terminal.queue.next_recording(&[]).unwrap().unwrap();
    assert_eq!((next.id, &next.bytes), (id, &bytes));
    assert_eq!(terminal.queue.next_recording(&[id]).unwrap(), None);
}

#[tokio::test]
async fn a_recording_that_the_county_refused_is_offered_once_more_in_a_day() {
    let disk = Disk::default();
    let host = ScriptedHost::start(with_uploads(&disk)).await;
    let mut terminal = Terminal::start(&host, 0);
    terminal.forwarding.abort();
    let suggestion = terminal.submit();
    let (id, _) = recordings::keep(&terminal.path(), suggestion, &terminal.sealer, &recordings::audio(900));
    terminal.queue.delivered(&[suggestion], terminal::LEDGER).unwrap();
    terminal.queue.refused(id, "answered 422").unwrap();
    // Another process than the one that buried it.
    let mut queue = terminal.queue.again().unwrap();
    assert!(queue.dead_letters(10).unwrap().is_empty());
    assert_eq!(queue.next_recording(&[]).unwrap().map(|next| next.id), Some(id));
    assert_eq!(queue.next_recording(&[]).unwrap(), None);
}
