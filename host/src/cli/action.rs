//! `host action …`: orders of artifacts to terminals.

use std::fmt::Write;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use wire::ticket::TerminalNumber;

use super::{Answer, Host, terminal::fleet_of};
use crate::fleet::{
    Fleet,
    actions::{Action, State, Told},
    views::{ActionView, OrderedView},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Orders a released artifact to terminals; what one has not begun yet gives way.
    Order(Order),
    /// Has a terminal stop what it is at; what it has not begun is over at once.
    Cancel {
        /// Its number.
        terminal: TerminalNumber,
        /// Does not wait for the terminal's answer: it may install all the same.
        #[arg(long)]
        give_up: bool,
    },
    /// Shows what a terminal was ordered and what it told of that, the newest first.
    List {
        /// Its number.
        terminal: TerminalNumber,
    },
}

#[derive(Debug, Args)]
pub(super) struct Order {
    /// The artifact, as `host artifact list` shows it.
    artifact: i64,
    /// To whom: their numbers.
    #[arg(required = true)]
    terminals: Vec<TerminalNumber>,
    /// Somebody at the device is to say yes first, where it knows how to ask.
    #[arg(long)]
    confirmed: bool,
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    match command {
        Command::Order(Order { artifact, mut terminals, confirmed }) => {
            terminals.sort_unstable();
            terminals.dedup();
            let ids = fleet.order_artifact(artifact, &terminals, confirmed).await?;
            let lines: Vec<_> =
                terminals.iter().zip(&ids).map(|(terminal, id)| format!("terminal {terminal}: action {id}")).collect();
            Answer::new(lines.join("\n"), OrderedView::all(artifact, &terminals, &ids))
        }
        Command::Cancel { terminal, give_up } => {
            let action = fleet.cancel_action(terminal, give_up).await?;
            let text = match action.state {
                State::ToStop => "is told to stop when it asks",
                _ => "has nothing to do any more",
            };
            Answer::new(format!("terminal {terminal} {text}: {}", line(&action)), ActionView::of(&action, Vec::new()))
        }
        Command::List { terminal } => list(fleet, terminal).await,
    }
}

async fn list(fleet: &Fleet, terminal: TerminalNumber) -> Result<Answer> {
    ensure!(
        fleet.list().await?.iter().any(|row| row.number == terminal),
        "there is no terminal {terminal}; `host terminal list` shows those there are"
    );
    let (mut text, mut all) = (String::new(), Vec::new());
    for action in fleet.actions(terminal).await? {
        let told = fleet.told_of(action.id).await?;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line(&action));
        for Told { at, status } in &told {
            let execution = json!(status.execution);
            let last = status.details.last().map_or("", String::as_str);
            write!(text, "\n  {at:.0}  {}  {last}", execution.as_str().unwrap_or_default())?;
        }
        all.push(ActionView::of(&action, told));
    }
    let text = if all.is_empty() { format!("terminal {terminal} was ordered nothing") } else { text };
    Answer::new(text, all)
}

fn line(action: &Action) -> String {
    let Action { id, artifact, state, ordered_at, ordered_by, .. } = action;
    format!("action {id}  {} {}  {state}  ordered {ordered_at:.0} by {ordered_by}", artifact.name, artifact.version)
}
