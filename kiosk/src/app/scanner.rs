//! Scanners: one that types like a keyboard, and one on a serial port.
//!
//! Both end a code with a line break. Invariant: what was scanned is kept until that break or the next pause of the
//! visit only.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Read},
    path::Path,
    time::Duration,
};

use tracing::{info, warn};
use zeroize::{Zeroize, Zeroizing};

use super::{dispatch, post};
use crate::session::Event;

/// Longer than any QR that a receipt carries; what is longer is not ours.
const LONGEST: usize = 512;

thread_local! {
    static TYPED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Takes what a keyboard typed outside of any text field.
pub(super) fn typed(text: &str) {
    for c in text.chars() {
        if matches!(c, '\n' | '\r') {
            let scanned = TYPED.take();
            if !scanned.is_empty() {
                dispatch(Event::Scanned(scanned));
            }
        } else if !c.is_control() {
            TYPED.with_borrow_mut(|typed| {
                if typed.len() >= LONGEST {
                    typed.zeroize();
                }
                typed.push(c);
            });
        }
    }
}

/// Forgets what was typed so far.
pub(super) fn forget() {
    TYPED.with_borrow_mut(Zeroize::zeroize);
}

/// Reads a serial scanner for ever, opening it again whenever it comes back. Runs on a thread of its own.
pub fn read_serial(path: &Path, baud: u32) {
    let mut told = false;
    loop {
        match serialport::new(path.to_string_lossy(), baud).timeout(Duration::from_secs(1)).open_native() {
            Ok(port) => {
                info!(port = %path.display(), "scanner is there");
                told = false;
                read_lines(BufReader::new(Patient(port)));
            }
            Err(error) if !told => {
                warn!(port = %path.display(), %error, "scanner is not there");
                told = true;
            }
            Err(_) => {}
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

/// Waits through the port's time-outs: a scanner is silent for hours.
struct Patient<R>(R);

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(e) if e.kind() == std::io::ErrorKind::TimedOut => {}
                other => return other,
            }
        }
    }
}

fn read_lines(mut reader: impl BufRead) {
    loop {
        let mut line = Zeroizing::new(Vec::new());
        match reader.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line).trim().to_owned();
                if !text.is_empty() {
                    post(Event::Scanned(text));
                }
            }
        }
    }
}
