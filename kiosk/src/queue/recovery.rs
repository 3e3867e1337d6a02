//! A damaged queue file: set aside whole, read event by event, and followed by a new queue of the next generation.
//!
//! Every step can be cut short. The files are linked into a folder of their own, which gets its name only when it is
//! whole; then the old names go, the new queue takes what was found, and last the mark `to be read` goes. A start that
//! meets the mark does these steps again: the new queue gave no number before.
//!
//! All that is found is offered to the county again, which knows what it has by id and bytes. Receipts are not taken
//! over: their codes may be damaged, and a code that is wrong is worse than none.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::params;
use wire::ticket::TerminalNumber;

use super::{
    Queue, QueueError, QueueSettings,
    aside::{TO_BE_READ, failed, set_aside, set_aside_beside, unread},
    generation, salvage,
    store::{files_of, locked_alone, name_of},
    submit::kind_name,
};
use crate::clock::Clock;

/// What a start found of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Where the damaged file lies.
    pub folder: PathBuf,
    /// Events that could be read and wait for the county again.
    pub events: u32,
}

/// Sequences that the lost rows may have had: a generation's worth of suggestions.
const GAP: i64 = 9_999;

impl Queue {
    /// [`Self::open`], where a damaged file is no end: it is set aside, and what can be read of it is delivered.
    ///
    /// # Errors
    /// As [`Self::open`], but for [`QueueError::Damaged`]; [`QueueError::InUse`] until the other program lets go.
    pub fn open_or_salvage(
        path: &Path,
        settings: &QueueSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Self, Option<Salvaged>), QueueError> {
        if let Some(folder) = unread(path)? {
            return Self::salvage(path, folder, locked_alone(path)?, settings, clock);
        }
        match Self::open(path, settings.clone(), Arc::clone(clock)) {
            Ok(queue) => Ok((queue, None)),
            Err(QueueError::Damaged { finding, .. }) => {
                let lock = locked_alone(path)?;
                let folder = set_aside(path).map_err(|source| failed(path, source))?;
                tracing::error!(folder = %folder.display(), finding, "the queue is damaged and was set aside");
                Self::salvage(path, folder, lock, settings, clock)
            }
            Err(other) => Err(other),
        }
    }

    fn salvage(
        path: &Path,
        folder: PathBuf,
        lock: File,
        settings: &QueueSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Self, Option<Salvaged>), QueueError> {
        let read = |name: PathBuf| match fs::read(&name) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            other => other,
        };
        let files = files_of(&folder.join(name_of(path)));
        let [file, log, _] = files;
        let found = read(file)
            .and_then(|file| Ok(salvage::events(&file, &read(log)?)))
            .map_err(|source| failed(path, source))?;
        for old in files_of(path) {
            match fs::remove_file(&old) {
                Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(failed(path, problem)),
                _ => {}
            }
        }
        witness_found(path, settings, found.values())?;
        drop(lock);
        let mut queue = Self::open(path, settings.clone(), Arc::clone(clock))?;
        let events = queue.take_over(&found)?;
        fs::remove_file(folder.join(TO_BE_READ))
            .and_then(|()| File::open(&folder)?.sync_all())
            .map_err(|source| failed(path, source))?;
        tracing::error!(folder = %folder.display(), events, "what could be read of the damaged queue waits for the county");
        Ok((queue, Some(Salvaged { folder, events })))
    }

    /// Writes events of a former file as they were, all of them waiting for the county.
    fn take_over(&mut self, found: &std::collections::BTreeMap<i64, salvage::Found>) -> Result<u32, QueueError> {
        let terminal = self.terminal()?;
        let tx = self.begin()?;
        let mut events = 0;
        for (seq, event) in found.iter().filter(|(_, event)| event.header.terminal == terminal) {
            let (ticket, kind) = (event.header.ticket.to_string(), kind_name(event.header.kind));
            let taken = tx.execute(
                "INSERT INTO event (seq, id, ticket, kind, bytes) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                params![seq, event.id.as_bytes(), ticket, kind, event.bytes],
            )?;
            if taken == 1 {
                tx.execute("INSERT INTO forward (event, state) VALUES (?1, 'pending')", [seq])?;
                events += 1;
            }
        }
        if let Some(last) = found.keys().last() {
            tx.execute("UPDATE queue SET seq = max(seq, ?1)", [last.saturating_add(GAP)])?;
        }
        tx.commit()?;
        Ok(events)
    }

    /// How many damaged files lie beside this queue.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn set_aside(&self) -> Result<usize, QueueError> {
        set_aside_beside(&self.path)
    }
}

/// A generation that only the damaged file remembers counts too: numbers of it were given.
fn witness_found<'a>(
    path: &Path,
    settings: &QueueSettings,
    found: impl Iterator<Item = &'a salvage::Found>,
) -> Result<(), QueueError> {
    let own = |ticket: wire::ticket::TicketNumber| -> Option<u8> {
        let terminal: TerminalNumber = ticket.terminal();
        (terminal == settings.terminal).then(|| ticket.generation())
    };
    match found.filter_map(|event| own(event.header.ticket)).max() {
        Some(generation) => {
            let mark = generation::Mark { generation, seq: 0 };
            generation::witness(&[generation::beside(path)], settings.terminal, mark)
        }
        None => Ok(()),
    }
}
