//! A rollout: one release to many terminals, wave by wave.
//!
//! Invariants: does no I/O and reads no clock. A terminal has one open action at most; a retry is a new one. Nothing is
//! opened or offered while a rollout is paused or has ended, but to who began before. What
//! a terminal runs is what it reports, not what it was told. After a wave that lacks its sample only a person goes on.
//!
//! | phase | left by |
//! |---|---|
//! | awaits approval | approve (another person than made it), abort |
//! | running | pause, the stop rule, a sample that is late, its last terminal, close, abort, order back |
//! | paused | resume, abort, order back |
//! | asks | wait longer, go on, pause, the stop rule, abort, order back |
//! | finished, aborted | ends; order back works from here too |

mod asked;
mod gate;
mod plan;
mod step;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::ticket::TerminalNumber;

pub use gate::Tally;
pub use plan::{NotAPlan, Seed, Selector, Target, WAVES_MAX, order};
pub use step::step;
pub use window::{NotAWindow, Window, next_window};

/// The version of the state that this program writes.
pub const VERSION: u32 = 1;

/// A release, by the name under which the artifacts have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Release(pub String);

/// Somebody of the fleet's people, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Who(pub String);

/// Which of a terminal's actions in this rollout, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// How a terminal shows that it runs a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Our agent: success is said after a proven boot.
    Proved,
    /// The version that is read after the next boot.
    Reported,
    /// Nothing better than its word that it installed.
    Installed,
}

/// When a wave begins; never before the wave in front of it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A person says so.
    ByHand,
    /// At this time.
    At(Timestamp),
    /// As soon as the wave in front is good; the first, as soon as the rollout runs.
    AfterFormer,
}

/// The rules of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Of those that began, the most in percent that may fail, fall back or go silent.
    pub bad_percent_max: u8,
    /// Terminals of a wave that must have ended before it can be good; a smaller wave needs all of its own.
    pub sample_min: u32,
    /// Seconds from a wave's begin until a missing sample asks a person.
    pub sample_within_s: u32,
    /// Seconds that a wave is watched after its sample is there.
    pub bake_s: u32,
    /// Seconds after a feedback until a terminal counts as silent.
    #[serde(default = "silent_after_s")]
    pub silent_after_s: u32,
    /// More terminals than this need a second person's approval; none, no rollout does.
    #[serde(default)]
    pub approve_above: Option<u32>,
    /// Whether terminals that only say that they installed count at the gates.
    #[serde(default)]
    pub gate_installed: bool,
    /// When terminals may update, in their site's time; none, at any time.
    #[serde(default)]
    pub window: Option<Window>,
    /// Seconds that an update reasonably takes; nothing is offered that would not finish within its window.
    #[serde(default = "takes_s")]
    pub takes_s: u32,
}

/// The deadline of the design: 2 h.
const fn silent_after_s() -> u32 {
    2 * 60 * 60
}

/// A bundle of 200 MB takes 27 min at 1 Mbit/s.
const fn takes_s() -> u32 {
    30 * 60
}

/// Why a terminal is no longer part of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// It was revoked.
    Revoked,
    /// Two cards show its number; both are stopped.
    Cloned,
    /// Its action was cancelled before it began.
    Cancelled,
}

/// How far a terminal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Its wave has not begun.
    Planned,
    /// Its action is open and nothing was heard of it.
    Waiting,
    /// It gave a feedback.
    Began {
        /// It is silent from here on.
        #[schema(value_type = String, format = DateTime)]
        deadline: Timestamp,
        /// Whether it said that it installed; its version is still to be read.
        installed: bool,
    },
    /// It began, and then said nothing until its deadline.
    Silent {
        /// Whether it had said that it installed.
        installed: bool,
    },
    /// It runs the release, as far as its proof goes.
    Done,
    /// It ran the release before it was told to; outside the gates.
    Already,
    /// It could not install.
    Failed(String),
    /// It fell back to the former system.
    RolledBack(String),
    /// It said success and runs something else.
    RunsOther(Release),
    /// It is no longer part of this.
    Left(Left),
}

/// A terminal of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    /// Its wave, from 0.
    pub wave: usize,
    /// How it shows what it runs.
    pub proof: Proof,
    /// Its present or last action; 0, it had none.
    pub attempt: Attempt,
    /// How far it is.
    pub progress: Progress,
    /// The boot in which it last said what it runs.
    #[serde(default)]
    pub boot: Option<Uuid>,
}

