//! A key on the on-screen keyboard until it is painted: CPU time of the UI thread with 2,000 characters and with 20.
//!
//! `cargo bench --workspace --bench keys`. Limits: p95 ≤ 16 ms with 2,000 characters, and ≤ 2 × that with 20. The two are
//! interleaved; each key is one that the keyboard sends, through the dispatcher, and painted by the software renderer.

mod support;
#[path = "../tests/support/writing.rs"]
mod writing;

use std::{process::ExitCode, rc::Rc};

use kiosk::{app, pages, session::Event};
use slint::{
    ComponentHandle, PhysicalSize, PlatformError, Rgb8Pixel,
    platform::{
        Platform, WindowAdapter,
        software_renderer::{MinimalSoftwareWindow, RepaintBufferType},
    },
};
use support::{quantile, thread_cpu, verdict};
use writing::open_writing;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 800;
const ROUNDS: usize = 200;
const LIMIT_MS: f64 = 16.0;

struct Headless(Rc<MinimalSoftwareWindow>);

impl Platform for Headless {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(self.0.clone())
    }
}

struct Screen {
    window: Rc<MinimalSoftwareWindow>,
    pixels: Vec<Rgb8Pixel>,
}

impl Screen {
    fn paint(&mut self) {
        slint::platform::update_timers_and_animations();
        self.window.draw_if_needed(|renderer| {
            renderer.render(&mut self.pixels, WIDTH as usize);
        });
    }
}

fn key(ui: &pages::App, screen: &mut Screen, key: &str) -> f64 {
    let before = thread_cpu();
    ui.global::<pages::Act>().invoke_key(key.into());
    screen.paint();
    (thread_cpu() - before).as_secs_f64() * 1000.0
}

fn fill(screen: &mut Screen, characters: usize) {
    let text: String = "村口的路灯坏了三个月，晚上看不见路。".chars().cycle().take(characters).collect();
    for event in [Event::WriteMyself(false), Event::TextEdited(text), Event::WriteMyself(true)] {
        app::dispatch(event);
        // A field that was never gone would keep its cursor.
        screen.paint();
    }
}

fn main() -> ExitCode {
    let window = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
    window.set_size(PhysicalSize::new(WIDTH, HEIGHT));
    slint::platform::set_platform(Box::new(Headless(window.clone()))).expect("the first platform");
    let ui = pages::App::new().expect("the pages");
    ui.show().expect("a window");
    ui.global::<pages::Shell>().set_plain(true);
    let folder = tempfile::tempdir().expect("a folder");
    open_writing(&ui, folder.path(), support::papers::bulletin());
    let mut screen = Screen { window, pixels: vec![Rgb8Pixel::default(); (WIDTH * HEIGHT) as usize] };
    screen.paint();

    let (mut long, mut short) = (Vec::new(), Vec::new());
    for round in 0..2 * ROUNDS {
        let (times, characters) = if round % 2 == 0 { (&mut long, 1_999) } else { (&mut short, 19) };
        fill(&mut screen, characters);
        times.push(key(&ui, &mut screen, "a"));
        let length = ui.global::<pages::Speak>().get_length();
        assert_eq!(usize::try_from(length), Ok(characters + 1), "the key reached the field");
    }
    app::stop();

    let (long, short) = (quantile(&long, 0.95), quantile(&short, 0.95));
    println!("p95 of the UI thread's CPU time for a key: {long:.2} ms with 2,000 characters, {short:.2} ms with 20");
    let absolute = verdict("p95 with 2,000 characters, ms", long, long <= LIMIT_MS, "limit 16");
    let ratio = verdict("ratio to 20 characters", long / short, long <= 2.0 * short, "limit 2");
    if absolute && ratio { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
