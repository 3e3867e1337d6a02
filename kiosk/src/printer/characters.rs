//! What the font inside a printer holds, by the standard that its manual names.
//!
//! Invariant: a character that any printer of the set might lack, or hold under another code, is not of the set: it is drawn.
//! Source: GB/T 2312-1980; code page 936 for GBK, as `gbk` of Python 3.11 has it; GB 18030-2022 by `encoding_rs`, which has
//! the table of the WHATWG.

use serde::Deserialize;

/// A printer's characters beside ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Characters {
    /// 7,445 characters, 6,763 of them Chinese.
    Gb2312,
    /// 21,791 characters, 21,003 of them Chinese; what GB 18030 added or moved later is not among them.
    Gbk,
    /// All of GB 18030 that has two bytes, and extension A, which has four.
    Gb18030,
}

/// Rows of GB 2312 that hold characters, and behind them what GBK and GB 18030 put into their gaps.
const GB2312_ROWS: [std::ops::RangeInclusive<u8>; 2] = [0xa1..=0xa9, 0xb0..=0xf7];
const IN_GAPS_OF_GB2312: [std::ops::RangeInclusive<u16>; 4] =
    [0xa2a1..=0xa2aa, 0xa2e3..=0xa2e3, 0xa6d9..=0xa6f5, 0xa8bb..=0xa8c0];

/// What GB 18030 put into gaps of code page 936.
const IN_GAPS_OF_GBK: [std::ops::RangeInclusive<u16>; 8] = [
    0xa2e3..=0xa2e3,
    0xa6d9..=0xa6df,
    0xa6ec..=0xa6ed,
    0xa6f3..=0xa6f3,
    0xa8bc..=0xa8bc,
    0xa8bf..=0xa8bf,
    0xa989..=0xa995,
    0xfe50..=0xfea0,
];

impl Characters {
    /// Whether the printer's own font holds a character.
    #[must_use]
    pub fn hold(self, c: char) -> bool {
        if c.is_ascii() {
            return true;
        }
        // The zones that GBK leaves to its users, and their codes in Unicode.
        if matches!(c, '\u{e000}'..='\u{f8ff}') {
            return false;
        }
        let mut buffer = [0; 4];
        let encoded = encoding_rs::GB18030.encode(c.encode_utf8(&mut buffer)).0;
        let [row, cell] = encoded[..] else {
            return self == Self::Gb18030 && matches!(c, '\u{3400}'..='\u{4db5}');
        };
        let code = u16::from_be_bytes([row, cell]);
        let lies = |ranges: &[std::ops::RangeInclusive<u16>]| ranges.iter().any(|range| range.contains(&code));
        match self {
            Self::Gb2312 => {
                cell >= 0xa1 && GB2312_ROWS.iter().any(|rows| rows.contains(&row)) && !lies(&IN_GAPS_OF_GB2312)
            }
            Self::Gbk => !lies(&IN_GAPS_OF_GBK),
            Self::Gb18030 => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many characters beside ASCII a printer has.
    fn count(characters: Characters) -> usize {
        ('\u{80}'..=char::MAX).filter(|c| characters.hold(*c)).count()
    }

    #[test]
    fn each_set_has_as_many_characters_as_its_standard() {
        // GB 18030: 23,940 codes of two bytes without 1,894 for users, 149 that stand empty and six whose characters have
        // codes of four bytes; and extension A without the 52 of it that have two.
        let gb18030 = 23_940 - 1_894 - 149 - 6 + 6_582 - 52;
        let counts = [Characters::Gb2312, Characters::Gbk, Characters::Gb18030].map(count);
        assert_eq!(counts, [7_445, 21_791, gb18030]);
    }

    #[test]
    fn each_set_holds_the_one_before_it() {
        for c in '\u{80}'..=char::MAX {
            assert!(!Characters::Gb2312.hold(c) || Characters::Gbk.hold(c), "{c:?}");
            assert!(!Characters::Gbk.hold(c) || Characters::Gb18030.hold(c), "{c:?}");
        }
    }

    #[test]
    fn a_character_that_a_printer_might_lack_is_not_counted_upon() {
        let held = |c| [Characters::Gb2312, Characters::Gbk, Characters::Gb18030].map(|set| set.hold(c));
        assert_eq!(held('桥'), [true; 3]);
        assert_eq!(held('喆'), [false, true, true]);
        // 〾, and two that GB 18030-2022 moved out of the private zone.
        assert_eq!([held('〾'), held('\u{fe10}'), held('\u{9fb4}')], [[false, false, true]; 3]);
        assert_eq!(held('㛃'), [false, false, true]);
        assert_eq!([held('𬭎'), held('龦'), held('\u{e5e5}'), held('😀')], [[false; 3]; 4]);
    }
}
