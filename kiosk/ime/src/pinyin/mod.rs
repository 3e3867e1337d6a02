//! Pinyin: letters become words to choose from, word by word, by librime and the dictionary `pinyin_simp`.
//!
//! Words that this dictionary lacks are taken from jieba's list (MIT; Debian package python3-jieba), where it is there, but
//! only those that use all of the letters. Across the words of a sentence such a list finds many that nobody meant: of what
//! came next in villagers' sentences 94.7 % was in the bar without the list, 91.4 % with all of it, 95.1 % so. Its counts
//! order single characters no better than the dictionary does: of 1,799 in these sentences 45 were not among the first five
//! by the dictionary, 70 by the list, 51 by both.
//!
//! A question is the whole string of letters that no word was chosen for yet. The words answered each say how many of the
//! letters they use, so that the rest can be asked for again. Southern sounds, where they are asked for, are those that
//! much of the south does not tell apart: zh/z, ch/c, sh/s, n/l, r/l, f/h, an/ang, en/eng, in/ing, both ways; see
//! `schema/lianxin_south.schema.yaml`.
//!
//! Invariant: librime learns nothing and writes nothing but compiled tables; it has no dictionary of the user's, and
//! nothing that was typed stays with it when an answer has been given.

mod letters;
mod permit;
mod rime;
mod tables;

use std::{
    ffi::CStr,
    path::{Path, PathBuf},
};

use letters::Letters;
use rime::{Rime, Session, Started};

use crate::{
    engines::{Missing, Places},
    gb2312,
};

/// Most words of an answer.
pub const MOST: usize = 20;

/// How many of librime's candidates are looked at, so that twenty in common use are among them.
const LOOKED_THROUGH: usize = 32;

/// Longest word of the dictionary that everybody knows; what is longer and stands first is mostly librime's guess at a
/// whole sentence. Of forty sentences fifteen were guessed right, so that a guess must not keep words out of the bar.
const LONGEST_WORD: usize = 4;

/// Where such a guess stands: the last place of the bar that the terminal shows.
const GUESS_STANDS: usize = 4;

/// Why there is no pinyin, for a technician: what was looked for, and what brings it.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("no pinyin: {library} can't be loaded: {source} (Debian package librime1, of Debian 13 librime1t64)")]
    Library { library: String, source: libloading::Error },
    #[error("no pinyin: {library} is no librime, or older than 1.8")]
    TooOld { library: String },
    #[error("no pinyin: no dictionary {0} (Debian package rime-data-pinyin-simp), and no compiled tables")]
    Data(PathBuf),
    #[error("no pinyin: the tables can't be kept in {path}: {source}")]
    Keep { path: PathBuf, source: std::io::Error },
    #[error("no pinyin: {0} is no path for librime")]
    Path(PathBuf),
    #[error("no pinyin: librime could not compile {what}")]
    Deploy { what: String },
    #[error("no pinyin: librime does not answer with the tables in {0}")]
    Silent(PathBuf),
}

impl From<Problem> for Missing {
    fn from(problem: Problem) -> Self {
        Self(problem.to_string())
    }
}

/// What makes words of typed letters. One at a time in a process: loading a second waits until the first is dropped.
pub struct Pinyin {
    rime: Started,
    exact: Sounds,
    south: Sounds,
    version: String,
    remark: Option<String>,
}

/// What answers by the same rules of spelling.
#[derive(Clone, Copy)]
struct Sounds {
    words: Session,
    /// With jieba's words as well, where the tables have them.
    more: Option<Session>,
}

impl Pinyin {
    /// Loads the library and its tables; makes these first where they are not there yet (half a second).
    ///
    /// # Errors
    /// Says what is missing and what brings it.
    pub fn load(places: &Places) -> Result<Self, Missing> {
        let rime = Rime::load(&places.librime)?;
        let tables = tables::find_or_make(&rime, places)?;
        let version = rime.version.clone();
        let remark = remark(places, &tables);
        let rime = rime.start(&tables)?;
        let session = |schema: &CStr| {
            // A session opens without its tables as well.
            let session = rime.session(schema).filter(|session| !rime.words(*session, "ni", 1).is_empty());
            session.ok_or_else(|| Problem::Silent(tables.clone()))
        };
        let more = |schema: &CStr| remark.is_none().then(|| session(schema)).transpose();
        let exact = Sounds { words: session(c"lianxin")?, more: more(c"lianxin_more")? };
        let south = Sounds { words: session(c"lianxin_south")?, more: more(c"lianxin_south_more")? };
        Ok(Self { rime, exact, south, version, remark })
    }

    /// Compiles the tables into `folder`, as an image ships them; they serve the version of librime that is here. Says what
    /// would have made them better.
    ///
    /// # Errors
    /// Says what is missing and what brings it.
    pub fn deploy(places: &Places, folder: &Path) -> Result<Option<String>, Missing> {
        tables::make(&Rime::load(&places.librime)?, places, folder)?;
        Ok(remark(places, folder))
    }

