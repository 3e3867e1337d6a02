//! What is asked of this terminal from afar: fetched when the host names it, judged, done while nobody is there, and told.
//!
//! Invariants: only a request that the host's own key signed for this terminal counts, and only what stands in
//! [`Diagnostic`] is done: nothing of a request is ever a command, a path or a line of code. [`state`] decides, without I/O.

mod state;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use state::{Now, Standing, Tried};
use tokio::{sync::watch, task, time};
use tracing::{error, info, warn};
use wire::{
    diagnostics::{Came, Diagnostic, LOG_MAX, Outcome, PATH, REQUEST_MAX, Request, SignedRequest, Why, signed_bytes},
    ticket::TerminalNumber,
};

use super::{
    enrol::Clients,
    signed::{self, NotSigned, Purpose},
};
use crate::{
    backoff::{Backoff, Dice},
    clock::Clock,
    control::{
        self, Silent,
        message::{Want, Wanted},
    },
    durable,
    https::{self, HttpsError, Identity, why},
    logs,
};

/// How often what waits is tried again.
const LOOK: Duration = Duration::from_secs(5);

/// After the host could not be told.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), longest: Duration::from_secs(300) };

/// From the first byte out to the last byte in; an outcome has some hundred kilobytes at most.
const SEND_MOST: Duration = Duration::from_secs(60);

/// Kiosk answers at once, and paints a picture within a second or two.
const KIOSK_ANSWERS: Duration = Duration::from_secs(10);

/// A slip takes seconds; a printer that is slow to say how it is takes longer.
const PRINTS_WITHIN: Duration = Duration::from_secs(60);

/// Long enough for the machine's programs to end in order.
const LEASE_S: u64 = 120;

/// Holds a log, which is for the agent alone.
const OWN: u32 = 0o600;

