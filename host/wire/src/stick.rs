//! The stick: what a terminal without a network hands to the county on a USB stick, and how the county knows whose it is.
//!
//! ```text
//! lianxin/                      FOLDER
//!   00007-1/                    a parcel: terminal number, and the first number that is free on this stick
//!     0191f3c2-…                an event, byte for byte as it would have gone out; the name is its id
//!     manifest.json             a SignedManifest, written last
//! ```
//!
//! The manifest is signed as it stands: [`SignedManifest::manifest`] is a text that is read only after its signature
//! was checked, so that nothing is ever serialised twice and fields of a newer terminal are covered too. Who signs needs
//! no more than the text's SHA-256 ([`to_be_signed`]); the words in front of it keep a signature over a manifest from
//! being one over anything else that the terminal's key signs (certificate requests, handshakes).
//!
//! Invariant: does no I/O. A folder without a manifest is nobody's: a stick that was pulled out half way holds nothing
//! that counts, or a whole parcel.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::{self, Kind},
    hex,
    ticket::TerminalNumber,
};

/// The version of the format that this library writes.
pub const VERSION: u32 = 1;

/// The folder on the stick that parcels lie in.
pub const FOLDER: &str = "lianxin";

/// The name of a parcel's manifest.
pub const MANIFEST: &str = "manifest.json";

/// The most events of one parcel; a terminal that holds more writes another. Source: FAT32 has room for about 21,000
/// names of this length in a folder.
pub const EVENTS_MAX: usize = 5_000;

/// The most bytes of a parcel's events together: what the county may have to hold in memory.
pub const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The most bytes of a manifest: about 200 for each event, twice escaped.
pub const MANIFEST_MAX: usize = 2 * 1024 * 1024;

/// What stands before the digest that is signed.
const CONTEXT: &str = "lianxin stick manifest\n";

/// What lies in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Version of the format.
    pub v: u32,
    /// The terminal that wrote it.
    pub terminal: TerminalNumber,
    /// The ledger that the terminal last had an answer of; none where it never had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Uuid>,
    /// When, by the terminal's clock, where the day was known. A label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
    /// The events, in the terminal's order.
    pub events: Vec<Listed>,
}

/// One event of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// Its id, and the name of its file.
    pub id: Uuid,
    /// What it carries, as in its header; for people who look.
    pub kind: Kind,
    /// How many bytes it has.
    pub length: u64,
    /// SHA-256 of exactly these bytes, hexadecimal, as `sha256sum` shows it.
    pub sha256: String,
}

impl Listed {
    /// What a manifest says of an event's bytes.
    #[must_use]
    pub fn of(id: Uuid, bytes: &[u8]) -> Self {
        let kind = event::split(bytes).map_or(Kind::Unknown, |(header, _)| header.kind);
        Self { id, kind, length: bytes.len() as u64, sha256: hex(&event::hash(bytes)) }
    }

    /// Whether these are exactly its bytes.
    #[must_use]
    pub fn fits(&self, bytes: &[u8]) -> bool {
        self.length == bytes.len() as u64 && self.sha256 == hex(&event::hash(bytes))
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.id.to_string()
    }
}

/// The manifest's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedManifest {
    /// Version of the format.
    pub v: u32,
    /// A [`Manifest`], JSON; signed as it stands here.
    pub manifest: String,
    /// The terminal's certificate, PEM: the one that it shows when it is on line.
    pub certificate: String,
    /// ECDSA over P-256 with SHA-256, ASN.1, base64: of what [`to_be_signed`] makes of the manifest's SHA-256.
    pub signature: String,
}

