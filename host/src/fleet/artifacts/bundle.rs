//! RAUC bundles: who signed one, for which devices it is and which version, as `rauc info` tells.
//!
//! Invariants: nothing here reads a bundle. RAUC is a process of its own that ends with the question; what it says is
//! read up to [`ANSWER_MAX`], and of a complaint its last line is passed on, up to [`SAID_MAX`].
//! Source: RAUC's reference, "Command Line Interface"; versions 1.8 to 1.15 answer with the fields that are read here.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

use super::Label;

/// An answer with hundreds of images is 64 KiB.
const ANSWER_MAX: u64 = 256 * 1024;

/// Characters: of a complaint, of whom it is for, of a version.
const SAID_MAX: usize = 200;

/// A bundle of 4 GiB is read from a slow disk in three minutes.
const PATIENCE: Duration = Duration::from_mins(10);

/// Bytes of a `plain` bundle: of a longer one RAUC before 1.15.2 signs and checks only a part (CVE-2026-34155).
const PLAIN_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// What RAUC of every version logs of a manifest that was signed by itself, and of a `plain` bundle.
const INLINE: &str = "Verified inline signature";
const DETACHED: &str = "Verified detached signature";

/// Why a bundle is not taken for what it is said to be.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum Unsound {
    #[error("no keyring to check signatures of bundles with; set rauc_keyring in host.toml")]
    NoKeyring,
    #[error(
        "{program} checks signatures of bundles and can't be started; install the packages rauc and squashfs-tools"
    )]
    NoRauc {
        program: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("RAUC refuses the bundle: {0}")]
    Refused(String),
    #[error("the bundle is version {bundle}, the artifact {artifact}; add it with its own version")]
    OtherVersion { bundle: String, artifact: Label },
    #[error("a plain bundle above {0} bytes may have been checked in part only; make one with the format verity")]
    InPart(u64),
    #[error("RAUC did not answer within {0:?}")]
    Silent(Duration),
    #[error("RAUC answered more than {ANSWER_MAX} bytes")]
    TooMuch,
    #[error("RAUC names no {0} of the bundle that can be used")]
    Unusable(&'static str),
    #[error("RAUC's answer can't be read")]
    Unread(#[source] io::Error),
}

/// Whoever checks bundles.
#[derive(Debug, Clone)]
pub struct Rauc {
    /// The program.
    pub program: PathBuf,
    /// Certificates, PEM: who may sign bundles. Without them none is sound.
    pub keyring: Option<PathBuf>,
    /// How long it may take over one.
    pub patience: Duration,
    /// Bytes that a `plain` bundle may have.
    pub plain_max: u64,
}

/// Of its answer, what is asked for here.
#[derive(Debug, Deserialize)]
struct Told {
    compatible: Option<String>,
    version: Option<String>,
}

/// RAUC at work, with what it starts itself.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let still = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = still.and_then(Pid::from_raw) {
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

impl Rauc {
    /// The system's, which trusts the certificates of this keyring.
    #[must_use]
    pub fn trusting(keyring: Option<PathBuf>) -> Self {
        Self { program: "rauc".into(), keyring, patience: PATIENCE, plain_max: PLAIN_MAX }
    }

    /// Which devices a bundle of so many bytes is for, where its signature is good and it is this version.
    pub(super) async fn check(&self, bundle: &Path, size: u64, version: &Label) -> Result<String, Unsound> {
        let keyring = self.keyring.as_deref().ok_or(Unsound::NoKeyring)?;
        let answer = timeout(self.patience, self.ask(keyring, bundle)).await;
        let (answer, log) = answer.map_err(|_| Unsound::Silent(self.patience)).flatten()?;
        if size > self.plain_max && may_be_plain(&log) {
            return Err(Unsound::InPart(self.plain_max));
        }
        let told: Told = serde_json::from_slice(&answer).map_err(|error| Unsound::Unread(error.into()))?;
        let own = usable(told.version).ok_or(Unsound::Unusable("version"))?;
        if own != version.as_str() {
            return Err(Unsound::OtherVersion { bundle: own, artifact: version.clone() });
        }
        usable(told.compatible).ok_or(Unsound::Unusable("compatible"))
    }

    /// The answer, and what it logged.
    async fn ask(&self, keyring: &Path, bundle: &Path) -> Result<(Vec<u8>, Vec<u8>), Unsound> {
        let mut command = Command::new(&self.program);
        command.arg("info").arg("--keyring").arg(keyring).arg("--output-format=json").arg(bundle);
        // What it logs for those who look for faults would stand in the answer.
        command.env("LC_ALL", "C").env_remove("G_MESSAGES_DEBUG").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = command.spawn().map_err(|source| Unsound::NoRauc { program: self.program.clone(), source })?;
        let mut rauc = Running(started);
        let (answer, log) = tokio::try_join!(all_of(rauc.0.stdout.take()), all_of(rauc.0.stderr.take()))?;
        let ended = rauc.0.wait().await.map_err(Unsound::Unread)?;
        if ended.success() { Ok((answer, log)) } else { Err(Unsound::Refused(last_line(&log))) }
    }
}

async fn all_of(stream: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Unsound> {
    let mut text = Vec::new();
    if let Some(stream) = stream {
        stream.take(ANSWER_MAX + 1).read_to_end(&mut text).await.map_err(Unsound::Unread)?;
    }
    if text.len() as u64 > ANSWER_MAX { Err(Unsound::TooMuch) } else { Ok(text) }
}

fn usable(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text.chars().count() <= SAID_MAX && !text.chars().any(char::is_control))
}

/// What is in a bundle may write into the log as well, but strike nothing from it.
fn may_be_plain(log: &[u8]) -> bool {
    let log = String::from_utf8_lossy(log);
    !log.contains(INLINE) || log.contains(DETACHED)
}

fn last_line(log: &[u8]) -> String {
    let log = String::from_utf8_lossy(log);
    let line = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("without a word");
    line.chars().filter(|c| !c.is_control()).take(SAID_MAX).collect()
}
