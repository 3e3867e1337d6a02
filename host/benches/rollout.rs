//! Planning a rollout over 10,000 terminals, and what one feedback costs of it.
//!
//! `cargo bench -p host --bench rollout`. Limits: planning 0.5 s of CPU; a step 50 ms, so that 10,000 terminals that update
//! within two hours leave a host most of its time. Means of 100 each, because the CPU's time is told in steps of some
//! milliseconds; exits with 1 beyond a limit. Source: proc(5), the first field of `/proc/thread-self/schedstat`.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

use std::{fs, hint::black_box, process::ExitCode};

use host::fleet::rollout::{
    Action, Event, Feedback, Policy, Proof, Release, Rollout, Seed, Selector, Start, Target, Who, step,
};
use jiff::Timestamp;
use wire::ticket::TerminalNumber;

const TERMINALS: u32 = 10_000;
const ROUNDS: u32 = 100;
/// One percent.
const FIRST_WAVE: usize = 100;
const PLAN_LIMIT_MS: f64 = 500.0;
const STEP_LIMIT_MS: f64 = 50.0;

fn main() -> ExitCode {
    let targets: Vec<_> = (1..=TERMINALS).map(target).collect();
    let before = cpu_ms();
    for _ in 0..ROUNDS {
        assert_eq!(black_box(plan(&targets)).members.len(), targets.len());
    }
    let planning = (cpu_ms() - before) / f64::from(ROUNDS);

    let now = Timestamp::UNIX_EPOCH;
    let (mut rollout, actions) = step(plan(&targets), Event::Tick, now).unwrap();
    assert_eq!(actions.len(), FIRST_WAVE, "the first percent is opened");
    let before = cpu_ms();
    for action in &actions {
        let Action::Open(terminal, attempt) = action else { panic!("{action:?}") };
        rollout = step(rollout, Event::Feedback(*terminal, *attempt, Feedback::Proceeding), now).unwrap().0;
    }
    let feedback = (cpu_ms() - before) / f64::from(rollout.tally(0).began);
    assert_eq!(rollout.tally(0).began as usize, FIRST_WAVE);

    let held = [("planning", planning, PLAN_LIMIT_MS), ("one feedback", feedback, STEP_LIMIT_MS)].map(verdict);
    if held == [true; 2] { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn target(number: u32) -> Target {
    let terminal = TerminalNumber::new(number).unwrap();
    Target { terminal, site: format!("site-{}", number / 2), proof: Proof::Proved }
}

fn plan(targets: &[Target]) -> Rollout {
    let policy = Policy {
        bad_percent_max: 5,
        sample_min: 20,
        sample_within_s: 86_400,
        bake_s: 3_600,
        silent_after_s: 7_200,
        approve_above: None,
        gate_installed: false,
        window: None,
        takes_s: 1_800,
    };
    let waves = [Selector::Percent(1), Selector::Percent(9), Selector::Percent(40), Selector::Rest];
    let waves = waves.into_iter().map(|selector| (selector, Start::AfterFormer)).collect();
    let releases = (Release("2".into()), Release("1".into()));
    Rollout::plan(Who("bench".into()), releases, policy, waves, Seed([7; 16]), targets).unwrap()
}

fn cpu_ms() -> f64 {
    let fields = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    fields.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn verdict((name, took, limit): (&str, f64, f64)) -> bool {
    let holds = took <= limit;
    let said = if holds { "holds" } else { "DOES NOT HOLD" };
    println!("{name}: {took:.2} ms of CPU, {:.4} of the limit ({limit}) {said}", took / limit);
    holds
}
