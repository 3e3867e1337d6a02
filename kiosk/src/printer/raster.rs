//! A line that the printer's own font can't hold, drawn as a band of dots.
//!
//! Rare characters of names and villages lie outside what a printer has: it would print other signs for them. The whole
//! line is drawn then, in one hand, with the system's fonts in the order of [`crate::fonts`]; a character that none of them
//! holds stands as 〓.
//! Source: Epson ESC/POS reference, "GS v 0"; real-time commands are executed inside raster data too.

use std::cell::RefCell;

use fontique::{Blob, Collection, FamilyId, QueryStatus, SourceCache};
use swash::{
    FontRef,
    scale::{Render, ScaleContext, Source},
    zeno::Format,
};

use super::{
    receipt::LINE_DOTS,
    strokes::{HALF, TIMES, level},
    text::{MISSING, columns},
};
use crate::fonts;

/// Height and width of a Chinese character in dots, at size 1.
const CELL: usize = 24;

/// How far below a cell's top the base line lies, of 100 parts. Noto Sans CJK: ascent 880 of 1,000.
const BASE_LINE: usize = 88;

/// Dots in rows of whole bytes, the leftmost in the highest bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Band {
    bytes_across: usize,
    dots: Vec<u8>,
}

impl Band {
    fn new(width: usize, height: usize) -> Self {
        let bytes_across = width.div_ceil(8);
        Self { bytes_across, dots: vec![0; bytes_across * height] }
    }

    /// Inks a dot; one beside the band is cut off.
    fn ink(&mut self, x: isize, y: isize) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x < self.bytes_across * 8
            && let Some(byte) = self.dots.get_mut(y * self.bytes_across + x / 8)
        {
            *byte |= 0x80 >> (x % 8);
        }
    }

    /// The commands that print it: `GS v 0` in normal density, and `ESC J` for what a line of text is higher.
    pub(super) fn commands(&self) -> Vec<u8> {
        let short = |n: usize| u16::try_from(n).expect("invariant: a line of a receipt").to_le_bytes();
        let [across, rows] = [self.bytes_across, self.dots.len() / self.bytes_across.max(1)].map(short);
        let head = [0x1d, b'v', b'0', 0, across[0], across[1], rows[0], rows[1]];
        let mut command = [&head[..], &self.dots].concat();
        defuse(&mut command[head.len()..]);
        let below =
            LINE_DOTS.saturating_sub(u8::try_from(self.dots.len() / self.bytes_across.max(1)).unwrap_or(u8::MAX));
        if below > 0 {
            command.extend_from_slice(&[0x1b, b'J', below]);
        }
        command
    }
}

/// Makes harmless what a printer would execute at once: one dot more beside an inked one.
fn defuse(dots: &mut [u8]) {
    for at in 1..dots.len() {
        if dots[at - 1] == 0x10 && matches!(dots[at], 0x04 | 0x05 | 0x14) {
            dots[at - 1] = 0x18;
        }
    }
}

thread_local! {
    /// The system's fonts are looked up once: by the printer's thread, when it draws its first line.
    static FONTS: RefCell<Fonts> = RefCell::new(Fonts::of_the_system());
}

/// Draws `text` with characters `size` times as large; none where the system has no font for any of them.
pub(super) fn draw(text: &str, size: u8, bold: bool) -> Option<Band> {
    let cell = CELL * usize::from(size);
    let mut band = Band::new(columns(text) * cell / 2, cell);
    let mut drawn = false;
    let mut left = 0;
    for c in text.chars() {
        let width = columns(c.encode_utf8(&mut [0; 4])) * cell / 2;
        drawn |= c != ' '
            && FONTS.with_borrow_mut(|fonts| {
                [c, MISSING].into_iter().any(|c| fonts.draw(c, (left, width, cell), bold, &mut band))
            });
        left += width;
    }
    drawn.then_some(band)
}

struct Fonts {
    collection: Collection,
    half_wide: Option<FamilyId>,
    families: Vec<FamilyId>,
    cache: SourceCache,
    scaler: ScaleContext,
}

impl Fonts {
    fn of_the_system() -> Self {
        let mut collection = fonts::of_the_system();
        let half_wide = collection.family_id(fonts::HALF_WIDE);
        let families = fonts::asked(&mut collection);
        Self { collection, half_wide, families, cache: SourceCache::default(), scaler: ScaleContext::new() }
    }

    /// The first font that holds a character.
    fn font_for(&mut self, c: char) -> Option<(Blob<u8>, u32)> {
        let mut query = self.collection.query(&mut self.cache);
        let first = self.half_wide.filter(|_| c.is_ascii());
        query.set_families(first.into_iter().chain(self.families.iter().copied()));
        let mut found = None;
        query.matches_with(|font| {
            let holds = font.charmap().and_then(|map| map.map(u32::from(c))).is_some_and(|glyph| glyph != 0);
            if !holds {
                return QueryStatus::Continue;
            }
            found = Some((font.blob.clone(), font.index));
            QueryStatus::Stop
        });
        found
    }

