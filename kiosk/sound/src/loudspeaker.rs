//! The loudspeaker: plays samples until they end, or until told to stop.
//!
//! Invariant: the device is open from [`Loudspeaker::open`] until it is dropped only; what is louder or softer is heard
//! within the fifth of a second that ALSA keeps.

use std::{
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
    thread,
    time::Duration,
};

use alsa::{Direction, PCM};

use crate::{
    device::{self, Mending, Trouble},
    pcm::{self, FRAME, RATE, TENTH},
};

/// How often it is asked at most whether the last sample is out: some 50 ms lie between, and it keeps a fifth of a second.
const MOST_WAITS: u32 = 40;

/// Whether there is a loudspeaker that can be used.
///
/// # Errors
/// Where there is none.
pub fn look(name: &str) -> Result<(), Trouble> {
    device::open(name, Direction::Playback).map(drop)
}

/// An open loudspeaker.
pub struct Loudspeaker<'a> {
    name: &'a str,
    device: PCM,
    stop: &'a AtomicBool,
    volume: &'a AtomicU8,
    mending: Mending,
    put: usize,
}

impl<'a> Loudspeaker<'a> {
    /// Opens it.
    ///
    /// # Errors
    /// Where that can't be.
    pub fn open(name: &'a str, stop: &'a AtomicBool, volume: &'a AtomicU8) -> Result<Self, Trouble> {
        let device = device::open(name, Direction::Playback)?;
        Ok(Self { name, device, stop, volume, mending: Mending::default(), put: 0 })
    }

    /// Plays samples, and tells from time to time how many were heard. `false` when it was told to stop.
    ///
    /// # Errors
    /// Where the loudspeaker went away.
    pub fn play(&mut self, samples: &[f32], mut heard: impl FnMut(usize)) -> Result<bool, Trouble> {
        for block in samples.chunks(FRAME) {
            let gain = gain(self.volume.load(Ordering::Relaxed));
            let block: Vec<i16> = block.iter().map(|sample| pcm::from_float(sample * gain)).collect();
            let before = self.put / TENTH;
            if !self.put(&block)? {
                return Ok(false);
            }
            if self.put / TENTH != before {
                let waiting = self.device.delay().ok().and_then(|delay| usize::try_from(delay).ok()).unwrap_or(0);
                heard(self.put.saturating_sub(waiting));
            }
        }
        Ok(true)
    }

    fn put(&mut self, mut block: &[i16]) -> Result<bool, Trouble> {
        let name = self.name;
        let samples = self.device.io_i16().map_err(|problem| device::gone(name, &problem))?;
        while !block.is_empty() {
            if self.stop.load(Ordering::Relaxed) {
                // What it still has is not to be heard any more.
                let _ = self.device.drop();
                return Ok(false);
            }
            match samples.writei(block) {
                Ok(0) => return Err(device::gone(name, &"it takes nothing more")),
                Ok(put) => {
                    self.mending.worked();
                    self.put += put;
                    block = &block[put..];
                }
                Err(problem) if device::later(problem) => device::wait(&self.device, name, &mut self.mending)?,
                Err(problem) => self.mending.mend(&self.device, name, problem)?,
            }
        }
        Ok(true)
    }

    /// Waits until all of it was heard; `false` when it was told to stop.
    ///
    /// # Errors
    /// Where the loudspeaker went away.
    pub fn finish(self) -> Result<bool, Trouble> {
        for _ in 0..MOST_WAITS {
            match self.device.drain() {
                Ok(()) => return Ok(true),
                Err(problem) if device::later(problem) => {}
                Err(problem) => return Err(device::gone(self.name, &problem)),
            }
            if self.stop.load(Ordering::Relaxed) {
                let _ = self.device.drop();
                return Ok(false);
            }
            // As long as the device says that it needs, but never long enough to be late for a stop.
            let left = self.device.delay().unwrap_or(0).clamp(0, i64::from(RATE) / 20);
            thread::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0) * 1000 / u64::from(RATE) + 1));
        }
        Err(device::gone(self.name, &"it does not come to the end of what it took"))
    }
}

/// The amplitude of a volume: its square, from 0 to 1, as loudness is heard.
fn gain(volume: u8) -> f32 {
    let part = f32::from(volume) / 100.0;
    part * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_goes_from_nothing_to_all_of_it() {
        assert_eq!([0, 50, 100].map(gain), [0.0, 0.25, 1.0]);
    }
}
