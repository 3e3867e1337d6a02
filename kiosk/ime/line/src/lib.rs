//! What the terminal and its input methods say to each other: one JSON object a line, each question answered by one line,
//! in order. Before the first answer the input methods say what they have, by a [`Ready`].
//!
//! A crate of its own, so that the terminal's program holds nothing of the engines.
//!
//! Invariant: does no I/O; neither side keeps what stood on a line.

use serde::{Deserialize, Serialize};

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ask {
    /// What does this say?
    Strokes {
        /// Strokes in the order they were written, each its points as `[x, y]`: any unit, origin top left.
        strokes: Vec<Vec<[f32; 2]>>,
        /// The text before the cursor, as far as it helps: likelier words come first.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        before: String,
        /// Width and height of the pad, whose top left is the origin, in the unit of the points: ink much smaller than it
        /// is a mark of punctuation, and its height tells which. Without it everything counts as a character.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pad: Option<[f32; 2]>,
        /// Whether characters outside GB2312 count as well.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        all: bool,
    },
    /// Which words are typed so?
    Pinyin {
        /// Letters a to z without tones; an apostrophe divides syllables.
        pinyin: String,
        /// Whether sounds that the south does not tell apart count as one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fuzzy: bool,
    },
    /// Which words often follow?
    Next {
        /// The text before the cursor.
        after: String,
    },
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What it may be, likeliest first; empty where nothing was recognised.
    pub candidates: Vec<String>,
    /// Of typed letters: how many of the bytes each candidate stands for. Empty for other questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<usize>,
    /// Of strokes: whether the first candidate is likely enough to be taken without anybody having chosen it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sure: bool,
    /// What the answer took, in milliseconds of the processor's time.
    pub ms: f64,
    /// Why the question could not be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is there, said once; a text says why something is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Why nothing written is recognised.
    pub handwriting: Option<String>,
    /// What handwriting lacks that would make it better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handwriting_remark: Option<String>,
    /// Why nothing typed becomes words.
    pub pinyin: Option<String>,
    /// What pinyin lacks that would make it better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinyin_remark: Option<String>,
}

impl Ready {
    /// What is there but less good than it could be.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        [&self.handwriting_remark, &self.pinyin_remark].into_iter().filter_map(|remark| remark.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Ask {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn a_question_is_known_by_what_it_holds() {
        let strokes = vec![vec![[1.0, 2.5], [3.0, 4.0]]];
        assert_eq!(
            read(r#"{"strokes":[[[1,2.5],[3,4]]]}"#),
            Ask::Strokes { strokes, before: String::new(), pad: None, all: false }
        );
        assert_eq!(read(r#"{"pinyin":"xiulu"}"#), Ask::Pinyin { pinyin: "xiulu".into(), fuzzy: false });
        assert_eq!(read(r#"{"after":"路灯"}"#), Ask::Next { after: "路灯".into() });
        assert!(serde_json::from_str::<Ask>(r#"{"words":1}"#).is_err());
    }

    #[test]
    fn an_answer_says_no_more_than_it_has() {
        let answer = Answer { candidates: vec!["修路".into()], ms: 0.5, ..Answer::default() };
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"candidates":["修路"],"ms":0.5}"#);
    }

    #[test]
    fn what_an_older_program_does_not_say_is_not_claimed() {
        let ready: Ready = serde_json::from_str(r#"{"handwriting":null,"pinyin":null}"#).unwrap();
        assert_eq!(ready, Ready::default());
        let answer: Answer = serde_json::from_str(r#"{"candidates":["一"],"ms":1}"#).unwrap();
        assert!(!answer.sure);
    }

    #[test]
    fn every_question_comes_back_as_it_went() {
        let asks = [
            Ask::Strokes {
                strokes: vec![vec![[0.0, 0.0]]], before: "修".into(), pad: Some([900.0, 300.0]), all: true
            },
            Ask::Pinyin { pinyin: "xi'an".into(), fuzzy: true },
            Ask::Next { after: String::new() },
        ];
        for ask in asks {
            assert_eq!(read(&serde_json::to_string(&ask).unwrap()), ask);
        }
    }
}
