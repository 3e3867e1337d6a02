//! Sealing: what a villager said becomes unreadable to the terminal itself before it touches the disk.
//!
//! Every body is an `age` file to two recipients, the county's working key and its off-line recovery key. Invariant:
//! this module holds no key that opens anything. Source: the age format, age-encryption.org/v1.

use std::io::Write;

use age::x25519::Recipient;
use serde::Serialize;
use wire::enrol::CountyKeys;
use zeroize::Zeroizing;

/// The county's recipients.
#[derive(Clone)]
pub struct Sealer {
    id: String,
    recipients: [Recipient; 2],
}

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A county key in the enrolment file is not a key.
    #[error("county_keys.{name}: expected an age recipient (age1…), found {found:?}")]
    NotAKey {
        /// `working` or `recovery`.
        name: &'static str,
        /// What stands there.
        found: String,
    },
    /// Encryption itself failed.
    #[error("seal the body")]
    Encrypt(#[source] std::io::Error),
}

impl Sealer {
    /// Takes the recipients of the enrolment file.
    ///
    /// # Errors
    /// [`SealError::NotAKey`] for a text that is no recipient.
    pub fn new(keys: &CountyKeys) -> Result<Self, SealError> {
        let parse = |name, text: &str| {
            text.parse::<Recipient>().map_err(|_| SealError::NotAKey { name, found: text.to_owned() })
        };
        let recipients = [parse("working", &keys.working)?, parse("recovery", &keys.recovery)?];
        Ok(Self { id: keys.id.clone(), recipients })
    }

    /// Names the working key in headers.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.id
    }

    /// Seals a body; its plain JSON is overwritten in memory.
    ///
    /// # Errors
    /// [`SealError::Encrypt`] where encryption fails.
    pub fn seal<T: Serialize>(&self, body: &T) -> Result<Vec<u8>, SealError> {
        let plain = Zeroizing::new(serde_json::to_vec(body).map_err(|e| SealError::Encrypt(e.into()))?);
        self.seal_bytes(&plain)
    }

    /// Seals bytes as they are.
    ///
    /// # Errors
    /// [`SealError::Encrypt`] where encryption fails.
    pub fn seal_bytes(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let recipients = self.recipients.iter().map(|r| -> &dyn age::Recipient { r });
        let encryptor = age::Encryptor::with_recipients(recipients).expect("invariant: there are two recipients");
        let mut sealed = Vec::with_capacity(plain.len() + 512);
        let mut writer = encryptor.wrap_output(&mut sealed).map_err(SealError::Encrypt)?;
        writer.write_all(plain).map_err(SealError::Encrypt)?;
        writer.finish().map_err(SealError::Encrypt)?;
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::{secrecy::ExposeSecret, x25519::Identity};

    fn keys() -> (Identity, Identity, CountyKeys) {
        let (working, recovery) = (Identity::generate(), Identity::generate());
        let keys = CountyKeys {
            id: "k1".into(),
            working: working.to_public().to_string(),
            recovery: recovery.to_public().to_string(),
        };
        (working, recovery, keys)
    }

    #[test]
    fn each_of_the_two_keys_opens_the_body_and_another_does_not() {
        let (working, recovery, keys) = keys();
        let sealed = Sealer::new(&keys).unwrap().seal(&"路灯坏了").unwrap();
        for identity in [&working, &recovery] {
            let opened = age::decrypt(identity, &sealed).unwrap();
            assert_eq!(opened, serde_json::to_vec("路灯坏了").unwrap());
        }
        assert!(age::decrypt(&Identity::generate(), &sealed).is_err());
    }

    #[test]
    fn a_county_key_that_is_not_a_key_is_named() {
        let (working, _, keys) = keys();
        let secret = working.to_string();
        let wrong = CountyKeys { recovery: secret.expose_secret()[..20].to_owned(), ..keys };
        let error = Sealer::new(&wrong).err().unwrap().to_string();
        assert!(error.contains("county_keys.recovery") && error.contains("age1"), "{error}");
    }
}
