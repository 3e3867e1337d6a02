//! What the mechanism does with the commands: how much paper each moves, and until when it is busy with that.
//!
//! Invariant: does no I/O and reads no clock; simulated, not measured. A line begins once its last byte has come and the
//! line before it is done. Sources: Epson ESC/POS reference ("ESC 2", "ESC J", "ESC d", "GS !", "GS ( k" functions 67, 69,
//! 80 and 81, "GS h", "GS v 0"); 203 dots an inch. The time of a cut is assumed.

use std::time::Duration;

use qrcode::{EcLevel, QrCode};

/// 203 dots an inch.
const DOTS_PER_MM: u32 = 8;

/// Millimetres a second, the slowest of the Epson family.
pub const SPEED_MM_S: u32 = 90;

/// A cut, and the feed to the knife.
pub const CUT: Duration = Duration::from_millis(300);

/// A sixth of an inch.
const LINE_DOTS: u32 = 34;

/// A character, Chinese or not.
const CHARACTER_DOTS: u32 = 24;

/// How long the mechanism takes for so many dots of paper.
pub fn moves(dots: u32) -> Duration {
    Duration::from_secs(dots.into()) / (DOTS_PER_MM * SPEED_MM_S)
}

/// The mechanism between two cuts.
#[derive(Debug)]
pub struct Mechanism {
    /// Height of characters, in their own.
    size: u32,
    /// The largest of the line that is being set.
    tallest: u32,
    barcode_dots: u32,
    module_dots: u32,
    level: EcLevel,
    symbol: Vec<u8>,
    /// Paper moved since the last cut.
    dots: u32,
    free_at: Duration,
}

impl Default for Mechanism {
    fn default() -> Self {
        Self {
            size: 1,
            tallest: 1,
            barcode_dots: 162,
            module_dots: 3,
            level: EcLevel::L,
            symbol: Vec::new(),
            dots: 0,
            free_at: Duration::ZERO,
        }
    }
}

impl Mechanism {
    /// Executes a command that had come whole at `arrived`.
    pub fn execute(&mut self, command: &[u8], arrived: Duration) {
        let dots = match command {
            [0x1B, b'@'] => {
                *self = Self { dots: self.dots, free_at: self.free_at, ..Self::default() };
                0
            }
            [0x1D, b'!', size] => {
                self.size = u32::from(size & 7) + 1;
                0
            }
            [0x20..=0xFF] => {
                self.tallest = self.tallest.max(self.size);
                0
            }
            [b'\n'] => {
                let tallest = std::mem::replace(&mut self.tallest, 1);
                LINE_DOTS.max(tallest * CHARACTER_DOTS)
            }
            [0x1B, b'd', lines] => u32::from(*lines) * LINE_DOTS,
            [0x1B, b'J', dots] => (*dots).into(),
            [0x1D, b'h', dots] => {
                self.barcode_dots = (*dots).into();
                0
            }
            [0x1D, b'k', ..] => self.barcode_dots,
            [0x1D, b'v', _, scale, _, _, low, high, ..] => {
                (u32::from(*low) + 256 * u32::from(*high)) * if *scale & 2 == 0 { 1 } else { 2 }
            }
            [0x1D, b'(', b'k', _, _, b'1', function, rest @ ..] => self.symbol(*function, rest),
            _ => 0,
        };
        if dots != 0 {
            self.dots += dots;
            self.free_at = self.free_at.max(arrived) + moves(dots);
        }
    }

    /// Cuts; returns the paper moved since the last cut, in dots, and when the receipt was out.
    pub fn cut(&mut self, arrived: Duration) -> (u32, Duration) {
        self.free_at = self.free_at.max(arrived) + CUT;
        (std::mem::take(&mut self.dots), self.free_at)
    }

    /// A function of the QR code; the dots that it prints.
    fn symbol(&mut self, function: u8, rest: &[u8]) -> u32 {
        match (function, rest) {
            (67, [module]) => self.module_dots = (*module).into(),
            (69, [level]) => self.level = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H][usize::from(level & 3)],
            (80, [_, data @ ..]) => self.symbol = data.to_vec(),
            (81, _) => {
                let width =
                    QrCode::with_error_correction_level(&self.symbol, self.level).map_or(0, |code| code.width());
                return u32::try_from(width).unwrap_or(0) * self.module_dots;
            }
            _ => {}
        }
        0
    }
}