/// Why a file is not a manifest that counts.
#[derive(Debug, thiserror::Error)]
pub enum StickError {
    /// Longer than [`MANIFEST_MAX`].
    #[error("a manifest has at most {MANIFEST_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// Not the JSON of one.
    #[error("not a manifest: {0}")]
    NotAManifest(#[source] serde_json::Error),
    /// A version that this library does not know.
    #[error("manifest version {0} is not known; a newer host reads it")]
    Version(u32),
    /// The signature is not of this key over this manifest.
    #[error("the signature is not of the certificate's key")]
    Signature,
    /// An event is listed twice.
    #[error("event {0} is listed twice")]
    Twice(Uuid),
    /// More events or bytes than a parcel may have.
    #[error("a parcel has at most {EVENTS_MAX} events of {BYTES_MAX} bytes together")]
    TooMuch,
}

impl SignedManifest {
    /// Reads the file; nothing of the manifest itself is read.
    ///
    /// # Errors
    /// [`StickError::TooLong`], [`StickError::NotAManifest`], [`StickError::Version`].
    pub fn read(bytes: &[u8]) -> Result<Self, StickError> {
        if bytes.len() > MANIFEST_MAX {
            return Err(StickError::TooLong(bytes.len()));
        }
        let signed: Self = serde_json::from_slice(bytes).map_err(StickError::NotAManifest)?;
        if signed.v == VERSION { Ok(signed) } else { Err(StickError::Version(signed.v)) }
    }

    /// Checks the signature by the certificate's public key (an uncompressed point of P-256), then reads the manifest.
    ///
    /// # Errors
    /// [`StickError::Signature`] before anything of the manifest is looked at; then what is wrong with it.
    pub fn open(&self, public_key: &[u8]) -> Result<Manifest, StickError> {
        let signature = STANDARD.decode(&self.signature).map_err(|_| StickError::Signature)?;
        let message = to_be_signed(&event::hash(self.manifest.as_bytes()));
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key)
            .verify(&message, &signature)
            .map_err(|_| StickError::Signature)?;
        let manifest: Manifest = serde_json::from_str(&self.manifest).map_err(StickError::NotAManifest)?;
        if manifest.v != VERSION {
            return Err(StickError::Version(manifest.v));
        }
        let mut ids: Vec<Uuid> = manifest.events.iter().map(|listed| listed.id).collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(StickError::Twice(twice[0]));
        }
        let bytes = manifest.events.iter().fold(0_u64, |sum, listed| sum.saturating_add(listed.length));
        if ids.len() > EVENTS_MAX || bytes > BYTES_MAX {
            return Err(StickError::TooMuch);
        }
        Ok(manifest)
    }
}

/// What the terminal's key signs for a manifest with this SHA-256.
#[must_use]
pub fn to_be_signed(manifest_sha256: &[u8; 32]) -> Vec<u8> {
    format!("{CONTEXT}{}", hex(manifest_sha256)).into_bytes()
}

/// The name of a parcel's folder.
#[must_use]
pub fn parcel_name(terminal: TerminalNumber, number: u32) -> String {
    format!("{terminal}-{number}")
}

