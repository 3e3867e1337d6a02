//! What the host hears of a real terminal: each fault of the printer is an alarm while it lasts and is over without a
//! restart, a screen that is dead is told as silent, a queue file that rots is set aside, and what an admin asks of the
//! terminal from afar waits until nobody is there.

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
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/visits.rs"]
mod visits;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{fs, os::unix::fs::FileExt as _, path::Path, time::Duration};

use kiosk::{
    pages::Page,
    seal::Sealer,
    ticket::{Draft, Named},
};
use mirror::Mirror;
use rusqlite::Connection;
use screen::Screen;
use serde_json::Value;
use stage::{Printer, PrinterChoice, Stage};
use terminal::{Hands, PANEL};
use virtual_printer::{
    VirtualPrinter,
    machine::{Conditions, Fault, Paper},
};
use wait::until;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

struct Site {
    stage: Stage,
    screen: Screen,
}

impl Site {
    fn open(folder: &Path) -> Self {
        Self::open_with(folder, "")
    }

    /// With more settings.
    fn open_with(folder: &Path, settings: &str) -> Self {
        let mut site = Self::closed(folder);
        let config = folder.join("terminal/kiosk.toml");
        let text = fs::read_to_string(&config).unwrap() + settings;
        kiosk::durable::write(&config, text.as_bytes(), 0o600).unwrap();
        site.stage.terminal.start_kiosk(&site.stage.programs, Some(site.screen.display())).unwrap();
        site.stage.terminal.start_agent(&site.stage.programs).unwrap();
        site
    }

    /// With settings that belong to no table.
    fn open_under(folder: &Path, settings: &str) -> Self {
        let mut site = Self::closed(folder);
        let config = folder.join("terminal/kiosk.toml");
        let text = settings.to_owned() + &fs::read_to_string(&config).unwrap();
        kiosk::durable::write(&config, text.as_bytes(), 0o600).unwrap();
        // All that they say, of which little is to leave the terminal.
        site.stage.terminal.set_environment([("KIOSK_LOG", "trace".into())]);
        site.stage.terminal.start_kiosk(&site.stage.programs, Some(site.screen.display())).unwrap();
        site.stage.terminal.start_agent(&site.stage.programs).unwrap();
        site
    }

    /// Its two programs are not started yet.
    fn closed(folder: &Path) -> Self {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let stage = Stage::set(folder, &PrinterChoice::default(), true).unwrap();
        let screen = Screen::start(PANEL.0, PANEL.1).unwrap();
        Self { stage, screen }
    }

    fn printer(&self) -> &VirtualPrinter {
        let Printer::Virtual(printer) = &self.stage.printer else { unreachable!("the stage was set without a device") };
        printer
    }

    fn host(&self, words: &[&str]) -> Value {
        self.stage.machine.run(&self.stage.programs, words, "").unwrap()
    }

    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        until(what, PATIENCE, || {
            self.stage.machine.check()?;
            Ok(holds(self).then_some(()))
        })
        .unwrap();
    }

    /// Touches what stands on a page, and waits for the one that follows.
    fn touch(&mut self, mirror: &Mirror, on: Page, label: &str, then: Page) {
        let mut hands = Hands { terminal: &mut self.stage.terminal, screen: &self.screen, mirror };
        hands.see(on).unwrap();
        hands.tap_to(label, then).unwrap();
    }

    /// What the terminal says of settings from afar.
    fn says(&self, what: &str) -> Value {
        self.host(&["config", "standing"])[0]["says"][what].clone()
    }

    /// A part of its last report.
    fn report(&self, pointer: &str) -> Value {
        self.host(&["terminal", "health"])[0]["report"].pointer(pointer).cloned().unwrap_or_default()
    }

    fn until_alarms(&mut self, expected: &[&str]) {
        alarms::until_alarms(&mut self.stage, expected, PATIENCE);
    }

    /// All alarms so far, the newest first: what it was, and whether it is over without a restart.
    fn past(&self) -> Vec<(String, bool)> {
        let health = self.host(&["terminal", "health"]);
        let alarms = health[0]["alarms"].as_array().unwrap().clone();
        let over = |alarm: &Value| alarm["cleared_at"].is_string() && alarm["restarted"] == Value::Bool(false);
        alarms.iter().map(|alarm| (alarm["fault"].as_str().unwrap().to_owned(), over(alarm))).collect()
    }
}

