//! The real pages with the dispatcher behind them, opened where one writes.

use std::{
    path::Path,
    sync::{Arc, mpsc},
};

use kiosk::{
    app,
    clock::{Clock, SystemClock},
    config,
    control::{Board, Control},
    input::{engine, sound},
    pages, panel,
    session::Event,
};
use slint::ComponentHandle as _;
use wire::bulletin::Bulletin;

/// Starts the dispatcher, and opens the page for writing with its keyboard; what the clerk is asked for goes to the inbox.
pub(crate) fn open_writing(ui: &pages::App, folder: &Path, bulletin: Bulletin) -> mpsc::Receiver<app::Task> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let board = Arc::new(Board::new(clock.wall(), "test"));
    let control = Control::start(&folder.join("control.sock"), Arc::clone(&clock), Arc::clone(&board), |_| ());
    let (clerk, inbox) = app::Clerk::new();
    // Letters alone.
    let input = engine::start(folder.join("no input methods"), Arc::clone(&clock), |_| ());
    let sound = sound::start(folder.join("no sound"), Vec::new(), Arc::clone(&clock), |_| ());
    app::start(app::Parts {
        ui: ui.clone_strong(),
        clerk,
        control: Arc::new(control.expect("a socket")),
        board,
        clock,
        panel: panel::Handle::default(),
        input: input.expect("a thread"),
        sound: sound.expect("a thread"),
        loudness: config::Loudness::default(),
        may_speak: Vec::new(),
        dark_after: None,
        has_scanner: false,
        has_stick: false,
    });
    app::dispatch(Event::Bulletin(Box::new(bulletin), None));
    for event in [
        Event::OpenHome,
        Event::OpenSpeak,
        Event::ChooseCategory("road".into()),
        Event::PlaceDone,
        Event::WriteMyself(true),
    ] {
        app::dispatch(event);
    }
    inbox
}
