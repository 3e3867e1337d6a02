//! A character as a receipt has it: in the printer's own font, or in the dots of its line.

use kiosk::printer::{Characters, Cut, Op, render};

pub(crate) struct Paper {
    printer: Characters,
    /// The dots of the mark for what no font holds.
    mark: Vec<u8>,
}

impl Paper {
    pub(crate) fn of(printer: Characters) -> Self {
        let mark = dots('\u{3fffd}', printer).expect("a mark");
        assert!(mark.iter().any(|dots| *dots != 0));
        Self { printer, mark }
    }

    /// Whether it is a character of the printer's own, or a shape that is neither blank nor the mark.
    pub(crate) fn prints(&self, c: char) -> bool {
        if self.printer.hold(c) {
            return true;
        }
        dots(c, self.printer).is_some_and(|dots| dots != self.mark && dots.iter().any(|eight| *eight != 0))
    }
}

/// The dots of the line that holds this character alone; none where it is text.
fn dots(c: char, printer: Characters) -> Option<Vec<u8>> {
    let bytes = render(&[Op::Line(c.into())], Cut::None, printer);
    let at = bytes.windows(4).position(|window| window == b"\x1dv0\0")?;
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let dots = &bytes[at + 8..at + 8 + short(at + 4) * short(at + 6)];
    assert_eq!(dots.len(), 3 * 24, "{c:?} is drawn in a cell of 24 dots");
    Some(dots.to_vec())
}
