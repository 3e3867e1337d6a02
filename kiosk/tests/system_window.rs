//! The demo's window: the terminal opens on this session's screen, the console's address is told, and the paper is shown
//! as it comes out.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "hands and screen are shared with the demo")]
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "../examples/demo/processes.rs"]
mod processes;
#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/demo/terminal.rs"]
mod terminal;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use kiosk::pages::Page;
use screen::Screen;
use terminal::{Hands, PANEL, Terminal};
use wait::until;

/// Only a failing test waits so long: the programs are built.
const PATIENCE: Duration = Duration::from_secs(60);

/// The demo, as the test command builds it.
fn demo() -> Command {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/demo");
    assert!(program.exists(), "{} is not built: kiosk/test system builds it", program.display());
    let mut command = Command::new(program);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// The running demo, which ends with the test.
struct Shown {
    demo: Child,
    said: PathBuf,
}

impl Shown {
    fn start(folder: &Path, display: &str) -> Self {
        let said = folder.join("said.txt");
        let demo = demo()
            .arg("--out")
            .arg(folder)
            .env("DISPLAY", display)
            .stdout(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        Self { demo, said }
    }

    /// Waits until the demo has said all of this.
    fn says(&mut self, wanted: &[&str]) {
        until(&format!("the demo to say {wanted:?}"), PATIENCE, || {
            assert!(self.demo.try_wait()?.is_none(), "the demo ended by itself");
            let said = fs::read_to_string(&self.said)?;
            Ok(wanted.iter().all(|words| said.contains(words)).then_some(()))
        })
        .unwrap_or_else(|problem| panic!("{problem}; it said:\n{}", fs::read_to_string(&self.said).unwrap()));
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // It has ended where the test came to its end.
        drop(self.demo.kill());
        drop(self.demo.wait());
    }
}

#[test]
fn the_window_opens_beside_the_consoles_address_and_the_paper_is_shown_as_it_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let screen = Screen::start(PANEL.0, PANEL.1).unwrap();
    let mut shown = Shown::start(folder.path(), screen.display());
    shown.says(&["console: https://", "/county\n", "deputy", "password", "PIN is"]);

    let mut terminal = Terminal::in_use(&folder.path().join("stage/terminal"), folder.path()).unwrap();
    let mirror = terminal::mirror().unwrap();
    let bulletin = until("the county's bulletin", PATIENCE, || {
        Ok(terminal.bulletin()?.filter(|bulletin| !bulletin.places.is_empty()))
    })
    .unwrap();
    mirror.set_bulletin(&bulletin);
    let category = &bulletin.categories[0];
    let mut hands = Hands { terminal: &mut terminal, screen: &screen, mirror: &mirror };
    hands.see(Page::Attract).unwrap();
    hands.tap_to("摸一下，开始说", Page::Home).unwrap();
    hands.tap_to("我要说", Page::Category).unwrap();
    hands.tap_to(&category.label, Page::Place).unwrap();
    hands.tap_to(&bulletin.places[0].name, Page::Say).unwrap();
    mirror.set_sentences(&category.sentences);
    hands.tap(&category.sentences[0]).unwrap();
    hands.tap_to("交给代表", Page::Done).unwrap();

    let ticket = terminal.tickets().unwrap().pop().unwrap();
    let link = "[QR https://";
    shown.says(&["意见登记小票", &category.name, link, &format!("/t#{ticket}."), "receipts/001.png"]);
    assert!(fs::metadata(folder.path().join("receipts/001.png")).unwrap().len() > 200);

    // Ctrl-C ends the demo, and the demo its programs.
    assert!(Command::new("kill").args(["-INT", &shown.demo.id().to_string()]).status().unwrap().success());
    let ended = until("the demo to end", PATIENCE, || Ok(shown.demo.try_wait()?)).unwrap();
    assert!(ended.success(), "{ended}");
    assert!(terminal.status().is_none(), "the terminal's program outlived the demo");
}

#[test]
fn without_a_screen_that_the_window_can_open_on_the_demo_says_what_to_do() {
    for (wayland, wanted) in [(Some("wayland-0"), "apt install xwayland"), (None, "DISPLAY is not set")] {
        let output = demo().envs(wayland.map(|name| ("WAYLAND_DISPLAY", name))).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(said.contains(wanted) && said.contains("--headless --out DIR"), "{said}");
    }
}
