//! The county's keys: a working key on the machine, a recovery key to be taken away.
//!
//! Invariant: the working key is readable by the county role's user alone and is in no backup; the recovery key is
//! written once, to the folder that the admin takes away, and never read by the host.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use age::secrecy::ExposeSecret;
use aws_lc_rs::rand;
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

/// Opens the county's keys in `folder`, or draws them where there are none.
///
/// The second value is there after the drawing only: the recovery key's file, for the caller to put where the admin
/// takes it away.
///
/// # Errors
/// A file that is missing or isn't what it should be, by name.
pub fn open_or_draw(folder: &Path) -> Result<(CountyKeyring, Option<String>), KeyError> {
    let (working_path, public_path) = (folder.join(WORKING_KEY), folder.join(PUBLIC_KEYS));
    match (working_path.exists(), public_path.exists()) {
        (false, false) => draw(folder).map(|(keys, recovery)| (keys, Some(recovery))),
        (true, false) => Err(KeyError::Missing(public_path)),
        (false, true) => Err(KeyError::Missing(working_path)),
        (true, true) => {
            let working = read_identity(&working_path)?;
            let public = read_public(&public_path)?;
            if working.to_public().to_string() != public.working {
                return Err(KeyError::Mismatch(working_path));
            }
            Ok((CountyKeyring { working, public }, None))
        }
    }
}

fn draw(folder: &Path) -> Result<(CountyKeyring, String), KeyError> {
    durable::private_folder(folder).map_err(|source| KeyError::File { path: folder.into(), source })?;
    let (working, recovery) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
    let public = CountyKeys {
        id: format!("k{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
        working: working.to_public().to_string(),
        recovery: recovery.to_public().to_string(),
    };
    let write = |name: &str, text: &str, readers| {
        let path = folder.join(name);
        durable::write_new(&path, text.as_bytes(), readers).map_err(|source| KeyError::File { path, source })
    };
    write(WORKING_KEY, &identity_file(&working, "working", &public.id), Readers::Owner)?;
    let json = serde_json::to_string_pretty(&public).expect("invariant: keys are always JSON");
    write(PUBLIC_KEYS, &(json + "\n"), Readers::All)?;
    let recovery = identity_file(&recovery, "recovery", &public.id);
    Ok((CountyKeyring { working, public }, recovery))
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

/// Draws a passphrase of 100 bits in five groups.
#[must_use]
pub fn draw_words() -> String {
    // 32 letters and digits without those that look alike.
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut bytes = [0_u8; 20];
    rand::fill(&mut bytes).expect("invariant: the system has random numbers");
    let letters: Vec<char> = bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_keys_open_again_and_the_recovery_key_stays_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (drawn, recovery) = open_or_draw(folder.path()).unwrap();
        let recovery = recovery.unwrap();
        let secret = recovery.lines().last().unwrap();
        let (opened, again) = open_or_draw(folder.path()).unwrap();
        assert!(again.is_none());
        assert_eq!(drawn.public, opened.public);
        for entry in fs::read_dir(folder.path()).unwrap() {
            assert!(!fs::read_to_string(entry.unwrap().path()).unwrap().contains(secret));
        }
    }

    #[test]
    fn a_county_key_that_is_not_a_key_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        open_or_draw(folder.path()).unwrap();
        let path = folder.path().join(WORKING_KEY);
        durable::write(&path, b"hunter2\n", Readers::Owner).unwrap();
        let error = open_or_draw(folder.path()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("working.key") && error.contains("AGE-SECRET-KEY-1"), "{error}");
    }

    #[test]
    fn another_working_key_than_terminals_seal_to_is_refused() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        open_or_draw(one.path()).unwrap();
        open_or_draw(other.path()).unwrap();
        fs::copy(other.path().join(WORKING_KEY), one.path().join(WORKING_KEY)).unwrap();
        assert!(matches!(open_or_draw(one.path()), Err(KeyError::Mismatch(_))));
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
