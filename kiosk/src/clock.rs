//! Time, taken from one place so that tests can turn it.
//!
//! Invariants: nothing is ordered by wall time. Order is (boot id, sequence); wall time is a label with a quality. What
//! the host signed outweighs every other clock for the rest of the boot, and no day before it is shown in later ones.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::{
    event::{ClockQuality, WallTime},
    time::BUILT,
};

/// What tells the time.
pub trait Clock: Send + Sync {
    /// The wall clock, and how far to trust it.
    fn wall(&self) -> WallTime;
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// The boot that this process runs in.
    fn boot(&self) -> Uuid;
    /// Time since the boot began, the same for every process.
    fn uptime(&self) -> Duration {
        self.monotonic()
    }
    /// The last time that the host signed: certainly past. None where it never did.
    fn trusted(&self) -> Option<Timestamp> {
        None
    }
}

/// A clock beyond this day was set by nobody: 20 years, longer than a terminal lasts.
const LAST_DAY: Timestamp = Timestamp::constant(2_426_371_200, 0);

/// The worst drift of a clock with a battery, 100 ppm, comes to this in a year's uptime.
const DRIFT: Duration = Duration::from_secs(3600);

/// The machine's own clocks.
pub struct SystemClock {
    started: Instant,
    /// The boot's age at `started`.
    up: Duration,
    boot: Uuid,
    kept: bool,
}

impl SystemClock {
    /// Reads the boot id of the kernel and looks whether a clock with a battery set the time at boot.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    pub fn start() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().and_then(|id| id.trim().parse().ok());
        let up = fs::read_to_string("/proc/uptime").ok().and_then(|text| age(&text));
        let started = Instant::now();
        // Without either of them this process is a boot of its own, and shares no time with others.
        let (boot, up) = boot.zip(up).unwrap_or_else(|| (Uuid::new_v4(), Duration::ZERO));
        let [set_at_boot, reads] =
            ["hctosys", "since_epoch"].map(|name| fs::read_to_string(Path::new(RTC).join(name)).unwrap_or_default());
        Self { started, up, boot, kept: is_kept(&set_at_boot, &reads, system_time()) }
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
            _ if at < BUILT => ClockQuality::Unset,
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

    fn uptime(&self) -> Duration {
        self.up + self.started.elapsed()
    }
}

/// The first figure of `/proc/uptime`, seconds. Source: Linux, proc_uptime(5).
fn age(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.split_whitespace().next()?.parse().ok()?).ok()
}

/// A time that the host signed, and when it came; what lies in the file between the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trusted {
    /// The host's time.
    pub at: Timestamp,
    /// The boot in which it came.
    pub boot: Uuid,
    /// The boot's age then, milliseconds.
    pub uptime_ms: u64,
}

impl Trusted {
    /// The host's time `at`, which came just now.
    #[must_use]
    pub fn new(at: Timestamp, clock: &dyn Clock) -> Self {
        let uptime_ms = u64::try_from(clock.uptime().as_millis()).unwrap_or(u64::MAX);
        Self { at, boot: clock.boot(), uptime_ms }
    }

    /// What a clock that shows `machine` is worth beside this.
    fn corrects(&self, machine: WallTime, boot: Uuid, uptime: Duration) -> WallTime {
        let since = uptime.saturating_sub(Duration::from_millis(self.uptime_ms));
        let at = SignedDuration::try_from(since).ok().and_then(|since| self.at.checked_add(since).ok());
        match at {
            Some(at) if self.boot == boot => WallTime { at, quality: ClockQuality::Host },
            // Whoever set a clock to a time that is certainly past, set it wrong.
            _ if machine.at < self.at => WallTime { quality: ClockQuality::Unset, ..machine },
            _ => machine,
        }
    }
}

/// The machine's clock with what the host signed.
pub struct TrustedClock {
    machine: Arc<dyn Clock>,
    path: PathBuf,
    last: Mutex<Option<Trusted>>,
}

impl TrustedClock {
    /// Takes the machine's clock, and what lies at `path`.
    #[must_use]
    pub fn start(machine: Arc<dyn Clock>, path: &Path) -> Self {
        let clock = Self { machine, path: path.to_owned(), last: Mutex::default() };
        clock.read_again();
        clock
    }

    /// Looks whether the other program has written a new time; a file that says nothing changes nothing.
    pub fn read_again(&self) {
        if let Some(read) = fs::read(&self.path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            self.takes(read);
        }
    }

    /// Goes by a new answer of the host's, also where it stands before the last one.
    pub fn takes(&self, trusted: Trusted) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(trusted);
    }

    /// Where it lies between two starts.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn last(&self) -> Option<Trusted> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TrustedClock {
    fn wall(&self) -> WallTime {
        let machine = self.machine.wall();
        self.last().map_or(machine, |last| last.corrects(machine, self.machine.boot(), self.machine.uptime()))
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn boot(&self) -> Uuid {
        self.machine.boot()
    }

    fn uptime(&self) -> Duration {
        self.machine.uptime()
    }

    fn trusted(&self) -> Option<Timestamp> {
        self.last().map(|last| last.at)
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
    set_at_boot.trim() == "1" && (BUILT..=LAST_DAY).contains(&rtc) && rtc.duration_since(system).unsigned_abs() <= DRIFT
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
        assert!(age("350735.47 234388.90\n") == Some(Duration::from_millis(350_735_470)) && age("x").is_none());
    }

    fn wall(at: &str, quality: ClockQuality) -> WallTime {
        WallTime { at: at.parse().unwrap(), quality }
    }

    #[test]
    fn within_the_boot_the_hosts_time_goes_on_whatever_the_clock_shows() {
        let boot = Uuid::from_u128(1);
        let last = Trusted { at: "2027-01-10T00:00:00Z".parse().unwrap(), boot, uptime_ms: 60_000 };
        for (shows, quality) in [
            ("1970-01-01T00:00:09Z", ClockQuality::Unset),
            ("2038-01-19T03:14:08Z", ClockQuality::Kept),
            ("2030-01-01T00:00:00Z", ClockQuality::Ntp),
        ] {
            let label = last.corrects(wall(shows, quality), boot, Duration::from_secs(60 + 3600));
            assert_eq!(label, wall("2027-01-10T01:00:00Z", ClockQuality::Host), "{shows}");
        }
    }

    #[test]
    fn in_a_later_boot_no_clock_that_stands_before_the_hosts_time_shows_a_day() {
        let at = "2027-01-10T00:00:00Z".parse().unwrap();
        let last = Trusted { at, boot: Uuid::from_u128(1), uptime_ms: 60_000 };
        let label = |shows| last.corrects(shows, Uuid::from_u128(2), Duration::from_secs(90));
        for quality in [ClockQuality::Kept, ClockQuality::Ntp] {
            let (before, after) = ("2027-01-09T23:59:59Z", "2027-01-10T08:00:00Z");
            assert_eq!(label(wall(before, quality)), wall(before, ClockQuality::Unset));
            assert_eq!(label(wall(after, quality)), wall(after, quality));
        }
    }
}
