//! The control socket: all that is true only now, between kiosk, its agent and whoever asks what is on the screen.
//!
//! `<run_dir>/control.sock` (mode 0660) is served by kiosk with plain threads. Any client may ask for the
//! [`Status`](message::Status), for kiosk's health and log, and want something done while nobody is there. The agent says hello and stays: it tells how the network stands and what it wrote
//! into the queue file, and kiosk asks it for what only the county knows, and to sign a stick's manifest with the key
//! that only the agent has.
//!
//! Invariant: a peer that is absent, slow, dead or talks rubbish costs nobody a wait. Every request ends by its
//! deadline; silence means that nobody knows, never that something is free. Lines are bounded and overwritten after
//! use, because they can hold secrets and telephone numbers.

mod agent;
mod board;
mod client;
mod line;
pub mod message;
mod pending;
mod server;

pub use agent::{Asked, Contact, FromKiosk, Sign, ToKiosk, stay_connected};
pub use board::Board;
pub use client::{health, log, status, want};
pub use line::{Lines, encode};
pub use server::{Control, ControlEvent, ReplyTo};

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silent {
    /// No peer is connected.
    #[error("nobody serves the control socket's other end")]
    NoPeer,
    /// It did not answer in time.
    #[error("no answer within the deadline")]
    Deadline,
}
