//! The command line of the host.
//!
//! Invariant: every command works while the host runs, but `restore`, which says so; every one answers in JSON with
//! `--json`, errors included; a secret is printed once, when it is drawn.

mod action;
mod artifact;
mod audit;
mod ca;
mod copy;
mod diagnostics;
mod group;
mod person;
mod rollout;
mod serve;
mod settings;
mod site;
mod stick;
mod terminal;
mod today;
mod token;
mod user;

use std::{fmt::Display, io::Write, os::unix::fs::MetadataExt, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde::Serialize;
use serde_json::json;

use crate::{
    clock::{SharedClock, SystemClock},
    config::{Config, Options, Role},
    county::County,
    setup::{ADDRESSES, Addresses, Machine},
};

/// The Lianxin host: the fleet of terminals, and the county platform.
#[derive(Debug, Parser)]
#[command(name = "host", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the host; a first start makes all that it needs.
    Serve {
        /// Play this role only [default: both]; other commands read it from `role` in host.toml.
        #[arg(long, value_enum)]
        role: Option<Role>,
    },
    /// Adds, shows and revokes terminals.
    #[command(subcommand)]
    Terminal(terminal::Command),
    /// Draws up settings for terminals, compares them, orders them, and shows what came of it.
    #[command(subcommand)]
    Config(settings::Command),
    /// Brings settings or an artifact to all terminals, wave by wave.
    #[command(subcommand)]
    Rollout(rollout::Command),
    /// Shows what needs a person: where to go, why, and what to bring.
    Today,
    /// Adds, changes, moves, shows and closes sites; lists of them in and out.
    #[command(subcommand)]
    Site(site::Command),
    /// Keeps and shows groups of terminals by query.
    #[command(subcommand)]
    Group(group::Command),
    /// Takes in, shows, releases and withdraws files that terminals can be given.
    #[command(subcommand)]
    Artifact(artifact::Command),
    /// Orders artifacts to terminals, and shows what came of it.
    #[command(subcommand)]
    Action(action::Command),
    /// Asks something of a terminal from afar (its log, a test print, a new start), and shows what came of it.
    #[command(subcommand)]
    Diagnostics(diagnostics::Command),
    /// Draws, shows and revokes tokens of update clients without a certificate of ours.
    #[command(subcommand)]
    Token(token::Command),
    /// Adds, shows, changes and removes people of the fleet's console.
    #[command(subcommand)]
    User(user::Command),
    /// Adds and shows people of the county's console.
    #[command(subcommand)]
    Person(person::Command),
    /// Takes what a terminal without a network wrote onto a USB stick; shows what is kept apart.
    #[command(subcommand)]
    Stick(stick::Command),
    /// Writes a backup of both databases and the certificate authority, without the county's working key.
    Backup(copy::Backup),
    /// Brings a backup back and begins a new ledger, so that terminals offer again what they hold. The host must be down.
    Restore(copy::Restore),
    /// Moves databases from SQLite to PostgreSQL. The host must be down.
    Move(copy::Move),
    /// Brings the databases up to this program, as the next start would.
    Migrate,
    /// Begins a new ledger after PostgreSQL's own tools brought a database back. The host must be down.
    BeginLedger,
    /// Shows, exports and verifies who changed what in the fleet.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Makes and shows the certificate authority.
    #[command(subcommand)]
    Ca(ca::Command),
}

/// What a command answers: the sentence for people, and the same for programs.
struct Answer {
    text: String,
    json: serde_json::Value,
}

impl Answer {
    /// What a terminal or a stick says of itself stands in such texts: no control character of it reaches the screen.
    fn new(text: impl Display, json: impl Serialize) -> Result<Self> {
        let shown = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
        Ok(Self { text: text.to_string().chars().map(shown).collect(), json: serde_json::to_value(json)? })
    }
}

/// What most commands need.
struct Host {
    config: Config,
    clock: SharedClock,
}

