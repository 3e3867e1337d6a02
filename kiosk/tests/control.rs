//! Kiosk's end of the control socket against peers that are absent, slow, dead or talk rubbish, and against the agent's.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use jiff::Timestamp;
use kiosk::{
    clock::SystemClock,
    control::{
        self, Board, Contact, Control, ControlEvent, FromKiosk, Sign, Silent, ToKiosk,
        message::{Answer, Ask, Changed, LINE_MAX, Network, Presence, Signing},
    },
};
use tempfile::TempDir;
use tokio::sync::{Notify, broadcast, mpsc, watch};
use uuid::Uuid;
use wire::{
    event::{ClockQuality, WallTime},
    intake::HelpState,
};

/// Long enough for a slow machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(50);

struct Kiosk {
    control: Control,
    board: Arc<Board>,
    events: Receiver<ControlEvent>,
    path: PathBuf,
    _folder: TempDir,
}

fn kiosk() -> Kiosk {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let started = WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset };
    let board = Arc::new(Board::new(started, "0.1.0"));
    let (send, events) = channel();
    let control = Control::start(&path, Arc::new(SystemClock::start()), Arc::clone(&board), move |event| {
        send.send(event).unwrap_or_default();
    });
    Kiosk { control: control.unwrap(), board, events, path, _folder: folder }
}

impl Kiosk {
    fn asks(&self, deadline: Duration) -> Receiver<Result<Answer, Silent>> {
        let (send, answer) = channel();
        self.control.ask(Ask::HelpState(Uuid::nil()), deadline, move |answer| send.send(answer).unwrap_or_default());
        answer
    }

    /// Connects and says hello; the presence shows that kiosk has taken the hello.
    fn says_hello(&self) -> BufReader<UnixStream> {
        let mut stream = UnixStream::connect(&self.path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"{\"v\":1,\"message\":{\"notice\":{\"hello\":\"agent\"}}}\n").unwrap();
        stream.write_all(b"{\"v\":1,\"message\":{\"notice\":{\"presence\":{\"network\":\"online\"}}}}\n").unwrap();
        let online = Presence { network: Network::Online, last_contact_s: None };
        assert_eq!(self.events.recv_timeout(PATIENCE), Ok(ControlEvent::Presence(Some(online))));
        BufReader::new(stream)
    }
}

fn line(reader: &mut BufReader<UnixStream>) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line
}

#[test]
fn anybody_may_ask_what_is_on_the_screen() {
    let kiosk = kiosk();
    kiosk.board.shows("home", true);
    kiosk.board.presented();
    let status = control::status(&kiosk.path, PATIENCE).unwrap();
    assert_eq!((status.page.as_str(), status.visit, status.frames), ("home", true, 1));
    assert_eq!(std::fs::metadata(&kiosk.path).unwrap().permissions().mode() & 0o777, 0o660);
}

#[test]
fn a_socket_without_a_kiosk_is_silence() {
    let kiosk = kiosk();
    let path = kiosk.path.clone();
    drop(kiosk.control);
    assert_eq!(control::status(&path, PATIENCE), Err(Silent::NoPeer));
    assert_eq!(control::status(Path::new("/nowhere/control.sock"), PATIENCE), Err(Silent::NoPeer));
}

#[test]
fn a_kiosk_that_does_not_answer_is_silence_at_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let _deaf = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert_eq!(control::status(&path, SHORT), Err(Silent::Deadline));
}

#[test]
fn a_stale_socket_of_a_killed_kiosk_is_replaced() {
    let kiosk = kiosk();
    let started = WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset };
    let board = Arc::new(Board::new(started, "next"));
    let _next = Control::start(&kiosk.path, Arc::new(SystemClock::start()), board, |_| {}).unwrap();
    assert_eq!(control::status(&kiosk.path, PATIENCE).unwrap().version, "next");
}

#[test]
fn without_an_agent_a_question_ends_at_once() {
    let kiosk = kiosk();
    assert_eq!(kiosk.asks(PATIENCE * 100).recv_timeout(PATIENCE), Ok(Err(Silent::NoPeer)));
}

#[test]
fn an_agent_that_is_silent_ends_a_question_at_its_deadline() {
    let kiosk = kiosk();
    let mut agent = kiosk.says_hello();
    let answer = kiosk.asks(SHORT);
    assert!(line(&mut agent).contains("\"help_state\""));
    assert_eq!(answer.recv_timeout(PATIENCE), Ok(Err(Silent::Deadline)));
}

