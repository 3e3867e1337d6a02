//! What a printer says, byte by byte: statuses, answers of fences, cleared buffers, and garbage.
//!
//! The kinds tell themselves apart by fixed bits: `DLE EOT` is `0xx1xx10`, `GS r 1` is `0xx000nn`, a process id is
//! `37 22 …4 bytes… 00`, a cleared buffer `37 25 00`; automatic status is four bytes of which the first is `0xx1xx00` and
//! the others look like answers to `GS r`. A full status is `10 0F` and four bytes of any kind, so that it is looked for
//! only where the printer has one. XON and XOFF are looked for only where they are agreed on, there between any two bytes
//! but those of a full status. Sources: Epson ESC/POS reference, "Transmit status", "GS r" (paper end is never sent: the
//! command waits for paper), "DLE DC4" (XOFF may interrupt an answer); for the full status see `status`.

use super::status::is_status;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// To a `DLE EOT`; which, only the asker knows.
    Status(u8),
    /// To `DLE EOT 20`.
    Full([u8; 4]),
    /// To `GS r 1`.
    Queued(u8),
    /// To `GS ( H`: everything up to this process id came out.
    Process([u8; 4]),
    /// To `DLE DC4 8`.
    Cleared,
    /// XOFF: it takes nothing more but real-time commands.
    Stop,
    /// XON: it does again.
    Go,
    /// Automatic status that nobody asked for.
    Unsolicited,
    /// None of these.
    Garbage(u8),
}

/// Cuts a stream into answers; keeps the beginning of one that is not whole yet.
#[derive(Debug, Default)]
pub struct Replies {
    open: Vec<u8>,
    /// Whether this printer has a full status.
    full: bool,
    /// Whether it says XON and XOFF.
    flow: bool,
}

const BLOCK: u8 = 0x37;
const BLOCK_PROCESS: u8 = 0x22;
const BLOCK_CLEARED: u8 = 0x25;
const FULL: [u8; 2] = [0x10, 0x0f];
const XON: u8 = 0x11;
const XOFF: u8 = 0x13;

impl Replies {
    /// Of a printer that answers `DLE EOT 20`.
    #[must_use]
    pub fn with_full_status() -> Self {
        Self { full: true, ..Self::default() }
    }

    /// Of a printer that says XON and XOFF.
    #[must_use]
    pub fn with_flow(self) -> Self {
        Self { flow: true, ..self }
    }

    /// Takes bytes and gives the answers that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Reply> {
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<Reply> {
        if self.flow && !(self.full && self.open.starts_with(&FULL)) {
            match byte {
                XON => return Some(Reply::Go),
                XOFF => return Some(Reply::Stop),
                _ => {}
            }
        }
        self.open.push(byte);
        let reply = match *self.open {
            [BLOCK] | [BLOCK, BLOCK_PROCESS | BLOCK_CLEARED] => return None,
            [BLOCK, BLOCK_CLEARED, 0] => Reply::Cleared,
            [BLOCK, BLOCK_PROCESS, a, b, c, d, 0] => Reply::Process([a, b, c, d]),
            [BLOCK, BLOCK_PROCESS, ..] if self.open.len() < 7 => return None,
            [first, second, paper, user, passing, lasting] if self.full && [first, second] == FULL => {
                Reply::Full([paper, user, passing, lasting])
            }
            [first, second, ..] if self.full && [first, second] == FULL => return None,
            [first] | [first, _] | [first, _, _] if is_automatic(first) => return None,
            [first, _, _, _] if is_automatic(first) => Reply::Unsolicited,
            [byte] if is_status(byte) => Reply::Status(byte),
            [byte] if is_queued(byte) => Reply::Queued(byte),
            _ => Reply::Garbage(byte),
        };
        self.open.clear();
        Some(reply)
    }
}

fn is_automatic(byte: u8) -> bool {
    byte & 0b1001_0011 == 0b0001_0000
}

/// Bits 4 and 7 are fixed, 5 and 6 undefined; 2 and 3 would be paper end; 0 and 1 are the near end, and come together.
fn is_queued(byte: u8) -> bool {
    byte & 0b1001_1100 == 0 && matches!(byte & 0b11, 0b00 | 0b11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_also_when_they_come_in_pieces() {
        let mut replies = Replies::default();
        assert_eq!(replies.push(&[0x12, 0x37, 0x22, b'0', b'0']), [Reply::Status(0x12)]);
        assert_eq!(replies.push(b"01\0\x00"), [Reply::Process(*b"0001"), Reply::Queued(0)]);
        assert_eq!(replies.push(&[0x37, 0x25, 0x00]), [Reply::Cleared]);
    }

    #[test]
    fn automatic_status_is_never_taken_for_a_fence() {
        let mut replies = Replies::default();
        assert_eq!(replies.push(&[0x10, 0, 0, 0x0f, 0x12]), [Reply::Unsolicited, Reply::Status(0x12)]);
    }

    #[test]
    fn a_full_status_hides_no_fence_and_gives_none() {
        let mut replies = Replies::with_full_status();
        assert_eq!(replies.push(&[0x10, 0x0f, 0x20]), []);
        assert_eq!(replies.push(&[0, 0, 0x00, 0x00]), [Reply::Full([0x20, 0, 0, 0]), Reply::Queued(0)]);
        assert_eq!(Replies::default().push(&[0x10, 0x0f, 0, 0]), [Reply::Unsolicited]);
    }

    #[test]
    fn garbage_is_garbage_and_does_not_hide_what_follows() {
        let mut replies = Replies::default();
        assert_eq!(replies.push(&[0xff, 0x12]), [Reply::Garbage(0xff), Reply::Status(0x12)]);
        assert_eq!(replies.push(&[0x37, 0x99, 0x16]), [Reply::Garbage(0x99), Reply::Status(0x16)]);
    }

    #[test]
    fn a_fence_is_answered_by_no_byte_that_the_manual_excludes() {
        let queued = |byte| Replies::default().push(&[byte]) == [Reply::Queued(byte)];
        assert_eq!(
            (0..=u8::MAX).filter(|byte| queued(*byte)).collect::<Vec<_>>(),
            [0x00, 0x03, 0x20, 0x23, 0x40, 0x43, 0x60, 0x63]
        );
    }

    #[test]
    fn stop_and_go_are_heard_inside_an_answer_and_only_where_they_are_agreed_on() {
        let mut replies = Replies::default().with_flow();
        assert_eq!(
            replies.push(&[0x37, 0x13, 0x22, b'0', b'0', 0x11, b'0', b'1', 0]),
            [Reply::Stop, Reply::Go, Reply::Process(*b"0001")]
        );
        assert_eq!(Replies::default().push(&[0x13]), [Reply::Garbage(0x13)]);
        let mut full = Replies::with_full_status().with_flow();
        assert_eq!(full.push(&[0x10, 0x0f, 0x11, 0, 0x13, 0, 0x13]), [Reply::Full([0x11, 0, 0x13, 0]), Reply::Stop]);
    }
}
