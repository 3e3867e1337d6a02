//! Time, taken from one place so that tests can turn it.
//!
//! Invariant: nothing is ordered by wall time. Order is (boot id, sequence); wall time is a label with a quality.

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use jiff::Timestamp;
use uuid::Uuid;
use wire::event::{ClockQuality, WallTime};

/// What tells the time.
pub trait Clock: Send + Sync {
    /// The wall clock, and how far to trust it.
    fn wall(&self) -> WallTime;
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// The boot that this process runs in.
    fn boot(&self) -> Uuid;
}

/// A clock before this day was never set. The day is that of the project's first version.
const FIRST_DAY: Timestamp = Timestamp::constant(1_795_219_200, 0);

/// The machine's own clocks.
pub struct SystemClock {
    started: Instant,
    boot: Uuid,
    battery: bool,
}

impl SystemClock {
    /// Reads the boot id of the kernel and looks for a clock with a battery.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    pub fn start() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .and_then(|id| id.trim().parse().ok())
            .unwrap_or_else(Uuid::new_v4);
        Self { started: Instant::now(), boot, battery: Path::new("/dev/rtc0").exists() }
    }

    /// `systemd-timesyncd` leaves this file once it has heard of a time server.
    fn synchronised() -> bool {
        Path::new("/run/systemd/timesync/synchronized").exists()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    fn wall(&self) -> WallTime {
        let at = Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH);
        let quality = match at {
            _ if at < FIRST_DAY => ClockQuality::Unset,
            _ if Self::synchronised() => ClockQuality::Ntp,
            _ if self.battery => ClockQuality::Kept,
            _ => ClockQuality::Unset,
        };
        WallTime { at, quality }
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn boot(&self) -> Uuid {
        self.boot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_boot_has_one_id_and_time_never_goes_back() {
        let (a, b) = (SystemClock::start(), SystemClock::start());
        assert_eq!(a.boot(), b.boot());
        let first = a.monotonic();
        assert!(a.monotonic() >= first);
        assert!(FIRST_DAY.to_string().starts_with("2026-11-"), "{FIRST_DAY}");
    }
}
