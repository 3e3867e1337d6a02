//! How long a client may take to send: for as long as it keeps coming, up to an end.
//!
//! Invariant: whoever sends fewer than [`Pace::bytes`] in [`Pace::within`] is out of time then, and everybody after
//! [`Pace::most`], however steadily they send.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep};

/// The slowest that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// So many bytes win another [`Self::within`].
    pub bytes: usize,
    /// From the start, and from when so many bytes more had come.
    pub within: Duration,
    /// From the start, in all.
    pub most: Duration,
}

impl Pace {
    /// Everything within this time, however many bytes it is.
    #[must_use]
    pub const fn all_within(time: Duration) -> Self {
        Self { bytes: usize::MAX, within: time, most: time }
    }
}

/// When whoever sends is out of time.
#[derive(Debug)]
struct Due {
    pace: Pace,
    at: Instant,
    end: Instant,
    /// Before it is put off.
    lacking: usize,
}

impl Due {
    fn new(pace: Pace, now: Instant) -> Self {
        let end = now + pace.most;
        Self { pace, at: end.min(now + pace.within), end, lacking: pace.bytes }
    }

    /// Takes note of bytes that have come.
    fn came(&mut self, bytes: usize, now: Instant) {
        self.lacking = self.lacking.saturating_sub(bytes);
        if self.lacking == 0 {
            self.lacking = self.pace.bytes;
            self.at = self.end.min(now + self.pace.within);
        }
    }
}

/// Comes to its end when whoever sends is out of time.
#[derive(Debug)]
pub(super) struct Deadline {
    due: Due,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(super) fn new(pace: Pace) -> Self {
        let due = Due::new(pace, Instant::now());
        let sleep = Box::pin(tokio::time::sleep_until(due.at));
        Self { due, sleep }
    }

    /// Puts it off, where enough bytes have come.
    pub(super) fn came(&mut self, bytes: usize) {
        self.due.came(bytes, Instant::now());
        if self.sleep.deadline() != self.due.at {
            self.sleep.as_mut().reset(self.due.at);
        }
    }
}

impl Future for Deadline {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { bytes: 1000, within: Duration::from_secs(20), most: Duration::from_secs(60) };

    /// When somebody is out of time who sends so many bytes at each of these seconds.
    fn out_at(pace: Pace, sent: &[(u64, usize)]) -> u64 {
        let start = Instant::now();
        let mut due = Due::new(pace, start);
        for (second, bytes) in sent {
            let now = start + Duration::from_secs(*second);
            if now < due.at {
                due.came(*bytes, now);
            }
        }
        due.at.duration_since(start).as_secs()
    }

    #[test]
    fn whoever_keeps_the_pace_has_longer_and_nobody_has_longer_than_the_end() {
        let steady: Vec<(u64, usize)> = (1..100).map(|second| (second, 100)).collect();
        let dribbling: Vec<(u64, usize)> = (1..100).map(|second| (second, 40)).collect();
        for (sent, expected) in [
            (&[][..], 20),
            (&[(5, 999)], 20),
            (&[(5, 1000)], 25),
            (&[(5, 600), (19, 400)], 39),
            (&[(5, 5000), (24, 999), (25, 1)], 25),
            (&[(10, 1000), (25, 1000), (44, 1000)], 60),
            (&steady, 60),
            (&dribbling, 20),
        ] {
            assert_eq!(out_at(PACE, sent), expected, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn bytes_that_come_put_the_deadline_off() {
        let mut deadline = Deadline::new(PACE);
        let first = deadline.sleep.deadline();
        deadline.came(999);
        assert_eq!(deadline.sleep.deadline(), first);
        deadline.came(1);
        assert!(deadline.sleep.deadline() > first);
    }

    #[test]
    fn without_a_pace_bytes_win_no_time() {
        let all = Pace::all_within(Duration::from_secs(20));
        assert_eq!(out_at(all, &[(1, 1_000_000), (19, 64 * 1024 * 1024)]), 20);
    }
}
