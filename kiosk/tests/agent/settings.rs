//! Settings from afar, with the real agent: fetched when the host names others, on the disk before anybody is told, kept
//! once kiosk works by them, refused with the field where this terminal can't have them.

use std::{
    fs,
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    control::{Board, Control, ControlEvent, message::Changed},
    fleet::settings_in_force,
};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;
use wire::{
    health::{self, Kiosk, PrinterState, Report, Taken},
    settings::{InForce, PATH, State},
};

use crate::{
    device::Device,
    health::well,
    program::Agent,
    scripted_host::{Reply, Request, ScriptedHost},
    terminal::{LEDGER, in_order},
};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(90);

fn report(request: &Request) -> Option<Report> {
    (request.path == health::PATH).then(|| serde_json::from_slice(&request.body).unwrap())
}

/// A host whose order 19 is for these settings.
fn orders(version: u64, settings: Value) -> impl FnMut(&Request) -> Reply + Send + 'static {
    let order = json!({ "v": 1, "order": 19, "version": version, "settings": settings, "of_a_newer_version": [1] });
    move |request| match report(request) {
        Some(report) => {
            Reply::json(200, LEDGER, &Taken { openings: report.tamper.openings, settings: Some(19), diagnostics: None })
        }
        None if request.path == PATH => Reply::json(200, LEDGER, &order),
        None => in_order(request),
    }
}

/// A kiosk that tells what it is told.
fn kiosk(device: &Device) -> (Control, mpsc::Receiver<ControlEvent>) {
    let (tell, told) = mpsc::channel();
    let board = Arc::new(Board::new(device.clock.wall(), "test"));
    let control = Control::start(&device.config.control_path(), Arc::clone(&device.clock), board, move |event| {
        tell.send(event).ok();
    });
    (control.unwrap(), told)
}

fn works_by(settings: Option<u64>) -> Kiosk {
    Kiosk { settings, run: Uuid::from_u128(9), ..well(PrinterState::Ok) }
}

async fn until_said(host: &ScriptedHost, says: impl Fn(&InForce) -> bool) -> InForce {
    let last = |seen: &Vec<Request>| seen.iter().filter_map(report).next_back().and_then(|report| report.settings);
    timeout(PATIENCE, host.until(|seen| last(seen).as_ref().is_some_and(&says))).await.unwrap();
    last(&host.seen()).unwrap()
}

#[tokio::test]
async fn settings_are_fetched_once_tried_and_kept_when_kiosk_works_by_them() {
    let host = ScriptedHost::start(orders(7, json!({ "volume": 5 }))).await;
    let device = Device::new(&host, false);
    let (control, told) = kiosk(&device);
    control.note_health(works_by(None));
    let _agent = Agent::start(&device.config_path);

    let trial = until_said(&host, |says| says.state == State::Trial).await;
    assert_eq!((trial.version, trial.order, trial.why), (Some(7), 19, None));
    let in_force = settings_in_force(&device.config.settings_path()).unwrap();
    assert_eq!((in_force.version, in_force.settings.volume), (7, Some(5)));
    let asked = tokio::task::spawn_blocking(move || {
        while told.recv_timeout(PATIENCE).unwrap() != ControlEvent::Changed(Changed::Settings) {}
    });
    asked.await.expect("kiosk is asked to start with them");

    control.note_health(works_by(Some(7)));
    let kept = until_said(&host, |says| says.state == State::Kept).await;
    assert_eq!((kept.version, kept.order), (Some(7), 19));
    let fetched = host.seen().iter().filter(|request| request.path == PATH).count();
    assert_eq!(fetched, 1, "what is there is not fetched again");
}

#[tokio::test]
async fn what_this_terminal_can_not_have_is_refused_with_the_field_and_nothing_of_it_is_in_force() {
    for (settings, field) in [
        (json!({ "volume": 3, "colour": "red" }), "colour"),
        (json!({ "volume": 9 }), "volume: expected"),
        (json!({ "volume": 3, "printer": { "profile": "nobodys" } }), "printer.profile: "),
        (json!("loud"), "invalid type"),
    ] {
        let host = ScriptedHost::start(orders(7, settings)).await;
        let device = Device::new(&host, false);
        let (control, told) = kiosk(&device);
        control.note_health(works_by(None));
        let _agent = Agent::start(&device.config_path);
        let refused = until_said(&host, |says| says.state == State::Refused).await;
        assert_eq!((refused.version, refused.order), (None, 19));
        assert!(refused.why.as_ref().is_some_and(|why| why.word().contains(field)), "{field}: {refused:?}");
        assert_eq!(settings_in_force(&device.config.settings_path()), None);
        assert!(told.try_iter().all(|event| event != ControlEvent::Changed(Changed::Settings)));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_order_or_never_ends_changes_nothing_and_a_file_that_rots_gives_the_terminals_own() {
    for answer in [Reply::status(500, LEDGER), Reply::Raw(vec![b'x'; 64]), Reply::json(200, LEDGER, &json!([7]))] {
        let mut in_order = orders(7, json!({}));
        let host =
            ScriptedHost::start(move |request| if request.path == PATH { answer.clone() } else { in_order(request) })
                .await;
        let device = Device::new(&host, false);
        let (control, _told) = kiosk(&device);
        control.note_health(works_by(None));
        let _agent = Agent::start(&device.config_path);
        timeout(PATIENCE, host.until(|seen| seen.iter().any(|request| request.path == PATH))).await.unwrap();
        assert!(!device.config.settings_path().exists());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    kiosk::durable::write(&file, b"{\"in_force\":", 0o644).unwrap();
    assert_eq!(settings_in_force(&file), None);
    fs::remove_file(&file).unwrap();
    assert_eq!(settings_in_force(&file), None);
}
