//! Which day certificates are judged by.
//!
//! Invariant: name, chain and key are checked whatever the day is. The day is the host's own where it signed one in this
//! boot; a clock that nobody set never makes a certificate expire.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};
use tokio::sync::Notify;
use wire::{
    event::{ClockQuality, WallTime},
    time::BUILT,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::HttpsError;
use crate::clock::Clock;

/// The time that certificates are checked by: the host's, else the wall clock, but never before what is certainly past.
pub(super) struct NotBefore {
    clock: Arc<dyn Clock>,
    floor: Timestamp,
    /// When the floor was certainly past, by the monotonic clock.
    since: Duration,
}

impl NotBefore {
    /// What is at hand before the host was ever heard: `floor`, certainly past.
    pub(super) fn new(clock: Arc<dyn Clock>, floor: Timestamp) -> Self {
        let since = clock.monotonic();
        Self { clock, floor, since }
    }
}

impl fmt::Debug for NotBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotBefore").field("floor", &self.floor).finish_non_exhaustive()
    }
}

impl TimeProvider for NotBefore {
    fn current_time(&self) -> Option<UnixTime> {
        let floor = self.clock.trusted().unwrap_or(self.floor).max(BUILT);
        let gone = self.clock.monotonic().saturating_sub(self.since);
        unix(checked_by(self.clock.wall(), floor, gone).as_second())
    }
}

/// A fresh answer of the host's holds even before the floor; a clock that nobody set is not asked.
fn checked_by(wall: WallTime, floor: Timestamp, gone: Duration) -> Timestamp {
    match wall.quality {
        ClockQuality::Host => wall.at,
        ClockQuality::Ntp | ClockQuality::Kept => wall.at.max(floor),
        ClockQuality::Unset | ClockQuality::Unknown => floor.checked_add(gone).unwrap_or(floor),
    }
}

fn unix(seconds: i64) -> Option<UnixTime> {
    Some(UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).ok()?)))
}

/// Where a [`Judge`] takes the day from.
#[derive(Debug)]
pub(super) enum Day {
    /// From the client's clock; who is told where that spoke against a host.
    Clock(Arc<Notify>),
    /// From the certificate itself: its first instant.
    ItsOwn,
}

/// Judges a host's certificate as webpki does.
#[derive(Debug)]
pub(super) struct Judge {
    inner: Arc<WebPkiServerVerifier>,
    day: Day,
}

/// The authority `ca` (PEM), and no other.
pub(super) fn roots(ca: &str) -> Result<RootCertStore, HttpsError> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca.as_bytes()).map_err(|_| HttpsError::Ca)?;
    roots.add(ca).map_err(|_| HttpsError::Ca)?;
    Ok(roots)
}

impl Judge {
    pub(super) fn new(roots: RootCertStore, provider: Arc<CryptoProvider>, day: Day) -> Result<Self, HttpsError> {
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self { inner: inner.map_err(|_| HttpsError::Ca)?, day })
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let as_of = |day| self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, day);
        match &self.day {
            Day::Clock(doubts) => as_of(now).inspect_err(|error| {
                if is_about_the_date(error) {
                    doubts.notify_one();
                }
            }),
            // Those above it were there when it was issued.
            Day::ItsOwn => as_of(first_instant(end_entity).ok_or(CertificateError::BadEncoding)?),
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

fn is_about_the_date(error: &Error) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(
        error,
        Error::InvalidCertificate(Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
    )
}

fn first_instant(certificate: &[u8]) -> Option<UnixTime> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    unix(certificate.validity().not_before.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_nobody_set_neither_expires_certificates_nor_goes_back_behind_them() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap();
        let (floor, hour) = (day("2027-01-10T00:00:00Z"), Duration::from_secs(3600));
        let by = |at, quality| checked_by(WallTime { at: day(at), quality }, floor, hour);
        for anywhere in ["1970-01-01T00:00:09Z", "2027-01-09T00:00:00Z", "2027-02-20T00:00:00Z", "2060-01-01T00:00:00Z"]
        {
            assert_eq!(by(anywhere, ClockQuality::Unset), day("2027-01-10T01:00:00Z"), "{anywhere}");
        }
        for quality in [ClockQuality::Kept, ClockQuality::Ntp] {
            assert_eq!(by("2029-01-01T00:00:00Z", quality), day("2029-01-01T00:00:00Z"));
            assert_eq!(by("2020-01-01T00:00:00Z", quality), floor);
        }
        for told in ["2027-01-02T00:00:00Z", "2029-01-01T00:00:00Z"] {
            assert_eq!(by(told, ClockQuality::Host), day(told), "the host's answer holds before the floor too");
        }
    }
}
