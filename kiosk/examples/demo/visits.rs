//! What is asked for and what came of it: the visits' file in, `visits.json` out.
//!
//! Invariant: only four things are refused, each with a plain sentence: a text of white space alone, one of more than
//! 2,000 Unicode scalar values, control characters, a category that the county does not have. All else goes to the
//! terminal unchanged.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use wire::{TextRefused, bulletin::Category, check_text};

/// One visit asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Formal name of a category.
    pub category: String,
    /// What the villager says.
    pub text: String,
    /// A village of the station, or words for a place near by.
    pub place: Option<String>,
    /// If they like.
    pub name: Option<String>,
    /// If they like.
    pub phone: Option<String>,
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
    /// It was played to its end.
    Played(Box<Played>),
}

/// What is known of a visit that was played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Played {
    /// 13 digits, as on the receipt.
    pub ticket: String,
    /// Six digits, as on the receipt.
    pub query_code: String,
    /// Formal name, as the county shows it.
    pub category: String,
    /// As the county shows it: the village, and the villager's own words for a place near by.
    pub place: String,
    /// Of the UTF-8 of the code points as the county opened them, in hexadecimal.
    pub text_sha256: String,
    /// What the terminal knows of the paper.
    pub printed: Printed,
    /// The county's acknowledgement is on the terminal's disk.
    pub delivered: bool,
    /// The reply stood on the terminal's screen.
    pub reply_shown: bool,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Printed {
    /// The printer's fence and its clean state.
    Confirmed,
    /// Paper, cover, knife, or no printer.
    Failed,
    /// Sent, and no word since.
    Unknown,
}

/// Reads the visits' file.
///
/// # Errors
///
/// A file that is missing or is no array of visits; the error names file, place and what is expected.
pub fn read(path: &Path) -> Result<Vec<Visit>> {
    let text = fs::read_to_string(path).with_context(|| format!("read the visits' file {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!(r#"{}: expected an array of {{"category","text","place"?,"name"?,"phone"?}}"#, path.display())
    })
}

/// The visits that are played where no file was given.
pub fn samples() -> Vec<Visit> {
    let visit = |category: &str, text: &str, place: Option<&str>, name: Option<&str>, phone: Option<&str>| Visit {
        category: category.into(),
        text: text.into(),
        place: place.map(Into::into),
        name: name.map(Into::into),
        phone: phone.map(Into::into),
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
    if !categories.iter().any(|category| category.name == visit.category) {
        let known: Vec<&str> = categories.iter().map(|category| category.name.as_str()).collect();
        return Some(format!("没有“{}”这一类；有这些：{}。", printable(&visit.category), known.join("、")));
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
