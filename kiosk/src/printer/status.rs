//! Real-time status, `DLE EOT n`: answered at once, also off-line and with a full buffer.
//!
//! Invariant: a byte without the fixed pattern is no status; garbage is never read as "clean". Source: Epson ESC/POS
//! reference, "DLE EOT".

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "u8")]
pub enum Question {
    /// `DLE EOT 1`: on-line or not.
    Printer,
    /// `DLE EOT 2`: why it is off-line.
    Offline,
    /// `DLE EOT 3`: errors.
    Error,
    /// `DLE EOT 4`: paper.
    Paper,
}

impl Question {
    /// The three bytes to send.
    #[must_use]
    pub fn bytes(self) -> [u8; 3] {
        let n = match self {
            Self::Printer => 1,
            Self::Offline => 2,
            Self::Error => 3,
            Self::Paper => 4,
        };
        [0x10, 0x04, n]
    }
}

impl TryFrom<u8> for Question {
    type Error = String;

    fn try_from(n: u8) -> Result<Self, String> {
        match n {
            1 => Ok(Self::Printer),
            2 => Ok(Self::Offline),
            3 => Ok(Self::Error),
            4 => Ok(Self::Paper),
            _ => Err(format!("expected the n of a DLE EOT, 1 to 4, found {n}")),
        }
    }
}

/// How much paper there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaperLevel {
    /// Enough.
    #[default]
    Ok,
    /// The roll is near its end.
    Near,
    /// None.
    Out,
}

/// What the printer said of itself; all false is clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Paper.
    pub paper: PaperLevel,
    /// Somebody opened it.
    pub cover_open: bool,
    /// The knife is stuck.
    pub cutter: bool,
    /// Off-line, or any other error.
    pub other: bool,
}

/// The fixed bits of every answer, `0xx1xx10`.
#[must_use]
pub(super) fn is_status(byte: u8) -> bool {
    byte & 0b1001_0011 == 0b0001_0010
}

impl Status {
    /// Adds one answer; false where the byte is none.
    #[must_use]
    pub fn add(&mut self, question: Question, byte: u8) -> bool {
        if !is_status(byte) {
            return false;
        }
        let has = |bits: u8| byte & bits != 0;
        match question {
            Question::Printer => self.other |= has(0x08),
            Question::Offline => {
                self.cover_open |= has(0x04);
                self.other |= has(0x40);
                if has(0x20) {
                    self.paper = PaperLevel::Out;
                }
            }
            Question::Error => {
                self.cutter |= has(0x08);
                self.other |= has(0x64);
            }
            Question::Paper => {
                if has(0x60) {
                    self.paper = PaperLevel::Out;
                } else if has(0x0c) && self.paper == PaperLevel::Ok {
                    self.paper = PaperLevel::Near;
                }
            }
        }
        true
    }

    /// Nothing that would keep a receipt from coming out whole; paper near its end doesn't.
    #[must_use]
    pub fn is_clean(self) -> bool {
        self.paper != PaperLevel::Out && !self.cover_open && !self.cutter && !self.other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(question: Question, byte: u8) -> Status {
        let mut status = Status::default();
        assert!(status.add(question, byte));
        status
    }

    #[test]
    fn the_bits_of_the_reference_are_read() {
        assert!(read(Question::Printer, 0x12).is_clean());
        assert!(read(Question::Printer, 0x1a).other);
        assert!(read(Question::Offline, 0x16).cover_open);
        assert_eq!(read(Question::Offline, 0x32).paper, PaperLevel::Out);
        assert!(read(Question::Error, 0x1a).cutter);
        assert!(read(Question::Error, 0x32).other);
        assert_eq!(read(Question::Paper, 0x1e).paper, PaperLevel::Near);
        assert_eq!(read(Question::Paper, 0x72).paper, PaperLevel::Out);
        assert!(read(Question::Paper, 0x1e).is_clean() && !read(Question::Paper, 0x7e).is_clean());
    }

    #[test]
    fn only_the_fixed_pattern_is_a_status() {
        let right = (0..=255).filter(|b| is_status(*b)).count();
        assert_eq!(right, 16);
        for garbage in [0x00, 0x13, 0x37, 0xff, b'A', 0x92] {
            assert!(!Status::default().add(Question::Paper, garbage), "{garbage:02x}");
        }
    }
}
