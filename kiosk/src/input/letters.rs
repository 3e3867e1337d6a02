//! Letters, digits and punctuation: a key is a character; a key of the nine is tapped until its character comes.

use std::time::Duration;

use super::Edit;

/// A second tap within this time changes the character of the first. Old hands tap slower than the second that
/// telephones use.
const SAME_KEY: Duration = Duration::from_millis(1500);

/// Letters as they are.
#[derive(Debug, Default)]
pub struct Letters {
    shift: bool,
    symbols: bool,
    /// The key of the nine that was tapped last, how often, and when.
    tapping: Option<(String, usize, Duration)>,
}

impl Letters {
    /// Whether the next letter is a capital.
    #[must_use]
    pub fn shift(&self) -> bool {
        self.shift
    }

    /// Whether the keyboard shows digits and punctuation.
    #[must_use]
    pub fn symbols(&self) -> bool {
        self.symbols
    }

    /// What was tapped is a character for good: the same key begins the next one.
    pub(super) fn settle(&mut self) {
        self.tapping = None;
    }

    fn tap(&mut self, key: &str, now: Duration) -> Vec<Edit> {
        let characters: Vec<char> = key.chars().collect();
        let again = match self.tapping.take() {
            Some((last, times, at)) if last == key && now.saturating_sub(at) < SAME_KEY => Some(times + 1),
            _ => None,
        };
        let times = again.unwrap_or(0);
        self.tapping = Some((key.to_owned(), times, now));
        let character = Edit::Insert(characters[times % characters.len()].to_string());
        if again.is_some() { vec![Edit::Backspace, character] } else { vec![character] }
    }

    /// Takes a key at `now` (monotonic) and gives the edits that follow, in order.
    ///
    /// A key is one character, all the characters that a key of the nine carries ("abc"), or one of `backspace`,
    /// `shift`, `symbols`, `space`, `newline`, `clear`.
    pub fn press(&mut self, key: &str, now: Duration) -> Vec<Edit> {
        if key.chars().count() > 1 && !matches!(key, "backspace" | "shift" | "symbols" | "space" | "newline" | "clear")
        {
            return self.tap(key, now);
        }
        self.tapping = None;
        match key {
            "" | "clear" => Vec::new(),
            "shift" => {
                self.shift = !self.shift;
                Vec::new()
            }
            "symbols" => {
                self.symbols = !self.symbols;
                Vec::new()
            }
            "backspace" => vec![Edit::Backspace],
            "space" => vec![Edit::Insert(" ".into())],
            "newline" => vec![Edit::Insert("\n".into())],
            character => {
                let capital = std::mem::take(&mut self.shift);
                let text = if capital { character.to_uppercase() } else { character.to_owned() };
                vec![Edit::Insert(text)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the field holds after the keys, each half a second apart.
    fn typed(keys: &[&str]) -> String {
        let mut method = Letters::default();
        let mut text = String::new();
        for (i, key) in keys.iter().enumerate() {
            for edit in method.press(key, Duration::from_millis(500) * u32::try_from(i).unwrap()) {
                match edit {
                    Edit::Insert(more) => text.push_str(&more),
                    Edit::Backspace => drop(text.pop()),
                }
            }
        }
        text
    }

    #[test]
    fn keys_type_what_they_show() {
        assert_eq!(typed(&["l", "i", "shift", "w", "e", "space", "，", "newline", "backspace"]), "liWe ，");
    }

    #[test]
    fn tapping_a_key_of_the_nine_again_changes_its_character() {
        assert_eq!(typed(&["abc", "abc", "def"]), "bd");
        assert_eq!(typed(&["abc", "abc", "abc", "abc"]), "a");
    }

    #[test]
    fn a_pause_begins_a_new_character() {
        let mut method = Letters::default();
        method.press("abc", Duration::ZERO);
        assert_eq!(method.press("abc", Duration::from_secs(2)), vec![Edit::Insert("a".into())]);
    }
}
