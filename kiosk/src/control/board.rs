//! What kiosk shows, kept where the socket's threads can read it.
//!
//! Invariant: writing never waits for a client; the lock is held for the copy of a page's name only.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use wire::event::WallTime;

use super::message::Status;

/// Written by the UI thread, read by the socket.
#[derive(Debug)]
pub struct Board {
    page: Mutex<String>,
    visit: AtomicBool,
    frames: AtomicU64,
    started: WallTime,
    version: String,
}

impl Board {
    /// A board without a page and without a frame.
    #[must_use]
    pub fn new(started: WallTime, version: &str) -> Self {
        Self {
            page: Mutex::default(),
            visit: AtomicBool::new(false),
            frames: AtomicU64::new(0),
            started,
            version: version.into(),
        }
    }

    /// Notes the page that is shown and whether a visit is under way.
    pub fn shows(&self, page: &str, visit: bool) {
        self.visit.store(visit, Ordering::Relaxed);
        let mut shown = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != page {
            page.clone_into(&mut shown);
        }
    }

    /// Counts one frame that was painted and handed to the screen.
    pub fn presented(&self) {
        self.frames.fetch_add(1, Ordering::Relaxed);
    }

    /// All of it.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            page: self.page.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            visit: self.visit.load(Ordering::Relaxed),
            frames: self.frames.load(Ordering::Relaxed),
            started: self.started,
            version: self.version.clone(),
        }
    }
}
