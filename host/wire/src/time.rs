//! The host's signed answer to a terminal that asks what time it is.
//!
//! Invariant: the signature covers the nonce that the terminal drew and the time, under a prefix that nothing else of
//! ours is signed with; whoever carries the answer can change neither. It needs no TLS, so that a terminal whose clock
//! nobody set can ask before it can judge a certificate's dates.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::random;

/// Where terminals POST a [`TimeRequest`], below the fleet role's address.
pub const PATH: &str = "/v1/time";

/// A clock before this day was never set. The day is that of the project's first version.
const FIRST_DAY: i64 = 1_795_219_200;

/// When this program was built, as far as the build says so: `SOURCE_DATE_EPOCH` in seconds, else the day of the
/// project's first version. No right clock stands before it.
///
/// Source: <https://reproducible-builds.org/specs/source-date-epoch/>.
pub const BUILT: Timestamp = built(option_env!("SOURCE_DATE_EPOCH"));

const fn built(epoch: Option<&str>) -> Timestamp {
    if let Some(text) = epoch
        && let Ok(seconds) = i64::from_str_radix(text, 10)
        && seconds > FIRST_DAY
    {
        return Timestamp::constant(seconds, 0);
    }
    Timestamp::constant(FIRST_DAY, 0)
}

/// The usage that a certificate must name for its key to sign the time: id-kp-timeStamping, 1.3.6.1.5.5.7.3.8, as the
/// value of a DER object identifier. Neither a terminal's certificate nor a server's names it. Source: RFC 5280, 4.2.1.12.
pub const PURPOSE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

/// What the signed bytes begin with.
const DOMAIN: &[u8] = b"lianxin time v1\0";

/// 16 random bytes, drawn anew for every question; base64url without padding in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Nonce([u8; 16]);

/// A text that is not a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a nonce is 22 characters of base64url")]
pub struct NotANonce;

/// What a terminal posts to [`PATH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeRequest {
    /// Drawn for this question alone.
    pub nonce: Nonce,
}

/// What [`PATH`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeAnswer {
    /// As in the question.
    pub nonce: Nonce,
    /// The host's time when it answered, UTC.
    pub at: Timestamp,
    /// ECDSA with P-256 and SHA-256 over [`signed_bytes`], ASN.1 DER, base64url without padding.
    pub signature: String,
    /// The signing certificate, then those between it and the pinned root, PEM.
    pub chain: String,
}

/// What is signed: the prefix, the nonce, and the nanoseconds since 1970 as 16 bytes, big end first, two's complement.
#[must_use]
pub fn signed_bytes(nonce: Nonce, at: Timestamp) -> Vec<u8> {
    [DOMAIN, &nonce.0, &at.as_nanosecond().to_be_bytes()].concat()
}

/// A signature as it stands in [`TimeAnswer`].
#[must_use]
pub fn signature_text(signature: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(signature)
}

impl TimeAnswer {
    /// The signature's bytes; none where the text isn't base64url.
    #[must_use]
    pub fn signature(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.signature).ok()
    }
}

impl Nonce {
    /// Draws a new nonce.
    #[must_use]
    pub fn draw() -> Self {
        Self(random())
    }
}

impl FromStr for Nonce {
    type Err = NotANonce;

    fn from_str(text: &str) -> Result<Self, NotANonce> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotANonce)?;
        Ok(Self(bytes.try_into().map_err(|_| NotANonce)?))
    }
}

impl TryFrom<String> for Nonce {
    type Error = NotANonce;

    fn try_from(text: String) -> Result<Self, NotANonce> {
        text.parse()
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        URL_SAFE_NO_PAD.encode(nonce.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_bytes_are_those_that_were_written_down() {
        let nonce: Nonce = "AAECAwQFBgcICQoLDA0ODw".parse().unwrap();
        let bytes = signed_bytes(nonce, "2027-01-10T00:00:00.5Z".parse().unwrap());
        let mut expected = b"lianxin time v1\0".to_vec();
        expected.extend(0..16);
        expected.extend((1_799_539_200_500_000_000_i128).to_be_bytes());
        assert_eq!(bytes, expected);
    }

    #[test]
    fn another_nonce_and_the_least_other_time_are_other_bytes() {
        let at: Timestamp = "2027-01-10T00:00:00Z".parse().unwrap();
        let nonce = Nonce::draw();
        assert_ne!(nonce, Nonce::draw());
        assert_ne!(signed_bytes(nonce, at), signed_bytes(Nonce::draw(), at));
        assert_ne!(signed_bytes(nonce, at), signed_bytes(nonce, at + jiff::SignedDuration::from_nanos(1)));
        assert_eq!("AAAA".parse::<Nonce>(), Err(NotANonce));
    }

    #[test]
    fn the_build_time_is_what_the_build_says_and_never_before_the_first_day() {
        let first = Timestamp::constant(FIRST_DAY, 0);
        assert!(first.to_string().starts_with("2026-11-"), "{first}");
        assert_eq!(built(Some("1830000000")), Timestamp::constant(1_830_000_000, 0));
        for epoch in [None, Some("0"), Some("soon"), Some("")] {
            assert_eq!(built(epoch), first, "{epoch:?}");
        }
    }
}