#[test]
fn an_agent_that_dies_ends_its_questions_and_its_presence() {
    let kiosk = kiosk();
    let agent = kiosk.says_hello();
    let answer = kiosk.asks(PATIENCE * 100);
    drop(agent);
    assert_eq!(answer.recv_timeout(PATIENCE), Ok(Err(Silent::NoPeer)));
    assert_eq!(kiosk.events.recv_timeout(PATIENCE), Ok(ControlEvent::Presence(None)));
}

#[test]
fn an_agent_that_reads_nothing_never_holds_up_who_asks() {
    let kiosk = kiosk();
    let _agent = kiosk.says_hello();
    let answers: Vec<_> = (0..5000).map(|_| kiosk.asks(PATIENCE * 100)).collect();
    // Its queue is full at some point: it is hung up on, and all its questions end.
    for answer in answers {
        assert_eq!(answer.recv_timeout(PATIENCE), Ok(Err(Silent::NoPeer)));
    }
    assert!(control::status(&kiosk.path, PATIENCE).is_ok());
}

#[test]
fn a_second_agent_takes_the_place_of_the_first() {
    let kiosk = kiosk();
    let mut first = kiosk.says_hello();
    let old = kiosk.asks(PATIENCE * 100);
    let mut second = kiosk.says_hello();
    assert_eq!(old.recv_timeout(PATIENCE), Ok(Err(Silent::NoPeer)));
    let answer = kiosk.asks(PATIENCE);
    assert!(line(&mut second).contains("\"id\":2"));
    let reply = "{\"v\":1,\"message\":{\"reply\":{\"id\":2,\"answer\":{\"county\":\"offline\"}}}}\n";
    second.get_mut().write_all(reply.as_bytes()).unwrap();
    assert_eq!(answer.recv_timeout(PATIENCE), Ok(Ok(Answer::Offline)));
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).unwrap();
}

#[test]
fn who_is_not_the_agent_changes_nothing() {
    let kiosk = kiosk();
    let mut stranger = UnixStream::connect(&kiosk.path).unwrap();
    stranger.write_all(b"{\"v\":1,\"message\":{\"notice\":{\"changed\":\"views\"}}}\n").unwrap();
    stranger.write_all(b"{\"v\":1,\"message\":{\"notice\":{\"presence\":{\"network\":\"online\"}}}}\n").unwrap();
    stranger
        .write_all(b"{\"v\":1,\"message\":{\"request\":{\"id\":1,\"deadline_ms\":9,\"ask\":\"status\"}}}\n")
        .unwrap();
    // The answer to the last line shows that the others were read.
    assert!(line(&mut BufReader::new(stranger)).contains("\"status\""));
    assert!(kiosk.events.try_recv().is_err());
}

#[test]
fn rubbish_and_endless_lines_are_hung_up_on() {
    let kiosk = kiosk();
    let mut peer = UnixStream::connect(&kiosk.path).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    // Writing fails at some point, because kiosk doesn't read on.
    drop(peer.write_all(&vec![b'x'; LINE_MAX * 2]));
    assert!(matches!(peer.read(&mut [0]), Ok(0) | Err(_)));
    let mut peer = UnixStream::connect(&kiosk.path).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    drop(peer.write_all(&b"GET / HTTP/1.1\r\n".repeat(100)));
    assert!(matches!(peer.read(&mut [0]), Ok(0) | Err(_)));
    assert!(control::status(&kiosk.path, PATIENCE).is_ok());
}

#[test]
fn more_peers_than_there_is_room_for_are_turned_away_and_the_others_stay() {
    let kiosk = kiosk();
    let mut agent = kiosk.says_hello();
    let mut turned_away = 0;
    let peers: Vec<_> = (0..40).map(|_| UnixStream::connect(&kiosk.path).unwrap()).collect();
    for mut peer in &peers {
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        drop(peer.write_all(b"{\"v\":1,\"message\":{\"request\":{\"id\":1,\"deadline_ms\":9,\"ask\":\"status\"}}}\n"));
        turned_away += usize::from(matches!(peer.read(&mut [0]), Ok(0) | Err(_)));
    }
    assert_eq!(turned_away, 25);
    kiosk.control.submitted();
    assert!(line(&mut agent).contains("submitted"));
}

/// The agent's own end, on tokio.
fn agent(path: PathBuf) -> (watch::Sender<Contact>, broadcast::Sender<Changed>, mpsc::Receiver<FromKiosk>) {
    agent_that_sees_the_case(path, Arc::default())
}

