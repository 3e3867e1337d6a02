//! Scanners: one that types like a keyboard, and one on a serial port.
//!
//! Both end a code with a line break. Invariant: what was scanned is kept until that break or the next pause of the
//! visit only.

use std::{
    cell::RefCell,
    io::{ErrorKind, Read},
    path::Path,
    time::Duration,
};

use tracing::{info, warn};
use zeroize::{Zeroize, Zeroizing};

use super::{dispatch, post};
use crate::session::Event;

/// Longer than any QR that a receipt carries; what is longer is not ours.
const LONGEST: usize = 512;

/// Cuts what a scanner sends into codes; one that is longer than ours is left out whole.
#[derive(Default)]
pub struct Codes {
    open: Zeroizing<Vec<u8>>,
    too_long: bool,
}

impl Codes {
    /// Takes bytes and gives the codes that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<String> {
        if !matches!(byte, b'\n' | b'\r') {
            self.too_long |= self.open.len() >= LONGEST;
            if self.too_long {
                self.open.zeroize();
            } else {
                // With room from the start, so that growing leaves no copies behind.
                let room = LONGEST - self.open.len();
                self.open.reserve(room);
                self.open.push(byte);
            }
            return None;
        }
        let whole = !std::mem::take(&mut self.too_long);
        let open = std::mem::take(&mut self.open);
        let code: Zeroizing<String> =
            Zeroizing::new(String::from_utf8_lossy(&open).chars().filter(|c| !c.is_control()).collect());
        let code = code.trim();
        (whole && !code.is_empty()).then(|| code.to_owned())
    }

    fn forget(&mut self) {
        self.open.zeroize();
        self.too_long = false;
    }
}

thread_local! {
    static TYPED: RefCell<Codes> = RefCell::default();
}

/// Takes what a keyboard typed outside of any text field.
pub(super) fn typed(text: &str) {
    for code in TYPED.with_borrow_mut(|codes| codes.push(text.as_bytes())) {
        dispatch(Event::Scanned(code));
    }
}

/// Forgets what was typed so far.
pub(super) fn forget() {
    TYPED.with_borrow_mut(Codes::forget);
}

/// Reads a serial scanner for ever, opening it again whenever it comes back. Runs on a thread of its own.
pub fn read_serial(path: &Path, baud: u32) {
    let mut told = false;
    loop {
        match serialport::new(path.to_string_lossy(), baud).timeout(Duration::from_secs(1)).open_native() {
            Ok(port) => {
                info!(port = %path.display(), "scanner is there");
                told = false;
                read_codes(port);
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

/// Reads until the port goes; a scanner is silent for hours.
fn read_codes(mut port: impl Read) {
    let mut codes = Codes::default();
    let mut bytes = Zeroizing::new([0; LONGEST]);
    loop {
        match port.read(&mut *bytes) {
            Ok(length @ 1..) => codes.push(&bytes[..length]).into_iter().for_each(|code| post(Event::Scanned(code))),
            Err(silent) if matches!(silent.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_in_pieces_and_ends_with_either_break() {
        let mut codes = Codes::default();
        assert_eq!(codes.push(b"https://county.exa"), [""; 0]);
        assert_eq!(codes.push(b"mple/t#1\r\n\nsecond\x1d\r"), ["https://county.example/t#1", "second"]);
    }

    #[test]
    fn a_code_that_is_too_long_is_left_out_whole_and_hides_none_behind_it() {
        let mut codes = Codes::default();
        let long = [vec![b'x'; LONGEST], b"/t#tail\nnext\n".to_vec()].concat();
        assert_eq!(codes.push(&long), ["next"]);
    }
}
