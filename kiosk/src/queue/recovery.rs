//! A damaged queue file: set aside whole, read event by event, and followed by a new queue of the next generation.
//!
//! Every step can be cut short. The files are linked into a folder of their own, which gets its name only when it is
//! whole; then the old names go, the new queue takes what was found, and last the mark `to be read` goes. A start that
//! meets the mark does these steps again: the new queue gave no number before. Nothing in the folder is ever changed.
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
    Queue, QueueError, QueueSettings, generation, salvage,
    store::{files_of, locked_alone},
    submit::kind_name,
};
use crate::{clock::Clock, durable};

/// What a start found of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Where the damaged file lies.
    pub folder: PathBuf,
    /// Events that could be read and wait for the county again.
    pub events: u32,
}

/// The mark in a folder whose events are not in the new queue yet.
const TO_BE_READ: &str = "to be read";

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
                let folder = set_aside(path).map_err(|source| quarantine(path, source))?;
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
            .map_err(|source| quarantine(path, source))?;
        for old in files_of(path) {
            match fs::remove_file(&old) {
                Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(quarantine(path, problem)),
                _ => {}
            }
        }
        witness_found(path, settings, found.values())?;
        drop(lock);
        let mut queue = Self::open(path, settings.clone(), Arc::clone(clock))?;
        let events = queue.take_over(&found)?;
        fs::remove_file(folder.join(TO_BE_READ))
            .and_then(|()| File::open(&folder)?.sync_all())
            .map_err(|source| quarantine(path, source))?;
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

/// How many damaged files lie beside the queue at `path`, which need not be there.
///
/// # Errors
/// A folder that can't be read.
pub fn set_aside_beside(path: &Path) -> Result<usize, QueueError> {
    Ok(folders(path).map_err(|source| quarantine(path, source))?.len())
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

/// Links the files into the next folder, whole or not at all.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let number = folders(path)?.last().map_or(1, |(last, _)| last + 1);
    let folder = path.with_added_extension(format!("damaged-{number}"));
    let unfinished = path.with_added_extension("damaged-unfinished");
    match fs::remove_dir_all(&unfinished) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
        _ => fs::create_dir(&unfinished)?,
    }
    for file in files_of(path).iter().filter(|file| file.exists()) {
        fs::hard_link(file, unfinished.join(name_of(file)))?;
        File::open(file)?.sync_all()?;
    }
    File::create_new(unfinished.join(TO_BE_READ))?.sync_all()?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, &folder)?;
    File::open(durable::above(path))?.sync_all()?;
    Ok(folder)
}

/// The folder that a start which was cut short left behind.
fn unread(path: &Path) -> Result<Option<PathBuf>, QueueError> {
    let folders = folders(path).map_err(|source| quarantine(path, source))?;
    Ok(folders.into_iter().map(|(_, folder)| folder).find(|folder| folder.join(TO_BE_READ).exists()))
}

/// The folders of files set aside, by number.
fn folders(path: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let prefix = format!("{}.damaged-", name_of(path).display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(durable::above(path))? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix(&prefix)?.parse().ok());
        folders.extend(number.map(|number| (number, entry.path())));
    }
    folders.sort();
    Ok(folders)
}

fn name_of(path: &Path) -> PathBuf {
    path.file_name().map(PathBuf::from).unwrap_or_default()
}

fn quarantine(path: &Path, source: io::Error) -> QueueError {
    QueueError::SetAside { path: path.to_owned(), source }
}