#[test]
fn each_fault_of_the_printer_is_an_alarm_at_the_host_while_it_lasts_and_is_over_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path());
    site.until_alarms(&[]);
    type Set = fn(bool, &mut Conditions);
    let faults: [(&str, Set); 6] = [
        ("no_paper", |is_so, c| Fault::PaperOut.set(is_so, c)),
        ("paper_near_end", |is_so, c| c.paper = if is_so { Paper::NearEnd } else { Paper::Present }),
        ("cover_open", |is_so, c| Fault::CoverOpen.set(is_so, c)),
        ("cutter", |is_so, c| Fault::CutterJammed.set(is_so, c)),
        ("heat", |is_so, c| Fault::Hot.set(is_so, c)),
        ("printer_silent", |is_so, c| c.silent = is_so),
    ];
    for (name, set) in faults {
        site.printer().change(|conditions| set(true, conditions));
        site.until_alarms(&[name]);
        site.printer().change(|conditions| set(false, conditions));
        site.until_alarms(&[]);
    }
    let past = site.past();
    let expected: Vec<_> = faults.iter().rev().map(|(name, _)| ((*name).to_owned(), true)).collect();
    assert_eq!(past, expected);

    let report = site.host(&["terminal", "health"])[0]["report"].clone();
    assert_eq!(report["kiosk"]["printer"]["profile"], "epson-tm");
    assert_eq!((&report["kiosk"]["queue"]["state"], &report["wall"]["quality"]), (&"ok".into(), &"host".into()));
}

#[test]
fn an_unplugged_printer_a_queue_that_takes_nothing_and_a_case_that_nobody_watches_are_alarms_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    // The machine of a test has no such pin.
    let mut site = Site::open_with(folder.path(), "\n[pins]\ncase_switch = 5\n");
    site.until_alarms(&["case_unwatched"]);
    site.printer().unplug();
    site.until_alarms(&["case_unwatched", "printer_unplugged"]);
    site.printer().replug();
    site.until_alarms(&["case_unwatched"]);

    // A folder where the queue's reserve belongs: the file is closed, and opened as soon as it is gone.
    let reserve = folder.path().join("terminal/data/queue.sqlite.reserve");
    fs::remove_file(&reserve).unwrap();
    fs::create_dir(&reserve).unwrap();
    site.until_alarms(&["case_unwatched", "queue_unusable"]);
    let told = site.host(&["terminal", "health"])[0]["report"].clone();
    assert_eq!((&told["kiosk"]["queue"]["dead"], &told["tamper"]["open"]), (&Value::Null, &Value::Null));
    fs::remove_dir(&reserve).unwrap();
    site.until_alarms(&["case_unwatched"]);
    assert_eq!(site.past()[..2], [("queue_unusable".into(), true), ("printer_unplugged".into(), true)]);
}

#[test]
fn a_page_of_the_queue_that_rots_under_the_running_programs_is_an_alarm_and_costs_what_is_on_it_without_a_restart() {
    const SAID: u32 = 200;
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path());
    site.until_alarms(&[]);
    let run = |site: &Site| site.host(&["terminal", "health"])[0]["report"]["kiosk"]["run"].clone();
    let before = run(&site);
    // The host is away, and more is said meanwhile than the agent holds in memory.
    site.stage.machine.take().unwrap().stop().unwrap();
    let sealer = Sealer::new(&site.stage.terminal.enrolment().unwrap().county_keys).unwrap();
    let mut queue = site.stage.terminal.queue().unwrap();
    let said: Vec<_> = (0..SAID).map(|_| queue.submit(&draft(), &sealer).unwrap().event).collect();
    drop(queue);
    spoil_the_leaf_of(&folder.path().join("terminal/data/queue.sqlite"), said[150]);
    site.stage.terminal.queue().unwrap().submit(&draft(), &sealer).unwrap();

    site.stage.machine.start(&site.stage.programs).unwrap();
    site.until_alarms(&["queue_set_aside"]);
    let county = Connection::open(folder.path().join("host/county.sqlite")).unwrap();
    until("what can be read to arrive", PATIENCE, || {
        site.stage.terminal.check()?;
        let arrived: u32 = county.query_row("SELECT count(*) FROM ticket_case", [], |row| row.get(0))?;
        // No more than six events of this size find room on a page.
        Ok((arrived + 6 > SAID).then_some(()))
    })
    .unwrap();
    assert_eq!(run(&site), before, "the same kiosk");
    assert_eq!(site.past(), [("queue_set_aside".into(), false)]);
}

