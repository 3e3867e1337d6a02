//! Where the bytes of artifacts lie: `blobs/SHA256`, and `incoming/` while they come.
//!
//! Invariants: a blob has its name only once all its bytes are on the disk; at most [`PIECE`] of it are in memory.
//! Whoever writes holds the folder's lock until the row of the blob is there too, so that a sweep, which takes the lock
//! for itself, finds nothing but what a killed process left.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path as FilePath, PathBuf},
};

use aws_lc_rs::digest;
use md5::{Digest, Md5};
use object_store::{
    GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt, SeekFrom};
use tokio_util::io::StreamReader;
use uuid::Uuid;
use wire::hex;

use super::Error;
use crate::durable;

/// Object storage takes no part below 5 MiB but the last.
const PIECE: u64 = 8 * 1024 * 1024;

/// So much of a file is read at once; whoever fetches holds as much in memory.
pub const READ_AHEAD: usize = 128 * 1024;

/// Left free on the disk: databases lie there too, and a villager's words come before artifacts.
const RESERVE: u64 = 64 * 1024 * 1024;

/// How many bytes are to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// So many.
    Exactly(u64),
    /// Not more: what they come in says itself where it ends.
    AtMost(u64),
}

impl From<u64> for Announced {
    fn from(bytes: u64) -> Self {
        Self::Exactly(bytes)
    }
}

impl Announced {
    fn most(self) -> u64 {
        match self {
            Self::Exactly(bytes) | Self::AtMost(bytes) => bytes,
        }
    }
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hashes {
    pub(super) size: u64,
    pub(super) sha256: Vec<u8>,
    pub(super) sha1: Vec<u8>,
    pub(super) md5: Vec<u8>,
}

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    folder: PathBuf,
}

/// The folder's lock, shared by writers or held by one sweep; the system lets go of it with the process.
#[derive(Debug)]
pub(super) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // A child that was just started may have the file open until it runs its own program: closing is not enough.
        self.0.unlock().ok();
    }
}

impl Blobs {
    pub(super) fn new(folder: &FilePath) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(super) async fn begin_writing(&self) -> Result<Held, Error> {
        let lock = self.lock_file()?;
        let locked = tokio::task::spawn_blocking(move || lock.lock_shared().map(|()| Held(lock))).await;
        locked.map_err(io::Error::other).flatten().map_err(|error| self.failed(error))
    }

    /// Takes in what comes, as many bytes of it as were announced, and tells after each piece how many are here.
    pub(super) async fn take(
        &self,
        _writing: &Held,
        mut source: impl AsyncRead + Unpin,
        announced: Announced,
        mut progress: impl FnMut(u64),
    ) -> Result<Hashes, Error> {
        let most = announced.most();
        self.refuse_more_than_fits(most, most)?;
        let objects = self.objects()?;
        let incoming = Path::from(format!("incoming/{}", Uuid::new_v4().simple()));
        let mut upload = objects.put_multipart(&incoming).await?;
        let mut sha256 = digest::Context::new(&digest::SHA256);
        let mut sha1 = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        let (mut md5, mut size) = (Md5::new(), 0);
        loop {
            let mut piece = Vec::new();
            (&mut source).take(PIECE).read_to_end(&mut piece).await.map_err(Error::Source)?;
            if piece.is_empty() {
                break;
            }
            sha256.update(&piece);
            sha1.update(&piece);
            md5.update(&piece);
            let bytes = piece.len() as u64;
            size += bytes;
            if size > most {
                return Err(Error::Length { announced: most, came: size });
            }
            // Somebody else's may have come meanwhile.
            self.refuse_more_than_fits(most, bytes)?;
            upload.put_part(piece.into()).await?;
            progress(size);
        }
        if let Announced::Exactly(announced) = announced
            && size != announced
        {
            return Err(Error::Length { announced, came: size });
        }
        upload.complete().await?;
        let digests = (sha256.finish(), sha1.finish(), md5.finalize());
        let (sha256, sha1, md5) = (digests.0.as_ref().to_vec(), digests.1.as_ref().to_vec(), digests.2.to_vec());
        objects.rename(&incoming, &place(&hex(&sha256))).await?;
        Ok(Hashes { size, sha256, sha1, md5 })
    }

    /// Whether the bytes are there; a database may be older or newer than its folder.
    pub(super) async fn has(&self, sha256: &str, size: u64) -> Result<bool, Error> {
        match self.objects()?.head(&place(sha256)).await {
            Ok(found) => Ok(found.size == size),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The file that holds the bytes, for programs that read it themselves.
    pub(super) fn file(&self, sha256: &str) -> PathBuf {
        self.folder.join(place(sha256).as_ref())
    }

    /// So many of the bytes, from one on.
    pub(super) async fn read(
        &self,
        sha256: &str,
        from: u64,
        count: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Unpin>, Error> {
        let objects = self.objects()?;
        // A range of nothing is refused.
        let range = (count > 0).then(|| GetRange::Bounded(from..from + count));
        let found = objects.get_opts(&place(sha256), GetOptions { range, ..Default::default() }).await?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                file.set_max_buf_size(READ_AHEAD);
                file.seek(SeekFrom::Start(from)).await.map_err(|error| self.failed(error))?;
                Box::new(file.take(count))
            }
            GetResultPayload::Stream(stream) => Box::new(StreamReader::new(stream)),
        })
    }

    /// Keeps writers away where there are none.
    pub(super) fn begin_sweeping(&self) -> Result<Option<Held>, Error> {
        let lock = self.lock_file()?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Held(lock))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.failed(error)),
        }
    }

    /// Removes what came in part, and whole blobs that nobody knows; how many files went.
    pub(super) fn sweep(&self, _alone: &Held, known: &HashSet<String>) -> Result<usize, Error> {
        self.remove_all_but(known).map_err(|error| self.failed(error))
    }

    fn remove_all_but(&self, known: &HashSet<String>) -> io::Result<usize> {
        let mut removed = 0;
        for (folder, is_kept) in [("incoming", None), ("blobs", Some(known))] {
            let entries = match fs::read_dir(self.folder.join(folder)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if is_kept.is_some_and(|known| known.contains(&name)) {
                    continue;
                }
                match fs::remove_file(entry.path()) {
                    // An upload that breaks off removes its file by itself.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    gone => gone.map(|()| removed += 1)?,
                }
            }
        }
        Ok(removed)
    }

    fn lock_file(&self) -> Result<File, Error> {
        let open = || {
            durable::private_folder(&self.folder)?;
            File::options().create(true).append(true).open(self.folder.join("lock"))
        };
        open().map_err(|error| self.failed(error))
    }

    fn objects(&self) -> Result<LocalFileSystem, Error> {
        Ok(LocalFileSystem::new_with_prefix(&self.folder)?.with_fsync(true))
    }

    /// Bytes that are free for artifacts.
    pub(super) fn room(&self) -> Result<u64, Error> {
        durable::private_folder(&self.folder).map_err(|error| self.failed(error))?;
        let disk = rustix::fs::statvfs(&self.folder).map_err(|error| self.failed(error.into()))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize).saturating_sub(RESERVE))
    }

    /// Of those that were announced, so many are to come yet.
    fn refuse_more_than_fits(&self, announced: u64, to_come: u64) -> Result<(), Error> {
        let free = self.room()?;
        if to_come > free { Err(Error::NoRoom { announced, free }) } else { Ok(()) }
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Folder { path: self.folder.clone(), source }
    }
}

/// By its SHA-256 in hexadecimal digits.
fn place(sha256: &str) -> Path {
    Path::from(format!("blobs/{sha256}"))
}
