//! librime has one state in a process: one at a time may use it, and others wait.

use std::sync::{Condvar, Mutex, PoisonError};

/// Whether somebody uses the library.
static USED: Mutex<bool> = Mutex::new(false);
static FREE: Condvar = Condvar::new();

/// The right to use the library, which one at a time has.
pub(super) struct Permit;

impl Permit {
    /// Waits until nobody else has it.
    pub(super) fn wait() -> Self {
        let used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = FREE.wait_while(used, |used| *used).unwrap_or_else(PoisonError::into_inner);
        *used = true;
        Self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *USED.lock().unwrap_or_else(PoisonError::into_inner) = false;
        FREE.notify_one();
    }
}
