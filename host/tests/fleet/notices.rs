//! What is told of alarms, and when: the digest by table and by property.

use std::collections::BTreeMap;

use host::fleet::{
    Fault,
    notices::{AGAIN, GAP, HOLD, Message, Noted, OVER, digest},
};
use jiff::Timestamp;
use proptest::prelude::*;
use wire::ticket::TerminalNumber;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + 60 * minute).unwrap()
}

fn noted(number: u32, terminal: u32, station: &str, fault: Fault, minute: i64) -> Noted {
    Noted {
        number: number.into(),
        terminal: TerminalNumber::new(terminal).unwrap(),
        station: station.into(),
        fault,
        raised_at: at(minute),
        cleared_at: None,
        told_at: None,
        is_over_told: false,
        is_taken: false,
        is_quiet: false,
    }
}

fn of(alarms: &[Noted], minute: i64) -> Option<Message> {
    digest(alarms, &BTreeMap::new(), None, at(minute))
}

#[test]
fn what_heals_by_itself_is_no_news_and_messages_lie_apart() {
    let alarm = noted(1, 1, "甲", Fault::NoPaper, 0);
    assert_eq!(of(std::slice::from_ref(&alarm), 1), None, "held");
    assert_eq!(of(std::slice::from_ref(&alarm), 2).unwrap().told, [1]);
    let after = |last: i64| digest(std::slice::from_ref(&alarm), &BTreeMap::new(), Some(at(last)), at(12));
    assert_eq!(after(3), None, "ten minutes lie between two");
    assert_eq!(after(2).unwrap().told, [1]);
    assert_eq!(of(&[Noted { cleared_at: Some(at(1)), ..alarm.clone() }], 60), None, "it was never told");
}

#[test]
fn who_is_quiet_or_seen_to_is_not_told_and_what_stands_is_told_again_after_six_hours() {
    let alarm = noted(1, 1, "甲", Fault::NoPaper, 0);
    assert_eq!(of(&[Noted { is_quiet: true, ..alarm.clone() }], 600), None);
    assert_eq!(of(&[Noted { is_taken: true, ..alarm.clone() }], 600), None);
    let told = Noted { told_at: Some(at(2)), ..alarm };
    assert_eq!(of(std::slice::from_ref(&told), 361), None);
    assert_eq!(of(&[told], 362).unwrap().told, [1]);
}

#[test]
fn what_comes_and_goes_is_one_alarm_until_it_stays_over() {
    let first = Noted { told_at: Some(at(2)), cleared_at: Some(at(20)), ..noted(1, 1, "甲", Fault::NoPaper, 0) };
    let again = |minute| [first.clone(), noted(2, 1, "甲", Fault::NoPaper, minute)];
    assert_eq!(of(&again(29), 60), None, "back within ten minutes");
    assert_eq!(of(&again(30), 60).unwrap().told, [2], "it had stayed over");
    assert_eq!(of(std::slice::from_ref(&first), 29), None);
    let over = of(std::slice::from_ref(&first), 30).unwrap();
    assert_eq!((over.told_over.as_slice(), over.told.as_slice()), ([1].as_slice(), [].as_slice()));
    assert_eq!(of(&[Noted { is_over_told: true, ..first }], 30), None, "once");
}

#[test]
fn a_station_is_one_line_and_an_outage_of_many_is_one_for_all() {
    let mut alarms = vec![
        noted(1, 1, "甲", Fault::PaperNearEnd, 0),
        noted(2, 1, "甲", Fault::NoPaper, 0),
        noted(3, 2, "甲", Fault::KioskSilent, 0),
    ];
    let one = of(&alarms, 5).unwrap();
    assert_eq!(one.open.len(), 1);
    let faults: Vec<_> = one.open[0].faults.values().cloned().collect();
    assert_eq!(faults, [vec![Fault::NoPaper, Fault::PaperNearEnd], vec![Fault::KioskSilent]]);

    alarms.extend((10..).zip(["乙", "丙", "丁"]).map(|(n, station)| noted(n, n, station, Fault::Silent, 0)));
    let terminals_at = |of_ding: usize| {
        BTreeMap::from([("乙", 1), ("丙", 1), ("丁", of_ding)].map(|(name, count)| (name.to_owned(), count)))
    };
    let all = digest(&alarms, &terminals_at(1), None, at(5)).unwrap();
    assert_eq!((all.outage.len(), all.open.len(), all.told.len()), (3, 1, 6));
    let text = all.body(at(5))["text"]["content"].as_str().unwrap().to_owned();
    assert!(
        text.contains("3 个站点") && text.contains("先看是不是停电或断网") && text.contains("打印纸用完了"),
        "{text}"
    );
    let two = digest(&alarms, &terminals_at(2), None, at(5)).unwrap();
    assert_eq!((two.outage.len(), two.open.len()), (0, 4), "one of them has a terminal that is heard");
}

