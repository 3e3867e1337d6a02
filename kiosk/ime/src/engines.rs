//! Both input methods, where they find what they need, and one answer to one question.
//!
//! Invariant: whatever is missing or fails, the other goes on; what is missing is said in words for a technician.

use std::path::{Path, PathBuf};

use ime_line::{Answer, Ask, Ready};
use rustix::time::{ClockId, clock_gettime};

use crate::{handwriting::Handwriting, pinyin::Pinyin};

/// Why an input method isn't there, for a technician: what was looked for, and what brings it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Missing(pub String);

/// Where a terminal has the model of handwriting.
const INSTALLED: &str = "/usr/share/lianxin/ime";

/// Where the engines find what they need.
#[derive(Debug, Clone, clap::Args)]
pub struct Places {
    /// The folder with the model of handwriting.
    #[arg(long, value_name = "DIR", env = "LIANXIN_IME_MODELS", default_value = INSTALLED)]
    pub models: PathBuf,
    /// librime, by its path, or by a name that the system's loader finds.
    #[arg(long, value_name = "FILE", env = "LIANXIN_IME_LIBRIME", default_value = "librime.so.1")]
    pub librime: PathBuf,
    /// The folder with the dictionary of pinyin.
    #[arg(long, value_name = "DIR", env = "LIANXIN_IME_RIME_DATA", default_value = "/usr/share/rime-data")]
    pub rime_data: PathBuf,
    /// jieba's list of words, for pinyin.
    #[arg(
        long,
        value_name = "FILE",
        env = "LIANXIN_IME_WORDS",
        default_value = "/usr/lib/python3/dist-packages/jieba/dict.txt"
    )]
    pub words: PathBuf,
    /// The folder with the compiled tables of pinyin. Where they don't fit, others are made in the user's cache or among
    /// the temporary files.
    #[arg(long, value_name = "DIR", env = "LIANXIN_IME_TABLES", default_value = "/usr/share/lianxin/pinyin")]
    pub tables: PathBuf,
}

impl Places {
    /// Where nobody named another folder and nothing is installed, the model in the user's cache, into which
    /// `kiosk/ime/fetch` puts it: for machines on which this is developed.
    #[must_use]
    pub fn or_cached(mut self) -> Self {
        let fetched = cache().join("ime");
        if self.models.as_path() == Path::new(INSTALLED) && !self.models.is_dir() && fetched.is_dir() {
            self.models = fetched;
        }
        self
    }
}

/// Where `kiosk/ime/fetch` puts what it fetches.
pub fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty()).map_or_else(home, PathBuf::from);
    cache.join("lianxin")
}

/// What recognises: each engine, or why it isn't there.
pub struct Engines {
    handwriting: Result<Handwriting, Missing>,
    pinyin: Result<Pinyin, Missing>,
}

impl Engines {
    /// Loads what is there.
    pub fn load(places: &Places) -> Self {
        Self { handwriting: Handwriting::load(places), pinyin: Pinyin::load(places) }
    }

    /// What is there, and why something is not.
    pub fn ready(&self) -> Ready {
        let reason = |missing: &Missing| missing.to_string();
        Ready {
            handwriting: self.handwriting.as_ref().err().map(reason),
            handwriting_remark: self.handwriting.as_ref().ok().and_then(Handwriting::remark).map(str::to_owned),
            pinyin: self.pinyin.as_ref().err().map(reason),
            pinyin_remark: self.pinyin.as_ref().ok().and_then(Pinyin::remark).map(str::to_owned),
        }
    }

    /// Answers a question, and says what that took.
    pub fn answer(&mut self, ask: &Ask) -> Answer {
        let before = cpu_ms();
        let result = self.asked(ask);
        // Microseconds are as fine as this clock is worth.
        let ms = ((cpu_ms() - before) * 1e3).round() / 1e3;
        match result {
            Ok(answer) => Answer { ms, ..answer },
            Err(missing) => Answer { ms, error: Some(missing.to_string()), ..Answer::default() },
        }
    }

    /// The answer but for what it took.
    fn asked(&mut self, ask: &Ask) -> Result<Answer, Missing> {
        match ask {
            Ask::Strokes { strokes, before, pad, all } => {
                let handwriting = self.handwriting.as_mut().map_err(|missing| missing.clone())?;
                let written = handwriting.recognise(strokes, before, *pad, *all)?;
                Ok(Answer { candidates: written.candidates, sure: written.sure, ..Answer::default() })
            }
            Ask::Next { after } => {
                let handwriting = self.handwriting.as_mut().map_err(|missing| missing.clone())?;
                Ok(Answer { candidates: handwriting.next(after), ..Answer::default() })
            }
            Ask::Pinyin { pinyin: letters, fuzzy } => {
                let pinyin = self.pinyin.as_mut().map_err(|missing| missing.clone())?;
                let (candidates, uses) = pinyin.words(letters, *fuzzy)?.into_iter().unzip();
                Ok(Answer { candidates, uses, ..Answer::default() })
            }
        }
    }
}

/// CPU time of this process until now, in milliseconds.
pub fn cpu_ms() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "exact for as long as a process lives")]
    let (seconds, nanoseconds) = (now.tv_sec as f64, now.tv_nsec as f64);
    seconds * 1e3 + nanoseconds / 1e6
}
