//! The panel's thread with a panel whose contacts bounce as a script says.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod panel_support;
mod queue_support;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use kiosk::{
    clock::Clock,
    panel::{self, Call, Event, Outputs, Slot},
};
use panel_support::{Run, Scripted, bounces, button, case};
use queue_support::Turned;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// By the test's clock, each look at the contacts takes so long.
const LOOK: Duration = Duration::from_millis(10);

/// A running panel, its events and what it shows.
fn run(
    look: Duration,
    runs: &[Run],
) -> (panel::Handle, std::thread::JoinHandle<()>, Receiver<Event>, Receiver<Outputs>) {
    let (clock, (events, happened), (shown, shows)) = (Turned::new(), channel(), channel());
    let scripted = Scripted::new(&clock, look, runs, shown);
    let of_thread: Arc<dyn Clock> = clock;
    let tell = move |event| events.send(event).unwrap_or_default();
    let (handle, thread) = panel::start(scripted, of_thread, tell).unwrap();
    (handle, thread, happened, shows)
}

#[test]
fn a_bouncing_help_button_calls_once_and_a_bouncing_case_opens_once() {
    let script = [vec![(button(false), 50)], bounces(button, true), bounces(button, false)].concat();
    let (_handle, _, happened, _) = run(LOOK, &[script, bounces(button, true)].concat());
    for _ in 0..2 {
        assert_eq!(happened.recv_timeout(PATIENCE).unwrap(), Event::HelpPressed);
    }

    let script = [vec![(case(false), 50)], bounces(case, true), bounces(case, false)].concat();
    let (_handle, _, happened, _) = run(LOOK, &script);
    for expected in [Event::CaseStands { open: false }, Event::CaseOpened, Event::CaseClosed] {
        assert_eq!(happened.recv_timeout(PATIENCE).unwrap(), expected);
    }
}

#[test]
fn lamps_and_light_follow_what_the_panel_is_told_and_rest_when_nobody_tells_any_more() {
    let (handle, thread, _, shows) = run(LOOK, &[(button(false), 1)]);
    let until = |wanted: Outputs| while shows.recv_timeout(PATIENCE).unwrap() != wanted {};
    let rest = Outputs::default();
    until(rest);
    handle.slot(Slot::Stands);
    until(Outputs { slot_lamp: true, ..rest });
    handle.slot(Slot::Empty);
    until(rest);
    handle.dark(true);
    until(Outputs { backlight: false, ..rest });
    handle.call(Call::Calling);
    until(Outputs { backlight: false, help_lamp: true, buzzer: true, ..rest });
    handle.dark(false);
    handle.call(Call::Acknowledged);
    until(Outputs { help_lamp: true, ..rest });
    let told_too = handle.clone();
    drop(handle);
    told_too.dark(true);
    until(Outputs { backlight: false, help_lamp: true, ..rest });
    drop(told_too);
    thread.join().unwrap();
    assert_eq!(shows.iter().last(), Some(rest));
}

#[test]
fn a_receipt_that_nothing_sees_being_taken_lights_the_slot_for_a_while() {
    // Without a word more, by the panel's own clock, which a look at its contacts moves on.
    let (handle, _, _, shows) = run(Duration::from_secs(1), &[(button(false), 1)]);
    handle.slot(Slot::Hangs);
    let lit: Vec<_> = shows.iter().map(|shown| shown.slot_lamp).skip_while(|lit| !lit).take(2).collect();
    assert_eq!(lit, [true, false]);
}
