//! What the pages can write. The pinned fonts in the binary hold GB 2312; rarer characters, of people's names say,
//! come from the system's fonts in the order of [`crate::fonts`], and where those lack them too nothing legible stands there.
//!
//! Invariant: a character that no font holds is reported, never passed over: at the start, and for what a bulletin brings
//! when it comes.
//! Source: measured, a text without any font that holds it is drawn as nothing.

use std::{
    collections::BTreeSet,
    panic::{self, UnwindSafe},
};

use fontique::{Collection, Query, QueryStatus, SourceCache};

use crate::fonts::{self, PACKAGES};

/// Every character of the pinned fonts, written by `ui/fonts/make`, in the order of their code points.
const PINNED: &str = include_str!("../../ui/fonts/characters.txt");

/// The words of all pages, in both languages.
const PAGES: &str = include_str!("../../ui/lang/en/LC_MESSAGES/kiosk.po");

/// Characters of given names that GB 2312 lacks and every font for Chinese has, and one that only Hanazono has: where they
/// are missing, no such font is installed.
const NAMES: &str = "喆珺祎垚𡥧";

/// The system has no font at all, and no window can open.
#[derive(Debug, thiserror::Error)]
#[error("this system has no font at all; install {PACKAGES}")]
pub struct NoFonts;

/// What `open` gives, which opens the first window; then the fonts are in order. To be called before other threads run.
///
/// # Errors
/// [`NoFonts`], as fontique 0.11.1 says it: `SystemFonts::new` panics.
pub fn with_fonts<T>(open: impl FnOnce() -> T + UnwindSafe) -> Result<T, NoFonts> {
    let report = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let opened = panic::catch_unwind(open);
    panic::set_hook(report);
    let opened = opened.map_err(|_| NoFonts)?;
    put_in_order();
    Ok(opened)
}

/// Puts the fonts of this thread's pages in our order: once its first window was made.
pub fn put_in_order() {
    fonts::put_in_order(&mut slint::fontique_011::shared_collection());
}

/// Characters that the pages need and no font holds, before anything is known of the county.
#[must_use]
pub fn missing_at_start() -> Vec<char> {
    let categories = serde_json::to_string(&wire::bulletin::built_in_categories()).unwrap_or_default();
    missing_characters([PAGES, NAMES, categories.as_str()])
}

/// Characters of `texts` that neither the pinned nor the system's fonts hold, in the order of their code points.
///
/// The system's fonts are only looked at where the pinned ones are not enough.
pub fn missing_characters<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<char> {
    let rare = not_pinned(texts);
    if rare.is_empty() {
        return Vec::new();
    }
    not_in(&mut fonts::of_the_system(), rare)
}

/// The sentence for the console, nothing where all is well.
pub fn missing_sentence(missing: &[char]) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let list = missing.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect::<Vec<_>>().join(", ");
    Some(format!("no font can draw: {list}; install {PACKAGES}, else nobody can read these characters"))
}

fn not_pinned<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<char> {
    let pinned: Vec<char> = PINNED.chars().collect();
    texts
        .into_iter()
        .flat_map(str::chars)
        .filter(|c| !c.is_control() && !c.is_whitespace() && pinned.binary_search(c).is_err())
        .collect()
}

fn not_in(collection: &mut Collection, mut rare: BTreeSet<char>) -> Vec<char> {
    let mut cache = SourceCache::default();
    let families = fonts::asked(collection);
    let mut query: Query<'_> = collection.query(&mut cache);
    query.set_families(families);
    query.matches_with(|font| {
        if let Some(characters) = font.charmap() {
            rare.retain(|c| characters.map(u32::from(*c)).is_none_or(|glyph| glyph == 0));
        }
        if rare.is_empty() { QueryStatus::Stop } else { QueryStatus::Continue }
    });
    rare.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use fontique::CollectionOptions;

    use super::*;

    #[test]
    fn the_pinned_fonts_hold_what_villages_are_called_and_are_listed_in_order() {
        assert!(not_pinned(["花桥镇人大代表联络站", "有生命危险请打110、119、120", "非常不满意……“（）”"]).is_empty());
        assert!(PINNED.chars().zip(PINNED.chars().skip(1)).all(|(a, b)| a < b));
    }

    #[test]
    fn a_missing_cjk_glyph_is_found_where_the_system_has_no_fonts() {
        let mut bare = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        let missing = not_in(&mut bare, not_pinned(["张喆", "王𬎆", "路灯坏了"]));
        assert_eq!(missing, ['喆', '𬎆']);
        let sentence = missing_sentence(&missing).unwrap();
        assert!(sentence.contains("喆 (U+5586)"), "{sentence}");
    }

    #[test]
    fn a_character_that_no_font_at_all_holds_is_found() {
        // A code point that Unicode has given to nobody.
        assert_eq!(missing_characters(["路\u{3FFFD}"]), ['\u{3FFFD}']);
        assert_eq!(missing_sentence(&missing_characters(["路"])), None);
    }
}
