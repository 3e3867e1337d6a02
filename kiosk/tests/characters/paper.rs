//! A character as a receipt has it: in the printer's own font, or in the dots of its line.

use kiosk::printer::{Characters, Cut, Op, render};

/// A character of which less is left lacks a stroke.
const LEAST_KEPT: f64 = 0.95;

/// What comes out for a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Printed {
    Whole,
    /// Drawn, but something of it has left no dot.
    LacksStrokes,
    /// Nothing, or the mark for what no font holds.
    Missing,
}

pub(crate) struct Paper {
    printer: Characters,
    /// The dots of the mark for what no font holds.
    mark: Vec<u8>,
}

impl Paper {
    pub(crate) fn of(printer: Characters) -> Self {
        let mark = dots('\u{3fffd}', 1, printer).expect("a mark");
        assert!(mark.iter().any(|dots| *dots != 0));
        Self { printer, mark }
    }

    /// What comes out for a character: of the printer's own, or drawn.
    pub(crate) fn print(&self, c: char) -> Printed {
        if self.printer.hold(c) {
            return Printed::Whole;
        }
        match dots(c, 1, self.printer) {
            Some(small) if small != self.mark && small.iter().any(|eight| *eight != 0) => {
                let large = dots(c, 4, self.printer).expect("it is drawn in every size");
                if kept(&small, &large) < LEAST_KEPT { Printed::LacksStrokes } else { Printed::Whole }
            }
            _ => Printed::Missing,
        }
    }
}

/// How much of a character's ink is still there in 24 dots, of 1: of the dots that it has in four times the size, those with
/// a dot at their place or beside it.
fn kept(small: &[u8], large: &[u8]) -> f64 {
    let inked = |dots: &[u8], across: usize, x: usize, y: usize| dots[y * across + x / 8] & (0x80 >> (x % 8)) != 0;
    let near = |x: usize, y: usize| {
        let beside = |at: usize| at.saturating_sub(1)..=(at + 1).min(23);
        beside(y).any(|y| beside(x).any(|x| inked(small, 3, x, y)))
    };
    let all = (0..96).flat_map(|y| (0..96).map(move |x| (x, y))).filter(|(x, y)| inked(large, 12, *x, *y));
    let (mut kept, mut count) = (0_u32, 0_u32);
    for (x, y) in all {
        count += 1;
        kept += u32::from(near(x / 4, y / 4));
    }
    f64::from(kept) / f64::from(count)
}

/// The dots of the line that holds this character alone, `size` times as large; none where it is text.
fn dots(c: char, size: u8, printer: Characters) -> Option<Vec<u8>> {
    let bytes = render(&[Op::Size(size), Op::Line(c.into())], Cut::None, printer);
    let at = bytes.windows(4).position(|window| window == b"\x1dv0\0")?;
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let dots = &bytes[at + 8..at + 8 + short(at + 4) * short(at + 6)];
    assert_eq!(dots.len(), 3 * 24 * usize::from(size).pow(2), "{c:?} is drawn in a cell of its own");
    Some(dots.to_vec())
}
