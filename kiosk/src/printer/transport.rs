//! The line to the printer, and the serial port as one. Invariant: nothing here waits longer than it was told to: no
//! `flush`, which has no time-out, and no `write_all`, which loses the count; whoever writes keeps the offset.
//!
//! The kernel's flow control stays off: it would hold back real-time questions together with the receipt, while a printer
//! that is off-line says XOFF (or BUSY) and would answer them. Who writes heeds it instead; here little enough is under way
//! that a "stop" comes in time. Source: Epson TM-T88III specification, "receive buffer full": with 128 bytes left.

use std::{
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serialport::{ClearBuffer, FlowControl, SerialPort, TTYPort};

use super::profile::Flow;

/// What carries bytes to a printer and back. Tests have one that breaks at a given byte.
pub trait Line: Send {
    /// Hands over a part of `bytes` and gives its length; 0 where the printer takes nothing within `wait`.
    ///
    /// # Errors
    /// [`PortError::Gone`].
    fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<usize, PortError>;

    /// Reads what is there; 0 where nothing comes within `wait`.
    ///
    /// # Errors
    /// [`PortError::Gone`].
    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, PortError>;

    /// Whether the printer's own wire says that it takes something (CTS); also where there is no such wire.
    ///
    /// # Errors
    /// [`PortError::Gone`].
    fn is_clear(&mut self) -> Result<bool, PortError> {
        Ok(true)
    }

    /// Drops what was handed over and has not left yet, and what came and was not read.
    fn forget(&mut self);
}

/// Opens the line anew.
pub type Open = Box<dyn FnMut() -> Result<Box<dyn Line>, PortError> + Send>;

/// An open serial port.
pub struct Port {
    tty: TTYPort,
    flow: Flow,
}

/// Why there is no port, or none any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// No such device.
    #[error("printer.port: expected a serial device at {0}, there is none")]
    Missing(PathBuf),
    /// Another program has it.
    #[error("printer.port: {0} is in use by another program")]
    Busy(PathBuf),
    /// The device is there and says no.
    #[error("open {path}: {problem}")]
    Refused {
        /// The device.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
    /// It was there and is gone: to be opened again.
    #[error("the printer's port is gone")]
    Gone,
}

/// A chunk small enough that a fault is noticed between two.
const CHUNK: usize = 256;

/// A chunk where the printer says "stop". Two of them, what a UART keeps by itself (32) and a round of questions (12) are
/// less than the 128 bytes that it still takes.
const CHUNK_TO_BE_STOPPED: usize = 32;

/// How often is looked whether a chunk has left: shorter than 32 bytes take at 115200 baud.
const LEAVING: Duration = Duration::from_millis(2);

impl Port {
    /// Opens a port for us alone.
    ///
    /// # Errors
    /// A device that is missing, in use, or not a serial one.
    pub fn open(path: &Path, baud: u32, flow: Flow) -> Result<Self, PortError> {
        if !path.exists() {
            return Err(PortError::Missing(path.to_owned()));
        }
        let name = path.to_string_lossy();
        let opened = serialport::new(name, baud)
            .flow_control(FlowControl::None)
            .timeout(Duration::from_millis(50))
            .open_native();
        match opened {
            Ok(tty) => Ok(Self { tty, flow }),
            Err(error) if error.kind() == serialport::ErrorKind::NoDevice => Err(PortError::Busy(path.to_owned())),
            Err(error) => Err(PortError::Refused { path: path.to_owned(), problem: error.to_string() }),
        }
    }

    fn wait_at_most(&mut self, wait: Duration) -> Result<(), PortError> {
        self.tty.set_timeout(wait).map_err(|_| PortError::Gone)
    }

    /// Waits until what was handed over before has left but for a chunk; what is left of `wait`, none where it did not.
    fn leave(&self, wait: Duration) -> Option<Duration> {
        let mut left = wait;
        // A driver that does not count has nothing to wait for.
        while self
            .tty
            .bytes_to_write()
            .is_ok_and(|count| usize::try_from(count).is_ok_and(|count| count > CHUNK_TO_BE_STOPPED))
        {
            left = left.checked_sub(LEAVING)?;
            thread::sleep(LEAVING);
        }
        Some(left)
    }
}

impl Line for Port {
    fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<usize, PortError> {
        let (chunk, wait) = match self.flow {
            Flow::None => (CHUNK, wait),
            Flow::Software | Flow::Hardware => match self.leave(wait) {
                Some(left) => (CHUNK_TO_BE_STOPPED, left),
                None => return Ok(0),
            },
        };
        self.wait_at_most(wait)?;
        match self.tty.write(&bytes[..bytes.len().min(chunk)]) {
            Ok(0) => Err(PortError::Gone),
            Ok(count) => Ok(count),
            Err(error) => nothing_yet(&error),
        }
    }

    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, PortError> {
        self.wait_at_most(wait)?;
        match self.tty.read(buffer) {
            Ok(0) => Err(PortError::Gone),
            Ok(count) => Ok(count),
            Err(error) => nothing_yet(&error),
        }
    }

    fn is_clear(&mut self) -> Result<bool, PortError> {
        // A pseudo terminal has no such wire; a port that is gone says so when it is written to.
        Ok(self.flow != Flow::Hardware || self.tty.read_clear_to_send().unwrap_or(true))
    }

    fn forget(&mut self) {
        // A port that is gone has nothing left to drop.
        let _ = self.tty.clear(ClearBuffer::All);
    }
}

fn nothing_yet(error: &std::io::Error) -> Result<usize, PortError> {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(0),
        _ => Err(PortError::Gone),
    }
}
