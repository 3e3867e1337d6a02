//! Words on paper: what the printer's font can hold, and where a line may end.
//!
//! Invariant: nothing that [`clean`] gives holds a control character, so no suggestion can cut the paper; what
//! [`for_the_font`] gives also holds no character outside the printer's own.

use super::characters::Characters;

/// Stands for a character that no font has. It is the mark that Chinese typesetting uses for that.
pub(super) const MISSING: char = '〓';

/// No line starts with one of these.
const NOT_AT_START: &str = "，。、；：？！”’）》〉】」』〕…—～％,.;:?!)]}%·";

/// No line ends with one of these.
const NOT_AT_END: &str = "“‘（《〈【「『〔([{￥$";

/// Makes a text printable: line feeds stay, other control characters and invisible marks go, `¥` becomes `￥`.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().filter_map(printable).collect()
}

fn printable(c: char) -> Option<char> {
    match c {
        '\n' | ' '..='~' => Some(c),
        '\t' | '\u{a0}' => Some(' '),
        '¥' => Some('￥'),
        _ if c.is_control() || is_invisible(c) => None,
        _ => Some(c),
    }
}

/// Whether the printer's own font holds all of a cleaned line.
pub(super) fn font_holds(line: &str, characters: Characters) -> bool {
    line.chars().all(|c| characters.hold(c))
}

/// A cleaned line with a mark for each character that the printer's own font lacks.
pub(super) fn for_the_font(line: &str, characters: Characters) -> String {
    line.chars().map(|c| if characters.hold(c) { c } else { MISSING }).collect()
}

/// Joiners, marks of direction, selectors of variants: they have no shape of their own.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The columns that a cleaned text takes: one for ASCII, two for anything else.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// Breaks a cleaned text into lines of at most `width` columns (at least 8): Latin words and numbers stay whole where
/// they fit on a line, no line starts with a closing mark or ends with an opening one.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|paragraph| wrap_paragraph(paragraph, width)).collect()
}

fn wrap_paragraph(text: &str, limit: usize) -> Vec<String> {
    let chars: Vec<char> = text.trim_end().chars().collect();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        let mut end = start;
        let mut used = 0;
        while end < chars.len() && used + width(chars[end]) <= limit {
            used += width(chars[end]);
            end += 1;
        }
        if end < chars.len() {
            end = break_before(&chars, start, end);
        }
        lines.push(chars[start..end].iter().collect::<String>().trim_end().to_owned());
        start = end;
        while start < chars.len() && chars[start] == ' ' {
            start += 1;
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// The last place up to `end` where a line may end; `end` itself where there is none.
fn break_before(chars: &[char], start: usize, end: usize) -> usize {
    let allowed = |at: &usize| {
        let (before, after) = (chars[*at - 1], chars[*at]);
        let inside_a_word = is_word(before) && is_word(after);
        !inside_a_word && !NOT_AT_START.contains(after) && !NOT_AT_END.contains(before)
    };
    let taken = |at: usize| chars[start..at].iter().copied().map(width).sum::<usize>();
    // A break that leaves less than half of the line's columns is worse than a broken rule.
    (start + 1..=end).rev().take_while(|at| 2 * taken(*at) >= taken(end)).find(allowed).unwrap_or(end)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | ':' | '@' | '_' | '%' | '+' | '#' | '&' | '=' | '\'')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_suggestion_cannot_cut_the_paper_and_money_is_money() {
        assert_eq!(clean("\u{1d}V\0修路¥100\u{9b}\u{7f}"), "V修路￥100");
    }

    #[test]
    fn what_the_font_lacks_is_known_and_invisible_marks_do_not_show() {
        let cleaned = clean("好😀\u{202e}人\u{fe0f}㐂\u{e5e5}");
        assert_eq!(cleaned, "好😀人㐂\u{e5e5}");
        assert!(font_holds("好人A", Characters::Gbk) && !font_holds(&cleaned, Characters::Gbk));
        assert_eq!(for_the_font(&cleaned, Characters::Gbk), "好〓人〓〓");
        assert_eq!(for_the_font(&cleaned, Characters::Gb18030), "好〓人㐂〓");
    }

    #[test]
    fn no_line_starts_with_a_closing_mark_or_ends_with_an_opening_one() {
        assert_eq!(wrap("一二三四五六七八，九", 16), ["一二三四五六七", "八，九"]);
        assert_eq!(wrap("一二三四五六七（八）", 16), ["一二三四五六七", "（八）"]);
    }

    #[test]
    fn words_and_numbers_stay_whole() {
        assert_eq!(wrap("请打电话13800138000找我", 16), ["请打电话", "13800138000找我"]);
        assert_eq!(wrap("12345678901234567890", 16), ["1234567890123456", "7890"]);
        assert_eq!(wrap("a b\n\nc", 16), ["a b", "", "c"]);
    }

    proptest! {
        #[test]
        fn every_line_fits_and_nothing_but_blanks_is_lost(text in "[\\PC\n]{0,200}", width in 8_usize..48) {
            let cleaned = clean(&text);
            let lines = wrap(&cleaned, width);
            prop_assert!(lines.iter().all(|l| columns(l) <= width));
            let solid = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&lines.concat()), solid(&cleaned));
        }

        #[test]
        fn whatever_is_entered_encodes_to_one_byte_a_column(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(cleaned.chars().all(|c| c == '\n' || !c.is_control()));
            for characters in [Characters::Gb2312, Characters::Gbk] {
                for line in cleaned.split('\n').map(|line| for_the_font(line, characters)) {
                    prop_assert_eq!(encoding_rs::GB18030.encode(&line).0.len(), columns(&line));
                }
            }
        }

        #[test]
        fn no_byte_of_an_entered_text_is_a_control_character(text in any::<String>()) {
            for line in clean(&text).split('\n').map(|line| for_the_font(line, Characters::Gb18030)) {
                prop_assert!(encoding_rs::GB18030.encode(&line).0.iter().all(|byte| !byte.is_ascii_control()));
            }
        }
    }
}
