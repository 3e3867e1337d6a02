//! `host audit …`: who changed what in the fleet.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

use super::{Answer, Host, terminal::fleet_of};
use crate::{
    durable::{self, Readers},
    fleet::{self, Head, Line},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Shows the newest lines.
    List {
        /// How many.
        #[arg(long, default_value_t = 50)]
        last: usize,
    },
    /// Writes all lines to a file, one JSON object a line.
    Export {
        /// The file to write.
        file: PathBuf,
    },
    /// Holds every line against the one before it, and prints the end of the chain: note it elsewhere.
    Verify {
        /// A file that was exported [default: the host's own database].
        #[arg(long)]
        file: Option<PathBuf>,
        /// The end as it was noted, NUMBER:HASH; it must be in the chain.
        #[arg(long)]
        head: Option<Head>,
    },
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    match command {
        Command::List { last } => {
            let lines = lines_of(host).await?;
            let shown = &lines[lines.len().saturating_sub(last)..];
            let mut text = String::new();
            for Line { number, at, who, what, subject, .. } in shown {
                writeln!(text, "{number:>6}  {at:<30}  {who:<16}  {what:<22}  {subject}")?;
            }
            if lines.is_empty() {
                text.push_str("nothing was done yet\n");
            }
            Answer::new(text.trim_end(), shown)
        }
        Command::Export { file } => {
            let lines = lines_of(host).await?;
            let mut text = String::new();
            for line in &lines {
                writeln!(text, "{}", serde_json::to_string(line)?)?;
            }
            durable::write(&file, text.as_bytes(), Readers::Owner).with_context(|| file.display().to_string())?;
            let count = lines.len();
            Answer::new(format!("wrote {count} lines to {}", file.display()), json!({ "lines": count, "file": file }))
        }
        Command::Verify { file, head } => {
            let lines = match &file {
                Some(file) => read(file)?,
                None => lines_of(host).await?,
            };
            let end = fleet::verify(&lines, head.as_ref()).context("the audit does not hold")?;
            let count = lines.len();
            let text = format!("{count} lines hold; the end of the chain is {end}");
            Answer::new(text, json!({ "lines": count, "head": end.to_string() }))
        }
    }
}

async fn lines_of(host: &Host) -> Result<Vec<Line>> {
    Ok(fleet_of(&host.machine().await?)?.audit().await?)
}

fn read(file: &Path) -> Result<Vec<Line>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let read = |(index, line): (usize, &str)| {
        serde_json::from_str(line)
            .with_context(|| format!("{}: line {} is none that `host audit export` wrote", file.display(), index + 1))
    };
    text.lines().enumerate().map(read).collect()
}
