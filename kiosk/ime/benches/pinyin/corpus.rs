//! Villagers' sentences, as their files have them: a line each, words with their standard pinyin.

/// A word, and how it is spelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) syllables: Vec<String>,
}

/// The sentences that measures and tests have always had, at least four hundred.
pub(crate) const VILLAGERS: &str = include_str!("villagers.txt");
/// Those that were written when the dictionary's own list was finished.
pub(crate) const AFTERWARDS: &str = include_str!("afterwards.txt");
/// Those that were written before jieba's words were tried.
pub(crate) const ELSEWHERE: &str = include_str!("elsewhere.txt");

/// The sentences of a file.
pub(crate) fn sentences(file: &str) -> Vec<Vec<Word>> {
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split(' ').map(word).collect()).collect()
}

fn word(written: &str) -> Word {
    let (text, pinyin) = written.split_once('/').expect("a word is written 路灯/lu'deng");
    Word { text: text.to_owned(), syllables: pinyin.split('\'').map(str::to_owned).collect() }
}
