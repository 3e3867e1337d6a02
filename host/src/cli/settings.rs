//! `host config …`: settings that terminals take from afar.

use std::{fmt::Write, path::PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;
use wire::{settings::Settings, ticket::TerminalNumber};

use super::{Answer, Host, terminal::fleet_of};
use crate::{
    fleet::{Difference, Fleet, Standing, differences, fields, views::SettingsView},
    store::afar::SettingsRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Draws up settings under the next number; no terminal has them yet.
    Add(Add),
    /// Shows all settings that were drawn up, the newest first.
    List,
    /// Shows the settings of a number.
    Show {
        /// Their number.
        version: u64,
    },
    /// Shows what differs between two settings.
    Diff {
        /// The number of those before; 0, a terminal's own.
        before: u64,
        /// The number of those after.
        after: u64,
    },
    /// Orders terminals to take settings; each tries them, and goes back to those before where it does not work by them.
    Order {
        /// Their number.
        version: u64,
        /// A terminal; may be given again.
        #[arg(long = "terminal", value_name = "NUMBER", required_unless_present = "all")]
        terminals: Vec<TerminalNumber>,
        /// Every terminal that is not revoked.
        #[arg(long, conflicts_with = "terminals")]
        all: bool,
    },
    /// Shows what each terminal was ordered to take, and what it says came of it.
    Standing,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// One setting, as in the terminal's own file: volume=4, panel.plain=true, printer.baud=19200; may be given again.
    #[arg(long = "set", value_name = "KEY=VALUE", required_unless_present = "file")]
    set: Vec<String>,
    /// A file of settings, written as the terminal's own.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Begin with the settings of this number.
    #[arg(long, value_name = "VERSION")]
    on: Option<u64>,
    /// What they are for, in a line.
    #[arg(long, default_value = "")]
    why: String,
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    match command {
        Command::Add(add) => draw_up(fleet, add).await,
        Command::List => {
            let all = fleet.all_settings().await?;
            let lines: Vec<_> = all.iter().map(line).collect();
            Answer::new(or_none(&lines, "no settings"), all.into_iter().map(SettingsView::from).collect::<Vec<_>>())
        }
        Command::Show { version } => {
            let row = fleet.settings(version).await?;
            let mut text = line(&row);
            for (field, value) in fields(&row.settings) {
                write!(text, "\n  {field} = {value}")?;
            }
            Answer::new(text, SettingsView::from(row))
        }
        Command::Diff { before, after } => {
            let (before, after) = (settings(fleet, before).await?, settings(fleet, after).await?);
            let found = differences(&before, &after);
            Answer::new(or_none(&found.iter().map(changed).collect::<Vec<_>>(), "no difference"), found)
        }
        Command::Order { version, terminals, all } => {
            let terminals = if all { everybody(fleet).await? } else { terminals };
            anyhow::ensure!(!terminals.is_empty(), "there is no terminal to order anything");
            fleet.order_settings(version, &terminals).await?;
            let text = format!(
                "settings {version} are ordered to {} terminals; each takes them at its next report, within minutes where it \
                 has a network. `host config standing` shows what came of it.",
                terminals.len()
            );
            Answer::new(text, json!({ "version": version, "terminals": terminals }))
        }
        Command::Standing => {
            let all = fleet.settings_standing().await?;
            Answer::new(or_none(&all.iter().map(standing).collect::<Vec<_>>(), "no terminal was ordered any"), all)
        }
    }
}

async fn draw_up(fleet: &Fleet, Add { set, file, on, why }: Add) -> Result<Answer> {
    let base = settings(fleet, on.unwrap_or(0)).await?;
    let mut all = toml::Table::try_from(&base).context("write the settings out")?;
    if let Some(path) = &file {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        lay_over(&mut all, text.parse().with_context(|| path.display().to_string())?);
    }
    for setting in &set {
        lay_over(&mut all, one(setting)?);
    }
    let drawn: Settings = all.try_into().context("these are not settings that terminals take from afar")?;
    let version = fleet.draw_up(&drawn, &why).await?;
    let row = fleet.settings(version).await?;
    let changes = differences(&base, &drawn);
    let mut text = format!("settings {version}");
    for change in &changes {
        write!(text, "\n  {}", changed(change))?;
    }
    write!(
        text,
        "\nNo terminal has them yet: `host config order {version} --terminal NUMBER` orders one to try them."
    )?;
    Answer::new(text, SettingsView::from(row))
}

/// A setting as the terminal's own file has it; a text needs no quotation marks, which a shell would take away.
fn one(setting: &str) -> Result<toml::Table> {
    let quoted = || {
        let (key, value) = setting.split_once('=')?;
        format!("{key} = {}", toml::Value::String(value.to_owned())).parse().ok()
    };
    let expected = || format!("{setting}: expected KEY=VALUE as in the terminal's own file, like volume=4");
    setting.parse().ok().or_else(quoted).with_context(expected)
}

/// Values of `over` count; tables are laid over each other.
fn lay_over(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => lay_over(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

async fn settings(fleet: &Fleet, version: u64) -> Result<Settings> {
    if version == 0 { Ok(Settings::default()) } else { Ok(fleet.settings(version).await?.settings) }
}

async fn everybody(fleet: &Fleet) -> Result<Vec<TerminalNumber>> {
    let known = fleet.list().await?.into_iter().filter(|row| row.revoked_at.is_none());
    Ok(known.map(|row| row.number).collect())
}

fn or_none(lines: &[String], none: &str) -> String {
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}

fn line(row: &SettingsRow) -> String {
    let SettingsRow { version, made_at, made_by, why, .. } = row;
    let why = if why.is_empty() { String::new() } else { format!("  {why}") };
    format!("settings {version}  {made_at:.0}  {made_by}{why}")
}

fn changed(change: &Difference) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "the terminal's own".to_owned());
    format!("{}: {} -> {}", change.field, shown(&change.before), shown(&change.after))
}

fn standing(of: &Standing) -> String {
    let ordered = of.ordered.map_or("its own".to_owned(), |version| version.to_string());
    let says = match &of.says {
        None => "has said nothing of settings yet".to_owned(),
        Some(says) => {
            let works_by = says.version.map_or("its own".to_owned(), |version| version.to_string());
            let outcome = match &says.why {
                _ if of.order != Some(says.order) => "its newest order has not reached it".to_owned(),
                Some(why) => format!("{} ({why})", says.state),
                None => says.state.to_string(),
            };
            format!("works by {works_by}; {outcome}")
        }
    };
    format!("terminal {}  ordered {ordered}  {says}", of.terminal)
}
