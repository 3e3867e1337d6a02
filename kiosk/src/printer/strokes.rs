//! How much grey becomes a dot, so that no stroke of a character is lost.
//!
//! A printer has black dots only, and in 24 of them the fine strokes of many fonts are thinner than one: with a fixed level
//! 𫝀 loses two of its strokes and reads 八. Each character is drawn in four times its size as well, and the level is the
//! highest at which what is inked there leaves a dot. Invariant: does no I/O.

use swash::scale::image::Image;

/// How much larger the drawing is that shows all strokes.
pub(super) const TIMES: u8 = 4;

/// The grey of a place of which half is inked.
pub(super) const HALF: u8 = 128;

/// Levels of grey, highest first.
const LEVELS: [u8; 8] = [HALF, 112, 96, 80, 64, 48, 32, 16];

/// One part of so many of the ink may be lost: ends of strokes.
const MAY_BE_LOST: u32 = 40;

/// The level at which `small` keeps the strokes of `large`.
pub(super) fn level(small: &Image, large: &Image) -> u8 {
    let inked = places(large);
    let all: u32 = inked.iter().map(|(_, ink)| ink).sum();
    let lost =
        |level: u8| inked.iter().filter(|(place, _)| !is_near(small, *place, level)).map(|(_, ink)| ink).sum::<u32>();
    let [.., lowest] = LEVELS;
    LEVELS.into_iter().find(|level| lost(*level) * MAY_BE_LOST <= all).unwrap_or(lowest)
}

/// Dots of the small drawing, to the right and down from its origin, with how much of the large one lies in them.
fn places(large: &Image) -> Vec<((i32, i32), u32)> {
    let times = i32::from(TIMES);
    let mut inked: Vec<((i32, i32), u32)> = Vec::new();
    let rows = large.data.chunks(large.placement.width.max(1) as usize);
    for (y, row) in (-large.placement.top..).zip(rows) {
        for (x, _) in (large.placement.left..).zip(row).filter(|(_, grey)| **grey >= HALF) {
            let place = (x.div_euclid(times), y.div_euclid(times));
            // Neighbours in a row mostly share a place; one that is named twice counts for both.
            match inked.last_mut() {
                Some((last, ink)) if *last == place => *ink += 1,
                _ => inked.push((place, 1)),
            }
        }
    }
    inked
}

/// Whether there is a dot at a place or beside it.
fn is_near(small: &Image, (x, y): (i32, i32), level: u8) -> bool {
    let place = small.placement;
    let grey = |x: i32, y: i32| {
        let (column, row) = (u32::try_from(x - place.left).ok()?, u32::try_from(y + place.top).ok()?);
        let inside = column < place.width && row < place.height;
        inside.then(|| small.data.get((row * place.width + column) as usize).copied()).flatten()
    };
    (y - 1..=y + 1).any(|y| (x - 1..=x + 1).any(|x| grey(x, y).is_some_and(|grey| grey >= level)))
}

#[cfg(test)]
mod tests {
    use swash::zeno::Placement;

    use super::*;

    fn image(left: i32, top: i32, width: u32, data: Vec<u8>) -> Image {
        let height = u32::try_from(data.len()).unwrap() / width;
        Image { placement: Placement { left, top, width, height }, data, ..Image::default() }
    }

    /// Two lines four dots apart, above the origin: a thick one, and one of this grey.
    fn lines(grey: u8) -> Image {
        image(0, 5, 6, [[255; 6], [0; 6], [0; 6], [0; 6], [grey; 6]].concat())
    }

    fn large_lines() -> Image {
        let (line, none) = ([255; 24], [0; 24]);
        let rows = (0..20).map(|row| if row < 4 || row == 17 { line } else { none });
        image(0, 20, 24, rows.collect::<Vec<_>>().concat())
    }

    #[test]
    fn a_stroke_thinner_than_a_dot_lowers_the_level_until_it_leaves_one() {
        assert_eq!(level(&lines(255), &large_lines()), HALF);
        assert_eq!(level(&lines(70), &large_lines()), 64);
        assert_eq!(level(&lines(20), &large_lines()), 16);
    }

    #[test]
    fn what_leaves_no_dot_at_any_level_takes_the_lowest() {
        assert_eq!(level(&lines(0), &large_lines()), 16);
        assert_eq!(level(&image(0, 0, 1, vec![]), &image(0, 0, 1, vec![])), HALF);
    }
}
