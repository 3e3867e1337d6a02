//! `host token …`: tokens for clients of hawkBit's interface that have no certificate of ours.

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use wire::ticket::TerminalNumber;

use super::{Answer, Host, terminal::fleet_of};
use crate::fleet::DeviceToken;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Draws a token and shows it, this once.
    Draw(Of),
    /// Shows all tokens, without themselves.
    List,
    /// Lets a token be good no more.
    Revoke {
        /// As `list` shows it.
        id: u64,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Of {
    /// A `TargetToken` of this terminal, which must never have enrolled.
    #[arg(long)]
    terminal: Option<TerminalNumber>,
    /// A `GatewayToken`, which speaks for every terminal that never enrolled.
    #[arg(long)]
    gateway: bool,
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    match command {
        Command::Draw(of) => {
            let (token, known) = fleet.draw_device_token(of.terminal).await?;
            let scheme = if of.terminal.is_some() { "TargetToken" } else { "GatewayToken" };
            let text = format!("{}\nAuthorization: {scheme} {token}\nIt is shown this once.", line(&known));
            Answer::new(text, json!({ "id": known.id, "terminal": known.terminal, "scheme": scheme, "token": token }))
        }
        Command::List => {
            let all = fleet.device_tokens().await?;
            let lines: Vec<_> = all.iter().map(line).collect();
            Answer::new(if lines.is_empty() { "no tokens".to_owned() } else { lines.join("\n") }, all)
        }
        Command::Revoke { id } => {
            ensure!(
                fleet.revoke_device_token(id).await?,
                "there is no token {id} that is good; `host token list` shows those there are"
            );
            Answer::new(format!("token {id} is good no more"), json!({ "id": id }))
        }
    }
}

fn line(token: &DeviceToken) -> String {
    let of = token.terminal.map_or("a gateway".to_owned(), |terminal| format!("terminal {terminal}"));
    let state = token.revoked_at.map_or(String::new(), |at| format!("  revoked {at:.0}"));
    format!("token {}  of {of}  drawn {:.0} by {}{state}", token.id, token.made_at, token.made_by)
}
