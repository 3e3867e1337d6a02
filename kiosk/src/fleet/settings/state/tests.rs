use proptest::prelude::*;

use super::*;

const MINUTE: u64 = 60;

/// Of a number in the hundreds: the order and what it orders are not taken for each other.
fn ordered(version: u64) -> Ordered {
    let settings = wire::settings::Settings { volume: Some(5), ..wire::settings::Settings::default() };
    Ordered { v: 1, order: 100 + version, version, settings }
}

fn at(boot: u128, seconds: u64) -> Now {
    Now { boot: Uuid::from_u128(boot), uptime: Duration::from_secs(seconds) }
}

fn says(settings: Option<u64>, printer_answers: bool) -> Heard {
    Heard::Kiosk(Some(KioskSays { settings, printer_answers }))
}

/// A terminal that keeps settings 1 and was ordered settings 2 when it was 1,000 s up.
fn on_trial(printer_answers: bool) -> Settings {
    let kept = Settings::default()
        .step(Heard::Ordered(ordered(1), true), at(1, 0))
        .step(Heard::HostReached, at(1, 10))
        .step(says(Some(1), true), at(1, 20));
    assert_eq!(state(&kept), (Some(1), 1, State::Kept));
    kept.step(Heard::Ordered(ordered(2), printer_answers), at(1, 1000))
}

fn state(settings: &Settings) -> (Option<u64>, u64, State) {
    let report = settings.report().unwrap();
    (report.version, report.order - 100, report.state)
}

fn why(settings: &Settings) -> String {
    settings.report().unwrap().why.map(String::from).unwrap_or_default()
}

#[test]
fn settings_are_kept_once_kiosk_works_by_them_and_the_host_was_reached_again() {
    let trial = on_trial(true);
    assert_eq!(state(&trial), (Some(2), 2, State::Trial));
    let reached = trial.clone().step(Heard::HostReached, at(1, 1010));
    assert_eq!(state(&reached.clone().step(says(Some(1), true), at(1, 1020))).2, State::Trial, "kiosk is not free yet");
    assert_eq!(state(&reached.step(says(Some(2), true), at(1, 1030))), (Some(2), 2, State::Kept));
    assert_eq!(state(&trial.step(says(Some(2), true), at(1, 1030))).2, State::Trial, "the host was not reached");
}

#[test]
fn a_kiosk_that_waits_for_a_villager_to_be_done_fails_no_trial_however_long_it_takes() {
    let mut waiting = on_trial(true).step(Heard::HostReached, at(1, 1010));
    for minute in 0..600 {
        waiting = waiting.step(says(Some(1), true), at(1, 1020 + minute * MINUTE));
    }
    assert_eq!(state(&waiting).2, State::Trial);
}

#[test]
fn without_the_host_for_half_an_hour_the_former_ones_come_back() {
    let trial = on_trial(true).step(says(Some(2), true), at(1, 1000 + 30 * MINUTE - 1));
    assert_eq!(state(&trial).2, State::Trial);
    let reverted = trial.step(says(Some(2), true), at(1, 1000 + 30 * MINUTE));
    assert_eq!(state(&reverted), (Some(1), 2, State::Reverted));
    assert_eq!(why(&reverted), "host_not_reached");
    let later = reverted.step(Heard::HostReached, at(1, 9000)).step(says(Some(1), true), at(1, 9000));
    assert_eq!(state(&later), (Some(1), 2, State::Reverted), "the host hears of it");
}

#[test]
fn a_kiosk_that_does_not_come_back_takes_them_off_after_five_minutes_of_silence() {
    let trial = on_trial(true).step(Heard::HostReached, at(1, 1001)).step(Heard::Kiosk(None), at(1, 1100));
    let trial = trial.step(Heard::Kiosk(None), at(1, 1399));
    assert_eq!(state(&trial).2, State::Trial);
    let spoke = trial.clone().step(says(Some(1), true), at(1, 1399)).step(Heard::Kiosk(None), at(1, 1401));
    assert_eq!(state(&spoke).2, State::Trial, "it spoke in between");
    let reverted = trial.step(Heard::Kiosk(None), at(1, 1400));
    assert_eq!((state(&reverted), why(&reverted)), ((Some(1), 2, State::Reverted), "kiosk_silent".into()));
}

#[test]
fn a_printer_that_answered_and_answers_no_more_takes_them_off_and_one_that_was_silent_before_does_not() {
    let answered = on_trial(true).step(Heard::HostReached, at(1, 1001)).step(says(Some(2), false), at(1, 1100));
    assert_eq!(state(&answered).2, State::Trial);
    let reverted = answered.step(says(Some(2), false), at(1, 1400));
    assert_eq!((state(&reverted), why(&reverted)), ((Some(1), 2, State::Reverted), "printer_silent".into()));
    let silent = on_trial(false).step(Heard::HostReached, at(1, 1001)).step(says(Some(2), false), at(1, 1100));
    assert_eq!(state(&silent), (Some(2), 2, State::Kept));
}

