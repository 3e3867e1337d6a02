//! Typed letters as librime takes them, and where its count of letters lies in what was typed.
//!
//! Invariant: pure; whatever is typed, what comes out is at most [`LOOKED_AT`] letters a to z with single apostrophes
//! between them.

/// How many letters are looked at: six of the longest syllables. The rest is asked for when the first words are chosen.
pub(super) const LOOKED_AT: usize = 36;

/// What was typed, as far as it can be pinyin.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letters {
    /// Letters a to z with single apostrophes between them.
    pub(super) text: String,
    /// For each of the text's bytes, the end of its byte in what was typed.
    ends: Vec<usize>,
    /// Whether letters were left out behind the last one, so that the last syllable may be a part of one.
    pub(super) cut: bool,
}

impl Letters {
    /// Takes the letters at the beginning, capitals as small ones, up to the first that is neither letter nor apostrophe.
    pub(super) fn of(typed: &str) -> Self {
        let mut letters = Self { text: String::new(), ends: Vec::new(), cut: false };
        for (at, byte) in typed.bytes().enumerate() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' if letters.text.len() == LOOKED_AT => {
                    letters.cut = true;
                    break;
                }
                b'a'..=b'z' | b'A'..=b'Z' => letters.push(byte.to_ascii_lowercase(), at + 1),
                // Never the first one, and one for many.
                b'\'' if letters.text.is_empty() => {}
                b'\'' if letters.text.ends_with('\'') => {
                    if let Some(end) = letters.ends.last_mut() {
                        *end = at + 1;
                    }
                }
                b'\'' if letters.text.len() < LOOKED_AT => letters.push(byte, at + 1),
                b'\'' => {}
                _ => break,
            }
        }
        letters
    }

    fn push(&mut self, letter: u8, end: usize) {
        self.text.push(char::from(letter));
        self.ends.push(end);
    }

    /// How many bytes of what was typed the first `used` of the letters stand for, with the apostrophes behind them.
    pub(super) fn bytes(&self, used: usize) -> usize {
        let with_apostrophe = used + usize::from(self.text.as_bytes().get(used) == Some(&b'\''));
        with_apostrophe.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(typed: &str) -> String {
        Letters::of(typed).text
    }

    #[test]
    fn letters_end_where_something_else_begins() {
        assert_eq!(text("xiulu"), "xiulu");
        assert_eq!(text("XiuLu"), "xiulu");
        assert_eq!(text("xiu2lu"), "xiu");
        assert_eq!(text("xiu lu"), "xiu");
        assert_eq!(text("xiu修lu"), "xiu");
        for none in ["", "'", "''''", "123", "修路", " xiu", "\u{0}xiu", "é"] {
            assert_eq!(text(none), "", "{none:?}");
        }
    }

    #[test]
    fn apostrophes_stand_between_letters_and_singly() {
        assert_eq!(text("''xi'''an"), "xi'an");
        assert_eq!(text("xi'"), "xi'");
    }

    #[test]
    fn what_is_used_is_counted_in_what_was_typed_with_the_apostrophes_behind_it() {
        let letters = Letters::of("''Xi'''an'2");
        assert_eq!(letters.text, "xi'an'");
        assert_eq!(letters.bytes(2), 7);
        assert_eq!(letters.bytes(3), 7);
        assert_eq!(letters.bytes(5), 10);
        assert_eq!(letters.bytes(6), 10);
        assert_eq!(letters.bytes(0), 0);
    }

    #[test]
    fn however_much_is_typed_no_more_is_looked_at() {
        for much in ["a".repeat(100_000), "a'".repeat(50_000), "a".repeat(LOOKED_AT + 1)] {
            let letters = Letters::of(&much);
            assert_eq!(letters.text.len(), LOOKED_AT);
            assert!(letters.cut);
        }
        assert!(!Letters::of(&"a".repeat(LOOKED_AT)).cut);
        assert!(!Letters::of(&format!("{}''", "a".repeat(LOOKED_AT))).cut);
    }
}
