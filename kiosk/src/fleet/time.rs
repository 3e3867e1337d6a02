//! Asks the host what time it is: at the start, then daily, and whenever a date speaks against a host.
//!
//! Invariant: only an answer to this very question counts, signed by a key that the pinned root certified for this and
//! nothing else, at a time at which that certificate was good. It is on the disk before anybody goes by it. A fresh
//! answer may stand before the last one: then that one was wrong.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time;
use tracing::{error, info, warn};
use wire::time::{BUILT, Nonce, PATH, TimeAnswer, TimeRequest, signed_bytes};

use super::{
    enrol::Clients,
    signed::{self, NotSigned, Purpose},
};
use crate::{
    backoff::{Backoff, Dice},
    clock::{Clock, Trusted, TrustedClock},
    durable,
    https::{self, HttpsError},
};

/// A nonce, a time, a signature and two certificates.
const ANSWER_MAX: usize = 16 * 1024;

/// An answer may be as old as the question: a slower one says too little.
const ROUND_TRIP: Duration = Duration::from_secs(10);

/// A quartz drifts by less than ten seconds in a day.
const DAILY: Duration = Duration::from_secs(24 * 3600);

/// A host whose own certificate has really expired is doubted at each try; it is asked no more often than this.
const AT_MOST: Duration = Duration::from_secs(60);

/// As for the first certificate: a technician may be waiting.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300) };

/// Both programs read it; a time is no secret.
const READABLE: u32 = 0o644;

/// Why the time isn't known.
#[derive(Debug, thiserror::Error)]
pub enum TimeRefused {
    /// The host can't be reached, or broke off.
    #[error("the host did not answer: {0}")]
    NoAnswer(String),
    /// The host says no; with 503, its own clock has to be set.
    #[error("the host answered {0}")]
    Status(u16),
    /// The host answers something else.
    #[error("the answer is not one")]
    NotAnAnswer,
    /// It answers another question.
    #[error("the answer is to another question")]
    Nonce,
    /// It took too long to say anything about the present.
    #[error("the answer took {0:?}, more than {ROUND_TRIP:?}")]
    Slow(Duration),
    /// A time before this program was built.
    #[error("the answer says {0}, before this program was built")]
    BeforeBuild(Timestamp),
    /// Its key is certified for something else: another terminal's, or a server's.
    #[error("the key under the answer is not certified for signing the time")]
    Purpose,
    /// Its key is not certified by the pinned root at that time.
    #[error("the key under the answer is not certified by the host's authority: {0}")]
    Chain(webpki::Error),
    /// The signature is not under these bytes.
    #[error("the signature under the answer is wrong")]
    Signature,
    /// No client can be made.
    #[error("reach the host")]
    Client(#[from] HttpsError),
}

/// Checks an answer that came `took` after its question, against the root `ca` (PEM); returns the host's time.
///
/// # Errors
/// What is wrong with it.
pub fn accept(ca: &str, nonce: Nonce, answer: &TimeAnswer, took: Duration) -> Result<Timestamp, TimeRefused> {
    if answer.nonce != nonce {
        return Err(TimeRefused::Nonce);
    }
    if took > ROUND_TRIP {
        return Err(TimeRefused::Slow(took));
    }
    if answer.at < BUILT {
        return Err(TimeRefused::BeforeBuild(answer.at));
    }
    let signature = answer.signature().ok_or(TimeRefused::NotAnAnswer)?;
    let bytes = signed_bytes(nonce, answer.at);
    signed::verify(ca, &answer.chain, Purpose::Time, answer.at, (&bytes, &signature))?;
    Ok(answer.at)
}

impl From<NotSigned> for TimeRefused {
    fn from(problem: NotSigned) -> Self {
        match problem {
            NotSigned::Root(problem) => Self::Client(problem),
            NotSigned::NotAChain => Self::NotAnAnswer,
            NotSigned::Purpose => Self::Purpose,
            NotSigned::Chain(problem) => Self::Chain(problem),
            NotSigned::Signature => Self::Signature,
        }
    }
}

/// Keeps the terminal's time the host's.
pub struct TimeKeeper {
    clients: Clients,
    url: String,
    clock: Arc<TrustedClock>,
    dice: Dice,
}

impl TimeKeeper {
    /// Asks the fleet role at `fleet_url`.
    #[must_use]
    pub fn new(clients: Clients, fleet_url: &str, clock: Arc<TrustedClock>, dice: Dice) -> Self {
        let url = format!("{}{PATH}", fleet_url.trim_end_matches('/'));
        Self { clients, url, clock, dice }
    }

    /// Never ends; calls `told` after each answer that counted.
    pub async fn keep(mut self, told: impl Fn()) {
        let doubts = self.clients.doubts();
        let mut failures = 0_u32;
        loop {
            match self.ask().await {
                Ok(at) => {
                    failures = 0;
                    info!(%at, "the host said what time it is");
                    self.goes_by(at);
                    told();
                    time::sleep(AT_MOST).await;
                    tokio::select! {
                        () = time::sleep(DAILY - AT_MOST) => {}
                        () = doubts.notified() => info!("a certificate's dates are wrong by this terminal's clock"),
                    }
                }
                Err(problem) => {
                    failures = failures.saturating_add(1);
                    let rest = BACKOFF.wait(failures, (self.dice)());
                    let why = https::why(&problem);
                    warn!(error = why, rest_ms = rest.as_millis(), "the host did not say what time it is");
                    time::sleep(rest).await;
                }
            }
        }
    }

    /// On the disk first; where that takes nothing, this program alone goes by it.
    fn goes_by(&self, at: Timestamp) {
        let trusted = Trusted::new(at, &*self.clock);
        let written = serde_json::to_vec(&trusted)
            .map_err(|error| error.to_string())
            .and_then(|bytes| durable::write(self.clock.path(), &bytes, READABLE).map_err(|error| https::why(&error)));
        if let Err(error) = written {
            error!(error, "the host's time can't be kept");
        }
        self.clock.takes(trusted);
    }

    async fn ask(&self) -> Result<Timestamp, TimeRefused> {
        let client = self.clients.dayless_client()?;
        let nonce = Nonce::draw();
        let asked = self.clock.monotonic();
        let no_answer = |error: reqwest::Error| TimeRefused::NoAnswer(https::why(&error.without_url()));
        let request = client.post(&self.url).json(&TimeRequest { nonce }).timeout(ROUND_TRIP);
        let answer = request.send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(TimeRefused::Status(status));
        }
        let body = https::body(answer, ANSWER_MAX).await.map_err(|e| TimeRefused::NoAnswer(https::why(&e)))?;
        let took = self.clock.monotonic().saturating_sub(asked);
        let answer: TimeAnswer = serde_json::from_slice(&body).map_err(|_| TimeRefused::NotAnAnswer)?;
        accept(self.clients.ca(), nonce, &answer, took)
    }
}