#[test]
fn the_first_ones_give_way_to_the_terminals_own() {
    let trial = Settings::default().step(Heard::Ordered(ordered(7), true), at(1, 0));
    let reverted = trial.step(says(None, true), at(1, 30 * MINUTE));
    assert_eq!((state(&reverted), reverted.version()), ((None, 7, State::Reverted), None));
}

#[test]
fn what_was_taken_or_refused_once_is_not_taken_again() {
    let reverted = on_trial(true).step(says(Some(2), true), at(1, 9000));
    assert!(!reverted.wants(102) && reverted.wants(101) && reverted.wants(103));
    let again = reverted.clone().step(Heard::Ordered(ordered(2), true), at(1, 9001));
    assert_eq!(again, reverted);
    let refused = reverted.step(Heard::Unfit(103, "printer.profile: there is no such one here".into()), at(1, 9002));
    assert_eq!((state(&refused), refused.wants(103)), ((Some(1), 3, State::Refused), false));
    assert!(why(&refused).starts_with("printer.profile"));
}

#[test]
fn the_same_settings_are_tried_again_as_another_order() {
    let reverted = on_trial(true).step(says(Some(2), true), at(1, 9000));
    let again = Ordered { order: 110, ..ordered(2) };
    let trial = reverted.step(Heard::Ordered(again, true), at(1, 9001));
    assert_eq!(state(&trial), (Some(2), 10, State::Trial));
}

#[test]
fn an_order_over_one_on_trial_goes_back_to_those_that_were_kept() {
    let second = on_trial(true).step(Heard::Ordered(ordered(3), false), at(1, 1100));
    assert_eq!(state(&second), (Some(3), 3, State::Trial));
    let reverted = second.step(says(Some(3), true), at(1, 1100 + 30 * MINUTE));
    assert_eq!(state(&reverted), (Some(1), 3, State::Reverted));
}

#[test]
fn one_that_is_refused_while_another_is_on_trial_does_not_end_the_trial() {
    let refused = on_trial(true).step(Heard::Unfit(103, "volume".into()), at(1, 1100));
    assert_eq!(state(&refused), (Some(2), 3, State::Refused));
    let reverted = refused.step(says(Some(2), true), at(1, 1000 + 30 * MINUTE));
    assert_eq!(reverted.version(), Some(1), "it still fails");
}

#[test]
fn after_a_power_cut_the_half_hour_begins_anew_and_what_was_stored_goes_on() {
    let stored = serde_json::to_string(&on_trial(true)).unwrap();
    let read: Settings = serde_json::from_str(&stored).unwrap();
    let trial = read.step(says(Some(2), true), at(2, 5)).step(says(Some(2), true), at(2, 30 * MINUTE));
    assert_eq!(state(&trial).2, State::Trial);
    assert_eq!(state(&trial.step(says(Some(2), true), at(2, 5 + 30 * MINUTE))).2, State::Reverted);
    assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![
        (1..6_u64, any::<bool>()).prop_map(|(version, answers)| Heard::Ordered(ordered(version), answers)),
        (101..106_u64).prop_map(|order| Heard::Unfit(order, "volume".into())),
        Just(Heard::HostReached),
        Just(Heard::Kiosk(None)),
        (prop::option::of(1..6_u64), any::<bool>()).prop_map(|(version, answers)| says(version, answers)),
    ]
}

proptest! {
    #[test]
    fn what_is_in_force_without_a_trial_was_kept_or_is_the_terminals_own(
        events in prop::collection::vec((0..2000_u64, any::<bool>(), heard()), 0..60),
    ) {
        let (mut settings, mut kept, mut now, mut boot) = (Settings::default(), None, 0, 1);
        for (passed, reboots, event) in events {
            now = if reboots { boot += 1; 0 } else { now + passed };
            settings = settings.step(event, at(boot, now));
            let report = settings.report();
            if report.as_ref().is_some_and(|r| r.state == State::Kept) && settings.trial.is_none() {
                kept = settings.version();
            }
            match &settings.trial {
                None => prop_assert_eq!(settings.version(), kept),
                Some(trial) => prop_assert_eq!(trial.former.as_ref().map(|former| former.version), kept),
            }
        }
        // Left to itself, no trial lasts.
        for minute in 0..=30 {
            settings = settings.step(Heard::Kiosk(None), at(boot + 1, minute * MINUTE));
        }
        prop_assert!(settings.trial.is_none());
        prop_assert_eq!(settings.version(), kept);
    }
}
