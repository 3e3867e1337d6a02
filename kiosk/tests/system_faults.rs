//! Power cuts and lost networks with the real programs: what was submitted arrives, whatever was killed meanwhile.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]

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

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use county::County;
use kiosk::{
    clock::SystemClock,
    config::Config,
    pages::Page,
    queue::{PrintState, Queue},
    seal::Sealer,
    ticket::{Draft, Named},
};
use rusqlite::{Connection, OpenFlags};
use screen::Screen;
use stage::{Printer, PrinterChoice, Stage};
use terminal::{Hands, PANEL};
use wait::until;

/// Deliveries wait behind retries; the machine of a test may be slow.
const ARRIVES: Duration = Duration::from_secs(180);

struct Site {
    stage: Stage,
    screen: Screen,
    mirror: mirror::Mirror,
    bulletin: wire::bulletin::Bulletin,
    county: PathBuf,
}

impl Site {
    fn open(folder: &Path) -> Result<Self> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let mut stage = Stage::set(folder, &PrinterChoice::default(), true)?;
        let screen = Screen::start(PANEL.0, PANEL.1)?;
        stage.terminal.start_kiosk(&stage.programs, Some(screen.display()))?;
        stage.terminal.start_agent(&stage.programs)?;
        let bulletin = stage.bulletin()?;
        let mirror = terminal::mirror()?;
        mirror.set_bulletin(&bulletin);
        Ok(Self { stage, screen, mirror, bulletin, county: folder.join("host/county.sqlite") })
    }

    /// Five taps from home to a submitted ready sentence; the number is read from the terminal's queue.
    fn speak(&mut self) -> Result<String> {
        let before = self.tickets()?;
        self.say()?;
        let mut hands = Hands { terminal: &mut self.stage.terminal, screen: &self.screen, mirror: &self.mirror };
        hands.tap_to("交给代表", Page::Done)?;
        let after = self.tickets()?;
        Ok(after.into_iter().find(|ticket| !before.contains(ticket)).expect("a new ticket in the queue"))
    }

    /// Taps up to the one that submits.
    fn say(&mut self) -> Result<()> {
        let category = &self.bulletin.categories[0];
        let village = &self.bulletin.places[0].name;
        let mut hands = Hands { terminal: &mut self.stage.terminal, screen: &self.screen, mirror: &self.mirror };
        hands.see(Page::Attract)?;
        hands.tap_to("摸一下，开始说", Page::Home)?;
        hands.tap_to("我要说", Page::Category)?;
        hands.tap_to(&category.label, Page::Place)?;
        hands.tap_to(village, Page::Say)?;
        self.mirror.set_sentences(&category.sentences);
        hands.tap(&category.sentences[0])
    }

    /// The tap that submits, and `kill -9` once the newest receipt stands as wanted; its number. Nothing is waited for on
    /// the screen.
    fn submit_and_be_killed(&mut self, wanted: impl Fn(PrintState) -> bool) -> Result<String> {
        let before = self.tickets()?.len();
        self.say()?;
        let (x, y) = self.mirror.target("交给代表")?;
        self.screen.tap(x, y)?;
        let ticket = until("the receipt to stand as wanted", ARRIVES, || {
            let Some(ticket) = self.tickets()?.get(before).cloned() else { return Ok(None) };
            let facts = self.stage.terminal.facts(&ticket)?;
            Ok(facts.is_some_and(|facts| wanted(facts.paper)).then_some(ticket))
        })?;
        self.stage.terminal.take_kiosk().expect("it runs").kill()?;
        Ok(ticket)
    }

    fn printer(&self) -> &virtual_printer::VirtualPrinter {
        let Printer::Virtual(printer) = &self.stage.printer else { unreachable!("the stage was set without a device") };
        printer
    }

    /// Waits until the receipt is known to be out, and gives for each paper of the ticket whether it is marked.
    fn papers(&mut self, ticket: &str) -> Result<Vec<bool>> {
        until("the receipt to come out", ARRIVES, || {
            self.stage.terminal.check()?;
            let facts = self.stage.terminal.facts(ticket)?;
            Ok(facts.filter(|facts| matches!(facts.paper, PrintState::Confirmed { .. })))
        })?;
        let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        let link = format!("/t#{ticket}.");
        let mark = encoding_rs::GB18030.encode("补打").0.into_owned();
        let receipts = self.stage.printer.receipts();
        let own = receipts.iter().filter(|receipt| holds(&receipt.bytes, link.as_bytes()));
        Ok(own.map(|receipt| holds(&receipt.bytes, &mark)).collect())
    }

    /// How many cases the county has with this number.
    fn cases(&self, ticket: &str) -> Result<u32> {
        let file = Connection::open_with_flags(&self.county, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(file.query_row("SELECT count(*) FROM ticket_case WHERE ticket = ?1", [ticket], |row| row.get(0))?)
    }

    fn leave(&mut self) -> Result<()> {
        let mut hands = Hands { terminal: &mut self.stage.terminal, screen: &self.screen, mirror: &self.mirror };
        hands.tap("好了")?;
        hands.see(Page::Attract)
    }

    /// The numbers given so far, in order.
    fn tickets(&self) -> Result<Vec<String>> {
        self.stage.terminal.tickets()
    }

    fn start_kiosk(&mut self) -> Result<()> {
        // The kernel keeps a pseudo terminal for the process that was killed; a serial port it would let go.
        if let Printer::Virtual(printer) = &self.stage.printer {
            printer.replug();
        }
        self.stage.terminal.start_kiosk(&self.stage.programs, Some(self.screen.display()))
    }

    /// Waits until the county's page shows each of them and the terminal has written that down.
    fn arrive(&mut self, tickets: &[String]) -> Result<()> {
        let county = County::new(&self.stage.addresses, &self.stage.people)?;
        for ticket in tickets {
            until(&format!("{ticket} to arrive"), ARRIVES, || {
                self.stage.terminal.check()?;
                self.stage.machine.check()?;
                Ok(self.stage.terminal.facts(ticket)?.filter(|facts| facts.delivered))
            })?;
            county.case(ticket)?;
        }
        Ok(())
    }
}