impl Host {
    /// The addresses of the running host, else those that the settings say.
    fn addresses(&self) -> Result<Addresses> {
        let path = self.config.data.join(ADDRESSES);
        if let Ok(text) = std::fs::read_to_string(&path) {
            return serde_json::from_str(&text).with_context(|| path.display().to_string());
        }
        let port = self.config.listen_terminals.port();
        anyhow::ensure!(
            port != 0 || (self.config.fleet_url.is_some() && self.config.county_url.is_some()),
            "the port for terminals is drawn when the host starts: start `host serve` first, or give --fleet-url and --county-url"
        );
        Ok(crate::setup::addresses(&self.config, Some(self.config.listen), self.config.listen_terminals))
    }

    async fn machine(&self) -> Result<Machine> {
        let mut machine = Machine::prepare(&self.config, &self.clock).await?;
        machine.fleet = machine.fleet.map(|fleet| fleet.on_behalf_of(&whoever_runs_this()));
        for made in &machine.made {
            eprintln!("made {}: {}", made.what, made.path.display());
        }
        Ok(machine)
    }

    async fn county(&self) -> Result<County> {
        self.county_on(&mut self.machine().await?).await
    }

    async fn county_on(&self, machine: &mut Machine) -> Result<County> {
        let county = machine.county(&self.config, &self.addresses()?.public_base, &self.clock).await?;
        county.context("this host plays the fleet role only; run the command where the county role runs")
    }
}

/// As the fleet's audit calls them.
fn whoever_runs_this() -> String {
    match std::fs::metadata("/proc/self") {
        Ok(process) => format!("uid:{}", process.uid()),
        Err(_) => "command line".to_owned(),
    }
}

/// Runs the command line to its end.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(json, &error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(Some(answer)) => {
            let mut text = if json { answer.json.to_string() } else { answer.text };
            text.push('\n');
            match std::io::stdout().write_all(text.as_bytes()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => fail(json, &error),
    }
}

fn fail(json: bool, error: &anyhow::Error) -> ExitCode {
    if json {
        println!("{}", json!({ "error": format!("{error:#}") }));
    } else {
        eprintln!("host: {error:#}");
    }
    ExitCode::FAILURE
}

async fn run(mut cli: Cli) -> Result<Option<Answer>> {
    if let Command::Serve { role } = cli.command {
        cli.options.role = role;
    }
    let context = Host { config: Config::load(&cli.options)?, clock: Arc::new(SystemClock) };
    let answer = match cli.command {
        Command::Serve { .. } => {
            serve::run(&context, cli.json).await?;
            return Ok(None);
        }
        Command::Terminal(command) => terminal::run(&context, command).await?,
        Command::Config(command) => settings::run(&context, command).await?,
        Command::Rollout(command) => rollout::run(&context, command).await?,
        Command::Artifact(command) => artifact::run(&context, command).await?,
        Command::Action(command) => action::run(&context, command).await?,
        Command::Diagnostics(command) => diagnostics::run(&context, command).await?,
        Command::Token(command) => token::run(&context, command).await?,
        Command::Group(command) => group::run(&context, command).await?,
        Command::Site(command) => site::run(&context, command).await?,
        Command::Today => today::run(&context).await?,
        Command::User(command) => user::run(&context, command).await?,
        Command::Person(command) => person::run(&context, command).await?,
        Command::Stick(command) => stick::run(&context, command).await?,
        Command::Backup(command) => copy::backup(&context, &command).await?,
        Command::Restore(command) => copy::restore(&context, &command).await?,
        Command::Move(command) => copy::move_databases(&context, &command).await?,
        Command::Migrate => copy::migrate(&context).await?,
        Command::BeginLedger => copy::begin_ledger(&context).await?,
        Command::Audit(command) => audit::run(&context, command).await?,
        Command::Ca(command) => ca::run(&context, command)?,
    };
    Ok(Some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_calls_itself_moves_no_cursor() {
        let answer = Answer::new("kiosk 1\u{1b}[2J\u{9b}1A\r路灯\n", ()).unwrap();
        assert_eq!(answer.text, "kiosk 1\u{fffd}[2J\u{fffd}1A\u{fffd}路灯\n");
    }
}
