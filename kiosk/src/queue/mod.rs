//! The queue: everything on the terminal that must survive, in one SQLite file.
//!
//! # Durability
//!
//! This is the specification; the tests named `queue*` hold the code to it.
//!
//! | when this returns | this outlives a power cut or `kill -9` at any later moment |
//! |---|---|
//! | [`Queue::submit`] | the ticket's number, its sealed event, its Print item, its Forward item: all of them, or the call failed and none |
//! | [`Queue::submit_contact`], [`Queue::submit_rating`] | the sealed event and its Forward item |
//! | [`Queue::delivered`] and the other outcomes | the outcome; events are kept 30 days beyond it |
//! | [`Queue::journal`] | the state of a print job; it is committed before the first byte goes out |
//! | [`Queue::open`] | the generation: in every witness file that could be written, before a number of it is given |
//!
//! The journal is a write-ahead log with `synchronous = FULL`: a commit is one append to the log and one fsync of it,
//! and what was not synced whole is dropped at the next open by its checksums. No connection checkpoints by itself:
//! a checkpoint has two more fsyncs and the first commit behind it a third, so [`Queue::tidy`] empties the log between
//! visits and makes that commit itself. A submission is exactly one fsync. `foreign_keys` is on. Each write is one
//! `BEGIN IMMEDIATE` transaction; none spans a network or a printer, except that the files with the generation are
//! written before the first number of a generation is committed (once in 9,999 tickets).
//!
//! Numbers are never given twice: the counter is committed with its ticket, and a queue that is new, was set aside or
//! was brought back takes a generation above every one that was ever witnessed.
//!
//! A disk that is full takes the visit under way all the same: a reserve lies beside the queue and is given up for it
//! ([`Queue::keep_reserve`]), and for a start. A file that is damaged, or that the disk does not read any more
//! ([`Patience`]), is set aside and what can be read of it is delivered ([`Queue::open_or_salvage`]).
//!
//! A disk that fails at a write or an fsync has kept nothing, as far as anybody is told: the connection is closed, and
//! what opens anew first writes the log again (`log`) and makes a commit. A submission whose commit failed may be there
//! then all the same; [`Queue::in_doubt`] names it and [`Queue::holds`] reads it back, so that it is not taken twice.
//!
//! # What lies on the card
//!
//! Numbers, times, categories, places and states in the open; events sealed to keys that the terminal doesn't have;
//! views sealed under secrets that it forgets. Code and secret of a receipt lie in `proof` for ten minutes
//! ([`CODE_KEPT`]) behind the last that was done for the receipt (its submission, a copy that was begun, failed or came
//! out); then the row is deleted under `secure_delete`, which overwrites it, and `wal_checkpoint(TRUNCATE)` takes the copy
//! in the log. A damaged file that was set aside holds codes too and is sealed ([`seal_set_aside`]). Blocks that the flash
//! itself set aside are out of reach.
//!
//! # Which receipts come out after a restart
//!
//! Those that have a code and are not known to be out: never begun (`prepared`) as an original; `sending` and `failed` as
//! a marked copy. `unknown` is not among them: the screen asked the villager, who took the paper or another copy.
//!
//! The code's ten minutes bound that too. Who stands at the terminal wants the receipt, also when paper or power comes
//! back after some minutes; who has left has the number from the screen, and paper that comes out hours later would hand
//! it, and the right to rate, to whoever is there then. Later a receipt is reissued by the officer, with a new code, to
//! whoever left a telephone number. A run that finds receipts of a former one counts from their submission where both
//! clocks know the day, else from its own start: a clock that was never set must not cost a waiting villager the receipt.
//!
//! Rows of receipts go with the last event of their ticket, views [`VIEW_KEPT`] after the county last changed them. Both
//! retentions count by the queue's own age, which grows with its use ([`Queue::purge`]); a clock that jumps changes labels.
//!
//! # Who may do what
//!
//! Several processes open the file. [`Queue::open`] (the kiosk) creates and migrates it, under a lock file that
//! [`Queue::attach`] (the agent) holds shared; migrating waits for nobody and fails with [`QueueError::InUse`].
//! Invariant: an event's bytes never change, and an event that was not delivered is never deleted (triggers hold both).

mod aside;
mod backlog;
mod cache;
mod forward;
mod generation;
mod log;
mod migrations;
mod patience;
mod print;
mod purge;
mod recovery;
mod reserve;
mod salvage;
mod store;
mod submit;
mod tidy;

use std::{path::PathBuf, sync::Arc};

use rusqlite::Connection;
use wire::ticket::{NumberError, TerminalNumber};

use crate::{clock::Clock, durable::WriteError, seal::SealError};

pub use aside::{KEPT_ASIDE, seal_set_aside, set_aside_beside};
pub use backlog::Held;
pub use cache::KeptBulletin;
pub use forward::{Depth, Forward, Ledger, OFFERED_AGAIN_AFTER, OFFERED_AGAIN_MOST};
pub use generation::QueueSettings;
pub use patience::{BORNE, Patience};
pub use print::{JobId, PrintFailure, PrintJob, PrintState, Proofs, TicketFacts};
pub use purge::{KEPT_AFTER_ACKNOWLEDGEMENT, VIEW_KEPT};
pub use recovery::Salvaged;
pub use submit::Submitted;
pub use tidy::{CODE_KEPT, Tidied};

