//! What GB 18030-2022 encodes, by parts.
//!
//! Codes of one and two bytes are those of `encoding_rs`, which has the table of the WHATWG: the one of 2022, with the
//! eighteen characters that were moved out of the private zone. Of the codes of four bytes level 1 asks for extension A and
//! for U+9FA6 to U+9FEF, level 2 for 196 of the list of characters in common use (`kTGH` of Unihan 15.1, without those of
//! level 1), level 3 for extensions B to F as Unicode 11 has them, and the radicals. The scripts of other peoples are asked
//! for where a product claims them: what Unicode 11 has in their blocks, without marks that have no shape
//! (`DerivedAge.txt`, `Blocks.txt` of Unicode 15.1).

use std::{collections::BTreeSet, ops::RangeInclusive};

/// A part of the standard.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) characters: BTreeSet<char>,
}

/// Level 2: in common use by the list of the state (通用规范汉字表), and in neither GBK nor extension A.
pub(crate) const LEVEL_2: &str = include_str!("level2.txt");

/// Unified ideographs by the standard's own count.
const CHINESE: usize = 87_887;

const SCRIPTS: [(&str, &[RangeInclusive<char>]); 10] = [
    ("Uyghur, Kazakh, Kirghiz", &['\u{606}'..='\u{61b}', '\u{61e}'..='\u{6dc}', '\u{6de}'..='\u{6ff}']),
    (
        "Tibetan",
        &[
            '\u{f00}'..='\u{f47}',
            '\u{f49}'..='\u{f6c}',
            '\u{f71}'..='\u{f97}',
            '\u{f99}'..='\u{fbc}',
            '\u{fbe}'..='\u{fcc}',
            '\u{fce}'..='\u{fda}',
        ],
    ),
    (
        "Mongolian",
        &[
            '\u{1800}'..='\u{180a}',
            '\u{1810}'..='\u{1819}',
            '\u{1820}'..='\u{1878}',
            '\u{1880}'..='\u{18aa}',
            '\u{11660}'..='\u{1166c}',
        ],
    ),
    ("Tai Le", &['\u{1950}'..='\u{196d}', '\u{1970}'..='\u{1974}']),
    (
        "New Tai Lue",
        &['\u{1980}'..='\u{19ab}', '\u{19b0}'..='\u{19c9}', '\u{19d0}'..='\u{19da}', '\u{19de}'..='\u{19df}'],
    ),
    (
        "Tai Tham",
        &[
            '\u{1a20}'..='\u{1a5e}',
            '\u{1a60}'..='\u{1a7c}',
            '\u{1a7f}'..='\u{1a89}',
            '\u{1a90}'..='\u{1a99}',
            '\u{1aa0}'..='\u{1aad}',
        ],
    ),
    ("Yi", &['\u{a000}'..='\u{a48c}', '\u{a490}'..='\u{a4c6}']),
    ("Lisu", &['\u{a4d0}'..='\u{a4ff}']),
    ("Miao", &['\u{16f00}'..='\u{16f44}', '\u{16f50}'..='\u{16f7e}', '\u{16f8f}'..='\u{16f9f}']),
    ("Korean", &['\u{1100}'..='\u{115e}', '\u{1161}'..='\u{11ff}', '\u{ac00}'..='\u{d7a3}']),
];

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}')
}

/// The characters of one and two bytes; those that users define are none of the standard's.
fn short() -> BTreeSet<char> {
    let mut found: BTreeSet<char> = ('!'..='~').collect();
    for first in 0x81..=0xfe_u8 {
        for second in 0x40..=0xfe_u8 {
            let code = [first, second];
            let (text, wrong) = encoding_rs::GB18030.decode_without_bom_handling(&code);
            let mut characters = text.chars();
            if let (false, Some(c), None) = (wrong, characters.next(), characters.next()) {
                found.insert(c);
            }
        }
    }
    found.retain(|c| !is_private(*c) && !c.is_whitespace());
    found
}

/// All parts; each character is of one.
pub(crate) fn parts() -> Vec<Part> {
    let level_2 = || LEVEL_2.trim_end().chars();
    let mut parts = vec![
        Part { name: "one and two bytes", characters: short() },
        Part { name: "extension A", characters: ('\u{3400}'..='\u{4db5}').collect() },
        Part { name: "U+9FA6 to U+9FEF", characters: ('\u{9fa6}'..='\u{9fef}').collect() },
        Part { name: "level 2", characters: level_2().collect() },
        Part { name: "extension B", characters: ('\u{20000}'..='\u{2a6d6}').collect() },
        Part { name: "extension C", characters: ('\u{2a700}'..='\u{2b734}').collect() },
        Part { name: "extension D", characters: ('\u{2b740}'..='\u{2b81d}').collect() },
        Part { name: "extension E", characters: ('\u{2b820}'..='\u{2cea1}').collect() },
        Part { name: "extension F", characters: ('\u{2ceb0}'..='\u{2ebe0}').collect() },
        Part { name: "radicals", characters: ('\u{2f00}'..='\u{2fd5}').collect() },
    ];
    for (name, ranges) in SCRIPTS {
        parts.push(Part { name, characters: ranges.iter().cloned().flatten().collect() });
    }
    let mut seen = BTreeSet::new();
    for part in &mut parts {
        part.characters.retain(|c| seen.insert(*c));
    }
    parts
}

/// Whether Unicode 11 calls it a unified ideograph, be it among those that it calls compatible ones.
fn is_unified(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4db5}' | '\u{4e00}'..='\u{9fef}' | '\u{20000}'..='\u{2ffff}')
        || "\u{fa0e}\u{fa0f}\u{fa11}\u{fa13}\u{fa14}\u{fa1f}\u{fa21}\u{fa23}\u{fa24}\u{fa27}\u{fa28}\u{fa29}"
            .contains(c)
}

#[test]
fn the_parts_hold_as_many_chinese_characters_as_the_standard_says() {
    let all: Vec<char> = parts().into_iter().flat_map(|part| part.characters).collect();
    assert_eq!(all.iter().filter(|c| is_unified(**c)).count(), CHINESE);
    assert_eq!(LEVEL_2.trim_end().chars().count(), 196);
    // Codes of the standard have one, two or four bytes, and all of these have one.
    for c in all {
        let text = c.to_string();
        let (bytes, _, lost) = encoding_rs::GB18030.encode(&text);
        assert!(!lost && matches!(bytes.len(), 1 | 2 | 4), "{c:?}");
    }
}

#[test]
fn the_table_is_that_of_2022() {
    // The standard of 2005 had these two in the private zone.
    for (code, c) in [([0xa6, 0xd9], '\u{fe10}'), ([0xfe, 0x59], '\u{9fb4}')] {
        assert_eq!(encoding_rs::GB18030.decode_without_bom_handling(&code).0, c.to_string());
        assert!(parts()[0].characters.contains(&c));
    }
}
