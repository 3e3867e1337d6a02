//! The terminal's real screen where something is missing or goes wrong: before enrolment, with a queue that is damaged
//! or can't be written to; and what is left of a visit outside of the program when it is over.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]

#[path = "../examples/demo/browser.rs"]
mod browser;
#[path = "../examples/demo/county.rs"]
mod county;
#[path = "../examples/demo/device.rs"]
mod device;
#[path = "support/finger.rs"]
mod finger;
#[path = "../examples/demo/machine.rs"]
mod machine;
#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "support/papers.rs"]
mod papers;
#[path = "../examples/demo/processes.rs"]
mod processes;
#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/demo/terminal.rs"]
mod terminal;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/visits.rs"]
mod visits;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use finger::Finger;
use kiosk::{config, pages::Page};
use processes::Programs;
use rusqlite::Connection;
use screen::Screen;
use terminal::{Hands, PANEL, Terminal};
use virtual_printer::VirtualPrinter;
use wait::until;
use wire::{bulletin::Bulletin, enrol::Enrolment};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// On the header, where the clock stands.
const CLOCK: (i16, i16) = (1_150, 30);

/// One terminal on a screen, without a county.
struct Site {
    folder: tempfile::TempDir,
    programs: Programs,
    terminal: Terminal,
    screen: Screen,
    finger: Finger,
    mirror: mirror::Mirror,
    bulletin: Bulletin,
    _printer: VirtualPrinter,
}

impl Site {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let at = |part: &str| folder.path().join(part);
        for part in ["bin", "logs", "dev", "terminal"] {
            fs::create_dir_all(at(part))?;
        }
        let programs = Programs::build(&at("bin"), true)?;
        let printer = VirtualPrinter::start(&at("dev").join("printer"))?;
        let settings = config::Printer { port: printer.port().to_owned(), ..config::Printer::default() };
        let terminal = Terminal::new(&at("terminal"), &at("logs"), &settings, None, true)?;
        let screen = Screen::start(PANEL.0, PANEL.1)?;
        let finger = Finger::on(screen.display())?;
        let (mirror, bulletin) = (terminal::mirror()?, papers::bulletin());
        mirror.set_bulletin(&bulletin);
        Ok(Self { folder, programs, terminal, screen, finger, mirror, bulletin, _printer: printer })
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join("terminal").join(part)
    }

    fn enrol(&self) -> Result<()> {
        let enrolment =
            Enrolment { bulletin: self.bulletin.clone(), ..papers::enrolment(String::new(), "https://127.0.0.1:1") };
        kiosk::durable::write(&terminal::enrolment(&self.path("")), &serde_json::to_vec(&enrolment)?, 0o600)?;
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        self.terminal.start_kiosk(&self.programs, Some(self.screen.display()))
    }

    fn hands(&mut self) -> Hands<'_> {
        Hands { terminal: &mut self.terminal, screen: &self.screen, mirror: &self.mirror }
    }

    /// Waits for a page by the control socket's name.
    fn see(&mut self, page: &str) -> Result<()> {
        until(&format!("the page {page}"), PATIENCE, || {
            self.terminal.check()?;
            Ok(self.terminal.status().filter(|status| status.page == page && status.frames > 0).map(|_| ()))
        })
    }

    /// The finger rests on a hidden door until another page is there.
    fn hold_until(&mut self, at: (i16, i16), page: &str) -> Result<()> {
        self.finger.press(at)?;
        let seen = self.see(page);
        self.finger.release(at)?;
        seen
    }

    fn said(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("logs/kiosk.log"))?)
    }

    /// Taps up to the page on which one writes.
    fn write(&mut self, words: &str) -> Result<()> {
        let (category, place) = (self.bulletin.categories[0].clone(), self.bulletin.places[0].name.clone());
        let mut hands = self.hands();
        hands.see(Page::Attract)?;
        hands.tap_to("摸一下，开始说", Page::Home)?;
        hands.tap_to("我要说", Page::Category)?;
        hands.tap_to(&category.label, Page::Place)?;
        hands.tap_to(&place, Page::Say)?;
        self.mirror.set_sentences(&category.sentences);
        let mut hands = self.hands();
        hands.tap("自己写")?;
        hands.mirror.set_writing(true);
        hands.type_text(words)
    }

    /// From the page on which one writes to the number.
    fn submit(&mut self) -> Result<()> {
        let mut hands = self.hands();
        hands.tap("写好了")?;
        hands.mirror.set_writing(false);
        hands.tap_to("交给代表", Page::Done)
    }
}

#[test]
fn before_enrolment_the_technician_gets_in_without_a_pin_and_the_terminal_works_once_it_is_enrolled() {
    let mut site = Site::new().unwrap();
    site.start().unwrap();
    site.see("out-of-service").unwrap();
    site.hold_until(CLOCK, "technician").unwrap();
    let frames = site.terminal.status().unwrap().frames;
    until("frames to be painted", PATIENCE, || Ok(site.terminal.status().filter(|status| status.frames > frames)))
        .unwrap();
    // The file arrives while they look; nothing else is needed.
    site.enrol().unwrap();
    until("the queue", PATIENCE, || Ok(site.path("data/queue.sqlite").exists().then_some(()))).unwrap();
    site.mirror.show(Page::Technician);
    site.hands().tap_to("返回", Page::Attract).unwrap();
    site.write("路灯坏了").unwrap();
    site.submit().unwrap();
}

