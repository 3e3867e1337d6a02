//! What proves that somebody holds a receipt: the QR's 128-bit secret, and the six-digit query code.
//!
//! Invariant: both are overwritten when dropped and never shown by `Debug`. The QR carries the secret in the
//! fragment of its address, so it is in no request line.

use std::{fmt, str::FromStr};

use aws_lc_rs::{constant_time, digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ticket::TicketNumber;

/// 128 random bits; base64url without padding in JSON and in the QR.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Secret([u8; 16]);

/// SHA-256 of a [`Secret`]: whoever keeps it knows the secret when it comes, and can't make it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SecretHash([u8; 32]);

/// Six digits that a person can copy; the digits in JSON.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct QueryCode(String);

/// What was shown to prove that a ticket is one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The receipt's QR.
    Secret(Secret),
    /// The receipt's query code.
    Code(QueryCode),
}

/// A text that is not a secret, not a code, or not a receipt's QR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not 22 characters of base64url.
    #[error("a secret is 22 characters of base64url")]
    Secret,
    /// Not 43 characters of base64url.
    #[error("a secret's hash is 43 characters of base64url")]
    Hash,
    /// Not six digits.
    #[error("a query code is six digits")]
    Code,
    /// Not the address that our receipts carry.
    #[error("this is not the QR of one of our receipts")]
    ForeignLink,
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("invariant: the system has random numbers");
    bytes
}

impl Secret {
    /// Draws a new secret.
    #[must_use]
    pub fn draw() -> Self {
        Self(random())
    }

    /// The 16 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }

    /// The 22 characters of the QR.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What may be kept by those who only have to know it again.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        let hash = digest::digest(&digest::SHA256, &self.0);
        SecretHash(hash.as_ref().try_into().expect("invariant: SHA-256 has 32 bytes"))
    }
}

impl SecretHash {
    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl QueryCode {
    /// Draws a new code, every one of the million equally likely.
    #[must_use]
    pub fn draw() -> Self {
        const FAIR: u32 = u32::MAX - u32::MAX % 1_000_000;
        loop {
            let number = u32::from_le_bytes(random());
            if number < FAIR {
                return Self(format!("{:06}", number % 1_000_000));
            }
        }
    }

    /// The six digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The digits as people read them: `381 204`.
    #[must_use]
    pub fn grouped(&self) -> String {
        format!("{} {}", &self.0[..3], &self.0[3..])
    }
}

/// The address in a receipt's QR: `<public_base>/t#<ticket>.<secret>`.
#[must_use]
pub fn track_link(public_base: &str, ticket: TicketNumber, secret: &Secret) -> String {
    format!("{}/t#{ticket}.{}", public_base.trim_end_matches('/'), secret.text())
}

/// The address by which a phone goes on with a ticket: `<public_base>/p#<secret>`.
#[must_use]
pub fn phone_link(public_base: &str, secret: &Secret) -> String {
    format!("{}/p#{}", public_base.trim_end_matches('/'), secret.text())
}

/// Reads the ticket and the secret back from what a scanner typed.
///
/// # Errors
/// [`SecretError::ForeignLink`] for anything that is not the address of one of our receipts.
pub fn parse_track_link(scanned: &str) -> Result<(TicketNumber, Secret), SecretError> {
    let (_, fragment) = scanned.trim().split_once("/t#").ok_or(SecretError::ForeignLink)?;
    let (ticket, secret) = fragment.split_once('.').ok_or(SecretError::ForeignLink)?;
    let ticket = ticket.parse().map_err(|_| SecretError::ForeignLink)?;
    let secret = secret.parse().map_err(|_| SecretError::ForeignLink)?;
    Ok((ticket, secret))
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SecretError::Secret)?;
        Ok(Self(bytes.try_into().map_err(|_| SecretError::Secret)?))
    }
}

impl FromStr for QueryCode {
    type Err = SecretError;

    /// Reads six digits, spaces between them ignored.
    fn from_str(text: &str) -> Result<Self, SecretError> {
        let digits: String = text.chars().filter(|c| *c != ' ').collect();
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(SecretError::Code)
        }
    }
}

impl TryFrom<String> for Secret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        text.parse()
    }
}

impl TryFrom<String> for QueryCode {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        text.parse()
    }
}

impl TryFrom<String> for SecretHash {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SecretError::Hash)?;
        Ok(Self(bytes.try_into().map_err(|_| SecretError::Hash)?))
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> String {
        URL_SAFE_NO_PAD.encode(hash.0)
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> String {
        secret.text()
    }
}

impl From<QueryCode> for String {
    fn from(code: QueryCode) -> String {
        code.0.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::TerminalNumber;

    fn ticket() -> TicketNumber {
        TicketNumber::new(TerminalNumber::new(7).unwrap(), 1, 1).unwrap()
    }

    #[test]
    fn a_receipts_link_reads_back() {
        let secret = Secret::draw();
        let link = track_link("https://lianxin.example/", ticket(), &secret);
        assert!(link.starts_with("https://lianxin.example/t#0000701"), "{link}");
        assert_eq!(parse_track_link(&link), Ok((ticket(), secret)));
    }

    #[test]
    fn a_foreign_qr_is_refused() {
        for foreign in ["", "https://example.com/pay?x=1", "https://x/t#12.34", "WIFI:S:a;;", "https://x/t#"] {
            assert_eq!(parse_track_link(foreign), Err(SecretError::ForeignLink), "{foreign}");
        }
    }

    #[test]
    fn a_phones_link_carries_the_secret_in_its_fragment_alone_and_its_hash_is_sha256() {
        let secret: Secret = "AAECAwQFBgcICQoLDA0ODw".parse().unwrap();
        assert_eq!(phone_link("https://lianxin.example/", &secret), "https://lianxin.example/p#AAECAwQFBgcICQoLDA0ODw");
        // printf of the bytes 0 to 15, through sha256sum.
        let hex: String = secret.hash().bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991");
        assert_eq!(parse_track_link(&phone_link("https://x", &secret)), Err(SecretError::ForeignLink));
    }

    #[test]
    fn codes_are_six_digits_and_neither_shows_in_debug() {
        let code = QueryCode::draw();
        assert_eq!(code.grouped().parse::<QueryCode>().as_ref(), Ok(&code));
        assert_eq!("12345a".parse::<QueryCode>(), Err(SecretError::Code));
        assert!(!format!("{code:?}").contains(code.digits()));
        let secret = Secret::draw();
        assert!(!format!("{:?}", Proof::Secret(secret.clone())).contains(&secret.text()));
    }
}
