//! TLS on the listening side: who serves, and who a terminal's certificate names.
//!
//! Invariants: a client's certificate is asked for, never demanded, at the handshake (`/enrol` has none yet); a foreign
//! one ends the handshake; one of ours that expired at most 400 days ago passes it and is marked by its last instant,
//! so that `/renew`, and only that route, can take it. The key of every certificate is proved by the handshake.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{
        ClientHello, ResolvesServerCert, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
    time_provider::TimeProvider,
};
use wire::ticket::TerminalNumber;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::clock::SharedClock;

/// What a terminal's certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalCertificate {
    /// The common name.
    pub terminal: TerminalNumber,
    /// The last instant.
    pub not_after: Timestamp,
    /// SHA-256 of the public key.
    pub key_hash: [u8; 32],
}

/// What is wrong with a certificate's or a key's file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Can't be read.
    #[error("{path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Isn't what its name says.
    #[error("{path}: expected {expected}")]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What belongs there.
        expected: &'static str,
    },
    /// Certificate and key don't fit each other, or the provider refuses them.
    #[error("{path}: the certificate and its key can't be used")]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Error,
    },
    /// The trusted certificates can't be used.
    #[error("{path}: the trusted certificates can't be used")]
    Trust {
        /// Their file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The certificate that a listener shows; replaced while it runs.
#[derive(Debug, Clone)]
pub struct ServerCertificate(Arc<RwLock<Arc<CertifiedKey>>>);

impl ServerCertificate {
    /// Reads a certificate chain and its key, PEM.
    ///
    /// # Errors
    /// A file that is missing or isn't what it should be, by name.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(certified(chain, key)?)))))
    }

    /// Reads them again; connections from then on see the new ones.
    ///
    /// # Errors
    /// As [`Self::read`]; the former certificate then stays.
    pub fn replace(&self, chain: &Path, key: &Path) -> Result<(), TlsError> {
        let new = Arc::new(certified(chain, key)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let certificates = read_certificates(chain)?;
    let text = read(key)?;
    let key = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| TlsError::NotPem { path: key.into(), expected: "a private key, PEM" })?;
    CertifiedKey::from_der(certificates, key, &aws_lc_rs::default_provider())
        .map_err(|source| TlsError::Pair { path: chain.into(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File { path: path.into(), source })
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let wrong = || TlsError::NotPem { path: path.into(), expected: "certificates, PEM" };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|_| wrong())?;
    if certificates.is_empty() { Err(wrong()) } else { Ok(certificates) }
}

/// The last instant of the first certificate of a PEM file, and the names it is for.
///
/// # Errors
/// A file that is missing or isn't a certificate.
pub fn validity(path: &Path) -> Result<(Timestamp, Vec<String>), TlsError> {
    let certificates = read_certificates(path)?;
    let wrong = || TlsError::NotPem { path: path.into(), expected: "certificates, PEM" };
    let (_, certificate) = X509Certificate::from_der(&certificates[0]).map_err(|_| wrong())?;
    let names = certificate.subject_alternative_name().ok().flatten().map(|san| {
        let name = |name: &GeneralName<'_>| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => match bytes.len() {
                4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::IpAddr::from(b).to_string()),
                _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::IpAddr::from(b).to_string()),
            },
            _ => None,
        };
        san.value.general_names.iter().filter_map(name).collect()
    });
    Ok((not_after(&certificate).ok_or_else(wrong)?, names.unwrap_or_default()))
}

fn not_after(certificate: &X509Certificate<'_>) -> Option<Timestamp> {
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}

/// What a certificate that passed the handshake says; none for one that names no terminal.
#[must_use]
pub fn terminal_certificate(der: &[u8]) -> Option<TerminalCertificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
    let key_hash = wire::event::hash(certificate.public_key().raw);
    Some(TerminalCertificate { terminal: name.parse().ok()?, not_after: not_after(&certificate)?, key_hash })
}

/// TLS for people: nobody is asked for a certificate.
///
/// # Errors
/// The provider lacks TLS 1.2 or 1.3.
pub fn people(certificate: ServerCertificate, clock: SharedClock) -> Result<ServerConfig, Error> {
    let config = ServerConfig::builder_with_details(provider(), Arc::new(Turnable(clock)))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificate));
    Ok(http_1_1(config))
}

