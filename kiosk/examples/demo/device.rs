//! Devices on pseudo terminals: a scanner, and a wire-tap before a real printer.
//!
//! Invariant: bytes pass through unchanged, in both directions.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use kiosk::{
    config,
    printer::{Cut, Line as _, Port, PortError, built_in},
};
use serialport::{SerialPort as _, TTYPort};

use crate::virtual_printer::{
    self,
    machine::{Machine, Receipt},
};

/// A scanner on a serial line.
pub struct Scanner {
    wire: TTYPort,
    _other_end: TTYPort,
}

impl Scanner {
    /// Plugs a scanner in at `link`.
    ///
    /// # Errors
    ///
    /// No pseudo terminal, or a link that cannot be made.
    pub fn start(link: &Path) -> Result<Self> {
        let (wire, other_end) = pair(link)?;
        Ok(Self { wire, _other_end: other_end })
    }

    /// Reads a code.
    ///
    /// # Errors
    ///
    /// The line is gone.
    pub fn read(&mut self, code: &str) -> Result<()> {
        self.wire.write_all(format!("{code}\r\n").as_bytes()).context("scan a code")
    }
}

/// Listens on the line between the terminal and a real printer.
pub struct WireTap {
    link: PathBuf,
    machine: Arc<Mutex<Machine>>,
}

/// How long one direction waits before it looks at the other.
const TURN: Duration = Duration::from_millis(10);
/// How long a printer that is gone is left alone before it is looked for again.
const GONE: Duration = Duration::from_secs(1);

impl WireTap {
    /// Opens the printer and offers it to the terminal at `link`. Its thread ends with the demo.
    ///
    /// # Errors
    ///
    /// A device that is missing or busy.
    pub fn start(link: &Path, device: &Path, settings: &config::Printer) -> Result<Self> {
        let profile = built_in(&settings.profile)?;
        let (device, baud, flow) = (device.to_owned(), settings.baud, profile.flow);
        let open = move || Port::open(&device, baud, flow);
        let port = open()?;
        let line = pair(link)?;
        let mut machine = Machine::default();
        // What a machine of ours would answer is for nobody: the real one answers.
        drop(machine.change(|conditions| conditions.knife = profile.cut != Cut::None));
        let machine = Arc::new(Mutex::new(machine));
        thread::Builder::new().name("wire-tap".into()).spawn({
            let (machine, link) = (Arc::clone(&machine), link.to_owned());
            move || listen(open, &link, port, line, &machine)
        })?;
        Ok(Self { link: link.to_owned(), machine })
    }

    /// Where the terminal finds the printer.
    pub fn port(&self) -> &Path {
        &self.link
    }

    /// The receipts that went over the line.
    pub fn receipts(&self) -> Vec<Receipt> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner).receipts().to_vec()
    }
}

/// Passes bytes for ever; a printer that is gone is gone for the terminal too, until it comes back.
fn listen(
    open: impl Fn() -> Result<Port, PortError>,
    link: &Path,
    mut port: Port,
    mut line: (TTYPort, TTYPort),
    machine: &Mutex<Machine>,
) {
    loop {
        let problem = pass(&mut port, &mut line.0, machine);
        eprintln!("the printer: {problem}; it is used again once it is there");
        drop((port, line));
        // The folder may have been taken away.
        drop(fs::remove_file(link));
        port = loop {
            thread::sleep(GONE);
            if let Ok(port) = open() {
                break port;
            }
        };
        line = match pair(link) {
            Ok(line) => line,
            Err(problem) => return eprintln!("the line to the printer: {problem:#}"),
        };
    }
}

/// Passes bytes in both directions until the printer is gone. A printer that takes none for a while gets them later, and
/// the terminal waits, as on the line itself.
fn pass(port: &mut Port, wire: &mut TTYPort, machine: &Mutex<Machine>) -> PortError {
    let mut bytes = [0; 256];
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() {
            // Nothing read is a pause: the other end stays open.
            let count = wire.read(&mut bytes).unwrap_or(0);
            waiting.extend_from_slice(&bytes[..count]);
        }
        if !waiting.is_empty() {
            let taken = match port.write(&waiting, TURN) {
                Ok(taken) => taken,
                Err(gone) => return gone,
            };
            let took: Vec<u8> = waiting.drain(..taken).collect();
            drop(machine.lock().unwrap_or_else(PoisonError::into_inner).receive(&took));
        }
        match port.read(&mut bytes, TURN) {
            // A terminal that does not read loses answers, as on the line itself.
            Ok(count) => drop(wire.write_all(&bytes[..count])),
            Err(gone) => return gone,
        }
    }
}

fn pair(link: &Path) -> Result<(TTYPort, TTYPort)> {
    let (mut wire, other_end) = virtual_printer::pair().context("a pseudo terminal")?;
    wire.set_timeout(TURN)?;
    let name = other_end.name().context("a pseudo terminal without a name")?;
    std::os::unix::fs::symlink(name, link).with_context(|| link.display().to_string())?;
    Ok((wire, other_end))
}
