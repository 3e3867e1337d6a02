//! A stick that a liaison officer brings from a station without a network; the contract is [`wire::stick`].
//!
//! Invariants: an event on a stick goes through the very intake that the network's go through, and counts only if a
//! manifest lists exactly its bytes that was signed by the key of a certificate of ours which is let in at this moment.
//! Whatever else is on the stick is kept apart with an alarm and is no case. Nothing is changed on the stick, and a stick
//! that is brought twice changes nothing.

mod check;
mod read;

use std::{io, path::Path, path::PathBuf};

use serde::Serialize;
use wire::stick::MANIFEST;

pub use check::Refusal;

use self::read::{Content, Parcel};
use crate::{
    clock::SharedClock,
    county::{self, County, intake::Intake, quarantine::Suspect},
    fleet::{self, Revocations},
    tls::TerminalTrust,
};

/// The files that are named in a detail; the archive has them all.
const NAMED: usize = 20;

/// What takes sticks.
pub struct Importer {
    /// Takes events, keeps the rest apart.
    pub county: County,
    /// Who is let in.
    pub revocations: Revocations,
    /// What terminals' certificates are checked against.
    pub trust: TerminalTrust,
    /// When a certificate has expired.
    pub clock: SharedClock,
}

/// Why a stick was not read to its end. What was taken stays taken; the stick can be brought again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The stick can't be read.
    #[error("{path}")]
    Read {
        /// Which folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No folder of a terminal.
    #[error("{0}: expected the folder lianxin of a terminal's stick, with a folder NUMBER-N in it")]
    NothingThere(PathBuf),
    /// Nobody can say who is revoked.
    #[error("whether the terminal is revoked can't be told")]
    Revocations(#[source] fleet::Error),
    /// The county's database.
    #[error(transparent)]
    County(#[from] county::Error),
}

/// What became of one parcel.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Its folder.
    pub folder: String,
    /// Whose it is; none where nobody signed for it.
    pub terminal: Option<String>,
    /// Events that the county did not have.
    pub new: u32,
    /// Events that it had, the same bytes.
    pub same: u32,
    /// Other bytes under a known id: kept beside the first ones, with an alarm.
    pub other: u32,
    /// Files that did not count.
    pub spoiled: Vec<SpoiledFile>,
    /// Under which number something is kept apart; none where all was well.
    pub quarantine: Option<i64>,
    /// Why all of it is kept apart.
    pub refused: Option<String>,
}

/// A file that did not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpoiledFile {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

impl Importer {
    /// Takes every parcel of the stick mounted at `at`, brought by `who` (as the audit names people).
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn import(&self, at: &Path, who: &str) -> Result<Vec<Taken>, ImportError> {
        let mut taken = Vec::new();
        for folder in read::parcels(at)? {
            taken.push(self.parcel(&read::parcel(&folder)?, who).await?);
        }
        Ok(taken)
    }

    async fn parcel(&self, parcel: &Parcel, who: &str) -> Result<Taken, ImportError> {
        let mut taken = Taken { folder: parcel.name.clone(), ..Taken::default() };
        let (manifest, certificate) = match check::signed(parcel, &self.trust, self.clock.now()) {
            Ok(signed) => signed,
            Err(refusal) => return self.refuse(parcel, &refusal, who, taken).await,
        };
        taken.terminal = Some(certificate.terminal.to_string());
        match self.revocations.admits(certificate.terminal, &certificate.key_hash).await {
            Ok(()) => {}
            Err(refused @ (fleet::Error::Revoked(_) | fleet::Error::Replaced(_))) => {
                return self.refuse(parcel, &Refusal::NotLetIn(refused), who, taken).await;
            }
            Err(error) => return Err(ImportError::Revocations(error)),
        }
        let check::Compared { sound, mut spoiled } = check::compare(parcel, &manifest);
        for (id, bytes) in sound {
            match self.county.accept(certificate.terminal, id, None, bytes).await {
                Ok(Intake::New) => taken.new += 1,
                Ok(Intake::Same) => taken.same += 1,
                Ok(Intake::Other) => taken.other += 1,
                Err(county::Error::Intake(refused)) => drop(spoiled.insert(id.to_string(), refused.to_string())),
                Err(error) => return Err(error.into()),
            }
        }
        self.county.stick_taken(who, certificate.terminal).await?;
        taken.spoiled = spoiled.into_iter().map(|(name, why)| SpoiledFile { name, why }).collect();
        if !taken.spoiled.is_empty() {
            let kept = |name: &str| name == MANIFEST || taken.spoiled.iter().any(|file| file.name == name);
            let mut suspect = suspect(parcel, "spoiled", &kept);
            suspect.terminal = Some(certificate.terminal);
            suspect.detail = detail(&taken.spoiled);
            taken.quarantine = Some(self.county.quarantine(who, &suspect).await?);
        }
        Ok(taken)
    }

    async fn refuse(&self, parcel: &Parcel, refusal: &Refusal, who: &str, taken: Taken) -> Result<Taken, ImportError> {
        let mut suspect = suspect(parcel, refusal.word(), &|_| true);
        suspect.terminal = taken.terminal.as_deref().and_then(|number| number.parse().ok());
        suspect.detail = refusal.to_string();
        let number = self.county.quarantine(who, &suspect).await?;
        Ok(Taken { quarantine: Some(number), refused: Some(refusal.to_string()), ..taken })
    }
}

/// The first files by name, each with what is wrong.
fn detail(spoiled: &[SpoiledFile]) -> String {
    let mut lines: Vec<String> = spoiled.iter().take(NAMED).map(|f| format!("{}: {}", f.name, f.why)).collect();
    if spoiled.len() > NAMED {
        lines.push(format!("and {} more", spoiled.len() - NAMED));
    }
    lines.join("\n")
}

/// The files that `kept` names as an archive, the same for the same files.
fn suspect(parcel: &Parcel, reason: &'static str, kept: &dyn Fn(&str) -> bool) -> Suspect {
    let mut archive = tar::Builder::new(Vec::new());
    let mut files = 0;
    for (name, content) in &parcel.files {
        let Content::Bytes(bytes) = content else { continue };
        if !kept(name) {
            continue;
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        // A name that no archive can carry: its bytes are kept under another one.
        let written = archive.append_data(&mut header, Path::new(&parcel.name).join(name), bytes.as_slice());
        if written.is_err() {
            let place = format!("{files}");
            archive
                .append_data(&mut header, place, bytes.as_slice())
                .expect("invariant: memory takes a file under a short name");
        }
        files += 1;
    }
    let archive = archive.into_inner().expect("invariant: an archive in memory can be ended");
    let (folder, terminal, detail) = (parcel.name.clone(), None, String::new());
    Suspect { folder, terminal, reason, detail, files, archive }
}
