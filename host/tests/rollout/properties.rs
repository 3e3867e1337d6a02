//! What holds over every order of events.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const COUNT: u32 = 8;

/// An event and the seconds that pass before it.
type Timed = (i64, Event);

fn feedback() -> impl Strategy<Value = Feedback> {
    prop_oneof![
        3 => Just(Feedback::Proceeding),
        3 => Just(Feedback::Success),
        1 => Just(Feedback::Failure("no space".into())),
        1 => Just(Feedback::FellBack("no picture".into())),
    ]
}

/// Terminal 0 and the last two are none of the rollout at first.
fn event() -> impl Strategy<Value = Event> {
    let number = || (0..=COUNT + 2).prop_map(terminal);
    let persons = prop_oneof![
        Just(Event::Approve(who("other"))),
        Just(Event::Begin),
        Just(Event::Pause(who("anybody"))),
        Just(Event::Resume),
        Just(Event::WaitLonger),
        Just(Event::GoOn),
        Just(Event::Close),
        number().prop_map(Event::Retry),
        (1..=COUNT + 2).prop_map(|number| Event::Joined(target(number, number, Proof::Proved))),
        number().prop_map(Event::Revoked),
        number().prop_map(Event::Cloned),
        number().prop_map(Event::Replaced),
    ];
    let ends = prop_oneof![Just(Event::Abort), Just(Event::OrderBack)];
    let told =
        (number(), 0..4_u32, feedback()).prop_map(|(t, attempt, told)| Event::Feedback(t, Attempt(attempt), told));
    let versions = prop_oneof![Just("1"), Just("2"), Just("3")];
    let runs =
        (number(), versions, 0..3_u128).prop_map(|(t, v, boot)| Event::Runs(t, release(v), Uuid::from_u128(boot)));
    prop_oneof![4 => Just(Event::Tick), 8 => persons, 16 => told, 6 => runs, 1 => ends]
}

fn events() -> impl Strategy<Value = Vec<Timed>> {
    prop::collection::vec((prop_oneof![0..60_i64, 0..3 * HOUR, 0..2 * 24 * HOUR], event()), 0..120)
}

fn proof() -> impl Strategy<Value = Proof> {
    prop_oneof![Just(Proof::Proved), Just(Proof::Reported), Just(Proof::Installed)]
}

fn begin(proof: Proof, approved: bool) -> Rollout {
    two_waves(Policy { approve_above: approved.then_some(4), ..policy() }, COUNT, proof)
}

/// Takes what is taken; `watch` sees the rollout before and after each event, and what was to be done.
fn play(
    mut rollout: Rollout,
    events: &[Timed],
    mut watch: impl FnMut(&Rollout, &Event, &Rollout, &[Action], Timestamp),
) -> (Rollout, Timestamp) {
    let mut now = Timestamp::UNIX_EPOCH;
    for (passed, event) in events {
        now += SignedDuration::from_secs(*passed);
        if let Ok((next, actions)) = step(rollout.clone(), event.clone(), now) {
            watch(&rollout, event, &next, &actions, now);
            rollout = next;
        }
    }
    (rollout, now)
}

proptest! {
    #[test]
    fn what_is_refused_leaves_the_rollout_as_it_was(
        events in events(), proof in proof(), approved in any::<bool>(),
    ) {
        let (mut rollout, mut now) = (begin(proof, approved), Timestamp::UNIX_EPOCH);
        for (passed, event) in events {
            now += SignedDuration::from_secs(passed);
            let before = rollout.clone();
            if rollout.heed(event, now).is_err() {
                prop_assert_eq!(&rollout, &before);
            }
        }
    }

    #[test]
    fn no_terminal_has_two_open_actions_and_no_action_is_opened_twice(
        events in events(), proof in proof(), approved in any::<bool>(),
    ) {
        let mut last = BTreeMap::new();
        play(begin(proof, approved), &events, |before, event, after, actions, _| {
            for action in actions {
                let Action::Open(terminal, attempt) = action else { continue };
                assert!(last.insert(*terminal, *attempt) < Some(*attempt), "{event:?} opens {action:?} again");
                assert_eq!(after.members[terminal].attempt, *attempt);
                if let Some(member) = before.members.get(terminal) {
                    let cancelled = actions.contains(&Action::Cancel(*terminal, member.attempt));
                    assert!(!member.progress.is_open() || cancelled, "{event:?} opens a second one: {member:?}");
                }
            }
        });
    }

    #[test]
    fn numerator_and_sample_are_never_more_than_those_that_began(events in events(), proof in proof()) {
        play(begin(proof, false), &events, |_, event, after, _, _| {
            for wave in 0..after.waves.len() {
                let tally = after.tally(wave);
                assert!(tally.bad <= tally.ended && tally.ended <= tally.began, "{event:?}: {tally:?}");
                let members = after.members.values().filter(|member| member.wave == wave).count();
                assert!((tally.waiting + tally.began + tally.outside) as usize <= members);
            }
        });
    }

    #[test]
    fn nothing_is_opened_and_nobody_begins_while_it_is_paused_unapproved_or_over(
        events in events(), proof in proof(), approved in any::<bool>(),
    ) {
        play(begin(proof, approved), &events, |_, event, after, actions, now| {
            if matches!(after.phase, Phase::Running | Phase::Asks(_)) {
                return;
            }
            for (terminal, member) in &after.members {
                let offered = after.offers(*terminal, now, &TimeZone::UTC).is_some();
                let began = matches!(member.progress, Progress::Began { .. } | Progress::Silent { .. });
                assert!(began || !offered, "{event:?}: {terminal} is offered in {:?}", after.phase);
            }
            let opens = actions.iter().any(|action| matches!(action, Action::Open(..)));
            assert!(!opens, "{event:?} opens in {:?}", after.phase);
        });
    }

    #[test]
    fn the_same_events_give_the_same_state_also_when_it_is_stored_between(events in events(), proof in proof()) {
        let (whole, _) = play(begin(proof, false), &events, |_, _, _, _, _| {});
        let (mut stored, mut now) = (begin(proof, false), Timestamp::UNIX_EPOCH);
        for (passed, event) in events {
            now += SignedDuration::from_secs(passed);
            stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
            if let Ok((next, _)) = step(stored.clone(), event, now) {
                stored = next;
            }
        }
        prop_assert_eq!(whole, stored);
    }

    #[test]
    fn every_state_can_be_ended_and_nothing_waits_after_the_end(
        events in events(), proof in proof(), approved in any::<bool>(),
    ) {
        let (rollout, now) = play(begin(proof, approved), &events, |_, _, _, _, _| {});
        let ended = if rollout.phase.has_ended() { rollout } else { step(rollout, Event::Abort, now).unwrap().0 };
        prop_assert!(ended.phase.has_ended());
        let waits = |member: &Member| matches!(member.progress, Progress::Planned | Progress::Waiting);
        prop_assert!(!ended.members.values().any(waits));
        // Those that had begun fall silent at the latest.
        let deadline = now + SignedDuration::from_secs(2 * HOUR);
        let (later, _) = step(ended, Event::Tick, deadline).unwrap();
        let runs = |member: &Member| matches!(member.progress, Progress::Began { .. });
        prop_assert!(!later.members.values().any(runs));
    }
}
