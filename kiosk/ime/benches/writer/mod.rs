//! Somebody who writes: strokes of characters as `hanzi-writer-data` has them, in the hands that the recogniser is
//! measured with. No elderly writer was measured: these are made.
//!
//! - neat: the middle lines as they are;
//! - distorted: the whole turned by up to 5 degrees, slanted by up to 0.15, widened or narrowed by up to 15 %; each stroke
//!   shifted by up to 4 % of the square, scaled by up to 10 %, turned by up to 5 degrees; a tremor of up to 1.2 % along it;
//! - swapped: distorted, the strokes in a random order, every third one written from its end;
//! - joined: distorted, and after every fourth stroke, at random, the finger stays on the glass on its way to the next.
//!
//! Invariant: the same seed writes the same strokes, point by point.

pub(crate) mod inks;

use std::{fs, path::Path};

use serde::Deserialize;

/// A stroke from its first point to its last, origin top left.
pub(crate) type Stroke = Vec<[f32; 2]>;

/// A character and its strokes as the data has them: origin bottom left, 0 to 900 or so.
#[derive(Deserialize)]
struct Glyph {
    character: char,
    strokes: Vec<Vec<[f32; 2]>>,
}

/// The strokes of every character that the data has.
pub(crate) struct Writer {
    glyphs: std::collections::HashMap<char, Vec<Stroke>>,
}

/// Side of the square that the data's characters are in.
const SIDE: f32 = 1024.0;

/// A hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hand {
    /// As in a copybook.
    Neat,
    /// Turned, slanted, shifted, trembling.
    Distorted,
    /// Distorted, in another order.
    Swapped,
    /// Distorted, a quarter of the strokes joined to the next.
    Joined,
}

impl Hand {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Neat, Self::Distorted, Self::Swapped, Self::Joined];
}

/// Numbers that look random and are the same every time (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins a row of numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, of 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between -most and most.
    fn within(&mut self, most: f32) -> f32 {
        let whole = u16::try_from(self.next() >> 48).unwrap_or(0);
        (f32::from(whole) / f32::from(u16::MAX) * 2.0 - 1.0) * most
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(1).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }
}

impl Writer {
    /// Reads the folder that `kiosk/ime/fetch strokes` prints.
    ///
    /// # Errors
    /// Where it isn't there or isn't what was pinned.
    pub(crate) fn read(folder: &Path) -> std::io::Result<Self> {
        let text = fs::read_to_string(folder.join("strokes.jsonl"))?;
        let mut glyphs = std::collections::HashMap::new();
        for line in text.lines() {
            let glyph: Glyph = serde_json::from_str(line)?;
            // 900 is the data's top line.
            let upright = |stroke: Vec<[f32; 2]>| stroke.into_iter().map(|[x, y]| [x, 900.0 - y]).collect();
            glyphs.insert(glyph.character, glyph.strokes.into_iter().map(upright).collect());
        }
        Ok(Self { glyphs })
    }

    /// A character in a hand, in the data's unit; `None` where the data has none.
    pub(crate) fn write(&self, character: char, hand: Hand, seed: u64) -> Option<Vec<Stroke>> {
        let neat = self.glyphs.get(&character)?;
        let hand_seed = u64::try_from(Hand::ALL.iter().position(|known| *known == hand).unwrap_or(0)).unwrap_or(0);
        let mut chance = Chance::new(seed ^ (u64::from(u32::from(character)) << 32) ^ (hand_seed << 60));
        let mut strokes = if hand == Hand::Neat { neat.clone() } else { distorted(neat, &mut chance) };
        match hand {
            Hand::Neat | Hand::Distorted => {}
            Hand::Swapped => {
                for last in (1..strokes.len()).rev() {
                    strokes.swap(last, chance.below(last + 1));
                }
                for stroke in strokes.iter_mut().step_by(3) {
                    stroke.reverse();
                }
            }
            Hand::Joined => strokes = joined(strokes, &mut chance),
        }
        Some(strokes)
    }

    /// Several characters from left to right, as far as the data has them.
    pub(crate) fn line(&self, text: &str, hand: Hand, seed: u64) -> Option<Vec<Stroke>> {
        let mut line = Vec::new();
        let mut left = 0.0;
        for (place, character) in text.chars().enumerate() {
            let seed = seed.wrapping_add(u64::try_from(place).unwrap_or(0));
            for stroke in self.write(character, hand, seed)? {
                line.push(stroke.into_iter().map(|[x, y]| [x + left, y]).collect());
            }
            left += SIDE * 1.05;
        }
        Some(line)
    }
}

/// Points no further from each other than a twentieth of the square, as a screen would report them.
fn dense(stroke: &[[f32; 2]]) -> Stroke {
    const STEP: f32 = SIDE / 20.0;
    let mut points = vec![stroke[0]];
    for ends in stroke.windows(2) {
        let ([x0, y0], [x1, y1]) = (ends[0], ends[1]);
        let pieces = ((x1 - x0).hypot(y1 - y0) / STEP).ceil().max(1.0);
        let mut done = 1.0;
        while done <= pieces {
            let part = done / pieces;
            points.push([x0 + (x1 - x0) * part, y0 + (y1 - y0) * part]);
            done += 1.0;
        }
    }
    points
}

/// Turns by an angle and scales around a middle.
fn turned([x, y]: [f32; 2], [middle_x, middle_y]: [f32; 2], angle: f32, scale: f32) -> [f32; 2] {
    let (dx, dy) = ((x - middle_x) * scale, (y - middle_y) * scale);
    let (sin, cos) = angle.sin_cos();
    [middle_x + dx * cos - dy * sin, middle_y + dx * sin + dy * cos]
}

fn distorted(neat: &[Stroke], chance: &mut Chance) -> Vec<Stroke> {
    let middle = [SIDE / 2.0, SIDE / 2.0];
    let five_degrees = 5.0_f32.to_radians();
    let (angle, slant, widen) = (chance.within(five_degrees), chance.within(0.15), 1.0 + chance.within(0.15));
    let mut strokes = Vec::new();
    for stroke in neat {
        let (turn, scale) = (chance.within(five_degrees), 1.0 + chance.within(0.1));
        let shift = [chance.within(SIDE * 0.04), chance.within(SIDE * 0.04)];
        let tremor = [chance.within(SIDE * 0.012), chance.within(SIDE * 0.012)];
        let (pace, phase) = (0.6 + chance.within(0.3), chance.within(3.0));
        let own_middle = stroke[stroke.len() / 2];
        let mut beat = phase;
        let mut points = Vec::new();
        for point in dense(stroke) {
            let [x, y] = turned(point, own_middle, turn, scale);
            beat += pace;
            let [x, y] = [x + shift[0] + tremor[0] * beat.sin(), y + shift[1] + tremor[1] * beat.cos()];
            let [x, y] = turned([x, y], middle, angle, 1.0);
            points.push([middle[0] + (x - middle[0]) * widen + (middle[1] - y) * slant, y]);
        }
        strokes.push(points);
    }
    strokes
}

fn joined(strokes: Vec<Stroke>, chance: &mut Chance) -> Vec<Stroke> {
    let mut joined: Vec<Stroke> = Vec::new();
    let mut stays = false;
    for stroke in strokes {
        match joined.last_mut() {
            Some(last) if stays => {
                let ends = [last[last.len() - 1], stroke[0]];
                last.extend(dense(&ends));
                last.extend(stroke);
            }
            _ => joined.push(stroke),
        }
        stays = chance.below(4) == 0;
    }
    joined
}