/// Every row beside this event's becomes unreadable, whichever program has the file open.
fn spoil_the_leaf_of(queue: &Path, event: uuid::Uuid) {
    const PAGE: usize = 4096;
    let beside = Connection::open(queue).unwrap();
    until("the log to be empty", PATIENCE, || {
        let busy: bool = beside.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok((!busy).then_some(()))
    })
    .unwrap();
    let bytes = fs::read(queue).unwrap();
    let is_leaf = |page: &[u8]| page[0] == 0x0d && page.windows(16).any(|window| window == event.as_bytes());
    let leaf = bytes.chunks(PAGE).position(is_leaf).expect("a leaf with the event");
    let file = fs::File::options().write(true).open(queue).unwrap();
    file.write_all_at(&[0xff; PAGE], (leaf * PAGE) as u64).unwrap();
}

fn draft() -> Draft {
    Draft {
        category: Named { id: "road".into(), name: "道路".into() },
        place: None,
        text: "村口的路坏了，下雨天老人不好走。".into(),
        landmark: None,
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    }
}

#[test]
fn a_dead_screen_is_told_as_silent_and_what_was_wrong_before_stays_until_it_is_known_to_be_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path());
    site.printer().change(|conditions| conditions.paper = Paper::Out);
    site.until_alarms(&["no_paper"]);
    site.stage.terminal.take_kiosk().unwrap().kill().unwrap();
    site.until_alarms(&["kiosk_silent", "no_paper"]);
    site.printer().change(|conditions| conditions.paper = Paper::Present);
    // The kernel keeps a pseudo terminal for the process that was killed; a serial port it would let go.
    site.printer().replug();
    let display = site.screen.display().to_owned();
    site.stage.terminal.start_kiosk(&site.stage.programs, Some(&display)).unwrap();
    site.until_alarms(&[]);
    let past = site.past();
    assert_eq!(past[1], ("no_paper".into(), false), "its end came with a restart: {past:?}");
}

#[test]
fn settings_from_afar_wait_for_a_villager_to_be_done_and_the_program_starts_anew_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::closed(folder.path());
    site.host(&["config", "add", "--set", "printer.profile=\"escpos\"", "--set", "panel.plain=true"]);
    site.host(&["config", "order", "1", "--all"]);
    site.stage.terminal.start_kiosk(&site.stage.programs, Some(site.screen.display())).unwrap();
    let mirror = terminal::mirror().unwrap();
    site.touch(&mirror, Page::Attract, "摸一下，开始说", Page::Home);
    let before = site.stage.terminal.status().unwrap();
    site.stage.terminal.start_agent(&site.stage.programs).unwrap();

    site.until("the trial", |site| site.says("state") == "trial");
    assert_eq!((site.says("version"), site.report("/kiosk/settings")), (1.into(), Value::Null));
    assert_eq!(site.stage.terminal.status().unwrap().started, before.started, "somebody is there");
    site.touch(&mirror, Page::Home, "返回", Page::Attract);
    site.until("the settings to be kept", |site| site.says("state") == "kept");
    assert_eq!(site.report("/kiosk/settings"), 1);
    assert_eq!(site.report("/kiosk/printer/profile"), "escpos");
    let after = site.stage.terminal.status().unwrap();
    assert!(after.started.at > before.started.at && !after.visit, "{after:?}");
    site.stage.terminal.check().expect("for whoever started it nothing has ended");

    // Its report is out with the news of an empty printer, and the answer names the next order.
    site.host(&["config", "add", "--on", "1", "--set", "printer.profile=\"nobodys\""]);
    site.host(&["config", "order", "2", "--all"]);
    site.printer().change(|conditions| Fault::PaperOut.set(true, conditions));
    site.until("the refusal", |site| site.says("state") == "refused");
    assert_eq!((site.says("order"), site.says("version")), (2.into(), 1.into()));
    assert!(site.says("why").as_str().unwrap().contains("printer.profile"), "{}", site.says("why"));
}

impl Site {
    /// Asks something of the terminal; its report is made soon, because something changes.
    fn asks(&self, what: &str) -> String {
        let number = self.host(&["diagnostics", "ask", "00001", what])["number"].to_string();
        self.printer().change(|conditions| {
            conditions.paper = if conditions.paper == Paper::NearEnd { Paper::Present } else { Paper::NearEnd };
        });
        number
    }

