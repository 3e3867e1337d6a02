//! What the second touch of a double tap is. Invariant: pure; times are on the monotonic clock.

use std::time::Duration;

/// A touch so soon after another one was not meant by itself: longer than a double tap takes, shorter than anybody reads a
/// word, let alone a page.
pub const DOUBLE_TAP: Duration = Duration::from_millis(500);

/// Whether a touch at `now` is the second of a double tap, where what the first one did, or brought up, was done then.
#[must_use]
pub fn is_double_tap(done: Option<Duration>, now: Duration) -> bool {
    done.is_some_and(|done| now.saturating_sub(done) < DOUBLE_TAP)
}
