//! What the terminal and its microphone and loudspeaker say to each other: one JSON object a line.
//!
//! The terminal asks by an [`Ask`] on the process's standard input, the process tells by a [`Tell`] on its standard output.
//! Its first word is [`Tell::Ready`]. What takes time carries a [`Turn`], which the terminal chooses anew for each and finds
//! in all that it is told about it:
//!
//! - [`Ask::Record`]: [`Tell::Recording`] once the microphone listens, [`Tell::Level`] ten times for each second recorded,
//!   and at the end exactly one of [`Tell::Recorded`], [`Tell::Cancelled`] and [`Tell::Failed`].
//! - [`Ask::Play`] and [`Ask::PlayClips`]: [`Tell::Progress`] ten times for each second played, and at the end exactly one of
//!   [`Tell::Played`] and [`Tell::Failed`].
//!
//! One thing at a time: who records or plays ends what was playing, and nothing is played into a recording. An end that is
//! asked for a turn that is over is not answered: both were under way at once, and the first was told already.
//!
//! A crate of its own, so that the terminal's program is not linked with the system's library of sound.
//!
//! Invariant: does no I/O; a recording is wiped from memory with the last that holds it, and printed by nothing.

mod ogg;
pub mod spoken;

pub use ogg::Ogg;
use serde::{Deserialize, Serialize};

/// Longest recording, in seconds; it ends by itself then.
pub const LONGEST_S: u16 = 120;

/// What is under way; chosen by who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Turn(pub u64);

/// How loud, from 0, which is silence, to 100, the most that the loudspeaker's own setting gives. In between the loudness
/// follows the number as the ear does: the amplitude is its square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Volume(u8);

impl Volume {
    /// As loud as it gets.
    pub const FULL: Self = Self(100);
}

impl From<u8> for Volume {
    /// What is more than 100 is 100.
    fn from(percent: u8) -> Self {
        Self(percent.min(100))
    }
}

impl From<Volume> for u8 {
    fn from(volume: Volume) -> Self {
        volume.0
    }
}

/// The languages that the terminal speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese; in the county's dialect where it has recorded it.
    Zh,
    /// English.
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The folder of its clips, and its name in their table.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

/// What the terminal asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// What is there? Answered by [`Tell::Ready`]; while a device is in use, with what was last known.
    Look,
    /// Records until [`LONGEST_S`], or until told to stop.
    Record {
        /// Which recording.
        turn: Turn,
    },
    /// Ends the recording and gives it out.
    Stop {
        /// Which recording.
        turn: Turn,
    },
    /// Ends the recording and forgets it.
    Cancel {
        /// Which recording.
        turn: Turn,
    },
    /// Plays a recording.
    Play {
        /// Which playing.
        turn: Turn,
        /// Ogg Opus, of one stream with one or two channels.
        ogg: Ogg,
        /// How loud.
        volume: Volume,
    },
    /// Speaks what clips say.
    PlayClips {
        /// Which playing.
        turn: Turn,
        /// The language of the clips. A name that is missing in another is spoken in Chinese.
        language: Language,
        /// Names of clips, phrase by phrase, a short pause after each. A phrase of which a clip is missing is left out
        /// altogether, so that no number is ever spoken without one of its digits. [`spoken::PAUSE`] is no clip but a pause.
        phrases: Vec<Vec<String>>,
        /// How loud.
        volume: Volume,
    },
    /// Ends playing.
    StopPlaying {
        /// Which playing.
        turn: Turn,
    },
    /// Makes what is playing louder or softer at once.
    Volume {
        /// How loud.
        volume: Volume,
    },
}

/// What the terminal is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// What is there; a text says why something is not, in words for a technician.
    Ready {
        /// Why nothing is recorded.
        microphone: Option<String>,
        /// Why nothing is played.
        loudspeaker: Option<String>,
        /// Why a language is not spoken although there is a loudspeaker.
        clips: Option<String>,
        /// The languages that have clips.
        #[serde(default)]
        languages: Vec<Language>,
    },
    /// The microphone listens: speak now.
    Recording {
        /// Which recording.
        turn: Turn,
    },
    /// How loud it is at the microphone.
    Level {
        /// Which recording.
        turn: Turn,
        /// How much is recorded.
        seconds: f64,
        /// From 0 to 1: the mean power of the last tenth of a second, by which -60 dB of the loudest possible and less are
        /// 0, and -10 dB and more are 1; in between it rises with the decibels.
        level: f64,
    },
    /// A recording, whole or as far as it came.
    Recorded {
        /// Which recording.
        turn: Turn,
        /// How long it is.
        seconds: f64,
        /// Ogg Opus, one channel.
        ogg: Ogg,
        /// Whether nothing was heard: fewer than three tenths of a second were louder than -45 dB of the loudest possible.
        silent: bool,
        /// Why it ended.
        end: RecordingEnd,
        /// What became of the microphone, in words for a technician, where it went away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// The recording is forgotten, as asked.
    Cancelled {
        /// Which recording.
        turn: Turn,
    },
    /// How much was played.
    Progress {
        /// Which playing.
        turn: Turn,
        /// How much of it.
        seconds: f64,
        /// How long all of it is.
        of: f64,
    },
    /// The end of what was played.
    Played {
        /// Which playing.
        turn: Turn,
        /// Why it ended.
        end: PlayingEnd,
        /// Names of clips that were missing; nothing was spoken of their phrases.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<String>,
    },
    /// It can't be done, or no further.
    Failed {
        /// Which recording or playing; none where the line could not be read.
        turn: Option<Turn>,
        /// What is the matter.
        why: Why,
        /// The same in words for a technician.
        detail: String,
    },
}

