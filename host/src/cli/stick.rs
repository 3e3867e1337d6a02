//! `host stick …`: what a terminal without a network wrote onto a USB stick.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

use super::{Answer, Host};
use crate::{
    durable::{self, Readers},
    fleet::RENEW_LATE,
    stick::{Importer, Taken},
    tls::TerminalTrust,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Takes every event on the stick that a terminal of ours signed for; keeps the rest apart.
    Import {
        /// Where the stick is mounted, its folder lianxin, or one terminal's folder in it.
        folder: PathBuf,
    },
    /// Shows what is kept apart.
    List,
    /// Writes what is kept apart under a number to a tar archive.
    Save {
        /// As `host stick list` and the console show it.
        number: i64,
        /// The file to write.
        file: PathBuf,
    },
}

/// As the audit names whoever works on the command line.
const WHO: &str = "program";

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    match command {
        Command::Import { folder } => {
            let mut machine = host.machine().await?;
            let county = host.county_on(&mut machine).await?;
            let (trusted, origin) = machine.trusted(&host.config)?;
            let trust = TerminalTrust::new(&trusted, &origin, RENEW_LATE)?;
            let revocations = machine.revocations(&host.config)?;
            let importer = Importer { county, revocations, trust, clock: host.clock.clone() };
            let parcels = importer.import(&folder, WHO).await?;
            let sum = |of: fn(&Taken) -> u32| parcels.iter().map(of).sum::<u32>();
            let (new, same, other) = (sum(|t| t.new), sum(|t| t.same), sum(|t| t.other));
            let apart = parcels.iter().filter(|taken| taken.quarantine.is_some()).count();
            let mut text: String = parcels.iter().map(sentence).collect();
            text.push_str(match apart {
                0 => "The stick may be emptied; terminals learn of it at their next contact.",
                _ => "What is kept apart is shown in the console and by `host stick list`; terminals still hold it.",
            });
            let json = json!({ "new": new, "same": same, "other": other, "quarantined": apart, "parcels": parcels });
            Answer::new(text, json)
        }
        Command::List => {
            let kept = host.county().await?.quarantined().await?;
            let line = |row: &crate::store::quarantine::QuarantineRow| {
                let terminal = row.terminal.as_deref().unwrap_or("unknown");
                let (number, folder, files, reason) = (row.number, &row.folder, row.files, &row.reason);
                format!("{number}  {folder}  terminal {terminal}  {files} files  {reason}: {}\n", row.detail)
            };
            let mut text: String = kept.iter().map(line).collect();
            if kept.is_empty() {
                text.push_str("nothing is kept apart\n");
            }
            let json: Vec<_> = kept
                .iter()
                .map(|row| {
                    json!({
                        "number": row.number, "folder": row.folder, "terminal": row.terminal, "reason": row.reason,
                        "detail": row.detail, "files": row.files, "size": row.size, "who": row.who,
                        "at": jiff::Timestamp::from_millisecond(row.at).ok(),
                    })
                })
                .collect();
            Answer::new(text.trim_end(), json)
        }
        Command::Save { number, file } => {
            let county = host.county().await?;
            let archive = county.quarantined_archive(number).await;
            let archive =
                archive.with_context(|| format!("number {number}; `host stick list` shows those there are"))?;
            durable::write_new(&file, &archive, Readers::Owner).with_context(|| file.display().to_string())?;
            let text = format!("{}: {} bytes", file.display(), archive.len());
            Answer::new(text, json!({ "number": number, "file": file, "size": archive.len() }))
        }
    }
}

fn sentence(taken: &Taken) -> String {
    let Taken { folder, new, same, other, spoiled, .. } = taken;
    let number = taken.quarantine.unwrap_or_default();
    if let Some(why) = &taken.refused {
        return format!("{folder}: nothing of it was taken, all is kept apart as number {number}: {why}\n");
    }
    let terminal = taken.terminal.as_deref().unwrap_or_default();
    let mut text = format!("{folder}: terminal {terminal}: {new} new, {same} known");
    if *other > 0 {
        text.push_str(&format!(", {other} with other bytes than the county has, kept beside them"));
    }
    if !spoiled.is_empty() {
        text.push_str(&format!(", {} files that don't count, kept apart as number {number}", spoiled.len()));
    }
    text + "\n"
}
