//! The terminal's microphone and loudspeaker: a voice becomes Ogg Opus and is played, and clips are spoken.
//!
//! They stand apart from the terminal in a process of their own, because they are linked with the system's library of
//! sound: where that is missing the process does not start, and the terminal offers neither voice nor clips. What
//! `sound_line` says is the contract between both.
//!
//! - [`pcm`], [`level`], [`voice`], [`recording`]: from samples to a recording, no I/O.
//! - [`track`]: from Ogg Opus back to samples, no I/O.
//! - [`talk`]: what is under way, as a state machine without I/O.
//! - [`device`], [`microphone`], [`loudspeaker`]: ALSA.
//! - [`clips`]: what can be spoken; [`texts`], [`render`]: what a machine speaks where nobody has recorded it.
//! - `player`, [`lines`], [`serve`]: the threads and the pipes.
//!
//! Invariant: what was recorded lies in memory only and is wiped when it is freed (by the program's allocator); no log and
//! no complaint holds any of it. No device is open while nothing is recorded or played.

pub mod clips;
pub mod device;
pub mod level;
pub mod lines;
pub mod loudspeaker;
pub mod microphone;
pub mod pcm;
mod player;
pub mod recording;
pub mod render;
pub mod serve;
pub mod talk;
pub mod texts;
pub mod track;
pub mod voice;
