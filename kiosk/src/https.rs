//! HTTPS to the host, and to nobody else: only the certificate authority of the enrolment file is trusted.
//!
//! Invariant: checks of certificates are never off, no other root is ever asked, no redirect and no proxy is
//! followed, and no answer grows beyond its bound. The provider of cryptography is aws-lc-rs.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};
use wire::event::{ClockQuality, WallTime};

use crate::clock::{Clock, FIRST_DAY};

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

/// A terminal not renewed for so long has to be enrolled again by a person, so that a clock which nobody set and which
/// stands further behind the floor stands anywhere.
const BELIEVED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The time that certificates are checked by: the wall clock, but never before what is certainly past.
#[derive(Debug)]
struct NotBefore<C> {
    clock: C,
    floor: Timestamp,
    /// When the floor was certainly past, by the monotonic clock.
    since: Duration,
}

/// A clock that nobody set is believed only near the floor: there it goes on from the last shutdown, elsewhere it is
/// what an empty battery left, and would call every certificate expired for ever.
fn checked_by(wall: WallTime, floor: Timestamp, gone: Duration) -> Timestamp {
    if wall.quality != ClockQuality::Unset {
        return wall.at.max(floor);
    }
    let least = floor.checked_add(gone).unwrap_or(floor);
    let most = floor.checked_add(BELIEVED).unwrap_or(floor);
    if (least..=most).contains(&wall.at) { wall.at } else { least }
}

impl TimeProvider for NotBefore<SharedClock> {
    fn current_time(&self) -> Option<UnixTime> {
        let clock = &self.clock.0;
        let at = checked_by(clock.wall(), self.floor, clock.monotonic().saturating_sub(self.since));
        Some(UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).ok()?)))
    }
}

struct SharedClock(Arc<dyn Clock>);

impl std::fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Makes a client that trusts the authority `ca` (PEM) alone and shows `identity` where there is one.
///
/// A clock that stands before `floor` is taken to stand at it, and one that nobody set and that stands far behind it
/// too: such a terminal could otherwise not even ask what time it is.
///
/// # Errors
/// A CA, certificate or key that is not one.
pub fn client(
    ca: &str,
    identity: Option<&Identity>,
    clock: Arc<dyn Clock>,
    floor: Timestamp,
) -> Result<reqwest::Client, HttpsError> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca.as_bytes()).map_err(|_| HttpsError::Ca)?;
    roots.add(ca).map_err(|_| HttpsError::Ca)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let since = clock.monotonic();
    let time = Arc::new(NotBefore { clock: SharedClock(clock), floor: floor.max(FIRST_DAY), since });
    let tls = ClientConfig::builder_with_details(provider, time)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
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
    CertificateDer::from_pem_slice(pem.as_bytes()).is_ok_and(|der| RootCertStore::empty().add(der).is_ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_nobody_set_neither_expires_certificates_nor_goes_back_behind_them() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap();
        let (floor, hour) = (day("2027-01-10T00:00:00Z"), Duration::from_secs(3600));
        let by = |at, quality| checked_by(WallTime { at: day(at), quality }, floor, hour);
        for garbage in ["1970-01-01T00:00:09Z", "2027-01-09T00:00:00Z", "2060-01-01T00:00:00Z"] {
            assert_eq!(by(garbage, ClockQuality::Unset), day("2027-01-10T01:00:00Z"), "{garbage}");
        }
        let restored = "2027-02-20T00:00:00Z";
        assert_eq!(by(restored, ClockQuality::Unset), day(restored), "the last shutdown's stamp");
        for quality in [ClockQuality::Kept, ClockQuality::Ntp] {
            assert_eq!(by("2029-01-01T00:00:00Z", quality), day("2029-01-01T00:00:00Z"));
            assert_eq!(by("2020-01-01T00:00:00Z", quality), floor);
        }
    }
}
