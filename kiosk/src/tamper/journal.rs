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
    next: u64,
}

impl Journal {
    /// Opens the file; where there is none, or one of another size, it is laid down with what could be read.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let entries = read(path)?;
        let next = entries.last().map_or(1, |last| last.seq + 1);
        if !fs::metadata(path).is_ok_and(|found| found.len() == (SLOT * SLOTS) as u64) {
            let mut bytes = vec![b' '; SLOT * SLOTS];
            for entry in &entries {
                bytes[place(entry.seq)..][..SLOT].copy_from_slice(&line(entry)?);
            }
            durable::write(path, &bytes, READABLE).map_err(io::Error::other)?;
        }
        Ok(Self { file: OpenOptions::new().write(true).open(path)?, next })
    }

    /// Writes an entry; it outlives a power cut when this returns.
    ///
    /// # Errors
    /// Whatever the system says; the entry may then be there or not.
    pub fn append(&mut self, standing: Standing, clock: &dyn Clock) -> io::Result<()> {
        let uptime_ms = u64::try_from(clock.uptime().as_millis()).unwrap_or(u64::MAX);
        let entry = Entry { seq: self.next, standing, boot: clock.boot(), uptime_ms, wall: clock.wall() };
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