    fn asked(&self, number: &str) -> Value {
        self.host(&["diagnostics", "show", number])
    }

    fn until_asked(&mut self, number: &str, state: &str) -> Value {
        self.until(&format!("request {number} to be {state}"), |site| site.asked(number)["request"]["state"] == state);
        self.asked(number)
    }
}

#[test]
fn what_is_asked_from_afar_waits_for_a_villager_to_be_done_and_brings_nothing_of_theirs() {
    const SAID: &str = "laowang lives at 13807931234, 村口的路坏了";
    let folder = tempfile::tempdir().unwrap();
    let reboots = folder.path().join("reboots");
    let settings = format!("reboot = [\"/bin/sh\", \"-c\", \"echo now >> {}\"]\n", reboots.display());
    let mut site = Site::open_under(folder.path(), &settings);
    let mirror = terminal::mirror().unwrap();
    let bulletin = site.stage.bulletin().unwrap();
    mirror.set_bulletin(&bulletin);

    // Somebody says something, while a test print and a new start are asked for.
    site.touch(&mirror, Page::Attract, "摸一下，开始说", Page::Home);
    let print = site.asks("test-print");
    site.until_asked(&print, "fetched");
    site.touch(&mirror, Page::Home, "我要说", Page::Category);
    site.touch(&mirror, Page::Category, &bulletin.categories[0].label, Page::Place);
    site.touch(&mirror, Page::Place, &bulletin.places[0].name, Page::Say);
    mirror.set_sentences(&bulletin.categories[0].sentences);
    let mut hands = Hands { terminal: &mut site.stage.terminal, screen: &site.screen, mirror: &mirror };
    hands.tap("自己写").unwrap();
    hands.mirror.set_writing(true);
    hands.type_text(SAID).unwrap();
    hands.tap("写好了").unwrap();
    hands.mirror.set_writing(false);
    hands.tap_to("交给代表", Page::Done).unwrap();
    assert!(site.printer().wait_for(1, PATIENCE));
    assert_eq!(site.asked(&print)["request"]["state"], "fetched", "somebody is there");
    assert_eq!(site.printer().receipts().len(), 1);
    let ticket = site.stage.terminal.tickets().unwrap().pop().unwrap();
    site.touch(&mirror, Page::Done, "好了", Page::Attract);
    site.until_asked(&print, "done");
    assert_eq!(site.printer().receipts().len(), 2);

    let log = site.asks("log");
    let log = site.until_asked(&log, "done")["log"].to_string();
    let submitted = ["[kiosk-agent]", "[kiosk]", "ready to take suggestions", "asked from afar"];
    assert!(submitted.iter().all(|line| log.contains(line)), "{log}");
    let digits: String = log.chars().filter(|c| c.is_ascii_digit() || *c == ' ').collect();
    for of_theirs in ["laowang", "13807931234", "路坏", &ticket, &ticket[..9]] {
        assert!(!log.contains(of_theirs) && !digits.contains(of_theirs), "{of_theirs}: {log}");
    }

    let picture = site.asks("picture");
    site.until_asked(&picture, "done");
    let kept = std::env::var_os("LIANXIN_SCREENSHOTS").map_or(folder.path().to_owned(), std::path::PathBuf::from);
    let file = kept.join("from-afar.png");
    site.host(&["diagnostics", "show", &picture, "--picture", file.to_str().unwrap()]);
    let painted = image::open(&file).unwrap().to_rgb8();
    assert_eq!(painted.dimensions(), (960, 600));
    let colours: std::collections::HashSet<_> = painted.pixels().map(|pixel| pixel.0).collect();
    assert!(colours.len() > 50, "a page and not a blank: {} colours", colours.len());

    let before = site.report("/kiosk/run");
    let restart = site.asks("restart-screen");
    site.until_asked(&restart, "done");
    site.until("another run of the screen's program", |site| site.report("/kiosk/run") != before);
    site.stage.terminal.check().expect("for whoever started it nothing has ended");

    // The page says that the machine starts anew, and nobody begins a visit that it would end.
    let reboot = site.asks("reboot");
    site.until("the machine to be told", |_| reboots.exists());
    assert_eq!(fs::read_to_string(&reboots).unwrap(), "now\n");
    let status = site.stage.terminal.status().unwrap();
    assert_eq!((status.page.as_str(), status.visit), ("out-of-service", false));
    assert_eq!(site.asked(&reboot)["request"]["state"], "fetched", "whether it came back is not known");
}
