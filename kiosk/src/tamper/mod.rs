//! Who opened the case: written down before anything else happens, counted, and kept.
//!
//! The [`journal`] is a file of fixed size that only kiosk writes; the agent reads it, tells the host, and sees to the
//! terminal's key. [`book`] decides without I/O what is worth a write. Invariant: an opening is on the disk before anybody
//! hears of it, and a contact that flutters all night costs neither the card nor the count.

pub mod book;
pub mod journal;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

pub use book::{Seen, Standing};
pub use journal::{Entry, read};

use self::{
    book::Book,
    journal::{Found, Journal},
};
use crate::clock::Clock;

/// Keeps the journal; shared by whoever sees the case and whoever has time to write later.
pub struct Watch {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

struct Inner {
    book: Book,
    /// Which journal, and the number of its next entry at least.
    begun: (u32, u64),
    /// None until the first write, and after one that failed.
    journal: Option<Journal>,
}

impl Watch {
    /// Goes on from the journal at `path`; one that can't be read is begun anew with the first write, and a case that
    /// stands open then was opened.
    #[must_use]
    pub fn start(path: &Path, clock: Arc<dyn Clock>) -> Self {
        let anew = || (Uuid::new_v4().as_fields().0, 1);
        let (book, begun) = match journal::find(path) {
            Found::Last(last) => (Book::new(Some(last.standing)), (last.journal, last.seq + 1)),
            Found::Nothing => (Book::new(None), anew()),
            Found::Illegible(error) => {
                tracing::error!(%error, path = %path.display(), "the journal of the case can't be read and begins anew");
                (Book::after_loss(), anew())
            }
        };
        Self { path: path.to_owned(), clock, inner: Mutex::new(Inner { book, begun, journal: None }) }
    }

    /// Takes what was seen and writes it down; true where the journal says more than before.
    pub fn saw(&self, seen: Seen) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.book.saw(seen);
        self.write(&mut inner)
    }

    /// Writes what could not be written before, or was to wait; true where the journal says more than before.
    pub fn catch_up(&self) -> bool {
        self.write(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How it stands with the case; none where nothing was ever seen of it.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).book.standing()
    }

    /// Whether the case was looked at since the start, and the journal says how it stands.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).book.is_written()
    }

    fn write(&self, inner: &mut Inner) -> bool {
        let now = self.clock.monotonic();
        let Some(standing) = inner.book.due(now) else { return false };
        let written = match inner.journal.take() {
            Some(journal) => Ok(journal),
            None => Journal::open(&self.path, inner.begun.0, inner.begun.1),
        }
        .and_then(|mut journal| {
            journal.append(standing, &*self.clock)?;
            Ok(journal)
        });
        match written {
            Ok(journal) => {
                inner.journal = Some(journal);
                inner.book.wrote(standing, now);
                true
            }
            Err(error) => {
                tracing::error!(%error, path = %self.path.display(), "the case was seen, and it can't be written down");
                false
            }
        }
    }
}