/// How far a wave is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaveState {
    /// It has not begun.
    Planned,
    /// Its actions are open.
    Begun {
        /// When a missing sample asks a person.
        #[schema(value_type = String, format = DateTime)]
        sample_due: Timestamp,
        /// When it had its sample.
        #[schema(value_type = Option<String>, format = DateTime)]
        sampled: Option<Timestamp>,
    },
    /// It passed its gate, or a person let it.
    Good,
}

/// A wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Who is in it; terminals that join are chosen by it too.
    pub selector: Selector,
    /// When it begins.
    pub start: Start,
    /// How far it is.
    pub state: WaveState,
    /// Bad ones that a person has seen and gone on with.
    #[serde(default)]
    pub accepted_bad: u32,
}

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RolloutPhase)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A second person is to approve it.
    AwaitsApproval,
    /// Its waves go on by their rules.
    Running,
    /// Nobody begins; those that run finish.
    Paused(Paused),
    /// This wave lacks its sample; a person decides. Its terminals are still offered the release, no other wave begins.
    Asks(usize),
    /// Everybody ended, or a person closed it.
    Finished,
    /// What had not begun was cancelled.
    Aborted,
}

/// Why a rollout is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paused {
    /// Somebody paused it.
    By(Who),
    /// Too many of this wave are bad.
    StopRule(usize),
}

/// A rollout, to be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Version of the state.
    pub v: u32,
    /// What is to be installed.
    pub release: Release,
    /// What those that took it are ordered back to.
    pub former: Release,
    /// Who made it.
    pub made_by: Who,
    /// Who approved it.
    #[serde(default)]
    pub approved_by: Option<Who>,
    /// Of the ranks.
    pub seed: Seed,
    /// Its rules.
    pub policy: Policy,
    /// Where it stands.
    pub phase: Phase,
    /// Its waves, in order.
    pub waves: Vec<Wave>,
    /// Its terminals.
    pub members: BTreeMap<TerminalNumber, Member>,
    /// Whether those that took the release, and those that still will, are ordered back.
    #[serde(default)]
    pub ordered_back: bool,
}

/// What happens to a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// A second person approves.
    Approve(Who),
    /// A person begins the next wave.
    Begin,
    /// A person pauses.
    Pause(Who),
    /// A person goes on, with the bad ones that there are.
    Resume,
    /// A person gives the wave that asks as long again for its sample.
    WaitLonger,
    /// A person lets the wave that asks pass without its sample.
    GoOn,
    /// A person ends a rollout all of whose waves are good; who was never seen is left out.
    Close,
    /// A person cancels what has not begun.
    Abort,
    /// A person aborts and orders back those that took the release.
    OrderBack,
    /// A person has a terminal try again.
    Retry(TerminalNumber),
    /// A terminal came into the fleet.
    Joined(Target),
    /// A terminal is revoked.
    Revoked(TerminalNumber),
    /// Two cards show this number.
    Cloned(TerminalNumber),
    /// Another card has taken this terminal's place.
    Replaced(TerminalNumber),
    /// A terminal tells of its action.
    Feedback(TerminalNumber, Attempt, Feedback),
    /// A terminal's newest report names what it runs, and the boot in which it does.
    Runs(TerminalNumber, Release, Uuid),
}

/// What a terminal tells of its action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feedback {
    /// It is at it.
    Proceeding,
    /// `closed`, `success`.
    Success,
    /// `closed`, `failure`: it could not install.
    Failure(String),
    /// `closed`, `failure`: it booted the former system again.
    FellBack(String),
}

/// What is to be done, in one transaction with the rollout itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open this terminal's action.
    Open(TerminalNumber, Attempt),
    /// Cancel it.
    Cancel(TerminalNumber, Attempt),
    /// Tell people.
    Tell(Notice),
    /// Make a rollout of the former release to these.
    OrderBack(Release, BTreeSet<TerminalNumber>),
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Too many of this wave are bad.
    Stopped(usize),
    /// This wave lacks its sample.
    SampleMissing(usize),
    /// It is finished.
    Finished,
}

/// Why a rollout doesn't take an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not in the phase that it is in.
    #[error("the rollout is in another phase")]
    Phase,
    /// Who made it.
    #[error("who made a rollout does not approve it")]
    OwnApproval,
    /// It has no such terminal.
    #[error("terminal {0} is not part of the rollout")]
    NotAMember(TerminalNumber),
    /// It has this terminal.
    #[error("terminal {0} is part of the rollout")]
    AlreadyAMember(TerminalNumber),
    /// Its action has not ended badly.
    #[error("terminal {0} has nothing to try again")]
    NothingToRetry(TerminalNumber),
    /// There is no wave that waits for its former one only.
    #[error("no wave can begin")]
    NoWave,
}
