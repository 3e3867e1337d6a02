//! Waiting longer after each failure, by a random part of it.
//!
//! Invariant: does no I/O and reads no clock. Source: "full jitter", AWS Architecture Blog, "Exponential Backoff And
//! Jitter": a thousand terminals that lost the same host must not come back in step.

use std::time::Duration;

/// Draws numbers evenly from 0 to 1, 1 excluded.
pub type Dice = Box<dyn FnMut() -> f64 + Send>;

/// How long to wait after failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure; doubled by each further one.
    pub first: Duration,
    /// The longest wait of all.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after `failures` in a row (at least 1), of which `share` (0 to 1) is drawn.
    #[must_use]
    pub fn wait(self, failures: u32, share: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(20));
        self.first.saturating_mul(doubled).min(self.longest).mul_f64(share.clamp(0.0, 1.0))
    }
}

/// Dice of the system's random numbers.
#[must_use]
pub fn dice() -> Dice {
    Box::new(|| {
        let mut bytes = [0; 4];
        aws_lc_rs::rand::fill(&mut bytes).expect("invariant: the system has random numbers");
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300) };

    #[test]
    fn the_longest_wait_doubles_up_to_its_bound() {
        let longest: Vec<u64> = (1..=10).map(|n| BACKOFF.wait(n, 1.0).as_secs()).collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    proptest! {
        #[test]
        fn a_wait_is_anything_from_nothing_to_the_bound(failures in 0..u32::MAX, share in 0.0..1.0) {
            let wait = BACKOFF.wait(failures, share);
            prop_assert!(wait <= BACKOFF.longest);
            prop_assert!(wait >= BACKOFF.first.mul_f64(share).min(BACKOFF.longest));
        }
    }

    #[test]
    fn dice_fall_from_0_to_1() {
        let mut dice = dice();
        let falls: Vec<f64> = (0..1000).map(|_| dice()).collect();
        assert!(falls.iter().all(|share| (0.0..1.0).contains(share)));
        assert!(falls.iter().any(|share| *share < 0.2) && falls.iter().any(|share| *share > 0.8));
    }
}
