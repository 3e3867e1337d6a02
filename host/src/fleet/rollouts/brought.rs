//! What a rollout brings, and how it calls it.

use std::fmt;

use serde::Serialize;

use crate::fleet::rollout::Release;

/// A kind of what rollouts bring. A terminal is in one rollout of each that is not over, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fleet) enum Brings {
    /// Settings from afar.
    Settings,
    /// An artifact.
    Artifact,
}

impl Brings {
    /// As the database has it.
    pub(in crate::fleet) fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Artifact => "artifact",
        }
    }
}

/// What a rollout brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Brought {
    /// Settings by their number; 0, the terminals' own.
    Settings(u64),
    /// An artifact by its id; 0, what nobody knows.
    Artifact(i64),
}

impl Brought {
    /// What a rollout calls so; none, something that nobody ordered.
    #[must_use]
    pub fn of(release: &Release) -> Option<Self> {
        let (kind, id) = release.0.split_once(':')?;
        match kind {
            "settings" => Some(Self::Settings(id.parse().ok()?)),
            "artifact" => Some(Self::Artifact(id.parse().ok()?)),
            _ => None,
        }
    }

    /// As a rollout calls it.
    #[must_use]
    pub fn release(self) -> Release {
        Release(self.to_string())
    }

    pub(in crate::fleet) fn kind(self) -> Brings {
        match self {
            Self::Settings(_) => Brings::Settings,
            Self::Artifact(_) => Brings::Artifact,
        }
    }
}

impl fmt::Display for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(version) => write!(f, "settings:{version}"),
            Self::Artifact(id) => write!(f, "artifact:{id}"),
        }
    }
}
