//! 加照片 with the real programs: zbar reads the code from the terminal's screen, Chromium opens what it says as a
//! villager's phone does, and the county has what was sent; of all that, no log and no file holds anything in the open.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../examples/demo/browser.rs"]
mod browser;
#[path = "../../host/tests/system_pages/chromium.rs"]
mod chromium;
#[path = "../examples/demo/county.rs"]
mod county;
#[path = "../examples/demo/device.rs"]
mod device;
#[path = "../examples/demo/machine.rs"]
mod machine;
#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "support/needles.rs"]
mod needles;
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

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use chromium::{Chromium, Page as Browsed};
use image::RgbImage;
use kiosk::pages::Page;
use needles::{Needle, files, search};
use rusqlite::{Connection, OpenFlags};
use screen::Screen;
use stage::{PrinterChoice, Stage};
use terminal::{Hands, PANEL};
use villager::Villager;
use wait::until;
use wire::{secret::Secret, ticket::TicketNumber};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is said at the terminal, and what is written on the phone.
const SAID: &str = "井边的护栏断了两根，孩子们常在那里玩。";
const WRITTEN: &str = "就在学校后门，下雨天更危险。";

/// The county and a terminal in its station.
struct Site {
    folder: tempfile::TempDir,
    stage: Stage,
    screen: Screen,
    mirror: mirror::Mirror,
    bulletin: wire::bulletin::Bulletin,
}