    /// What is less good than it could be, for a technician.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// librime's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The words that the letters may stand for, likeliest first, each with how many bytes of the letters it uses. Empty
    /// where they begin with nothing that is pinyin.
    ///
    /// With southern sounds, the likeliest word of exactly these letters still stands first.
    ///
    /// # Errors
    /// None at present: a library that fails ends the process.
    pub fn words(&mut self, typed: &str, fuzzy: bool) -> Result<Vec<(String, usize)>, Missing> {
        let letters = Letters::of(typed);
        if letters.text.is_empty() {
            return Ok(Vec::new());
        }
        let mut words = self.candidates(if fuzzy { self.south } else { self.exact }, &letters, LOOKED_THROUGH);
        if fuzzy {
            exact_first(&mut words, self.candidates(self.exact, &letters, 2).into_iter().next());
        }
        // Beyond GB2312 lie traditional and rare forms: behind all others, but there for names.
        words.sort_by_key(|(word, _)| !word.chars().all(gb2312::holds));
        words.truncate(MOST);
        Ok(words.into_iter().map(|(word, used)| (word, letters.bytes(used))).collect())
    }

    /// librime's candidates, a guess at a whole sentence behind the words, and none with a syllable that was cut through.
    fn candidates(&self, sounds: Sounds, letters: &Letters, most: usize) -> Vec<(String, usize)> {
        let mut words = self.rime.words(sounds.words, &letters.text, most);
        if letters.cut {
            words.retain(|(_, used)| *used < letters.text.len());
        } else if let Some(more) = sounds.more {
            let mut all = self.rime.words(more, &letters.text, most);
            all.retain(|(_, used)| *used == letters.text.len());
            all.extend(words.into_iter().filter(|(_, used)| *used < letters.text.len()));
            words = all;
        }
        guess_later(&mut words);
        words
    }
}

/// What tables lack that they could have.
fn remark(places: &Places, tables: &Path) -> Option<String> {
    let list = places.words.display();
    tables::lack_words(tables)
        .then(|| format!("pinyin knows fewer words: no list {list} (Debian package python3-jieba)"))
}

/// Puts the likeliest word of exactly these letters first, where the southern sounds found none that uses more of them, or
/// takes fewer syllables for them: `len` is no syllable but in the south (人), and "le" and the beginning of "ni" elsewhere.
fn exact_first(words: &mut Vec<(String, usize)>, exact: Option<(String, usize)>) {
    let Some((word, used)) = exact else { return };
    let syllables = |word: &str| word.chars().count();
    if words.first().is_some_and(|(first, uses)| *uses > used || syllables(first) < syllables(&word)) {
        return;
    }
    words.retain(|(other, _)| *other != word);
    words.insert(0, (word, used));
}

/// Lets words stand before the guess at a whole sentence.
fn guess_later(words: &mut [(String, usize)]) {
    if words.first().is_some_and(|(word, _)| word.chars().count() > LONGEST_WORD) {
        let stands = GUESS_STANDS.min(words.len() - 1);
        words[..=stands].rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[(&str, usize)]) -> Vec<(String, usize)> {
        words.iter().map(|(word, used)| ((*word).to_owned(), *used)).collect()
    }

    #[test]
    fn the_exact_word_stands_first_unless_southern_sounds_find_a_longer_one() {
        let mut south = words(&[("时", 3), ("四", 3)]);
        exact_first(&mut south, Some(("四".into(), 3)));
        assert_eq!(south, words(&[("四", 3), ("时", 3)]));
        for exact in [("了", 2), ("了你", 3)] {
            let mut south = words(&[("人", 3), ("了", 2)]);
            exact_first(&mut south, Some((exact.0.into(), exact.1)));
            assert_eq!(south, words(&[("人", 3), ("了", 2)]));
        }
        let mut south = words(&[("人", 3), ("了", 2)]);
        exact_first(&mut south, None);
        assert_eq!(south.len(), 2);
    }

    #[test]
    fn a_guess_at_a_sentence_keeps_no_word_out_of_the_first_four_places() {
        let mut many = words(&[("这个路灯坏了", 18), ("这个", 6), ("这歌", 6), ("这", 3), ("着", 3), ("者", 3)]);
        guess_later(&mut many);
        assert_eq!(many.iter().position(|(word, _)| word.chars().count() > LONGEST_WORD), Some(4));
        assert_eq!(many[0].0, "这个");
        let mut one = words(&[("党群服务中心", 24)]);
        guess_later(&mut one);
        assert_eq!(one.len(), 1);
        let mut short = words(&[("修路", 5), ("修", 3)]);
        guess_later(&mut short);
        assert_eq!(short[0].0, "修路");
        guess_later(&mut []);
    }
}
