//! Tells the host how the terminal is: when something changed, else every few minutes.
//!
//! Invariants: a kiosk that is silent is told as silent, never as well; a host that doesn't answer stops nothing, because
//! nobody waits for this but the first request of a contact (a villager's question does not), and that for [`FIRST_MOST`]
//! and only while an opened case is untold. [`Pace`] decides when, without I/O and without a clock.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    task, time,
};
use tracing::{info, warn};
use wire::{
    health::{CaseSwitch, Kiosk, PATH, Report, Taken, VERSION},
    ticket::TerminalNumber,
};

use super::{enrol::Clients, settings::SettingsKeeper, tamper::Tamper};
use crate::{
    backoff::{Backoff, Dice},
    clock::Clock,
    https::{self, HttpsError, Identity},
};

/// How often kiosk is asked, which costs a line on the machine's own socket.
const LOOK: Duration = Duration::from_secs(5);

/// Without news: often enough for an admin who looks in the morning, seldom enough for a mobile line that is paid by the
/// byte. Half of it is drawn, so that a thousand terminals don't keep step.
const QUIET: Duration = Duration::from_secs(300);

/// Kiosk needs a few seconds to start, and its printer some more to be looked at; silence that lasts longer is a fault.
const STARTS: Duration = Duration::from_secs(20);

/// After a failure.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(10), longest: Duration::from_secs(300) };

/// From the first byte out to the last byte in; a report has about a kilobyte.
const SEND_MOST: Duration = Duration::from_secs(10);

/// The longest that the first request of a contact waits for the report of an opened case: one that was sent before it
/// into the dead network, kiosk's answer, and its own way.
const FIRST_MOST: Duration = Duration::from_secs(25);

/// A count and a pair of braces.
const TAKEN_MAX: usize = 1024;

/// Why the host doesn't have the report.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// The terminal has no certificate.
    #[error("this terminal is not enrolled")]
    NotEnrolled,
    /// The host can't be reached, or broke off.
    #[error("the host did not answer: {0}")]
    NoAnswer(String),
    /// The host says no; with 404, it is older than this terminal.
    #[error("the host answered {0}")]
    Status(u16),
    /// The host answers something else.
    #[error("the answer is not one")]
    NotAnAnswer,
    /// No client can be made.
    #[error("reach the host")]
    Client(#[from] HttpsError),
}

/// When a report goes out.
#[derive(Debug, Default)]
pub struct Pace {
    failures: u32,
    not_before: Duration,
    due: Duration,
    /// Since when kiosk is silent; none, it isn't.
    silent_since: Option<Duration>,
}

impl Pace {
    /// Whether one goes out at `now`: `is_new` says that something changed since the last one that the host has,
    /// `is_silent` that kiosk says nothing, which it may for a while.
    pub fn is_due(&mut self, is_new: bool, is_silent: bool, now: Duration) -> bool {
        self.silent_since = is_silent.then(|| self.silent_since.unwrap_or(now));
        let starts = self.silent_since.is_some_and(|since| now.saturating_sub(since) < STARTS);
        now >= self.not_before && !starts && (is_new || now >= self.due)
    }

    /// The host has it; `share` (0 to 1) is drawn.
    pub fn told(&mut self, now: Duration, share: f64) {
        (self.failures, self.not_before) = (0, now);
        self.due = now + QUIET.mul_f64(0.75 + share.clamp(0.0, 1.0) / 2.0);
    }

    /// The host doesn't have it.
    pub fn failed(&mut self, now: Duration, share: f64) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + BACKOFF.wait(self.failures, share);
    }
}

/// Asks kiosk how it is; none where it is silent. May wait for a second or two.
pub type AskKiosk = Arc<dyn Fn() -> Option<Kiosk> + Send + Sync>;

/// Writes and sends reports.
#[derive(Clone)]
pub struct Reporter(Arc<Inner>);

