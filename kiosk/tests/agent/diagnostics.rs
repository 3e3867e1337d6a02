//! What is asked of a terminal from afar, with the real agent: only what its own host signed for it is done, once, while
//! nobody is there; and what came of it is told until the host has it.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use kiosk::{
    control::{
        Board, Control, ControlEvent,
        message::{Want, Wanted},
    },
    durable,
};
use rcgen::{ExtendedKeyUsagePurpose, SigningKey as _};
use tokio::time::timeout;
use uuid::Uuid;
use wire::{
    diagnostics::{Came, Diagnostic, Outcome, PATH, Request as Asked, SignedRequest, VERSION, Why, signed_bytes},
    health::{self, Kiosk, PrinterState, Report, Taken},
    ticket::TerminalNumber,
};

use crate::{
    device::Device,
    health::well,
    program::Agent,
    scripted_host::{Authority, Reply, Request, ScriptedHost},
    terminal::{LEDGER, in_order},
};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(90);

/// What waits for the terminal, oldest first, as the host has it; and the numbers that were handed out.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<(u64, SignedRequest)>>>, Arc<Mutex<Vec<u64>>>);

impl Waits {
    fn ask(&self, number: u64, signed: SignedRequest) {
        self.0.lock().unwrap().push((number, signed));
    }

    fn answer(&self, request: &Request) -> Reply {
        if request.path == health::PATH {
            let report: Report = serde_json::from_slice(&request.body).unwrap();
            let diagnostics = self.0.lock().unwrap().first().map(|(number, _)| *number);
            let openings = report.tamper.openings;
            return Reply::json(200, LEDGER, &Taken { openings, settings: None, diagnostics });
        }
        if request.path == PATH {
            return match self.0.lock().unwrap().first() {
                Some((number, signed)) => {
                    self.1.lock().unwrap().push(*number);
                    Reply::json(200, LEDGER, signed)
                }
                None => Reply::status(404, LEDGER),
            };
        }
        match outcome(request) {
            Some(outcome) => {
                self.0.lock().unwrap().retain(|(number, _)| *number != outcome.number);
                Reply::status(204, LEDGER)
            }
            None => in_order(request),
        }
    }
}

fn outcome(request: &Request) -> Option<Outcome> {
    let is_one = request.method == "PUT" && request.path.starts_with(PATH);
    is_one.then(|| serde_json::from_slice(&request.body).unwrap())
}

fn asked(terminal: TerminalNumber, number: u64, what: Diagnostic) -> String {
    let at = wire::time::BUILT;
    let until = at + SignedDuration::from_hours(1);
    serde_json::to_string(&Asked { v: VERSION, number, terminal, what, at, until }).unwrap()
}

fn signed(by: &Authority, usage: ExtendedKeyUsagePurpose, request: String) -> SignedRequest {
    let (key, chain) = by.certifies(usage);
    let signature = key.sign(&signed_bytes(&request)).unwrap();
    SignedRequest::new(request, &signature, chain)
}

/// As the host signs it.
fn good(host: &ScriptedHost, terminal: TerminalNumber, number: u64, what: Diagnostic) -> SignedRequest {
    signed(&host.authority, ExtendedKeyUsagePurpose::CodeSigning, asked(terminal, number, what))
}

async fn told(host: &ScriptedHost, number: u64) -> Outcome {
    let find = |seen: &Vec<Request>| seen.iter().filter_map(outcome).find(|outcome| outcome.number == number);
    timeout(PATIENCE, host.until(|seen| find(seen).is_some())).await.unwrap();
    find(&host.seen()).unwrap()
}

