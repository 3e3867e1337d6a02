//! `host diagnostics …`: what is asked of a terminal from afar.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use wire::{diagnostics::Diagnostic, ticket::TerminalNumber};

use super::{Answer, Host, terminal::fleet_of};
use crate::{
    durable::{self, Readers},
    fleet::{
        Fleet,
        diagnostics::{Asked, Stands, USUAL_HOURS},
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Asks something of a terminal, which does it at its next contact.
    Ask(Ask),
    /// Takes a request back that the terminal has not answered.
    Cancel {
        /// The request's number.
        request: u64,
    },
    /// Shows what was asked of a terminal lately, the newest first.
    List {
        /// Its number.
        terminal: TerminalNumber,
    },
    /// Shows what came of a request, with the log that the terminal sent.
    Show {
        /// The request's number.
        request: u64,
        /// Where the picture goes that the terminal sent, PNG.
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Ask {
    /// Its number.
    terminal: TerminalNumber,
    /// log, test_print, restart_screen, reboot or picture.
    #[arg(value_parser = what)]
    what: Diagnostic,
    /// For how long it is wanted.
    #[arg(long, default_value_t = USUAL_HOURS)]
    hours: u32,
}

fn what(text: &str) -> Result<Diagnostic, String> {
    let named = Diagnostic::named(&text.replace('-', "_"));
    named.ok_or_else(|| format!("expected one of {}", Diagnostic::ALL.map(|known| known.word().to_owned()).join(", ")))
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    match command {
        Command::Ask(Ask { terminal, what, hours }) => {
            let number = fleet.ask(terminal, &what, hours).await?;
            let text = format!(
                "request {number}: terminal {terminal} hears of it at its next contact, within minutes where it has a network. \
                 `host diagnostics show {number}` shows what came of it."
            );
            Answer::new(text, json!({ "number": number, "terminal": terminal, "what": what, "hours": hours }))
        }
        Command::Cancel { request } => {
            fleet.cancel_asked(request).await?;
            Answer::new(format!("request {request} is cancelled"), json!({ "number": request, "state": "cancelled" }))
        }
        Command::List { terminal } => {
            let all = fleet.asked_of(terminal).await?;
            let lines: Vec<_> = all.iter().map(line).collect();
            let none = format!("nothing was asked of terminal {terminal}");
            Answer::new(if lines.is_empty() { none } else { lines.join("\n") }, all)
        }
        Command::Show { request, picture } => show(fleet, request, picture).await,
    }
}

async fn show(fleet: &Fleet, request: u64, picture: Option<PathBuf>) -> Result<Answer> {
    let (asked, sent) = fleet.asked(request).await?;
    let mut text = line(&asked);
    if let Some(path) = &picture {
        let Some(png) = &sent.picture else { bail!("request {request} has brought no picture") };
        durable::write(path, png, Readers::Owner).with_context(|| path.display().to_string())?;
        text = format!("{text}\nthe picture lies in {}", path.display());
    }
    if let Some(log) = &sent.log {
        text = format!("{text}\n{log}");
    }
    let log: Vec<_> = sent.log.iter().flat_map(|log| log.lines()).collect();
    Answer::new(text, json!({ "request": asked, "log": log, "has_picture": sent.picture.is_some() }))
}

fn line(asked: &Asked) -> String {
    let Asked { number, terminal, what, asked_at, asked_by, until, state, why, .. } = asked;
    let state = match state {
        Stands::Waiting => format!("waits for the terminal until {until:.0}"),
        Stands::Fetched => "the terminal has it and has not answered".to_owned(),
        Stands::Expired => "its time is over, and the terminal said nothing".to_owned(),
        other => other.word().to_owned(),
    };
    let why = why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    format!("request {number}  terminal {terminal}  {}  {state}{why}  asked {asked_at:.0} by {asked_by}", what.word())
}
