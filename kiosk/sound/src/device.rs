//! ALSA's devices: how they are opened, what their errors mean, and that only one is open at a time.
//!
//! A device is opened for one channel of 16 bits at 48,000 samples a second; ALSA's `plug`, which `default` stands on,
//! converts where the hardware has something else. It is opened so that nothing waits where another program has it.
//! Source: the ALSA library's reference, "PCM (digital audio) interface".

use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use alsa::{
    Direction, ValueOr,
    pcm::{Access, Format, HwParams, PCM},
};
use rustix::io::Errno;
use sound_line::Why;

use crate::pcm::{FRAME, RATE};

/// A period as ALSA counts it.
const PERIOD: i64 = FRAME as i64;

/// Samples that ALSA keeps: a fifth of a second, which a busy terminal may be late by.
const BUFFER: i64 = 10 * PERIOD;

/// Mendings in a row, with no sample in between, after which a device counts as gone.
const MOST_MENDINGS: u32 = 10;

/// How long a device that runs may give or take nothing. One that is unplugged says so at once; this is for one that hangs,
/// and a hub on USB that starts anew takes a second or two.
const STALLED_MS: u32 = 5000;

/// The longest wait for a device, after which it is seen whether it should stop.
const WAIT_MS: u32 = 100;

/// How long a device is left alone that was ready for nothing twice: a quarter of a period.
const IDLE_MS: u32 = 5;

/// How long a device may take to be let go by what used it last.
const LET_GO: Duration = Duration::from_secs(1);

/// Why a device can't be used, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Trouble {
    /// What is the matter.
    pub why: Why,
    /// The same in words for a technician.
    pub detail: String,
}

/// Opens a device by its name in ALSA's configuration, ready for samples.
///
/// # Errors
/// Where it isn't there, in use, or can't do what is needed.
pub fn open(name: &str, direction: Direction) -> Result<PCM, Trouble> {
    let opened = PCM::new(name, direction, true).and_then(|pcm| prepare(&pcm, direction).map(|()| pcm));
    opened.map_err(|problem| Trouble { why: meaning(problem.errno()), detail: format!("`{name}`: {problem}") })
}

fn prepare(pcm: &PCM, direction: Direction) -> alsa::Result<()> {
    let hardware = HwParams::any(pcm)?;
    hardware.set_access(Access::RWInterleaved)?;
    hardware.set_format(Format::s16())?;
    hardware.set_channels(1)?;
    hardware.set_rate(RATE, ValueOr::Nearest)?;
    hardware.set_buffer_size_near(BUFFER)?;
    hardware.set_period_size_near(PERIOD, ValueOr::Nearest)?;
    pcm.hw_params(&hardware)?;
    let software = pcm.sw_params_current()?;
    // A loudspeaker begins when there is enough for it not to run dry at once.
    let enough = if direction == Direction::Playback { hardware.get_buffer_size()? / 2 } else { 1 };
    software.set_start_threshold(enough.max(1))?;
    pcm.sw_params(&software)?;
    pcm.prepare()
}

/// What it means for who wants to open a device.
fn meaning(errno: i32) -> Why {
    if errno == Errno::BUSY.raw_os_error() { Why::Busy } else { Why::Missing }
}

/// Whether nothing was to be had or put at this moment, and it is worth to wait.
#[must_use]
pub fn later(problem: alsa::Error) -> bool {
    problem.errno() == Errno::AGAIN.raw_os_error()
}

/// Waits until a device gives or takes samples again.
///
/// # Errors
/// Where it can't be mended, or is ready for nothing too long: it is gone.
pub fn wait(pcm: &PCM, name: &str, mending: &mut Mending) -> Result<(), Trouble> {
    match pcm.wait(Some(WAIT_MS)) {
        Ok(ready) => mending.idle(name, ready),
        Err(problem) => mending.mend(pcm, name, problem),
    }
}

/// Mends what can be mended: samples that came too fast or too slow, and a sleep of the machine.
#[derive(Debug, Default)]
pub struct Mending {
    in_a_row: u32,
    idle_ms: u32,
}

impl Mending {
    /// Samples went through.
    pub fn worked(&mut self) {
        *self = Self::default();
    }

    /// No sample came or went, although the device says that it is ready, or after a wait.
    fn idle(&mut self, name: &str, ready: bool) -> Result<(), Trouble> {
        self.idle_ms += if ready { IDLE_MS } else { WAIT_MS };
        if self.idle_ms > STALLED_MS {
            return Err(gone(name, &format!("nothing for {STALLED_MS} ms")));
        }
        // Once it may be late by a moment.
        if ready && self.idle_ms > IDLE_MS {
            thread::sleep(Duration::from_millis(IDLE_MS.into()));
        }
        Ok(())
    }

    /// Gets the device going again.
    ///
    /// # Errors
    /// Where it can't: it is gone.
    pub fn mend(&mut self, pcm: &PCM, name: &str, problem: alsa::Error) -> Result<(), Trouble> {
        self.in_a_row += 1;
        match pcm.try_recover(problem, true) {
            Ok(()) if self.in_a_row <= MOST_MENDINGS => Ok(()),
            Ok(()) => Err(gone(name, &problem)),
            Err(problem) => Err(gone(name, &problem)),
        }
    }
}

/// A device that was there and is no longer.
pub fn gone(name: &str, problem: &impl std::fmt::Display) -> Trouble {
    Trouble { why: Why::Gone, detail: format!("`{name}`: {problem}") }
}

/// Lets one at a time have a device open: a recorder or a player that was told to stop may take a moment.
#[derive(Debug, Default)]
pub struct Turnstile {
    taken: Mutex<bool>,
    free: Condvar,
}

/// What is held while a device is open.
#[derive(Debug)]
pub struct Passed<'a>(&'a Turnstile);

impl Turnstile {
    /// Waits for who had a device open last.
    ///
    /// # Errors
    /// Where that takes too long: its driver hangs.
    pub fn pass(&self) -> Result<Passed<'_>, Trouble> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, _) =
            self.free.wait_timeout_while(taken, LET_GO, |taken| *taken).unwrap_or_else(PoisonError::into_inner);
        if *taken {
            return Err(Trouble { why: Why::Busy, detail: "the device does not let go of what it did before".into() });
        }
        *taken = true;
        Ok(Passed(self))
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_another_program_has_is_busy_and_any_other_is_missing() {
        assert_eq!(meaning(Errno::BUSY.raw_os_error()), Why::Busy);
        for absent in [Errno::NOENT, Errno::NODEV, Errno::NXIO, Errno::ACCESS, Errno::INVAL] {
            assert_eq!(meaning(absent.raw_os_error()), Why::Missing, "{absent}");
        }
    }

    #[test]
    fn who_holds_a_device_too_long_is_told_of_and_who_lets_go_is_not() {
        let turnstile = Turnstile::default();
        let held = turnstile.pass().unwrap();
        assert_eq!(turnstile.pass().unwrap_err().why, Why::Busy);
        drop(held);
        assert!(turnstile.pass().is_ok());
    }
}
