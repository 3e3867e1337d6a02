//! The journal of the case: a file of [`SLOTS`] places that never grows, the oldest entry overwritten by the newest.
//!
//! One line of JSON a place, filled up with blanks. Invariants: once it is laid down it needs no room on the disk, so that
//! a full one takes an opening too; an entry is synced when [`Journal::append`] returns; a cut in the middle of a write
//! costs at most the oldest entry, because a place lies within one sector.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::event::WallTime;

use super::Standing;
use crate::{clock::Clock, durable};

/// Entries that are kept.
pub const SLOTS: usize = 32;

/// Bytes of a place: half a sector of the oldest disks, twice what an entry has.
const SLOT: usize = 256;

/// The agent reads it; there is nothing of a villager's in it.
const READABLE: u32 = 0o644;

/// One entry: how it stood with the case, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Order over all boots, rising by one.
    pub seq: u64,
    /// Which journal: drawn when one is begun, so that whoever follows the count sees that it began anew.
    #[serde(default)]
    pub journal: u32,
    /// How it stood.
    #[serde(flatten)]
    pub standing: Standing,
    /// The boot in which it was seen.
    pub boot: Uuid,
    /// The boot's age then, milliseconds.
    pub uptime_ms: u64,
    /// Wall time, a label.
    pub wall: WallTime,
}

/// Reads the entries at `path`, oldest first; none where there is no file. What is no entry is passed over.
///
/// # Errors
/// The file can't be read.
pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
    match fs::read(path) {
        Ok(bytes) => Ok(entries(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What lies where the journal belongs.
#[derive(Debug)]
pub(super) enum Found {
    /// No file, or one without an entry yet.
    Nothing,
    /// Its last entry.
    Last(Entry),
    /// Something that can't be read.
    Illegible(io::Error),
}

pub(super) fn find(path: &Path) -> Found {
    match fs::read(path) {
        Ok(bytes) => match entries(&bytes).pop() {
            Some(last) => Found::Last(last),
            None if bytes.iter().all(u8::is_ascii_whitespace) => Found::Nothing,
            None => Found::Illegible(io::Error::new(io::ErrorKind::InvalidData, "expected entries, found none")),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Err(error) => Found::Illegible(error),
    }
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        bytes.chunks(SLOT).filter_map(|place| serde_json::from_slice(place.trim_ascii()).ok()).collect();
    entries.sort_by_key(|entry| entry.seq);
    entries
}

/// The open file.
#[derive(Debug)]
pub struct Journal {
    file: File,
    journal: u32,
    next: u64,
}

impl Journal {
    /// Opens the file to write entries of `journal`, the first of them not below `next`; where there is none, one of
    /// another size or one that can't be read, it is laid down with what could be read.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn open(path: &Path, journal: u32, next: u64) -> io::Result<Self> {
        let (entries, is_read) = read(path).map_or_else(|_| (Vec::new(), false), |entries| (entries, true));
        let next = entries.last().map_or(1, |last| last.seq + 1).max(next);
        if !is_read || !fs::metadata(path).is_ok_and(|found| found.len() == (SLOT * SLOTS) as u64) {
            let mut bytes = vec![b' '; SLOT * SLOTS];
            for entry in &entries {
                bytes[place(entry.seq)..][..SLOT].copy_from_slice(&line(entry)?);
            }
            durable::write(path, &bytes, READABLE).map_err(io::Error::other)?;
        }
        Ok(Self { file: OpenOptions::new().write(true).open(path)?, journal, next })
    }

    /// Writes an entry; it outlives a power cut when this returns.
    ///
    /// # Errors
    /// Whatever the system says; the entry may then be there or not.
    pub fn append(&mut self, standing: Standing, clock: &dyn Clock) -> io::Result<()> {
        let uptime_ms = u64::try_from(clock.uptime().as_millis()).unwrap_or(u64::MAX);
        let (seq, journal) = (self.next, self.journal);
        let entry = Entry { seq, journal, standing, boot: clock.boot(), uptime_ms, wall: clock.wall() };
        self.file.write_all_at(&line(&entry)?, place(entry.seq) as u64)?;
        self.file.sync_data()?;
        self.next += 1;
        Ok(())
    }
}

/// Where in the file an entry lies.
fn place(seq: u64) -> usize {
    usize::try_from(seq % SLOTS as u64).unwrap_or(0) * SLOT
}

fn line(entry: &Entry) -> io::Result<[u8; SLOT]> {
    let json = serde_json::to_vec(entry)?;
    let mut line = [b' '; SLOT];
    line.get_mut(..json.len()).ok_or(io::ErrorKind::InvalidInput)?.copy_from_slice(&json);
    line[SLOT - 1] = b'\n';
    Ok(line)
}