/// A kiosk that answers so, and what it was wanted to do.
fn kiosk(device: &Device, answer: impl Fn(Want) -> Wanted + Send + Sync + 'static) -> (Control, Arc<Mutex<Vec<Want>>>) {
    let wants = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&wants);
    let board = Arc::new(Board::new(device.clock.wall(), "test"));
    let control = Control::start(&device.config.control_path(), Arc::clone(&device.clock), board, move |event| {
        if let ControlEvent::Wanted(want, reply_to) = event {
            noted.lock().unwrap().push(want);
            reply_to.answer(answer(want));
        }
    });
    let control = control.unwrap();
    control.note_health(well(PrinterState::Ok));
    (control, wants)
}

async fn world() -> (Waits, ScriptedHost, Device) {
    let waits = Waits::default();
    let host = ScriptedHost::start({
        let waits = waits.clone();
        move |request| waits.answer(request)
    })
    .await;
    let device = Device::new(&host, false);
    (waits, host, device)
}

#[tokio::test]
async fn one_after_another_is_done_and_told_with_what_it_brings() {
    let (waits, host, device) = world().await;
    let terminal = device.enrolment.terminal;
    let first_time = Mutex::new(true);
    let (_control, wants) = kiosk(&device, move |want| match want {
        // Somebody is there at first.
        Want::TestPrint if std::mem::take(&mut *first_time.lock().unwrap()) => Wanted::Busy,
        Want::TestPrint => Wanted::Sent,
        Want::Picture => Wanted::Picture(STANDARD.encode(b"a picture")),
        Want::Restart | Want::Lease { .. } => Wanted::Failed,
    });
    for (number, what) in [
        (3, Diagnostic::Log),
        (4, Diagnostic::TestPrint),
        (5, Diagnostic::Picture),
        (7, Diagnostic::RestartScreen),
        (8, Diagnostic::Reboot),
        (9, Diagnostic::Other("shell".into())),
    ] {
        waits.ask(number, good(&host, terminal, number, what));
    }
    let _agent = Agent::start(&device.config_path);
    let last = told(&host, 9).await;
    assert_eq!((last.came, last.why), (Came::Refused, Some(Why::NotKnown)));
    let log = told(&host, 3).await;
    assert_eq!(log.came, Came::Done);
    assert!(log.log.iter().any(|line| line.contains("asked from afar") && line.ends_with("[kiosk-agent]")), "{log:?}");
    assert_eq!(told(&host, 4).await.came, Came::Sent);
    assert_eq!(told(&host, 5).await.png().as_deref(), Some(&b"a picture"[..]));
    assert_eq!(told(&host, 7).await.came, Came::Failed);
    let refused = told(&host, 8).await;
    assert_eq!((refused.came, refused.why), (Came::Refused, Some(Why::NoReboot)));
    assert_eq!(*wants.lock().unwrap(), [Want::TestPrint, Want::TestPrint, Want::Picture, Want::Restart]);
    let outcomes: Vec<_> = host.seen().iter().filter_map(outcome).map(|outcome| outcome.number).collect();
    assert_eq!(outcomes, [3, 4, 5, 7, 8, 9]);
}

/// What is no request of this terminal's host, by what is wrong with it.
fn forged(host: &ScriptedHost, terminal: TerminalNumber, number: u64) -> Vec<(&'static str, SignedRequest)> {
    use ExtendedKeyUsagePurpose::{ClientAuth, CodeSigning, ServerAuth, TimeStamping};
    let print = || asked(terminal, number, Diagnostic::TestPrint);
    let mut changed = signed(&host.authority, CodeSigning, print());
    changed.request = changed.request.replace("test_print", "reboot");
    let mut bare = signed(&host.authority, CodeSigning, print());
    bare.chain = String::new();
    vec![
        ("another terminal's", good(host, TerminalNumber::new(99).unwrap(), number, Diagnostic::TestPrint)),
        ("a foreign host's", signed(&Authority::new(), CodeSigning, print())),
        ("a server's key", signed(&host.authority, ServerAuth, print())),
        ("the key of the time", signed(&host.authority, TimeStamping, print())),
        ("a terminal's key", signed(&host.authority, ClientAuth, print())),
        ("changed on its way", changed),
        ("without a chain", bare),
        ("not a request", signed(&host.authority, CodeSigning, "{}".into())),
    ]
}

