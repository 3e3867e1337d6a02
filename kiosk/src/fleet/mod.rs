//! The terminal as one of the host's fleet: its key, its certificate, their renewal, its time, its health, its settings from
//! afar, and what else is asked of it from there.
//!
//! Invariant: the key never leaves the terminal, and is on the disk before the host hears of it, so that an answer
//! that got lost can be asked for again with the same request.

mod diagnostics;
mod enrol;
mod health;
mod identity;
mod settings;
mod signed;
mod tamper;
mod time;

pub use diagnostics::{Diagnostics, DiagnosticsParts};
pub use enrol::{Clients, Fleet, RefusedByHost};
pub use health::{AskKiosk, Pace, Reporter, ReporterParts, Untold};
pub use identity::{IdentityError, IdentityStore, sign_manifest};
pub use settings::{Fits, NoOrder, SettingsKeeper, TellKiosk, settings_in_force};
pub use tamper::Tamper;
pub use time::{TimeKeeper, TimeRefused, accept};
