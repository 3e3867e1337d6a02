//! Where the time comes from.
//!
//! Invariant: nothing else in this crate reads the system's clock, so that tests can turn it.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

/// A source of wall time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present instant, UTC.
    fn now(&self) -> Timestamp;
}

/// A clock that several parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
        Timestamp::now()
    }
}
