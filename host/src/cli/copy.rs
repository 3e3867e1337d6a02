//! `host backup` and `host restore`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{Answer, Host};
use crate::backup;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write, a tar archive.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that `host backup` wrote.
    file: PathBuf,
}

pub(super) async fn backup(host: &Host, command: &Backup) -> Result<Answer> {
    let written = backup::write(&host.config, &command.file, &host.clock).await?;
    let text = format!(
        "{}: {}\nWithout the county's working key: that lies in {} and belongs elsewhere.",
        command.file.display(),
        written.join(", "),
        crate::setup::keys_folder(&host.config.data).join(crate::keys::WORKING_KEY).display(),
    );
    Answer::new(text, json!({ "file": command.file, "holds": written, "working_key": false }))
}

pub(super) async fn restore(host: &Host, command: &Restore) -> Result<Answer> {
    let restored = backup::restore(&host.config, &command.file, &host.clock).await?;
    let mut text = format!("restored from {}", command.file.display());
    if let Some(ledger) = restored.ledger {
        text.push_str(&format!("\nnew ledger {ledger}: terminals offer again all that they still hold"));
    }
    if let Some(aside) = &restored.aside {
        text.push_str(&format!("\nwhat was there before lies in {}", aside.display()));
    }
    Answer::new(text, json!({ "file": command.file, "ledger": restored.ledger, "aside": restored.aside }))
}

pub(super) async fn begin_ledger(host: &Host) -> Result<Answer> {
    let begun = backup::begin_ledger(&host.config, &host.clock).await?;
    let text = match begun.ledger {
        Some(ledger) => format!("new ledger {ledger}: terminals offer again all that they still hold"),
        None => "the numbers that may have been given since are left out; the ledger is the county role's".to_owned(),
    };
    Answer::new(text, json!({ "ledger": begun.ledger }))
}
