//! Files that are whole or absent: written beside, synced, renamed, and the folder synced.
//!
//! Invariant: after a return without an error the bytes outlive a power cut; after a power cut at any point the
//! file holds the old bytes or the new ones.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("write {path}")]
pub struct WriteError {
    /// The file that was to be written.
    pub path: PathBuf,
    #[source]
    source: io::Error,
}

/// Writes `bytes` to `path` with the permission bits `mode`.
///
/// # Errors
/// Whatever the file system answers; the former content then still stands.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let whole = || -> io::Result<()> {
        let beside = path.with_added_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_name(path)
    };
    whole().map_err(|source| {
        // What was written of it would keep the room that others need.
        fs::remove_file(path.with_added_extension("new")).ok();
        WriteError { path: path.to_owned(), source }
    })
}

/// Makes a folder whose name outlives a power cut; one that is there stays, and its name is made sure of.
///
/// # Errors
/// Whatever the file system answers; the folder above must be there.
pub fn folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_name(path)
}

/// The folder that a path's name stands in.
pub fn above(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_name(path: &Path) -> io::Result<()> {
    File::open(above(path))?.sync_all()
}

/// Overwrites what `path` holds with zeros and removes it. A card may keep the former bytes in blocks that it has set
/// aside; whoever reads the file system finds none.
///
/// # Errors
/// Whatever the file system answers; a file that is not there is none.
pub fn erase(path: &Path) -> Result<(), WriteError> {
    overwrite(path)?;
    let gone = || match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_name(path)),
    };
    gone().map_err(|source| WriteError { path: path.to_owned(), source })
}

/// Overwrites what `path` holds with zeros and leaves it there, which needs no room on the disk.
///
/// # Errors
/// Whatever the file system answers; a file that is not there is none.
pub fn overwrite(path: &Path) -> Result<(), WriteError> {
    let whole = || -> io::Result<()> {
        let mut file = match OpenOptions::new().write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        io::copy(&mut io::repeat(0).take(file.metadata()?.len()), &mut file)?;
        file.sync_all()
    };
    whole().map_err(|source| WriteError { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        write(&path, b"a longer first text", 0o600).unwrap();
        write(&path, b"second", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_erased_was_overwritten_before_it_was_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        write(&path, b"a private key", 0o600).unwrap();
        // A second name of the same bytes shows what became of them.
        let other = folder.path().join("other");
        fs::hard_link(&path, &other).unwrap();
        erase(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read(&other).unwrap(), [0; 13]);
        erase(&path).unwrap();
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = write(Path::new("/nowhere/at/all"), b"", 0o600).unwrap_err();
        assert_eq!(error.to_string(), "write /nowhere/at/all");
    }
}
