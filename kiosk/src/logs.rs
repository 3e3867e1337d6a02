//! What the programs say on standard error, which systemd keeps in its journal.
//!
//! The filter is [`Targets`] and not `EnvFilter`: that one matches fields by regular expressions, whose engine both
//! programs would keep in memory for nothing else.

use tracing::{level_filters::LevelFilter, warn};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging: from level `info` on, or as `KIOSK_LOG` says, such as `warn,kiosk::printer=debug`.
pub fn start() {
    let asked = std::env::var("KIOSK_LOG").ok().map(|text| text.parse::<Targets>());
    let (wanted, problem) = match asked {
        None => (usual(), None),
        Some(Ok(wanted)) => (wanted, None),
        Some(Err(problem)) => (usual(), Some(problem)),
    };
    tracing_subscriber::registry().with(wanted).with(fmt::layer().with_writer(std::io::stderr)).init();
    if let Some(problem) = problem {
        warn!(%problem, "KIOSK_LOG is not understood; expected levels as in warn,kiosk::printer=debug");
    }
}

fn usual() -> Targets {
    Targets::new().with_default(LevelFilter::INFO)
}
