//! Waiting for conditions, never for time alone.

use std::{thread, time::Duration};

use anyhow::{Result, bail};
use kiosk::clock::{Clock as _, SystemClock};

/// How often a condition is looked at.
const TICK: Duration = Duration::from_millis(40);

/// Looks until `look` gives something.
///
/// # Errors
///
/// It gave nothing for `at_most`, or failed.
pub fn until<T>(what: &str, at_most: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let clock = SystemClock::start();
    let begun = clock.monotonic();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if clock.monotonic() - begun > at_most {
            bail!("waited {} s in vain for {what}", at_most.as_secs());
        }
        thread::sleep(TICK);
    }
}
