//! Key and certificate on the disk, one folder for each enrolment file.
//!
//! Invariant: a certificate is only kept with the key that it is for. Another enrolment file has another folder, so
//! that nothing of a former county is ever shown to a new one. A folder whose key was wiped gets no other one: its
//! enrolment file is void, whether its token was used or not.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SigningKey};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use wire::{enrol::Enrolment, ticket::TerminalNumber};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{
    durable::{self, WriteError},
    https::Identity,
};

/// The key is for the agent's user alone.
const PRIVATE: u32 = 0o600;

/// What says that a folder's key was wiped: nothing that is secret.
const READABLE: u32 = 0o644;

/// The name of the file that says so.
const WIPED: &str = "wiped";

/// What keeps key and certificate from being read or kept.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The folder can't be made.
    #[error("make the folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file can't be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file can't be written.
    #[error("keep the terminal's identity")]
    Write(#[from] WriteError),
    /// The key file holds something else.
    #[error("{path}: expected the terminal's private key, PEM")]
    Key {
        /// The file.
        path: PathBuf,
        /// What rcgen says.
        #[source]
        source: rcgen::Error,
    },
    /// No certificate request can be made.
    #[error("make a certificate request")]
    Request(#[source] rcgen::Error),
    /// Nothing can be signed.
    #[error("sign with the terminal's key")]
    Sign(#[source] rcgen::Error),
    /// Only manifests are signed.
    #[error("expected a SHA-256 of 64 hexadecimal digits")]
    NotADigest,
    /// The key was wiped; this enrolment file gives no other one.
    #[error(
        "the key was wiped because the case was opened; expected a new enrolment file from `host terminal readmit`"
    )]
    Wiped,
    /// A folder can't be searched for what is to be wiped.
    #[error("wipe what lies in {path}")]
    Wipe {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The host's answer is not a certificate for this terminal's key.
    #[error("the host answered with a certificate that is not for this terminal's key")]
    NotOurs,
}

/// The folder of one enrolment file.
#[derive(Debug, Clone)]
pub struct IdentityStore {
    folder: PathBuf,
    terminal: TerminalNumber,
}

impl IdentityStore {
    /// The folder for an enrolment file below the data folder.
    ///
    /// # Errors
    /// Where it can't be made.
    pub fn open(data_dir: &Path, enrolment: &Enrolment) -> Result<Self, IdentityError> {
        let named = format!("{}\n{}\n{}", enrolment.terminal, enrolment.token, enrolment.ca);
        let digest = digest::digest(&digest::SHA256, named.as_bytes());
        let name = wire::hex(&digest.as_ref()[..8]);
        let all = data_dir.join("identity");
        let folder = all.join(name);
        // The token is good for one enrolment: a name that the next power cut took would cost the terminal its place.
        let made = fs::create_dir_all(data_dir).and_then(|()| durable::folder(&all));
        made.and_then(|()| durable::folder(&folder))
            .map_err(|source| IdentityError::Folder { path: folder.clone(), source })?;
        Ok(Self { folder, terminal: enrolment.terminal })
    }

    fn key_path(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    fn certificate_path(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    /// Destroys the key and certificate of this and every former enrolment file, for good. Done again after a cut anywhere
    /// in it, it comes to the same. Where no mark can be written, as on a full disk, the files stay and hold zeros, which
    /// says the same.
    ///
    /// # Errors
    /// The first of what could not be done; all the rest is done then.
    pub fn wipe(&self) -> Result<(), IdentityError> {
        // First, so that a cut behind it leaves no key in use.
        let marked = durable::write(&self.mark_path(), b"", READABLE);
        let destroy = if marked.is_ok() { durable::erase } else { durable::overwrite };
        let mut first = marked.map_err(IdentityError::from);
        // Its own first: whatever lies beside it is of less worth to a thief.
        for folder in [self.folder.as_path(), self.folder.parent().unwrap_or(&self.folder)] {
            first = first.and(destroy_all(folder, destroy));
        }
        first
    }

    /// Whether the key was wiped: by the mark, or by the zeros in its place.
    fn is_wiped(&self) -> Result<bool, IdentityError> {
        Ok(self.mark_path().exists() || read(&self.key_path())?.is_some_and(|key| key.starts_with('\0')))
    }

    fn mark_path(&self) -> PathBuf {
        self.folder.join(WIPED)
    }

    /// Key and certificate; none before the enrolment, and none once they were wiped.
    ///
    /// # Errors
    /// Files that can't be read.
    pub fn read(&self) -> Result<Option<Identity>, IdentityError> {
        if self.is_wiped()? {
            return Ok(None);
        }
        let (key, certificate) = (read(&self.key_path())?, read(&self.certificate_path())?);
        Ok(key.zip(certificate).map(|(key, certificate)| Identity { certificate, key }))
    }

    /// A certificate request of the terminal's key, PEM; the key is made at the first call.
    ///
    /// # Errors
    /// A key file that holds something else, or can't be written; [`IdentityError::Wiped`] where there will be none.
    pub fn request(&self) -> Result<String, IdentityError> {
        if self.is_wiped()? {
            return Err(IdentityError::Wiped);
        }
        let path = self.key_path();
        let key = match read(&path)? {
            Some(pem) => KeyPair::from_pem(&pem).map_err(|source| IdentityError::Key { path, source })?,
            None => {
                let key = KeyPair::generate().map_err(IdentityError::Request)?;
                durable::write(&path, key.serialize_pem().as_bytes(), PRIVATE)?;
                key
            }
        };
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.terminal.to_string());
        params.serialize_request(&key).and_then(|request| request.pem()).map_err(IdentityError::Request)
    }

    /// Keeps the certificate that the host gave for the key.
    ///
    /// # Errors
    /// One that is for another key, or can't be written; the former one then stays.
    pub fn keep(&self, certificate: &str) -> Result<Identity, IdentityError> {
        let path = self.key_path();
        let key = read(&path)?.ok_or(IdentityError::NotOurs)?;
        let ours = KeyPair::from_pem(&key).map_err(|source| IdentityError::Key { path, source })?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| IdentityError::NotOurs)?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| IdentityError::NotOurs)?;
        if parsed.public_key().raw != rcgen::PublicKeyData::subject_public_key_info(&ours) {
            return Err(IdentityError::NotOurs);
        }
        durable::write(&self.certificate_path(), certificate.as_bytes(), PRIVATE)?;
        Ok(Identity { certificate: certificate.to_owned(), key })
    }
}

