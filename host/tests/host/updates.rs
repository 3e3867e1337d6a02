//! Rollouts of artifacts, from the order to what terminals say of it, on each database. The terminals are scripted.

use std::sync::Arc;

use host::{
    ca::Ca,
    clock::Clock,
    fleet::{
        Brought, Fleet, NewRollout, NotRolledOut, Order, Shown,
        actions::{Event, NotDone, State},
        artifacts::{Artifact, Artifacts, Kind, New},
        rollout::{Left, Paused, Phase, Progress, Selector, Start, Window},
    },
};
use jiff::{SignedDuration, Timestamp, civil::time};
use rcgen::KeyPair;
use wire::{
    ddi::{AssignedVersion, ConfigData, Execution, FELL_BACK, Finished, Mode, Outcome, Status},
    enrol::EnrolRequest,
    ticket::TerminalNumber,
};

use crate::{
    rollouts::policy,
    store::{number, on_each_database},
    support::{TestClock, csr},
};

/// A fleet whose terminals do what a test says, and artifact 1 (version 1.0) and 2 (version 2.0), both released.
struct World {
    fleet: Fleet,
    artifacts: Artifacts,
    clock: Arc<TestClock>,
    ca: Ca,
    _folder: tempfile::TempDir,
}

fn plan(artifact: i64) -> NewRollout {
    let first = Selector::Group([number(1), number(2)].into());
    NewRollout {
        brings: Brought::Artifact(artifact),
        former: None,
        waves: vec![(first, Start::AfterFormer), (Selector::Rest, Start::AfterFormer)],
        policy: policy(),
        zone: "Asia/Shanghai".into(),
        why: String::new(),
    }
}

fn told(execution: Execution, finished: Finished, details: &[&str]) -> Event {
    let details = details.iter().map(|text| (*text).to_owned()).collect();
    Event::Feedback(Status { execution, result: Outcome { finished, progress: None }, code: None, details })
}

fn at_it() -> Event {
    told(Execution::Proceeding, Finished::None, &[])
}

fn done() -> Event {
    told(Execution::Closed, Finished::Success, &[])
}

fn failed(details: &[&str]) -> Event {
    told(Execution::Closed, Finished::Failure, details)
}

impl World {
    async fn new(fleet: Fleet, clock: Arc<TestClock>, terminals: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::draw(clock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
        let artifacts = Artifacts::open(fleet.clone(), &folder.path().join("artifacts")).await.unwrap();
        let world = Self { fleet, artifacts, clock, ca, _folder: folder };
        for _ in 0..terminals {
            world.newcomer().await;
        }
        for version in ["1.0", "2.0"] {
            world.released(version).await;
        }
        world
    }

    async fn released(&self, version: &str) -> Artifact {
        let new = New { name: "system".parse().unwrap(), version: version.parse().unwrap(), kind: Kind::File };
        let added = self.artifacts.add(new, version.as_bytes(), version.len() as u64, |_| {}).await.unwrap();
        self.artifacts.release(added.id, false).await.unwrap()
    }

    async fn newcomer(&self) -> TerminalNumber {
        let admitted = self.fleet.add(None, "花桥镇", "").await.unwrap();
        let csr = csr(&KeyPair::generate().unwrap());
        let request = EnrolRequest { terminal: admitted.terminal, token: admitted.token, csr };
        self.fleet.enrol(&self.ca, &request).await.unwrap();
        admitted.terminal
    }

    /// A client of the device interface that never enrolled.
    async fn foreigner(&self, runs: Option<&str>) -> u32 {
        let terminal = self.fleet.add(None, "花桥镇", "").await.unwrap().terminal;
        let data = [("model".to_owned(), "other".to_owned())].into();
        self.fleet.take_attributes(terminal, ConfigData { mode: Mode::Replace, data }).await.unwrap();
        if let Some(version) = runs {
            self.runs(terminal.get(), version).await;
        }
        terminal.get()
    }

    async fn runs(&self, terminal: u32, version: &str) {
        let said = AssignedVersion { name: "system".into(), version: version.into() };
        self.fleet.take_installed(number(terminal), said).await.unwrap();
        self.moved().await;
    }

    fn later(&self, hours: i64) {
        self.clock.turn(SignedDuration::from_hours(hours));
    }

    /// Everything that terminals ever said, read again.
    async fn moved(&self) {
        self.fleet.move_rollouts(Timestamp::MIN).await.unwrap();
    }

    /// The action that a terminal is shown, and the version that it brings.
    async fn shown_to(&self, terminal: u32) -> Option<(u64, String)> {
        let action = self.fleet.todo(number(terminal)).await.unwrap().action?;
        Some((action.id, action.artifact.version.to_string()))
    }

    async fn says(&self, terminal: u32, event: Event) {
        let (action, _) = self.shown_to(terminal).await.expect("it has something to do");
        self.fleet.hear_of_action(number(terminal), action, event).await.unwrap();
        self.moved().await;
    }

    async fn takes(&self, terminals: impl IntoIterator<Item = u32>) {
        for terminal in terminals {
            self.says(terminal, at_it()).await;
            self.says(terminal, done()).await;
        }
    }

    async fn rollout(&self, number: u64) -> Shown {
        self.fleet.rollout(number).await.unwrap()
    }

    async fn progress(&self, terminal: u32) -> Progress {
        self.rollout(1).await.rollout.members[&number(terminal)].progress.clone()
    }
}

#[tokio::test]
async fn an_artifact_reaches_wave_after_wave_and_is_ordered_back_to_the_one_before() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 5).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        assert_eq!(world.shown_to(1).await.unwrap().1, "2.0");
        assert_eq!(world.shown_to(3).await, None, "its wave has not begun");
        let manual = world.fleet.order_artifact(1, &[number(3)], false).await;
        assert!(matches!(manual, Err(NotDone::InRollout(_, 1))));
        assert!(matches!(world.fleet.cancel_action(number(1), false).await, Err(NotDone::InRollout(_, 1))));
        world.takes([1, 2]).await;
        assert_eq!(world.shown_to(3).await, None, "it is watched first");
        world.later(1);
        world.moved().await;
        world.takes([3, 4, 5]).await;
        world.later(1);
        world.moved().await;
        assert_eq!(world.rollout(1).await.rollout.phase, Phase::Finished);

        world.fleet.tell_rollout(1, Order::OrderBack).await.unwrap();
        let back = world.rollout(2).await.rollout;
        assert_eq!((Brought::of(&back.release), back.members.len()), (Some(Brought::Artifact(1)), 5));
        assert_eq!(world.shown_to(4).await.unwrap().1, "1.0");
    })
    .await;
}

