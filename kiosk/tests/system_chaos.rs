//! Kills of the real programs at random moments, with a seed: nothing lost, nothing doubled, every copy marked, nothing
//! called printed that is not. `cargo run --release --example chaos` runs the same for as long as one likes.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../examples/demo/browser.rs"]
mod browser;
#[path = "../examples/demo/county.rs"]
mod county;
#[path = "../examples/demo/device.rs"]
mod device;
#[path = "support/dice.rs"]
mod dice;
#[path = "support/forgetful/mod.rs"]
mod forgetful;
#[path = "../examples/chaos/further.rs"]
mod further;
#[path = "../examples/chaos/later.rs"]
mod later;
#[path = "../examples/chaos/ledgers.rs"]
mod ledgers;
#[path = "../examples/demo/machine.rs"]
mod machine;
#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "../examples/demo/paper.rs"]
mod paper;
#[path = "../examples/chaos/plan.rs"]
mod plan;
#[path = "../examples/chaos/power.rs"]
mod power;
#[path = "../examples/demo/processes.rs"]
mod processes;
#[path = "../examples/chaos/readers.rs"]
mod readers;
#[path = "../examples/chaos/run.rs"]
mod run;
#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/chaos/site.rs"]
mod site;
#[path = "../examples/demo/stage.rs"]
mod stage;
#[path = "../examples/demo/terminal.rs"]
mod terminal;
#[path = "../examples/chaos/villager.rs"]
mod villager;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/visits.rs"]
mod visits;
#[path = "../examples/demo/wait.rs"]
mod wait;

use run::{Blows, Settings};

fn killed_again_and_again(cuts: u32, seed: u64, profile: &str) {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { blows: Blows::Kills(cuts), seed, profile: profile.into() };
    let outcome = run::run(folder.path(), &settings, &mut |line| println!("{line}")).unwrap();
    println!("{}", outcome.line());
    let findings: Vec<String> = outcome.verdict.findings().collect();
    assert!(findings.is_empty(), "seed {seed}: {findings:#?}");
    assert_eq!(outcome.kills, cuts);
    assert!(outcome.verdict.tickets > 0, "nobody was told anything");
    assert!(outcome.verdict.contacts + outcome.verdict.ratings > 0, "nobody left a telephone or a rating");
}

#[test]
fn thirty_kills_lose_nothing_double_nothing_and_mark_every_copy() {
    killed_again_and_again(30, 20_261_122, "epson-tm");
}

#[test]
fn a_dozen_kills_with_a_printer_that_cannot_be_cleared_keep_the_same_promises() {
    killed_again_and_again(12, 3, "escpos");
}
