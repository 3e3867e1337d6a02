//! How long an ESC/POS command is, so that its parameters are not taken for commands; and which bytes are a real-time one.
//!
//! Invariant: pure. Source: Epson ESC/POS reference, the command list by control code;
//! for `GS e` the manuals of Custom's kiosk printers.

/// The length of the command that the buffer begins with; none while it is incomplete. A byte that begins no command
/// is one of text and has the length 1.
pub fn length(buffer: &[u8]) -> Option<usize> {
    let wanted = match buffer {
        [] => return None,
        [0x1B..=0x1D] => return None,
        [0x1B, rest @ ..] => escape(rest)?,
        [0x1C, b'!' | b'-' | b'W' | b'C', ..] => 3,
        [0x1C, b'S', ..] => 4,
        [0x1C, ..] => 2,
        [0x1D, rest @ ..] => group(rest)?,
        _ => 1,
    };
    (buffer.len() >= wanted).then_some(wanted)
}

fn escape(rest: &[u8]) -> Option<usize> {
    Some(match rest {
        [
            b'a' | b'E' | b'-' | b'!' | b't' | b'd' | b'J' | b'M' | b'{' | b'G' | b'V' | b'3' | b'R' | b' ' | b'=',
            ..,
        ] => 3,
        [b'$' | b'\\' | b'c', ..] => 4,
        [b'p', ..] => 5,
        [b'D', stops @ ..] => 3 + stops.iter().position(|stop| *stop == 0)?,
        [b'*', mode, low, high, ..] => {
            let rows = if *mode < 32 { 1 } else { 3 };
            5 + rows * word(*low, *high)
        }
        [b'*', ..] => return None,
        _ => 2,
    })
}

fn group(rest: &[u8]) -> Option<usize> {
    Some(match rest {
        [b'!' | b'B' | b'h' | b'w' | b'H' | b'f' | b'r' | b'a' | b'I' | b'b' | b'j', ..] => 3,
        [b'e', 3, ..] => 4,
        [b'e', _, ..] => 3,
        [b'V', 0 | 1 | 48 | 49, ..] => 3,
        [b'V', _, ..] => 4,
        [b'e' | b'V'] => return None,
        [b'L' | b'W' | b'P' | b'$' | b'\\', ..] => 4,
        [b'k', 0..=6, data @ ..] => 4 + data.iter().position(|byte| *byte == 0)?,
        [b'k', _, count, ..] => 4 + usize::from(*count),
        [b'(', _, low, high, ..] => 5 + word(*low, *high),
        [b'v', _, _, xl, xh, yl, yh, ..] => 8 + word(*xl, *xh) * word(*yl, *yh),
        [b'8', _, a, b, c, d, ..] => 7 + usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?,
        [b'k' | b'(' | b'v' | b'8', ..] => return None,
        _ => 2,
    })
}

fn word(low: u8, high: u8) -> usize {
    usize::from(low) + 256 * usize::from(high)
}

/// Whether nothing is printed by these commands: no text, no picture, no code.
pub fn is_blank(mut bytes: &[u8]) -> bool {
    while let Some(length) = length(bytes) {
        let (command, rest) = bytes.split_at(length);
        match command {
            [0x21..=0xFF, ..] | [0x1B, b'*', ..] | [0x1D, b'k' | b'v' | b'8' | b'(', ..] => return false,
            _ => bytes = rest,
        }
    }
    true
}

/// Begins a real-time command.
pub const DLE: u8 = 0x10;

/// What bytes are that may begin a real-time command.
pub enum Realtime {
    /// May still become a real-time command.
    Wait,
    /// Is none.
    None,
    /// Is one.
    Complete,
}

/// Looks at the beginning of a real-time command: `DLE EOT n`, `DLE ENQ n`, `DLE DC4 8` with its seven parameters.
pub fn realtime_length(bytes: &[u8]) -> Realtime {
    const CLEAR: [u8; 10] = [DLE, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8];
    match bytes {
        [DLE] | [DLE, 0x04 | 0x05] => Realtime::Wait,
        [DLE, 0x04 | 0x05, _] => Realtime::Complete,
        _ if bytes == CLEAR => Realtime::Complete,
        _ if CLEAR.starts_with(bytes) => Realtime::Wait,
        _ => Realtime::None,
    }
}
