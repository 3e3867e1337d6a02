//! What the fleet keeps of its users that nobody may read in its database.
//!
//! Invariant: the key is on no disk of its own. It is derived from the issuing key of the host's authority, so that a backup
//! brings both back or neither; what was sealed under another authority opens no more.

use aws_lc_rs::{
    aead::{self, AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    hmac,
};

use crate::{account::name_of_address, ca::Ca};

/// Seals secrets, and names addresses without telling them.
pub(super) struct Seal {
    secrets: RandomizedNonceKey,
    addresses: hmac::Key,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    pub(super) fn of(ca: &Ca) -> Self {
        let secrets = RandomizedNonceKey::new(&AES_256_GCM, &ca.derive("fleet users' secrets"));
        Self {
            secrets: secrets.expect("invariant: 32 bytes are a key"),
            addresses: hmac::Key::new(hmac::HMAC_SHA256, &ca.derive("fleet users' addresses")),
        }
    }

    /// Seals a secret of somebody, who is named in it: nobody else's row opens with it.
    pub(super) fn seal(&self, of: &str, secret: &[u8]) -> Vec<u8> {
        let mut bytes = secret.to_vec();
        let nonce = self.secrets.seal_in_place_append_tag(Aad::from(of.as_bytes()), &mut bytes);
        let nonce = nonce.expect("invariant: a short secret can be sealed");
        [nonce.as_ref().as_slice(), &bytes].concat()
    }

    /// Opens it; none where it was sealed for somebody else or under another authority.
    pub(super) fn open(&self, of: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, bytes) = sealed.split_at_checked(aead::NONCE_LEN)?;
        let (nonce, mut bytes) = (Nonce::try_assume_unique_for_key(nonce).ok()?, bytes.to_vec());
        Some(self.secrets.open_in_place(nonce, Aad::from(of.as_bytes()), &mut bytes).ok()?.to_vec())
    }

    /// How limits and audit call an address.
    pub(super) fn name_of(&self, network: &str) -> String {
        name_of_address(hmac::sign(&self.addresses, network.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn seal() -> Seal {
        let folder = tempfile::tempdir().unwrap();
        Seal::of(&Ca::draw(Timestamp::UNIX_EPOCH).unwrap().place(&folder.path().join("ca")).unwrap())
    }

    #[test]
    fn a_secret_opens_for_whom_and_under_what_it_was_sealed_only() {
        let (seal, other) = (seal(), seal());
        let sealed = seal.seal("chen", b"0123456789");
        assert_eq!(seal.open("chen", &sealed).as_deref(), Some(&b"0123456789"[..]));
        assert_ne!(sealed, seal.seal("chen", b"0123456789"), "the same secret twice looks like two");
        assert_eq!(seal.open("wang", &sealed), None);
        assert_eq!(other.open("chen", &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(seal.open("chen", &sealed[..cut]), None);
        }
        assert_ne!(seal.name_of("192.0.2.1"), seal.name_of("192.0.2.2"));
        assert_ne!(seal.name_of("192.0.2.1"), other.name_of("192.0.2.1"));
    }
}
