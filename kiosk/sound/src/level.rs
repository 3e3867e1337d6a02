//! How loud it is, and whether anything was heard.
//!
//! Invariant: does no I/O and keeps no samples.

use crate::pcm::TENTH;

/// Decibels below the loudest possible that are shown as nothing: the hiss of a cheap microphone.
const FLOOR_DB: f64 = -60.0;

/// Decibels that are shown as everything: somebody who speaks into the microphone from a hand's breadth.
const CEILING_DB: f64 = -10.0;

/// Decibels that count as heard: quieter than a voice at arm's length, louder than a room. No terminal's microphone was
/// measured.
const HEARD_DB: f64 = -45.0;

/// Tenths of a second that must be heard: no word is shorter, and the finger that taps the screen is.
const HEARD_TENTHS: u32 = 3;

/// Measures tenth by tenth.
#[derive(Debug, Default)]
pub struct Meter {
    samples: usize,
    sum: i64,
    squares: i64,
    heard_tenths: u32,
}

impl Meter {
    /// Takes one sample; gives the level, from 0 to 1, whenever a tenth of a second is full.
    pub fn push(&mut self, sample: i16) -> Option<f64> {
        let sample = i64::from(sample);
        self.samples += 1;
        self.sum += sample;
        self.squares += sample * sample;
        if self.samples < TENTH {
            return None;
        }
        // The power without the constant part, which many microphones add and nobody hears.
        let mean = self.sum as f64 / TENTH as f64;
        let power = (self.squares as f64 / TENTH as f64 - mean * mean).max(0.0);
        let db = 10.0 * (power / (32_768.0 * 32_768.0)).log10();
        let heard_tenths = self.heard_tenths + u32::from(db >= HEARD_DB);
        *self = Self { heard_tenths, ..Self::default() };
        Some(((db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)).clamp(0.0, 1.0))
    }

    /// Whether nothing was heard until here.
    #[must_use]
    pub fn silent(&self) -> bool {
        self.heard_tenths < HEARD_TENTHS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square wave of so many tenths, whose power is its amplitude's.
    fn square(amplitude: i16, offset: i16, tenths: usize) -> (Vec<f64>, bool) {
        let mut meter = Meter::default();
        let samples = (0..tenths * TENTH).map(|i| offset + if i / 50 % 2 == 0 { amplitude } else { -amplitude });
        let levels = samples.filter_map(|sample| meter.push(sample)).collect();
        (levels, meter.silent())
    }

    #[test]
    fn the_level_rises_with_the_decibels() {
        // 32768 / 10^(db / 20)
        for (amplitude, db) in [(10_362, -10.0), (3277, -20.0), (1036, -30.0), (328, -40.0), (104, -50.0), (33, -60.0)]
        {
            let (levels, _) = square(amplitude, 0, 1);
            let expected = (db - FLOOR_DB) / 50.0;
            assert!((levels[0] - expected).abs() < 0.005, "{db} dB: {levels:?}");
        }
        assert_eq!(square(i16::MAX, 0, 1).0, [1.0]);
    }

    #[test]
    fn nothing_at_all_is_level_nought_and_silent() {
        assert_eq!(square(0, 0, 5), (vec![0.0; 5], true));
    }

    #[test]
    fn a_constant_part_is_not_heard() {
        assert_eq!(square(0, 12_000, 10), (vec![0.0; 10], true));
    }

    #[test]
    fn three_tenths_are_heard_and_two_are_a_tap() {
        assert!(square(1000, 0, 2).1);
        assert!(!square(1000, 0, 3).1);
    }

    #[test]
    fn a_quiet_room_is_silent_however_long() {
        assert!(square(100, 0, 600).1);
    }
}
