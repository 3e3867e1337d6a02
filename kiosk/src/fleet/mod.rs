//! The terminal as one of the host's fleet: its key, its certificate, their renewal, its time, and its health.
//!
//! Invariant: the key never leaves the terminal, and is on the disk before the host hears of it, so that an answer
//! that got lost can be asked for again with the same request.

mod enrol;
mod health;
mod identity;
mod tamper;
mod time;

pub use enrol::{Clients, Fleet, RefusedByHost};
pub use health::{AskKiosk, Pace, Reporter, ReporterParts, Untold};
pub use identity::{IdentityError, IdentityStore, sign_manifest};
pub use tamper::Tamper;
pub use time::{TimeKeeper, TimeRefused, accept};
