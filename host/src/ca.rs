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

use aws_lc_rs::hkdf;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use wire::ticket::TerminalNumber;

use crate::{
    durable::{self, Readers},
    passphrase,
};

/// How long a terminal's certificate lives.
pub const TERMINAL_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long the certificate of a key lives that signs for terminals: the host draws that key at each start and certifies it
/// anew at half its life, so that one that leaked soon signs nothing.
pub const SIGNER_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

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

/// What a key signs for terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// What time it is.
    Time,
    /// What is asked of one terminal from afar.
    Diagnostics,
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
    #[error("{path}: the certificate authority needs it; an authority is never made anew, bring it back from a backup")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
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

/// An authority that is nowhere on the disk yet.
#[derive(Debug)]
pub struct Drawn {
    root_pem: String,
    issuing_pem: String,
    issuing_key_pem: String,
    /// What the caller must persist before it places the authority.
    pub root_key: RootKey,
}

impl Drawn {
    /// Writes the authority to `folder`, which must not be there; it appears whole or not at all.
    ///
    /// # Errors
    /// What the file system says.
    pub fn place(&self, folder: &Path) -> Result<Ca, CaError> {
        let trusted = format!("{}{}", self.root_pem, self.issuing_pem);
        let files = [
            ("root.pem", self.root_pem.as_bytes(), Readers::All),
            ("issuing.pem", self.issuing_pem.as_bytes(), Readers::All),
            ("issuing.key", self.issuing_key_pem.as_bytes(), Readers::Owner),
            ("trusted.pem", trusted.as_bytes(), Readers::All),
        ];
        durable::new_folder(folder, &files).map_err(|source| CaError::File { path: folder.into(), source })?;
        Ca::open(folder)
    }
}

impl Ca {
    /// Draws a new authority.
    ///
    /// # Errors
    /// The provider of cryptography.
    pub fn draw(now: Timestamp) -> Result<Drawn, CaError> {
        let root_key = KeyPair::generate()?;
        let root_params = authority("Lianxin root", BasicConstraints::Constrained(1), now);
        let root_pem = root_params.self_signed(&root_key)?.pem();
        let root = Issuer::new(root_params, root_key);
        let key = KeyPair::generate()?;
        let issuing_pem =
            authority("Lianxin issuing", BasicConstraints::Constrained(0), now).signed_by(&key, &root)?.pem();
        let root_key = seal_root(&root.key().serialize_pem())?;
        Ok(Drawn { root_pem, issuing_pem, issuing_key_pem: key.serialize_pem(), root_key })
    }

    /// Opens the authority in `folder`; none where there is no such folder.
    ///
    /// # Errors
    /// A file that is missing or not what its name says.
    pub fn find(folder: &Path) -> Result<Option<Self>, CaError> {
        if folder.exists() { Self::open(folder).map(Some) } else { Ok(None) }
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

    /// Derives a key for a purpose from the issuing key: whoever has the one has the other, and each purpose its own.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"lianxin host");
        let (purpose, mut key) = ([purpose.as_bytes()], [0; 32]);
        salt.extract(&self.issuer.key().serialize_der())
            .expand(&purpose, hkdf::HKDF_SHA256)
            .and_then(|derived| derived.fill(&mut key))
            .expect("invariant: 32 bytes can be derived");
        key
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

    /// Certifies a key that signs this, and nothing else; returns the certificate and the issuing one, PEM.
    ///
    /// # Errors
    /// The provider of cryptography.
    pub fn issue_signer(&self, key: &KeyPair, signs: Signs, now: Timestamp) -> Result<String, CaError> {
        let (name, purpose) = match signs {
            Signs::Time => ("Lianxin time", ExtendedKeyUsagePurpose::TimeStamping),
            Signs::Diagnostics => ("Lianxin diagnostics", ExtendedKeyUsagePurpose::CodeSigning),
        };
        let mut params = leaf(name, now, now + SIGNER_LIFE);
        params.extended_key_usages = vec![purpose];
        let certificate = params.signed_by(key, &self.issuer)?;
        Ok(format!("{}{}", certificate.pem(), self.issuing_pem))
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
    let passphrase = passphrase::draw();
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
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("fleet/ca");
        assert!(Ca::find(&folder).unwrap().is_none());
        let drawn = Ca::draw(now()).unwrap();
        let placed = drawn.place(&folder).unwrap();
        assert_eq!(Ca::find(&folder).unwrap().unwrap().root_pem(), placed.root_pem());
        assert!(drawn.place(&folder).is_err(), "never overwritten");
        let identity = age::scrypt::Identity::new(drawn.root_key.passphrase.clone().into());
        let key = String::from_utf8(age::decrypt(&identity, &drawn.root_key.sealed).unwrap()).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            assert_ne!(fs::read_to_string(file.unwrap().path()).unwrap(), key);
        }
    }

    #[test]
    fn an_incomplete_authority_is_said_and_never_made_anew() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("ca");
        Ca::draw(now()).unwrap().place(&folder).unwrap();
        fs::remove_file(folder.join("issuing.key")).unwrap();
        let error = Ca::find(&folder).unwrap_err().to_string();
        assert!(error.contains("issuing.key") && error.contains("never made anew"), "{error}");
    }

    #[test]
    fn a_terminals_certificate_takes_only_the_key_of_its_request() {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::draw(now()).unwrap().place(&folder.path().join("ca")).unwrap();
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
