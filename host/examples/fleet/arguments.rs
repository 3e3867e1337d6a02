//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Simulated terminals against a running host.
#[derive(Debug, Clone, Parser)]
pub struct Arguments {
    /// Where the host listens, to people or to terminals: `ADDRESS:PORT`.
    #[arg(long, required_unless_present = "serve_bare", default_value = "")]
    pub host: String,
    /// The host's data folder; terminals are added as `host terminal add` adds them.
    #[arg(long)]
    pub data: PathBuf,
    /// The fleet's database, where the host was given one [default: that of the data folder].
    #[arg(long)]
    pub database: Option<String>,
    /// How many terminals.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=90_000))]
    pub terminals: u32,
    /// Each asks once in so many seconds.
    #[arg(long, default_value_t = 60.0, value_parser = seconds)]
    pub poll_s: f64,
    /// For so many seconds.
    #[arg(long, default_value_t = 60.0, value_parser = seconds)]
    pub seconds: f64,
    /// By TLS with a gateway's token in place of the terminals' certificates; these terminals are others, which never enrolled.
    #[arg(long)]
    pub plain: bool,
    /// Asks a handler that does nothing, behind the same listener and TLS, in place of the host.
    #[arg(long)]
    pub bare: bool,
    /// Asks both in turns so many times.
    #[arg(long, conflicts_with = "bare", value_name = "ROUNDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub compare: Option<u32>,
    /// Is that handler.
    #[arg(long, hide = true)]
    pub serve_bare: bool,
}

impl Arguments {
    /// How the terminals are known.
    pub fn transport(&self) -> &'static str {
        if self.plain { "tls" } else { "mtls" }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("expected 0.01 to 1000000 seconds".to_owned()),
    }
}
