//! The forwarding's state machine against a manual clock and loaded dice.

use std::{collections::BTreeSet, time::Duration};

use kiosk::{
    backoff::Backoff,
    control::message::{Changed, Network},
    forwarder::{
        answer::{Outcome, Retry},
        event::{Action, Epoch, Event, Found, Poll, Settings},
        state::Forwarder,
    },
    queue::Forward,
};
use uuid::Uuid;

pub(crate) const LEDGER: Uuid = Uuid::from_u128(99);

pub(crate) fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn event(id: u128) -> Forward {
    Forward { id: Uuid::from_u128(id), bytes: vec![], hash: [0; 32], attempts: 0 }
}

pub(crate) fn events(ids: impl IntoIterator<Item = u128>) -> Vec<Forward> {
    ids.into_iter().map(event).collect()
}

/// Dice that always show the longest wait.
pub(crate) fn forwarder(settings: Settings) -> Forwarder {
    Forwarder::new(settings, Box::new(|| 1.0))
}

pub(crate) fn settings() -> Settings {
    Settings {
        concurrency: 3,
        batch: 10,
        backoff: Backoff { first: seconds(1), longest: seconds(60) },
        event_backoff: Backoff { first: seconds(10), longest: seconds(100) },
        poll: seconds(60),
    }
}

pub(crate) fn puts(actions: &[Action]) -> Vec<(u128, Epoch)> {
    let put = |action: &Action| match action {
        Action::Put(event, epoch) => Some((event.id.as_u128(), *epoch)),
        _ => None,
    };
    actions.iter().filter_map(put).collect()
}

fn ids(actions: &[Action]) -> Vec<u128> {
    puts(actions).into_iter().map(|(id, _)| id).collect()
}

pub(crate) fn poll_of(actions: &[Action]) -> Vec<(Poll, Epoch)> {
    let poll = |action: &Action| match action {
        Action::Poll(poll, epoch) => Some((*poll, *epoch)),
        _ => None,
    };
    actions.iter().filter_map(poll).collect()
}

fn back(id: u128, epoch: Epoch, outcome: Outcome) -> Event {
    Event::Put { event: event(id), outcome, epoch }
}

pub(crate) fn delivered(id: u128, epoch: Epoch) -> Event {
    back(id, epoch, Outcome::Delivered { ledger: LEDGER })
}

pub(crate) fn failed(id: u128, epoch: Epoch, whole_link: bool, after: Option<Duration>) -> Event {
    back(id, epoch, Outcome::Retry(Retry { why: "test", after, whole_link }))
}

/// A forwarder on line, both polls done, with these events waiting in it or under way; and what it sent.
pub(crate) fn online_with(ids: impl IntoIterator<Item = u128>) -> (Forwarder, Vec<(u128, Epoch)>) {
    let mut f = forwarder(settings());
    let actions = f.step(Event::Tick, seconds(0));
    assert_eq!(actions[0], Action::Load { limit: 10 });
    // Untried: one request at a time.
    let [(Poll::Bulletin, epoch)] = poll_of(&actions)[..] else { panic!("{actions:?}") };
    let actions = f.step(Event::Polled { poll: Poll::Bulletin, found: Ok(Found::default()), epoch }, seconds(0));
    assert!(actions.contains(&Action::Network(Network::Online)));
    let [(Poll::Views, epoch)] = poll_of(&actions)[..] else { panic!("{actions:?}") };
    f.step(Event::Polled { poll: Poll::Views, found: Ok(Found::default()), epoch }, seconds(0));
    let actions = f.step(Event::Loaded { newest: vec![], oldest: events(ids) }, seconds(0));
    let sent = puts(&actions);
    (f, sent)
}

#[test]
fn no_more_events_are_under_way_than_allowed_and_each_answer_makes_room() {
    let (mut f, sent) = online_with(1..=10);
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2, 3]);
    let actions = f.step(delivered(2, sent[1].1), seconds(0));
    assert_eq!(ids(&actions), [4]);
    let saved = Action::Save(vec![(Uuid::from_u128(2), Outcome::Delivered { ledger: LEDGER })]);
    assert!(actions.contains(&saved), "{actions:?}");
}

#[test]
fn acknowledgements_that_come_while_others_are_written_are_written_together() {
    let (mut f, sent) = online_with(1..=10);
    f.step(delivered(1, sent[0].1), seconds(0));
    for id in [2, 3, 4] {
        let actions = f.step(delivered(id, sent[0].1), seconds(0));
        assert!(!actions.iter().any(|a| matches!(a, Action::Save(_))), "{actions:?}");
    }
    let saved = Event::Saved { ids: vec![Uuid::from_u128(1)], offered_again: Some(false) };
    let actions = f.step(saved, seconds(0));
    let together = actions.iter().find_map(|a| match a {
        Action::Save(outcomes) => Some(outcomes.len()),
        _ => None,
    });
    assert_eq!(together, Some(3));
    assert!(actions.contains(&Action::Tell(Changed::Delivered)));
}

