//! 今天谁在: who is on the roster today, and who really came.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{
    Zoned, civil,
    tz::{Offset, TimeZone},
};
use wire::{
    bulletin::{Bulletin, Duty},
    event::WallTime,
};

use crate::pages::Person;

/// A bulletin that was not confirmed for so long is old: the agent asks every few minutes.
const STALE_HOURS: i64 = 36;

/// The county's civil time, where the day is known.
pub(super) fn local(wall: WallTime, zone: &str) -> Option<Zoned> {
    // A county without a zone database is in China.
    let zone = TimeZone::get(zone).unwrap_or_else(|_| TimeZone::fixed(Offset::constant(8)));
    wall.quality.shows_a_day().then(|| wall.at.to_zoned(zone))
}

/// Those of the roster that the page shows: today's, or where the day isn't known only those who checked in.
pub(super) fn today<'a>(bulletin: &'a Bulletin, now: Option<&Zoned>) -> Vec<(&'a Duty, bool)> {
    let here = |duty: &Duty| bulletin.present.iter().any(|p| p.person == duty.person && is_today(p.since, now));
    let mut seen = std::collections::HashSet::new();
    let mut rows: Vec<_> = bulletin
        .roster
        .iter()
        .filter(|duty| now.is_some_and(|now| now.date() == duty.day))
        .map(|duty| (duty, here(duty)))
        .collect();
    rows.sort_by_key(|(duty, present)| (!present, duty.from));
    rows.retain(|(duty, _)| seen.insert((&duty.person, duty.from)));
    rows
}

/// A check-in of another day says nothing of today.
fn is_today(since: jiff::Timestamp, now: Option<&Zoned>) -> bool {
    now.is_some_and(|now| since.to_zoned(now.time_zone().clone()).date() == now.date())
}

/// The day of an old bulletin: `Some(None)` where even that isn't known; none, it is fresh.
pub(super) fn stale(fetched: Option<WallTime>, now: Option<&Zoned>) -> Option<Option<civil::Date>> {
    let Some((fetched, now)) = fetched.filter(|f| f.quality.shows_a_day()).zip(now) else { return Some(None) };
    let hours = now.timestamp().duration_since(fetched.at).as_hours();
    (hours >= STALE_HOURS).then(|| Some(fetched.at.to_zoned(now.time_zone().clone()).date()))
}

/// A row of the page.
pub(super) fn row(duty: &Duty, present: bool) -> Person {
    let portrait = duty.portrait.as_deref().and_then(|p| crate::ui::images::portrait(&STANDARD.decode(p).ok()?));
    Person {
        id: duty.person.as_str().into(),
        name: duty.name.as_str().into(),
        role: duty.role.as_str().into(),
        hours: format!("{}–{}", duty.from.strftime("%-H:%M"), duty.to.strftime("%-H:%M")).into(),
        has_portrait: portrait.is_some(),
        portrait: portrait.unwrap_or_default(),
        present,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{
        bulletin::{Presence, Station},
        event::ClockQuality,
    };

    fn at(text: &str) -> Zoned {
        local(wall(text), "Asia/Shanghai").unwrap()
    }

    fn wall(text: &str) -> WallTime {
        WallTime { at: text.parse().unwrap(), quality: ClockQuality::Ntp }
    }

    fn duty(person: &str, day: &str, from: &str) -> Duty {
        Duty {
            person: person.into(),
            name: person.into(),
            role: "县人大代表".into(),
            portrait: None,
            day: day.parse().unwrap(),
            from: from.parse().unwrap(),
            to: "17:00".parse().unwrap(),
        }
    }

    fn bulletin() -> Bulletin {
        Bulletin {
            revision: 1,
            issued: jiff::Timestamp::UNIX_EPOCH,
            zone: "Asia/Shanghai".into(),
            station: Station { name: "站".into(), telephone: String::new(), code: None, place: None },
            officer: None,
            public_base: String::new(),
            reply_period: None,
            categories: vec![],
            places: vec![],
            roster: vec![
                duty("a", "2026-11-23", "08:30"),
                duty("b", "2026-11-23", "14:00"),
                duty("c", "2026-11-24", "08:30"),
            ],
            present: vec![
                Presence { person: "b".into(), since: "2026-11-23T01:00:00Z".parse().unwrap() },
                Presence { person: "a".into(), since: "2026-11-22T01:00:00Z".parse().unwrap() },
            ],
        }
    }

    #[test]
    fn in_the_station_is_only_who_checked_in_today_and_they_stand_first() {
        let (bulletin, now) = (bulletin(), at("2026-11-23T02:00:00Z"));
        let rows: Vec<_> = today(&bulletin, Some(&now)).into_iter().map(|(d, p)| (d.person.as_str(), p)).collect();
        assert_eq!(rows, [("b", true), ("a", false)]);
    }

    #[test]
    fn without_a_known_day_nobody_is_claimed_to_be_on_duty() {
        assert!(today(&bulletin(), None).is_empty());
        let unset = WallTime { at: jiff::Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset };
        assert!(local(unset, "Asia/Shanghai").is_none());
    }

    #[test]
    fn a_bulletin_is_stale_after_a_day_and_a_half_or_when_nobody_knows() {
        let now = at("2026-11-23T02:00:00Z");
        assert_eq!(stale(Some(wall("2026-11-22T02:00:00Z")), Some(&now)), None);
        assert_eq!(stale(Some(wall("2026-11-21T02:00:00Z")), Some(&now)), Some(Some("2026-11-21".parse().unwrap())));
        assert_eq!(stale(None, Some(&now)), Some(None));
    }

    #[test]
    fn a_portrait_that_is_none_is_left_out() {
        let broken = Duty { portrait: Some("bm90IGEgcGljdHVyZQ==".into()), ..duty("a", "2026-11-23", "08:30") };
        assert!(!row(&broken, false).has_portrait);
    }
}