struct Inner {
    clients: Clients,
    fleet_url: String,
    terminal: TerminalNumber,
    identity: watch::Receiver<Option<Identity>>,
    ask_kiosk: AskKiosk,
    tamper: Tamper,
    settings: SettingsKeeper,
    asks: watch::Sender<Option<u64>>,
    clock: Arc<dyn Clock>,
    /// Held while one is sent: two would only repeat each other.
    sent: Mutex<Sent>,
}

#[derive(Default)]
struct Sent {
    /// What lasts of the report that the host has.
    last: Option<Report>,
    seq: u64,
    /// The client of the certificate before it.
    client: Option<(String, reqwest::Client)>,
}

/// What a reporter needs.
pub struct ReporterParts {
    /// Makes clients that trust the host.
    pub clients: Clients,
    /// Address of the fleet role.
    pub fleet_url: String,
    /// Whose reports.
    pub terminal: TerminalNumber,
    /// The terminal's certificate, as it changes.
    pub identity: watch::Receiver<Option<Identity>>,
    /// Asks kiosk.
    pub ask_kiosk: AskKiosk,
    /// Who opened the case.
    pub tamper: Tamper,
    /// The settings from afar.
    pub settings: SettingsKeeper,
    /// Takes the number of what else the host asks, with each report that it took.
    pub asks: watch::Sender<Option<u64>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Reporter {
    /// Reports by these parts.
    #[must_use]
    pub fn new(parts: ReporterParts) -> Self {
        let ReporterParts { clients, fleet_url, terminal, identity, ask_kiosk, tamper, settings, asks, clock } = parts;
        let sent = Mutex::default();
        Self(Arc::new(Inner { clients, fleet_url, terminal, identity, ask_kiosk, tamper, settings, asks, clock, sent }))
    }

    /// Never ends.
    pub async fn keep(self, mut dice: Dice) {
        let mut pace = Pace::default();
        loop {
            if self.0.identity.borrow().is_some() {
                self.look(&mut pace, &mut dice).await;
            }
            time::sleep(LOOK).await;
        }
    }

    async fn look(&self, pace: &mut Pace, dice: &mut Dice) {
        let mut sent = self.0.sent.lock().await;
        let report = self.compose(&mut sent).await;
        let is_new = sent.last.as_ref() != Some(&report.lasting());
        if !pace.is_due(is_new, report.kiosk.is_none(), self.0.clock.monotonic()) {
            return;
        }
        let told = self.send(&mut sent, &report).await;
        let now = self.0.clock.monotonic();
        match told {
            Ok(()) => pace.told(now, dice()),
            Err(problem) => {
                pace.failed(now, dice());
                info!(error = https::why(&problem), "the host was not told how the terminal is");
            }
        }
    }

    /// Before the first request of a contact: an opened case is told before anything else. Returns at once where there
    /// is none, and after 25 seconds in any case.
    pub async fn tell_first(&self) {
        if !self.0.tamper.is_untold() {
            return;
        }
        let tell = async {
            let mut sent = self.0.sent.lock().await;
            // The one before may have told it while this one waited.
            if self.0.tamper.is_untold() {
                let report = self.compose(&mut sent).await;
                self.send(&mut sent, &report).await?;
            }
            Ok::<(), Untold>(())
        };
        match time::timeout(FIRST_MOST, tell).await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => warn!(error = https::why(&problem), "the host was not told of the opened case"),
            Err(_) => warn!("the host was not told of the opened case in time"),
        }
    }

