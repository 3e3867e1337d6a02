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
use serialport::{SerialPort as _, TTYPort};

use crate::virtual_printer::machine::{Machine, Receipt};

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

impl WireTap {
    /// Opens the printer and offers it to the terminal at `link`. Its two threads end with the demo.
    ///
    /// # Errors
    ///
    /// A device that is missing or busy.
    pub fn start(link: &Path, printer: &Path) -> Result<Self> {
        let port = serialport::new(printer.to_string_lossy(), 9600).timeout(TURN).open_native();
        let mut port = port.with_context(|| format!("open the printer {}", printer.display()))?;
        let (mut wire, other_end) = pair(link)?;
        wire.set_timeout(TURN)?;
        let machine = Arc::new(Mutex::new(Machine::default()));
        thread::Builder::new().name("wire-tap".into()).spawn({
            let machine = Arc::clone(&machine);
            move || {
                let _other_end = other_end;
                let mut bytes = [0; 1024];
                loop {
                    if let Ok(count) = wire.read(&mut bytes) {
                        // What a machine of ours would answer is for nobody: the real one answers.
                        drop(machine.lock().unwrap_or_else(PoisonError::into_inner).receive(&bytes[..count]));
                        if port.write_all(&bytes[..count]).is_err() {
                            return;
                        }
                    }
                    if let Ok(count) = port.read(&mut bytes)
                        && wire.write_all(&bytes[..count]).is_err()
                    {
                        return;
                    }
                }
            }
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

fn pair(link: &Path) -> Result<(TTYPort, TTYPort)> {
    let (wire, other_end) = TTYPort::pair().context("a pseudo terminal")?;
    let name = other_end.name().context("a pseudo terminal without a name")?;
    // Left from an earlier demo in the same folder.
    drop(fs::remove_file(link));
    std::os::unix::fs::symlink(name, link).with_context(|| link.display().to_string())?;
    Ok((wire, other_end))
}
