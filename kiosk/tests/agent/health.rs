//! What the agent tells the host of the terminal, and when: with the real program and a host that answers as a test says.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kiosk::{
    control::{Board, Control},
    durable,
    tamper::Seen,
};
use tokio::time::timeout;
use uuid::Uuid;
use wire::health::{CaseSwitch, Kiosk, PATH, Printer, PrinterState, Queue, QueueState, Report, Taken};

use crate::{
    device::Device,
    program::Agent,
    scripted_host::{Reply, Request, ScriptedHost},
    terminal::{LEDGER, in_order},
};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(90);

fn report(request: &Request) -> Option<Report> {
    (request.path == PATH).then(|| serde_json::from_slice(&request.body).unwrap())
}

/// A host in order, which takes reports too.
fn takes_reports(request: &Request) -> Reply {
    match report(request) {
        Some(report) => {
            Reply::json(200, LEDGER, &Taken { openings: report.tamper.openings, settings: None, diagnostics: None })
        }
        None => in_order(request),
    }
}

pub(crate) fn well(printer: PrinterState) -> Kiosk {
    Kiosk {
        run: Uuid::from_u128(7),
        version: "0.1.0".into(),
        queue: Queue { state: QueueState::Ok, waiting: Some(0), oldest_s: None, dead: Some(0), set_aside: Some(0) },
        printer: Printer { port: true, state: printer, profile: "epson-tm".into() },
        case_switch: Some(CaseSwitch::Watched),
        settings: None,
    }
}

fn kiosk(device: &Device) -> Control {
    let board = Arc::new(Board::new(device.clock.wall(), "test"));
    Control::start(&device.config.control_path(), Arc::clone(&device.clock), board, |_| {}).unwrap()
}

#[tokio::test]
async fn an_opened_case_is_the_first_thing_that_a_host_hears_once_it_answers_again() {
    let host = ScriptedHost::start(|_| Reply::Raw(Vec::new())).await;
    let device = Device::new(&host, false);
    device.takes_a_suggestion();
    device.settle();
    device.saw(Seen::Opened);
    let _agent = Agent::start(&device.config_path);
    // Several contacts that fail, with the report and with events.
    host.until(|seen| seen.iter().filter(|request| request.event().is_some()).count() >= 2).await;
    assert!(host.seen().iter().any(|request| report(request).is_some()));

    let answered = Arc::new(Mutex::new(Vec::new()));
    let of_host = Arc::clone(&answered);
    host.answers(move |request| {
        of_host.lock().unwrap().push(request.path.clone());
        takes_reports(request)
    });
    let before = host.seen().len();
    timeout(PATIENCE, host.until(|seen| seen[before..].iter().any(|request| request.event().is_some()))).await.unwrap();
    let heard: Vec<_> = answered.lock().unwrap().iter().filter(|path| *path != wire::time::PATH).cloned().collect();
    assert_eq!(heard[0], PATH, "{heard:?}");
    let told = host.seen()[before..].iter().find_map(report).unwrap();
    assert_eq!((told.terminal, told.tamper.openings, told.tamper.new.len()), (device.enrolment.terminal, 1, 1));
    assert_eq!((told.boot, told.tamper.new[0].number), (device.clock.boot(), 1));
    let account = async {
        while device.settle().is_untold() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, account).await.expect("it is noted that the host has it");
}

