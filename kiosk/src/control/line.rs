//! Lines with a bound, for threads.
//!
//! Invariant: never holds more than [`LINE_MAX`] bytes of a peer's; what was read is overwritten when dropped.

use std::io::{self, BufRead, Read};

use zeroize::Zeroizing;

use super::message::{LINE_MAX, Line, VERSION};

/// Lines that cannot be read, before a peer is hung up on: a newer version may say a few things that we don't know.
pub(super) const UNREADABLE_MAX: u32 = 16;

/// Writes a line with its line feed.
///
/// # Panics
/// Never: a line is always JSON.
#[must_use]
pub fn encode(line: &Line) -> Zeroizing<Vec<u8>> {
    // With room from the start, so that growing leaves no copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
    serde_json::to_writer(&mut *bytes, line).expect("invariant: a line is always JSON");
    bytes.push(b'\n');
    bytes
}

/// Reads what a line says; none where it is not ours.
pub(super) fn decode(bytes: &[u8]) -> Option<Line> {
    serde_json::from_slice(bytes).ok().filter(|line: &Line| line.v == VERSION)
}

/// Reads lines from a peer.
pub struct Lines<R> {
    reader: R,
    unreadable: u32,
}

impl<R: BufRead> Lines<R> {
    /// Reads from `reader` until it ends.
    pub fn new(reader: R) -> Self {
        Self { reader, unreadable: 0 }
    }

    /// The next line that says something; none at the end.
    ///
    /// # Errors
    /// The peer's failure, its silence, a line without an end, or too many that say nothing.
    #[expect(clippy::should_implement_trait, reason = "an iterator has no errors that end it")]
    pub fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
            let max = u64::try_from(LINE_MAX).unwrap_or(u64::MAX);
            (&mut self.reader).take(max).read_until(b'\n', &mut bytes)?;
            match bytes.last() {
                None => return Ok(None),
                Some(b'\n') => {}
                Some(_) if bytes.len() < LINE_MAX => return Ok(None),
                Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end")),
            }
            if let Some(line) = decode(&bytes) {
                return Ok(Some(line));
            }
            self.unreadable += 1;
            if self.unreadable > UNREADABLE_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "too many lines that say nothing"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::message::Notice;

    #[test]
    fn a_line_without_an_end_is_an_error_at_the_bound() {
        let endless = vec![b'x'; LINE_MAX * 2];
        let error = Lines::new(&endless[..]).next().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn rubbish_between_lines_is_passed_over_but_not_for_ever() {
        let mut bytes = b"GET / HTTP/1.1\r\n\n{\"v\":2,\"message\":{\"notice\":\"submitted\"}}\n".to_vec();
        bytes.extend_from_slice(&encode(&Line::notice(Notice::Submitted)));
        let mut lines = Lines::new(&bytes[..]);
        assert_eq!(lines.next().unwrap(), Some(Line::notice(Notice::Submitted)));
        assert_eq!(lines.next().unwrap(), None);
        assert!(Lines::new(&b"\n".repeat(100)[..]).next().is_err());
    }
}
