//! How ink is put on a picture: one character in the middle of a square, a line of them from the left.
//!
//! Invariant: whatever the ink's size and shape, all of it lies on the picture. A mark of punctuation keeps its size and
//! its height on the pad, which tell a comma from a stroke.

use super::{
    ink::{Bounds, Ink},
    model::HEIGHT,
    raster::Picture,
};

/// Width of a picture of one character: with some paper on both sides it is read better than in a tight square.
pub(super) const ONE: usize = 64;

/// Width of a picture of a line: eight characters fit at full size.
pub(super) const LINE: usize = 320;

/// The middle of a picture of one character.
const MIDDLE_ONE: [f64; 2] = [32.0, 24.0];

/// The longer side of a character, in pixels.
const SIZE: f64 = 40.0;

/// Half the width of the pen, in pixels.
const PEN: f64 = 1.5;

/// A narrow or flat character is widened to this part of what would make it square: written by hand, characters are wider
/// and taller than they are printed, each in its own way.
const SQUARING: f64 = 0.3;

/// And by no more than this: 一 stays a stroke.
const MOST_SQUARING: f64 = 1.3;

/// Height of the ink of a line.
const LINE_SIZE: f64 = 38.0;

/// Ink of one or two strokes that is smaller than this part of the pad's height in both directions may be a mark.
const MARK: f64 = 0.35;

/// Where something lies on the picture, and how large.
struct Place {
    scale: [f64; 2],
    middle: [f64; 2],
    to: [f64; 2],
}

impl Place {
    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [(x - self.middle[0]) * self.scale[0] + self.to[0], (y - self.middle[1]) * self.scale[1] + self.to[1]]
    }

    fn draw(&self, ink: &Ink, picture: &mut Picture, pen: f64) {
        for stroke in ink.strokes() {
            picture.draw(&self.thinned(stroke), pen);
        }
    }

    /// A stroke in pixels, without points that lie closer than half a pixel to the last one.
    fn thinned(&self, stroke: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut kept: Vec<[f64; 2]> = Vec::new();
        for point in stroke {
            let [x, y] = self.at(*point);
            if kept.last().is_none_or(|last| (last[0] - x).hypot(last[1] - y) > 0.5) {
                kept.push([x, y]);
            }
        }
        kept
    }
}

/// One character, as large as it may be.
pub(super) fn one(ink: &Ink) -> Picture {
    let mut picture = Picture::new(ONE, HEIGHT);
    if let Some(bounds) = ink.bounds() {
        place_one(&bounds).draw(ink, &mut picture, PEN);
    }
    picture
}

/// A mark as it stands on a pad of a height, whose top is at 0.
pub(super) fn mark(ink: &Ink, pad: f64) -> Picture {
    let mut picture = Picture::new(ONE, HEIGHT);
    if let Some(bounds) = ink.bounds() {
        let [across, half] = MIDDLE_ONE;
        let (scale, middle) = (SIZE / pad, bounds.middle());
        let to = [across, (half + (middle[1] - pad / 2.0) * scale).clamp(8.0, half * 2.0 - 8.0)];
        Place { scale: [scale; 2], middle, to }.draw(ink, &mut picture, PEN);
    }
    picture
}

fn place_one(bounds: &Bounds) -> Place {
    let (width, height) = (bounds.width(), bounds.height());
    let longer = width.max(height);
    let squared = |side: f64| (longer / side.max(f64::MIN_POSITIVE)).powf(SQUARING).min(MOST_SQUARING);
    // A tap has no size.
    let scale = if longer > 0.0 { SIZE / longer } else { 1.0 };
    Place { scale: [scale * squared(width), scale * squared(height)], middle: bounds.middle(), to: MIDDLE_ONE }
}

/// Whether ink may be a mark of punctuation, as far as its size tells. It may be a small character as well.
pub(super) fn may_be_mark(ink: &Ink, bounds: &Bounds, pad: f64) -> bool {
    ink.strokes().len() <= 2 && bounds.width().max(bounds.height()) < MARK * pad
}

/// Whether ink is a tap: a point, or next to nothing beside the pad.
pub(super) fn is_tap(bounds: &Bounds, pad: Option<f64>) -> bool {
    bounds.width().max(bounds.height()) <= pad.map_or(0.0, |pad| pad / 40.0)
}

/// Wider than this beside its height, and in several groups, ink is a line: the widest characters in several groups are 心
/// and 双, 1.6 times as wide as high in print; two characters side by side are twice as wide.
const LINE_FROM: f64 = 1.75;

