//! The officer saves the backlog to a stick at the real screen: the real terminal, its agent and the host, which is off
//! meanwhile.

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

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use finger::Finger;
use kiosk::pages::Page;
use screen::Screen;
use stage::{PrinterChoice, Stage};
use terminal::{Hands, PANEL};
use wait::until;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// On the station's name.
const NAME: (i16, i16) = (200, 30);

struct Site {
    stage: Stage,
    screen: Screen,
    finger: Finger,
    mirror: mirror::Mirror,
    bulletin: wire::bulletin::Bulletin,
}

impl Site {
    fn open(folder: &Path, stick: &Path) -> Result<Self> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let mut stage = Stage::set(folder, &PrinterChoice::default(), true)?;
        let settings = folder.join("terminal/kiosk.toml");
        // Before the tables, as TOML has it.
        let text = format!("stick_dir = {stick:?}\n{}", fs::read_to_string(&settings)?);
        kiosk::durable::write(&settings, text.as_bytes(), 0o600)?;
        let screen = Screen::start(PANEL.0, PANEL.1)?;
        let finger = Finger::on(screen.display())?;
        stage.terminal.start_kiosk(&stage.programs, Some(screen.display()))?;
        stage.terminal.start_agent(&stage.programs)?;
        let bulletin = stage.bulletin()?;
        let mirror = terminal::mirror()?;
        mirror.set_bulletin(&bulletin);
        mirror.set_has_stick();
        Ok(Self { stage, screen, finger, mirror, bulletin })
    }

    fn hands(&mut self) -> Hands<'_> {
        Hands { terminal: &mut self.stage.terminal, screen: &self.screen, mirror: &self.mirror }
    }

    fn speak(&mut self) -> Result<String> {
        let (category, village) = (self.bulletin.categories[0].clone(), self.bulletin.places[0].name.clone());
        let mut hands = self.hands();
        hands.see(Page::Attract)?;
        hands.tap_to("摸一下，开始说", Page::Home)?;
        hands.tap_to("我要说", Page::Category)?;
        hands.tap_to(&category.label, Page::Place)?;
        hands.tap_to(&village, Page::Say)?;
        self.mirror.set_sentences(&category.sentences);
        let mut hands = self.hands();
        hands.tap(&category.sentences[0])?;
        hands.tap_to("交给代表", Page::Done)?;
        hands.tap("好了")?;
        hands.see(Page::Attract)?;
        self.stage.terminal.tickets()?.pop().context("a ticket in the queue")
    }

    fn sign_in(&mut self) -> Result<()> {
        self.finger.press(NAME)?;
        let seen = self.hands().see(Page::Pin);
        self.finger.release(NAME)?;
        seen?;
        let pin = self.stage.pins.0.clone();
        for digit in pin.chars() {
            self.hands().tap(&digit.to_string())?;
        }
        self.hands().see(Page::Officer)
    }

    fn said(&self, folder: &Path) -> Result<String> {
        Ok(fs::read_to_string(folder.join("logs/kiosk.log"))?)
    }
}

#[test]
fn an_officer_saves_the_backlog_with_three_taps_and_the_county_takes_it() {
    let (folder, sticks) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
    let stick = sticks.path().join("stick");
    let mut site = Site::open(folder.path(), &stick).unwrap();
    site.stage.machine.take().unwrap().stop().unwrap();
    let ticket = site.speak().unwrap();

    site.sign_in().unwrap();
    site.hands().tap_to("存到U盘", Page::Stick).unwrap();
    site.hands().tap("开始存").unwrap();
    until("the missing stick to be said", PATIENCE, || {
        Ok(site.said(folder.path())?.contains("there is no stick").then_some(()))
    })
    .unwrap();
    fs::create_dir(&stick).unwrap();
    let manifest = || {
        fs::read_dir(stick.join("lianxin"))
            .ok()?
            .find_map(|entry| Some(entry.ok()?.path().join("manifest.json")).filter(|manifest| manifest.exists()))
    };
    site.hands().tap("开始存").unwrap();
    until("the parcel", PATIENCE, || Ok(manifest())).unwrap();
    until("the end to be said", PATIENCE, || {
        Ok(site.said(folder.path())?.contains("the backlog is on the stick").then_some(()))
    })
    .unwrap();

    let run = |site: &Site, words: &[&str]| site.stage.machine.run(&site.stage.programs, words, "").unwrap();
    let taken = run(&site, &["stick", "import", stick.to_str().unwrap()]);
    assert_eq!((&taken["new"], &taken["quarantined"]), (&1.into(), &0.into()), "{taken}");
    site.stage.machine.start(&site.stage.programs).unwrap();
    until("the terminal to learn it", PATIENCE, || {
        Ok(site.stage.terminal.facts(&ticket)?.filter(|facts| facts.delivered))
    })
    .unwrap();
    assert_eq!(run(&site, &["stick", "import", stick.to_str().unwrap()])["same"], 1);
}
