//! The stick as a folder: what makes it one, and how a parcel comes onto it.
//!
//! Invariant: an event's file has its name once its bytes are synced; the manifest has its name once all events and their
//! names are. Each file costs one fsync, a folder one for each parcel: `syncfs` would be one for all, but file systems
//! in user space (NTFS, exFAT with older kernels) need not answer it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use uuid::Uuid;
use wire::{
    stick::{FOLDER, MANIFEST, parcel_name, parcel_of},
    ticket::TerminalNumber,
};

use super::NotExported;
use crate::durable;

/// A stick that is there.
pub(super) struct Stick {
    lianxin: PathBuf,
}

/// A parcel's folder that is being filled.
pub(super) struct ParcelFolder {
    path: PathBuf,
}

impl Stick {
    /// Looks for the stick; writes nothing.
    pub(super) fn find(at: &Path, data: &Path) -> Result<Self, NotExported> {
        let none = |_| NotExported::NoStick(at.to_owned());
        let (stick, own) = (fs::metadata(at).map_err(none)?, fs::metadata(data).map_err(none)?);
        if !stick.is_dir() || stick.dev() == own.dev() {
            return Err(NotExported::NoStick(at.to_owned()));
        }
        Ok(Self { lianxin: at.join(FOLDER) })
    }

    /// Makes the folder that parcels lie in, and removes what former exports of this terminal left unfinished: nothing of
    /// it counts, and it takes room.
    pub(super) fn prepare(&self, terminal: TerminalNumber) -> Result<(), NotExported> {
        make_folder(&self.lianxin)?;
        for (path, _) in self.parcels(terminal)? {
            if !path.join(MANIFEST).exists() {
                fs::remove_dir_all(&path).map_err(|source| failed(&path, source))?;
            }
        }
        Ok(())
    }

    /// Makes the folder of a parcel under a number that none on this stick has.
    pub(super) fn new_parcel(&self, terminal: TerminalNumber) -> Result<ParcelFolder, NotExported> {
        let highest = self.parcels(terminal)?.into_iter().map(|(_, number)| number).max().unwrap_or(0);
        let path = self.lianxin.join(parcel_name(terminal, highest.saturating_add(1)));
        make_folder(&path)?;
        Ok(ParcelFolder { path })
    }

    fn parcels(&self, terminal: TerminalNumber) -> Result<Vec<(PathBuf, u32)>, NotExported> {
        let read = |source| failed(&self.lianxin, source);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.lianxin).map_err(read)? {
            let entry = entry.map_err(read)?;
            let parcel = entry.file_name().to_str().and_then(parcel_of);
            found.extend(parcel.filter(|(of, _)| *of == terminal).map(|(_, number)| (entry.path(), number)));
        }
        Ok(found)
    }
}

impl ParcelFolder {
    /// Writes one event under its id.
    pub(super) fn write_event(&self, id: Uuid, bytes: &[u8]) -> Result<(), NotExported> {
        self.write(&id.to_string(), bytes)
    }

    /// Makes the parcel count: everything else of it is on the stick by then.
    pub(super) fn finish(&self, manifest: &[u8]) -> Result<(), NotExported> {
        sync(&self.path)?;
        self.write(MANIFEST, manifest)?;
        sync(&self.path)
    }

    /// Takes back what was written, where that can be done; without a manifest it counts for nothing anyway.
    pub(super) fn give_up(&self) {
        if fs::remove_file(self.path.join(MANIFEST)).is_ok() {
            // Whole for a moment, but not known to be on the stick.
            sync(&self.path).ok();
        }
        fs::remove_dir_all(&self.path).ok();
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), NotExported> {
        let (path, beside) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let written = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        written().map_err(|source| failed(&path, source))
    }
}

fn make_folder(path: &Path) -> Result<(), NotExported> {
    durable::folder(path).map_err(|source| failed(path, source))
}

fn sync(folder: &Path) -> Result<(), NotExported> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| failed(folder, source))
}

fn failed(path: &Path, source: io::Error) -> NotExported {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => NotExported::Full,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => NotExported::ReadOnly,
        _ => NotExported::Failed { path: path.to_owned(), source },
    }
}
