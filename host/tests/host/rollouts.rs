//! Rollouts of settings, from the order to what terminals say of it, on each database. The terminals are scripted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use host::{
    ca::Ca,
    clock::Clock,
    fleet::{
        Brought, Fleet, NewRollout, NotOrdered, NotRolledOut, Order, Shown,
        rollout::{Left, Member, NotAPlan, Paused, Phase, Policy, Progress, Refused, Selector, Start, Who, Window},
    },
};
use jiff::{SignedDuration, Timestamp, civil::time};
use rcgen::KeyPair;
use serde_json::json;
use wire::{
    enrol::EnrolRequest,
    settings::{InForce, Settings, State, Why},
    ticket::TerminalNumber,
};

use crate::{
    health::report,
    store::{number, on_each_database},
    support::{TestClock, TestHost, csr},
};

/// A fleet whose terminals do what a test says.
pub(crate) struct World {
    pub(crate) fleet: Fleet,
    pub(crate) clock: Arc<TestClock>,
    ca: Ca,
    _folder: tempfile::TempDir,
    seq: u64,
    /// What each terminal would say of its settings, and those that it kept last.
    says: BTreeMap<TerminalNumber, InForce>,
    kept: BTreeMap<TerminalNumber, u64>,
}

fn louder(volume: u8) -> Settings {
    Settings { volume: Some(volume), ..Settings::default() }
}

pub(crate) fn policy() -> Policy {
    Policy {
        bad_percent_max: 20,
        sample_min: 2,
        sample_within_s: 48 * 3600,
        bake_s: 3600,
        silent_after_s: 7200,
        approve_above: None,
        gate_installed: false,
        window: None,
        takes_s: 600,
    }
}

/// Terminals 1 and 2 first, then the others.
pub(crate) fn plan(version: u64) -> NewRollout {
    let first = Selector::Group([number(1), number(2)].into());
    NewRollout {
        brings: Brought::Settings(version),
        former: None,
        waves: vec![(first, Start::AfterFormer), (Selector::Rest, Start::AfterFormer)],
        policy: policy(),
        zone: "Asia/Shanghai".into(),
        why: String::new(),
    }
}