/// Why a request is not had, or an outcome not told.
#[derive(Debug, thiserror::Error)]
enum NotHad {
    #[error("this terminal is not enrolled")]
    NotEnrolled,
    #[error("the host did not answer: {0}")]
    NoAnswer(String),
    #[error("the host answered {0}")]
    Status(u16),
    #[error("what came is no request")]
    NotARequest,
    #[error("the request is for terminal {0}")]
    NotOurs(TerminalNumber),
    #[error("the request is not the host's")]
    NotSigned(#[from] NotSigned),
    #[error("reach the host")]
    Client(#[from] HttpsError),
}

/// What it needs.
pub struct DiagnosticsParts {
    /// Makes clients that trust the host.
    pub clients: Clients,
    /// Address of the fleet role.
    pub fleet_url: String,
    /// Of whom things are asked.
    pub terminal: TerminalNumber,
    /// The terminal's certificate, as it changes.
    pub identity: watch::Receiver<Option<Identity>>,
    /// The newest number that the host named; none, nothing waits.
    pub named: watch::Receiver<Option<u64>>,
    /// The control socket.
    pub control: PathBuf,
    /// Where it is written down.
    pub path: PathBuf,
    /// The command that starts the machine anew; empty, there is none.
    pub reboot: Vec<String>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Does what is asked.
pub struct Diagnostics {
    parts: DiagnosticsParts,
    standing: Standing,
    dice: Dice,
}

impl Diagnostics {
    /// Goes on from what is written down.
    #[must_use]
    pub fn open(parts: DiagnosticsParts, dice: Dice) -> Self {
        let standing = match fs::read(&parts.path).map(|bytes| serde_json::from_slice(&bytes)) {
            Ok(Ok(standing)) => standing,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Standing::default(),
            spoilt => {
                warn!(?spoilt, "what was asked from afar can't be read: it is forgotten");
                Standing::default()
            }
        };
        Self { parts, standing, dice }
    }

    /// Never ends.
    pub async fn keep(mut self) {
        let now = self.now().await;
        let woken = self.standing.clone().woken(now);
        self.stands(woken);
        let mut failures = 0_u32;
        loop {
            if let Some(outcome) = self.standing.untold.clone() {
                if let Err(problem) = self.tell(&outcome).await {
                    failures = failures.saturating_add(1);
                    info!(error = why(&problem), "the host was not told what came of what it asked");
                    time::sleep(BACKOFF.wait(failures, (self.dice)())).await;
                    continue;
                }
                failures = 0;
                info!(number = outcome.number, came = outcome.came.word(), "told what came of what was asked");
                let told = self.standing.clone().told();
                self.stands(told);
            } else if self.standing.at.is_some() {
                self.go_on().await;
                if self.standing.untold.is_none() {
                    time::sleep(LOOK).await;
                }
                continue;
            } else if self.parts.named.changed().await.is_err() {
                // Whoever names requests ends with this program.
                return std::future::pending().await;
            }
            // One after another, until nothing waits.
            if self.parts.named.borrow_and_update().is_some() {
                self.fetch().await;
            }
        }
    }

    async fn fetch(&mut self) {
        let request = match self.next().await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(problem) => return warn!(error = why(&problem), "what the host asks was not had"),
        };
        info!(number = request.number, what = request.what.word(), "asked from afar");
        let now = self.now().await;
        let before = self.standing.clone();
        let taken = before.clone().taken(&request, now);
        if !self.stands(taken) {
            // What is not written down might be done twice: it is not done at all until it is.
            self.standing = before;
        }
    }

    async fn go_on(&mut self) {
        let Some(what) = self.standing.is_to_try().cloned() else {
            let now = self.now().await;
            let looked = self.standing.clone().looked(now);
            self.stands(looked);
            return;
        };
        let tried = self.attempt(&what).await;
        let now = self.now().await;
        let is_reboot = what == Diagnostic::Reboot && tried == Tried::Begun;
        let next = self.standing.clone().tried(tried, now);
        let is_written = self.stands(next);
        if is_reboot {
            let began = if is_written {
                self.start_anew().await
            } else {
                Err(Why::Other("it can't be written down".to_owned()))
            };
            if let Err(why) = began {
                let failed = self.standing.clone().tried(Tried::Failed(why), now);
                self.stands(failed);
            }
        }
    }

    /// Goes by where it stands, and writes it down; whether that was written.
    fn stands(&mut self, next: Standing) -> bool {
        if next == self.standing {
            return true;
        }
        let bytes = serde_json::to_vec(&next).unwrap_or_default();
        self.standing = next;
        let written = durable::write(&self.parts.path, &bytes, OWN);
        if let Err(problem) = &written {
            error!(error = why(problem), "what is asked from afar can't be written down");
        }
        written.is_ok()
    }

    async fn now(&self) -> Now {
        let kiosk = self.of_kiosk(|control| control::health(control, KIOSK_ANSWERS)).await;
        let run = kiosk.ok().flatten().map(|kiosk| kiosk.run);
        Now { boot: self.parts.clock.boot(), uptime: self.parts.clock.uptime(), run }
    }

    /// Asks kiosk on a thread that may wait. A thread that panicked says as little as a kiosk that is silent.
    async fn of_kiosk<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Path) -> Result<T, Silent> + Send + 'static,
    ) -> Result<T, Silent> {
        let control = self.parts.control.clone();
        task::spawn_blocking(move || ask(&control)).await.unwrap_or(Err(Silent::NoPeer))
    }

    async fn attempt(&self, what: &Diagnostic) -> Tried {
        let (want, most) = match what {
            Diagnostic::Log => return Tried::Done(self.log().await),
            Diagnostic::Reboot if self.parts.reboot.is_empty() => return Tried::Refused(Why::NoReboot),
            Diagnostic::TestPrint => (Want::TestPrint, PRINTS_WITHIN),
            Diagnostic::Picture => (Want::Picture, KIOSK_ANSWERS),
            Diagnostic::RestartScreen => (Want::Restart, KIOSK_ANSWERS),
            Diagnostic::Reboot => (Want::Lease { seconds: LEASE_S }, KIOSK_ANSWERS),
            Diagnostic::Other(_) => return Tried::Refused(Why::NotKnown),
        };
        let starts_anew = matches!(what, Diagnostic::RestartScreen | Diagnostic::Reboot);
        match self.of_kiosk(move |control| control::want(control, most, want)).await {
            Err(Silent::Deadline) if *what == Diagnostic::TestPrint => Tried::Failed(Why::PrinterUnknown),
            Err(_) => Tried::Silent,
            Ok(Wanted::Busy) => Tried::Busy,
            Ok(Wanted::Failed) if *what == Diagnostic::TestPrint => Tried::Failed(Why::PrinterRefuses),
            Ok(Wanted::Failed) => Tried::Failed(Why::Other("its log says why".to_owned())),
            Ok(Wanted::Done) if starts_anew => Tried::Begun,
            Ok(Wanted::Done) => Tried::Done(Outcome::of(0, Came::Done, None)),
            Ok(Wanted::Sent) => Tried::Done(Outcome::of(0, Came::Sent, None)),
            Ok(Wanted::Picture(png)) => match STANDARD.decode(png) {
                Ok(png) => Tried::Done(Outcome::of(0, Came::Done, None).with_picture(&png)),
                Err(_) => Tried::Failed(Why::Other("the picture can't be read".to_owned())),
            },
        }
    }

