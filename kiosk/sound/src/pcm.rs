//! Samples: one channel, 16 bits, 48,000 a second, which is what Opus counts in and what microphones on USB give.
//!
//! Invariant: does no I/O.

/// Samples a second.
pub const RATE: u32 = 48_000;

/// Samples of 20 ms: what Opus encodes at a time, and what is asked of a device at a time.
pub const FRAME: usize = 960;

/// Samples of a tenth of a second: how often it is told how loud it is and how far it has come.
pub const TENTH: usize = 4800;

/// How long so many samples last.
#[must_use]
pub fn seconds(samples: usize) -> f64 {
    samples as f64 / f64::from(RATE)
}

/// A sample as Opus takes it, from -1 to 1.
#[must_use]
pub fn to_float(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

/// A sample as devices take it; what is too loud is cut off.
#[must_use]
pub fn from_float(sample: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast from a float keeps within the range of the integer")]
    let sample = (sample * 32_768.0).round() as i16;
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back_as_it_went() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(from_float(to_float(sample)), sample);
        }
    }

    #[test]
    fn what_is_too_loud_is_cut_off_and_what_is_no_number_is_silent() {
        assert_eq!(from_float(1.0), i16::MAX);
        assert_eq!(from_float(f32::INFINITY), i16::MAX);
        assert_eq!(from_float(-7.0), i16::MIN);
        assert_eq!(from_float(f32::NAN), 0);
    }
}
