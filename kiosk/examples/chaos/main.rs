//! Kills the real programs at random moments and compares what three sides hold afterwards.
//!
//! `cargo run --release --example chaos -- --cuts N --seed S` plays visits through the terminal's own pages, with the
//! real host, agent and terminal and a printer on a pseudo terminal, and kills one of them again and again. At the end
//! it holds against each other what the villagers were told, what came out on paper, and what the county has: of
//! suggestions, of telephones that are left behind them, and of ratings by those who come back. The last line counts; a lost or doubled ticket, a copy without its mark, a "printed" without paper, or a receipt that hangs at
//! the beginning of somebody else's ends it with 1.
//!
//! With `--power-cuts N` the terminal's data lie on a disk that forgets what was not synced and tears what it was
//! writing, and it is the terminal's power that goes, until N cuts stopped a write or took something away. Those that
//! found the disk at rest are counted apart.
//!
//! Invariant: the same seed makes the same choices. When within a program a kill falls is the machine's affair.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]

#[path = "../demo/browser.rs"]
mod browser;
#[path = "../demo/county.rs"]
mod county;
#[path = "../demo/device.rs"]
mod device;
#[path = "../../tests/support/dice.rs"]
mod dice;
#[path = "../../tests/support/forgetful/mod.rs"]
mod forgetful;
mod further;
mod later;
mod ledgers;
#[path = "../demo/machine.rs"]
mod machine;
#[path = "../demo/mirror.rs"]
mod mirror;
#[path = "../demo/paper.rs"]
mod paper;
mod plan;
mod power;
#[path = "../demo/processes.rs"]
mod processes;
mod readers;
mod run;
#[path = "../demo/screen.rs"]
mod screen;
mod site;
#[path = "../demo/stage.rs"]
mod stage;
#[path = "../demo/terminal.rs"]
mod terminal;
mod villager;
#[path = "../../tests/support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../demo/visits.rs"]
mod visits;
#[path = "../demo/wait.rs"]
mod wait;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Parser;
use kiosk::printer::built_in;

/// Kills the real programs at random moments and compares what three sides hold afterwards.
#[derive(Debug, Parser)]
#[command(name = "chaos", version)]
struct Arguments {
    /// How often something is killed.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    cuts: u32,
    /// Instead of kills: how many power cuts shall meet work.
    #[arg(long, value_name = "N", conflicts_with = "cuts", value_parser = clap::value_parser!(u32).range(1..))]
    power_cuts: Option<u32>,
    /// What the choices are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The virtual printer's profile.
    #[arg(long, default_value = "epson-tm", value_parser = |name: &str| built_in(name).map(|_| name.to_owned()))]
    printer_profile: String,
    /// Where everything is left; none, a folder that stays only where something was found.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    // The one provider of cryptography; a second installation could only be by mistake.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let asked = Arguments::parse();
    let temporary = tempfile::Builder::new().prefix("chaos-").tempdir().context("a folder")?;
    let folder = asked.out.clone().unwrap_or_else(|| temporary.path().to_owned());
    let blows = asked.power_cuts.map_or(run::Blows::Kills(asked.cuts), run::Blows::PowerCuts);
    let settings = run::Settings { blows, seed: asked.seed, profile: asked.printer_profile.clone() };
    let done = run::run(&folder, &settings, &mut |line| println!("{line}"));
    let sound = matches!(&done, Ok(outcome) if outcome.verdict.is_sound());
    if !sound {
        let kept = if asked.out.is_none() { temporary.keep() } else { folder };
        println!("seed {}: logs, data and paper are in {}", asked.seed, kept.display());
    }
    let outcome = done?;
    outcome.verdict.findings().for_each(|finding| println!("{finding}"));
    println!("{}", outcome.line());
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