    /// What both programs logged, by time.
    async fn log(&self) -> Outcome {
        let of = |program: &'static str| move |line: String| format!("{line}  [{program}]");
        let kiosk = self.of_kiosk(|control| control::log(control, KIOSK_ANSWERS)).await;
        let mut log: Vec<String> = logs::newest().into_iter().map(of("kiosk-agent")).collect();
        match kiosk {
            Ok(lines) => log.extend(lines.into_iter().map(of("kiosk"))),
            Err(silent) => log.push(format!("kiosk: {silent}")),
        }
        log.sort();
        let mut bytes: usize = log.iter().map(|line| line.len() + 1).sum();
        let too_many = log
            .iter()
            .take_while(|line| {
                bytes > LOG_MAX && {
                    bytes -= line.len() + 1;
                    true
                }
            })
            .count();
        log.drain(..too_many);
        Outcome { log, ..Outcome::of(0, Came::Done, None) }
    }

    /// Nobody begins a visit from here on, and what was asked is written down: the machine may go.
    async fn start_anew(&self) -> Result<(), Why> {
        let (program, arguments) = self.parts.reboot.split_first().ok_or(Why::NoReboot)?;
        let mut command = tokio::process::Command::new(program);
        let ended = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status().await;
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Why::Other(format!("the command that starts the machine anew failed: {status}"))),
            Err(problem) => {
                Err(Why::Other(format!("the command that starts the machine anew can't be run: {problem}")))
            }
        }
    }

    fn client(&self) -> Result<reqwest::Client, NotHad> {
        let identity = self.parts.identity.borrow().clone().ok_or(NotHad::NotEnrolled)?;
        Ok(self.parts.clients.client(Some(&identity))?)
    }

    fn url(&self) -> String {
        format!("{}{PATH}", self.parts.fleet_url.trim_end_matches('/'))
    }

    /// The oldest request that waits, found to be the host's and for this terminal; none, none does.
    async fn next(&self) -> Result<Option<Request>, NotHad> {
        let answer = self.client()?.get(self.url()).timeout(SEND_MOST).send().await.map_err(no_answer)?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            status => return Err(NotHad::Status(status)),
        }
        let body = https::body(answer, REQUEST_MAX).await.map_err(|error| NotHad::NoAnswer(why(&error)))?;
        let signed: SignedRequest = serde_json::from_slice(&body).map_err(|_| NotHad::NotARequest)?;
        judge(self.parts.clients.ca(), self.parts.terminal, &signed).map(Some)
    }

    /// An outcome that the host will never take is told: nobody waits for it.
    async fn tell(&self, outcome: &Outcome) -> Result<(), NotHad> {
        let url = format!("{}/{}", self.url(), outcome.number);
        let answer = self.client()?.put(url).timeout(SEND_MOST).json(outcome).send().await.map_err(no_answer)?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status @ (404 | 409 | 413 | 422) => {
                warn!(status, number = outcome.number, "the host takes no outcome of this any more");
                Ok(())
            }
            status => Err(NotHad::Status(status)),
        }
    }
}

fn no_answer(error: reqwest::Error) -> NotHad {
    NotHad::NoAnswer(why(&error.without_url()))
}

/// What is asked, where the host's own key signed it for this terminal. The chain is judged at the time that the host wrote
/// into the request, because this terminal's clock may never have been set; that nothing is done twice the number sees to.
fn judge(ca: &str, terminal: TerminalNumber, signed: &SignedRequest) -> Result<Request, NotHad> {
    let request: Request = serde_json::from_str(&signed.request).map_err(|_| NotHad::NotARequest)?;
    let signature = signed.signature().ok_or(NotHad::NotARequest)?;
    let bytes = signed_bytes(&signed.request);
    signed::verify(ca, &signed.chain, Purpose::Diagnostics, request.at, (&bytes, &signature))?;
    if request.terminal != terminal {
        return Err(NotHad::NotOurs(request.terminal));
    }
    Ok(request)
}
