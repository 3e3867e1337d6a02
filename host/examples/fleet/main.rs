//! Simulated terminals against a running host, which ask what there is to do as hawkBit's clients ask.
//!
//! `cargo run --release --example fleet -- --host ADDR --data DIR --terminals N --poll-s P --seconds S`
//!
//! Open loop: each terminal's polls fall due at its own time whether or not the ones before were answered, and the time that
//! an answer took counts from then. Every poll is a connection of its own with a whole handshake and no resumption, as the
//! well-known clients make it, from an address of the terminal's own in 127.0.0.0/8. `--bare` does the same against an axum
//! handler that answers the same bytes behind the same listener and TLS, in a process of its own; `--compare ROUNDS` asks both
//! in turns, at half of the highest rate that the handler keeps up with, and prints medians and ratios.

#![expect(unreachable_pub, reason = "an example of one program")]

mod arguments;
mod bare;
mod compare;
mod fleet;
mod measured;
mod polling;

use anyhow::Result;
use clap::Parser as _;
use serde_json::json;

use self::{arguments::Arguments, bare::Bare, fleet::Fleet, measured::Process};

fn main() -> Result<()> {
    // The one provider of cryptography; a second installation could only be by mistake.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    if arguments.serve_bare {
        return runtime.block_on(bare::serve(&arguments));
    }
    println!("{}", runtime.block_on(run(&arguments))?);
    Ok(())
}

async fn run(arguments: &Arguments) -> Result<serde_json::Value> {
    let mut fleet = Fleet::enrolled(arguments).await?;
    if let Some(rounds) = arguments.compare {
        return compare::run(arguments, fleet, rounds).await;
    }
    let bare = if arguments.bare { Some(Bare::start(arguments)?) } else { None };
    if let Some(bare) = &bare {
        fleet.ask(bare.address);
    }
    let process = match &bare {
        Some(bare) => bare.process(),
        None => Process::of_host(&arguments.data)?,
    };
    let before = process.cpu()?;
    let mut told = polling::run(&fleet, arguments.poll_s, arguments.seconds).await;
    let cpu = process.cpu()? - before;
    Ok(json!({
        "polls_per_s": told.per_second(),
        "p50_ms": told.percentile_ms(50.0),
        "p99_ms": told.percentile_ms(99.0),
        "errors": told.errors,
        "host_cpu_ms_per_poll": cpu.as_secs_f64() * 1000.0 / told.answers(),
        "host_rss_mib": process.memory_mib()?,
        "polls": told.answered,
        "told_to_wait": told.told_to_wait,
        "first_error": told.first_error,
        "terminals": arguments.terminals,
        "transport": arguments.transport(),
        "bare": arguments.bare,
    }))
}
