//! The real terminal, its agent and the host, with the terminal's data on a disk that falls ill and gets well: what the
//! villager is told, what the technician reads, and what arrives.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "support/alarms.rs"]
mod alarms;
#[path = "../examples/demo/browser.rs"]
mod browser;
#[path = "../examples/demo/county.rs"]
mod county;
#[path = "../examples/demo/device.rs"]
mod device;
#[path = "support/finger.rs"]
mod finger;
#[path = "support/forgetful/mod.rs"]
mod forgetful;
#[path = "../examples/demo/machine.rs"]
mod machine;
#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "../examples/demo/processes.rs"]
mod processes;
#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/demo/stage.rs"]
mod stage;
#[path = "../examples/demo/terminal.rs"]
mod terminal;
#[path = "../examples/chaos/villager.rs"]
mod villager;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/visits.rs"]
mod visits;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{fs, path::Path, time::Duration};

use finger::Finger;
use forgetful::{
    Forgetful,
    disk::ROOT,
    illness::{Illness, Of, Work},
};
use kiosk::pages::Page;
use rusqlite::{Connection, OpenFlags};
use screen::Screen;
use stage::{PrinterChoice, Stage};
use terminal::PANEL;
use villager::Villager;
use wait::until;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// On the clock of every page.
const CLOCK: (i16, i16) = (1_150, 30);

const ATTRACT: &str = "摸一下，开始说";
const NOT_KEPT: &str = "没存上，请再交一次，或者叫人帮忙。";
const TAKES_NOTHING: &str = "这台机器先歇一歇";
const WHY: &str = "机器现在存不了东西，不能收意见。";
const FULL: &str = "机器里存满了，联网送走以后再收。";

struct Site {
    stage: Stage,
    villager: Villager,
    finger: Finger,
    category: wire::bulletin::Category,
    village: String,
    county: Connection,
    screen: Screen,
    mirror: mirror::Mirror,
}

impl Site {
    fn open(folder: &Path) -> Self {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let mut stage = Stage::set(folder, &PrinterChoice::default(), true).unwrap();
        let screen = Screen::start(PANEL.0, PANEL.1).unwrap();
        stage.terminal.start_kiosk(&stage.programs, Some(screen.display())).unwrap();
        stage.terminal.start_agent(&stage.programs).unwrap();
        let bulletin = stage.bulletin().unwrap();
        let villager = Villager { socket: stage.terminal.drive_socket() };
        let county = folder.join("host/county.sqlite");
        Self {
            villager,
            finger: Finger::on(screen.display()).unwrap(),
            category: bulletin.categories[0].clone(),
            village: bulletin.places[0].name.clone(),
            county: Connection::open_with_flags(county, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap(),
            stage,
            screen,
            mirror: terminal::mirror().unwrap(),
        }
    }

    fn sees(&self, words: &str) {
        self.villager.see(words, |seen| seen.says(words).then_some(())).unwrap();
    }

    /// Up to the words; whatever comes of them.
    fn say(&self) {
        for label in [ATTRACT, "我要说", &self.category.label, &self.village, &self.category.sentences[0], "交给代表"]
        {
            self.villager.tap(label).unwrap();
        }
    }

    /// The number that the screen gives for a suggestion that was taken.
    fn told(&self) -> String {
        let number = self.villager.see("the number", villager::Seen::number).unwrap();
        self.villager.tap("好了").unwrap();
        number
    }

    fn cases(&self) -> Vec<String> {
        let mut cases = self.county.prepare("SELECT ticket FROM ticket_case ORDER BY ticket").unwrap();
        cases.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn arrive(&mut self, tickets: &[&String]) {
        until("the tickets to arrive", PATIENCE, || {
            self.stage.terminal.check()?;
            Ok((self.cases().iter().collect::<Vec<_>>() == tickets).then_some(()))
        })
        .unwrap();
    }

    fn until_alarms(&mut self, expected: &[&str]) {
        alarms::until_alarms(&mut self.stage, expected, PATIENCE);
    }

    /// What the technician reads.
    fn technician(&self, wanted: &str) {
        self.finger.press(CLOCK).unwrap();
        let pin = self.stage.pins.1.clone();
        self.villager.see("the keypad", |seen| seen.target(&pin[..1])).unwrap();
        self.finger.release(CLOCK).unwrap();
        // Behind the finger, in the order of the display: the keypad takes no touch while the clock is held.
        self.mirror.show(Page::Pin);
        for digit in pin.chars() {
            let (x, y) = self.mirror.target(&digit.to_string()).unwrap();
            self.screen.tap(x, y).unwrap();
        }
        let read = self.villager.see(wanted, |seen| seen.mentions(wanted).then_some(()));
        assert!(read.is_ok(), "{:?}", self.villager.look());
        self.villager.tap("返回").unwrap();
    }
}

#[test]
fn a_full_disk_takes_the_visit_under_way_and_is_an_alarm_until_there_is_room() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Forgetful::new());
    let data = folder.path().join("terminal/data");
    fs::create_dir_all(&data).unwrap();
    let mounted = disk.mount(&data).expect("a file system of one's own can be mounted");
    let mut site = Site::open(folder.path());
    site.sees(ATTRACT);
    site.until_alarms(&[]);
    // Something else has filled the disk; the reserve is all that is left.
    let used = disk.disk().used();
    disk.disk().set_capacity(Some(used));
    site.say();
    let taken = site.told();
    site.sees(FULL);
    site.until_alarms(&["queue_full"]);
    site.arrive(&[&taken]);

