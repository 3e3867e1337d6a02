//! Ticket numbers: terminal (5 digits), generation (2), counter (4), two check digits; shown 5-4-4.
//!
//! Invariant: a [`TicketNumber`] that exists has right check digits. Source: ISO 7064 MOD 97-10, which finds every
//! single wrong digit and every swap of neighbours.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A terminal's number, 0 to 99,999, given at enrolment and never reused; five digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct TerminalNumber(u32);

/// A ticket's 13 digits; the digits alone in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct TicketNumber(u64);

/// What is wrong with a number that somebody typed, scanned or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not the expected count of digits.
    #[error("expected {expected} digits, found {found}")]
    Length {
        /// Digits a right number has.
        expected: usize,
        /// Digits found.
        found: usize,
    },
    /// Something that is neither a digit, a space nor a hyphen.
    #[error("a number holds digits only")]
    NotADigit,
    /// The check digits don't fit: a digit is wrong or two are swapped.
    #[error("the check digits do not fit")]
    CheckDigits,
    /// A part is beyond its range.
    #[error("a part of the number is beyond its range")]
    Range,
}

fn digits(text: &str, expected: usize) -> Result<u64, NumberError> {
    let mut value = 0;
    let mut found = 0;
    for c in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
        found += 1;
        if found <= expected {
            value = value * 10 + u64::from(c.to_digit(10).ok_or(NumberError::NotADigit)?);
        }
    }
    if found == expected { Ok(value) } else { Err(NumberError::Length { expected, found }) }
}

impl TerminalNumber {
    /// The highest number.
    pub const MAX: u32 = 99_999;

    /// Makes a number from 0 to [`Self::MAX`].
    ///
    /// # Errors
    /// [`NumberError::Range`] beyond it.
    pub fn new(number: u32) -> Result<Self, NumberError> {
        if number <= Self::MAX { Ok(Self(number)) } else { Err(NumberError::Range) }
    }

    /// The number as an integer.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TicketNumber {
    /// The highest counter of one generation.
    pub const COUNTER_MAX: u16 = 9_999;

    /// Makes the number of the `counter`-th ticket (from 1) of a terminal's `generation` (0 to 99).
    ///
    /// # Errors
    /// [`NumberError::Range`] for a generation or a counter beyond its digits.
    pub fn new(terminal: TerminalNumber, generation: u8, counter: u16) -> Result<Self, NumberError> {
        if generation > 99 || counter > Self::COUNTER_MAX {
            return Err(NumberError::Range);
        }
        let body = (u64::from(terminal.0) * 100 + u64::from(generation)) * 10_000 + u64::from(counter);
        Ok(Self(body * 100 + (98 - body * 100 % 97)))
    }

    /// The terminal that gave the number.
    #[must_use]
    pub fn terminal(self) -> TerminalNumber {
        TerminalNumber(u32::try_from(self.0 / 100_000_000).unwrap_or(TerminalNumber::MAX))
    }

    /// The generation of the terminal's queue.
    #[must_use]
    pub fn generation(self) -> u8 {
        u8::try_from(self.0 / 1_000_000 % 100).unwrap_or(99)
    }

    /// The 13 digits as people read them: `00613 0100 4212`.
    #[must_use]
    pub fn grouped(self) -> String {
        let digits = self.to_string();
        format!("{} {} {}", &digits[..5], &digits[5..9], &digits[9..])
    }
}

impl FromStr for TerminalNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        Ok(Self(u32::try_from(digits(text, 5)?).map_err(|_| NumberError::Range)?))
    }
}

impl FromStr for TicketNumber {
    type Err = NumberError;

    /// Reads 13 digits, spaces and hyphens between them ignored.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let value = digits(text, 13)?;
        // The rule gives 02 to 98; 00, 01 and 99 would be second names of 97, 98 and 02.
        let given = (2..=98).contains(&(value % 100));
        if value % 97 == 1 && given { Ok(Self(value)) } else { Err(NumberError::CheckDigits) }
    }
}

impl fmt::Display for TerminalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}", self.0)
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}", self.0)
    }
}

macro_rules! as_string {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = NumberError;

            fn try_from(text: String) -> Result<Self, NumberError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(number: $type) -> String {
                number.to_string()
            }
        }
    };
}
as_string!(TerminalNumber);
as_string!(TicketNumber);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = TicketNumber> {
        (0..=TerminalNumber::MAX, 0..=99u8, 0..=TicketNumber::COUNTER_MAX)
            .prop_map(|(t, g, c)| TicketNumber::new(TerminalNumber(t), g, c).unwrap())
    }

    fn every_single_error_and_adjacent_swap(number: TicketNumber) -> Vec<String> {
        let right = number.to_string();
        let mut wrong = Vec::new();
        for place in 0..13 {
            for digit in b'0'..=b'9' {
                let mut bytes = right.clone().into_bytes();
                bytes[place] = digit;
                wrong.push(String::from_utf8(bytes).unwrap());
            }
            if place < 12 {
                let mut bytes = right.clone().into_bytes();
                bytes.swap(place, place + 1);
                wrong.push(String::from_utf8(bytes).unwrap());
            }
        }
        wrong.retain(|w| *w != right);
        wrong
    }

    proptest! {
        #[test]
        fn a_number_reads_back_from_its_grouped_digits(n in number()) {
            prop_assert_eq!(n.grouped().parse::<TicketNumber>(), Ok(n));
            prop_assert_eq!(n.to_string().len(), 13);
        }

        #[test]
        fn one_wrong_digit_or_two_swapped_ones_are_always_found(n in number()) {
            for wrong in every_single_error_and_adjacent_swap(n) {
                prop_assert_eq!(wrong.parse::<TicketNumber>(), Err(NumberError::CheckDigits), "{}", wrong);
            }
        }
    }

    #[test]
    fn the_parts_come_back() {
        let n = TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, 42).unwrap();
        assert_eq!((n.terminal().get(), n.generation()), (613, 1));
        assert!(n.grouped().starts_with("00613 0100 42"), "{}", n.grouped());
    }

    #[test]
    fn letters_and_lengths_are_named() {
        assert_eq!("12345".parse::<TicketNumber>(), Err(NumberError::Length { expected: 13, found: 5 }));
        assert_eq!("00613O1004212".parse::<TicketNumber>(), Err(NumberError::NotADigit));
        assert_eq!(TerminalNumber::new(100_000), Err(NumberError::Range));
    }
}
