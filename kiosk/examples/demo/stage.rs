//! The stage: the county's machine, one terminal and its devices, on embedded defaults in one folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use kiosk::{config, printer::Width};

use crate::{
    county::{County, People},
    device::{Scanner, WireTap},
    machine::{Addresses, Machine},
    processes::Programs,
    terminal::{Terminal, enrolment},
    virtual_printer::{VirtualPrinter, machine::Receipt},
    wait::until,
};

/// The station that the terminal stands in.
pub const STATION: &str = "花桥镇人大代表联络站";

/// Which printer there shall be.
#[derive(Debug, Clone, Default)]
pub struct PrinterChoice {
    /// The serial device of a real one; none, the virtual one.
    pub device: Option<PathBuf>,
    /// Kind, speed and width; the port is the stage's.
    pub settings: config::Printer,
}

/// The printer of the stage.
pub enum Printer {
    /// The one of this program.
    Virtual(VirtualPrinter),
    /// A real one, and who listens on its line.
    Real(WireTap),
}

/// Everything that runs, in the order in which it ends.
pub struct Stage {
    /// The terminal.
    pub terminal: Terminal,
    /// The county's machine.
    pub machine: Machine,
    /// Where it is found.
    pub addresses: Addresses,
    /// Who works there.
    pub people: People,
    /// The terminal's scanner.
    pub scanner: Scanner,
    /// The terminal's printer.
    pub printer: Printer,
    /// The paper in it.
    pub paper: Width,
    /// The programs.
    pub programs: Programs,
    /// The officer's and the technician's PIN.
    pub pins: (String, String),
}

impl Stage {
    /// Sets the stage: the host runs, the county is furnished, the terminal is enrolled; its programs don't run yet.
    ///
    /// # Errors
    ///
    /// Whatever part fails, by name.
    pub fn set(folder: &Path, choice: &PrinterChoice, drive: bool) -> Result<Self> {
        // An earlier demo in this folder: nobody has its accounts' passwords any more.
        if folder.join("terminal/kiosk.toml").exists() {
            fs::remove_dir_all(folder).with_context(|| format!("clear {} away", folder.display()))?;
        }
        let parts = ["bin", "logs", "terminal", "dev"].map(|part| folder.join(part));
        for part in &parts {
            fs::create_dir_all(part).with_context(|| part.display().to_string())?;
        }
        let [bin, logs, terminal, dev] = parts;
        let programs = Programs::build(&bin, drive)?;

        let printer_link = dev.join("printer");
        let paper = Width::of_paper(choice.settings.paper_mm).context("paper of 58 or 80 mm")?;
        let printer = match &choice.device {
            None => Printer::Virtual(VirtualPrinter::start(&printer_link).context("start the virtual printer")?),
            Some(device) => Printer::Real(WireTap::start(&printer_link, device, &choice.settings)?),
        };
        let settings = config::Printer { port: printer.port(), ..choice.settings.clone() };
        let scanner_link = dev.join("scanner");
        let scanner = Scanner::start(&scanner_link)?;

        let mut machine = Machine::new(&folder.join("host"), &logs)?;
        let addresses = machine.start(&programs)?;
        let people = People::hire(&machine, &programs)?;
        let file = enrolment(&terminal);
        let added = machine.run(
            &programs,
            &["terminal", "add", "--station", STATION, "--place", "大厅", "--out", &file.display().to_string()],
            "",
        )?;
        let pin = |name: &str| added[name].as_str().unwrap_or_default().to_owned();
        let pins = (pin("officer_pin"), pin("technician_pin"));
        County::new(&addresses, &people)?.furnish(STATION)?;
        let terminal = Terminal::new(&terminal, &logs, &settings, Some(&scanner_link), drive)?;
        Ok(Self { terminal, machine, addresses, people, scanner, printer, paper, programs, pins })
    }

    /// Waits until the terminal has the county's bulletin with its villages.
    ///
    /// # Errors
    ///
    /// It does not get it.
    pub fn bulletin(&mut self) -> Result<wire::bulletin::Bulletin> {
        until("the terminal to fetch the county's bulletin", Duration::from_secs(120), || {
            self.terminal.check()?;
            self.machine.check()?;
            Ok(self.terminal.bulletin()?.filter(|bulletin| !bulletin.places.is_empty()))
        })
    }

    /// The console's address.
    pub fn console(&self) -> String {
        format!("{}/county", self.addresses.public_base)
    }
}

impl Printer {
    /// Where the terminal finds it.
    pub fn port(&self) -> PathBuf {
        match self {
            Self::Virtual(printer) => printer.port().to_owned(),
            Self::Real(tap) => tap.port().to_owned(),
        }
    }

    /// All receipts until now.
    pub fn receipts(&self) -> Vec<Receipt> {
        match self {
            Self::Virtual(printer) => printer.receipts(),
            Self::Real(tap) => tap.receipts(),
        }
    }

    /// Gives the terminal a fresh port where the kernel keeps the old one for a program that was killed.
    pub fn replug(&self) {
        if let Self::Virtual(printer) = self {
            printer.replug();
        }
    }
}