#[test]
fn a_message_fits_a_robot_however_much_is_wrong_and_counts_what_it_leaves_out() {
    let alarms: Vec<_> =
        (1..400).map(|n| noted(n, n, &format!("第{n}号村人大代表联络站"), Fault::NoPaper, 0)).collect();
    let body = of(&alarms, 5).unwrap().body(at(5));
    let text = body["text"]["content"].as_str().unwrap();
    assert!(text.len() <= 2048 && text.contains("还有 "), "{} {text}", text.len());
    assert_eq!(body["open"].as_array().unwrap().len(), 399, "programs get all of it");
}

/// What happens to the fleet in a minute: which of 6 terminals' faults flips, and whether its terminal is quiet then.
fn histories() -> impl Strategy<Value = Vec<Option<(u32, bool, bool)>>> {
    prop::collection::vec(prop::option::of((0..6_u32, any::<bool>(), prop::bool::weighted(0.1))), 60..900)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn there_is_no_storm_and_nothing_that_stands_stays_untold(history in histories()) {
        let faults = [Fault::NoPaper, Fault::Silent];
        let mut alarms: Vec<Noted> = Vec::new();
        let mut sent: Vec<Timestamp> = Vec::new();
        let stations: BTreeMap<String, usize> = (0..3).map(|n| (format!("站{n}"), 2)).collect();
        for (minute, event) in (0..).zip(&history) {
            let now = at(minute);
            if let Some((terminal, which, quiet)) = *event {
                let (number, fault) = (TerminalNumber::new(terminal + 1).unwrap(), faults[usize::from(which)]);
                let open = alarms.iter_mut().find(|a| a.terminal == number && a.fault == fault && a.cleared_at.is_none());
                match open {
                    Some(open) if quiet => open.is_quiet = true,
                    Some(open) => open.cleared_at = Some(now),
                    None => {
                        let drawn = u32::try_from(alarms.len()).unwrap();
                        alarms.push(noted(drawn, terminal + 1, &format!("站{}", terminal / 2), fault, minute));
                    }
                }
            }
            let shown: Vec<Noted> =
                alarms.iter().filter(|a| a.cleared_at.is_none_or(|at| now.duration_since(at) <= AGAIN)).cloned().collect();
            if let Some(message) = digest(&shown, &stations, sent.last().copied(), now) {
                prop_assert!(sent.last().is_none_or(|last| now.duration_since(*last) >= GAP));
                for number in message.told {
                    let alarm = &mut alarms[usize::try_from(number).unwrap()];
                    prop_assert!(!alarm.is_quiet && !alarm.is_taken && alarm.cleared_at.is_none());
                    prop_assert!(now.duration_since(alarm.raised_at) >= HOLD);
                    prop_assert!(alarm.told_at.is_none_or(|told| now.duration_since(told) >= AGAIN));
                    alarm.told_at = Some(now);
                }
                for number in message.told_over {
                    let alarm = &mut alarms[usize::try_from(number).unwrap()];
                    prop_assert!(!alarm.is_over_told && alarm.cleared_at.is_some_and(|at| now.duration_since(at) >= OVER));
                    alarm.is_over_told = true;
                }
                sent.push(now);
            }
            for alarm in alarms.iter().filter(|a| a.cleared_at.is_none() && !a.is_quiet) {
                let is_new = alarms.iter().all(|earlier| {
                    earlier.number >= alarm.number || earlier.terminal != alarm.terminal || earlier.fault != alarm.fault
                });
                let waits = now.duration_since(alarm.raised_at);
                prop_assert!(!is_new || alarm.told_at.is_some() || waits <= HOLD + GAP, "{alarm:?} at {now}");
            }
        }
        prop_assert!(sent.len() <= history.len() / 10 + 1, "at most one in ten minutes");
    }
}
