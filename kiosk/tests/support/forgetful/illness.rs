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
    /// Folders: their names.
    Folders,
    /// This one, whatever its name.
    Node(u64),
}

impl Of {
    /// A folder has no name here.
    fn takes_in(self, node: u64, name: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Database => name.is_some_and(|name| name.ends_with(".sqlite")),
            Self::Log => name.is_some_and(|name| name.ends_with("-wal")),
            Self::Folders => name.is_none(),
            Self::Node(ill) => node == ill,
        }
    }
}

/// Some work fails.
#[derive(Debug, Clone)]
pub struct Illness {
    pub work: Vec<Work>,
    pub of: Of,
    /// Reads and writes fail that touch one of these bytes of the file.
    pub bytes: Range<usize>,
    /// How often it still goes well.
    pub after: u64,
    met: bool,
}

impl Illness {
    pub fn of(of: Of, work: &[Work]) -> Self {
        Self { work: work.to_vec(), of, bytes: 0..usize::MAX, after: 0, met: false }
    }

    /// It begins when so much of what would fail went well.
    pub fn after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    /// Only what lies from this byte on is ill.
    pub fn only_from(self, from_byte: usize) -> Self {
        self.only(from_byte..usize::MAX)
    }

    /// Only these bytes are ill.
    pub fn only(self, bytes: Range<usize>) -> Self {
        Self { bytes, ..self }
    }

    pub fn was_met(&self) -> bool {
        self.met
    }

    pub(super) fn strikes(&mut self, work: Work, node: u64, name: Option<&str>, range: Range<usize>) -> bool {
        let reached = work == Work::Sync || range.end > self.bytes.start && range.start < self.bytes.end;
        if !self.work.contains(&work) || !self.of.takes_in(node, name) || !reached {
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