#[tokio::test]
async fn one_that_falls_back_stops_it_and_a_retry_is_another_action() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 4).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        world.takes([1]).await;
        let (first, _) = world.shown_to(2).await.unwrap();
        world.says(2, at_it()).await;
        world.says(2, failed(&[FELL_BACK, "screen stayed dark"])).await;
        assert_eq!(world.progress(2).await, Progress::RolledBack("screen stayed dark".into()));
        assert_eq!(world.rollout(1).await.rollout.phase, Phase::Paused(Paused::StopRule(0)));
        assert_eq!(world.shown_to(2).await, None);

        world.fleet.tell_rollout(1, Order::Resume).await.unwrap();
        world.fleet.tell_rollout(1, Order::Retry(number(2))).await.unwrap();
        let (second, _) = world.shown_to(2).await.unwrap();
        assert!(second > first);
        let late = world.fleet.hear_of_action(number(2), first, done()).await;
        assert!(matches!(late, Err(NotDone::NotTaken(_))), "the first is over");
        world.takes([2]).await;
        assert_eq!(world.progress(2).await, Progress::Done);
    })
    .await;
}

#[tokio::test]
async fn a_paused_one_is_hidden_from_who_has_not_begun_and_a_window_from_all_but_who_have() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 3).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        world.says(1, at_it()).await;
        world.fleet.tell_rollout(1, Order::Pause).await.unwrap();
        assert!(world.shown_to(1).await.is_some(), "it goes on with what it began");
        assert_eq!(world.shown_to(2).await, None);
        let hidden = world.fleet.actions(number(2)).await.unwrap()[0].id;
        assert!(matches!(world.fleet.action(number(2), hidden).await, Err(NotDone::Unknown(..))));
        world.fleet.tell_rollout(1, Order::Abort).await.unwrap();
        assert_eq!(world.progress(2).await, Progress::Left(Left::Cancelled));
        let states: Vec<_> = world.fleet.actions(number(2)).await.unwrap().into_iter().map(|a| a.state).collect();
        assert_eq!(states, [State::Cancelled]);
        world.says(1, done()).await;
        assert_eq!(world.progress(1).await, Progress::Done);

        // From two to four in the morning of China, which is 18:00 to 20:00 UTC.
        let window = Some(Window::new(time(2, 0, 0, 0), 120).unwrap());
        let mut nightly = plan(1);
        nightly.policy.window = window;
        let day = world.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let noon = day.tomorrow().unwrap().at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        world.clock.turn(noon.duration_since(world.clock.now()));
        world.fleet.roll_out(nightly).await.unwrap();
        assert_eq!(world.shown_to(1).await, None, "noon");
        world.later(6);
        assert!(world.shown_to(1).await.is_some(), "18:00 UTC");
        world.later(2);
        assert_eq!(world.shown_to(1).await, None, "20:00 UTC");
    })
    .await;
}

#[tokio::test]
async fn a_client_of_another_make_is_done_only_once_it_says_what_it_runs() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 0).await;
        let (says_versions, lies, mute) =
            (world.foreigner(Some("1.0")).await, world.foreigner(Some("1.0")).await, world.foreigner(None).await);
        let mut all_at_once = plan(2);
        all_at_once.waves = vec![(Selector::Rest, Start::AfterFormer)];
        world.fleet.roll_out(all_at_once).await.unwrap();
        for terminal in [says_versions, lies, mute] {
            world.takes([terminal]).await;
        }
        assert!(matches!(world.progress(says_versions).await, Progress::Began { installed: true, .. }));
        assert_eq!(world.progress(mute).await, Progress::Done, "nothing better than its word");
        assert_eq!(world.rollout(1).await.rollout.tally(0).outside, 1, "which does not count");
        world.later(1);
        world.runs(says_versions, "2.0").await;
        world.runs(lies, "1.0").await;
        assert_eq!(world.progress(says_versions).await, Progress::Done);
        assert_eq!(world.progress(lies).await, Progress::RunsOther(Brought::Artifact(1).release()));
        assert!(matches!(world.rollout(1).await.rollout.phase, Phase::Paused(_)), "it said success and lied");
    })
    .await;
}

