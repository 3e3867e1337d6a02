//! A county's terminals after an outage, each with the forwarder's real decisions, in a time that is only counted.
//!
//! The bound: what is left of a wait drawn evenly from a minute is shorter the likelier, so that of 240 terminals eight
//! come in the first second on average and fewer in each behind it. Four standard deviations above that are 20: a twelfth
//! of what comes at once where the terminals are in step.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use kiosk::forwarder::{
    answer::{Outcome, Retry},
    event::{Action, Event, Found, Settings},
    state::Forwarder,
};
use uuid::Uuid;

use crate::dice::Dice;

const TERMINALS: usize = 240;
const LATENCY: Duration = Duration::from_millis(100);
/// Behind this the longest wait is reached.
const OUTAGE: Duration = Duration::from_secs(900);
const MINUTE: usize = 60;
const LARGEST_BUCKET: usize = 20;

/// What the county's address answers at a moment; none, it takes the request.
type County = fn(Duration) -> Option<Retry>;

/// When each terminal's requests came, up to `end`.
fn requests(county: County, end: Duration, in_step: bool) -> Vec<Vec<Duration>> {
    let mut terminals: Vec<Forwarder> = (0..TERMINALS).map(|terminal| forwarder(terminal, in_step)).collect();
    let mut requests = vec![Vec::new(); TERMINALS];
    let mut waiting = vec![true; TERMINALS];
    // What happens next, to whom; of what falls on one moment the first that was planned.
    let mut plan = BinaryHeap::new();
    let mut events: Vec<Option<Event>> = Vec::new();
    let schedule = |plan: &mut BinaryHeap<_>, events: &mut Vec<_>, at: Duration, terminal: usize, event: Event| {
        plan.push(Reverse((at, events.len(), terminal)));
        events.push(Some(event));
    };
    for terminal in 0..TERMINALS {
        schedule(&mut plan, &mut events, Duration::ZERO, terminal, Event::Tick);
    }
    while let Some(Reverse((now, place, terminal))) = plan.pop() {
        if now >= end {
            break;
        }
        let event = events[place].take().unwrap();
        let is_tick = matches!(event, Event::Tick);
        // A tick that something else has overtaken.
        if is_tick && now < terminals[terminal].due(now) && now > Duration::ZERO {
            continue;
        }
        for action in terminals[terminal].step(event, now) {
            let (after, event) = match action {
                Action::Put(event, epoch) => {
                    requests[terminal].push(now);
                    let outcome = county(now).map_or(Outcome::Delivered { ledger: Uuid::nil() }, Outcome::Retry);
                    (LATENCY, Event::Put { event, outcome, epoch })
                }
                Action::Poll(poll, epoch) => {
                    requests[terminal].push(now);
                    let found = county(now).map_or(Ok(Found::default()), Err);
                    (LATENCY, Event::Polled { poll, found, epoch })
                }
                Action::Load { .. } => {
                    let oldest = if waiting[terminal] { super::forwarding::events([1]) } else { vec![] };
                    (Duration::ZERO, Event::Loaded { newest: vec![], oldest })
                }
                Action::Save(outcomes) => {
                    waiting[terminal] = false;
                    let ids = outcomes.into_iter().map(|(id, _)| id).collect();
                    (Duration::ZERO, Event::Saved { ids, offered_again: Some(false) })
                }
                Action::LoadRecording { .. } => (Duration::ZERO, Event::Recording { found: None, whole: true }),
                Action::Upload(..) | Action::Postpone(..) | Action::Network(_) | Action::Tell(_) => continue,
            };
            schedule(&mut plan, &mut events, now + after, terminal, event);
        }
        let due = terminals[terminal].due(now);
        if due > now {
            schedule(&mut plan, &mut events, due, terminal, Event::Tick);
        }
    }
    requests
}

/// As it leaves the factory; dice of its own, or none at all.
fn forwarder(terminal: usize, in_step: bool) -> Forwarder {
    let mut dice = Dice(terminal as u64);
    let share = move || f64::from(u32::try_from(dice.below(1 << 32)).unwrap()) / (f64::from(u32::MAX) + 1.0);
    Forwarder::new(Settings::default(), if in_step { Box::new(|| 1.0) } else { Box::new(share) })
}

/// How many come in each second behind `from`, of the first request of each.
fn arrivals(requests: &[Vec<Duration>], from: Duration) -> Vec<usize> {
    let mut buckets = vec![0; MINUTE + 1];
    for own in requests {
        let first = own.iter().find(|at| **at >= from).expect("each terminal comes back");
        let second = usize::try_from((*first - from).as_secs()).unwrap();
        buckets[second.min(MINUTE)] += 1;
    }
    buckets
}

fn gone(now: Duration) -> Option<Retry> {
    (now < OUTAGE).then(|| Retry::no_answer("nobody is there"))
}

#[test]
fn a_county_that_comes_back_meets_its_terminals_spread_over_a_minute() {
    let end = OUTAGE + Duration::from_secs(120);
    let buckets = arrivals(&requests(gone, end, false), OUTAGE);
    println!("arrivals a second behind the outage: {buckets:?}");
    assert_eq!(buckets[MINUTE], 0, "no terminal waits longer than a minute");
    assert_eq!(buckets.iter().sum::<usize>(), TERMINALS);
    assert!(buckets.iter().all(|bucket| *bucket <= LARGEST_BUCKET), "{buckets:?}");
    let in_step = arrivals(&requests(gone, end, true), OUTAGE);
    assert_eq!(in_step.iter().max(), Some(&TERMINALS), "without chance they come all at once");
}

#[test]
fn a_busy_county_is_left_alone_as_long_as_it_asks_and_meets_its_terminals_spread_again() {
    const ASKED: Duration = Duration::from_secs(30);
    /// Whoever came in the first minute was sent away.
    const OPEN: Duration = Duration::from_secs(960);
    let busy: County = |now| {
        gone(now).or_else(|| {
            (now < OPEN).then_some(Retry { why: "the county is busy", after: Some(ASKED), whole_link: true })
        })
    };
    let requests = requests(busy, OPEN + Duration::from_secs(180), false);
    let mut again = vec![0; 180];
    for own in &requests {
        let first = own.iter().position(|at| *at >= OUTAGE).unwrap();
        assert!(own[first] < OPEN, "it came while the county was busy");
        let wait = own[first + 1] - (own[first] + LATENCY);
        assert!(wait >= ASKED, "{wait:?} is less than was asked");
        assert!(wait <= ASKED + Settings::default().backoff.longest, "{wait:?} is more than it may be");
        again[usize::try_from((own[first + 1] - OUTAGE).as_secs()).unwrap()] += 1;
    }
    println!("arrivals a second behind the first answer: {again:?}");
    assert!(again.iter().all(|bucket| *bucket <= LARGEST_BUCKET), "{again:?}");
}
