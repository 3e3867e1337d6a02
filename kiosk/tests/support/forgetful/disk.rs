//! What a disk holds: what programs see, and what a power cut leaves.
//!
//! Only what was synced is certain. Of the rest each block of 4 KiB may have reached the disk or not, in any order, and
//! so may a file's length and a folder's names: `fsync` of a file says nothing about its name, as POSIX has it. Once
//! `stops_after` changes were made nothing more changes and every change fails, as when the power goes. The log's index
//! is mapped memory: it makes no change, and nobody misses it.
//!
//! A disk can be ill as well ([`Illness`]). A sync that fails is the treacherous one: the system counts what it could not
//! write as written, so programs go on seeing it, the next sync succeeds, and the power takes it.

use std::collections::{BTreeMap, BTreeSet};

use super::illness::{Illness, Work};

/// What a block device writes whole.
const BLOCK: usize = 4096;

pub const ROOT: u64 = 1;

type Names = BTreeMap<String, u64>;

#[derive(Default, Clone)]
struct File {
    /// The last name it was given.
    name: String,
    seen: Vec<u8>,
    synced: Vec<u8>,
    /// Blocks of `seen` that were not synced.
    dirty: BTreeSet<usize>,
}

impl File {
    /// Whether it is the index of a log.
    fn is_index(&self) -> bool {
        self.name.ends_with("-shm")
    }

    /// A block reaches the disk.
    fn put_down(&mut self, block: usize) {
        let end = ((block + 1) * BLOCK).min(self.seen.len()).min(self.synced.len());
        if block * BLOCK < end {
            self.synced[block * BLOCK..end].copy_from_slice(&self.seen[block * BLOCK..end]);
        }
    }
}

#[derive(Default, Clone)]
struct Folder {
    seen: Names,
    synced: Names,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The power is gone.
    Cut,
    /// The disk holds no more.
    Full,
    /// The disk could not.
    Ill,
    /// The system has made the disk read-only.
    ReadOnly,
    Missing,
    Exists,
    NotEmpty,
}

type Done<T> = Result<T, Refused>;

/// A disk with one file system.
#[derive(Default)]
pub struct Disk {
    files: BTreeMap<u64, File>,
    folders: BTreeMap<u64, Folder>,
    next: u64,
    /// Changes until the power goes.
    stops_after: Option<u64>,
    /// Whether a change was refused because the power is gone.
    stopped: bool,
    /// Bytes that all files may have together; none, and there is no end.
    capacity: Option<usize>,
    illness: Option<Illness>,
    read_only: bool,
}

impl Disk {
    pub fn new() -> Self {
        let folders = BTreeMap::from([(ROOT, Folder::default())]);
        Self { folders, next: ROOT, ..Self::default() }
    }

    /// Lets the power go after `changes` more; none, and it stays.
    pub fn stop_after(&mut self, changes: Option<u64>) {
        self.stops_after = changes;
    }

    /// Lets files have so many bytes together from here on.
    pub fn set_capacity(&mut self, bytes: Option<usize>) {
        self.capacity = bytes;
    }

    /// What files that have a name have together.
    pub fn used(&self) -> usize {
        let named = self.folders.values().flat_map(|folder| folder.seen.values()).collect::<BTreeSet<_>>();
        named.iter().filter_map(|node| self.files.get(node)).map(|file| file.seen.len()).sum()
    }

    fn grow(&self, by: usize) -> Done<()> {
        match self.capacity {
            Some(capacity) if by > 0 && self.used() + by > capacity => Err(Refused::Full),
            _ => Ok(()),
        }
    }

    pub fn is_cut(&self) -> bool {
        self.stops_after == Some(0)
    }

    /// Whether the power went while something was to be changed.
    pub fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Makes it ill; none, and it is well again.
    pub fn fall_ill(&mut self, illness: Option<Illness>) {
        self.illness = illness;
    }

    /// Whether the illness was met.
    pub fn has_failed(&self) -> bool {
        self.illness.as_ref().is_some_and(Illness::was_met)
    }

    /// Lets nothing be changed any more, or again.
    pub fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    /// Whether a file can be opened to write.
    pub fn may_write(&self) -> Done<()> {
        if self.read_only { Err(Refused::ReadOnly) } else { Ok(()) }
    }

    fn may_do(&mut self, work: Work, node: u64, range: std::ops::Range<usize>) -> Done<()> {
        let file = self.files.get(&node);
        // What stands in it is in memory, whatever becomes of the disk.
        if file.is_some_and(File::is_index) {
            return Ok(());
        }
        if work != Work::Read && file.is_some() {
            self.may_write()?;
        }
        let name = file.map(|file| &*file.name);
        let struck = self.illness.as_mut().is_some_and(|illness| illness.strikes(work, node, name, range));
        if struck { Err(Refused::Ill) } else { Ok(()) }
    }

    /// A change of what a file holds.
    fn change_in(&mut self, node: u64) -> Done<()> {
        let index = self.files.get(&node).is_some_and(File::is_index);
        match (index, self.is_cut()) {
            (true, true) => Err(Refused::Cut),
            (true, false) => Ok(()),
            (false, _) => self.change(),
        }
    }