/// Why a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingEnd {
    /// As asked.
    Asked,
    /// It is as long as a recording may be.
    Full,
    /// The microphone went away; what was recorded until then is there.
    Gone,
}

/// Why playing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayingEnd {
    /// It was played to the end.
    Whole,
    /// As asked, or because something else was to be played or recorded.
    Stopped,
}

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There is no such device, or none that can be used.
    Missing,
    /// The device is in use, by another program or by a recording that is under way.
    Busy,
    /// The loudspeaker went away while it was playing.
    Gone,
    /// What is to be played is no Ogg Opus, or a damaged one.
    Rubbish,
    /// The line is no question.
    Question,
    /// What encodes failed.
    Broken,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(what: &impl Serialize) -> String {
        serde_json::to_string(what).unwrap()
    }

    #[test]
    fn every_question_has_its_line_and_comes_back_from_it() {
        let (turn, volume) = (Turn(7), Volume::from(60));
        for (ask, line) in [
            (Ask::Look, r#""look""#),
            (Ask::Record { turn }, r#"{"record":{"turn":7}}"#),
            (Ask::Stop { turn }, r#"{"stop":{"turn":7}}"#),
            (Ask::Cancel { turn }, r#"{"cancel":{"turn":7}}"#),
            (
                Ask::Play { turn, ogg: Ogg::from(b"OggS".to_vec()), volume },
                r#"{"play":{"turn":7,"ogg":"T2dnUw==","volume":60}}"#,
            ),
            (
                Ask::PlayClips {
                    turn,
                    language: Language::Zh,
                    phrases: vec![vec!["page-home".into()], vec!["name-老街".into()]],
                    volume,
                },
                r#"{"play_clips":{"turn":7,"language":"zh","phrases":[["page-home"],["name-老街"]],"volume":60}}"#,
            ),
            (Ask::StopPlaying { turn }, r#"{"stop_playing":{"turn":7}}"#),
            (Ask::Volume { volume }, r#"{"volume":{"volume":60}}"#),
        ] {
            assert_eq!(line_of(&ask), line);
            assert_eq!(serde_json::from_str::<Ask>(line).unwrap(), ask);
        }
    }

    #[test]
    fn everything_told_has_its_line_and_comes_back_from_it() {
        let turn = Turn(7);
        let ogg = || Ogg::from(b"OggS".to_vec());
        for (tell, line) in [
            (
                Tell::Ready {
                    microphone: Some("no such device".into()),
                    loudspeaker: None,
                    clips: None,
                    languages: vec![Language::Zh, Language::En],
                },
                r#"{"ready":{"microphone":"no such device","loudspeaker":null,"clips":null,"languages":["zh","en"]}}"#,
            ),
            (Tell::Recording { turn }, r#"{"recording":{"turn":7}}"#),
            (Tell::Level { turn, seconds: 0.1, level: 0.5 }, r#"{"level":{"turn":7,"seconds":0.1,"level":0.5}}"#),
            (
                Tell::Recorded {
                    turn,
                    seconds: 1.5,
                    ogg: ogg(),
                    silent: false,
                    end: RecordingEnd::Asked,
                    detail: None,
                },
                r#"{"recorded":{"turn":7,"seconds":1.5,"ogg":"T2dnUw==","silent":false,"end":"asked"}}"#,
            ),
            (
                Tell::Recorded {
                    turn,
                    seconds: 0.0,
                    ogg: ogg(),
                    silent: true,
                    end: RecordingEnd::Gone,
                    detail: Some("unplugged".into()),
                },
                r#"{"recorded":{"turn":7,"seconds":0.0,"ogg":"T2dnUw==","silent":true,"end":"gone","detail":"unplugged"}}"#,
            ),
            (Tell::Cancelled { turn }, r#"{"cancelled":{"turn":7}}"#),
            (Tell::Progress { turn, seconds: 0.5, of: 2.0 }, r#"{"progress":{"turn":7,"seconds":0.5,"of":2.0}}"#),
            (Tell::Played { turn, end: PlayingEnd::Whole, left_out: vec![] }, r#"{"played":{"turn":7,"end":"whole"}}"#),
            (
                Tell::Played { turn, end: PlayingEnd::Stopped, left_out: vec!["name-老街".into()] },
                r#"{"played":{"turn":7,"end":"stopped","left_out":["name-老街"]}}"#,
            ),
            (
                Tell::Failed { turn: None, why: Why::Question, detail: "not JSON".into() },
                r#"{"failed":{"turn":null,"why":"question","detail":"not JSON"}}"#,
            ),
        ] {
            assert_eq!(line_of(&tell), line);
            assert_eq!(serde_json::from_str::<Tell>(line).unwrap(), tell);
        }
    }

    #[test]
    fn a_volume_is_never_more_than_all_of_it() {
        let ask: Ask = serde_json::from_str(r#"{"volume":{"volume":250}}"#).unwrap();
        assert_eq!(ask, Ask::Volume { volume: Volume::FULL });
        assert!(serde_json::from_str::<Ask>(r#"{"volume":{"volume":-1}}"#).is_err());
    }
}