/// One connection to the queue file. Not shared between threads: each opens its own ([`Queue::again`]).
pub struct Queue {
    conn: Connection,
    path: PathBuf,
    witnesses: Vec<PathBuf>,
    clock: Arc<dyn Clock>,
    /// Events that were tried and are to be left alone for a while; a hint of this process, not worth a write.
    postponed: forward::Postponed,
    /// Dead letters that this process has offered again.
    offered_again: forward::OfferedAgain,
    /// Until when the codes of receipts are kept.
    codes: tidy::Codes,
    /// Whether something was deleted that may still stand in the log.
    log_holds_deleted: bool,
    /// Up to when the queue's age was counted.
    aged: purge::Aged,
    /// The sequence that was last noted outside of the file.
    marked: i64,
    /// The submission whose commit failed last.
    in_doubt: Option<Submitted>,
    _lock: std::fs::File,
}

/// Why the queue could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The file is not there yet; the kiosk makes it.
    #[error("the queue {0} is not there yet")]
    NotThere(PathBuf),
    /// A newer release wrote the file, or one that was never finished.
    #[error("the queue {path} has schema {found}, this program knows {known}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// The file is damaged or not a queue.
    #[error("the queue {path} is damaged: {finding}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        finding: String,
    },
    /// A damaged file could not be set aside.
    #[error("set the damaged queue {path} aside")]
    SetAside {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file gives numbers for another terminal.
    #[error("the queue {path} belongs to terminal {found}")]
    OtherTerminal {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: TerminalNumber,
    },
    /// Another process holds the file while it is to be migrated.
    #[error("the queue {0} is in use by another program")]
    InUse(PathBuf),
    /// All 100 generations of numbers are used up.
    #[error("this terminal has no ticket numbers left")]
    NumbersExhausted,
    /// The text breaks a rule of the contract.
    #[error("the suggestion cannot be taken")]
    Text(#[from] wire::TextRefused),
    /// Sealed, it is longer than an event may be.
    #[error("the event would have {0} bytes")]
    TooLong(usize),
    /// No such ticket, or its code was already forgotten.
    #[error("no receipt can be printed for this ticket")]
    NoReceipt,
    /// Sealing failed.
    #[error("seal the event")]
    Seal(#[from] SealError),
    /// A file beside the queue could not be written: a witness of the generation, a file that was set aside.
    #[error("keep what lies beside the queue")]
    Beside(#[from] WriteError),
    /// A number that is out of its range, in the file.
    #[error("a number in the queue is not one")]
    Number(#[from] NumberError),
    /// The lock file can't be opened.
    #[error("open {path}")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The disk does not read what it holds.
    #[error("read {path}")]
    Unreadable {
        /// The queue file, or its log.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The disk is full, and there is no reserve that could be given up.
    #[error("the disk is full, and the queue {path} can't be opened")]
    Full {
        /// The queue file.
        path: PathBuf,
        /// What there was no room for.
        #[source]
        source: Box<QueueError>,
    },
    /// The log can't be written again.
    #[error("write the log of {path}")]
    Log {
        /// The queue file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The reserve can't be kept, and not for want of room.
    #[error("keep {path}")]
    Reserve {
        /// The reserve.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// SQLite says no: full, read-only, locked, broken.
    #[error("use the queue")]
    Sqlite(#[from] rusqlite::Error),
}

impl QueueError {
    /// Whether the file has to be closed and looked at anew: damage, or a disk that did not do what it was told.
    #[must_use]
    pub fn is_of_the_file(&self) -> bool {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, NotADatabase, ReadOnly, SystemIoFailure};
        match self {
            Self::Damaged { .. } | Self::Unreadable { .. } => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(CannotOpen | DatabaseCorrupt | NotADatabase | ReadOnly | SystemIoFailure)
            ),
            _ => false,
        }
    }

    /// Whether the file may be damaged: kiosk has to look, which alone mends it.
    #[must_use]
    pub fn is_of_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SystemIoFailure};
        match self {
            Self::Damaged { .. } | Self::Unreadable { .. } => true,
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase | SystemIoFailure))
            }
            _ => false,
        }
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        use std::{
            error::Error,
            io::ErrorKind::{QuotaExceeded, StorageFull},
        };
        let says_so = |cause: &(dyn Error + 'static)| {
            let system = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            let sqlite = cause.downcast_ref().and_then(rusqlite::Error::sqlite_error_code);
            matches!(system, Some(StorageFull | QuotaExceeded)) || sqlite == Some(rusqlite::ErrorCode::DiskFull)
        };
        let mut cause: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(here) = cause {
            if says_so(here) {
                return true;
            }
            cause = here.source();
        }
        false
    }
}