#[tokio::test]
async fn a_silent_kiosk_is_told_as_silent_and_each_change_of_one_that_speaks_is_told_once() {
    let host = ScriptedHost::start(takes_reports).await;
    let device = Device::new(&host, false);
    let _agent = Agent::start(&device.config_path);
    let told = |seen: &Vec<Request>| -> Vec<Option<PrinterState>> {
        seen.iter().filter_map(report).map(|report| report.kiosk.map(|kiosk| kiosk.printer.state)).collect()
    };
    let mut expected = vec![None];
    timeout(PATIENCE, host.until(|seen| told(seen) == expected)).await.unwrap();
    for state in [PrinterState::Ok, PrinterState::NoPaper] {
        // A kiosk of its own each: the first ends, and the agent finds the next one.
        let control = kiosk(&device);
        control.note_health(well(state.clone()));
        expected.push(Some(state));
        timeout(PATIENCE, host.until(|seen| told(seen) == expected)).await.unwrap();
        drop(control);
        expected.push(None);
        timeout(PATIENCE, host.until(|seen| told(seen) == expected)).await.unwrap();
    }
    let reports: Vec<Report> = host.seen().iter().filter_map(report).collect();
    assert!(reports.windows(2).all(|pair| pair[0].is_before(&pair[1])));
    assert!(host.seen().iter().filter(|request| request.path == PATH).all(|request| request.certified));
}

#[tokio::test]
async fn a_host_that_takes_no_reports_or_never_answers_them_delays_nothing() {
    for reply in [Reply::status(500, LEDGER), Reply::Silence, Reply::Drip(b"HTTP/1.1 200 X".into(), PATIENCE)] {
        let host = ScriptedHost::start(
            move |request| if report(request).is_some() { reply.clone() } else { in_order(request) },
        )
        .await;
        let device = Device::new(&host, false);
        device.takes_a_suggestion();
        let _agent = Agent::start(&device.config_path);
        let delivered = |seen: &Vec<Request>| seen.iter().any(|request| request.event().is_some());
        timeout(PATIENCE, host.until(delivered)).await.unwrap();
        timeout(PATIENCE, host.until(|seen| seen.iter().any(|request| report(request).is_some()))).await.unwrap();
    }
}

#[tokio::test]
async fn a_queue_that_nobody_can_open_keeps_no_report_from_the_host_and_is_forwarded_once_it_is_mended() {
    let host = ScriptedHost::start(takes_reports).await;
    let device = Device::new(&host, false);
    durable::write(&device.config.queue_path(), &[b'x'; 8192], 0o600).unwrap();
    let control = kiosk(&device);
    let mut unusable = well(PrinterState::Ok);
    unusable.queue.state = QueueState::Unusable;
    control.note_health(unusable);
    let _agent = Agent::start(&device.config_path);
    let state = |seen: &Vec<Request>| Some(seen.iter().filter_map(report).next_back()?.kiosk?.queue.state);
    timeout(PATIENCE, host.until(|seen| state(seen) == Some(QueueState::Unusable))).await.unwrap();

    std::fs::remove_file(device.config.queue_path()).unwrap();
    device.takes_a_suggestion();
    control.note_health(well(PrinterState::Ok));
    timeout(PATIENCE, host.until(|seen| seen.iter().any(|request| request.event().is_some()))).await.unwrap();
    timeout(PATIENCE, host.until(|seen| state(seen) == Some(QueueState::Ok))).await.unwrap();
}

#[tokio::test]
async fn how_the_case_stands_is_told_only_while_kiosk_watches_its_switch() {
    let host = ScriptedHost::start(takes_reports).await;
    let device = Device::new(&host, false);
    let control = kiosk(&device);
    let _agent = Agent::start(&device.config_path);
    let open = |seen: &Vec<Request>| seen.iter().filter_map(report).next_back().map(|report| report.tamper.open);
    for (switch, expected) in [
        (Some(CaseSwitch::Watched), Some(false)),
        (Some(CaseSwitch::Failed), None),
        (Some(CaseSwitch::Watched), Some(false)),
        (None, None),
    ] {
        control.note_health(Kiosk { case_switch: switch, ..well(PrinterState::Ok) });
        timeout(PATIENCE, host.until(|seen| open(seen) == Some(expected))).await.unwrap();
    }
    let openings: Vec<u64> = host.seen().iter().filter_map(report).map(|report| report.tamper.openings).collect();
    assert!(openings.iter().all(|count| *count == 0));
}
