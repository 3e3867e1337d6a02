//! The stage of the run: what runs, how it is struck, and how it comes back.
//!
//! Invariant: the terminal's programs are up again before the next visit; the network and the county stay away for as
//! many visits as the cut says.

use std::{path::Path, thread, time::Duration};

use anyhow::{Context as _, Result, bail};
use kiosk::{
    clock::{Clock as _, SystemClock},
    config,
    queue::PrintState,
};
use rusqlite::{Connection, OpenFlags};
use wire::bulletin::Bulletin;

use crate::{
    plan::{Cut, Moment, Victim},
    power::{Power, Tally},
    screen::Screen,
    stage::{Printer, PrinterChoice, Stage},
    terminal::PANEL,
    villager::Villager,
    virtual_printer::VirtualPrinter,
    wait::until,
};

/// Bytes in two milliseconds: a line of 38,400 baud, on which a receipt takes a seventh of a second.
const PACE: usize = 8;

/// Everything that waits is there within this once all run; retries and two starts of a slow machine among it.
const QUIET: Duration = Duration::from_secs(180);

/// A start has written what it writes within this.
const STARTED: Duration = Duration::from_secs(3);

/// Who is away, and for how many visits more.
#[derive(Debug, Default)]
struct Away {
    agent: Option<u64>,
    host: Option<u64>,
}

/// Everything that is struck.
pub struct Site {
    /// The programs and devices.
    pub stage: Stage,
    /// What the terminal has from the county.
    pub bulletin: Bulletin,
    /// Who comes to it.
    pub villager: Villager,
    screen: Screen,
    away: Away,
    county: Connection,
    /// Behind the programs, which end before their disk.
    power: Option<Power>,
}

