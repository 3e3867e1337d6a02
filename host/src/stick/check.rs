//! Whose a parcel is and what of it counts. Invariant: does no I/O; nothing of a manifest is read before its signature
//! was checked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use wire::{
    stick::{Listed, MANIFEST, Manifest, SignedManifest, StickError},
    ticket::TerminalNumber,
};

use super::read::{Content, Parcel};
use crate::{
    fleet,
    tls::{TerminalCertificate, TerminalTrust},
};

/// Why a parcel is kept apart whole.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing is in it.
    #[error("the folder is empty: the stick was taken out before the terminal was done; export again")]
    Empty,
    /// Nobody says what is in it.
    #[error("there is no {MANIFEST}: the stick was taken out before the terminal was done; export again")]
    NoManifest,
    /// More files than a terminal writes.
    #[error("more files than a terminal writes into one folder")]
    TooMuch,
    /// The manifest is none, or its signature is not its certificate's.
    #[error("{MANIFEST}: {0}")]
    Manifest(#[from] StickError),
    /// The manifest can't be read at all.
    #[error("{MANIFEST} can't be read: {0}")]
    Unreadable(String),
    /// The certificate is not of this host's authority.
    #[error("its certificate is not of this host's authority: {0}")]
    Certificate(String),
    /// The certificate is another terminal's.
    #[error("the manifest says terminal {said}, its certificate is that of {shown}")]
    OtherTerminal {
        /// In the manifest.
        said: TerminalNumber,
        /// In the certificate.
        shown: TerminalNumber,
    },
    /// The terminal is not let in.
    #[error(transparent)]
    NotLetIn(fleet::Error),
}

impl Refusal {
    /// The word that the database keeps.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoManifest => "no_manifest",
            Self::TooMuch | Self::Manifest(StickError::TooMuch | StickError::TooLong(_)) => "too_much",
            Self::Manifest(StickError::Signature) => "signature",
            Self::Manifest(_) | Self::Unreadable(_) => "manifest",
            Self::Certificate(_) => "certificate",
            Self::OtherTerminal { .. } => "terminal",
            Self::NotLetIn(fleet::Error::Replaced(_)) => "replaced",
            Self::NotLetIn(_) => "revoked",
        }
    }
}

/// Checks who signed a parcel, by a certificate of ours that is good or expired no longer ago than renewal takes.
pub(super) fn signed(
    parcel: &Parcel,
    trust: &TerminalTrust,
    now: Timestamp,
) -> Result<(Manifest, TerminalCertificate), Refusal> {
    if parcel.files.is_empty() {
        return Err(Refusal::Empty);
    }
    if parcel.too_many {
        return Err(Refusal::TooMuch);
    }
    let file = match parcel.files.get(MANIFEST) {
        None => return Err(Refusal::NoManifest),
        Some(Content::Bytes(bytes)) => SignedManifest::read(bytes)?,
        Some(Content::TooLong(length)) => {
            return Err(StickError::TooLong(usize::try_from(*length).unwrap_or(usize::MAX)).into());
        }
        Some(Content::Unreadable(why)) => return Err(Refusal::Unreadable(why.clone())),
    };
    let (certificate, public_key) =
        trust.check(&file.certificate, now).map_err(|error| Refusal::Certificate(error.to_string()))?;
    let manifest = file.open(&public_key)?;
    if manifest.terminal != certificate.terminal {
        return Err(Refusal::OtherTerminal { said: manifest.terminal, shown: certificate.terminal });
    }
    Ok((manifest, certificate))
}

/// What a signed manifest says, held against what is there.
#[derive(Debug, Default)]
pub(super) struct Compared<'a> {
    /// Exactly what was signed.
    pub(super) sound: Vec<(Uuid, &'a [u8])>,
    /// The rest, by file, with what is wrong.
    pub(super) spoiled: BTreeMap<String, String>,
}

/// Holds every file against the manifest. Each event stands for itself: one that was damaged on its way costs the
/// others nothing, and what nobody signed for is not taken for being beside them.
pub(super) fn compare<'a>(parcel: &'a Parcel, manifest: &Manifest) -> Compared<'a> {
    let mut compared = Compared::default();
    for listed in &manifest.events {
        let name = listed.file_name();
        let wrong = match parcel.files.get(&name) {
            Some(Content::Bytes(bytes)) if listed.fits(bytes) => {
                compared.sound.push((listed.id, bytes));
                continue;
            }
            Some(Content::Bytes(bytes)) if (bytes.len() as u64) < listed.length => "cut short".to_owned(),
            Some(Content::Bytes(_)) => "not the bytes that were signed".to_owned(),
            Some(Content::TooLong(length)) => format!("{length} bytes long; not kept"),
            Some(Content::Unreadable(why)) => why.clone(),
            None => "missing".to_owned(),
        };
        compared.spoiled.insert(name, wrong);
    }
    let listed: BTreeSet<String> = manifest.events.iter().map(Listed::file_name).collect();
    let strangers = parcel.files.keys().filter(|name| *name != MANIFEST && !listed.contains(*name));
    compared.spoiled.extend(strangers.map(|name| (name.clone(), "not in the manifest".to_owned())));
    compared
}