#[test]
fn killing_each_program_in_the_middle_of_visits_loses_nothing_that_was_submitted() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path()).unwrap();
    // The screen's program, while its receipt is being printed.
    let first = site.speak().unwrap();
    site.stage.terminal.take_kiosk().unwrap().kill().unwrap();
    site.start_kiosk().unwrap();
    assert_eq!(site.tickets().unwrap(), std::slice::from_ref(&first));
    // The network's program and the county's machine, with a visit between their ends.
    let second = site.speak().unwrap();
    site.stage.terminal.take_agent().unwrap().kill().unwrap();
    site.leave().unwrap();
    site.stage.machine.take().unwrap().kill().unwrap();
    let third = site.speak().unwrap();
    site.leave().unwrap();
    site.stage.machine.start(&site.stage.programs).unwrap();
    site.stage.terminal.start_agent(&site.stage.programs).unwrap();
    site.arrive(&[first.clone(), second, third]).unwrap();
    // The receipt whose program was killed came out, or is known not to have: never "on its way" for ever.
    let facts = site.stage.terminal.facts(&first).unwrap().unwrap();
    assert!(!matches!(facts.paper, PrintState::Sending { .. }), "{:?}", facts.paper);
}

#[test]
fn killing_the_screens_program_between_the_tap_and_the_paper_loses_nothing_and_marks_every_copy() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path()).unwrap();
    let mut tickets = Vec::new();

    // Right behind the commit, whatever the printer had begun.
    tickets.push(site.submit_and_be_killed(|_| true).unwrap());
    site.start_kiosk().unwrap();
    let papers = site.papers(&tickets[0]).unwrap();
    assert!(!papers.is_empty() && papers.iter().filter(|marked| !**marked).count() <= 1, "{papers:?}");

    // Written down, and nothing sent: the printer is off.
    site.printer().change(|c| c.silent = true);
    tickets.push(site.submit_and_be_killed(|paper| paper == PrintState::Prepared { after: 0 }).unwrap());
    site.printer().change(|c| c.silent = false);
    site.start_kiosk().unwrap();
    assert_eq!(site.papers(&tickets[1]).unwrap(), [false], "the original");

    // All bytes are with the printer, which says nothing behind them.
    site.printer().change(|c| c.fence = false);
    tickets.push(site.submit_and_be_killed(|paper| paper == PrintState::Sending { attempt: 1 }).unwrap());
    site.printer().change(|c| c.fence = true);
    site.start_kiosk().unwrap();
    let papers = site.papers(&tickets[2]).unwrap();
    assert!(papers.iter().filter(|marked| !**marked).count() <= 1 && papers.last() == Some(&true), "{papers:?}");

    // The paper ended in the middle.
    site.printer().change(|c| c.lines_left = Some(4));
    tickets.push(site.submit_and_be_killed(|paper| matches!(paper, PrintState::Failed { attempt: 1, .. })).unwrap());
    site.printer().change(|c| c.paper = virtual_printer::machine::Paper::Present);
    site.start_kiosk().unwrap();
    let papers = site.papers(&tickets[3]).unwrap();
    assert!(papers.iter().filter(|marked| !**marked).count() <= 1 && papers.last() == Some(&true), "{papers:?}");

    assert_eq!(site.tickets().unwrap(), tickets);
    site.arrive(&tickets).unwrap();
    for ticket in &tickets {
        assert_eq!(site.cases(ticket).unwrap(), 1, "{ticket}");
    }
}

#[test]
fn a_suggestion_taken_with_the_host_off_arrives_when_it_is_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path()).unwrap();
    site.stage.machine.take().unwrap().stop().unwrap();
    let ticket = site.speak().unwrap();
    assert!(!site.stage.terminal.facts(&ticket).unwrap().unwrap().delivered);
    site.leave().unwrap();
    site.stage.machine.start(&site.stage.programs).unwrap();
    site.arrive(&[ticket]).unwrap();
}

#[test]
fn a_hundred_delivered_behind_a_backup_all_come_back_after_it_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(folder.path()).unwrap();
    let backup = folder.path().join("backup.tar").display().to_string();
    let run = |site: &Site, words: &[&str]| site.stage.machine.run(&site.stage.programs, words, "").unwrap();
    run(&site, &["backup", &backup]);

    let config = Config::load(&folder.path().join("terminal/kiosk.toml")).unwrap();
    let sealer = Sealer::new(&config.load_enrolment().unwrap().county_keys).unwrap();
    let mut queue = Queue::attach(&config.queue_path(), Arc::new(SystemClock::start())).unwrap();
    let category = &site.bulletin.categories[0];
    let draft = Draft {
        category: Named { id: category.id.clone(), name: category.name.clone() },
        place: None,
        text: "路坏了。".into(),
        landmark: None,
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    };
    let tickets: Vec<String> = (0..100).map(|_| queue.submit(&draft, &sealer).unwrap().ticket.to_string()).collect();
    drop(queue);
    site.arrive(&tickets).unwrap();

    site.stage.machine.take().unwrap().stop().unwrap();
    run(&site, &["restore", &backup]);
    site.stage.machine.start(&site.stage.programs).unwrap();
    let county = County::new(&site.stage.addresses, &site.stage.people).unwrap();
    for ticket in &tickets {
        until(&format!("{ticket} to come back"), ARRIVES, || Ok(county.case(ticket).ok())).unwrap();
    }
}