#[test]
fn with_the_queue_of_a_newer_release_the_technician_signs_in_and_no_suggestion_is_taken() {
    let mut site = Site::new().unwrap();
    site.enrol().unwrap();
    Connection::open(site.path("data/queue.sqlite")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    site.start().unwrap();
    site.see("out-of-service").unwrap();
    site.hold_until(CLOCK, "pin").unwrap();
    site.mirror.show(Page::Pin);
    for digit in papers::TECHNICIAN_PIN.chars() {
        site.hands().tap(&digit.to_string()).unwrap();
    }
    site.see("technician").unwrap();
    assert!(site.said().unwrap().contains("schema 99"));
    site.mirror.show(Page::Technician);
    site.hands().tap("返回").unwrap();
    site.see("out-of-service").unwrap();
}

#[test]
fn a_damaged_queue_is_set_aside_and_the_next_suggestion_is_taken() {
    let mut site = Site::new().unwrap();
    site.enrol().unwrap();
    kiosk::durable::write(&site.path("data/queue.sqlite"), &[b'x'; 8192], 0o600).unwrap();
    site.start().unwrap();
    site.write("路灯坏了").unwrap();
    site.submit().unwrap();
    let sealed = fs::read(site.path("data/queue.sqlite.damaged-1/queue.sqlite.age")).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1") && sealed.len() > 8192);
    assert!(!site.path("data/queue.sqlite.damaged-1/queue.sqlite").exists());
}

#[test]
fn a_telephone_number_that_could_not_be_kept_is_said_and_kept_at_the_second_try() {
    let mut site = Site::new().unwrap();
    site.enrol().unwrap();
    site.start().unwrap();
    site.write("路灯坏了").unwrap();
    site.submit().unwrap();
    site.hands().tap_to("留个电话", Page::Contact).unwrap();
    site.hands().type_text("王小明").unwrap();
    let queue = Connection::open(site.path("data/queue.sqlite")).unwrap();
    queue.execute_batch("BEGIN IMMEDIATE").unwrap();
    site.hands().tap_to("留下", Page::Done).unwrap();
    until("the failure", PATIENCE, || Ok(site.said()?.contains("a contact could not be written down").then_some(())))
        .unwrap();
    queue.execute_batch("ROLLBACK").unwrap();
    // What was typed is still there.
    site.hands().tap_to("留个电话", Page::Contact).unwrap();
    site.hands().tap_to("留下", Page::Done).unwrap();
    until("the contact on the disk", PATIENCE, || {
        let sql = "SELECT count(*) FROM event WHERE kind = 'contact'";
        let kept: u32 = queue.query_row(sql, [], |row| row.get(0)).context("count contacts")?;
        Ok((kept == 1).then_some(()))
    })
    .unwrap();
}

#[test]
fn after_a_visit_neither_clipboard_nor_selection_holds_any_text() {
    let mut site = Site::new().unwrap();
    site.enrol().unwrap();
    site.start().unwrap();
    let words = "村口的路灯坏了，晚上看不见路。".repeat(20);
    site.write(&words).unwrap();
    // A finger drawn over the words selects them.
    let (x, y) = site.mirror.target("您要说的话").unwrap();
    site.finger.drag((x - 200, y), (x + 200, y)).unwrap();
    let selected = until("words in the selection", PATIENCE, || site.finger.text_of("PRIMARY")).unwrap();
    assert!(words.contains(&selected), "{selected}");
    // A keyboard that somebody brought copies nothing.
    site.screen.focus().unwrap();
    site.finger.with_control('a').unwrap();
    site.finger.with_control('c').unwrap();
    site.finger.with_control('x').unwrap();
    site.submit().unwrap();
    assert_eq!(site.finger.text_of("CLIPBOARD").unwrap(), None);
    site.hands().tap("好了").unwrap();
    site.hands().see(Page::Attract).unwrap();
    for clipboard in ["PRIMARY", "SECONDARY", "CLIPBOARD"] {
        assert_eq!(site.finger.text_of(clipboard).unwrap(), None, "{clipboard}");
    }
}

#[test]
fn whoever_taps_twice_goes_one_page_and_chooses_nothing_unseen() {
    let mut site = Site::new().unwrap();
    site.enrol().unwrap();
    site.start().unwrap();
    site.see("attract").unwrap();
    for (label, page, shown) in
        [("摸一下，开始说", "home", Page::Home), ("我要说", "category", Page::Category), ("道路", "place", Page::Place)]
    {
        let (x, y) = site.mirror.target(label).unwrap();
        site.screen.tap(x, y).unwrap();
        site.finger.press((x, y)).unwrap();
        site.finger.release((x, y)).unwrap();
        // The next page but one would be up where the next tap is awaited.
        site.see(page).unwrap();
        site.mirror.show(shown);
    }
    let village = site.bulletin.places[0].name.clone();
    site.hands().tap_to(&village, Page::Say).unwrap();
}
