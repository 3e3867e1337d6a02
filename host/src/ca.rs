//! The host's certificate authority: a root that terminals pin, and an issuing key that the host works with.
//!
//! The root's key is on the machine only as an `age` file to be taken away; the host runs without it. Invariant: a
//! terminal's certificate takes nothing from its request but the public key. Source of the periods: a terminal's
//! certificate lives 90 days and renews itself; a server's stays below the 398 days that browsers accept.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use wire::ticket::TerminalNumber;

use crate::durable::{self, Readers};

/// How long a terminal's certificate lives.
pub const TERMINAL_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long the server's certificate lives.
const SERVER_LIFE: SignedDuration = SignedDuration::from_hours(390 * 24);

/// How long root and issuing certificate live: longer than a terminal's hardware.
const AUTHORITY_LIFE: SignedDuration = SignedDuration::from_hours(25 * 365 * 24);

/// Certificates begin this much earlier, for terminals whose clocks are behind.
const LEEWAY: SignedDuration = SignedDuration::from_hours(24);

/// The certificate authority, as the running host needs it.
#[derive(Debug)]
pub struct Ca {
    root_pem: String,
    issuing_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What making a new authority leaves to be taken away.
#[derive(Debug)]
pub struct RootKey {
    /// The root's private key as an `age` file.
    pub sealed: Vec<u8>,
    /// What opens it: `age -d` asks for it.
    pub passphrase: String,
}

/// A certificate for a terminal.
#[derive(Debug)]
pub struct TerminalIssued {
    /// The certificate, PEM.
    pub pem: String,
    /// Its last instant.
    pub not_after: Timestamp,
    /// SHA-256 of the public key in it.
    pub key_hash: [u8; 32],
}

/// A certificate and a key for a listener.
#[derive(Debug)]
pub struct ServerIssued {
    /// The certificate and the issuing one, PEM.
    pub chain_pem: String,
    /// The private key, PEM.
    pub key_pem: String,
}

/// What can go wrong with the authority.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file can't be read or written.
    #[error("{path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Some of the authority's files are there and some not.
    #[error(
        "the certificate authority in {0} is incomplete: expected root.pem, issuing.pem and issuing.key; bring them back from a backup"
    )]
    Incomplete(PathBuf),
    /// Not a certificate request, or its signature is wrong.
    #[error("expected a certificate request, PEM")]
    Request(#[source] rcgen::Error),
    /// A certificate or key can't be made or read.
    #[error("make or read a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The root's key can't be sealed.
    #[error("seal the root's key")]
    Seal(#[source] io::Error),
}

impl Ca {
    /// Opens the authority in `folder`, or makes one where there is none.
    ///
    /// The second value is there after the making only: the caller must persist it for the admin to take away.
    ///
    /// # Errors
    /// [`CaError::Incomplete`] where only some of the files are there; else what the file system says.
    pub fn open_or_make(folder: &Path, now: Timestamp) -> Result<(Self, Option<RootKey>), CaError> {
        let files = ["root.pem", "issuing.pem", "issuing.key"].map(|name| folder.join(name));
        match files.iter().filter(|file| file.exists()).count() {
            0 => Self::make(folder, now).map(|(ca, root)| (ca, Some(root))),
            3 => Ok((Self::open(folder)?, None)),
            _ => Err(CaError::Incomplete(folder.into())),
        }
    }

    /// Opens the authority in `folder`.
    ///
    /// # Errors
    /// A file that is missing or not what its name says.
    pub fn open(folder: &Path) -> Result<Self, CaError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|source| CaError::File { path, source })
        };
        let (root_pem, issuing_pem) = (read("root.pem")?, read("issuing.pem")?);
        let key = KeyPair::from_pem(&read("issuing.key")?)?;
        let issuer = Issuer::from_ca_cert_pem(&issuing_pem, key)?;
        Ok(Self { root_pem, issuing_pem, issuer })
    }

    fn make(folder: &Path, now: Timestamp) -> Result<(Self, RootKey), CaError> {
        durable::private_folder(folder).map_err(|source| CaError::File { path: folder.into(), source })?;
        let root_key = KeyPair::generate()?;
        let root_params = authority("Lianxin root", BasicConstraints::Constrained(1), now);
        let root_pem = root_params.self_signed(&root_key)?.pem();
        let root = Issuer::new(root_params, root_key);

        let key = KeyPair::generate()?;
        let issuing_params = authority("Lianxin issuing", BasicConstraints::Constrained(0), now);
        let issuing_pem = issuing_params.signed_by(&key, &root)?.pem();
        let sealed = seal_root(&root.key().serialize_pem())?;

        let write = |name: &str, text: &str, readers| {
            let path = folder.join(name);
            durable::write_new(&path, text.as_bytes(), readers).map_err(|source| CaError::File { path, source })
        };
        write("root.pem", &root_pem, Readers::All)?;
        write("issuing.pem", &issuing_pem, Readers::All)?;
        write("issuing.key", &key.serialize_pem(), Readers::Owner)?;
        let issuer = Issuer::new(issuing_params, key);
        Ok((Self { root_pem, issuing_pem, issuer }, sealed))
    }

    /// The certificate that terminals pin, PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Root and issuing certificate, PEM: what a terminal's certificate is checked against.
    #[must_use]
    pub fn trusted_pem(&self) -> String {
        format!("{}{}", self.root_pem, self.issuing_pem)
    }

    /// Issues a terminal's certificate for the key in `csr_pem`.
    ///
    /// # Errors
    /// [`CaError::Request`] where that isn't a request or isn't signed by its own key.
    pub fn issue_terminal(
        &self,
        csr_pem: &str,
        terminal: TerminalNumber,
        now: Timestamp,
    ) -> Result<TerminalIssued, CaError> {
        let request = CertificateSigningRequestParams::from_pem(csr_pem).map_err(CaError::Request)?;
        let not_after = now + TERMINAL_LIFE;
        let mut params = leaf(&terminal.to_string(), now, not_after);
        params.distinguished_name.push(DnType::OrganizationName, "Lianxin terminal");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let pem = params.signed_by(&request.public_key, &self.issuer)?.pem();
        let key_hash = wire::event::hash(&request.public_key.subject_public_key_info());
        Ok(TerminalIssued { pem, not_after, key_hash })
    }

    /// Issues a certificate and a key for a listener with these names and addresses.
    ///
    /// # Errors
    /// A name that can't stand in a certificate.
    pub fn issue_server(&self, names: &[String], now: Timestamp) -> Result<ServerIssued, CaError> {
        let key = KeyPair::generate()?;
        let mut params = leaf("Lianxin host", now, now + SERVER_LIFE);
        params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        let chain_pem = format!("{}{}", certificate.pem(), self.issuing_pem);
        Ok(ServerIssued { chain_pem, key_pem: key.serialize_pem() })
    }
}