impl World {
    /// With so many terminals that are enrolled, and settings 1 and 2 drawn up.
    pub(crate) async fn new(fleet: Fleet, clock: Arc<TestClock>, terminals: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::draw(clock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
        let world = Self { fleet, clock, ca, _folder: folder, seq: 0, says: BTreeMap::new(), kept: BTreeMap::new() };
        for _ in 0..terminals {
            world.newcomer().await;
        }
        for volume in [2, 4] {
            world.fleet.draw_up(&louder(volume), "").await.unwrap();
        }
        world
    }

    pub(crate) async fn newcomer(&self) -> TerminalNumber {
        let admitted = self.fleet.add(None, "花桥镇", "").await.unwrap();
        self.enrol(admitted.terminal, admitted.token).await;
        admitted.terminal
    }

    async fn enrol(&self, terminal: TerminalNumber, token: String) {
        let csr = csr(&KeyPair::generate().unwrap());
        self.fleet.enrol(&self.ca, &EnrolRequest { terminal, token, csr }).await.unwrap();
    }

    fn later(&self, hours: i64) {
        self.clock.turn(SignedDuration::from_hours(hours));
    }

    /// Every report that there is, read again.
    async fn moved(&self) {
        self.fleet.move_rollouts(Timestamp::MIN).await.unwrap();
    }

    /// A terminal reports; the order that it is answered with.
    pub(crate) async fn reports(&mut self, terminal: u32) -> Option<u64> {
        self.seq += 1;
        let mut report = report(number(terminal), self.seq);
        report.settings = self.says.get(&number(terminal)).cloned();
        self.fleet.take_health(&report, &serde_json::to_string(&report).unwrap()).await.unwrap().settings
    }

    /// A terminal says this of the order that it is shown, and the rollout hears of it.
    async fn says(&mut self, terminal: u32, state: State) {
        let shown = self.fleet.ordered(number(terminal)).await.unwrap().expect("it is ordered something");
        if state == State::Kept {
            self.kept.insert(number(terminal), shown.version);
        }
        let in_force = matches!(state, State::Trial | State::Kept);
        let why = (!in_force).then_some(Why::PrinterSilent);
        let version = if in_force { Some(shown.version) } else { self.kept.get(&number(terminal)).copied() };
        self.says.insert(number(terminal), InForce { version, order: shown.order, state, why });
        self.reports(terminal).await;
        self.moved().await;
    }

    async fn keeps(&mut self, terminals: impl IntoIterator<Item = u32>) {
        for terminal in terminals {
            self.says(terminal, State::Trial).await;
            self.says(terminal, State::Kept).await;
        }
    }

    pub(crate) async fn shown(&self, number: u64) -> Shown {
        self.fleet.rollout(number).await.unwrap()
    }

    async fn member(&self, terminal: u32) -> Member {
        self.shown(1).await.rollout.members[&number(terminal)].clone()
    }

    async fn tell(&self, order: Order) -> Result<Shown, NotRolledOut> {
        self.fleet.tell_rollout(1, order).await
    }

    async fn orders(&self) -> usize {
        let standing = self.fleet.settings_standing().await.unwrap();
        standing.iter().filter(|standing| standing.order.is_some()).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_reach_wave_after_wave_as_terminals_say_that_they_work_by_them() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 5).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        assert!(world.reports(1).await.is_some() && world.reports(3).await.is_none());
        world.keeps([1, 2]).await;
        world.moved().await;
        assert_eq!(world.reports(3).await, None, "it is watched for an hour");
        world.later(1);
        world.moved().await;
        for terminal in 3..=5 {
            assert!(world.reports(terminal).await.is_some());
        }
        world.keeps(3..=5).await;
        world.later(1);
        world.moved().await;
        let over = world.shown(1).await;
        assert_eq!((over.rollout.phase, over.over_at), (Phase::Finished, Some(world.clock.now())));
        let audit = world.fleet.audit().await.unwrap();
        let of_it = |line: &host::fleet::Line| line.subject.starts_with("rollout:1").then(|| line.what.clone());
        assert_eq!(audit.iter().filter_map(of_it).collect::<Vec<_>>(), ["rollout.make", "rollout.finished"]);
        assert_eq!(world.reports(1).await, Some(1), "what it has stays its order");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_falls_back_stops_it_nobody_begins_then_and_trying_again_is_another_order() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 5).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        let first = world.reports(1).await;
        world.says(1, State::Trial).await;
        world.says(1, State::Reverted).await;
        let stopped = world.shown(1).await;
        assert_eq!(stopped.rollout.phase, Phase::Paused(Paused::StopRule(0)));
        assert!(stopped.waits_for_a_person());
        assert_eq!(world.reports(2).await, None, "its order is held back");
        assert_eq!(world.fleet.ordered(number(2)).await.unwrap(), None);
        world.tell(Order::Resume).await.unwrap();
        assert!(world.reports(2).await.is_some());
        world.tell(Order::Retry(number(1))).await.unwrap();
        let again = world.reports(1).await;
        assert!(again.is_some() && again != first, "{again:?}");
        world.keeps([1]).await;
        assert_eq!(world.member(1).await.progress, Progress::Done);
        let pauses = world.tell(Order::Pause).await.unwrap();
        assert_eq!(pauses.rollout.phase, Phase::Paused(Paused::By(Who("host".into()))));
        assert_eq!(world.reports(2).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborting_leaves_each_terminal_with_the_order_that_it_had_and_ordering_back_is_a_rollout_of_its_own() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 5).await;
        let all: Vec<_> = (1..=5).map(number).collect();
        world.fleet.order_settings(1, &all).await.unwrap();
        world.keeps(1..=5).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        world.keeps([1]).await;
        assert_eq!(world.reports(2).await, Some(7));
        world.tell(Order::OrderBack).await.unwrap();
        assert_eq!(world.reports(2).await, Some(2), "what had not begun is withdrawn");
        assert_eq!(world.shown(1).await.rollout.phase, Phase::Aborted);
        let back = world.shown(2).await;
        assert_eq!((back.why.as_str(), back.rollout.release.0.as_str()), ("back from rollout 1", "settings:1"));
        assert_eq!(back.rollout.members.keys().copied().collect::<Vec<_>>(), [number(1)]);
        world.keeps([1]).await;
        assert_eq!(world.says[&number(1)].version, Some(1));
        world.later(1);
        world.moved().await;
        assert_eq!(world.shown(2).await.rollout.phase, Phase::Finished);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terminals_that_had_their_own_settings_go_back_to_these() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 5).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        world.keeps([1]).await;
        world.tell(Order::OrderBack).await.unwrap();
        let ordered = world.fleet.ordered(number(1)).await.unwrap().unwrap();
        assert_eq!((ordered.version, ordered.settings), (3, Settings::default()), "drawn up when it is needed");
        world.keeps([1]).await;
        world.later(1);
        world.moved().await;
        assert_eq!(world.shown(2).await.rollout.phase, Phase::Finished);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_one_a_newcomer_a_new_card_and_a_revoked_one_are_noticed() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 5).await;
        world
            .fleet
            .roll_out(NewRollout { policy: Policy { bad_percent_max: 60, ..policy() }, ..plan(2) })
            .await
            .unwrap();
        world.says(1, State::Trial).await;
        let newcomer = world.newcomer().await;
        world.fleet.revoke(number(5)).await.unwrap();
        world.later(3);
        world.moved().await;
        assert_eq!(world.member(1).await.progress, Progress::Silent { installed: false });
        assert_eq!(world.member(5).await.progress, Progress::Left(Left::Revoked));
        assert_eq!((newcomer, world.member(6).await.progress), (number(6), Progress::Planned));

        world.keeps([2]).await;
        let before = world.member(2).await.attempt;
        let admitted = world.fleet.readmit(number(2)).await.unwrap();
        world.enrol(number(2), admitted.token).await;
        world.says.remove(&number(2));
        world.clock.turn(SignedDuration::from_secs(1));
        world.moved().await;
        let replaced = world.member(2).await;
        assert_eq!((replaced.attempt.0, replaced.progress), (before.0 + 1, Progress::Waiting));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shown_outside_the_window_in_the_time_of_its_zone() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 3).await;
        let shanghai = world.clock.now().in_tz("Asia/Shanghai").unwrap();
        let opens = time((shanghai.hour() + 2).rem_euclid(24), 0, 0, 0);
        let window = Some(Window::new(opens, 120).unwrap());
        world.fleet.roll_out(NewRollout { policy: Policy { window, ..policy() }, ..plan(2) }).await.unwrap();
        assert_eq!(world.reports(1).await, None);
        world.later(2);
        assert!(world.reports(1).await.is_some());
        world.says(1, State::Trial).await;
        world.later(2);
        assert!(world.reports(1).await.is_some(), "it has begun");
        assert_eq!(world.reports(2).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_on_one_database_that_read_the_same_reports_order_nothing_twice() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet.clone(), clock.clone(), 5).await;
        world.fleet.roll_out(plan(2)).await.unwrap();
        world.keeps([1, 2]).await;
        world.later(1);
        let other = fleet.clone();
        let (one, another) = tokio::join!(fleet.move_rollouts(Timestamp::MIN), other.move_rollouts(Timestamp::MIN));
        assert_eq!((one.unwrap(), another.unwrap()), (clock.now(), clock.now()));
        let before = world.shown(1).await;
        world.moved().await;
        assert_eq!(world.shown(1).await, before);
        let newest: Vec<_> = world.fleet.settings_standing().await.unwrap().iter().map(|s| s.order).collect();
        assert_eq!(newest, [1, 2, 3, 4, 5].map(Some));
        assert_eq!(world.orders().await, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_rolled_out_is_refused_and_leaves_nothing() {
    on_each_database(async |fleet, clock| {
        let empty = fleet.roll_out(plan(0)).await;
        assert!(matches!(empty, Err(NotRolledOut::NoTerminal)));
        let world = World::new(fleet.clone(), clock, 5).await;
        let refused = [
            (plan(9), "no settings 9"),
            (NewRollout { former: Some(Brought::Settings(8)), ..plan(2) }, "no settings 8"),
            (NewRollout { former: Some(Brought::Settings(2)), ..plan(2) }, "another than the former"),
            (NewRollout { zone: "Moon/Tycho".into(), ..plan(2) }, "zone: expected an IANA name"),
            (NewRollout { why: "a\nb".into(), ..plan(2) }, "why: expected"),
            (NewRollout { waves: vec![], ..plan(2) }, "waves: expected 1 to 20"),
        ];
        for (plan, told) in refused {
            let why = world.fleet.roll_out(plan).await.unwrap_err().to_string();
            assert!(why.contains(told), "{why}");
        }
        assert!(world.fleet.rollouts().await.unwrap().is_empty() && world.orders().await == 0);

        let large = Policy { approve_above: Some(3), ..policy() };
        world.fleet.roll_out(NewRollout { policy: large, ..plan(2) }).await.unwrap();
        assert_eq!(world.orders().await, 0, "a second person approves it first");
        let own = world.tell(Order::Approve).await;
        assert!(matches!(own, Err(NotRolledOut::Refused(Refused::OwnApproval))));
        let other = fleet.clone().on_behalf_of("user:another");
        other.tell_rollout(1, Order::Approve).await.unwrap();
        assert_eq!(world.orders().await, 2);
        let busy = world.fleet.roll_out(plan(1)).await;
        assert!(matches!(busy, Err(NotRolledOut::Busy(_, 1))));
        let by_hand = world.fleet.order_settings(1, &[number(4)]).await;
        assert!(matches!(by_hand, Err(NotOrdered::Busy(terminal, 1)) if terminal == number(4)));
        assert!(matches!(fleet.rollout(7).await, Err(NotRolledOut::Unknown(7))));
        let plan_error =
            fleet.roll_out(NewRollout { waves: vec![(Selector::Rest, Start::ByHand); 2], ..plan(2) }).await;
        assert!(matches!(plan_error, Err(NotRolledOut::Busy(..) | NotRolledOut::Plan(NotAPlan::Rest(0)))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_rolls_out_watches_pauses_and_ends_on_the_command_line_while_the_host_moves_it_on() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let command = |words: &[&str]| crate::commands::run(host.data.path(), words);
    assert!(command(&["config", "add", "--set", "volume=5"]).0);
    let make = ["rollout", "make", "--settings", "1", "--sample", "1", "--bake-min", "0", "--why", "集市太吵"];
    let (ok, made) = command(&make);
    assert!(ok, "{made}");
    assert_eq!((&made["phase"], &made["waves"][0]["waiting"]), (&json!("running"), &json!(1)));
    // The command's own clock goes on; the host's stands still.
    host.clock.turn(SignedDuration::from_mins(1));
    let mut says = report(terminal.number, 1);
    says.settings = Some(InForce { version: Some(1), order: 1, state: State::Kept, why: None });
    let sent = terminal.client.post(host.url(wire::health::PATH)).json(&says).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    let is_over = || command(&["rollout", "show", "1"]).1["phase"] == json!("finished");
    let mut looks = 0..600;
    while !is_over() {
        looks.next().expect("the running host moves it on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let shown = crate::commands::text(host.data.path(), &["rollout", "show", "1"]);
    assert!(shown.contains("集市太吵") && shown.contains("good: 1 work by it, 0 at it, 0 bad, 0 waiting"), "{shown}");

    assert!(command(&["rollout", "make", "--settings", "0", "--last", "hand"]).0);
    assert_eq!(command(&["rollout", "pause", "2"]).1["waits_for_a_person"], json!(true));
    let (ok, refused) = command(&["rollout", "begin", "2"]);
    assert!(!ok && refused["error"].as_str().unwrap().contains("another phase"), "{refused}");
    assert_eq!(command(&["rollout", "abort", "2"]).1["phase"], json!("aborted"));
    let (_, list) = command(&["rollout", "list"]);
    assert_eq!((&list[0]["rollout"], &list[1]["rollout"]), (&json!(2), &json!(1)));
    let listed = crate::commands::text(host.data.path(), &["rollout", "list"]);
    assert!(listed.contains("rollout 2  settings 2") && listed.contains("aborted"), "{listed}");
}
