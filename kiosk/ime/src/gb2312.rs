//! Which characters are of GB2312, the ones that a terminal offers first.
//!
//! Source: GB 2312-80: rows 16 to 55 hold the 3,755 characters of level 1, rows 56 to 87 the 3,008 of level 2. GBK, which
//! there is a table of, has each at the same place, 0xA0 above its row and column.

use encoding_rs::GBK;

/// Whether a character is one of the 6,763 of GB2312, level 1 or 2.
pub fn holds(character: char) -> bool {
    let mut utf8 = [0; 4];
    let (place, _, lost) = GBK.encode(character.encode_utf8(&mut utf8));
    !lost && matches!(*place, [0xb0..=0xf7, 0xa1..=0xfe])
}

/// The characters of level 1 in their order, by how they are spoken.
pub fn level_one() -> impl Iterator<Item = char> {
    (0xb0..=0xd7).flat_map(|row| (0xa1..=0xfe).map(move |column| [row, column])).filter_map(|place| {
        let text = GBK.decode_without_bom_handling_and_without_replacement(&place)?;
        // The last five places of row 55 are empty: there GBK has characters for private use.
        text.chars().next().filter(|character| !('\u{e000}'..='\u{f8ff}').contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_has_as_many_characters_as_it_says() {
        assert_eq!(level_one().count(), 3755);
        assert_eq!(('\u{4e00}'..='\u{9fff}').filter(|character| holds(*character)).count(), 6763);
        assert_eq!(level_one().next(), Some('啊'));
        assert_eq!(level_one().last(), Some('座'));
    }

    #[test]
    fn traditional_and_rare_characters_are_left_for_those_who_ask_for_all() {
        assert!(['温', '修', '鳌'].into_iter().all(holds));
        assert!(!['溫', '囧', '㙍', '𠮷', 'a', '。'].into_iter().any(holds));
    }
}
