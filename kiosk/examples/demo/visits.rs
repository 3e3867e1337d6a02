//! What is asked for and what came of it: the visits' file in, `visits.json` out.
//!
//! Invariant: only six things are refused, each with a plain sentence: a text of white space alone, one of more than
//! 2,000 Unicode scalar values, control characters (category Cc; a text may hold line feeds), a category that the county
//! does not have, a ready sentence that the category does not have, a
//! recording that is not there. Length and control characters are looked at in place, name and telephone too. All else goes to the
//! terminal unchanged.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use wire::{TEXT_MAX, TextRefused, bulletin::Category, check_text};

/// One visit asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Formal name of a category.
    pub category: String,
    /// What the villager says; not by voice.
    #[serde(default)]
    pub text: String,
    /// A village of the station, or words for a place near by.
    pub place: Option<String>,
    /// If they like.
    pub name: Option<String>,
    /// If they like.
    pub phone: Option<String>,
    /// How the text comes onto the page; none, from a keyboard that knows every character.
    pub by: Option<By>,
    /// What is spoken: the path of a WAV file of 16-bit samples. By voice alone; it may also stand as the text.
    pub voice: Option<PathBuf>,
}

/// A villager's way to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The text is one of the category's ready sentences, and is touched.
    Sentence,
    /// Letters on the screen, and candidates.
    Pinyin,
    /// A finger on the pad, and candidates.
    Handwriting,
    /// Into the microphone.
    Voice,
}

impl Visit {
    /// What is spoken into the microphone.
    pub fn spoken(&self) -> Option<&Path> {
        let named = self.voice.as_deref().unwrap_or(Path::new(&self.text));
        (self.by == Some(By::Voice)).then_some(named)
    }
}

/// What came of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was not begun.
    Refused {
        /// Why, in a sentence.
        refused: String,
    },
    /// It was begun, and played as far as it went.
    Played(Box<Played>),
}

/// What is known of a visit that was begun; null what nobody came to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Played {
    /// 13 digits, as on the receipt.
    pub ticket: Option<String>,
    /// Six digits, as on the receipt.
    pub query_code: Option<String>,
    /// Formal name, as the county shows it.
    pub category: Option<String>,
    /// As the county shows it: the village, and the villager's own words for a place near by.
    pub place: Option<String>,
    /// Of the UTF-8 of the code points as the county opened them, in hexadecimal.
    pub text_sha256: Option<String>,
    /// What the terminal knows of the paper.
    pub printed: Printed,
    /// The county's acknowledgement is on the terminal's disk.
    pub delivered: bool,
    /// The reply stood on the terminal's screen.
    pub reply_shown: bool,
    /// Seconds of speech that the county can play; null where nothing was said aloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_seconds: Option<u32>,
    /// Touches from the page with the three doors up to the submission; null where it was typed from a keyboard.
    pub taps: Option<u32>,
    /// What kept the visit from its end, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// What the county opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Formal name.
    pub category: String,
    /// The place, as people read it.
    pub place: String,
    /// A place near by, in the villager's words.
    pub landmark: Option<String>,
    /// Exactly the code points that were entered.
    pub text: String,
}

/// What a terminal knows of a receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Printed {
    /// The printer's fence and its clean state.
    Confirmed,
    /// Paper, cover, knife, or no printer.
    Failed,
    /// Sent, and no word since; or no ticket.
    #[default]
    Unknown,
}

/// Reads the visits' file.
///
/// # Errors
///
/// A file that is missing or is no array of visits; the error names file, entry and what is expected.
pub fn read(path: &Path) -> Result<Vec<Visit>> {
    const EXPECTED: &str = r#"{"category","text","place"?,"name"?,"phone"?,"by"?,"voice"?}, each a string; "by" is sentence, pinyin, handwriting or voice, "voice" a WAV file"#;
    let text = fs::read_to_string(path).with_context(|| format!("read the visits' file {}", path.display()))?;
    let entries: Vec<serde_json::Value> = serde_json::from_str(&text)
        .with_context(|| format!("{}: expected a JSON array of {EXPECTED}", path.display()))?;
    let entries = entries.into_iter().enumerate();
    let read = entries.map(|(index, entry)| {
        serde_json::from_value(entry)
            .with_context(|| format!("{}: entry {} of the array: expected {EXPECTED}", path.display(), index + 1))
    });
    read.collect()
}

/// The visits that are played where no file was given.
pub fn samples() -> Vec<Visit> {
    let visit = |category: &str, text: &str, place: Option<&str>, name: Option<&str>, phone: Option<&str>| Visit {
        category: category.into(),
        text: text.into(),
        place: place.map(Into::into),
        name: name.map(Into::into),
        phone: phone.map(Into::into),
        by: None,
        voice: None,
    };
    vec![
        visit(
            "道路",
            "村口到小学的水泥路裂了好几处，下雨天孩子们走不了，请派人来看看。",
            None,
            Some("王秀兰"),
            Some("13800000001"),
        ),
        visit("路灯用电", "三组文化广场的路灯两个月不亮了，晚上老人容易摔跤。", Some("老井旁边"), None, None),
        visit("饮水", "自来水早上发黄，烧开了还有味道😟。", None, None, Some("13800000002")),
    ]
}

/// Whether a visit is refused, and the sentence for it.
pub fn refusal(visit: &Visit, categories: &[Category]) -> Option<String> {
    let Some(category) = categories.iter().find(|category| category.name == visit.category) else {
        let known: Vec<&str> = categories.iter().map(|category| category.name.as_str()).collect();
        return Some(format!("没有“{}”这一类；有这些：{}。", printable(&visit.category), known.join("、")));
    };
    if visit.by == Some(By::Sentence) && !category.sentences.contains(&visit.text) {
        let ready = category.sentences.join("”“");
        return Some(format!("“{}”这一类没有这句现成的话；有这些：“{ready}”。", category.name));
    }
    let fields = [("地点", &visit.place), ("姓名", &visit.name), ("电话", &visit.phone)];
    for (label, value) in fields.into_iter().filter_map(|(label, value)| Some((label, value.as_ref()?))) {
        // Fields of one line: a line feed is no character of theirs.
        if let Some(control) = value.chars().find(|c| c.is_control()) {
            return Some(format!("{label}里有看不见的控制字符 U+{:04X}。", u32::from(control)));
        }
        let count = value.chars().count();
        if count > TEXT_MAX {
            return Some(format!("{label}写了 {count} 个字，最多 {TEXT_MAX} 个字。"));
        }
    }
    if let Some(wav) = visit.spoken() {
        return (!wav.is_file()).then(|| "要说的话应该是一个 WAV 文件，没有找到。".to_owned());
    }
    Some(match check_text(&visit.text).err()? {
        TextRefused::Blank => "一个字也没有写。".to_owned(),
        TextRefused::TooLong(count) => format!("写了 {count} 个字，最多 2000 个字。"),
        TextRefused::Control(code) => format!("有看不见的控制字符 U+{code:04X}。"),
    })
}

/// A foreign word inside a sentence of ours.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(20).collect()
}
