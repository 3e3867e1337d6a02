//! Keys that the fleet role signs with in the terminals' eyes, each for one purpose.
//!
//! Invariants: a key is drawn at each start and never on the disk, so that no backup holds it; its certificate is for its
//! purpose alone and lives a week.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rcgen::{KeyPair, SigningKey};

use crate::ca::{Ca, CaError, SIGNER_LIFE, Signs};

/// A key and its present certificate.
#[derive(Debug)]
pub struct Signer {
    ca: Arc<Ca>,
    signs: Signs,
    key: KeyPair,
    certified: Mutex<Option<Certified>>,
}

/// The key's present certificate.
#[derive(Debug)]
struct Certified {
    chain_pem: String,
    at: Timestamp,
}

impl Signer {
    /// Draws the key.
    ///
    /// # Errors
    /// The provider of cryptography.
    pub fn new(ca: Arc<Ca>, signs: Signs) -> Result<Self, CaError> {
        Ok(Self { ca, signs, key: KeyPair::generate()?, certified: Mutex::default() })
    }

    /// The signature under these bytes (ECDSA, ASN.1 DER), and the chain up to the root (PEM), good at `now`.
    ///
    /// # Errors
    /// The provider of cryptography.
    pub fn sign(&self, bytes: &[u8], now: Timestamp) -> Result<(Vec<u8>, String), CaError> {
        let chain = self.chain(now)?;
        Ok((self.key.sign(bytes)?, chain))
    }

    /// Issued anew at half its life, and where the clock was set back behind it.
    fn chain(&self, now: Timestamp) -> Result<String, CaError> {
        let mut certified = self.certified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Certified { chain_pem, at }) = &*certified
            && *at <= now
            && now.duration_since(*at) <= SIGNER_LIFE / 2
        {
            return Ok(chain_pem.clone());
        }
        let chain_pem = self.ca.issue_signer(&self.key, self.signs, now)?;
        *certified = Some(Certified { chain_pem: chain_pem.clone(), at: now });
        Ok(chain_pem)
    }
}