fn agent_that_sees_the_case(
    path: PathBuf,
    case_seen: Arc<Notify>,
) -> (watch::Sender<Contact>, broadcast::Sender<Changed>, mpsc::Receiver<FromKiosk>) {
    let (contact, contacts) = watch::channel(Contact::NONE);
    let (changed, changes) = broadcast::channel(4);
    let (send, from_kiosk) = mpsc::channel(4);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sign: Sign = Box::new(|sha256| Signing::Signed { certificate: "ours".into(), signature: sha256.into() });
        let to_kiosk = ToKiosk { contact: contacts, changed: changes, sign, case_seen };
        runtime.block_on(control::stay_connected(&path, to_kiosk, send));
    });
    (contact, changed, from_kiosk)
}

fn wait_for(kiosk: &Kiosk, wanted: impl Fn(&ControlEvent) -> bool) {
    while !wanted(&kiosk.events.recv_timeout(PATIENCE).unwrap()) {}
}

#[test]
fn the_agent_tells_its_presence_and_answers_what_it_is_asked() {
    let kiosk = kiosk();
    let (contact, changed, mut from_kiosk) = agent(kiosk.path.clone());
    wait_for(&kiosk, |event| matches!(event, ControlEvent::Presence(Some(p)) if p.network == Network::Unknown));
    contact.send_modify(|contact| contact.network = Network::Offline);
    wait_for(&kiosk, |event| matches!(event, ControlEvent::Presence(Some(p)) if p.network == Network::Offline));
    changed.send(Changed::Bulletin).unwrap();
    wait_for(&kiosk, |event| *event == ControlEvent::Changed(Changed::Bulletin));

    kiosk.control.submitted();
    assert!(matches!(from_kiosk.blocking_recv(), Some(FromKiosk::Submitted)));
    kiosk.control.let_go();
    assert!(matches!(from_kiosk.blocking_recv(), Some(FromKiosk::LetGo)));
    let answer = kiosk.asks(PATIENCE);
    let Some(FromKiosk::Asked(asked)) = from_kiosk.blocking_recv() else { panic!("expected a question") };
    assert_eq!(asked.ask, Ask::HelpState(Uuid::nil()));
    let state = Answer::HelpState(HelpState { acknowledged: true, by: Some("王".into()) });
    asked.reply.send(state.clone()).unwrap();
    assert_eq!(answer.recv_timeout(PATIENCE), Ok(Ok(state)));
}

#[test]
fn the_agent_signs_whether_or_not_the_county_is_reached_and_without_an_agent_nothing_is_signed() {
    let kiosk = kiosk();
    let signs = || {
        let (send, signing) = channel();
        kiosk.control.sign(&[0xab; 32], PATIENCE, move |signed| send.send(signed).unwrap_or_default());
        signing.recv_timeout(PATIENCE).unwrap()
    };
    assert_eq!(signs(), Err(Silent::NoPeer));
    let (contact, _changed, _from_kiosk) = agent(kiosk.path.clone());
    contact.send_modify(|contact| contact.network = Network::Offline);
    wait_for(&kiosk, |event| matches!(event, ControlEvent::Presence(Some(p)) if p.network == Network::Offline));
    assert_eq!(signs(), Ok(Signing::Signed { certificate: "ours".into(), signature: "ab".repeat(32) }));
}

#[tokio::test]
async fn the_agent_looks_at_the_journal_of_the_case_when_it_connects_and_whenever_kiosk_says_so() {
    let kiosk = kiosk();
    let case_seen = Arc::new(Notify::new());
    let (_contact, _changed, _from_kiosk) = agent_that_sees_the_case(kiosk.path.clone(), Arc::clone(&case_seen));
    tokio::time::timeout(PATIENCE, case_seen.notified()).await.expect("once it is connected");
    wait_for(&kiosk, |event| matches!(event, ControlEvent::Presence(Some(_))));
    kiosk.control.case_seen();
    tokio::time::timeout(PATIENCE, case_seen.notified()).await.expect("once it is told");
}

#[test]
fn the_agent_comes_back_to_a_kiosk_that_was_started_again() {
    let first = kiosk();
    let (_contact, _changed, _from_kiosk) = agent(first.path.clone());
    wait_for(&first, |event| matches!(event, ControlEvent::Presence(Some(_))));
    let Kiosk { control, path, _folder, .. } = first;
    drop(control);
    let (send, events) = channel();
    let started = WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset };
    let board = Arc::new(Board::new(started, "next"));
    let _next =
        Control::start(&path, Arc::new(SystemClock::start()), board, move |event| send.send(event).unwrap_or_default());
    assert_eq!(events.recv_timeout(PATIENCE), Ok(ControlEvent::Changed(Changed::Bulletin)));
}