    disk.disk().set_capacity(None);
    site.sees(ATTRACT);
    site.until_alarms(&[]);
    site.say();
    let next = site.told();
    site.arrive(&[&taken, &next]);
    drop(site);
    mounted.umount_and_join().unwrap();
}

#[test]
fn a_terminal_on_a_disk_that_fails_says_so_keeps_its_word_and_is_back_by_itself_when_the_disk_is_well() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Forgetful::new());
    let data = folder.path().join("terminal/data");
    fs::create_dir_all(&data).unwrap();
    let mounted = disk.mount(&data).expect("a file system of one's own can be mounted");
    let mut site = Site::open(folder.path());
    site.say();
    let first = site.told();
    site.arrive(&[&first]);

    // No fsync succeeds: what is submitted is not called kept, and the next visitor is told to go elsewhere.
    site.sees(ATTRACT);
    disk.disk().fall_ill(Some(Illness::of(Of::All, &[Work::Sync])));
    site.say();
    site.sees(NOT_KEPT);
    site.villager.tap("交给代表").unwrap();
    site.sees(NOT_KEPT);
    disk.disk().fall_ill(None);
    // Well again, while the villager still stands there: the same words are one suggestion.
    until("the words to be kept", PATIENCE, || {
        let seen = site.villager.look()?;
        if let Some(at) = seen.target("交给代表") {
            site.villager.touch(at)?;
        }
        Ok(seen.number())
    })
    .unwrap();
    let second = site.told();
    site.arrive(&[&first, &second]);

    // The host is off, something waits, and the system makes the disk read-only: nobody need try it to be told.
    site.sees(ATTRACT);
    site.stage.machine.take().unwrap().stop().unwrap();
    site.say();
    let third = site.told();
    site.sees(ATTRACT);
    disk.disk().set_read_only(true);
    site.sees(TAKES_NOTHING);
    site.sees(WHY);
    site.technician("Read-only file system");
    // An agent that starts now delivers too.
    site.stage.terminal.take_agent().unwrap().kill().unwrap();
    site.stage.terminal.start_agent(&site.stage.programs).unwrap();
    site.stage.machine.start(&site.stage.programs).unwrap();
    site.arrive(&[&first, &second, &third]);
    assert!(!site.stage.terminal.facts(&third).unwrap().unwrap().delivered, "it can't be noted yet");
    site.until_alarms(&["queue_read_only"]);

    disk.disk().set_read_only(false);
    site.sees(ATTRACT);
    site.until_alarms(&[]);
    until("the delivery to be noted", PATIENCE, || {
        Ok(site.stage.terminal.facts(&third)?.filter(|facts| facts.delivered))
    })
    .unwrap();
    site.say();
    let fourth = site.told();
    site.arrive(&[&first, &second, &third, &fourth]);
    assert_eq!(site.stage.terminal.tickets().unwrap(), [&first, &second, &third, &fourth].map(String::clone));
    drop(site);
    mounted.umount_and_join().unwrap();
}

#[test]
fn a_place_of_the_queue_that_the_disk_never_reads_again_keeps_the_terminal_from_its_work_for_a_minute_and_not_for_good()
{
    let (folder, disk) = (tempfile::tempdir().unwrap(), Forgetful::new());
    let data = folder.path().join("terminal/data");
    fs::create_dir_all(&data).unwrap();
    let mounted = disk.mount(&data).expect("a file system of one's own can be mounted");
    let mut site = Site::open(folder.path());
    site.stage.machine.take().unwrap().stop().unwrap();
    site.say();
    let first = site.told();
    site.sees(ATTRACT);
    site.stage.terminal.take_kiosk().unwrap().kill().unwrap();
    let file = disk.disk().lookup(ROOT, "queue.sqlite").unwrap();
    disk.disk().fall_ill(Some(Illness::of(Of::Node(file), &[Work::Read]).only(0..4096)));
    // The kernel keeps a pseudo terminal for the process that was killed.
    site.stage.printer.replug();
    let display = site.screen.display().to_owned();
    site.stage.terminal.start_kiosk(&site.stage.programs, Some(&display)).unwrap();
    site.sees(TAKES_NOTHING);
    until("the terminal to take suggestions again", PATIENCE, || Ok(site.villager.look()?.says(ATTRACT).then_some(())))
        .unwrap();
    site.stage.machine.start(&site.stage.programs).unwrap();
    site.arrive(&[&first]);
    // The villages stood in the file that was set aside.
    site.stage.bulletin().unwrap();
    site.say();
    let second = site.told();
    site.arrive(&[&first, &second]);
    site.until_alarms(&["queue_set_aside"]);
    assert!(disk.disk().has_failed(), "and the disk is as it was");
    drop(site);
    mounted.umount_and_join().unwrap();
}
