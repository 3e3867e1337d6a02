//! The line to the printer, and the serial port as one. Invariant: nothing here waits longer than it was told to: no
//! `flush`, which has no time-out, and no `write_all`, which loses the count; whoever writes keeps the offset.

use std::{
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
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

    /// Drops what was handed over and has not left yet, and what came and was not read.
    fn forget(&mut self);
}

/// Opens the line anew.
pub type Open = Box<dyn FnMut() -> Result<Box<dyn Line>, PortError> + Send>;

/// An open serial port.
pub struct Port {
    tty: TTYPort,
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

impl Port {
    /// Opens a port for us alone.
    ///
    /// # Errors
    /// A device that is missing, in use, or not a serial one.
    pub fn open(path: &Path, baud: u32, flow: Flow) -> Result<Self, PortError> {
        if !path.exists() {
            return Err(PortError::Missing(path.to_owned()));
        }
        let flow = match flow {
            Flow::Software => FlowControl::Software,
            Flow::Hardware => FlowControl::Hardware,
            Flow::None => FlowControl::None,
        };
        let name = path.to_string_lossy();
        let opened = serialport::new(name, baud).flow_control(flow).timeout(Duration::from_millis(50)).open_native();
        match opened {
            Ok(tty) => Ok(Self { tty }),
            Err(error) if error.kind() == serialport::ErrorKind::NoDevice => Err(PortError::Busy(path.to_owned())),
            Err(error) => Err(PortError::Refused { path: path.to_owned(), problem: error.to_string() }),
        }
    }

    fn wait_at_most(&mut self, wait: Duration) -> Result<(), PortError> {
        self.tty.set_timeout(wait).map_err(|_| PortError::Gone)
    }
}

impl Line for Port {
    fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<usize, PortError> {
        self.wait_at_most(wait)?;
        match self.tty.write(&bytes[..bytes.len().min(CHUNK)]) {
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