/// TLS for terminals, whose certificates come from the authorities in `trusted` (PEM).
///
/// # Errors
/// Trusted certificates that can't be used; `origin` names them in the message.
pub fn terminals(
    certificate: ServerCertificate,
    trusted: &str,
    origin: &Path,
    late: jiff::SignedDuration,
    clock: SharedClock,
) -> Result<ServerConfig, TlsError> {
    let trust = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::Trust { path: origin.into(), source };
    let verifier = LateVerifier::of(trusted, origin, late)?;
    let config = ServerConfig::builder_with_details(provider(), Arc::new(Turnable(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|error| trust(error.into()))?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(certificate));
    Ok(http_1_1(config))
}

/// Checks terminals' certificates outside of a handshake; that whoever shows one has its key is shown by a signature.
#[derive(Debug)]
pub struct TerminalTrust(LateVerifier);

impl TerminalTrust {
    /// Trusts the authorities in `trusted` (PEM), and certificates that expired at most `late` ago.
    ///
    /// # Errors
    /// Trusted certificates that can't be used; `origin` names them in the message.
    pub fn new(trusted: &str, origin: &Path, late: jiff::SignedDuration) -> Result<Self, TlsError> {
        Ok(Self(LateVerifier::of(trusted, origin, late)?))
    }

    /// Checks a certificate (PEM, the terminal's first): what it says, and its public key, for P-256 a point.
    ///
    /// # Errors
    /// [`Error::InvalidCertificate`] where it isn't one, isn't one of ours, names no terminal or expired too long ago.
    pub fn check(&self, pem: &str, now: Timestamp) -> Result<(TerminalCertificate, Vec<u8>), Error> {
        let wrong = || Error::InvalidCertificate(CertificateError::BadEncoding);
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong())?;
        self.0.verify_client_cert(&der, &[], unix(now).ok_or_else(wrong)?)?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| wrong())?;
        let says = terminal_certificate(&der).ok_or_else(wrong)?;
        Ok((says, parsed.public_key().subject_public_key.data.to_vec()))
    }
}

fn http_1_1(mut config: ServerConfig) -> ServerConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// The one provider of cryptography.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// rustls reads the time where everything else does.
#[derive(Debug)]
struct Turnable(SharedClock);

impl TimeProvider for Turnable {
    fn current_time(&self) -> Option<UnixTime> {
        unix(self.0.now())
    }
}

fn unix(at: Timestamp) -> Option<UnixTime> {
    let seconds = u64::try_from(at.as_second()).ok()?;
    Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
}

/// Checks everything that webpki checks, and lets through what expired at most `late` ago.
#[derive(Debug)]
struct LateVerifier {
    inner: Arc<dyn ClientCertVerifier>,
    late: jiff::SignedDuration,
}

impl LateVerifier {
    fn of(trusted: &str, origin: &Path, late: jiff::SignedDuration) -> Result<Self, TlsError> {
        let trust = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::Trust { path: origin.into(), source };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(trusted.as_bytes()) {
            let certificate =
                certificate.map_err(|_| TlsError::NotPem { path: origin.into(), expected: "certificates, PEM" })?;
            roots.add(certificate).map_err(|error| trust(error.into()))?;
        }
        let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .allow_unauthenticated()
            .build()
            .map_err(|error| trust(error.into()))?;
        Ok(Self { inner, late })
    }
}

impl ClientCertVerifier for LateVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let expired = match self.inner.verify_client_cert(end_entity, intermediates, now) {
            Err(
                error @ Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }),
            ) => error,
            answer => return answer,
        };
        let ended = X509Certificate::from_der(end_entity).ok().and_then(|(_, certificate)| not_after(&certificate));
        let present = i64::try_from(now.as_secs()).ok().and_then(|now| Timestamp::from_second(now).ok());
        match (ended, present) {
            (Some(ended), Some(present)) if present.duration_since(ended) <= self.late => {
                // Everything but the time, checked as of the last instant at which the certificate was good.
                let then = unix(ended).ok_or(expired)?;
                self.inner.verify_client_cert(end_entity, intermediates, then)
            }
            _ => Err(expired),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
