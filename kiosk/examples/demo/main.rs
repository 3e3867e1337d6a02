//! Shows the whole path on one machine: the real host, agent and terminal, and a virtual printer.
//!
//! `cargo run --release --example demo` opens the terminal on this session's screen, says where the console is, and
//! shows the paper as it comes out. With `--headless --out DIR` the terminal runs on a screen in memory, and visits are
//! played through its real pages, the county's part through the county's own pages; what came of it lies in DIR.
//!
//! Nothing is replaced but what a person or a device would be: fingers and the scanner that types (XTEST), the typing
//! hand (the socket of the feature `drive`), the serial scanner and the printer (pseudo terminals).

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "the stage is shared with tests/system_faults.rs"
)]

mod arguments;
mod browser;
mod county;
mod device;
mod machine;
mod microphone;
mod mirror;
mod paper;
mod pen;
mod play;
mod processes;
mod screen;
mod show;
mod stage;
mod terminal;
#[path = "../chaos/villager.rs"]
mod villager;
#[path = "../../tests/support/virtual_printer/mod.rs"]
mod virtual_printer;
mod visits;
mod wait;

use anyhow::Result;
use clap::Parser as _;

fn main() -> Result<()> {
    // The one provider of cryptography; a second installation could only be by mistake.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match arguments::Arguments::parse().mode()? {
        arguments::Mode::Play(play) => play::run(&play),
        arguments::Mode::Show(show) => show::run(&show),
    }
}