impl Site {
    /// Everything runs, with these in its environment.
    fn open(environment: &[(&'static str, &'static str)]) -> Result<Self> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let folder = tempfile::tempdir()?;
        let mut stage = Stage::set(folder.path(), &PrinterChoice::default(), true)?;
        stage.programs.set_environment(environment);
        stage.machine.take().context("the host")?.stop()?;
        stage.machine.start(&stage.programs)?;
        let screen = Screen::start(PANEL.0, PANEL.1)?;
        stage.terminal.start_kiosk(&stage.programs, Some(screen.display()))?;
        stage.terminal.start_agent(&stage.programs)?;
        let bulletin = stage.bulletin()?;
        let mirror = terminal::mirror()?;
        mirror.set_bulletin(&bulletin);
        Ok(Self { folder, stage, screen, mirror, bulletin })
    }

    fn hands(&mut self) -> Hands<'_> {
        Hands { terminal: &mut self.stage.terminal, screen: &self.screen, mirror: &self.mirror }
    }

    /// From the first touch to the number.
    fn submit(&mut self) -> Result<TicketNumber> {
        let (category, village) = (self.bulletin.categories[0].label.clone(), self.bulletin.places[0].name.clone());
        let mut hands = self.hands();
        hands.see(Page::Attract)?;
        hands.tap_to("摸一下，开始说", Page::Home)?;
        hands.tap_to("我要说", Page::Category)?;
        hands.tap_to(&category, Page::Place)?;
        hands.tap_to(&village, Page::Say)?;
        self.mirror.set_sentences(&self.bulletin.categories[0].sentences);
        let mut hands = self.hands();
        hands.tap("自己写")?;
        hands.mirror.set_writing(true);
        hands.type_text(SAID)?;
        hands.tap("写好了")?;
        hands.mirror.set_writing(false);
        hands.tap_to("交给代表", Page::Done)?;
        self.stage.terminal.tickets()?.pop().context("a ticket in the queue")?.parse().context("its number")
    }

    /// Touches 加照片 once it is there, and reads the code that stands on the screen then, as phones do.
    fn scan(&mut self) -> Result<(String, Secret)> {
        let villager = Villager { socket: self.stage.terminal.drive_socket() };
        villager.see("the door to the phone", |seen| seen.target("加照片"))?;
        self.hands().tap_to("加照片", Page::Phone)?;
        let picture = self.folder.path().join("screen.png");
        let link = until("a code on the screen", PATIENCE, || {
            self.screen.keep(&picture)?;
            let zbar = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&picture).output().context("zbarimg")?;
            let read = String::from_utf8(zbar.stdout)?;
            Ok(Some(read.trim().to_owned()).filter(|link| !link.is_empty()))
        })?;
        let secret = link.strip_prefix(&format!("{}/p#", self.stage.addresses.public_base));
        let secret = secret.with_context(|| format!("the code leads to {link}"))?.parse()?;
        Ok((link, secret))
    }

    fn browser(&self) -> Chromium {
        Chromium::start(&self.folder.path().join("host/fleet/tls/server.pem"))
    }

    /// Kinds of the events of a ticket, in the county's database.
    fn kinds(&self, ticket: TicketNumber) -> Result<Vec<String>> {
        let file = self.folder.path().join("host/county.sqlite");
        let file = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut kinds = file.prepare("SELECT kind FROM event WHERE ticket = ?1 ORDER BY kind")?;
        Ok(kinds.query_map([ticket.to_string()], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// A photo as a phone's camera keeps it.
    fn photo(&self) -> Result<PathBuf> {
        let path = self.folder.path().join("photo.jpg");
        let shade = |n: u32| u8::try_from(n / 10 % 256).expect("in range");
        let picture = RgbImage::from_fn(2_400, 1_800, |x, y| image::Rgb([shade(x), shade(y), 90]));
        picture.write_to(&mut File::create(&path)?, image::ImageFormat::Jpeg)?;
        Ok(path)
    }
}

/// The phone's page is open for its ticket.
fn has_opened(phone: &Browsed<'_>, ticket: TicketNumber) {
    phone.until("!document.querySelector('#form').hidden");
    assert!(phone.text().contains(&ticket.grouped()), "{}", phone.text());
}

/// Writes, gives a photo, and hands both over.
fn send(phone: &Browsed<'_>, photo: PathBuf) {
    phone.type_into("#text", WRITTEN);
    phone.choose_files("#file", &[photo]);
    phone.until("document.querySelector('#photos .taken')");
    phone.click("#finish");
    phone.until("!document.querySelector('#done').hidden");
    assert!(phone.text().contains("已经交给代表了") && phone.text().contains("收到照片 1 张"), "{}", phone.text());
}

#[test]
fn a_phone_scans_the_screen_and_the_case_has_its_words_and_its_photo() {
    let mut site = Site::open(&[]).unwrap();
    let ticket = site.submit().unwrap();
    let (link, _) = site.scan().unwrap();
    let browser = site.browser();
    let phone = browser.phone("");
    phone.open(&link);
    has_opened(&phone, ticket);
    assert_eq!(phone.eval("document.querySelector('#text').value"), "", "it starts empty");
    let source = phone.eval("document.documentElement.outerHTML + JSON.stringify({ ...sessionStorage })");
    assert!(!source.as_str().unwrap().contains(SAID), "what was said at the terminal stays there");
    send(&phone, site.photo().unwrap());

    let second = browser.phone("");
    second.open(&link);
    second.until("!document.querySelector('#trouble').hidden");
    assert!(second.text().contains("这个二维码已经被一部手机打开了"), "{}", second.text());
    assert_eq!(second.eval("document.querySelector('#form').hidden"), true);

    until("the suggestion at the county", PATIENCE, || Ok((site.kinds(ticket)?.len() == 3).then_some(()))).unwrap();
    assert_eq!(site.kinds(ticket).unwrap(), ["note", "photo", "suggestion"]);
    let people = site.stage.people.all();
    let deputy = people.iter().find(|person| person.role == "deputy").unwrap();
    let desk = browser.phone(&site.stage.addresses.public_base);
    desk.open("/county/sign-in");
    desk.type_into("[name=login]", &deputy.login);
    desk.type_into("[name=password]", &deputy.password);
    desk.follow("button.main");
    desk.open(&format!("/county/cases?ticket={ticket}"));
    desk.follow("#list tbody tr");
    for words in [&*ticket.grouped(), SAID, WRITTEN] {
        assert!(desk.text().contains(words), "{words}: {}", desk.text());
    }
    desk.eval("document.querySelector('.photos').scrollIntoView()");
    let drawn =
        "[...document.querySelectorAll('.photos img')].map((i) => i.complete && i.naturalWidth).join() === '1600'";
    desk.until(drawn);
}

/// Ends all programs as they stand: what they wrote ahead stays beside their databases.
fn end(site: &mut Site) -> Result<()> {
    let terminal = &mut site.stage.terminal;
    let programs = [terminal.take_kiosk(), terminal.take_agent(), site.stage.machine.take()];
    programs.into_iter().flatten().try_for_each(processes::Program::kill)
}

/// Every file that the programs wrote, logs among them.
fn written(folder: &Path) -> Vec<(String, Vec<u8>)> {
    ["logs", "host", "terminal"].iter().flat_map(|part| files(&folder.join(part))).collect()
}

fn is_talkative(folder: &Path) -> Result<()> {
    for program in ["host", "kiosk", "kiosk-agent"] {
        let said = fs::read_to_string(folder.join("logs").join(program).with_extension("log"))?;
        ensure!(said.contains("TRACE"), "{program} did not tell all");
    }
    Ok(())
}

#[test]
fn however_much_is_logged_no_log_and_no_file_holds_secret_cookie_words_or_photo() {
    let mut site = Site::open(&[("RUST_LOG", "trace"), ("KIOSK_LOG", "trace")]).unwrap();
    let ticket = site.submit().unwrap();
    let (link, secret) = site.scan().unwrap();
    let browser = site.browser();
    let phone = browser.phone("");
    phone.open(&link);
    has_opened(&phone, ticket);
    send(&phone, site.photo().unwrap());
    let cookie: Secret = phone.cookies()[0].1.parse().unwrap();
    until("the suggestion at the county", PATIENCE, || Ok((site.kinds(ticket)?.len() == 3).then_some(()))).unwrap();
    end(&mut site).unwrap();

    is_talkative(site.folder.path()).unwrap();
    let all = written(site.folder.path());
    for allowed in [
        Needle::bytes("hash of the secret", secret.hash().bytes()),
        Needle::bytes("hash of the cookie", cookie.hash().bytes()),
        Needle::text("number", &ticket.to_string()),
    ] {
        let found = search(&all, &allowed);
        assert!(found.iter().any(|found| found.contains("county.sqlite")), "the search is blind: {found:?}");
    }
    for forbidden in [
        Needle::bytes("secret", secret.bytes()),
        Needle::bytes("cookie", cookie.bytes()),
        Needle::text("words on the phone", WRITTEN),
        Needle::text("words at the terminal", SAID),
        Needle::bytes("photo", b"\xff\xd8\xff\xe0\0\x10JFIF"),
    ] {
        assert_eq!(search(&all, &forbidden), [""; 0]);
    }
}
