//! `host group …`: groups of terminals by query.

use std::fmt::Write;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use wire::ticket::TerminalNumber;

use super::{Answer, Host, terminal::fleet_of};
use crate::fleet::{
    Fleet,
    groups::{Group, Query},
    views::GroupView,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Keeps a group, in place of one of the same name.
    Set {
        /// As you call it.
        name: String,
        /// Terms that all have to hold: under=DX-03 level=village tag=山区,学校 version<1.4 printer!=epson-tm.
        #[arg(required = true)]
        terms: Vec<String>,
    },
    /// Shows all groups, and how many terminals are in each now.
    List,
    /// Shows who is in a group now.
    Show {
        /// Its name.
        name: String,
    },
    /// Shows who meets some terms, and keeps nothing.
    Try {
        /// As with `set`.
        #[arg(required = true)]
        terms: Vec<String>,
    },
    /// Forgets a group; rollouts that were made with it keep their terminals.
    Remove {
        /// Its name.
        name: String,
    },
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    match command {
        Command::Set { name, terms } => {
            fleet.put_group(&name, &terms.join(" ").parse()?).await?;
            shown(fleet, &fleet.group(&name).await?).await
        }
        Command::Show { name } => shown(fleet, &fleet.group(&name).await?).await,
        Command::Try { terms } => {
            let query: Query = terms.join(" ").parse()?;
            let terminals = fleet.who_meets(&query).await?;
            let text = format!("{query}\n{}", numbers(&terminals));
            Answer::new(text, json!({ "query": query.to_string(), "terminals": terminals }))
        }
        Command::List => {
            let (mut text, mut all) = (String::new(), Vec::new());
            for group in fleet.groups().await? {
                let terminals = fleet.who_meets(&group.query).await?;
                writeln!(text, "{}  {}  {}", group.name, terminals.len(), group.query)?;
                all.push(GroupView::of(&group, terminals));
            }
            if all.is_empty() {
                text.push_str("no groups; `host group set` keeps the first\n");
            }
            Answer::new(text.trim_end(), all)
        }
        Command::Remove { name } => {
            fleet.remove_group(&name).await?;
            Answer::new(format!("the group {name} is gone"), json!({ "group": name }))
        }
    }
}

async fn shown(fleet: &Fleet, group: &Group) -> Result<Answer> {
    let terminals = fleet.who_meets(&group.query).await?;
    let text = format!("{}  {}\n{}", group.name, group.query, numbers(&terminals));
    Answer::new(text, GroupView::of(group, terminals))
}

fn numbers(terminals: &[TerminalNumber]) -> String {
    match terminals {
        [] => "no terminal".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}