/// Wider than this, and of more strokes than 三 has, it is a line even where all its strokes are joined; 皿 is 2.2.
const JOINED_LINE_FROM: f64 = 2.8;

/// Whether ink is more than one character.
pub(super) fn is_line(ink: &Ink, bounds: &Bounds) -> bool {
    let wide = |times: f64| bounds.width() > times * bounds.height();
    (wide(LINE_FROM) && ink.groups() > 1) || (wide(JOINED_LINE_FROM) && ink.strokes().len() > 3)
}

/// A line of characters, as high as fits.
pub(super) fn line(ink: &Ink) -> Picture {
    let mut picture = Picture::new(LINE, HEIGHT);
    if let Some(bounds) = ink.bounds() {
        let scale = line_scale(&bounds);
        let left = 5.0 + bounds.width() * scale / 2.0;
        let half = f64::from(u8::try_from(HEIGHT / 2).unwrap_or(u8::MAX));
        let place = Place { scale: [scale; 2], middle: bounds.middle(), to: [left, half] };
        place.draw(ink, &mut picture, PEN);
    }
    picture
}

/// The widest that the ink of a line may be, in pixels.
fn line_room() -> f64 {
    f64::from(u16::try_from(LINE).unwrap_or(u16::MAX)) - 10.0
}

fn line_scale(bounds: &Bounds) -> f64 {
    let wanted = LINE_SIZE / bounds.height().max(f64::MIN_POSITIVE);
    wanted.min(line_room() / bounds.width().max(f64::MIN_POSITIVE))
}

/// Cuts a line that is too long for one picture at its widest gaps, into pieces that fit.
pub(super) fn pieces(ink: Ink, most: usize) -> Vec<Ink> {
    let Some(bounds) = ink.bounds() else { return vec![ink] };
    let fits = bounds.width() * LINE_SIZE <= line_room() * bounds.height();
    if fits || most < 2 {
        return vec![ink];
    }
    match ink.cut() {
        Ok((left, right)) => {
            let mut pieces = self::pieces(left, most / 2);
            pieces.extend(self::pieces(right, most - most / 2));
            pieces
        }
        Err(whole) => vec![whole],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of four strokes, as 口 is, its left side at a place.
    fn square(left: f32) -> Vec<Vec<[f32; 2]>> {
        let right = left + 100.0;
        vec![
            vec![[left, 0.0], [left, 100.0]],
            vec![[left, 0.0], [right, 0.0]],
            vec![[right, 0.0], [right, 100.0]],
            vec![[left, 100.0], [right, 100.0]],
        ]
    }

    fn line(strokes: &[Vec<[f32; 2]>]) -> bool {
        let ink = Ink::new(strokes);
        is_line(&ink, &ink.bounds().unwrap())
    }

    #[test]
    fn characters_beside_each_other_are_a_line_and_a_wide_one_alone_is_not() {
        assert!(!line(&square(0.0)));
        assert!(line(&[square(0.0), square(110.0)].concat()));
        assert!(!line(&[vec![[0.0, 0.0], [900.0, 3.0]]]), "一");
        assert!(!line(&[vec![[20.0, 0.0], [90.0, 3.0]], vec![[0.0, 40.0], [110.0, 40.0]]]), "二");
        let joined = [square(0.0), square(100.0), square(200.0)].concat();
        assert!(line(&joined));
    }

    #[test]
    fn all_ink_lies_on_the_picture_whatever_its_shape() {
        for strokes in [square(-5000.0), vec![vec![[0.0, 0.0], [9e9, 1.0]]], vec![vec![[3.0, -7.0], [3.0, 7e-9]]]] {
            let ink = Ink::new(&strokes);
            let picture = one(&ink);
            let edge = |at: usize| at.is_multiple_of(picture.width) || at % picture.width == picture.width - 1;
            let inked = |at: usize| picture.pixels[at] < 1.0;
            assert!((0..picture.pixels.len()).any(inked));
            assert!(!(0..picture.pixels.len()).any(|at| inked(at) && edge(at)));
        }
    }

    #[test]
    fn a_line_that_is_too_long_for_one_picture_is_cut_into_pieces_that_fit() {
        let strokes = (0_u8..20).flat_map(|place| square(f32::from(place) * 120.0)).collect::<Vec<_>>();
        let pieces = pieces(Ink::new(&strokes), 8);
        assert_eq!(pieces.iter().map(|piece| piece.strokes().len()).sum::<usize>(), strokes.len());
        for piece in &pieces {
            let bounds = piece.bounds().unwrap();
            assert!(bounds.width() * LINE_SIZE <= line_room() * bounds.height());
        }
    }
}
