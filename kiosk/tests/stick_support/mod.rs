//! What the tests of the stick share: a terminal's key, and a reader of parcels that trusts nothing.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use kiosk::stick::Signature;
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use uuid::Uuid;
use wire::stick::{MANIFEST, Manifest, SignedManifest, to_be_signed};

/// A terminal's key.
pub struct Signer(KeyPair);

impl Signer {
    pub fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    pub fn sign(&self, digest: [u8; 32]) -> Signature {
        Signature { certificate: "a certificate".into(), signature: self.0.sign(&to_be_signed(&digest)).unwrap() }
    }
}

/// The parcels on a stick, in their order.
pub fn parcels(stick: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(stick.join("lianxin")) else { return vec![] };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Reads a parcel that must be whole: signed, every event as it was signed, and nothing beside them.
pub fn whole_parcel(folder: &Path, signer: &Signer) -> (Manifest, Vec<(Uuid, Vec<u8>)>) {
    let file = SignedManifest::read(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap();
    let manifest = file.open(signer.0.der_bytes()).unwrap();
    let events = manifest.events.iter().map(|listed| {
        let bytes = fs::read(folder.join(listed.file_name())).unwrap();
        assert!(listed.fits(&bytes), "{}", listed.id);
        (listed.id, bytes)
    });
    let events: Vec<_> = events.collect();
    assert_eq!(fs::read_dir(folder).unwrap().count(), events.len() + 1);
    (manifest, events)
}
