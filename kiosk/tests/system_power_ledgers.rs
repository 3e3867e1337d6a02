//! Power cuts under the real terminal, whose data lie on a disk that forgets what was not synced and tears what it was
//! writing: what the villagers were told, what came out on paper and what the county has fit together afterwards.
//! `LIANXIN_POWER_CUTS=N` makes N cuts that meet work; `cargo run --release --example chaos -- --power-cuts N` as well.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]

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

#[test]
fn power_cuts_in_the_middle_of_writes_lose_nothing_double_nothing_and_mark_every_copy() {
    let wanted = std::env::var("LIANXIN_POWER_CUTS").map_or(24, |text| text.parse().unwrap());
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { blows: Blows::PowerCuts(wanted), seed: 20_261_123, profile: "epson-tm".into() };
    let outcome = run::run(folder.path(), &settings, &mut |line| println!("{line}")).unwrap();
    println!("{}", outcome.line());
    let findings: Vec<String> = outcome.verdict.findings().collect();
    assert!(findings.is_empty(), "{findings:#?}");
    let met = outcome.power_cuts.unwrap();
    assert!(met.met_work >= wanted && met.stopped > 0 && met.took > 0, "{met:?}");
    assert!(outcome.verdict.tickets > 0, "nobody was told anything");
}
