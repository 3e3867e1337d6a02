//! A file system that forgets what was not synced, mounted through FUSE.
//!
//! The rules are those of [`disk`]; this part only answers the kernel.
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

pub mod disk;
pub mod illness;

use std::{
    ffi::OsStr,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use disk::{Disk, Refused};
use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, MountOption, OpenAccMode, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

/// The kernel asks again every time: nothing is cached.
const ALWAYS_ASK: Duration = Duration::ZERO;

/// A disk that can be mounted, cut and mounted again.
#[derive(Clone)]
pub struct Forgetful(Arc<Mutex<Disk>>);

impl Forgetful {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Disk::new())))
    }

    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mounts it; it is unmounted when the result is dropped.
    ///
    /// # Errors
    /// No `/dev/fuse`, or no right to use it.
    pub fn mount(&self, at: &Path) -> io::Result<Mounted> {
        self.mount_with(at, &[])
    }

    /// Mounts it with options of the kernel's.
    ///
    /// # Errors
    /// As [`Self::mount`].
    pub fn mount_with(&self, at: &Path, options: &[MountOption]) -> io::Result<Mounted> {
        let mut config = Config::default();
        config.mount_options = options.to_vec();
        fuser::spawn_mount(self.clone(), at, &config).map(Mounted)
    }

    fn attributes(&self, node: u64) -> Result<FileAttr, Errno> {
        let length = self.disk().length(node).map_err(errno)?;
        let size = length.unwrap_or(0) as u64;
        let (kind, perm) = match length {
            Some(_) => (FileType::RegularFile, 0o600),
            None => (FileType::Directory, 0o700),
        };
        Ok(FileAttr {
            ino: INodeNo(node),
            size,
            blocks: size.div_ceil(512),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind,
            perm,
            nlink: 1,
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }

    fn entry(&self, made: Result<u64, Refused>, reply: ReplyEntry) {
        match made.map_err(errno).and_then(|node| self.attributes(node)) {
            Ok(attributes) => reply.entry(&ALWAYS_ASK, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }
}

/// A disk that is mounted, until this is dropped.
pub struct Mounted(BackgroundSession);

impl Mounted {
    /// Unmounts it and waits for its thread.
    ///
    /// A request that the thread was about to read when the last user left ends with "aborted" instead of "no device"
    /// (Linux, `fuse_dev_do_read`): the connection is over in both cases.
    ///
    /// # Errors
    /// It can't be unmounted, or its thread failed.
    pub fn umount_and_join(self) -> io::Result<()> {
        match self.0.umount_and_join() {
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => Ok(()),
            ended => ended,
        }
    }
}

fn errno(refused: Refused) -> Errno {
    match refused {
        Refused::Cut | Refused::Ill => Errno::EIO,
        Refused::ReadOnly => Errno::EROFS,
        Refused::Full => Errno::ENOSPC,
        Refused::Missing => Errno::ENOENT,
        Refused::Exists => Errno::EEXIST,
        Refused::NotEmpty => Errno::ENOTEMPTY,
    }
}

fn empty(done: Result<(), Refused>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(refused) => reply.error(errno(refused)),
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn text(name: &OsStr) -> &str {
    name.to_str().unwrap_or_default()
}

impl Filesystem for Forgetful {
    fn lookup(&self, _req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.disk().lookup(parent.0, text(name));
        self.entry(found, reply);
    }

    fn getattr(&self, _req: &Request, ino: INodeNo, _fh: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes(ino.0) {
            Ok(attributes) => reply.attr(&ALWAYS_ASK, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _req: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let done = size.map_or(Ok(()), |size| self.disk().truncate(ino.0, place(size)));
        match done.map_err(errno).and_then(|()| self.attributes(ino.0)) {
            Ok(attributes) => reply.attr(&ALWAYS_ASK, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, _req: &Request, parent: INodeNo, name: &OsStr, _mode: u32, _umask: u32, reply: ReplyEntry) {
        let made = self.disk().create(parent.0, text(name), true);
        self.entry(made, reply);
    }

    fn unlink(&self, _req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.disk().remove(parent.0, text(name)), reply);
    }

    fn rmdir(&self, _req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.disk().remove(parent.0, text(name)), reply);
    }

    fn rename(
        &self,
        _req: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        empty(self.disk().rename((parent.0, text(name)), (newparent.0, text(newname))), reply);
    }

    fn link(&self, _req: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        let linked = self.disk().link(ino.0, newparent.0, text(newname)).map(|()| ino.0);
        self.entry(linked, reply);
    }

    fn read(
        &self,
        _req: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.disk().read(ino.0, place(offset), size as usize) {
            Ok(bytes) => reply.data(bytes),
            Err(refused) => reply.error(errno(refused)),
        }
    }

    fn write(
        &self,
        _req: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.disk().write(ino.0, place(offset), data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(refused) => reply.error(errno(refused)),
        }
    }

    fn open(&self, _req: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let writes = flags.acc_mode() != OpenAccMode::O_RDONLY;
        match if writes { self.disk().may_write() } else { Ok(()) } {
            Ok(()) => reply.opened(FileHandle(ino.0), FopenFlags::empty()),
            Err(refused) => reply.error(errno(refused)),
        }
    }

    fn flush(&self, _req: &Request, _ino: INodeNo, _fh: FileHandle, _lock_owner: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _req: &Request, ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        empty(self.disk().sync(ino.0), reply);
    }

    fn fsyncdir(&self, _req: &Request, ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        empty(self.disk().sync(ino.0), reply);
    }

    fn readdir(&self, _req: &Request, ino: INodeNo, _fh: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let disk = self.disk();
        let names = disk.names(ino.0).into_iter().enumerate().skip(place(offset));
        for (at, (name, node)) in names {
            let folder = matches!(disk.length(node), Ok(None));
            let kind = if folder { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(node), at as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _req: &Request, _ino: INodeNo, reply: ReplyStatfs) {
        reply.statfs(1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096);
    }

    fn create(
        &self,
        _req: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let made = self.disk().create(parent.0, text(name), false);
        match made.map_err(errno).and_then(|node| self.attributes(node)) {
            Ok(attributes) => {
                reply.created(&ALWAYS_ASK, &attributes, Generation(0), FileHandle(0), FopenFlags::empty());
            }
            Err(error) => reply.error(error),
        }
    }
}
