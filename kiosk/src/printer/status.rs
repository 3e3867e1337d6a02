//! Real-time status, `DLE EOT n`: answered at once, also off-line and with a full buffer.
//!
//! Invariant: a byte without the fixed pattern is no status; garbage is never read as "clean". Sources: Epson ESC/POS
//! reference, "DLE EOT"; Citizen CT-S2000 manual, "DLE EOT 3": the bit of errors that pass by themselves is the head's heat;
//! for n = 20 the manuals of Custom KPM210/216 and KPM150 and of the compatible Pyramid Reliance, "full status".

use crate::queue::PrintFailure;

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
    /// `DLE EOT 20`: everything, the presenter too; printers of Custom and those compatible with them.
    Full,
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
            Self::Full => 20,
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
            20 => Ok(Self::Full),
            _ => Err(format!("expected the n of a DLE EOT, 1 to 4 or 20, found {n}")),
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
    /// The head is too hot; it goes on by itself.
    pub heat: bool,
    /// Paper is jammed; also one of the others.
    pub jam: bool,
    /// Off-line, or any other error.
    pub other: bool,
    /// Whether a receipt stands in the presenter; none where the printer can't tell.
    pub presented: Option<bool>,
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
                self.heat |= has(0x40);
                self.other |= has(0x24);
            }
            Question::Paper => {
                if has(0x60) {
                    self.paper = PaperLevel::Out;
                } else if has(0x0c) && self.paper == PaperLevel::Ok {
                    self.paper = PaperLevel::Near;
                }
            }
            // Its answer has six bytes.
            Question::Full => return false,
        }
        true
    }

    /// Adds the answer to [`Question::Full`]: paper, user, errors that pass, errors that don't.
    ///
    /// Not counted as a fault: a command that the printer does not know (0x20 of the third), which it skips, and a notch
    /// that was not found (0x80 of the third), of which this paper has none.
    pub(super) fn add_full(&mut self, [paper, user, passing, lasting]: [u8; 4]) {
        if paper & 0x01 != 0 {
            self.paper = PaperLevel::Out;
        } else if paper & 0x44 != 0 && self.paper == PaperLevel::Ok {
            self.paper = PaperLevel::Near;
        }
        self.presented = Some(paper & 0x20 != 0);
        self.cover_open |= user & 0x03 != 0;
        self.heat |= passing & 0x01 != 0;
        self.cutter |= lasting & 0x01 != 0;
        self.jam |= passing & 0x40 != 0;
        // The line's, the power supply's, a jam; memories.
        self.other |= passing & 0x4a != 0 || lasting & 0xfe != 0;
    }

    /// What keeps a receipt from coming out whole, by its name; paper near its end doesn't.
    #[must_use]
    pub fn fault(self) -> Option<PrintFailure> {
        // A printer that is off-line for a reason with a name says both.
        let named = [
            (self.paper == PaperLevel::Out, PrintFailure::PaperEnd),
            (self.cover_open, PrintFailure::CoverOpen),
            (self.cutter, PrintFailure::Cutter),
            (self.heat, PrintFailure::Heat),
            (self.other, PrintFailure::Other),
        ];
        named.into_iter().find_map(|(is_so, failure)| is_so.then_some(failure))
    }

    /// Nothing keeps a receipt from coming out whole.
    #[must_use]
    pub fn is_clean(self) -> bool {
        self.fault().is_none()
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
        assert_eq!(read(Question::Error, 0x52).fault(), Some(PrintFailure::Heat));
        assert_eq!(read(Question::Paper, 0x1e).paper, PaperLevel::Near);
        assert_eq!(read(Question::Paper, 0x72).paper, PaperLevel::Out);
        assert!(read(Question::Paper, 0x1e).is_clean() && !read(Question::Paper, 0x7e).is_clean());
    }

    #[test]
    fn the_full_status_tells_each_fault_and_the_presenter() {
        let full = |bytes| {
            let mut status = Status::default();
            status.add_full(bytes);
            status
        };
        assert_eq!(full([0, 0, 0, 0]), Status { presented: Some(false), ..Status::default() });
        assert_eq!(
            full([0x24, 0x08, 0x20, 0]),
            Status { paper: PaperLevel::Near, presented: Some(true), ..Status::default() }
        );
        let faults = [
            ([0x01, 0, 0, 0], PrintFailure::PaperEnd),
            ([0, 0x02, 0, 0], PrintFailure::CoverOpen),
            ([0, 0, 0x01, 0], PrintFailure::Heat),
            ([0, 0, 0x40, 0], PrintFailure::Other),
            ([0, 0, 0, 0x01], PrintFailure::Cutter),
        ];
        for (bytes, fault) in faults {
            assert_eq!(full(bytes).fault(), Some(fault), "{bytes:02x?}");
            assert_eq!(full(bytes).jam, bytes[2] == 0x40);
        }
        assert!(!Status::default().add(Question::Full, 0x12), "six bytes, not one");
    }

    #[test]
    fn a_fault_with_a_name_goes_before_being_off_line() {
        let status = Status { other: true, heat: true, ..Status::default() };
        assert_eq!(status.fault(), Some(PrintFailure::Heat));
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
