//! A clock that a test turns.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use kiosk::clock::{Clock, SystemClock};
use uuid::Uuid;
use wire::event::WallTime;

/// The machine's own, so many seconds ahead.
pub(crate) struct Turned {
    machine: SystemClock,
    ahead_s: AtomicU64,
}

impl Turned {
    pub(crate) fn start() -> Self {
        Self { machine: SystemClock::start(), ahead_s: AtomicU64::new(0) }
    }

    pub(crate) fn turn(&self, seconds: u64) {
        self.ahead_s.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Turned {
    fn wall(&self) -> WallTime {
        self.machine.wall()
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic() + Duration::from_secs(self.ahead_s.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Uuid {
        self.machine.boot()
    }
}
