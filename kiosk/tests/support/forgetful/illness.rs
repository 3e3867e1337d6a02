//! How a disk is ill: which work on which files fails, and from when on.

use std::ops::Range;

/// What a disk is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Read,
    Write,
    Sync,
}

/// Whose work fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    All,
    /// The database without its log.
    Database,
    /// The write-ahead log.
    Log,
}

impl Of {
    fn takes_in(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Database => name.ends_with(".sqlite"),
            Self::Log => name.ends_with("-wal"),
        }
    }
}

/// Some work fails.
#[derive(Debug, Clone)]
pub struct Illness {
    pub work: Vec<Work>,
    pub of: Of,
    /// Reads and writes fail that touch this byte of the file or one behind it.
    pub from_byte: usize,
    /// How often it still goes well.
    pub after: u64,
    met: bool,
}

impl Illness {
    pub fn of(of: Of, work: &[Work]) -> Self {
        Self { work: work.to_vec(), of, from_byte: 0, after: 0, met: false }
    }

    /// It begins when so much of what would fail went well.
    pub fn after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    /// Only what lies from this byte on is ill.
    pub fn only_from(self, from_byte: usize) -> Self {
        Self { from_byte, ..self }
    }

    pub fn was_met(&self) -> bool {
        self.met
    }

    pub(super) fn strikes(&mut self, work: Work, name: &str, range: Range<usize>) -> bool {
        let reached = work == Work::Sync || range.end > self.from_byte;
        if !self.work.contains(&work) || !self.of.takes_in(name) || !reached {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.met = true;
        true
    }
}