impl Site {
    /// Starts everything; with `power`, the terminal's data lie on a disk that forgets, and that seed says what.
    ///
    /// # Errors
    ///
    /// Whatever part fails, by name.
    pub fn open(folder: &Path, profile: &str, power: Option<u64>) -> Result<Self> {
        let power = power.map(|seed| Power::on(&folder.join("terminal/data"), seed)).transpose()?;
        let settings = config::Printer { profile: profile.into(), ..config::Printer::default() };
        let mut stage = Stage::set(folder, &PrinterChoice { device: None, settings }, true)?;
        let screen = Screen::start(PANEL.0, PANEL.1)?;
        stage.terminal.start_kiosk(&stage.programs, Some(screen.display()))?;
        stage.terminal.start_agent(&stage.programs)?;
        let bulletin = stage.bulletin()?;
        let villager = Villager { socket: stage.terminal.drive_socket() };
        let county = Connection::open_with_flags(folder.join("host/county.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let site = Self { stage, bulletin, villager, screen, away: Away::default(), county, power };
        site.printer().set_pace(PACE);
        Ok(site)
    }

    /// The printer.
    pub fn printer(&self) -> &VirtualPrinter {
        match &self.stage.printer {
            Printer::Virtual(printer) => printer,
            Printer::Real(_) => unreachable!("the stage was set without a device"),
        }
    }

    /// How many events lie at the county.
    ///
    /// # Errors
    ///
    /// Its database cannot be read.
    pub fn events_at_county(&self) -> Result<u32> {
        Ok(self.county.prepare_cached("SELECT count(*) FROM event")?.query_row([], |row| row.get(0))?)
    }

    /// Whether the county has a ticket.
    ///
    /// # Errors
    ///
    /// Its database cannot be read.
    pub fn is_at_county(&self, number: &str) -> Result<bool> {
        let mut statement =
            self.county.prepare_cached("SELECT EXISTS (SELECT 1 FROM ticket_case WHERE ticket = ?1)")?;
        Ok(statement.query_row([number], |row| row.get(0))?)
    }

    /// Whether an event can arrive as things are.
    pub fn is_connected(&self) -> bool {
        self.away.agent.is_none() && self.away.host.is_none()
    }

    /// Before a visit: those come back whose time it is, and whoever is to be struck.
    ///
    /// # Errors
    ///
    /// A program that does not start.
    pub fn come_back(&mut self, victim: Victim) -> Result<()> {
        let is_due = |away: &mut Option<u64>, wanted: bool| match away {
            Some(visits) if *visits > 0 && !wanted => {
                *visits -= 1;
                false
            }
            Some(_) => away.take().is_some(),
            None => false,
        };
        if is_due(&mut self.away.host, victim == Victim::Host) {
            self.stage.machine.start(&self.stage.programs).map(drop)?;
        }
        if is_due(&mut self.away.agent, victim.has_agent()) {
            self.stage.terminal.start_agent(&self.stage.programs)?;
        }
        Ok(())
    }

    /// What the power cuts met so far.
    pub fn power_cuts(&self) -> Tally {
        self.power.as_ref().map(Power::tally).unwrap_or_default()
    }

    /// Copies the terminal's data to a folder, where they lie on a disk that ends with this value.
    ///
    /// # Errors
    ///
    /// A file that cannot be copied.
    pub fn keep_data(&self, to: &Path) -> Result<()> {
        self.power.as_ref().map_or(Ok(()), |power| power.keep(to))
    }

    /// Lets the disk's power go as the cut says.
    pub fn arm(&self, cut: Cut) {
        if let (Some(power), Some(changes)) = (&self.power, cut.changes) {
            power.goes_after(changes);
        }
    }

    /// Whether the disk has lost its power.
    pub fn is_dark(&self) -> bool {
        self.power.as_ref().is_some_and(Power::is_gone)
    }

    /// Strikes; at a start-up, once more while it starts.
    ///
    /// # Errors
    ///
    /// Whoever is struck had ended by itself.
    pub fn strike(&mut self, cut: Cut) -> Result<()> {
        // Without its disk a program may have ended by itself.
        if !self.is_dark() {
            self.check()?;
        }
        self.kill(cut)?;
        if cut.moment == Moment::StartUp {
            self.arm(cut);
            self.launch(cut.victim)?;
            let watch = StopWatch::start();
            let most = if cut.changes.is_some() { STARTED } else { cut.delay };
            while watch.gone() < most && !self.is_dark() {
                thread::sleep(Duration::from_millis(1));
            }
            self.kill(cut)?;
        }
        self.recover(cut)
    }

    /// Says so where somebody has ended who was not struck.
    ///
    /// # Errors
    ///
    /// Somebody has.
    pub fn check(&mut self) -> Result<()> {
        self.stage.terminal.check()?;
        self.stage.machine.check()
    }

    fn kill(&mut self, cut: Cut) -> Result<()> {
        if let (Victim::Power, Some(power)) = (cut.victim, &self.power) {
            power.goes_after(0);
        }
        if cut.victim.has_screen() {
            self.stage.terminal.take_kiosk().context("the screen's program runs")?.kill()?;
        }
        if cut.victim.has_agent() {
            self.stage.terminal.take_agent().context("the network's program runs")?.kill()?;
        }
        match cut.victim {
            Victim::Host => self.stage.machine.take().context("the host runs")?.kill(),
            Victim::Printer => {
                self.strike_printer(cut.hard);
                Ok(())
            }
            Victim::Power => {
                if cut.hard {
                    self.strike_printer(true);
                }
                self.power.as_mut().context("a terminal whose power can go")?.comes_back()
            }
            _ => Ok(()),
        }
    }

    /// Pulls its cable, or its power as well.
    fn strike_printer(&self, hard: bool) {
        if hard {
            self.printer().change(|conditions| conditions.silent = true);
        }
        self.printer().replug();
        self.printer().change(|conditions| conditions.silent = false);
    }

    fn launch(&mut self, victim: Victim) -> Result<()> {
        if victim.has_screen() {
            self.printer().replug();
            self.stage.terminal.launch_kiosk(&self.stage.programs, Some(self.screen.display()))?;
        }
        if victim.has_agent() {
            self.stage.terminal.start_agent(&self.stage.programs)?;
        }
        if victim == Victim::Host {
            self.stage.machine.launch(&self.stage.programs)?;
        }
        Ok(())
    }

    fn recover(&mut self, cut: Cut) -> Result<()> {
        if cut.victim.has_screen() {
            if !cut.hard {
                self.line_is_quiet()?;
            }
            // The kernel keeps a pseudo terminal for the process that was killed; a serial port it would let go.
            self.printer().replug();
            self.stage.terminal.start_kiosk(&self.stage.programs, Some(self.screen.display()))?;
        }
        match (cut.victim, cut.away) {
            (Victim::Host, 0) => self.stage.machine.start(&self.stage.programs).map(drop),
            (victim, 0) if victim.has_agent() => self.stage.terminal.start_agent(&self.stage.programs),
            (victim, away) => {
                if victim == Victim::Host {
                    self.away.host = Some(away);
                } else if victim.has_agent() {
                    self.away.agent = Some(away);
                }
                Ok(())
            }
        }
    }

    /// Waits until the printer has taken what stands on the line.
    fn line_is_quiet(&self) -> Result<()> {
        let mut taken = None;
        until("the printer to take what was sent", QUIET, || {
            let now = self.printer().clock();
            Ok((taken.replace(now) == Some(now)).then_some(()))
        })
    }

    /// Lets everything run until nothing waits: neither an event nor a receipt.
    ///
    /// # Errors
    ///
    /// Something waits for ever, or the county refused something.
    pub fn run_until_quiet(&mut self) -> Result<()> {
        self.come_back(Victim::Host)?;
        // A new run of the agent tries at once whatever it had postponed.
        drop(self.stage.terminal.take_agent());
        self.away.agent = None;
        self.stage.terminal.start_agent(&self.stage.programs)?;
        until("all events to arrive and all receipts to come out", QUIET, || {
            self.check()?;
            let queue = self.stage.terminal.queue()?;
            let depth = queue.depth()?;
            if depth.dead > 0 {
                bail!("the county refused {} events", depth.dead);
            }
            // One that failed twice comes out only when somebody asks.
            let is_open = |state| !matches!(state, PrintState::Failed { attempt: 2.., .. });
            let receipts = queue.open_jobs()?.iter().any(|job| is_open(job.state));
            Ok((depth.waiting == 0 && !receipts).then_some(()))
        })?;
        self.line_is_quiet()
    }

    /// The numbers whose receipts the terminal has noted as printed.
    ///
    /// # Errors
    ///
    /// A queue file that cannot be read.
    pub fn noted_as_printed(&self) -> Result<Vec<String>> {
        let mut noted = Vec::new();
        for number in self.stage.terminal.tickets()? {
            let facts = self.stage.terminal.facts(&number)?;
            if facts.is_some_and(|facts| matches!(facts.paper, PrintState::Confirmed { .. })) {
                noted.push(number);
            }
        }
        Ok(noted)
    }
}

/// Since when.
pub struct StopWatch(SystemClock, Duration);

impl StopWatch {
    /// From here on.
    pub fn start() -> Self {
        let clock = SystemClock::start();
        let begun = clock.monotonic();
        Self(clock, begun)
    }

    /// How long it has been.
    pub fn gone(&self) -> Duration {
        self.0.monotonic() - self.1
    }
}