#[tokio::test]
async fn newcomers_join_who_runs_it_is_left_alone_and_a_withdrawn_one_is_shown_to_nobody() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 3).await;
        let artifact = world.released("3.0").await;
        world.fleet.roll_out(plan(artifact.id)).await.unwrap();
        world.runs(2, "3.0").await;
        assert_eq!((world.progress(2).await, world.shown_to(2).await), (Progress::Already, None));
        let new = world.newcomer().await;
        world.moved().await;
        assert_eq!(world.progress(new.get()).await, Progress::Planned);
        world.says(1, at_it()).await;
        world.artifacts.withdraw(artifact.id).await.unwrap();
        let stop = world.fleet.todo(number(1)).await.unwrap().action.unwrap();
        assert_eq!(stop.state, State::ToStop);
        assert_eq!(world.fleet.given(number(1), artifact.id).await.unwrap(), None, "nor fetched by anybody");
        let again = world.fleet.order_artifact(artifact.id, &[number(3)], false).await;
        assert!(matches!(again, Err(NotDone::NotReleased(_))));
        assert_eq!(world.rollout(1).await.rollout.phase, Phase::Aborted, "no wave can begin any more");
        assert_eq!(world.progress(new.get()).await, Progress::Left(Left::Cancelled));
    })
    .await;
}

#[tokio::test]
async fn what_a_terminal_was_at_gives_way_to_its_rollout() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 2).await;
        let manual = world.fleet.order_artifact(1, &[number(1)], false).await.unwrap()[0];
        world.says(1, at_it()).await;
        let another = world.fleet.order_artifact(2, &[number(1)], false).await;
        assert!(matches!(another, Err(NotDone::AtAnother(_, at)) if at == manual));
        world.fleet.roll_out(plan(2)).await.unwrap();
        let (shown, version) = world.shown_to(1).await.unwrap();
        assert!(shown > manual && version == "2.0");
        let late = world.fleet.hear_of_action(number(1), manual, done()).await;
        assert!(matches!(late, Err(NotDone::NotTaken(_))), "it hears that the former is over");
        world.takes([1]).await;
        assert_eq!(world.progress(1).await, Progress::Done);
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_rolled_out_is_refused_and_leaves_nothing() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 2).await;
        let draft = {
            let new = New { name: "tool".parse().unwrap(), version: "1".parse().unwrap(), kind: Kind::File };
            world.artifacts.add(new, &b"x"[..], 1, |_| {}).await.unwrap()
        };
        for (new, words) in [
            (plan(99), "no artifact 99"),
            (plan(draft.id), "is not released"),
            (NewRollout { former: Some(Brought::Settings(1)), ..plan(2) }, "former: expected"),
            (NewRollout { former: Some(Brought::Artifact(draft.id)), ..plan(2) }, "is not released"),
            (NewRollout { former: Some(Brought::Artifact(0)), ..plan(2) }, "nothing to order them back to"),
        ] {
            let refused = world.fleet.roll_out(new).await.unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
        assert!(world.fleet.rollouts().await.unwrap().is_empty());
        world.fleet.roll_out(plan(1)).await.unwrap();
        world.takes([1]).await;
        let refused = world.fleet.tell_rollout(1, Order::OrderBack).await;
        assert!(matches!(refused, Err(NotRolledOut::NoFormer)), "1.0 is the first there ever was");
        assert_eq!(world.rollout(1).await.rollout.phase, Phase::Running, "nothing of it happened");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_in_a_rollout_of_settings_and_in_one_of_an_artifact_at_once() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 2).await;
        world.fleet.draw_up(&wire::settings::Settings::default(), "").await.unwrap();
        world.fleet.roll_out(NewRollout { brings: Brought::Settings(1), ..plan(2) }).await.unwrap();
        world.fleet.roll_out(plan(2)).await.unwrap();
        let busy = world.fleet.roll_out(plan(1)).await;
        assert!(matches!(busy, Err(NotRolledOut::Busy(_, 2))));
        // Their numbers are counted apart, so that one is the other's too.
        assert_eq!(world.fleet.ordered(number(1)).await.unwrap().unwrap().order, 1);
        assert_eq!(world.shown_to(1).await.unwrap().0, 1);
        world.fleet.tell_rollout(1, Order::Pause).await.unwrap();
        assert_eq!(world.fleet.ordered(number(1)).await.unwrap(), None);
        assert!(world.shown_to(1).await.is_some(), "the other one was not paused");
    })
    .await;
}
