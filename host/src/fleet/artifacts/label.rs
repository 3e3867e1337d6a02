//! What an artifact may be called, and which of two versions is the higher one.
//!
//! Versions are ordered by the rule for the upstream part of deb-version(7): digits by their value, letters before
//! other signs, `~` before everything, even the end: `1.0~rc1 < 1.0 < 1.0.1 < 1.10`.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::Serialize;

/// File systems of clients take no longer names once a suffix is added.
pub const LABEL_CHARS_MAX: usize = 200;

/// A name or a version: ASCII letters, digits and `. _ + ~ -`, beginning with a letter or digit, 200 at most. So it
/// is no path, holds no control character, and stands in an address and in a header as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label(String);

impl Label {
    /// It as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Label {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = |c: char| c.is_ascii_alphanumeric() || "._+~-".contains(c);
        if begins_well && text.len() <= LABEL_CHARS_MAX && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected ASCII letters, digits and . _ + ~ -, a letter or digit first, at most 200")
        }
    }
}

/// Compares two versions.
#[must_use]
pub fn compare(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let signs = take(&mut one, |c| !c.is_ascii_digit());
        let other_signs = take(&mut other, |c| !c.is_ascii_digit());
        let digits = take(&mut one, |c| c.is_ascii_digit());
        let other_digits = take(&mut other, |c| c.is_ascii_digit());
        let order = compare_signs(signs, other_signs).then_with(|| compare_digits(digits, other_digits));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn take<'a>(text: &mut &'a str, belongs: impl Fn(char) -> bool) -> &'a str {
    let (taken, rest) = text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()));
    *text = rest;
    taken
}

fn compare_signs(one: &str, other: &str) -> Ordering {
    const END: u8 = 1;
    let weight = |c: u8| match c {
        b'~' => (0, c),
        c if c.is_ascii_alphabetic() => (2, c),
        c => (3, c),
    };
    let weights = |text: &str| -> Vec<(u8, u8)> { text.bytes().map(weight).chain([(END, 0)]).collect() };
    weights(one).cmp(&weights(other))
}

fn compare_digits(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}
