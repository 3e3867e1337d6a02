//! Which characters and words often follow which: from a list of words and how often each is written.
//!
//! The words lie sorted in one text, and beside each the sum of the weights of all before it: how often something begins a
//! word is a difference of two sums, found by halving. Source: the dictionary of rime-pinyin-simp (Apache-2.0), below a
//! line of three dots: word, sounds and weight, divided by tabs.
//!
//! Invariant: takes under two megabytes; a question costs a few searches by halving.

use std::{cmp::Ordering, fs, io, ops::Range, path::Path};

/// The dictionary, in the folder of rime's data.
pub(super) const FILE: &str = "pinyin_simp.dict.yaml";

/// Words and their weights.
#[derive(Default)]
pub(super) struct Words {
    /// All words, one after the other, in the order of their code points.
    text: String,
    /// Where each word begins in the text, and where the last one ends.
    starts: Vec<u32>,
    /// The weight of all words before each one, and of all.
    sums: Vec<u64>,
    /// The commonest words of two characters and more, for where nothing stands yet.
    common: Vec<String>,
}

/// Longest end of a text that may begin a word, in characters.
const LONGEST_BEGINNING: usize = 4;

/// How much more what follows a longer beginning counts, by its characters.
const SURER: [f64; LONGEST_BEGINNING] = [0.3, 1.0, 2.0, 3.0];

/// How many common words are kept.
const COMMON: usize = 20;

impl Words {
    /// Reads the dictionary from its folder.
    ///
    /// # Errors
    /// Where it isn't there or holds no words.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let words = Self::new(&fs::read_to_string(folder.join(FILE))?);
        if words.count() == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "holds no words"));
        }
        Ok(words)
    }

    fn new(dictionary: &str) -> Self {
        let mut entries: Vec<(&str, u64)> =
            dictionary.lines().skip_while(|line| *line != "...").filter_map(entry).collect();
        entries.sort_unstable();
        let mut words = Self { starts: vec![0], sums: vec![0], ..Self::default() };
        let mut common = Vec::new();
        let mut sum = 0;
        // A word with several sounds stands there several times.
        for same in entries.chunk_by(|a, b| a.0 == b.0) {
            let (word, weight) = (same[0].0, same.iter().map(|(_, weight)| weight).sum::<u64>());
            sum += weight;
            words.text.push_str(word);
            words.starts.push(u32::try_from(words.text.len()).unwrap_or(u32::MAX));
            words.sums.push(sum);
            if word.chars().count() > 1 {
                common.push((weight, word));
            }
        }
        common.sort_unstable_by(|a, b| b.cmp(a));
        words.common = common.iter().take(COMMON).map(|(_, word)| (*word).to_owned()).collect();
        words.text.shrink_to_fit();
        words.starts.shrink_to_fit();
        words.sums.shrink_to_fit();
        words
    }

    fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn word(&self, place: usize) -> &str {
        let at = |place: usize| usize::try_from(self.starts[place]).unwrap_or(usize::MAX);
        self.text.get(at(place)..at(place + 1)).unwrap_or_default()
    }

    /// The words that begin so.
    fn beginning(&self, with: &str) -> Range<usize> {
        let from = halve(self.count(), |place| self.word(place).cmp(with) == Ordering::Less);
        let end = from + halve(self.count() - from, |place| self.word(from + place).starts_with(with));
        from..end
    }

    /// The weight of some words.
    fn weight(&self, words: &Range<usize>) -> f64 {
        let sum = |place: usize| self.sums.get(place).copied().unwrap_or(0);
        precise(sum(words.end) - sum(words.start))
    }

    /// How likely a character is after a text: how often it begins a word, and how words that the text's end began go on.
    pub(super) fn likely(&self, before: &str, character: char) -> f64 {
        let mut text = character.to_string();
        // Nothing is impossible: as if each of the standard's characters had been seen once more.
        let mut likely = (self.weight(&self.beginning(&text)) + 1.0) / (self.weight(&(0..self.count())) + 6763.0);
        for beginning in beginnings(before) {
            let begun = self.weight(&self.beginning(beginning));
            if begun > 0.0 {
                text.clear();
                text.push_str(beginning);
                text.push(character);
                likely += 0.5 * (self.weight(&self.beginning(&text)) / begun - likely);
            }
        }
        likely
    }

    /// What often follows a text, likeliest first: the rest of words that its end began, then common words.
    pub(super) fn next(&self, after: &str, most: usize) -> Vec<String> {
        let mut found: Vec<(f64, &str)> = Vec::new();
        for (beginning, surer) in beginnings(after).zip(SURER) {
            let words = self.beginning(beginning);
            let begun = self.weight(&words).max(1.0);
            for place in words {
                let rest = &self.word(place)[beginning.len()..];
                if !rest.is_empty() {
                    found.push((surer * self.weight(&(place..place + 1)) / begun, rest));
                }
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let mut next: Vec<String> = Vec::new();
        for word in found.iter().map(|(_, rest)| *rest).chain(self.common.iter().map(String::as_str)) {
            if next.len() == most {
                break;
            }
            if !next.iter().any(|known| known == word) {
                next.push(word.to_owned());
            }
        }
        next
    }
}

/// A word of the dictionary and its weight.
fn entry(line: &str) -> Option<(&str, u64)> {
    let mut fields = line.split('\t');
    let (word, _sounds, weight) = (fields.next()?, fields.next()?, fields.next()?);
    Some((word, weight.trim().parse().ok()?))
}

/// The ends of a text that may begin a word, shortest first.
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().rev().take(LONGEST_BEGINNING).map(|(at, _)| &text[at..])
}

/// How many at the front hold, where all that hold stand at the front.
fn halve(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn precise(weight: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "weights are far below 2^52")]
    let precise = weight as f64;
    precise
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::new(
            "# 修\txiu\t9\n...\n修路\txiu lu\t60\n修\txiu\t30\n修理\txiu li\t10\n路灯\tlu deng\t5\n行\txing\t3\n行\thang\t4\nbroken\n",
        )
    }

    #[test]
    fn what_a_word_goes_on_with_is_likelier_than_what_is_common() {
        let words = words();
        assert!(words.likely("修", '路') > words.likely("修", '理'));
        assert!(words.likely("修", '理') > words.likely("", '理'));
        assert!(words.likely("", '修') > words.likely("", '路'));
        assert!(words.likely("很难见的", '龘') > 0.0);
    }

    #[test]
    fn a_word_with_two_sounds_counts_once_with_both_weights() {
        let words = words();
        assert_eq!(words.count(), 5);
        assert!((words.weight(&words.beginning("行")) - 7.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_rest_of_a_begun_word_comes_before_common_words() {
        assert_eq!(words().next("我想修", 3), ["路", "理", "修路"]);
        assert_eq!(words().next("", 2), ["修路", "修理"]);
        assert_eq!(Words::default().next("修", 5), Vec::<String>::new());
    }

    #[test]
    fn without_words_every_character_is_as_likely_as_any_other() {
        let none = Words::default();
        assert!((none.likely("修", '路') - none.likely("", '灯')).abs() < f64::EPSILON);
    }
}
