//! The real pages with the dispatcher behind them, opened where one writes.

#![allow(dead_code, clippy::allow_attributes, reason = "tests and a bench use a part of it each")]

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use i_slint_backend_testing::{TestingBackend, TestingBackendOptions, mock_elapsed_time};

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

/// A window of the large panel, painted in memory, in which time goes by as tests say.
pub(crate) fn window() -> pages::App {
    let backend = TestingBackend::new(TestingBackendOptions {
        mock_time: true,
        threading: false,
        renderer_name: Some("software".into()),
    });
    // A second window of the same thread finds the platform there.
    slint::platform::set_platform(Box::new(backend)).ok();
    let ui = pages::App::new().expect("a window");
    ui.show().expect("a window");
    ui.window().set_size(slint::PhysicalSize::new(1280, 800));
    ui.global::<pages::Shell>().set_plain(true);
    ui
}

/// Lets what waits come to its end, and paints it.
pub(crate) fn settle(ui: &pages::App) {
    for _ in 0..4 {
        mock_elapsed_time(Duration::from_millis(400));
    }
    ui.window().take_snapshot().expect("a picture");
}

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
