//! Memory that loading a model took for a while goes back to the system.
//!
//! glibc keeps what is freed for the next who asks; a model is read, turned over and packed, and leaves twice its size
//! behind. Source: malloc_trim(3).
#![expect(unsafe_code, reason = "glibc offers it to C only")]

/// Gives back whole pages that are free.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim may be called at any time by any thread; it touches memory that is free, and nothing else.
    unsafe {
        libc::malloc_trim(0);
    }
}
