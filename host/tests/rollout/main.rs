//! Rollouts with scripted terminals, and what holds over every order of events.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod planning;
mod properties;
mod rules;
mod terminals;

use host::fleet::rollout::{
    Action, Attempt, Event, Feedback, Member, Phase, Policy, Progress, Proof, Refused, Release, Rollout, Seed,
    Selector, Start, Target, Who, step,
};
use jiff::{SignedDuration, Timestamp, civil::time, tz::TimeZone};
use uuid::Uuid;
use wire::ticket::TerminalNumber;

const HOUR: i64 = 3600;
const MONTH: i64 = 30 * 24 * HOUR;

fn terminal(number: u32) -> TerminalNumber {
    TerminalNumber::new(number).unwrap()
}

fn target(number: u32, site: u32, proof: Proof) -> Target {
    Target { terminal: terminal(number), site: format!("s{site}"), proof }
}

fn who(id: &str) -> Who {
    Who(id.into())
}

fn release(version: &str) -> Release {
    Release(version.into())
}

fn policy() -> Policy {
    Policy {
        bad_percent_max: 20,
        sample_min: 2,
        sample_within_s: 24 * 3600,
        bake_s: 3600,
        silent_after_s: 2 * 3600,
        approve_above: None,
        gate_installed: false,
        window: None,
        takes_s: 600,
    }
}

/// Terminals 1 to 3 first, then the rest, up to `count`.
fn two_waves(policy: Policy, count: u32, proof: Proof) -> Rollout {
    let targets: Vec<_> = (1..=count).map(|number| target(number, number, proof)).collect();
    let first = Selector::Group((1..=3).map(terminal).collect());
    let waves = vec![(first, Start::AfterFormer), (Selector::Rest, Start::AfterFormer)];
    Rollout::plan(who("maker"), (release("2"), release("1")), policy, waves, Seed([7; 16]), &targets).unwrap()
}

/// A rollout, its clock, and everything that it had done.
struct Played {
    rollout: Rollout,
    now: Timestamp,
    actions: Vec<Action>,
}

impl Played {
    fn start(rollout: Rollout) -> Self {
        let mut played = Self { rollout, now: Timestamp::UNIX_EPOCH, actions: Vec::new() };
        played.take(Event::Tick);
        played
    }

    fn with(proof: Proof) -> Self {
        Self::start(two_waves(policy(), 8, proof))
    }

    fn take(&mut self, event: Event) {
        let (rollout, actions) = step(self.rollout.clone(), event, self.now).unwrap();
        self.rollout = rollout;
        self.actions.extend(actions);
    }

    fn refuses(&self, event: Event) -> Refused {
        step(self.rollout.clone(), event, self.now).unwrap_err()
    }

    fn after(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.take(Event::Tick);
    }

    fn tells(&mut self, number: u32, told: Feedback) {
        let attempt = self.member(number).attempt;
        self.take(Event::Feedback(terminal(number), attempt, told));
    }

    fn runs(&mut self, number: u32, version: &str, boot: u128) {
        self.take(Event::Runs(terminal(number), release(version), Uuid::from_u128(boot)));
    }

    fn succeed(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.tells(number, Feedback::Proceeding);
            self.tells(number, Feedback::Success);
        }
    }

    fn member(&self, number: u32) -> &Member {
        &self.rollout.members[&terminal(number)]
    }

    fn progress(&self, number: u32) -> &Progress {
        &self.member(number).progress
    }

    fn is_offered(&self, number: u32) -> bool {
        self.rollout.offers(terminal(number), self.now, &TimeZone::UTC).is_some()
    }

    fn phase(&self) -> &Phase {
        &self.rollout.phase
    }

    fn cancelled(&self, number: u32, attempt: u32) -> bool {
        self.actions.contains(&Action::Cancel(terminal(number), Attempt(attempt)))
    }
}

/// Whether all that `older` says stands in `newer` too.
fn holds(newer: &serde_json::Value, older: &serde_json::Value) -> bool {
    match (newer.as_object(), older.as_object(), newer.as_array(), older.as_array()) {
        (Some(newer), Some(older), ..) => older.iter().all(|(k, v)| newer.get(k).is_some_and(|n| holds(n, v))),
        (_, _, Some(newer), Some(older)) => {
            newer.len() == older.len() && newer.iter().zip(older).all(|(newer, older)| holds(newer, older))
        }
        _ => newer == older,
    }
}

#[test]
fn the_state_of_an_older_version_is_read_and_what_is_written_is_read_the_same() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let read: Rollout = serde_json::from_value(golden.clone()).unwrap();
    assert!(holds(&serde_json::to_value(&read).unwrap(), &golden), "what was there is written as it was");
    assert_eq!((read.policy.silent_after_s, read.policy.approve_above), (7200, None));
    assert_eq!(read.policy.window.map(|w| w.fits(7200)), Some(true));
    assert_eq!(read.members[&terminal(1)].progress, Progress::Silent { installed: false });
    assert_eq!(read.members[&terminal(2)].progress, Progress::RunsOther(release("1")));
    let again: Rollout = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, read);
    let (moved, _) = step(read, Event::Resume, "2027-03-02T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(moved.waves[0].accepted_bad, 2, "it goes on from where it stood");
}

#[test]
fn a_terminal_is_offered_nothing_outside_its_window_and_finishes_what_it_began() {
    use host::fleet::rollout::Window;
    let window = Some(Window::new(time(2, 0, 0, 0), 30).unwrap());
    let mut played = Played::start(two_waves(Policy { window, ..policy() }, 8, Proof::Proved));
    assert!(!played.is_offered(1), "it is midnight");
    played.after(2 * HOUR);
    assert!(played.is_offered(1));
    played.tells(1, Feedback::Proceeding);
    played.after(21 * 60);
    assert!(!played.is_offered(2), "ten minutes are not left");
    played.after(10 * 60);
    assert!(played.is_offered(1), "it has begun");
}
