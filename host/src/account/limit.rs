//! How often somebody may guess. Invariant: does no I/O and reads no clock.

use std::time::Duration;

/// So many wrong tries within such a time, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub tries: usize,
    /// Within which time.
    pub within: Duration,
}

/// At each login.
pub const PER_LOGIN: Limit = Limit { tries: 5, within: Duration::from_secs(900) };

/// For each terminal, and for each address.
pub const PER_ASKER: Limit = Limit { tries: 20, within: Duration::from_secs(3600) };

impl Limit {
    /// The first millisecond that still counts.
    #[must_use]
    pub fn since(&self, now: i64) -> i64 {
        now - i64::try_from(self.within.as_millis()).unwrap_or(i64::MAX)
    }

    /// How long to wait, with tries at these times, newest first.
    #[must_use]
    pub fn wait(&self, tries: &[i64], now: i64) -> Option<Duration> {
        let oldest = tries.get(self.tries - 1)?;
        let free = oldest - self.since(now);
        Some(Duration::from_millis(u64::try_from(free).unwrap_or_default()).max(Duration::from_secs(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_frees_itself_when_its_oldest_try_is_an_hour_old() {
        let per_ticket = Limit { tries: 5, within: Duration::from_secs(3600) };
        let now = 10_000_000;
        assert_eq!(per_ticket.wait(&[now, now, now, now], now), None);
        let tries = [now, now, now, now, now - 3_540_000];
        assert_eq!(per_ticket.wait(&tries, now), Some(Duration::from_secs(60)));
    }
}
