//! Files that are there whole or not at all, also after a power cut.
//!
//! Invariant: a file gets its mode before its first byte; the name appears only once the bytes and the folder's entry
//! are on the disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// The user that the host runs as, nobody else: keys.
    Owner,
    /// Everybody on the machine.
    All,
}

/// Replaces `path` with `bytes`.
///
/// # Errors
/// What the file system says; the former file is then untouched.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let beside = beside(path);
    let mut file = create(&beside, readers)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// Writes `path`, which must not be there yet: a key is never overwritten.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where it is there; else what the file system says.
pub fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let beside = beside(path);
    let mut file = create(&beside, readers)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // A link, unlike a rename, fails where the name is taken.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked?;
    sync_folder(path)
}

/// Makes a folder that only the host's user can enter; one that is there stays as it is.
///
/// # Errors
/// What the file system says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes the folder `path`, which must not be there yet, with these files: it appears whole or not at all.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where it is there; else what the file system says.
pub fn new_folder(path: &Path, files: &[(&str, &[u8], Readers)]) -> io::Result<()> {
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_folder(parent)?;
    let making = beside(path);
    match fs::remove_dir_all(&making) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => private_folder(&making)?,
    }
    for (name, bytes, readers) in files {
        write_new(&making.join(name), bytes, *readers)?;
    }
    // A rename onto a folder with files in it fails.
    fs::rename(&making, path)?;
    sync_folder(path)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn create(path: &Path, readers: Readers) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_readable_by_its_owner_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_new(&path, b"first", Readers::Owner).unwrap();
        assert_eq!(write_new(&path, b"second", Readers::Owner).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_folder_has_all_its_files_and_takes_nobodys_place() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/keys");
        let files: [(&str, &[u8], Readers); 2] = [("one", b"1", Readers::Owner), ("two", b"2", Readers::All)];
        new_folder(&path, &files).unwrap();
        assert_eq!(fs::read(path.join("two")).unwrap(), b"2");
        assert_eq!(new_folder(&path, &files).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(parent.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn a_write_replaces_the_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        write(&path, b"a longer text", Readers::All).unwrap();
        write(&path, b"short", Readers::All).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