fn authority(name: &str, constraints: BasicConstraints, now: Timestamp) -> CertificateParams {
    let mut params = leaf(name, now, now + AUTHORITY_LIFE);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf(name: &str, now: Timestamp, not_after: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = SystemTime::from(now - LEEWAY).into();
    params.not_after = SystemTime::from(not_after).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    // Drawn, so that two certificates for one key differ in their serial numbers.
    params.serial_number = Some(SerialNumber::from_slice(uuid::Uuid::new_v4().as_bytes()));
    params
}

fn seal_root(key_pem: &str) -> Result<RootKey, CaError> {
    let passphrase = crate::keys::draw_words();
    let mut recipient = age::scrypt::Recipient::new(passphrase.clone().into());
    // The passphrase has 100 drawn bits: stretching it further protects nothing and only costs time.
    recipient.set_work_factor(10);
    let encrypted = age::encrypt(&recipient, key_pem.as_bytes());
    let sealed = encrypted.map_err(|error| CaError::Seal(io::Error::other(error)))?;
    Ok(RootKey { sealed, passphrase })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn an_authority_opens_again_and_its_root_key_is_not_on_the_machine_in_the_clear() {
        let folder = tempfile::tempdir().unwrap();
        let (made, root) = Ca::open_or_make(folder.path(), now()).unwrap();
        let root = root.unwrap();
        let (opened, again) = Ca::open_or_make(folder.path(), now()).unwrap();
        assert!(again.is_none());
        assert_eq!(made.root_pem(), opened.root_pem());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        let identity = age::scrypt::Identity::new(root.passphrase.into());
        let key = age::decrypt(&identity, &root.sealed).unwrap();
        assert!(String::from_utf8(key).unwrap().contains("PRIVATE KEY"));
    }

    #[test]
    fn an_incomplete_authority_is_said_and_never_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        Ca::open_or_make(folder.path(), now()).unwrap();
        fs::remove_file(folder.path().join("issuing.key")).unwrap();
        assert!(matches!(Ca::open_or_make(folder.path(), now()), Err(CaError::Incomplete(_))));
    }

    #[test]
    fn a_terminals_certificate_takes_only_the_key_of_its_request() {
        let folder = tempfile::tempdir().unwrap();
        let (ca, _) = Ca::open_or_make(folder.path(), now()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["evil.example".into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "00099");
        let csr = params.serialize_request(&key).unwrap().pem().unwrap();
        let issued = ca.issue_terminal(&csr, TerminalNumber::new(7).unwrap(), now()).unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(issued.pem.as_bytes()).unwrap();
        let certificate = pem.parse_x509().unwrap();
        assert_eq!(certificate.subject().iter_common_name().next().unwrap().as_str(), Ok("00007"));
        assert!(certificate.subject_alternative_name().unwrap().is_none());
        assert_eq!(certificate.validity().not_after.timestamp(), (now() + TERMINAL_LIFE).as_second());
        assert!(matches!(ca.issue_terminal("hello", TerminalNumber::new(7).unwrap(), now()), Err(CaError::Request(_))));
    }
}
