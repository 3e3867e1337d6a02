//! What kiosk shows, kept where the socket's threads can read it.
//!
//! Invariant: writing never waits for a client; the lock is held for the copy of a page's name only.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use wire::{event::WallTime, health::Kiosk};

use super::message::Status;

/// Who writes it tells it every few seconds; what is older than this is not known any more.
const HEALTH_HOLDS: Duration = Duration::from_secs(60);

/// Written by the UI thread and the clerk's, read by the socket.
#[derive(Debug)]
pub struct Board {
    page: Mutex<String>,
    visit: AtomicBool,
    frames: AtomicU64,
    health: Mutex<Option<(Kiosk, Duration)>>,
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
            health: Mutex::default(),
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

    /// Notes how queue and printer are at `now` (monotonic).
    pub(super) fn note_health(&self, health: Kiosk, now: Duration) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Some((health, now));
    }

    /// How queue and printer are; none where nobody said so lately.
    pub(super) fn health(&self, now: Duration) -> Option<Kiosk> {
        let noted = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        noted.as_ref().filter(|(_, at)| now.saturating_sub(*at) <= HEALTH_HOLDS).map(|(health, _)| health.clone())
    }

    /// All that the screen shows.
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;
    use wire::{
        event::ClockQuality,
        health::{Printer, PrinterState, Queue, QueueState},
    };

    use super::*;

    #[test]
    fn what_nobody_repeats_is_not_known_any_more() {
        let board = Board::new(WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset }, "1");
        let at = Duration::from_secs;
        assert_eq!(board.health(at(0)), None);
        let health = Kiosk {
            run: Uuid::nil(),
            version: "1".into(),
            queue: Queue { state: QueueState::Ok, waiting: Some(3), oldest_s: None, dead: Some(0), set_aside: Some(0) },
            printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
            case_switch: None,
            settings: None,
        };
        board.note_health(health.clone(), at(10));
        assert_eq!(board.health(at(70)), Some(health));
        assert_eq!(board.health(at(71)), None, "its thread hangs");
    }
}
