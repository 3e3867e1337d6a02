//! From the enrolment file to a certificate, and from one certificate to the next.
//!
//! Invariant: never gives up and never hurries; a terminal without a certificate goes on taking suggestions.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    sync::{Notify, watch},
    time,
};
use tracing::{error, info, warn};
use wire::enrol::{EnrolRequest, Enrolled, Enrolment, RenewRequest};

use super::identity::{IdentityError, IdentityStore, issued, renewal_due};
use crate::{
    backoff::{Backoff, Dice},
    clock::Clock,
    config::ConfigError,
    https::{self, HostDate, HttpsError, Identity},
};

/// The version of the enrolment file that this program reads.
const VERSION: u32 = 1;

/// A certificate chain, PEM.
const ENROLLED_MAX: usize = 64 * 1024;

/// The host may be away for days; a terminal waits for its first certificate with a technician before it.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300) };

/// A refused token needs a person and another file.
const REFUSED_REST: Duration = Duration::from_secs(600);

/// How often the certificate's age is looked at.
const LOOK: Duration = Duration::from_secs(3600);

/// Why the host gave no certificate.
#[derive(Debug, thiserror::Error)]
pub enum RefusedByHost {
    /// It can't be reached, or broke off.
    #[error("the host did not answer: {0}")]
    NoAnswer(String),
    /// It says no.
    #[error("the host answered {0}")]
    Status(u16),
    /// It answers something else.
    #[error("the answer is not the host's")]
    NotAnAnswer,
    /// No client can be made.
    #[error("reach the host")]
    Client(#[from] HttpsError),
    /// The certificate can't be kept.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Makes HTTPS clients that trust the enrolment's CA alone.
#[derive(Clone)]
pub struct Clients {
    ca: String,
    written: Timestamp,
    clock: Arc<dyn Clock>,
    doubts: Arc<Notify>,
}

impl Clients {
    /// A client that shows `identity`, where there is one.
    ///
    /// # Errors
    /// A certificate or key that is not one.
    pub fn client(&self, identity: Option<&Identity>) -> Result<reqwest::Client, HttpsError> {
        let floor = identity.and_then(issued).map_or(self.written, |issued| issued.max(self.written));
        https::doubting_client(&self.ca, identity, Arc::clone(&self.clock), floor, Arc::clone(&self.doubts))
    }

    /// A client for the question what day it is.
    pub(super) fn dayless_client(&self) -> Result<reqwest::Client, HttpsError> {
        https::dayless_client(&self.ca, Arc::clone(&self.clock))
    }

    /// Told whenever a date spoke against a host.
    pub(super) fn doubts(&self) -> Arc<Notify> {
        Arc::clone(&self.doubts)
    }

    /// The pinned root, PEM.
    pub(super) fn ca(&self) -> &str {
        &self.ca
    }
}

/// The terminal's membership.
pub struct Fleet {
    path: PathBuf,
    enrolment: Enrolment,
    store: IdentityStore,
    clock: Arc<dyn Clock>,
    host_date: Arc<HostDate>,
    doubts: Arc<Notify>,
    dice: Dice,
}

/// Checks what an enrolment file must hold beyond its form.
fn check(path: &Path, enrolment: &Enrolment) -> Result<(), ConfigError> {
    let wrong = |problem: String| Err(ConfigError::Settings { path: path.to_owned(), problem });
    if enrolment.v != VERSION {
        return wrong(format!("v: expected {VERSION}, found {}", enrolment.v));
    }
    if !https::is_certificate(&enrolment.ca) {
        return wrong("ca: expected the certificate of the host's CA, PEM".into());
    }
    for (key, url) in [("fleet_url", &enrolment.fleet_url), ("county_url", &enrolment.county_url)] {
        if !reqwest::Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
            return wrong(format!("{key}: expected an address that begins with https://, found {url:?}"));
        }
    }
    let keys = &enrolment.county_keys;
    for (name, key) in [("working", &keys.working), ("recovery", &keys.recovery)] {
        if key.parse::<age::x25519::Recipient>().is_err() {
            return wrong(format!("county_keys.{name}: expected an age recipient (age1…), found {key:?}"));
        }
    }
    Ok(())
}

impl Fleet {
    /// Takes the enrolment file that was read from `path`.
    ///
    /// # Errors
    /// What the file lacks, by key and expectation.
    pub fn new(
        path: &Path,
        enrolment: Enrolment,
        store: IdentityStore,
        clock: Arc<dyn Clock>,
        host_date: Arc<HostDate>,
        dice: Dice,
    ) -> Result<Self, ConfigError> {
        check(path, &enrolment)?;
        Ok(Self { path: path.to_owned(), enrolment, store, clock, host_date, doubts: Arc::default(), dice })
    }

