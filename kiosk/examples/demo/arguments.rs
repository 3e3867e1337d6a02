//! The demo's command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use kiosk::{
    config,
    printer::{ProfileError, Width, built_in},
};

use crate::stage::PrinterChoice;

/// Shows the whole path on one machine.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
pub struct Arguments {
    /// Play visits on a screen in memory instead of opening a window.
    #[arg(long, requires = "out")]
    headless: bool,
    /// Where to leave screens, receipts and visits.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The visits to play, a JSON array of {"category","text","place"?,"name"?,"phone"?}.
    #[arg(long, value_name = "FILE", requires = "headless")]
    visits: Option<PathBuf>,
    /// A serial device with a printer, in place of the virtual one.
    #[arg(long, value_name = "PATH")]
    printer: Option<PathBuf>,
    /// What kind of printer it is: epson-tm, escpos, generic-58 or custom-presenter.
    #[arg(long, value_name = "NAME", default_value = "epson-tm", value_parser = profile, requires = "printer")]
    printer_profile: String,
    /// Its bits per second.
    #[arg(long, value_name = "BAUD", default_value_t = 9600, requires = "printer")]
    printer_baud: u32,
    /// Millimetres across the paper: 58 or 80.
    #[arg(long, value_name = "MM", default_value_t = 58, value_parser = paper_mm)]
    paper: u32,
}

fn profile(name: &str) -> Result<String, ProfileError> {
    built_in(name).map(|_| name.to_owned())
}

fn paper_mm(millimetres: &str) -> Result<u32, &'static str> {
    let known = millimetres.parse().ok().filter(|millimetres| Width::of_paper(*millimetres).is_some());
    known.ok_or("expected 58 or 80")
}

/// What was asked for.
#[derive(Debug)]
pub enum Mode {
    /// Visits on a screen in memory.
    Play(Play),
    /// A window.
    Show(Show),
}

/// Visits on a screen in memory.
#[derive(Debug)]
pub struct Play {
    /// Where the results go.
    pub out: PathBuf,
    /// The visits; none, samples.
    pub visits: Option<PathBuf>,
    /// The printer.
    pub printer: PrinterChoice,
}

/// A window.
#[derive(Debug)]
pub struct Show {
    /// Where everything lies; none, a folder that goes with the demo.
    pub out: Option<PathBuf>,
    /// The printer.
    pub printer: PrinterChoice,
}

impl Arguments {
    /// Which of the two ways was asked for.
    ///
    /// # Errors
    ///
    /// No screen to show a window on.
    pub fn mode(self) -> Result<Mode> {
        let printer = PrinterChoice {
            device: self.printer,
            settings: config::Printer {
                baud: self.printer_baud,
                profile: self.printer_profile,
                paper_mm: self.paper,
                ..config::Printer::default()
            },
        };
        if let (true, Some(out)) = (self.headless, self.out.clone()) {
            return Ok(Mode::Play(Play { out, visits: self.visits, printer }));
        }
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match (is_set("DISPLAY"), is_set("WAYLAND_DISPLAY")) {
            (true, _) => Ok(Mode::Show(Show { out: self.out, printer })),
            (false, true) => bail!(
                "this session has Wayland without X11, which the terminal's window needs: install Xwayland (Debian: \
                 apt install xwayland) and sign in anew, or play visits without a window: --headless --out DIR"
            ),
            (false, false) => bail!(
                "there is no screen here (DISPLAY is not set); visits are played without one: --headless --out DIR"
            ),
        }
    }
}
