//! HTTPS to the host, and to nobody else: only the certificate authority of the enrolment file is trusted.
//!
//! Invariant: checks of certificates are never off (`judge` says which day they go by), no other root is ever asked, no
//! redirect and no proxy is followed, and no answer grows beyond its bound. The provider of cryptography is aws-lc-rs.

mod judge;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::sync::Notify;

use self::judge::{Day, Judge, NotBefore, roots};
use crate::clock::Clock;

/// A mobile network with one bar shakes hands within this.
const CONNECT: Duration = Duration::from_secs(15);

/// Between two bytes of an answer.
const SILENCE: Duration = Duration::from_secs(20);

/// From the first byte out to the last byte in, for requests that carry no deadline of their own.
const WHOLE: Duration = Duration::from_secs(60);

/// What the terminal shows of itself: certificate chain and key, PEM.
#[derive(Clone)]
pub struct Identity {
    /// The terminal's certificate, perhaps with the ones above it.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The CA is not a certificate.
    #[error("ca: expected a certificate, PEM")]
    Ca,
    /// The terminal's own certificate or key is not one.
    #[error("expected the terminal's certificate and its key, PEM")]
    Identity,
    /// rustls refuses them.
    #[error("set up TLS")]
    Tls(#[from] rustls::Error),
    /// reqwest refuses the set-up.
    #[error("set up the HTTP client")]
    Client(#[from] reqwest::Error),
}

/// Why an answer has no use.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It broke off.
    #[error("the answer broke off")]
    BrokeOff(#[from] reqwest::Error),
    /// It is longer than such an answer can be.
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
}

/// Makes a client that trusts the authority `ca` (PEM) alone and shows `identity` where there is one.
///
/// Certificates are judged by `clock`: by the host's time where it was heard in this boot, else by what the clock shows
/// but never before `floor`, the build and the last time that the host signed.
///
/// # Errors
/// A CA, certificate or key that is not one.
pub fn client(
    ca: &str,
    identity: Option<&Identity>,
    clock: Arc<dyn Clock>,
    floor: Timestamp,
) -> Result<reqwest::Client, HttpsError> {
    doubting_client(ca, identity, clock, floor, Arc::default())
}

/// The same, and tells `doubts` of every host that a date spoke against: the clock may be wrong.
///
/// # Errors
/// As [`client`].
pub fn doubting_client(
    ca: &str,
    identity: Option<&Identity>,
    clock: Arc<dyn Clock>,
    floor: Timestamp,
    doubts: Arc<Notify>,
) -> Result<reqwest::Client, HttpsError> {
    build(ca, identity, NotBefore::new(clock, floor), Day::Clock(doubts))
}

/// A client for the question what day it is: the host's certificate is judged as of its own day. For nothing else.
///
/// # Errors
/// A CA that is not one.
pub fn dayless_client(ca: &str, clock: Arc<dyn Clock>) -> Result<reqwest::Client, HttpsError> {
    build(ca, None, NotBefore::new(clock, Timestamp::UNIX_EPOCH), Day::ItsOwn)
}

fn build(ca: &str, identity: Option<&Identity>, time: NotBefore, day: Day) -> Result<reqwest::Client, HttpsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let judge = Judge::new(roots(ca)?, Arc::clone(&provider), day)?;
    let tls = ClientConfig::builder_with_details(provider, Arc::new(time))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge));
    let mut tls = match identity {
        None => tls.with_no_client_auth(),
        Some(identity) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect();
            let chain = chain.map_err(|_| HttpsError::Identity)?;
            let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(|_| HttpsError::Identity)?;
            if chain.is_empty() {
                return Err(HttpsError::Identity);
            }
            tls.with_client_auth_cert(chain, key)?
        }
    };
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(concat!("lianxin-terminal/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .tcp_nodelay(true)
        .build()?;
    Ok(client)
}

/// The day by the host's answers, which only the pinned CA's holder can give; for terminals whose clock nobody set.
#[derive(Debug, Default)]
pub struct HostDate(Mutex<Option<(Timestamp, Duration)>>);

impl HostDate {
    /// Notes the `Date` of an answer that came at `now` of the monotonic clock.
    pub fn note(&self, date: Timestamp, now: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, now));
    }

    /// What the host's clock shows at `now`; none where it was never heard.
    #[must_use]
    pub fn at(&self, now: Duration) -> Option<Timestamp> {
        let (date, heard) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        date.checked_add(now.saturating_sub(heard)).ok()
    }
}

/// Reads a date of HTTP's.
///
/// Source: RFC 9110, 5.6.7; the form that everybody sends is one of RFC 2822's.
#[must_use]
pub fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}

/// Checks that a text is a certificate, PEM.
#[must_use]
pub fn is_certificate(pem: &str) -> bool {
    roots(pem).is_ok()
}

/// Reads an answer whole.
///
/// # Errors
/// One that breaks off, or has more than `max` bytes.
pub async fn body(mut answer: reqwest::Response, max: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > max {
            return Err(BodyError::TooLong(max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What keeps an error from being one line: reqwest says why only in its sources.
#[must_use]
pub fn why(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
