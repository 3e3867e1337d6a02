//! The county's keys: a working key on the machine, a recovery key to be taken away.
//!
//! Invariant: the working key is readable by the county role's user alone and is in no backup; the recovery key is
//! written once, to the folder that the admin takes away, and never read by the host.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use age::secrecy::ExposeSecret;
use wire::enrol::CountyKeys;

use crate::durable::{self, Readers};

/// Name of the file with the working key, an `age` identity, in the county's folder.
pub const WORKING_KEY: &str = "working.key";

/// Name of the file with the public keys in the county's folder; a fleet role that runs apart is given a copy.
pub const PUBLIC_KEYS: &str = "keys.json";

/// The county's keys as its own role holds them.
pub struct CountyKeyring {
    /// Opens events.
    pub working: age::x25519::Identity,
    /// Ids and keys that were the working one before, from `former-ID.key` beside it: they open what is older.
    pub former: Vec<(String, age::x25519::Identity)>,
    /// What terminals seal to.
    pub public: CountyKeys,
}

/// What is wrong with a key's file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Can't be read or written.
    #[error("{path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The working key isn't one.
    #[error("{0}: expected an age identity, one line that starts with AGE-SECRET-KEY-1")]
    NotAnIdentity(PathBuf),
    /// The public keys aren't ones.
    #[error("{path}: `{key}`: expected {expected}")]
    NotKeys {
        /// The file.
        path: PathBuf,
        /// The key in it.
        key: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// One of the two files is missing.
    #[error(
        "{0} is missing while other keys of the county are there; bring it back from where it was kept (an event sealed to a lost working key opens with the recovery key)"
    )]
    Missing(PathBuf),
    /// The working key isn't the one that terminals seal to.
    #[error("{0} is not the working key that {PUBLIC_KEYS} names")]
    Mismatch(PathBuf),
}

/// Keys that are nowhere on the disk yet.
pub struct Drawn {
    working: age::x25519::Identity,
    public: CountyKeys,
    /// The recovery key's file, which the caller must persist before it places the others.
    pub recovery: String,
}

