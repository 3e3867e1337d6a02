//! A recording under way: what comes from the microphone is measured and encoded as it comes.
//!
//! Invariant: does no I/O; never longer than [`LONGEST_S`]; keeps what was encoded, not the samples.

use sound_line::LONGEST_S;

use crate::{
    level::Meter,
    pcm,
    voice::{Broken, SPEECH_BPS, Voice},
};

/// Samples of the longest recording.
const LONGEST: usize = LONGEST_S as usize * pcm::RATE as usize;

/// A recording that has not ended.
pub struct Recording {
    voice: Voice,
    meter: Meter,
}

/// How loud it was, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// How much is recorded.
    pub seconds: f64,
    /// From 0 to 1.
    pub level: f64,
}

/// A recording that has ended.
#[derive(Debug, PartialEq)]
pub struct Finished {
    /// How long it is.
    pub seconds: f64,
    /// Ogg Opus.
    pub ogg: Vec<u8>,
    /// Whether nothing was heard.
    pub silent: bool,
}

impl Recording {
    /// Begins one.
    ///
    /// # Errors
    /// Where libopus fails.
    pub fn new() -> Result<Self, Broken> {
        Ok(Self { voice: Voice::new(SPEECH_BPS)?, meter: Meter::default() })
    }

    /// Takes what the microphone heard, as far as there is room for it.
    ///
    /// # Errors
    /// Where libopus fails.
    pub fn push(&mut self, samples: &[i16]) -> Result<Vec<Level>, Broken> {
        let before = self.voice.samples();
        let samples = &samples[..samples.len().min(LONGEST - before)];
        self.voice.push(samples)?;
        let measured = samples.iter().enumerate().filter_map(|(index, sample)| {
            let level = self.meter.push(*sample)?;
            Some(Level { seconds: pcm::seconds(before + index + 1), level })
        });
        Ok(measured.collect())
    }

    /// Whether it is as long as it may be.
    #[must_use]
    pub fn full(&self) -> bool {
        self.voice.samples() == LONGEST
    }

    /// Ends it.
    ///
    /// # Errors
    /// Where libopus fails.
    pub fn finish(self) -> Result<Finished, Broken> {
        let (seconds, silent) = (pcm::seconds(self.voice.samples()), self.meter.silent());
        Ok(Finished { seconds, silent, ogg: self.voice.finish()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pcm::TENTH, track::Track};

    /// A tone of 440 Hz.
    fn tone(samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|i| pcm::from_float(0.3 * (i as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin()))
            .collect()
    }

    #[test]
    fn levels_are_told_for_each_tenth_of_a_second_whatever_comes_at_a_time() {
        let heard = tone(TENTH * 7 + 123);
        for at_a_time in [1, 959, 960, 4800, 100_000] {
            let mut recording = Recording::new().unwrap();
            let levels: Vec<Level> = heard.chunks(at_a_time).flat_map(|part| recording.push(part).unwrap()).collect();
            let times: Vec<f64> = levels.iter().map(|level| level.seconds).collect();
            assert_eq!(times, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], "{at_a_time}");
            assert!(levels.iter().all(|level| (0.8..0.95).contains(&level.level)), "{levels:?}");
            let finished = recording.finish().unwrap();
            assert!((finished.seconds - 0.7).abs() < 0.003 && !finished.silent, "{}", finished.seconds);
        }
    }

    #[test]
    fn the_longest_recording_is_full_to_the_sample_and_small_enough() {
        let mut recording = Recording::new().unwrap();
        let second = tone(48_000);
        for _ in 0..119 {
            recording.push(&second).unwrap();
        }
        assert!(!recording.full());
        let last = recording.push(&tone(96_000)).unwrap();
        assert_eq!(last.len(), 10);
        assert!(recording.full());
        assert_eq!(recording.push(&second).unwrap(), []);
        let finished = recording.finish().unwrap();
        assert!((finished.seconds - 120.0).abs() < f64::EPSILON);
        assert!(finished.ogg.len() <= 300 * 1024, "{}", finished.ogg.len());
        assert_eq!(Track::read(finished.ogg).unwrap().samples(), LONGEST);
    }

    #[test]
    fn a_recording_of_nothing_is_told_as_such_and_can_be_played() {
        let finished = Recording::new().unwrap().finish().unwrap();
        assert!(finished.silent && finished.seconds == 0.0);
        assert_eq!(Track::read(finished.ogg).unwrap().samples(), 0);
    }

    #[test]
    fn a_minute_of_silence_is_told_as_such() {
        let mut recording = Recording::new().unwrap();
        recording.push(&vec![3; 60 * 48_000]).unwrap();
        assert!(recording.finish().unwrap().silent);
    }
}
