//! PINs of the two staff doors, stored as salted PBKDF2-HMAC-SHA-256.
//!
//! A PIN of a few digits falls to whoever holds the card; what protects villagers' words is that the terminal can't
//! open what it holds. The hash keeps the digits themselves off the card.

use std::{fmt, num::NonZeroU32, str::FromStr};

use aws_lc_rs::{pbkdf2, rand};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Tried on each entry of a PIN: about a tenth of a second on a Raspberry Pi 4.
const ROUNDS: NonZeroU32 = NonZeroU32::new(100_000).expect("not zero");

/// `pbkdf2-sha256$rounds$salt$hash`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PinHash {
    rounds: NonZeroU32,
    salt: [u8; 16],
    hash: [u8; 32],
}

/// A text that is not a PIN's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected pbkdf2-sha256$rounds$salt$hash")]
pub struct NotAPinHash;

impl PinHash {
    /// Hashes a PIN with a new salt.
    #[must_use]
    pub fn of(pin: &str) -> Self {
        let mut salt = [0; 16];
        rand::fill(&mut salt).expect("invariant: the system has random numbers");
        let mut hash = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, pin.as_bytes(), &mut hash);
        Self { rounds: ROUNDS, salt, hash }
    }

    /// Whether `pin` is the one that was hashed; in constant time.
    #[must_use]
    pub fn fits(&self, pin: &str) -> bool {
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, self.rounds, &self.salt, pin.as_bytes(), &self.hash).is_ok()
    }
}

impl fmt::Display for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (salt, hash) = (STANDARD_NO_PAD.encode(self.salt), STANDARD_NO_PAD.encode(self.hash));
        write!(f, "pbkdf2-sha256${}${salt}${hash}", self.rounds)
    }
}

impl FromStr for PinHash {
    type Err = NotAPinHash;

    fn from_str(text: &str) -> Result<Self, NotAPinHash> {
        let mut parts = text.strip_prefix("pbkdf2-sha256$").ok_or(NotAPinHash)?.split('$');
        let mut next = || parts.next().ok_or(NotAPinHash);
        let rounds = next()?.parse().map_err(|_| NotAPinHash)?;
        let salt = STANDARD_NO_PAD.decode(next()?).map_err(|_| NotAPinHash)?;
        let hash = STANDARD_NO_PAD.decode(next()?).map_err(|_| NotAPinHash)?;
        Ok(Self {
            rounds,
            salt: salt.try_into().map_err(|_| NotAPinHash)?,
            hash: hash.try_into().map_err(|_| NotAPinHash)?,
        })
    }
}

impl TryFrom<String> for PinHash {
    type Error = NotAPinHash;

    fn try_from(text: String) -> Result<Self, NotAPinHash> {
        text.parse()
    }
}

impl From<PinHash> for String {
    fn from(hash: PinHash) -> String {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_own_pin_only_and_reads_back() {
        let hash = PinHash::of("246810");
        assert!(hash.fits("246810"));
        assert!(!hash.fits("246811"));
        assert_eq!(hash.to_string().parse(), Ok(hash.clone()));
        assert_ne!(PinHash::of("246810"), hash);
        assert_eq!("pbkdf2-sha256$0$AA$AA".parse::<PinHash>(), Err(NotAPinHash));
    }
}