/// Draws the county's keys.
#[must_use]
pub fn draw() -> Drawn {
    let (working, recovery) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
    let public = CountyKeys {
        id: format!("k{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
        working: working.to_public().to_string(),
        recovery: recovery.to_public().to_string(),
    };
    let recovery = identity_file(&recovery, "recovery", &public.id);
    Drawn { working, public, recovery }
}

impl Drawn {
    /// Writes working key and public keys to `folder`, which must not be there; it appears whole or not at all.
    ///
    /// # Errors
    /// What the file system says.
    pub fn place(self, folder: &Path) -> Result<CountyKeyring, KeyError> {
        let working = identity_file(&self.working, "working", &self.public.id);
        let public = serde_json::to_string_pretty(&self.public).expect("invariant: keys are always JSON") + "\n";
        let files = [(WORKING_KEY, working.as_bytes(), Readers::Owner), (PUBLIC_KEYS, public.as_bytes(), Readers::All)];
        durable::new_folder(folder, &files).map_err(|source| KeyError::File { path: folder.into(), source })?;
        Ok(CountyKeyring { working: self.working, former: Vec::new(), public: self.public })
    }
}

/// Opens the county's keys in `folder`; none where there is no such folder.
///
/// # Errors
/// A file that is missing or isn't what it should be, by name.
pub fn find(folder: &Path) -> Result<Option<CountyKeyring>, KeyError> {
    if folder.exists() { open(folder).map(Some) } else { Ok(None) }
}

/// Opens the county's keys in `folder`.
///
/// # Errors
/// A file that is missing or isn't what it should be, by name.
pub fn open(folder: &Path) -> Result<CountyKeyring, KeyError> {
    let (working_path, public_path) = (folder.join(WORKING_KEY), folder.join(PUBLIC_KEYS));
    if let Some(missing) = [&working_path, &public_path].into_iter().find(|path| !path.exists()) {
        return Err(KeyError::Missing(missing.clone()));
    }
    let working = read_identity(&working_path)?;
    let public = read_public(&public_path)?;
    if working.to_public().to_string() != public.working {
        return Err(KeyError::Mismatch(working_path));
    }
    Ok(CountyKeyring { working, former: former(folder)?, public })
}

/// The keys that were the working one before, in the order of their files' names.
fn former(folder: &Path) -> Result<Vec<(String, age::x25519::Identity)>, KeyError> {
    let unread = |source| KeyError::File { path: folder.into(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(id) = name.strip_prefix("former-").and_then(|name| name.strip_suffix(".key")) {
            found.push((id.to_owned(), read_identity(&path)?));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

fn identity_file(identity: &age::x25519::Identity, which: &str, id: &str) -> String {
    let secret = identity.to_string();
    format!("# The county's {which} key, {id}\n# public key: {}\n{}\n", identity.to_public(), secret.expose_secret())
}

/// Reads an `age` identity file with one X25519 identity.
///
/// # Errors
/// [`KeyError::NotAnIdentity`] for anything else.
pub fn read_identity(path: &Path) -> Result<age::x25519::Identity, KeyError> {
    let text = fs::read_to_string(path).map_err(|source| KeyError::File { path: path.into(), source })?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identity = lines.next().and_then(|line| line.parse().ok());
    match (identity, lines.next()) {
        (Some(identity), None) => Ok(identity),
        _ => Err(KeyError::NotAnIdentity(path.into())),
    }
}

/// Reads the county's public keys.
///
/// # Errors
/// [`KeyError::NotKeys`] naming the key that isn't one.
pub fn read_public(path: &Path) -> Result<CountyKeys, KeyError> {
    let text = fs::read_to_string(path).map_err(|source| KeyError::File { path: path.into(), source })?;
    let wrong = |key, expected| KeyError::NotKeys { path: path.into(), key, expected };
    let keys: CountyKeys = serde_json::from_str(&text)
        .map_err(|_| wrong("id, working, recovery", "a JSON object with these three texts"))?;
    for (name, key) in [("working", &keys.working), ("recovery", &keys.recovery)] {
        if key.parse::<age::x25519::Recipient>().is_err() {
            return Err(wrong(name, "an age recipient, a text that starts with age1"));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("county/keys");
        (parent, folder)
    }

    #[test]
    fn drawn_keys_open_again_and_the_recovery_key_stays_out_of_the_folder() {
        let (_parent, folder) = folder();
        assert!(find(&folder).unwrap().is_none());
        let drawn = draw();
        let recovery = drawn.recovery.clone();
        let secret = recovery.lines().last().unwrap();
        let placed = drawn.place(&folder).unwrap();
        assert_eq!(find(&folder).unwrap().unwrap().public, placed.public);
        assert!(draw().place(&folder).is_err(), "never overwritten");
        for entry in fs::read_dir(&folder).unwrap() {
            assert!(!fs::read_to_string(entry.unwrap().path()).unwrap().contains(secret));
        }
    }

    #[test]
    fn a_county_key_that_is_not_a_key_is_named_with_its_file() {
        let (_parent, folder) = folder();
        draw().place(&folder).unwrap();
        durable::write(&folder.join(WORKING_KEY), b"hunter2\n", Readers::Owner).unwrap();
        let error = open(&folder).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("working.key") && error.contains("AGE-SECRET-KEY-1"), "{error}");
    }

    #[test]
    fn another_working_key_than_terminals_seal_to_is_refused() {
        let ((_a, one), (_b, other)) = (folder(), folder());
        draw().place(&one).unwrap();
        draw().place(&other).unwrap();
        fs::copy(other.join(WORKING_KEY), one.join(WORKING_KEY)).unwrap();
        assert!(matches!(open(&one), Err(KeyError::Mismatch(_))));
    }

    #[test]
    fn public_keys_that_are_none_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PUBLIC_KEYS);
        durable::write(&path, br#"{"id":"k1","working":"age1abc","recovery":"x"}"#, Readers::All).unwrap();
        let error = read_public(&path).unwrap_err().to_string();
        assert!(error.contains("`working`: expected an age recipient"), "{error}");
    }
}