    fn change(&mut self) -> Done<()> {
        match &mut self.stops_after {
            Some(0) => {
                self.stopped = true;
                Err(Refused::Cut)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub fn lookup(&self, folder: u64, name: &str) -> Done<u64> {
        self.folders.get(&folder).and_then(|f| f.seen.get(name)).copied().ok_or(Refused::Missing)
    }

    pub fn names(&self, folder: u64) -> Vec<(String, u64)> {
        self.folders.get(&folder).map(|f| f.seen.clone().into_iter().collect()).unwrap_or_default()
    }

    /// The length of a file; none for a folder.
    pub fn length(&self, node: u64) -> Done<Option<usize>> {
        match (self.files.get(&node), self.folders.get(&node)) {
            (Some(file), _) => Ok(Some(file.seen.len())),
            (None, Some(_)) => Ok(None),
            (None, None) => Err(Refused::Missing),
        }
    }

    pub fn read(&mut self, node: u64, offset: usize, length: usize) -> Done<&[u8]> {
        self.may_do(Work::Read, node, offset..offset.saturating_add(length))?;
        let seen = &self.files.get(&node).ok_or(Refused::Missing)?.seen;
        let end = (offset + length).min(seen.len());
        Ok(seen.get(offset..end).unwrap_or_default())
    }

    pub fn create(&mut self, folder: u64, name: &str, is_folder: bool) -> Done<u64> {
        self.may_write()?;
        self.change()?;
        if self.lookup(folder, name).is_ok() {
            return Err(Refused::Exists);
        }
        self.next += 1;
        let node = self.next;
        if is_folder {
            self.folders.insert(node, Folder::default());
        } else {
            self.files.insert(node, File { name: name.into(), ..File::default() });
        }
        self.names_of(folder)?.insert(name.into(), node);
        Ok(node)
    }

    pub fn link(&mut self, node: u64, folder: u64, name: &str) -> Done<()> {
        self.may_write()?;
        self.change()?;
        self.names_of(folder)?.insert(name.into(), node);
        Ok(())
    }

    pub fn remove(&mut self, folder: u64, name: &str) -> Done<()> {
        self.may_write()?;
        self.change()?;
        let node = self.lookup(folder, name)?;
        if self.folders.get(&node).is_some_and(|f| !f.seen.is_empty()) {
            return Err(Refused::NotEmpty);
        }
        self.names_of(folder)?.remove(name);
        Ok(())
    }

    pub fn rename(&mut self, from: (u64, &str), to: (u64, &str)) -> Done<()> {
        self.may_write()?;
        self.change()?;
        let node = self.lookup(from.0, from.1)?;
        if let Some(file) = self.files.get_mut(&node) {
            file.name = to.1.into();
        }
        self.names_of(from.0)?.remove(from.1);
        self.names_of(to.0)?.insert(to.1.into(), node);
        Ok(())
    }

    pub fn write(&mut self, node: u64, offset: usize, bytes: &[u8]) -> Done<()> {
        let end = offset + bytes.len();
        self.may_do(Work::Write, node, offset..end)?;
        self.change_in(node)?;
        self.grow(end.saturating_sub(self.files.get(&node).ok_or(Refused::Missing)?.seen.len()))?;
        let file = self.files.get_mut(&node).ok_or(Refused::Missing)?;
        file.seen.resize(file.seen.len().max(end), 0);
        file.seen[offset..end].copy_from_slice(bytes);
        file.dirty.extend(offset / BLOCK..end.div_ceil(BLOCK));
        Ok(())
    }

    pub fn truncate(&mut self, node: u64, length: usize) -> Done<()> {
        self.may_do(Work::Write, node, length..length)?;
        self.change_in(node)?;
        let file = self.files.get_mut(&node).ok_or(Refused::Missing)?;
        let longer = file.seen.len().max(length);
        file.dirty.extend(length / BLOCK..longer.div_ceil(BLOCK));
        file.seen.resize(length, 0);
        Ok(())
    }

    pub fn sync(&mut self, node: u64) -> Done<()> {
        let may_do = self.may_do(Work::Sync, node, 0..0);
        if let (Err(Refused::Ill), Some(file)) = (may_do, self.files.get_mut(&node)) {
            file.dirty.clear();
        }
        may_do?;
        self.change_in(node)?;
        if let Some(file) = self.files.get_mut(&node) {
            file.synced.resize(file.seen.len(), 0);
            for block in std::mem::take(&mut file.dirty) {
                file.put_down(block);
            }
        } else if let Some(folder) = self.folders.get_mut(&node) {
            folder.synced.clone_from(&folder.seen);
        }
        Ok(())
    }

    /// What is left after the cut; `keeps` says of each thing that was not synced whether it had reached the disk. How
    /// many folders and files lost something by it.
    pub fn after_the_cut(&mut self, keeps: &mut dyn FnMut() -> bool) -> usize {
        let names = |folder: &Folder| folder.seen.values().chain(folder.synced.values()).copied().collect::<Vec<_>>();
        let named: BTreeSet<u64> = self.folders.values().flat_map(names).collect();
        let mut poorer = 0;
        for folder in self.folders.values_mut() {
            if keeps() {
                folder.synced.clone_from(&folder.seen);
            } else {
                poorer += usize::from(folder.seen != folder.synced);
                folder.seen.clone_from(&folder.synced);
            }
        }
        for (node, file) in &mut self.files {
            let length = if keeps() { file.seen.len() } else { file.synced.len() };
            file.synced.resize(length, 0);
            for block in std::mem::take(&mut file.dirty) {
                if keeps() {
                    file.put_down(block);
                }
            }
            poorer += usize::from(file.seen != file.synced && named.contains(node) && !file.is_index());
            file.seen.clone_from(&file.synced);
        }
        self.stops_after = None;
        self.stopped = false;
        self.illness = None;
        poorer
    }

    fn names_of(&mut self, folder: u64) -> Done<&mut Names> {
        self.folders.get_mut(&folder).map(|f| &mut f.seen).ok_or(Refused::Missing)
    }
}