#[tokio::test]
async fn what_its_own_host_did_not_sign_for_it_is_never_done() {
    let (waits, host, device) = world().await;
    let terminal = device.enrolment.terminal;
    let (control, wants) = kiosk(&device, |_| Wanted::Done);
    // Another run each time is news, of which the agent tells its host, and hears what waits.
    let mut runs = 100..;
    let mut happens =
        || control.note_health(Kiosk { run: Uuid::from_u128(runs.next().unwrap()), ..well(PrinterState::Ok) });
    happens();
    let _agent = Agent::start(&device.config_path);
    for (number, (what, request)) in (10..).step_by(2).zip(forged(&host, terminal, 10)) {
        waits.ask(number, request);
        happens();
        timeout(PATIENCE, host.until(|_| waits.1.lock().unwrap().contains(&number))).await.expect(what);
        // One thing at a time: a good one that is answered shows that the forged one is done with.
        *waits.0.lock().unwrap() = vec![(number + 1, good(&host, terminal, number + 1, Diagnostic::Log))];
        happens();
        assert_eq!(told(&host, number + 1).await.came, Came::Done, "{what}");
        assert!(wants.lock().unwrap().is_empty(), "{what}");
        assert!(host.seen().iter().filter_map(outcome).all(|outcome| outcome.number % 2 == 1), "{what}");
    }
}

#[tokio::test]
async fn a_request_that_is_played_again_is_refused_and_nothing_is_done_twice() {
    let (waits, host, device) = world().await;
    let terminal = device.enrolment.terminal;
    let (_control, wants) = kiosk(&device, |_| Wanted::Done);
    let print = good(&host, terminal, 5, Diagnostic::TestPrint);
    waits.ask(5, print.clone());
    let agent = Agent::start(&device.config_path);
    assert_eq!(told(&host, 5).await.came, Came::Done);
    let account = async {
        while !fs::read_to_string(device.config.diagnostics_path()).unwrap().contains("\"untold\":null") {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, account).await.expect("it is noted that the host has it");
    drop(agent);
    let before = host.seen().len();
    waits.ask(5, print);
    let _agent = Agent::start(&device.config_path);
    let again = |seen: &Vec<Request>| seen[before..].iter().find_map(outcome);
    timeout(PATIENCE, host.until(|seen| again(seen).is_some())).await.unwrap();
    let again = again(&host.seen()).unwrap();
    assert_eq!((again.came, again.why), (Came::Refused, Some(Why::NumberTaken)));
    assert_eq!(wants.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_machine_starts_anew_only_with_a_lease_and_a_command_that_fails_is_told() {
    let (waits, host, device) = world().await;
    let terminal = device.enrolment.terminal;
    let done = device.folder.path().join("done");
    let script = format!("echo once >> {}; exit 3", done.display());
    let settings = fs::read_to_string(&device.config_path).unwrap();
    let settings = format!("reboot = [\"/bin/sh\", \"-c\", {script:?}]\n{settings}");
    durable::write(&device.config_path, settings.as_bytes(), 0o600).unwrap();
    let first_time = Mutex::new(true);
    let (_control, wants) =
        kiosk(
            &device,
            move |_| {
                if std::mem::take(&mut *first_time.lock().unwrap()) { Wanted::Busy } else { Wanted::Done }
            },
        );
    waits.ask(3, good(&host, terminal, 3, Diagnostic::Reboot));
    let _agent = Agent::start(&device.config_path);
    let failed = told(&host, 3).await;
    assert!(
        failed.came == Came::Failed && failed.why.as_ref().unwrap().word().contains("exit status: 3"),
        "{failed:?}"
    );
    assert_eq!(fs::read_to_string(done).unwrap(), "once\n");
    assert_eq!(*wants.lock().unwrap(), [Want::Lease { seconds: 120 }; 2]);
}
