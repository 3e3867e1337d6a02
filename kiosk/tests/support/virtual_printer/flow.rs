//! How the printer says that it takes nothing more, and that it does again.
//!
//! Invariant: pure. Sources: Epson TM-T88III specification, "receive buffer full"; TM-T88 manual, "XON/XOFF", with the
//! memory switch as it usually stands: off-line is said, too. Bytes behind a full buffer are lost.

/// What the buffer holds.
pub const ROOM: usize = 4096;

/// Full from here on,
const FULL_AT: usize = ROOM - 128;

/// until so little is held.
const FREE_AT: usize = ROOM - 256;

/// "Go".
pub const XON: u8 = 0x11;

/// "Stop".
pub const XOFF: u8 = 0x13;

/// What was said last.
#[derive(Debug, Default)]
pub struct Flow {
    full: bool,
    busy: bool,
}

impl Flow {
    /// Looks again; the byte that says what changed.
    pub fn look(&mut self, online: bool, held: usize) -> Option<u8> {
        self.full = held >= FULL_AT || (self.full && held > FREE_AT);
        let busy = self.full || !online;
        let changed = std::mem::replace(&mut self.busy, busy) != busy;
        changed.then_some(if busy { XOFF } else { XON })
    }

    /// Whether it takes nothing more.
    pub fn is_busy(&self) -> bool {
        self.busy
    }
}
