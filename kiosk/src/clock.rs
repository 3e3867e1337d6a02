//! Time, taken from one place so that tests can turn it.
//!
//! Invariant: nothing is ordered by wall time. Order is (boot id, sequence); wall time is a label with a quality.

use std::{
    fs,
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
pub const FIRST_DAY: Timestamp = Timestamp::constant(1_795_219_200, 0);

/// A clock beyond this day was set by nobody: 20 years, longer than a terminal lasts.
const LAST_DAY: Timestamp = Timestamp::constant(2_426_371_200, 0);

/// The worst drift of a clock with a battery, 100 ppm, comes to this in a year's uptime.
const DRIFT: Duration = Duration::from_secs(3600);

/// The machine's own clocks.
pub struct SystemClock {
    started: Instant,
    boot: Uuid,
    kept: bool,
}

impl SystemClock {
    /// Reads the boot id of the kernel and looks whether a clock with a battery set the time at boot.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    pub fn start() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .and_then(|id| id.trim().parse().ok())
            .unwrap_or_else(Uuid::new_v4);
        let [set_at_boot, reads] =
            ["hctosys", "since_epoch"].map(|name| fs::read_to_string(Path::new(RTC).join(name)).unwrap_or_default());
        Self { started: Instant::now(), boot, kept: is_kept(&set_at_boot, &reads, system_time()) }
    }

    /// `systemd-timesyncd` leaves this file once it has heard of a time server.
    fn synchronised() -> bool {
        Path::new("/run/systemd/timesync/synchronized").exists()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> WallTime {
        let at = system_time();
        let quality = match at {
            _ if at < FIRST_DAY => ClockQuality::Unset,
            _ if Self::synchronised() => ClockQuality::Ntp,
            _ if self.kept => ClockQuality::Kept,
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

/// The machine's first hardware clock. Source: Linux, Documentation/ABI/testing/sysfs-class-rtc.
const RTC: &str = "/sys/class/rtc/rtc0";

/// Whether the hardware clock kept the time while the machine was off: the kernel took the time from it at boot, it
/// shows a day that can be, and the system's clock has not left it since. A board may have such a clock without a
/// battery; it then begins at 1970 or anywhere, and systemd goes on from the last shutdown's stamp.
fn is_kept(set_at_boot: &str, reads: &str, system: Timestamp) -> bool {
    let Some(rtc) = reads.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()) else {
        return false;
    };
    set_at_boot.trim() == "1"
        && (FIRST_DAY..=LAST_DAY).contains(&rtc)
        && rtc.duration_since(system).unsigned_abs() <= DRIFT
}

#[expect(clippy::disallowed_methods, reason = "the Clock's")]
fn system_time() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_set_the_time_at_boot_and_still_agrees_has_kept_it() {
        let system: Timestamp = "2027-03-01T08:00:00Z".parse().unwrap();
        let rtc = |text: &str| format!("{}\n", text.parse::<Timestamp>().unwrap().as_second());
        assert!(is_kept("1\n", &rtc("2027-03-01T07:59:58Z"), system));
        assert!(!is_kept("0\n", &rtc("2027-03-01T08:00:00Z"), system), "the kernel did not take it");
        assert!(!is_kept("1\n", &rtc("1970-01-01T00:00:40Z"), system), "no battery, and a stamp of systemd's");
        assert!(!is_kept("1\n", &rtc("2027-02-20T08:00:00Z"), system), "the stamp is ahead of it");
        let garbage = "2060-01-01T00:00:00Z";
        assert!(!is_kept("1\n", &rtc(garbage), garbage.parse().unwrap()), "a day that can't be");
        assert!(!is_kept("", "", system) && !is_kept("1\n", "soon\n", system), "no such clock");
    }

    #[test]
    fn one_boot_has_one_id_and_time_never_goes_back() {
        let (a, b) = (SystemClock::start(), SystemClock::start());
        assert_eq!(a.boot(), b.boot());
        let first = a.monotonic();
        assert!(a.monotonic() >= first);
        assert!(FIRST_DAY.to_string().starts_with("2026-11-"), "{FIRST_DAY}");
    }
}
