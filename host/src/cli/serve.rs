//! `host serve`.

use std::{io::IsTerminal, time::Duration};

use anyhow::{Context, Result};
use sd_notify::NotifyState;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::Host;
use crate::{
    config::Role,
    serve::{self, Running},
    setup::Addresses,
};

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(host: &Host, json: bool) -> Result<()> {
    let filter = std::env::var("RUST_LOG")
        .ok()
        .and_then(|asked| asked.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO).with_target("sqlx", LevelFilter::WARN));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(lines).init();
    let mut terminate = signal(SignalKind::terminate()).context("wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("wait for SIGINT")?;

    let mut running = serve::start(&host.config, host.clock.clone()).await?;
    say(host, &running, json);
    // Outside systemd there is nobody to tell.
    sd_notify::notify(&[NotifyState::Ready]).ok();
    let watchdog = tokio::spawn(feed_watchdog());
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        ended = running.failed() => ended,
    };
    watchdog.abort();
    sd_notify::notify(&[NotifyState::Stopping]).ok();
    running.stop().await?;
    ended
}

/// Where people reach the fleet role; the base of receipts is the county's, which may run elsewhere.
fn fleets_base(host: &Host, addresses: &Addresses) -> String {
    match addresses.people {
        Some(people) if !host.config.plays(Role::County) => format!("https://{people}"),
        _ => addresses.public_base.clone(),
    }
}

/// Tells systemd twice per period that this runtime still turns.
async fn feed_watchdog() {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut beat = tokio::time::interval((period / 2).max(Duration::from_millis(100)));
    loop {
        beat.tick().await;
        sd_notify::notify(&[NotifyState::Watchdog]).ok();
    }
}

fn say(host: &Host, running: &Running, json: bool) {
    let addresses = &running.addresses;
    if json {
        let made: Vec<_> = running.made.iter().map(|made| json!({ "what": made.what, "path": made.path })).collect();
        println!("{}", json!({ "addresses": addresses, "data": host.config.data, "made": made }));
        return;
    }
    println!("data         {}", host.config.data.display());
    for made in &running.made {
        println!("made         {}: {}", made.what, made.path.display());
    }
    if host.config.plays(Role::County) {
        println!("console      {}/county", addresses.public_base);
        println!("public page  {}/t", addresses.public_base);
    }
    if host.config.plays(Role::Fleet) {
        println!("terminals'   {}/fleet (console)", fleets_base(host, addresses));
    }
    println!("terminals    {} (fleet), {} (county)", addresses.fleet_url, addresses.county_url);
    println!("certificate  {}", addresses.ca.display());
    if running.made.iter().any(|made| made.path.starts_with(host.config.data.join("take-away"))) {
        println!("Take away    {}: read README.txt there.", host.config.data.join("take-away").display());
    }
}