#[test]
fn after_a_failure_the_link_rests_and_then_one_request_tries_it() {
    let (mut f, sent) = online_with(1..=10);
    let actions = f.step(failed(1, sent[0].1, true, None), seconds(100));
    assert!(actions.contains(&Action::Network(Network::Offline)));
    assert_eq!(ids(&actions), [0; 0]);
    // Two more of the same breath count as the same failure.
    f.step(failed(2, sent[1].1, true, None), seconds(100));
    f.step(failed(3, sent[2].1, true, None), seconds(100));
    assert_eq!(f.due(seconds(100)), seconds(101));
    let actions = f.step(Event::Tick, seconds(101));
    let [(Poll::Bulletin, epoch)] = poll_of(&actions)[..] else { panic!("{actions:?}") };
    assert_eq!(ids(&actions), [0; 0]);
    // While it is under way nobody ticks for nothing.
    assert!(f.due(seconds(101)) > seconds(101));
    let failed = Event::Polled { poll: Poll::Bulletin, found: Err(Retry::no_answer("test")), epoch };
    f.step(failed, seconds(101));
    assert_eq!(f.due(seconds(101)), seconds(103), "the second rest is twice the first");
    // By turns: this time an event tries.
    let actions = f.step(Event::Tick, seconds(103));
    let [(id, epoch)] = puts(&actions)[..] else { panic!("{actions:?}") };
    let actions = f.step(delivered(id, epoch), seconds(103));
    assert!(actions.contains(&Action::Network(Network::Online)));
    assert_eq!(puts(&actions).len(), 3, "the link is open again");
}

#[test]
fn retry_after_is_honoured_even_where_somebody_nudges() {
    let (mut f, sent) = online_with(1..=3);
    f.step(failed(1, sent[0].1, true, Some(seconds(120))), seconds(100));
    f.step(Event::Nudged, seconds(105));
    assert_eq!(f.due(seconds(105)), seconds(221), "120 s and one second of jitter");
    assert!(poll_of(&f.step(Event::Tick, seconds(220))).is_empty());
    assert_eq!(poll_of(&f.step(Event::Tick, seconds(221))).len(), 1);
}

#[test]
fn a_nudge_shortens_a_rest_that_nobody_ordered() {
    let (mut f, sent) = online_with(1..=1);
    let mut epoch = sent[0].1;
    f.step(failed(1, epoch, true, None), seconds(100));
    let mut now = seconds(100);
    for _ in 0..8 {
        now = f.due(now);
        let actions = f.step(Event::Tick, now);
        epoch = puts(&actions).first().map(|p| p.1).or(poll_of(&actions).first().map(|p| p.1)).unwrap();
        let event = match puts(&actions).first() {
            Some((id, _)) => failed(*id, epoch, true, None),
            None => Event::Polled { poll: Poll::Bulletin, found: Err(Retry::no_answer("test")), epoch },
        };
        f.step(event, now);
    }
    assert_eq!(f.due(now), now + seconds(60));
    let actions = f.step(Event::Nudged, now + seconds(5));
    assert_eq!(puts(&actions).len() + poll_of(&actions).len(), 1, "{actions:?}");
    let again = f.step(Event::Nudged, now + seconds(6));
    assert_eq!(puts(&again).len() + poll_of(&again).len(), 0, "the link is being tried: {again:?}");
}

#[test]
fn an_event_that_fails_by_itself_is_passed_by_the_others() {
    let (mut f, sent) = online_with(1..=5);
    let actions = f.step(failed(1, sent[0].1, false, None), seconds(0));
    assert!(actions.contains(&Action::Postpone(Uuid::from_u128(1), seconds(10))), "{actions:?}");
    let mut now = seconds(0);
    let mut done = BTreeSet::new();
    let mut waiting: Vec<(u128, Epoch)> = sent[1..].to_vec();
    while done.len() < 4 {
        let actions = match waiting.pop() {
            Some((id, epoch)) => {
                done.insert(id);
                f.step(delivered(id, epoch), now)
            }
            None => {
                now = f.due(now);
                f.step(Event::Tick, now)
            }
        };
        waiting.extend(puts(&actions));
        assert!(now < seconds(10), "the others wait for the bad one");
    }
    assert_eq!(done, (2..=5).collect());
}

#[test]
fn the_newest_event_goes_before_the_backlog() {
    let (mut f, sent) = online_with(1..=10);
    let actions = f.step(Event::Nudged, seconds(1));
    assert!(actions.iter().any(|a| matches!(a, Action::Load { .. })), "{actions:?}");
    f.step(Event::Loaded { newest: events([1000]), oldest: events(1..=10) }, seconds(1));
    let actions = f.step(delivered(1, sent[0].1), seconds(1));
    assert_eq!(ids(&actions), [1000]);
}

#[test]
fn what_is_under_way_or_being_written_is_not_sent_twice() {
    let (mut f, sent) = online_with(1..=2);
    f.step(delivered(1, sent[0].1), seconds(0));
    // The queue still has both: 1 is being written, 2 is under way.
    let actions = f.step(Event::Loaded { newest: events([2, 1]), oldest: events([1, 2]) }, seconds(0));
    assert_eq!(ids(&actions), [0; 0]);
    assert_eq!(ids(&f.step(Event::Tick, seconds(4))), [0; 0]);
}

