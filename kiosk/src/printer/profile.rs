//! What is known of each kind of printer, and where it is known from: `profiles.toml`.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::status::Question;

const BUILT_IN: &str = include_str!("profiles.toml");

/// One kind of printer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How it says that a receipt came out.
    pub fence: FenceKind,
    /// Whether `DLE DC4 8` empties its buffers.
    pub clear: bool,
    /// The real-time questions that it answers.
    pub status: Vec<Question>,
    /// Whether it has a knife.
    pub cut: bool,
    /// How it says that its buffer is full.
    pub flow: Flow,
    /// Millimetres of paper a second, at the least.
    pub slowest_mm_s: u32,
}

/// A question that is answered only once everything before it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceKind {
    /// `GS ( H` function 48: answers with the process id that was sent.
    GsParenH,
    /// `GS r 1`: answers with a byte, in order; not at paper end.
    GsR,
    /// None that could be trusted.
    None,
}

/// How a printer says that its buffer is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// XON/XOFF.
    Software,
    /// RTS/CTS.
    Hardware,
    /// Not at all.
    None,
}

/// Why there is no such profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not in the table.
    #[error("printer.profile: {name:?} is not known; expected one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The table is not one.
    #[error("the table of printers")]
    Table(#[from] toml::de::Error),
}

/// A profile of the built-in table.
///
/// # Errors
/// [`ProfileError::Unknown`] names those there are.
pub fn built_in(name: &str) -> Result<Profile, ProfileError> {
    let mut table: BTreeMap<String, Profile> = toml::from_str(BUILT_IN)?;
    let known = || table.keys().cloned().collect::<Vec<_>>().join(", ");
    let unknown = ProfileError::Unknown { name: name.to_owned(), known: known() };
    table.remove(name).ok_or(unknown)
}

impl Profile {
    /// The bytes of the fence numbered `id`; none where there is none.
    #[must_use]
    pub fn fence_bytes(&self, id: u32) -> Vec<u8> {
        match self.fence {
            FenceKind::GsParenH => [&[0x1d, b'(', b'H', 6, 0, 48, 48][..], &Self::process_id(id)].concat(),
            FenceKind::GsR => vec![0x1d, b'r', 1],
            FenceKind::None => Vec::new(),
        }
    }

    /// Four printable characters, as the reference demands; they come back in the answer.
    #[must_use]
    pub fn process_id(id: u32) -> [u8; 4] {
        let digits = format!("{:04}", id % 10_000);
        digits.as_bytes().try_into().expect("invariant: four digits")
    }

    /// How long a fence behind so many bytes may take: the wire, the mechanism, and a cut, doubled.
    ///
    /// A receipt is about 98 mm of paper for 518 bytes; longer ones are text, 3.75 mm for up to 33 bytes.
    #[must_use]
    pub fn patience(&self, bytes: usize, baud: u32) -> Duration {
        let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        let wire = bytes * 10.0 / f64::from(baud.max(300));
        let paper_mm = 60.0 + bytes * 0.12;
        let mechanism = paper_mm / f64::from(self.slowest_mm_s.max(10));
        Duration::from_secs_f64(2.0 * (wire.max(mechanism) + LONGEST_CUT_S) + 1.0)
    }
}

/// The longest cut of the manuals looked at, in seconds.
const LONGEST_CUT_S: f64 = 1.4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_an_unknown_name_says_which_there_are() {
        assert_eq!(built_in("epson-tm").unwrap().fence, FenceKind::GsParenH);
        let error = built_in("laser").unwrap_err().to_string();
        assert!(error.contains("laser") && error.contains("epson-tm, escpos, generic-58"), "{error}");
    }

    #[test]
    fn fences_are_the_references_bytes() {
        let epson = built_in("epson-tm").unwrap();
        assert_eq!(epson.fence_bytes(1), b"\x1d(H\x06\x00000001");
        assert_eq!(built_in("escpos").unwrap().fence_bytes(1), b"\x1dr\x01");
        assert!(built_in("generic-58").unwrap().fence_bytes(1).is_empty());
    }

    #[test]
    fn patience_grows_with_the_receipt_and_with_a_slow_wire() {
        let epson = built_in("epson-tm").unwrap();
        assert!(epson.patience(518, 9600) < Duration::from_secs(8));
        assert!(epson.patience(5000, 9600) > epson.patience(518, 9600));
        assert!(epson.patience(5000, 1200) > Duration::from_secs(80));
    }
}
