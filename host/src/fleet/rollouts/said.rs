//! What is said of rollouts in English, on the command line and on the console alike.

use wire::settings::Why;

use super::{Brought, Shown};
use crate::fleet::rollout::{Paused, Phase, Progress};

impl Shown {
    /// What it brings, in English.
    #[must_use]
    pub fn what(&self) -> String {
        match Brought::of(&self.rollout.release) {
            Some(brought) => brought.in_english(),
            None => self.rollout.release.0.clone(),
        }
    }

    /// Where it stands, in English.
    #[must_use]
    pub fn phase(&self) -> String {
        match &self.rollout.phase {
            Phase::AwaitsApproval => "waits for a second person's approval".to_owned(),
            Phase::Running => "under way".to_owned(),
            Phase::Paused(Paused::By(who)) => format!("paused by {}", who.0.strip_prefix("user:").unwrap_or(&who.0)),
            Phase::Paused(Paused::StopRule(wave)) => {
                format!("stopped by itself: too many of wave {} are bad", wave + 1)
            }
            Phase::Asks(wave) => format!("too few of wave {} have answered: a person decides", wave + 1),
            Phase::Finished => "finished".to_owned(),
            Phase::Aborted => "aborted".to_owned(),
        }
    }
}

impl Brought {
    /// In English.
    #[must_use]
    pub fn in_english(self) -> String {
        match self {
            Self::Settings(0) => "the terminals' own settings".to_owned(),
            Self::Settings(version) => format!("settings {version}"),
            Self::Artifact(id) => format!("artifact {id}"),
        }
    }
}

impl Progress {
    /// What went wrong with a terminal, in English; none, nothing did.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Failed(why) => Some(format!("refused: {}", Why::from(why.clone()))),
            Self::RolledBack(why) => Some(format!("went back: {}", Why::from(why.clone()))),
            Self::RunsOther(release) => Some(format!("says success and works by something else: {}", release.0)),
            Self::Silent { .. } => Some("began and is silent".to_owned()),
            _ => None,
        }
    }
}