    /// What makes clients for this terminal.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients {
            ca: self.enrolment.ca.clone(),
            written: self.enrolment.bulletin.issued,
            clock: Arc::clone(&self.clock),
            doubts: Arc::clone(&self.doubts),
        }
    }

    /// Sees to it that there is a certificate, and tells each one; `refused` says that the county knew it no more.
    pub async fn keep_enrolled(mut self, known: watch::Sender<Option<Identity>>, refused: Arc<Notify>) {
        let mut failures = 0;
        loop {
            let stored = self.store.read().unwrap_or_else(|error| {
                error!(error = https::why(&error), "the terminal's identity can't be read");
                None
            });
            let Some(identity) = stored else {
                match self.enrol().await {
                    Ok(identity) => {
                        failures = 0;
                        info!("enrolled");
                        known.send_replace(Some(identity));
                    }
                    Err(error) => self.rest(&error, &mut failures, "enrol").await,
                }
                continue;
            };
            if known.borrow().as_ref().is_none_or(|shown| shown.certificate != identity.certificate) {
                known.send_replace(Some(identity.clone()));
            }
            if !self.renewal_is_due(&identity) {
                tokio::select! {
                    () = time::sleep(LOOK) => continue,
                    () = refused.notified() => warn!("the county refuses this terminal's certificate; asking for another"),
                }
            }
            match self.renew(&identity).await {
                Ok(identity) => {
                    failures = 0;
                    info!("renewed the certificate");
                    known.send_replace(Some(identity));
                }
                Err(error) => self.rest(&error, &mut failures, "renew the certificate").await,
            }
        }
    }

    async fn rest(&mut self, error: &RefusedByHost, failures: &mut u32, what: &str) {
        *failures = failures.saturating_add(1);
        let mut rest = BACKOFF.wait(*failures, (self.dice)());
        if let RefusedByHost::Status(status @ (400..=428 | 430..=499)) = error {
            rest = REFUSED_REST + rest;
            error!(
                status,
                file = %self.path.display(),
                "the host refuses to {what}: its one-time token is used up or the terminal is revoked; \
                 expected a new enrolment file from `host terminal add`"
            );
        } else {
            warn!(error = https::why(error), rest_ms = rest.as_millis(), "could not {what} yet");
        }
        time::sleep(rest).await;
    }

    fn renewal_is_due(&self, identity: &Identity) -> bool {
        let wall = self.clock.wall();
        let day = if wall.quality.shows_a_day() { Some(wall.at) } else { self.host_date.at(self.clock.monotonic()) };
        day.zip(renewal_due(identity)).is_some_and(|(day, due)| day >= due)
    }

    async fn enrol(&self) -> Result<Identity, RefusedByHost> {
        let request = EnrolRequest {
            terminal: self.enrolment.terminal,
            token: self.enrolment.token.clone(),
            csr: self.store.request()?,
        };
        let enrolled: Enrolled = self.post(None, "enrol", &request).await?;
        self.keep(&enrolled)
    }

    async fn renew(&self, identity: &Identity) -> Result<Identity, RefusedByHost> {
        let request = RenewRequest { csr: self.store.request()? };
        let enrolled: Enrolled = self.post(Some(identity), "renew", &request).await?;
        self.keep(&enrolled)
    }

    fn keep(&self, enrolled: &Enrolled) -> Result<Identity, RefusedByHost> {
        Ok(self.store.keep(&enrolled.certificate)?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        identity: Option<&Identity>,
        route: &str,
        request: &impl Serialize,
    ) -> Result<T, RefusedByHost> {
        let url = format!("{}/{route}", self.enrolment.fleet_url.trim_end_matches('/'));
        let no_answer = |error: reqwest::Error| RefusedByHost::NoAnswer(https::why(&error.without_url()));
        let answer = self.clients().client(identity)?.post(url).json(request).send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        if !(200..=299).contains(&status) {
            return Err(RefusedByHost::Status(status));
        }
        let body =
            https::body(answer, ENROLLED_MAX).await.map_err(|error| RefusedByHost::NoAnswer(https::why(&error)))?;
        serde_json::from_slice(&body).map_err(|_| RefusedByHost::NotAnAnswer)
    }
}
