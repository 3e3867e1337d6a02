//! Signs the time for terminals.
//!
//! Invariant: a clock that stands before the program's build signs nothing.

use std::sync::Arc;

use wire::time::{BUILT, Nonce, TimeAnswer, signature_text, signed_bytes};

use super::{Error, signer::Signer};
use crate::{
    ca::{Ca, CaError, Signs},
    clock::SharedClock,
};

/// The fleet role's signature under the time.
#[derive(Debug)]
pub struct TimeSigner {
    signer: Signer,
    clock: SharedClock,
}

impl TimeSigner {
    /// Draws the key.
    ///
    /// # Errors
    /// The provider of cryptography.
    pub fn new(ca: Arc<Ca>, clock: SharedClock) -> Result<Self, CaError> {
        Ok(Self { signer: Signer::new(ca, Signs::Time)?, clock })
    }

    /// The present time, signed together with `nonce`.
    ///
    /// # Errors
    /// [`Error::Clock`] where the host's clock can't be right, or the provider of cryptography.
    pub fn answer(&self, nonce: Nonce) -> Result<TimeAnswer, Error> {
        let at = self.clock.now();
        if at < BUILT {
            return Err(Error::Clock(BUILT));
        }
        let (signature, chain) = self.signer.sign(&signed_bytes(nonce, at), at)?;
        Ok(TimeAnswer { nonce, at, signature: signature_text(&signature), chain })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::clock::Clock;

    #[derive(Debug)]
    struct Turned(Mutex<Timestamp>);

    impl Clock for Turned {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn signer(at: Timestamp) -> (tempfile::TempDir, Arc<Turned>, TimeSigner) {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::draw(at).unwrap().place(&folder.path().join("ca")).unwrap();
        let clock = Arc::new(Turned(Mutex::new(at)));
        let signer = TimeSigner::new(Arc::new(ca), Arc::clone(&clock) as SharedClock).unwrap();
        (folder, clock, signer)
    }

    #[test]
    fn a_host_whose_clock_stands_before_its_build_signs_nothing_and_says_what_to_do() {
        let (_folder, clock, signer) = signer(BUILT);
        assert!(signer.answer(Nonce::draw()).is_ok());
        *clock.0.lock().unwrap() = BUILT - SignedDuration::from_secs(1);
        let error = signer.answer(Nonce::draw()).unwrap_err();
        assert!(matches!(error, Error::Clock(_)) && error.to_string().contains("set it"), "{error}");
    }

    #[test]
    fn the_certificate_is_kept_for_half_its_life_and_covers_every_time_that_is_signed() {
        let (_folder, clock, signer) = signer(BUILT);
        let mut chains = Vec::new();
        for hours in [0, 24, 3 * 24, 4 * 24, 400 * 24, 2 * 24] {
            let now = BUILT + SignedDuration::from_hours(hours);
            *clock.0.lock().unwrap() = now;
            let answer = signer.answer(Nonce::draw()).unwrap();
            let (_, pem) = x509_parser::pem::parse_x509_pem(answer.chain.as_bytes()).unwrap();
            let certificate = pem.parse_x509().unwrap();
            let good = certificate.validity();
            assert!((good.not_before.timestamp()..=good.not_after.timestamp()).contains(&now.as_second()), "{hours}");
            chains.push(answer.chain);
        }
        assert!(chains[0] == chains[1] && chains[1] == chains[2] && chains[2] != chains[3]);
        assert_ne!(chains[4], chains[5], "a clock that was set back");
    }
}
