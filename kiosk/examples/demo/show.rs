//! The demo on this session's screen: a window, and the paper as it comes out.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::{arguments::Show, paper::Reader, stage::Stage};

/// How often the demo looks for new paper.
const LOOK: Duration = Duration::from_millis(200);

/// Opens the terminal and shows the paper until the window is closed or Ctrl-C is pressed.
///
/// # Errors
///
/// Whatever part fails, by name.
pub fn run(asked: &Show) -> Result<()> {
    let temporary = tempfile::tempdir().context("a folder for the demo")?;
    let folder = asked.out.clone().unwrap_or_else(|| temporary.path().to_owned());
    let reader = Reader::build()?;
    let mut stage = Stage::set(&folder.join("stage"), &asked.printer, false)?;
    stage.terminal.start_kiosk(&stage.programs, None)?;
    stage.terminal.start_agent(&stage.programs)?;

    println!("\nThe county's console: {}", stage.console());
    println!("Your browser does not know its authority: {}", stage.addresses.ca.display());
    for person in stage.people.all() {
        println!("  {:<8} {:<10} password {}", person.role, person.login, person.password);
    }
    println!("The officer's PIN is {}, the technician's {}.", stage.pins.0, stage.pins.1);
    println!("Close the window or press Ctrl-C to end.\n");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut shown = 0;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                pressed = tokio::signal::ctrl_c() => return pressed.context("listen for Ctrl-C"),
                _ = look.tick() => {}
            }
            for receipt in stage.printer.receipts().iter().skip(shown) {
                shown += 1;
                let (name, dots) = (format!("{shown:03}"), stage.paper.dots().into());
                let read = reader.read(&folder.join("receipts"), &name, &receipt.bytes, dots)?;
                println!("---------------------------------- receipts/{shown:03}.png");
                read.lines.iter().for_each(|line| println!("| {line}"));
                read.qr.iter().for_each(|code| println!("| [QR {code}]"));
            }
            if stage.terminal.closed()? {
                return Ok(());
            }
            stage.machine.check()?;
        }
    })
}
