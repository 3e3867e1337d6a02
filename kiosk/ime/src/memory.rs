//! Memory that loading a model takes for a while goes back to the system.
//!
//! A model is read, turned over and packed, and would leave twice its size behind: glibc keeps what is freed, and the next
//! who ask for memory settle all over it. While a model is loaded, all larger pieces are therefore borrowed one by one and
//! given back one by one; afterwards they come from the common heap again, which is quicker. Source: mallopt(3).
#![expect(unsafe_code, reason = "glibc offers it to C only")]

/// Loads something large.
pub(crate) fn apart<T>(load: impl FnOnce() -> T) -> T {
    borrow_from(64 << 10);
    let loaded = load();
    // What one answer needs at a time is a few megabytes: below this it stays, and is not asked for again and again.
    borrow_from(32 << 20);
    loaded
}

/// Pieces of at least so many bytes are borrowed one by one.
fn borrow_from(bytes: i32) {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt may be called at any time by any thread; both parameters are sizes that it documents. Where it
    // refuses one, nothing changes.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, bytes);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 16 << 20);
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = bytes;
}
