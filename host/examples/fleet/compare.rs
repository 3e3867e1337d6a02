//! Host and bare handler side by side, in turns, so that what else the machine does meets both alike.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    arguments::Arguments,
    bare::Bare,
    fleet::Fleet,
    measured::Process,
    polling::{self, Told},
};

/// A rate is kept up while this many milliseconds hold for 99 % of the answers, and none is an error.
const KEPT_UP_MS: f64 = 250.0;

/// So long is a rate tried.
const TRY_S: f64 = 3.0;

/// Each rate that is tried is so much higher than the one before.
const STEP: f64 = 1.25;

struct Run {
    cpu_ms: f64,
    p99_ms: f64,
    errors: usize,
}

/// Finds the highest rate that the bare handler keeps up with, and asks both in turns at half of it.
pub async fn run(arguments: &Arguments, mut fleet: Fleet, rounds: u32) -> Result<Value> {
    let (host, at_host) = (fleet.host, Process::of_host(&arguments.data)?);
    let bare = Bare::start(arguments)?;
    fleet.ask(bare.address);
    let highest = highest_rate(&fleet).await?;
    let poll_s = f64::from(arguments.terminals) / (highest / 2.0);
    let (mut of_host, mut of_bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        fleet.ask(bare.address);
        of_bare.push(one(&fleet, bare.process(), poll_s, arguments.seconds).await?);
        fleet.ask(host);
        of_host.push(one(&fleet, at_host, poll_s, arguments.seconds).await?);
    }
    let middle = |runs: &[Run], of: fn(&Run) -> f64| median(runs.iter().map(of).collect());
    let (cpu, bare_cpu) = (middle(&of_host, |run| run.cpu_ms), middle(&of_bare, |run| run.cpu_ms));
    let (p99, bare_p99) = (middle(&of_host, |run| run.p99_ms), middle(&of_bare, |run| run.p99_ms));
    Ok(json!({
        "bares_highest_rate": highest, "rate": highest / 2.0, "rounds": rounds,
        "host_cpu_ms_per_poll": cpu, "bare_cpu_ms_per_poll": bare_cpu, "cpu_ratio": cpu / bare_cpu,
        "p99_ms": p99, "bare_p99_ms": bare_p99, "p99_ratio": p99 / bare_p99,
        "errors": of_host.iter().chain(&of_bare).map(|run| run.errors).sum::<usize>(),
        "host_rss_mib": at_host.memory_mib()?,
        "transport": arguments.transport(),
    }))
}

async fn highest_rate(fleet: &Fleet) -> Result<f64> {
    let terminals = f64::from(u32::try_from(fleet.terminals.len())?);
    let (mut rate, mut kept_up) = (50.0, None);
    while is_kept_up(&mut polling::run(fleet, terminals / rate, TRY_S).await) {
        kept_up = Some(rate);
        rate *= STEP;
    }
    ensure!(kept_up.is_some(), "the bare handler does not keep up with {rate} polls a second on this machine");
    Ok(kept_up.unwrap_or_default())
}

fn is_kept_up(told: &mut Told) -> bool {
    told.errors == 0 && told.percentile_ms(99.0).is_some_and(|p99| p99 < KEPT_UP_MS)
}

async fn one(fleet: &Fleet, process: Process, poll_s: f64, seconds: f64) -> Result<Run> {
    let before = process.cpu()?;
    let mut told = polling::run(fleet, poll_s, seconds).await;
    let cpu_ms = (process.cpu()? - before).as_secs_f64() * 1000.0 / told.answers();
    Ok(Run { cpu_ms, p99_ms: told.percentile_ms(99.0).unwrap_or(f64::NAN), errors: told.errors })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}