    /// Draws a character where its font has it in a cell `(left, width, height)`, moved as far as it would stand out; false
    /// where no font has a shape for it.
    fn draw(&mut self, c: char, (left, width, height): (usize, usize, usize), bold: bool, band: &mut Band) -> bool {
        let Some((blob, index)) = self.font_for(c) else { return false };
        let Some(font) = FontRef::from_index(blob.data(), index as usize) else { return false };
        let glyph = font.charmap().map(c);
        let pixels = f32::from(u16::try_from(height).unwrap_or(u16::MAX));
        let advance = font.glyph_metrics(&[]).scale(pixels).advance_width(glyph);
        let strength = if bold { pixels / 48.0 } else { 0.0 };
        let mut drawing = |times: f32| {
            let mut scaler = self.scaler.builder(font).size(pixels * times).hint(true).build();
            let mut render = Render::new(&[Source::Outline]);
            render.format(Format::Alpha).embolden(strength * times).render(&mut scaler, glyph)
        };
        let Some(image) = drawing(1.0).filter(|image| !image.data.is_empty()) else { return false };
        // In twice the size the finest strokes are thicker than a dot.
        let large = if height == CELL { drawing(f32::from(TIMES)) } else { None };
        let ink = large.map_or(HALF, |large| level(&image, &large));
        let (place, signed) = (image.placement, |n: usize| isize::try_from(n).unwrap_or(isize::MAX));
        let (across, down) = (place.width as usize, place.height as usize);
        #[expect(clippy::cast_possible_truncation, reason = "a cell has a few dozen dots")]
        let beside = (signed(width) - advance.round() as isize) / 2;
        let fit = |at: isize, size: usize, room: usize| at.clamp(0, signed(room.saturating_sub(size)));
        let x = signed(left) + fit(beside + place.left as isize, across, width);
        let y = fit(signed(height * BASE_LINE / 100) - place.top as isize, down, height);
        for (at, _) in image.data.iter().enumerate().filter(|(_, grey)| **grey >= ink) {
            band.ink(x + signed(at % across), y + signed(at / across));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rare_character_is_drawn_in_a_cell_of_its_own() {
        let band = draw("王𬎆", 1, false).unwrap();
        assert_eq!((band.bytes_across, band.dots.len()), (6, 6 * 24));
        let inked = |from: usize, to: usize| {
            (0..24)
                .flat_map(|y| (from..to).map(move |x| (x, y)))
                .filter(|(x, y)| band.dots[y * 6 + x / 8] & (0x80 >> (x % 8)) != 0)
                .count()
        };
        assert!(inked(0, 24) > 60 && inked(24, 48) > 100, "{} {}", inked(0, 24), inked(24, 48));
        assert_eq!(band.commands()[..8], [0x1d, b'v', b'0', 0, 6, 0, 24, 0]);
    }

    #[test]
    fn a_drawn_line_is_as_high_as_one_of_text_and_its_marks_stand_where_text_has_them() {
        let band = draw("，W", 1, false).unwrap();
        assert_eq!(band.commands()[8 + band.dots.len()..], [0x1b, b'J', LINE_DOTS - 24]);
        let large = draw("𬎆", 2, false).unwrap();
        assert_eq!(large.commands().len(), 8 + large.dots.len(), "it is higher than a line");
        let inked: Vec<(usize, usize)> = (0..24)
            .flat_map(|y| (0..40).map(move |x| (x, y)))
            .filter(|(x, y)| band.dots[y * 5 + x / 8] & (0x80 >> (x % 8)) != 0)
            .collect();
        let comma: Vec<_> = inked.iter().filter(|(x, _)| *x < 24).collect();
        assert!(!comma.is_empty() && comma.iter().all(|(x, y)| *x < 12 && *y >= 12), "{comma:?}");
        assert!(inked.iter().any(|(x, _)| *x >= 24) && inked.iter().all(|(x, _)| *x < 36), "{inked:?}");
    }

    #[test]
    fn what_no_font_holds_stands_as_its_mark() {
        assert_eq!(draw("\u{3fffd}", 1, false), draw("〓", 1, false));
        assert_eq!(draw("  ", 1, false), None);
    }

    #[test]
    fn twice_the_size_is_four_times_the_dots() {
        let band = draw("𬎆", 2, true).unwrap();
        assert_eq!((band.bytes_across, band.dots.len()), (6, 6 * 48));
    }

    proptest! {
        #[test]
        fn no_band_holds_a_command_that_is_executed_at_once(
            dots in proptest::collection::vec(proptest::sample::select(vec![0x10, 0x04, 0x05, 0x14, 0x18, 0xff]), 48)
        ) {
            let command = Band { bytes_across: 2, dots }.commands();
            let executed = |pair: &[u8]| pair[0] == 0x10 && matches!(pair[1], 0x04 | 0x05 | 0x14);
            prop_assert!(!command.windows(2).any(executed));
        }
    }
}
