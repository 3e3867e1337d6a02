//! A damaged queue file: set aside whole, read event by event, and followed by a new queue of the next generation.
//!
//! Every step can be cut short. The files are linked into a folder of their own, which gets its name only when it is
//! whole; then the old names go, the new queue takes what was found, and last the mark `to be read` goes. A start that
//! meets the mark does these steps again, and changes nothing by it: a mark can come back with the power, long after the
//! new queue gave numbers. So a queue is known by its file, not by its name, and only a name of what lies in the folder
//! is ever removed.
//!
//! All that is found is offered to the county again, which knows what it has by id and bytes. Receipts are not taken
//! over: their codes may be damaged, and a code that is wrong is worse than none.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::params;

use super::{
    Patience, Queue, QueueError, QueueSettings,
    aside::{self, failed, set_aside_beside, unread},
    generation,
    patience::{Reading, takes_writes},
    salvage::{self, Found},
    store::{files_of, locked_alone, name_of},
    submit::kind_name,
};
use crate::{clock::Clock, durable, seal::Sealer};

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
    /// [`Self::open`], where a damaged file is no end, nor one that the disk has not read for as long as `patience` bears:
    /// it is set aside, and what can be read of it is delivered.
    ///
    /// # Errors
    /// As [`Self::open`], but for [`QueueError::Damaged`]; [`QueueError::InUse`] until the other program lets go.
    pub fn open_or_salvage(
        path: &Path,
        settings: &QueueSettings,
        clock: &Arc<dyn Clock>,
        patience: &Patience,
    ) -> Result<(Self, Option<Salvaged>), QueueError> {
        let now = clock.monotonic();
        let reading = match patience.is_over(now) && takes_writes(path).is_ok() {
            true => Reading::WhatIsLeft,
            false => Reading::AllOfIt,
        };
        let opened = Self::open_after_salvage(path, settings, clock, reading);
        // A try may take longer than patience: it counts from its end.
        patience.note(opened.as_ref().err(), clock.monotonic());
        opened
    }

    fn open_after_salvage(
        path: &Path,
        settings: &QueueSettings,
        clock: &Arc<dyn Clock>,
        reading: Reading,
    ) -> Result<(Self, Option<Salvaged>), QueueError> {
        aside::sweep(path).map_err(|source| failed(path, source))?;
        let open = || Self::open(path, settings.clone(), Arc::clone(clock));
        let mut folders = unread(path)?;
        let mut found = Vec::new();
        if !folders.is_empty() {
            let _alone = locked_alone(path)?;
            found = take_the_place_of(path, &folders, settings, reading)?;
        }
        let mut queue = match open() {
            Err(problem) if reading.gives_up(&problem) => {
                let alone = locked_alone(path)?;
                // SQLite calls a page damaged too that the disk does not read at present.
                if reading == Reading::AllOfIt {
                    files_of(path)[..2].iter().try_for_each(|file| reading.of(file).map(drop))?;
                }
                let folder = aside::set_aside(path, reading).map_err(|source| failed(path, source))?;
                let finding: &dyn std::error::Error = &problem;
                tracing::error!(folder = %folder.display(), finding, "the queue was set aside");
                folders.push(folder);
                found = take_the_place_of(path, &folders, settings, reading)?;
                drop(alone);
                open()?
            }
            opened => opened?,
        };
        let Some(folder) = folders.last().cloned() else { return Ok((queue, None)) };
        let events = queue.with_reserve(|queue| queue.take_over(&found))?;
        for folder in &folders {
            aside::was_read(folder, reading).map_err(|source| failed(path, source))?;
        }
        tracing::error!(folder = %folder.display(), events, "what could be read of the damaged queue waits for the county");
        Ok((queue, Some(Salvaged { folder, events })))
    }

    /// Writes events of former files as they were, all of them waiting for the county. Done again it changes nothing.
    fn take_over(&mut self, found: &[Found]) -> Result<u32, QueueError> {
        let terminal = self.terminal()?;
        let tx = self.begin()?;
        let mut events = 0;
        for event in found.iter().filter(|event| event.header.terminal == terminal) {
            let (ticket, kind) = (event.header.ticket.to_string(), kind_name(event.header.kind));
            // What was found later than the first time may have a sequence that was given again: it goes behind all.
            let seq: Option<i64> = tx.query_row(
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM event WHERE id = ?2) THEN NULL
                             WHEN EXISTS (SELECT 1 FROM event WHERE seq = ?1)
                             THEN (SELECT max(seq) FROM (SELECT seq FROM event UNION ALL SELECT seq FROM queue)) + 1
                             ELSE ?1 END",
                params![event.seq, event.id.as_bytes()],
                |row| row.get(0),
            )?;
            let Some(seq) = seq else { continue };
            tx.execute(
                "INSERT INTO event (seq, id, ticket, kind, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![seq, event.id.as_bytes(), ticket, kind, event.bytes],
            )?;
            tx.execute("INSERT INTO forward (event, state) VALUES (?1, 'pending')", [seq])?;
            tx.execute("UPDATE queue SET seq = max(seq, ?1)", [seq])?;
            events += 1;
        }
        if let Some(last) = found.iter().map(|event| event.seq).max() {
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

    /// [`super::seal_set_aside`] of what lies beside this queue.
    ///
    /// # Errors
    /// As there.
    pub fn seal_set_aside(&self, sealer: &Sealer) -> Result<(), QueueError> {
        aside::seal_set_aside(&self.path, sealer)
    }
}

/// The events of files that were set aside, whose name is free for a new queue then. A generation that only they
/// remember counts too: numbers of it were given.
fn take_the_place_of(
    path: &Path,
    folders: &[PathBuf],
    settings: &QueueSettings,
    reading: Reading,
) -> Result<Vec<Found>, QueueError> {
    former_names_go(path, folders).map_err(|source| failed(path, source))?;
    let mut found = Vec::new();
    for folder in folders {
        let [file, log, _] = files_of(&folder.join(name_of(path)));
        found.extend(salvage::events(&reading.of(&file)?, &reading.of(&log)?));
    }
    let own = found.iter().filter(|event| event.header.ticket.terminal() == settings.terminal);
    let marks = own.map(|event| generation::Mark { generation: event.header.ticket.generation(), seq: event.seq });
    if let Some(mark) = marks.max() {
        generation::witness(&[generation::beside(path)], settings.terminal, mark)?;
    }
    Ok(found)
}

/// Takes the queue's name from a file that was set aside, with what is left of its log. A queue that was begun since
/// bears the name by right.
fn former_names_go(path: &Path, folders: &[PathBuf]) -> io::Result<()> {
    let node = |path: &Path| match fs::metadata(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(|found| Some((found.dev(), found.ino()))),
    };
    if let Some(named) = node(path)? {
        let set_aside = folders.iter().map(|folder| node(&folder.join(name_of(path))));
        if !set_aside.collect::<io::Result<Vec<_>>>()?.contains(&Some(named)) {
            return Ok(());
        }
    }
    for old in files_of(path) {
        match fs::remove_file(&old) {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
            _ => {}
        }
    }
    // A log that came back with the power would be taken for the new queue's.
    File::open(durable::above(path))?.sync_all()
}
