//! The forwarding's state machine against every county there can be.

use std::{collections::BTreeSet, time::Duration};

use kiosk::forwarder::{
    answer::{Outcome, Retry},
    event::{Action, Epoch, Event, Found, Poll},
    upload::{Came, Recording},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::forwarding::{LEDGER, delivered, events, failed, forwarder, settings};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes back in whatever order, every event is settled in the end and none is under way twice; recordings
    /// go one at a time and only while no text is under way.
    #[test]
    fn every_event_is_delivered_in_the_end(answers in prop::collection::vec((0..4_u8, 0..8_usize), 0..300)) {
        let mut f = forwarder(settings());
        let mut pending: BTreeSet<u128> = (1..=12).collect();
        let mut recordings: BTreeSet<u128> = (101..=104).collect();
        let mut uploads: Vec<(Recording, Epoch)> = Vec::new();
        let mut under_way: Vec<(u128, Epoch)> = Vec::new();
        let mut polls: Vec<(Poll, Epoch)> = Vec::new();
        let mut postponed: Vec<(u128, Duration)> = Vec::new();
        let mut work = vec![Event::Tick];
        let mut now = Duration::ZERO;
        let mut answers = answers.into_iter();
        let mut saves = 0;
        for _ in 0..4000 {
            let event = if let Some(event) = work.pop() {
                event
            } else if !under_way.is_empty() || !polls.is_empty() || !uploads.is_empty() {
                let (answer, which) = answers.next().unwrap_or((0, 0));
                let retry = |whole_link| Retry { why: "test", after: None, whole_link };
                if let Some((recording, epoch)) = uploads.pop_if(|_| which % 3 == 0 || under_way.len() + polls.len() == 0) {
                    let came = match answer {
                        0 => Came::Settled(Outcome::Delivered { ledger: LEDGER }),
                        1 => Came::Again(retry(true)),
                        2 => Came::Again(retry(false)),
                        _ => Came::On,
                    };
                    Event::Uploaded { recording, came, epoch }
                } else if under_way.is_empty() || (!polls.is_empty() && which % 2 == 0) {
                    let (poll, epoch) = polls.swap_remove(which % polls.len());
                    let found = if answer == 0 { Ok(Found::default()) } else { Err(retry(answer == 1)) };
                    Event::Polled { poll, found, epoch }
                } else {
                    let (id, epoch) = under_way.swap_remove(which % under_way.len());
                    match answer {
                        0 => delivered(id, epoch),
                        1 => failed(id, epoch, true, None),
                        _ => failed(id, epoch, false, None),
                    }
                }
            } else if pending.is_empty() && recordings.is_empty() {
                break;
            } else {
                let due = f.due(now);
                prop_assert!(due > now, "ticks for nothing");
                now = due;
                Event::Tick
            };
            for action in f.step(event, now) {
                match action {
                    Action::Put(event, epoch) => {
                        let id = event.id.as_u128();
                        prop_assert!(pending.contains(&id));
                        prop_assert!(under_way.iter().all(|(other, _)| *other != id));
                        under_way.push((id, epoch));
                        prop_assert!(under_way.len() <= 3);
                    }
                    Action::LoadRecording { but } => {
                        prop_assert!(uploads.is_empty());
                        let next = recordings.iter().find(|id| !but.contains(&Uuid::from_u128(**id)));
                        let found = events(next.copied()).pop();
                        work.push(Event::Recording { found, whole: true });
                    }
                    Action::Upload(recording, epoch) => {
                        prop_assert!(recordings.contains(&recording.id().as_u128()));
                        prop_assert!(uploads.is_empty() && under_way.is_empty());
                        uploads.push((recording, epoch));
                    }
                    Action::Poll(poll, epoch) => polls.push((poll, epoch)),
                    Action::Load { limit } => {
                        postponed.retain(|(_, until)| *until > now);
                        let due = pending.iter().filter(|id| postponed.iter().all(|(other, _)| other != *id));
                        let oldest = events(due.copied().take(limit));
                        work.push(Event::Loaded { newest: vec![], oldest });
                    }
                    Action::Save(outcomes) => {
                        // The disk takes every second one only.
                        saves += 1;
                        let takes = saves % 2 == 0;
                        let ids: Vec<Uuid> = outcomes.into_iter().map(|(id, _)| id).collect();
                        for id in ids.iter().filter(|_| takes) {
                            pending.remove(&id.as_u128());
                            recordings.remove(&id.as_u128());
                        }
                        work.push(Event::Saved { ids, offered_again: takes.then_some(false) });
                    }
                    Action::Postpone(id, until) => postponed.push((id.as_u128(), until)),
                    Action::Network(_) | Action::Tell(_) => {}
                }
            }
        }
        prop_assert!(pending.is_empty() && recordings.is_empty(), "left over: {pending:?}, {recordings:?}");
    }
}
