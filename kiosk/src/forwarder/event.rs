//! The vocabulary of the forwarding's state machine: what happens, and what is to be done.

use std::time::Duration;

use uuid::Uuid;

use super::{
    answer::{Outcome, Retry},
    upload::{Came, Recording},
};
use crate::{
    backoff::Backoff,
    control::message::{Changed, Network},
    queue::Forward,
};

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Events under way at a time.
    pub concurrency: usize,
    /// Events read from the queue at a time.
    pub batch: usize,
    /// Rests of the link.
    pub backoff: Backoff,
    /// Rests of an event that fails by itself.
    pub event_backoff: Backoff,
    /// Between two looks for views and for the bulletin; a quarter more or less, so that terminals don't march.
    pub poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 8,
            batch: 64,
            // One request a minute of each terminal is nothing to a host, and a minute is nothing to a villager.
            backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) },
            event_backoff: Backoff { first: Duration::from_secs(10), longest: Duration::from_secs(1800) },
            poll: Duration::from_secs(60),
        }
    }
}

/// Something that is looked for from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Poll {
    /// What the county tells its terminals.
    Bulletin,
    /// What became of this terminal's tickets.
    Views,
}

/// Names a request of one state of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub(super) u64);

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// Somebody knows of something to send, or waits for the county.
    Nudged,
    /// Who we are to the county changed: the link is tried at once.
    Renewed,
    /// The queue gave these.
    Loaded {
        /// Newest first.
        newest: Vec<Forward>,
        /// Oldest first.
        oldest: Vec<Forward>,
    },
    /// The queue could not be read, or only these of it.
    LoadFailed {
        /// Newest first.
        newest: Vec<Forward>,
        /// Oldest first.
        oldest: Vec<Forward>,
    },
    /// An event came back.
    Put {
        /// What was sent.
        event: Forward,
        /// What became of it.
        outcome: Outcome,
        /// When it was sent.
        epoch: Epoch,
    },
    /// The queue was looked through for a recording.
    Recording {
        /// The next one to send.
        found: Option<Forward>,
        /// False where the queue could not be read.
        whole: bool,
    },
    /// A request for a recording came back.
    Uploaded {
        /// As it stands.
        recording: Recording,
        /// What came of it.
        came: Came,
        /// When it was sent.
        epoch: Epoch,
    },
    /// Outcomes are on the disk, or, where the disk failed, not.
    Saved {
        /// Whose.
        ids: Vec<Uuid>,
        /// None where the disk failed; true where another ledger made the whole queue pending again.
        offered_again: Option<bool>,
    },
    /// A poll came back and was written down.
    Polled {
        /// What was looked for.
        poll: Poll,
        /// Whether there is more.
        found: Result<Found, Retry>,
        /// When it was sent.
        epoch: Epoch,
    },
    /// A question of kiosk's was answered, or not.
    Asked {
        /// Whether the county answered.
        answered: Result<(), Retry>,
        /// When it was sent.
        epoch: Epoch,
    },
}

/// What a poll found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Something that was not known.
    pub news: bool,
    /// More is waiting.
    pub more: bool,
    /// Another ledger made the whole queue pending again.
    pub offered_again: bool,
}

/// What is to be done; what must be persisted says so.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Read up to `limit` events that wait, those under way among them.
    Load {
        /// Events.
        limit: usize,
    },
    /// Read the next recording that may go, but none of these.
    LoadRecording {
        /// Ids.
        but: Vec<Uuid>,
    },
    /// Send the next request for a recording.
    Upload(Recording, Epoch),
    /// Send this event.
    Put(Forward, Epoch),
    /// Persist these outcomes, all at once.
    Save(Vec<(Uuid, Outcome)>),
    /// Leave an event alone until a moment.
    Postpone(Uuid, Duration),
    /// Look for something.
    Poll(Poll, Epoch),
    /// The network's state changed.
    Network(Network),
    /// Tell kiosk.
    Tell(Changed),
}