#[test]
fn what_was_read_before_it_was_settled_is_not_sent_again() {
    let (mut f, sent) = online_with(1..=2);
    f.step(delivered(1, sent[0].1), seconds(0));
    // The queue was being read when 1 was written down as delivered, and the answer to that overtakes the reading.
    f.step(Event::Saved { ids: vec![Uuid::from_u128(1)], offered_again: Some(false) }, seconds(0));
    let actions = f.step(Event::Loaded { newest: vec![], oldest: events([1, 2]) }, seconds(0));
    assert_eq!(ids(&actions), [0; 0]);
    // Offered again, it is.
    f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    f.step(Event::Nudged, seconds(1));
    let actions = f.step(Event::Loaded { newest: vec![], oldest: events([1, 2]) }, seconds(1));
    assert_eq!(ids(&actions), [1]);
}

#[test]
fn a_disk_that_takes_no_acknowledgement_is_tried_again_and_the_backlog_goes_on_without_sending_twice() {
    let (mut f, sent) = online_with(1..=2);
    let saves = |actions: &[Action]| -> Vec<usize> {
        actions.iter().filter_map(|a| if let Action::Save(all) = a { Some(all.len()) } else { None }).collect()
    };
    let failed =
        |ids: &[u128]| Event::Saved { ids: ids.iter().map(|id| Uuid::from_u128(*id)).collect(), offered_again: None };
    f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    assert_eq!(saves(&f.step(delivered(1, sent[0].1), seconds(0))), [1]);
    assert_eq!(saves(&f.step(failed(&[1]), seconds(0))), [0; 0], "the disk rests");
    assert_eq!(saves(&f.step(delivered(2, sent[1].1), seconds(1))), [0; 0]);
    // The file still has both as waiting; what lies behind them is sent, and they are not.
    let actions = f.step(Event::Nudged, seconds(2));
    assert!(actions.iter().any(|a| matches!(a, Action::Load { limit } if *limit > 2)), "{actions:?}");
    let actions = f.step(Event::Loaded { newest: vec![], oldest: events([1, 2, 3]) }, seconds(2));
    assert_eq!(ids(&actions), [3]);
    assert!(f.due(seconds(2)) <= seconds(5));
    assert_eq!(saves(&f.step(Event::Tick, seconds(5))), [2], "both are written when the rest is over");
    assert_eq!(saves(&f.step(failed(&[1, 2]), seconds(5))), [0; 0]);
    assert_eq!(saves(&f.step(Event::Tick, seconds(10))), [2]);
    f.step(Event::Saved { ids: vec![Uuid::from_u128(1), Uuid::from_u128(2)], offered_again: Some(false) }, seconds(10));
    assert_eq!(saves(&f.step(Event::Tick, seconds(20))), [0; 0]);
}

#[test]
fn another_ledger_makes_the_queue_worth_a_look_at_once() {
    let (mut f, sent) = online_with(1..=1);
    f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    f.step(delivered(1, sent[0].1), seconds(1));
    let actions = f.step(Event::Saved { ids: vec![Uuid::from_u128(1)], offered_again: Some(true) }, seconds(1));
    assert!(actions.iter().any(|a| matches!(a, Action::Load { .. })), "{actions:?}");
}

#[test]
fn what_could_be_read_leaves_where_the_rest_could_not_and_the_queue_is_read_again_after_a_rest() {
    let (mut f, _) = online_with([]);
    f.step(Event::Nudged, seconds(1));
    let actions = f.step(Event::LoadFailed { newest: events([9]), oldest: vec![] }, seconds(1));
    assert_eq!(ids(&actions), [9]);
    assert!(!actions.iter().any(|a| matches!(a, Action::Load { .. })), "the disk rests");
    assert_eq!(f.due(seconds(1)), seconds(6));
    let actions = f.step(Event::Tick, seconds(6));
    assert!(actions.iter().any(|a| matches!(a, Action::Load { .. })), "{actions:?}");
}

#[test]
fn a_nudge_that_comes_while_the_queue_is_read_is_not_lost() {
    let mut f = forwarder(settings());
    f.step(Event::Tick, seconds(0));
    f.step(Event::Nudged, seconds(0));
    let actions = f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    assert!(actions.contains(&Action::Load { limit: 10 }), "{actions:?}");
}

#[test]
fn polls_come_again_with_jitter_and_at_once_where_there_is_more() {
    let (mut f, _) = online_with([]);
    // The dice show the most: a quarter more than a minute.
    let due = f.due(seconds(0));
    assert!(due <= seconds(75), "{due:?}");
    f.step(Event::Loaded { newest: vec![], oldest: vec![] }, seconds(0));
    let actions = f.step(Event::Tick, seconds(75));
    let polls = poll_of(&actions);
    assert_eq!(polls.len(), 2);
    let found = Ok(Found { news: true, more: true, offered_again: false });
    let actions = f.step(Event::Polled { poll: Poll::Views, found, epoch: polls[1].1 }, seconds(75));
    assert_eq!(poll_of(&actions).len(), 1);
    assert!(actions.contains(&Action::Tell(Changed::Views)));
}
