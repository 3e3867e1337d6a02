//! `host backup`, `host restore`, `host move` and `host migrate`.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{Answer, Host};
use crate::{backup, config::Role};

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

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct Move {
    /// An empty PostgreSQL database for the fleet role, postgres://…
    #[arg(long, value_name = "URL")]
    fleet_to: Option<String>,
    /// An empty PostgreSQL database for the county role, postgres://…
    #[arg(long, value_name = "URL")]
    county_to: Option<String>,
}

pub(super) async fn move_databases(host: &Host, command: &Move) -> Result<Answer> {
    let (mut text, mut all) = (String::new(), Vec::new());
    let both = [(Role::Fleet, &command.fleet_to), (Role::County, &command.county_to)];
    for (role, to) in both.into_iter().filter_map(|(role, to)| to.as_ref().map(|to| (role, to))) {
        let moved = backup::move_database(&host.config, role, to).await?;
        let rows: u64 = moved.tables.iter().map(|(_, rows)| rows).sum();
        let (key, count) = (moved.key, moved.tables.len());
        writeln!(text, "{rows} rows of {count} tables are in the new database, and read back as they were.")?;
        writeln!(
            text,
            "Say so in host.toml before you start the host, with the password it needs:\n  {key} = \"{to}\""
        )?;
        writeln!(
            text,
            "The former one, {}, has all its rows, and a mark by which no host opens it any more.",
            moved.from.display()
        )?;
        let tables: BTreeMap<_, _> = moved.tables.into_iter().collect();
        all.push(json!({ "key": key, "from": moved.from, "rows": rows, "tables": tables }));
    }
    Answer::new(text.trim_end(), all)
}

pub(super) async fn migrate(host: &Host) -> Result<Answer> {
    let (mut text, mut all) = (String::new(), Vec::new());
    for (key, run) in backup::migrate(&host.config).await? {
        let what = if run.is_empty() { "is up to date".to_owned() } else { format!("ran {}", run.join(", ")) };
        writeln!(text, "{key}: {what}")?;
        all.push(json!({ "key": key, "ran": run }));
    }
    Answer::new(text.trim_end(), all)
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
