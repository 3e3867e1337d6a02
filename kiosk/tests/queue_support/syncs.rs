//! Counts the fsyncs that SQLite makes, where it makes them: the default VFS with a counting `xSync` in its tables.
//!
//! Every connection that the process opens behind [`count`] is counted, the log's and the file's apart.
#![expect(unsafe_code, reason = "SQLite's own interface for this is C")]
#![allow(clippy::allow_attributes, unreachable_pub, dead_code, reason = "each test target uses its part")]

use std::{
    ffi::{c_char, c_int},
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::ffi;

static LOG: AtomicU64 = AtomicU64::new(0);
static FILE: AtomicU64 = AtomicU64::new(0);

struct Original {
    open:
        unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *const c_char, *mut ffi::sqlite3_file, c_int, *mut c_int) -> c_int,
}

static ORIGINAL: OnceLock<Original> = OnceLock::new();
static SYNC: OnceLock<unsafe extern "C" fn(*mut ffi::sqlite3_file, c_int) -> c_int> = OnceLock::new();

/// Makes the counting VFS the default of this process.
pub fn count() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // SAFETY: the default VFS lives as long as the process, and so does its leaked copy, which differs from it in
        // the name and in `xOpen` only. Registering takes place before any connection of this process is opened.
        unsafe {
            let default = ffi::sqlite3_vfs_find(ptr::null());
            assert!(!default.is_null(), "SQLite has a default VFS");
            let open = (*default).xOpen.expect("a VFS opens files");
            assert!(ORIGINAL.set(Original { open }).is_ok());
            let mut copy = ptr::read(default);
            copy.zName = c"counting".as_ptr();
            copy.xOpen = Some(opened);
            copy.pNext = ptr::null_mut();
            let registered = ffi::sqlite3_vfs_register(Box::leak(Box::new(copy)), 1);
            assert_eq!(registered, ffi::SQLITE_OK);
        }
    });
}

/// Fsyncs of write-ahead logs and of the files themselves until now.
pub fn so_far() -> (u64, u64) {
    (LOG.load(Ordering::SeqCst), FILE.load(Ordering::SeqCst))
}

unsafe extern "C" fn opened(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let original = ORIGINAL.get().expect("registered behind it");
    // SAFETY: SQLite's own arguments, handed on; after SQLITE_OK `pMethods` points to a table that lives as long as the
    // process. Its copy is leaked: a test opens a handful of files.
    unsafe {
        let result = (original.open)(vfs, name, file, flags, out_flags);
        if result == ffi::SQLITE_OK && !(*file).pMethods.is_null() {
            let mut methods = ptr::read((*file).pMethods);
            SYNC.get_or_init(|| methods.xSync.expect("a file syncs"));
            methods.xSync = Some(if flags & ffi::SQLITE_OPEN_WAL != 0 { log_synced } else { file_synced });
            (*file).pMethods = Box::leak(Box::new(methods));
        }
        result
    }
}

unsafe extern "C" fn log_synced(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    LOG.fetch_add(1, Ordering::SeqCst);
    // SAFETY: SQLite's own arguments, handed on.
    unsafe { SYNC.get().expect("set when it was opened")(file, flags) }
}

unsafe extern "C" fn file_synced(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    FILE.fetch_add(1, Ordering::SeqCst);
    // SAFETY: SQLite's own arguments, handed on.
    unsafe { SYNC.get().expect("set when it was opened")(file, flags) }
}
