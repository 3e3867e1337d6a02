//! The microphone: samples as they come, until told to stop or until it goes away.
//!
//! Invariant: the device is open from [`listen`]'s beginning to its end only, and that comes within a
//! tenth of a second of the word to stop, unless a driver hangs.

use std::sync::atomic::{AtomicBool, Ordering};

use alsa::Direction;
use zeroize::Zeroizing;

use crate::{
    device::{self, Mending, Trouble, Turnstile},
    pcm::FRAME,
};

/// What a microphone gives.
#[derive(Debug)]
pub enum Heard {
    /// It listens.
    Open,
    /// Samples.
    Samples(Vec<i16>),
}

/// Whether there is a microphone that can be used.
///
/// # Errors
/// Where there is none.
pub fn look(name: &str) -> Result<(), Trouble> {
    device::open(name, Direction::Capture).map(drop)
}

/// Listens until told to stop.
///
/// # Errors
/// Where the microphone can't be opened, or went away.
pub fn listen(
    name: &str,
    turnstile: &Turnstile,
    stop: &AtomicBool,
    mut hear: impl FnMut(Heard),
) -> Result<(), Trouble> {
    let _passed = turnstile.pass()?;
    let microphone = device::open(name, Direction::Capture)?;
    let samples = microphone.io_i16().map_err(|problem| device::gone(name, &problem))?;
    hear(Heard::Open);
    let mut block = Zeroizing::new([0; FRAME]);
    let mut mending = Mending::default();
    while !stop.load(Ordering::Relaxed) {
        // Nothing that was said before is heard twice, should a driver promise more than it gives.
        block.fill(0);
        match samples.readi(&mut *block) {
            Ok(0) => return Err(device::gone(name, &"it gives nothing more")),
            Ok(read) => {
                mending.worked();
                hear(Heard::Samples(block[..read].to_vec()));
            }
            Err(problem) if device::later(problem) => device::wait(&microphone, name, &mut mending)?,
            Err(problem) => mending.mend(&microphone, name, problem)?,
        }
    }
    Ok(())
}
