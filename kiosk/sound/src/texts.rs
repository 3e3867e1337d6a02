//! What the clips say, in both languages: the tables in `kiosk/sound/clips`.
//!
//! Invariant: does no I/O.

use std::collections::BTreeMap;

use serde::Deserialize;
use sound_line::{Language, spoken};
use wire::bulletin::built_in_categories;

/// The tables, compiled in.
const TABLES: [&str; 3] =
    [include_str!("../clips/pages.toml"), include_str!("../clips/states.toml"), include_str!("../clips/numbers.toml")];

/// What one clip says; a clip of a number that a language does not use has no text in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    zh: Option<String>,
    en: Option<String>,
}

impl Text {
    /// The text in a language.
    #[must_use]
    pub fn of(&self, language: Language) -> Option<&str> {
        match language {
            Language::Zh => self.zh.as_deref(),
            Language::En => self.en.as_deref(),
        }
    }
}

/// The clips of the tables, by their names.
fn tables() -> BTreeMap<String, Text> {
    let read = |table| -> BTreeMap<String, Text> { toml::from_str(table).expect("invariant: the tables are tested") };
    TABLES.into_iter().flat_map(read).collect()
}

/// The categories that a county starts with and their ready sentences.
fn ready() -> impl Iterator<Item = String> {
    built_in_categories().into_iter().flat_map(|category| [vec![category.label], category.sentences].concat())
}

/// All clips by their names. Those of what a county starts with are called and spoken as names are.
#[must_use]
pub fn all() -> BTreeMap<String, Text> {
    let clip = |text: String| Some((spoken::name(&text)?, Text { zh: Some(text), en: None }));
    tables().into_iter().chain(ready().filter_map(clip)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The names of the terminal's pages.
    fn pages() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/pages");
        let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
        let pages: Vec<String> = files
            .filter(|file| file.extension().is_some_and(|extension| extension == "slint"))
            .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert!(pages.iter().any(|page| page == "home") && pages.len() > 10, "{pages:?}");
        pages
    }

    #[test]
    fn every_page_of_the_terminal_has_its_text_in_both_languages() {
        let all = all();
        for page in pages() {
            let text = all.get(&format!("page-{page}")).unwrap_or_else(|| panic!("nothing is said of the page {page}"));
            for language in Language::ALL {
                assert!(text.of(language).is_some_and(|text| text.len() > 20), "{page} {language:?}");
            }
        }
    }

    #[test]
    fn every_text_of_a_page_is_of_a_page_that_is_there() {
        let pages = pages();
        for name in all().keys() {
            if let Some(page) = name.strip_prefix("page-") {
                assert!(pages.iter().any(|there| there == page), "{name}");
            }
        }
    }

    #[test]
    fn every_word_that_numbers_are_made_of_has_its_text() {
        let all = all();
        for language in Language::ALL {
            for name in spoken::vocabulary(language) {
                assert!(all.get(&name).is_some_and(|text| text.of(language).is_some()), "{name} {language:?}");
            }
        }
    }

    #[test]
    fn chinese_texts_are_written_as_they_are_spoken_and_english_ones_in_ascii() {
        for (name, text) in all() {
            assert!(spoken::is_clip(&name), "{name}");
            assert!(text.zh.is_some() || text.en.is_some(), "{name}");
            if let Some(zh) = text.zh {
                let odd = |c: char| !('\u{4e00}'..='\u{9fff}').contains(&c) && !"，。？、".contains(c);
                assert!(!zh.is_empty() && !zh.contains(odd), "{name}: {zh}");
            }
            if let Some(en) = text.en {
                let odd = |c: char| !c.is_ascii_alphabetic() && !" ,.:?'".contains(c);
                assert!(!en.is_empty() && !en.contains(odd), "{name}: {en}");
            }
        }
    }

    #[test]
    fn every_category_and_sentence_that_a_county_starts_with_has_a_clip_and_nothing_in_it_is_spelt() {
        let all = all();
        for text in ready() {
            assert!(all.contains_key(&format!("{}{text}", spoken::NAMES)), "{text}");
            assert!(!text.contains(|c: char| c.is_ascii_alphanumeric()), "{text}");
        }
    }

    #[test]
    fn nothing_is_told_by_its_colour_alone() {
        for (name, text) in all() {
            let zh = text.zh.unwrap_or_default();
            assert!(!zh.contains('色'), "{name}: {zh}");
            let en = text.en.unwrap_or_default();
            let colours = ["red", "green", "yellow", "blue", "black", "white"];
            assert!(!en.split(|c: char| !c.is_alphabetic()).any(|word| colours.contains(&word)), "{name}: {en}");
        }
    }

    #[test]
    fn no_clip_stands_in_two_tables_and_none_is_called_like_a_pause_or_a_name() {
        let in_tables: usize =
            TABLES.iter().map(|table| toml::from_str::<BTreeMap<String, Text>>(table).unwrap().len()).sum();
        let tables = tables();
        assert_eq!(tables.len(), in_tables);
        assert!(!tables.contains_key(spoken::PAUSE));
        assert!(!tables.keys().any(|name| name.starts_with(spoken::NAMES)));
    }
}
