//! The words of the pages: all of them translated, plain, and in no font size but the theme's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn sources() -> Vec<(PathBuf, String)> {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut found = Vec::new();
    for folder in [ui.clone(), ui.join("pages"), ui.join("components")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "slint") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 20);
    found
}

/// Component and text of every `@tr`.
fn texts() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (_, source) in sources() {
        let mut component = String::new();
        for line in source.lines() {
            let line = line.strip_prefix("export ").unwrap_or(line);
            if let Some(rest) = line.strip_prefix("component ").or_else(|| line.strip_prefix("global ")) {
                component = rest.split([' ', '{']).next().unwrap().to_owned();
            }
            for part in line.split("@tr(\"").skip(1) {
                found.insert((component.clone(), part.split('"').next().unwrap().to_owned()));
            }
        }
    }
    assert!(found.len() > 80);
    found
}

fn english() -> Vec<(String, String, String)> {
    let file = include_str!("../../ui/lang/en/LC_MESSAGES/kiosk.po");
    let field = |block: &str, name: &str| -> Option<String> {
        let line = block.lines().find_map(|l| l.strip_prefix(name))?;
        Some(line.trim().trim_matches('"').to_owned())
    };
    file.split("\n\n").filter_map(|b| Some((field(b, "msgctxt")?, field(b, "msgid")?, field(b, "msgstr")?))).collect()
}

#[test]
fn no_text_lacks_its_english() {
    let there: BTreeSet<(String, String)> =
        english().into_iter().filter(|(_, _, s)| !s.is_empty()).map(|(c, i, _)| (c, i)).collect();
    let lacking: Vec<_> = texts().into_iter().filter(|t| !there.contains(t)).collect();
    assert!(lacking.is_empty(), "without English: {lacking:?}");
    let left: Vec<_> = there.iter().filter(|t| !texts().contains(t)).collect();
    assert!(left.is_empty(), "in no page: {left:?}");
}

#[test]
fn a_translation_keeps_the_places_of_its_values() {
    for (_, id, text) in english() {
        assert_eq!(id.matches('{').count(), text.matches('{').count(), "{id}");
    }
}

#[test]
fn no_text_blames_or_speaks_of_errors() {
    for (_, text) in texts() {
        for word in ["失败", "错误", "异常", "无效", "非法", "超时", "error", "Error"] {
            assert!(!text.contains(word), "{text} says {word}");
        }
    }
}

#[test]
fn no_chinese_stands_outside_a_translation() {
    // What keys write, and the name of a language in itself.
    let allowed = ["中文", "摸一下，开始说"];
    for (path, source) in sources() {
        for line in source.lines().filter(|l| !l.trim_start().starts_with("//")) {
            let line = line.split("@tr(\"").enumerate().map(|(n, part)| {
                if n == 0 { part.to_owned() } else { part.split_once('"').map_or("", |(_, rest)| rest).to_owned() }
            });
            for literal in line.collect::<String>().split('"').skip(1).step_by(2) {
                let words = literal.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                assert!(!words || allowed.contains(&literal), "{}: {literal}", path.display());
            }
        }
    }
}

#[test]
fn every_font_size_is_of_the_theme_or_at_least_eight_millimetres() {
    for (path, source) in sources() {
        for line in source.lines() {
            for part in line.split("font-size:").skip(1).chain(line.split(" size:").skip(1)) {
                let value = part.split(';').next().unwrap();
                for (at, _) in value.match_indices("* Theme.mm") {
                    let digits: String =
                        value[..at].trim_end().chars().rev().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                    let size = digits.chars().rev().collect::<String>().parse::<f32>();
                    let Ok(size) = size else { panic!("{}: which size is {}?", path.display(), line.trim()) };
                    // Header and foot are the only places under 8 mm.
                    let least = if path.ends_with("components/frame.slint") { 6.0 } else { 8.0 };
                    assert!(size >= least, "{}: {size} mm in {}", path.display(), line.trim());
                }
                assert!(!value.contains("px") || value.contains("max("), "{}: {}", path.display(), line.trim());
            }
        }
    }
}

#[test]
fn no_page_is_longer_than_400_lines() {
    for (path, source) in sources() {
        assert!(source.lines().count() <= 400, "{}", path.display());
    }
}