    async fn compose(&self, sent: &mut Sent) -> Report {
        let Inner { ask_kiosk, clock, tamper, settings, .. } = &*self.0;
        let ask = Arc::clone(ask_kiosk);
        // A thread that panicked says as little as a kiosk that is silent.
        let kiosk = task::spawn_blocking(move || ask()).await.unwrap_or(None);
        settings.saw(kiosk.as_ref());
        let is_watched = kiosk.as_ref().is_some_and(|kiosk| kiosk.case_switch == Some(CaseSwitch::Watched));
        let uptime = clock.uptime();
        // Within a boot it rises over restarts of this program too.
        sent.seq = u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX).max(sent.seq.saturating_add(1));
        Report {
            v: VERSION,
            terminal: self.0.terminal,
            boot: clock.boot(),
            seq: sent.seq,
            wall: clock.wall(),
            uptime_s: uptime.as_secs(),
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            kiosk,
            tamper: tamper.report(is_watched),
            settings: settings.report(),
        }
    }

    async fn send(&self, sent: &mut Sent, report: &Report) -> Result<(), Untold> {
        let identity = self.0.identity.borrow().clone().ok_or(Untold::NotEnrolled)?;
        let client = match &sent.client {
            Some((certificate, client)) if *certificate == identity.certificate => client.clone(),
            _ => {
                let client = self.0.clients.client(Some(&identity))?;
                sent.client = Some((identity.certificate, client.clone()));
                client
            }
        };
        let no_answer = |error: reqwest::Error| Untold::NoAnswer(https::why(&error.without_url()));
        let url = format!("{}{PATH}", self.0.fleet_url.trim_end_matches('/'));
        let answer = client.post(url).timeout(SEND_MOST).json(report).send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(Untold::Status(status));
        }
        let body = https::body(answer, TAKEN_MAX).await.map_err(|error| Untold::NoAnswer(https::why(&error)))?;
        let taken: Taken = serde_json::from_slice(&body).map_err(|_| Untold::NotAnAnswer)?;
        // Only what was in this report: an opening since then is told by the next one.
        self.0.tamper.told(report.tamper.journal, taken.openings.min(report.tamper.openings));
        let mut last = report.lasting();
        // What was told is named no more; that alone is no news.
        last.tamper.new.clear();
        sent.last = Some(last);
        self.0.asks.send_replace(taken.diagnostics);
        self.0.settings.reached(&client, &self.0.fleet_url, taken.settings).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn news_goes_out_at_once_and_without_news_a_report_every_few_minutes() {
        let mut pace = Pace::default();
        assert!(pace.is_due(true, false, s(0)), "the first one");
        for (share, due) in [(0.0, 225), (0.5, 300), (0.999, 374)] {
            pace.told(s(1000), share);
            assert!(pace.is_due(true, false, s(1000)));
            assert!(!pace.is_due(false, false, s(1000 + due - 1)), "{share}");
            assert!(pace.is_due(false, false, s(1000 + due + 1)), "{share}");
        }
    }

    #[test]
    fn after_failures_it_waits_longer_each_time_and_news_waits_too() {
        let mut pace = Pace::default();
        for (failure, longest) in [10, 20, 40, 80, 160, 300, 300].into_iter().enumerate() {
            pace.failed(s(0), 1.0);
            assert!(!pace.is_due(true, false, s(longest - 1)) && pace.is_due(true, false, s(longest)), "{failure}");
        }
        pace.failed(s(0), 0.0);
        assert!(pace.is_due(true, false, s(0)), "the whole of it is drawn");
        pace.told(s(5), 0.0);
        pace.failed(s(500), 1.0);
        assert!(pace.is_due(true, false, s(510)), "after a success it begins anew");
    }

    #[test]
    fn a_kiosk_that_is_starting_is_waited_for_and_one_that_stays_silent_is_told_as_silent() {
        let mut pace = Pace::default();
        assert!(
            !pace.is_due(true, true, s(100)) && !pace.is_due(true, true, s(119)) && pace.is_due(true, true, s(120))
        );
        assert!(pace.is_due(true, false, s(121)), "it speaks");
        assert!(
            !pace.is_due(true, true, s(130)) && !pace.is_due(true, true, s(149)) && pace.is_due(true, true, s(150))
        );
    }
}