/// Signs a stick's manifest with the terminal's key; `manifest_sha256` is hexadecimal. Gives ECDSA, ASN.1, base64.
///
/// # Errors
/// [`IdentityError::NotADigest`], or a key that can't be used.
pub fn sign_manifest(identity: &Identity, manifest_sha256: &str) -> Result<String, IdentityError> {
    let digest = unhex(manifest_sha256).ok_or(IdentityError::NotADigest)?;
    let key = KeyPair::from_pem(&identity.key).map_err(IdentityError::Sign)?;
    let signature = key.sign(&wire::stick::to_be_signed(&digest)).map_err(IdentityError::Sign)?;
    Ok(STANDARD.encode(signature))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = Some(text).filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes = (0..64).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
    bytes.try_into().ok()
}

/// Destroys every file below `folder` but the marks, whatever becomes of one of them; the first error is told.
fn destroy_all(folder: &Path, destroy: fn(&Path) -> Result<(), WriteError>) -> Result<(), IdentityError> {
    let mut first = Ok(());
    for path in children(folder)? {
        let done = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => destroy_all(&path, destroy),
            Ok(_) if path.ends_with(WIPED) => Ok(()),
            Ok(_) => destroy(&path).map_err(IdentityError::from),
            Err(source) => Err(IdentityError::Wipe { path, source }),
        };
        first = first.and(done);
    }
    first
}

/// What lies in a folder.
fn children(folder: &Path) -> Result<Vec<PathBuf>, IdentityError> {
    let all = fs::read_dir(folder).and_then(|all| all.map(|one| Ok(one?.path())).collect());
    all.map_err(|source| IdentityError::Wipe { path: folder.to_owned(), source })
}

fn read(path: &Path) -> Result<Option<String>, IdentityError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(IdentityError::Read { path: path.to_owned(), source }),
    }
}

/// When a certificate is to be renewed: at two thirds of its life, so that a month off line costs nothing.
pub(super) fn renewal_due(identity: &Identity) -> Option<Timestamp> {
    let (from, to) = validity(identity)?;
    let life = to.duration_since(from);
    from.checked_add(SignedDuration::from_secs(life.as_secs() / 3 * 2)).ok()
}

/// From when on a certificate is certainly good: the terminal's clock can't be before it.
pub(super) fn issued(identity: &Identity) -> Option<Timestamp> {
    validity(identity).map(|(from, _)| from)
}

fn validity(identity: &Identity) -> Option<(Timestamp, Timestamp)> {
    let der = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let validity = certificate.validity();
    let from = Timestamp::from_second(validity.not_before.timestamp()).ok()?;
    Some((from, Timestamp::from_second(validity.not_after.timestamp()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_digest_of_a_manifest_is_signed_and_the_certificates_key_opens_it() {
        let key = KeyPair::generate().unwrap();
        let identity = Identity { certificate: String::new(), key: key.serialize_pem() };
        let manifest = r#"{"v":1,"terminal":"00007","events":[]}"#.to_owned();
        let digest = wire::hex(&wire::event::hash(manifest.as_bytes()));
        let signature = sign_manifest(&identity, &digest).unwrap();
        let signed = wire::stick::SignedManifest { v: 1, manifest, certificate: String::new(), signature };
        assert!(signed.open(rcgen::PublicKeyData::der_bytes(&key)).is_ok());
        for other in ["", "abc", &"g".repeat(64), &digest[1..], "a request"] {
            assert!(matches!(sign_manifest(&identity, other), Err(IdentityError::NotADigest)), "{other}");
        }
    }
}
