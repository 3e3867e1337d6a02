//! Whether ink can be what it was read as: the recogniser gives a name to whatever it is shown.
//!
//! Invariant: pure. Whatever is doubtful can still be chosen; it is only never taken by itself.

use super::ink::{Bounds, Ink};

/// A single stroke smaller than this part of the pad's height, 4 mm, may be a finger that slipped.
const SLIP: f64 = 1.0 / 16.0;

/// Strokes of a character: 36 in 齉, which has most.
const MOST_STROKES: usize = 40;

/// Length of all strokes of a character beside its longer side: 9.4 at most among the 3,755 characters of GB2312 level 1,
/// in the hand that joins strokes; of a scribble, from 10 to 700.
const MOST_INK: f64 = 12.0;

/// How much of the ink may lie where the pad does not show it: a finger slides over its edge.
const MOST_OUTSIDE: f64 = 0.25;

/// What of ink tells whether it was meant as characters.
pub(super) struct Doubt {
    strokes: usize,
    length: f64,
    outside: f64,
    bounds: Bounds,
    slip: f64,
}

impl Doubt {
    /// Measures ink on a pad of a width and height, where these are known.
    pub(super) fn of(ink: &Ink, bounds: Bounds, pad: Option<[f64; 2]>) -> Self {
        let is_outside = |[x, y]: [f64; 2]| {
            pad.is_some_and(|[width, height]| !(0.0..=width).contains(&x) || !(0.0..=height).contains(&y))
        };
        Self {
            strokes: ink.strokes().len(),
            length: ink.length(|_| true),
            outside: ink.length(is_outside),
            bounds,
            slip: pad.map_or(0.0, |[_, height]| height * SLIP),
        }
    }

    /// Whether it is hard to believe that so many characters were written.
    pub(super) fn is_about(&self, characters: usize) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "few")]
        let each = characters.max(1) as f64;
        let (width, height) = (self.bounds.width(), self.bounds.height());
        let side = height.max(width / each);
        (self.strokes == 1 && width.max(height) <= self.slip)
            || self.strokes > MOST_STROKES * characters.max(1)
            || self.length > MOST_INK * side * each
            || self.outside > MOST_OUTSIDE * self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubted(strokes: &[Vec<[f32; 2]>], characters: usize) -> bool {
        let ink = Ink::new(strokes);
        Doubt::of(&ink, ink.bounds().unwrap(), Some([400.0, 320.0])).is_about(characters)
    }

    /// From side to side of a square, so many times.
    fn there_and_back(times: u16) -> Vec<[f32; 2]> {
        (0..=times).map(|at| [f32::from(at % 2) * 100.0, f32::from(at) * 100.0 / f32::from(times)]).collect()
    }

    #[test]
    fn ink_that_no_character_has_is_doubted() {
        let stroke = || vec![[0.0, 0.0], [100.0, 100.0]];
        for (what, strokes, characters, is_doubted) in [
            ("a stroke", vec![stroke()], 1, false),
            ("a slip", vec![vec![[10.0, 10.0], [25.0, 28.0]]], 1, true),
            ("two short strokes", vec![vec![[10.0, 10.0], [25.0, 28.0]]; 2], 1, false),
            ("a running hand", vec![there_and_back(10)], 1, false),
            ("a scribble", vec![there_and_back(20)], 1, true),
            ("more strokes than any character has", vec![vec![[0.0, 0.0], [10.0, 100.0]]; 41], 1, true),
            ("the same of two characters", vec![vec![[0.0, 0.0], [10.0, 100.0]]; 41], 2, true),
            ("over the edge", vec![vec![[300.0, 10.0], [380.0, 20.0], [440.0, 20.0]]], 1, true),
            ("hardly over it", vec![vec![[200.0, 10.0], [390.0, 20.0], [420.0, 20.0]]], 1, false),
            ("beyond it", vec![vec![[500.0, 10.0], [600.0, 20.0]]], 1, true),
        ] {
            assert_eq!(doubted(&strokes, characters), is_doubted, "{what}");
        }
    }

    #[test]
    fn a_long_line_is_measured_by_its_characters() {
        let square = |left: f32| vec![[left, 0.0], [left + 90.0, 90.0], [left, 90.0], [left + 90.0, 0.0], [left, 0.0]];
        let line: Vec<_> = (0_u8..4).map(|at| square(f32::from(at) * 98.0)).collect();
        assert!(!doubted(&line, 4));
    }
}
