//! Clips: what the terminal speaks, each a file of Ogg Opus under its name.
//!
//! A folder of clips has a folder for each language, `zh` and `en`, and in it `NAME.opus`. Of several folders the first that
//! has a name wins: a county that puts its own first, recorded in its dialect, replaces as many as it has recorded.
//!
//! Invariant: only files that lie in these folders are read, whatever a name is; a file that can't be played counts as
//! missing.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use sound_line::{Language, spoken};

use crate::track::Track;

/// Largest clip that is read: a minute and a half at the rate of music.
const LARGEST: u64 = 1 << 20;

/// The folders, the first with precedence.
#[derive(Debug, Clone, Default)]
pub struct Clips(Vec<PathBuf>);

impl Clips {
    /// These folders; those that aren't there are passed over.
    #[must_use]
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self(folders)
    }

    /// The languages in which there is anything to speak.
    #[must_use]
    pub fn languages(&self) -> Vec<Language> {
        Language::ALL.into_iter().filter(|language| self.0.iter().any(|folder| has_any(folder, *language))).collect()
    }

    /// Which languages are missing, in words for a technician.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let there = self.languages();
        let missing: Vec<_> = Language::ALL.into_iter().filter(|language| !there.contains(language)).collect();
        let codes: Vec<_> = missing.into_iter().map(Language::code).collect();
        (!codes.is_empty()).then(|| format!("no clips ({}) in {:?}", codes.join(", "), self.0))
    }

    /// The clip of this name.
    #[must_use]
    pub fn find(&self, language: Language, name: &str) -> Option<Track> {
        if !spoken::is_clip(name) {
            return None;
        }
        let also = (name.starts_with(spoken::NAMES) && language != Language::Zh).then_some(Language::Zh);
        [Some(language), also].into_iter().flatten().find_map(|language| {
            let file = format!("{}/{name}.opus", language.code());
            self.0.iter().find_map(|folder| Track::read(read(&folder.join(&file))?).ok())
        })
    }
}

fn has_any(folder: &Path, language: Language) -> bool {
    folder.join(language.code()).read_dir().is_ok_and(|mut files| files.next().is_some())
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).ok()? <= LARGEST).then_some(bytes)
}
