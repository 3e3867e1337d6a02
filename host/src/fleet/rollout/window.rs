//! Maintenance windows, in the local time of a terminal's site.
//!
//! Invariant: a window lasts as long as it says, whatever the clocks of its zone do meanwhile. One that would
//! open within an hour that is skipped opens as much later; within one that comes twice, it opens the first time.
//! Source: RFC 5545, 3.3.5.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Time, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A time of each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Window {
    opens: Time,
    minutes: u16,
}

#[derive(Serialize, Deserialize)]
struct Fields {
    opens: Time,
    minutes: u16,
}

/// A window that no update fits into, or that never closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("minutes: expected {least} to {most}, found {0}", least = Window::SHORTEST_MIN, most = Window::LONGEST_MIN)]
pub struct NotAWindow(u16);

impl Window {
    /// Minutes of the shortest.
    pub const SHORTEST_MIN: u16 = 30;
    /// Minutes of the longest; whoever wants more wants none.
    pub const LONGEST_MIN: u16 = 23 * 60;

    /// Makes a window that opens each day at `opens`.
    ///
    /// # Errors
    /// Shorter than [`Self::SHORTEST_MIN`] or longer than [`Self::LONGEST_MIN`].
    pub fn new(opens: Time, minutes: u16) -> Result<Self, NotAWindow> {
        if (Self::SHORTEST_MIN..=Self::LONGEST_MIN).contains(&minutes) {
            Ok(Self { opens, minutes })
        } else {
            Err(NotAWindow(minutes))
        }
    }

    /// Whether something that takes `takes_s` seconds fits into it.
    #[must_use]
    pub fn fits(&self, takes_s: u32) -> bool {
        takes_s <= u32::from(self.minutes) * 60
    }

    /// Whether it is open and stays so for `takes_s` seconds.
    #[must_use]
    pub fn leaves(&self, now: Timestamp, zone: &TimeZone, takes_s: u32) -> bool {
        let takes = SignedDuration::from_secs(takes_s.into());
        next_window(now, zone, self).is_some_and(|(opens, closes)| opens <= now && closes.duration_since(now) >= takes)
    }
}

impl TryFrom<Fields> for Window {
    type Error = NotAWindow;

    fn try_from(Fields { opens, minutes }: Fields) -> Result<Self, NotAWindow> {
        Self::new(opens, minutes)
    }
}

impl From<Window> for Fields {
    fn from(Window { opens, minutes }: Window) -> Self {
        Self { opens, minutes }
    }
}

/// When the window that is open opened and closes, else the next one; none at the end of time only.
#[must_use]
pub fn next_window(now: Timestamp, zone: &TimeZone, window: &Window) -> Option<(Timestamp, Timestamp)> {
    let length = SignedDuration::from_mins(window.minutes.into());
    let yesterday = zone.to_datetime(now).date().yesterday().ok()?;
    // One that opened yesterday may be open; today's may be over.
    yesterday.series(1.day()).take(4).find_map(|day| {
        let opens = zone.to_timestamp(day.to_datetime(window.opens)).ok()?;
        let closes = opens.checked_add(length).ok()?;
        (closes > now).then_some((opens, closes))
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn next(now: &str, name: &str, opens: Time, minutes: u16) -> (Timestamp, Timestamp) {
        next_window(at(now), &zone(name), &Window::new(opens, minutes).unwrap()).unwrap()
    }

    #[test]
    fn a_window_is_that_of_the_sites_own_time() {
        let expected = (at("2027-03-01T18:00:00Z"), at("2027-03-01T20:00:00Z"));
        assert_eq!(next("2027-03-01T12:00:00Z", "Asia/Shanghai", time(2, 0, 0, 0), 120), expected);
        assert_eq!(next("2027-03-01T18:00:00Z", "Asia/Shanghai", time(2, 0, 0, 0), 120), expected, "it has opened");
        let after = (at("2027-03-02T18:00:00Z"), at("2027-03-02T20:00:00Z"));
        assert_eq!(next("2027-03-01T20:00:00Z", "Asia/Shanghai", time(2, 0, 0, 0), 120), after, "it has closed");
    }

    #[test]
    fn a_window_over_midnight_is_open_on_both_sides_of_it() {
        let expected = (at("2027-03-01T23:00:00Z"), at("2027-03-02T02:00:00Z"));
        for now in ["2027-03-01T23:30:00Z", "2027-03-02T00:00:00Z", "2027-03-02T01:59:59Z"] {
            assert_eq!(next(now, "UTC", time(23, 0, 0, 0), 180), expected, "{now}");
        }
    }

    #[test]
    fn in_the_night_that_skips_its_hour_the_window_opens_later_and_is_as_long() {
        // Berlin, 28 March 2027: 02:00 is 03:00.
        let expected = (at("2027-03-28T01:30:00Z"), at("2027-03-28T02:30:00Z"));
        assert_eq!(next("2027-03-28T00:00:00Z", "Europe/Berlin", time(2, 30, 0, 0), 60), expected);
    }

    #[test]
    fn in_the_night_whose_hour_comes_twice_the_window_opens_once() {
        // Berlin, 31 October 2027: 03:00 is 02:00.
        let expected = (at("2027-10-31T00:30:00Z"), at("2027-10-31T01:00:00Z"));
        assert_eq!(next("2027-10-30T23:00:00Z", "Europe/Berlin", time(2, 30, 0, 0), 30), expected);
        let day_after = (at("2027-11-01T01:30:00Z"), at("2027-11-01T02:00:00Z"));
        assert_eq!(next("2027-10-31T01:30:00Z", "Europe/Berlin", time(2, 30, 0, 0), 30), day_after);
    }

    #[test]
    fn what_would_not_finish_before_the_window_closes_is_left_for_the_next() {
        let window = Window::new(time(2, 0, 0, 0), 30).unwrap();
        let leaves = |now: &str, takes_s| window.leaves(at(now), &zone("Asia/Shanghai"), takes_s);
        assert!(!leaves("2027-03-01T17:59:59Z", 60));
        assert!(leaves("2027-03-01T18:00:00Z", 1800));
        assert!(!leaves("2027-03-01T18:00:01Z", 1800));
        assert!(leaves("2027-03-01T18:29:00Z", 60));
        assert!(!leaves("2027-03-01T18:30:00Z", 0));
    }

    #[test]
    fn a_window_too_short_or_too_long_is_refused_also_when_it_is_read() {
        for minutes in [0, 29, Window::LONGEST_MIN + 1] {
            assert_eq!(Window::new(time(2, 0, 0, 0), minutes), Err(NotAWindow(minutes)));
            let json = format!(r#"{{"opens":"02:00:00","minutes":{minutes}}}"#);
            let told = serde_json::from_str::<Window>(&json).unwrap_err().to_string();
            assert!(told.contains("30 to 1380"), "{told}");
        }
    }
}
