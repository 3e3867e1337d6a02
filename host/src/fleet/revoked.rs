//! The list of revoked terminals as a file, for a county role that runs apart from the fleet.
//!
//! The fleet role writes `revoked.json` beside its database whenever it revokes a terminal; the admin has it copied to
//! the county's machine (rsync, scp, a stick). The county reads it again when it has changed. It isn't signed: who may
//! write to the county's folders could switch the check off as well. Invariant: a list that can't be read refuses
//! everybody; a terminal keeps what it holds until the list is there again.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};
use wire::ticket::TerminalNumber;

use super::{Error, Fleet};
use crate::durable::{self, Readers};

/// The file's text.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    revoked: Vec<TerminalNumber>,
}

/// Where it stands written who is revoked.
#[derive(Debug, Clone)]
pub enum Revocations {
    /// The fleet role is in this process.
    Fleet(Fleet),
    /// It runs apart.
    File(Arc<RevokedFile>),
}

impl Revocations {
    /// Lets a terminal in by the key of its certificate; a list alone does not know of replaced cards.
    ///
    /// # Errors
    /// [`Error::Revoked`], [`Error::Replaced`], [`Error::Revocations`], or the database.
    pub async fn admits(&self, number: TerminalNumber, key: &[u8; 32]) -> Result<(), Error> {
        match self {
            Self::Fleet(fleet) => fleet.admits(number, key).await,
            Self::File(list) if list.holds(number)? => Err(Error::Revoked(number)),
            Self::File(_) => Ok(()),
        }
    }
}

/// The list on the county's machine.
#[derive(Debug)]
pub struct RevokedFile {
    path: PathBuf,
    read: Mutex<Option<(Stamp, Vec<TerminalNumber>)>>,
}

/// What changes when a file is replaced.
type Stamp = (SystemTime, u64, u64);

/// Why the list can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RevokedFileError {
    /// Not there, or not readable.
    #[error("{path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not a list of numbers.
    #[error("{0}: expected {{\"revoked\": [\"00001\", …]}} as the fleet role writes it")]
    NotAList(PathBuf),
}

/// Writes the list for `path`.
///
/// # Errors
/// What the file system says.
pub fn write_revoked(path: &Path, revoked: Vec<TerminalNumber>) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&Revoked { revoked }).expect("invariant: numbers are always JSON");
    durable::write(path, (text + "\n").as_bytes(), Readers::All)
}

impl Fleet {
    /// Writes the list for a county that runs apart.
    ///
    /// # Errors
    /// The database, or what the file system says.
    pub async fn write_revoked(&self, path: &Path) -> Result<(), Error> {
        let revoked = self.list().await?.into_iter().filter(|row| row.revoked_at.is_some()).map(|row| row.number);
        let failed = |source| RevokedFileError::File { path: path.into(), source };
        Ok(write_revoked(path, revoked.collect()).map_err(failed)?)
    }
}

impl RevokedFile {
    /// Opens the list and reads it once.
    ///
    /// # Errors
    /// A list that is missing or isn't one.
    pub fn open(path: &Path) -> Result<Self, RevokedFileError> {
        let list = Self { path: path.into(), read: Mutex::new(None) };
        list.all()?;
        Ok(list)
    }

    /// Whether the terminal is on the list as it is on the disk.
    ///
    /// # Errors
    /// A list that is missing or isn't one.
    pub fn holds(&self, number: TerminalNumber) -> Result<bool, RevokedFileError> {
        Ok(self.all()?.contains(&number))
    }

    /// Every number on the list.
    ///
    /// # Errors
    /// A list that is missing or isn't one.
    pub fn all(&self) -> Result<Vec<TerminalNumber>, RevokedFileError> {
        use std::os::unix::fs::MetadataExt;
        let failed = |source| RevokedFileError::File { path: self.path.clone(), source };
        let metadata = fs::metadata(&self.path).map_err(failed)?;
        let stamp = (metadata.modified().map_err(failed)?, metadata.ino(), metadata.len());
        let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((known, numbers)) = &*read
            && *known == stamp
        {
            return Ok(numbers.clone());
        }
        let text = fs::read_to_string(&self.path).map_err(failed)?;
        let list: Revoked = serde_json::from_str(&text).map_err(|_| RevokedFileError::NotAList(self.path.clone()))?;
        *read = Some((stamp, list.revoked.clone()));
        Ok(list.revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_list_is_read_again_and_a_broken_one_refuses_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("revoked.json");
        let one = TerminalNumber::new(1).unwrap();
        assert!(matches!(RevokedFile::open(&path), Err(RevokedFileError::File { .. })));
        write_revoked(&path, vec![]).unwrap();
        let list = RevokedFile::open(&path).unwrap();
        assert!(!list.holds(one).unwrap());
        write_revoked(&path, vec![one]).unwrap();
        assert!(list.holds(one).unwrap());
        durable::write(&path, b"[]", Readers::All).unwrap();
        assert!(matches!(list.holds(one), Err(RevokedFileError::NotAList(_))));
    }
}