/// Whose parcel a folder of this name says it is, and the how manyth on its stick; none for another name.
#[must_use]
pub fn parcel_of(name: &str) -> Option<(TerminalNumber, u32)> {
    let (terminal, number) = name.split_once('-')?;
    let parcel = (terminal.parse().ok()?, number.parse().ok()?);
    (parcel_name(parcel.0, parcel.1) == name).then_some(parcel)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };

    use super::*;

    fn key() -> EcdsaKeyPair {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()
    }

    fn signed(key: &EcdsaKeyPair, manifest: String) -> SignedManifest {
        let message = to_be_signed(&event::hash(manifest.as_bytes()));
        let signature = STANDARD.encode(key.sign(&SystemRandom::new(), &message).unwrap());
        SignedManifest { v: VERSION, manifest, certificate: String::new(), signature }
    }

    fn manifest(events: Vec<Listed>) -> Manifest {
        let terminal = TerminalNumber::new(7).unwrap();
        Manifest { v: VERSION, terminal, ledger: None, written: None, events }
    }

    fn opened(manifest: &Manifest) -> Result<Manifest, StickError> {
        let key = key();
        let signed = signed(&key, serde_json::to_string(manifest).unwrap());
        let read = SignedManifest::read(&serde_json::to_vec(&signed).unwrap()).unwrap();
        read.open(key.public_key().as_ref())
    }

    #[test]
    fn a_manifest_opens_with_the_key_that_signed_it_and_with_no_other() {
        let whole = manifest(vec![Listed::of(Uuid::from_u128(1), b"one")]);
        assert_eq!(opened(&whole).unwrap(), whole);
        let (one, other) = (key(), key());
        let mut changed = signed(&one, serde_json::to_string(&whole).unwrap());
        assert!(matches!(changed.open(other.public_key().as_ref()), Err(StickError::Signature)));
        changed.manifest.push(' ');
        assert!(matches!(changed.open(one.public_key().as_ref()), Err(StickError::Signature)));
        changed.signature = "not base64".into();
        assert!(matches!(changed.open(one.public_key().as_ref()), Err(StickError::Signature)));
        assert!(matches!(changed.open(b"no key"), Err(StickError::Signature)));
    }

    #[test]
    fn fields_of_a_newer_terminal_are_covered_and_ignored() {
        let key = key();
        let mut newer = serde_json::to_value(manifest(vec![])).unwrap();
        newer["weight"] = 3.into();
        assert_eq!(signed(&key, newer.to_string()).open(key.public_key().as_ref()).unwrap(), manifest(vec![]));
    }

    #[test]
    fn a_path_in_place_of_an_id_is_no_manifest() {
        let key = key();
        let text = serde_json::to_string(&manifest(vec![Listed::of(Uuid::nil(), b"x")])).unwrap();
        for path in ["../../county/keys/working.key", "/etc/passwd", "lianxin/00007-1"] {
            let signed = signed(&key, text.replace(&Uuid::nil().to_string(), path));
            assert!(matches!(signed.open(key.public_key().as_ref()), Err(StickError::NotAManifest(_))), "{path}");
        }
    }

    #[test]
    fn what_no_terminal_writes_is_named() {
        let one = Listed::of(Uuid::from_u128(1), b"x");
        let long = Listed { length: BYTES_MAX, ..Listed::of(Uuid::from_u128(2), b"x") };
        assert!(matches!(opened(&manifest(vec![one.clone(), one.clone()])), Err(StickError::Twice(_))));
        assert!(matches!(opened(&manifest(vec![one, long])), Err(StickError::TooMuch)));
        assert!(matches!(opened(&Manifest { v: 2, ..manifest(vec![]) }), Err(StickError::Version(2))));
        assert!(matches!(SignedManifest::read(&vec![b' '; MANIFEST_MAX + 1]), Err(StickError::TooLong(_))));
        assert!(matches!(SignedManifest::read(b"{\"v\":1}"), Err(StickError::NotAManifest(_))));
        let newer = br#"{"v":2,"manifest":"","certificate":"","signature":""}"#;
        assert!(matches!(SignedManifest::read(newer), Err(StickError::Version(2))));
    }

    #[test]
    fn the_name_of_a_parcel_reads_back_and_other_names_are_nobodys() {
        let terminal = TerminalNumber::new(7).unwrap();
        assert_eq!(parcel_of(&parcel_name(terminal, 12)), Some((terminal, 12)));
        for other in
            ["", "00007", "7-1", "00007-01", "00007-+1", "00007--1", "00007-1 (2)", "System Volume Information"]
        {
            assert_eq!(parcel_of(other), None, "{other}");
        }
    }

    #[test]
    fn an_event_that_lost_or_changed_a_byte_does_not_fit() {
        let listed = Listed::of(Uuid::from_u128(1), b"bytes");
        assert!(listed.fits(b"bytes") && !listed.fits(b"byte") && !listed.fits(b"bytez"));
    }
}
