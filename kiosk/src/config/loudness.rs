//! How loud the terminal speaks.

use serde::Deserialize;

/// How loud, in five steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Loudness(u8);

impl Loudness {
    const MOST: u8 = 5;

    /// From 1 to 5.
    #[must_use]
    pub fn level(self) -> u8 {
        self.0
    }

    /// Of all that the loudspeaker's own setting gives.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.0 * (100 / Self::MOST)
    }

    /// A step louder, or softer; the loudest and the softest stay as they are.
    #[must_use]
    pub fn changed(self, louder: bool) -> Self {
        let level = if louder { self.0 + 1 } else { self.0 - 1 };
        Self(level.clamp(1, Self::MOST))
    }
}

impl Default for Loudness {
    fn default() -> Self {
        Self(3)
    }
}

impl TryFrom<i64> for Loudness {
    type Error = String;

    fn try_from(level: i64) -> Result<Self, Self::Error> {
        let level = u8::try_from(level).ok().filter(|level| (1..=Self::MOST).contains(level));
        level.map(Self).ok_or_else(|| format!("expected a volume from 1 to {}", Self::MOST))
    }
}
