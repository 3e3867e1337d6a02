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

    /// Whether there is anything to speak.
    ///
    /// # Errors
    /// In words for a technician, where there is not.
    pub fn look(&self) -> Result<(), String> {
        let any = |folder: &PathBuf| {
            folder.join(Language::Zh.code()).read_dir().is_ok_and(|mut files| files.next().is_some())
        };
        if self.0.iter().any(any) { Ok(()) } else { Err(format!("no clips in {:?}", self.0)) }
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

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).ok()? <= LARGEST).then_some(bytes)
}
