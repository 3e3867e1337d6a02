//! Codes of six digits that an app draws from a secret and the time.
//!
//! Invariants: does no I/O and reads no clock; a code is taken once, and one step before or behind at most, for telephones
//! whose clocks drift. Source: RFC 6238 (SHA-1, 30 s, 6 digits: what every app can), RFC 4226 section 5.3. The HMAC is
//! aws-lc-rs', as all of the cryptography here; what is left for a crate of its own would be four lines.

use aws_lc_rs::{constant_time, hmac};

use crate::account::random;

/// Seconds that a code is good for.
const STEP_S: i64 = 30;

/// As RFC 4226 recommends: 160 bits.
const SECRET_BYTES: usize = 20;

/// What the app and the host share.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn draw() -> Self {
        Self(random::<SECRET_BYTES>().to_vec())
    }

    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it: base32 without padding. Source: RFC 4648 section 6.
    pub(super) fn text(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits: Vec<u8> = self.0.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let letter = |five: &[u8]| {
            let value = five.iter().fold(0, |value, bit| value << 1 | bit) << (5 - five.len());
            char::from(LETTERS[usize::from(value)])
        };
        bits.chunks(5).map(letter).collect()
    }

    /// What the QR says. Source: the key URI format of Google Authenticator, which all apps read.
    pub(super) fn uri(&self, login: &str) -> String {
        let login: String = login.bytes().map(escaped).collect();
        format!("otpauth://totp/Lianxin:{login}?secret={}&issuer=Lianxin&digits=6&period={STEP_S}", self.text())
    }

    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[tag.len() - 1] & 0xf);
        let four = u32::from_be_bytes([tag[at], tag[at + 1], tag[at + 2], tag[at + 3]]);
        format!("{:06}", (four & 0x7fff_ffff) % 1_000_000)
    }

    /// The step of a code that is good at this second and later than the last one that was taken.
    pub(super) fn step_of(&self, code: &str, second: i64, taken: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let now = second.div_euclid(STEP_S);
        let good =
            |step: &i64| constant_time::verify_slices_are_equal(self.code(*step).as_bytes(), code.as_bytes()).is_ok();
        (now - 1..=now + 1).filter(|step| *step > taken).find(good)
    }
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let secret = Secret::of(b"12345678901234567890".to_vec());
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(second / STEP_S), code);
            assert_eq!(secret.step_of(code, second, 0), Some(second / STEP_S));
        }
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_for_a_step_to_each_side_and_once() {
        let secret = Secret::draw();
        let (now, step) = (1_772_413_200, 1_772_413_200 / STEP_S);
        for (drift, good) in [(-61, false), (-30, true), (0, true), (30, true), (61, false)] {
            let code = secret.code((now + drift) / STEP_S);
            // By chance another step of the three may have the same code.
            let same = (step - 1..=step + 1).any(|s| secret.code(s) == code);
            assert_eq!(secret.step_of(&code, now, 0).is_some(), good || same, "{drift}");
        }
        let code = secret.code(step);
        let taken = secret.step_of(&code, now, 0).unwrap();
        assert!(secret.step_of(&code, now, taken).is_none_or(|again| again > taken && secret.code(again) == code));
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert!(secret.step_of(&spaced, now, 0).is_some());
        for wrong in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(secret.step_of(wrong, now, 0), None);
        }
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        for (bytes, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ")] {
            assert_eq!(Secret::of(bytes.into()).text(), text);
        }
        let uri = Secret::of(b"foo".to_vec()).uri("陈");
        assert_eq!(uri, "otpauth://totp/Lianxin:%E9%99%88?secret=MZXW6&issuer=Lianxin&digits=6&period=30");
    }
}
