//! The demo's command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

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
    /// A real printer.
    pub printer: Option<PathBuf>,
}

/// A window.
#[derive(Debug)]
pub struct Show {
    /// Where everything lies; none, a folder that goes with the demo.
    pub out: Option<PathBuf>,
    /// A real printer.
    pub printer: Option<PathBuf>,
}

impl Arguments {
    /// Which of the two ways was asked for.
    ///
    /// # Errors
    ///
    /// No screen to show a window on.
    pub fn mode(self) -> Result<Mode> {
        if let (true, Some(out)) = (self.headless, self.out.clone()) {
            return Ok(Mode::Play(Play { out, visits: self.visits, printer: self.printer }));
        }
        if std::env::var_os("DISPLAY").is_none() {
            bail!("there is no screen here (DISPLAY is not set); try --headless --out DIR");
        }
        Ok(Mode::Show(Show { out: self.out, printer: self.printer }))
    }
}
