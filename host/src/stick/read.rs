//! What lies on a stick, read into memory with bounds: nothing of it is trusted, and no link is followed.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use wire::{
    event::LARGEST_EVENT_MAX,
    stick::{BYTES_MAX, EVENTS_MAX, FOLDER, MANIFEST, MANIFEST_MAX, parcel_of},
};

use super::ImportError;

/// What systems of offices leave in folders that they look into.
const OF_SYSTEMS: [&str; 2] = ["Thumbs.db", "desktop.ini"];

/// A terminal's folder, as it was found.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    /// The folder's name.
    pub(super) name: String,
    /// By name.
    pub(super) files: BTreeMap<String, Content>,
    /// Whether there are more files than a parcel can have; the rest was not read.
    pub(super) too_many: bool,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// All of it.
    Bytes(Vec<u8>),
    /// More than a file of a parcel can have; not read.
    TooLong(u64),
    /// A folder, a link, a device; or it can't be read.
    Unreadable(String),
}

/// Finds the parcels: the folder itself, or those in it, or those in its `lianxin`.
pub(super) fn parcels(at: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let named = |path: &Path| path.file_name().and_then(|name| name.to_str()).is_some_and(|n| parcel_of(n).is_some());
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let read = |source| ImportError::Read { path: at.to_owned(), source };
    if !fs::metadata(at).map_err(read)?.is_dir() {
        return Err(ImportError::NothingThere(at.to_owned()));
    }
    let whole = fs::canonicalize(at).map_err(read)?;
    if named(&whole) || at.join(MANIFEST).exists() {
        return Ok(vec![whole]);
    }
    let inner = at.join(FOLDER);
    // Whatever stands in the folder of ours was meant for us, also under another name.
    let (folder, any) = if is_folder(&inner) { (inner, true) } else { (at.to_owned(), false) };
    let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(read)?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = paths.filter(|path| is_folder(path) && (any || named(path))).collect();
    found.sort();
    if found.is_empty() { Err(ImportError::NothingThere(at.to_owned())) } else { Ok(found) }
}

/// Reads a parcel's folder.
pub(super) fn parcel(folder: &Path) -> Result<Parcel, ImportError> {
    let read = |source| ImportError::Read { path: folder.to_owned(), source };
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut parcel = Parcel { name, ..Parcel::default() };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
        // Hidden ones are of systems too; what a terminal had not finished has another name than it should.
        if !name.starts_with('.') && !name.ends_with(".new") && !OF_SYSTEMS.contains(&name.as_str()) {
            names.push(name);
        }
        // A manifest, and as many strangers as events would have room for.
        if names.len() > 2 * EVENTS_MAX + 1 {
            parcel.too_many = true;
            break;
        }
    }
    names.sort();
    // The manifest has room of its own: nothing that lies beside it keeps it from being read.
    let (mut of_events, mut of_manifest) = (BYTES_MAX, MANIFEST_MAX as u64);
    for name in names {
        let (most, room) =
            if name == MANIFEST { (MANIFEST_MAX, &mut of_manifest) } else { (LARGEST_EVENT_MAX, &mut of_events) };
        let content = content(&folder.join(&name), most as u64, room);
        parcel.files.insert(name, content);
    }
    Ok(parcel)
}

/// Reads a file of at most `most` bytes, where there is `room` left for it.
fn content(path: &Path, most: u64, room: &mut u64) -> Content {
    let mut read = || -> io::Result<Content> {
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_file() {
            return Ok(Content::Unreadable("not a plain file".into()));
        }
        if metadata.len() > most.min(*room) {
            return Ok(Content::TooLong(metadata.len()));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        *room = room.saturating_sub(bytes.len() as u64);
        Ok(Content::Bytes(bytes))
    };
    read().unwrap_or_else(|error| Content::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path, bytes: &[u8]) {
        std::io::Write::write_all(&mut File::create(path).unwrap(), bytes).unwrap();
    }

    #[test]
    fn a_parcel_that_is_as_full_as_it_may_be_is_read_whole_and_what_is_beyond_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let most = BYTES_MAX / LARGEST_EVENT_MAX as u64;
        for n in 0..=most {
            put(&folder.path().join(format!("{n:04}")), &vec![b'x'; LARGEST_EVENT_MAX]);
        }
        put(&folder.path().join(MANIFEST), &vec![b' '; MANIFEST_MAX]);
        let parcel = parcel(folder.path()).unwrap();
        let whole = |name: &str| matches!(parcel.files.get(name), Some(Content::Bytes(_)));
        assert!(whole("0000") && whole(&format!("{:04}", most - 1)) && whole(MANIFEST));
        assert_eq!(parcel.files[&format!("{most:04}")], Content::TooLong(LARGEST_EVENT_MAX as u64));
    }
}
