//! Two-byte characters inside the text of a parser that knows only single bytes.
//!
//! Invariant: does no I/O. Every byte from 0x80 travels through the parser as U+E000 plus itself, so that nothing is
//! lost and a pair takes two columns.

use encoding_rs::GB18030;
use hardless_escpos::{CodePage, CodePages};

/// Where the bytes 0x80–0xFF lie while the parser carries them: in Unicode's private use area.
const PRIVATE: u32 = 0xE000;

struct Raw;

impl CodePage for Raw {
    fn name(&self) -> &str {
        "raw bytes"
    }

    fn decode_high(&self, byte: u8) -> char {
        char::from_u32(PRIVATE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// Code pages that keep every byte; table 0 is the one in force after `ESC @`.
pub fn code_pages() -> CodePages {
    CodePages::default().with(0, Raw)
}

/// Decodes what the parser carried. A lead byte takes the next character, of whichever half, as its trail.
///
/// With `chinese` off, or where a pair is no character of a printer's font (a four-byte code of GB18030, say), the
/// replacement character stands for each byte, so that a test or a look at the picture finds it.
pub fn decode(text: &str, chinese: bool) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let Some(lead) = carried(c) else {
            out.push(c);
            continue;
        };
        let mut ahead = rest.clone();
        let pair = ahead.next().and_then(|next| pair(lead, carried(next).or(u8::try_from(u32::from(next)).ok())?));
        match pair.filter(|_| chinese) {
            Some(character) => {
                out.push(character);
                rest = ahead;
            }
            None => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    out
}

fn carried(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(PRIVATE)?).ok().filter(|byte| *byte >= 0x80)
}

fn pair(lead: u8, trail: u8) -> Option<char> {
    if !(0x81..=0xFE).contains(&lead) || !matches!(trail, 0x40..=0x7E | 0x80..=0xFE) {
        return None;
    }
    let code = [lead, trail];
    let text = GB18030.decode_without_bom_handling_and_without_replacement(&code)?;
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carry(bytes: &[u8]) -> String {
        bytes.iter().map(|&b| if b < 0x80 { char::from(b) } else { Raw.decode_high(b) }).collect()
    }

    #[test]
    fn pairs_become_characters_and_ascii_stays() {
        let (bytes, ..) = GB18030.encode("编号 00123, 镕。");
        assert_eq!(decode(&carry(&bytes), true), "编号 00123, 镕。");
    }

    #[test]
    fn a_trail_byte_in_the_ascii_half_belongs_to_its_lead() {
        let (bytes, ..) = GB18030.encode("丂亹");
        assert!(bytes.iter().any(|byte| *byte < 0x80));
        assert_eq!(decode(&carry(&bytes), true), "丂亹");
    }

    #[test]
    fn four_byte_codes_and_single_high_bytes_are_marked() {
        let (bytes, ..) = GB18030.encode("𠮷");
        assert!(decode(&carry(&bytes), true).contains(char::REPLACEMENT_CHARACTER));
        assert!(decode(&carry(b"\xB0"), true).contains(char::REPLACEMENT_CHARACTER));
        assert!(decode(&carry(b"\xB0\xA1"), false).contains(char::REPLACEMENT_CHARACTER));
    }
}
