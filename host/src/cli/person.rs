//! `host person …`: who may sign in to the county's console.

use std::io::BufRead;

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use wire::case::Role;

use super::{Answer, Host};
use crate::{county::people::NewPerson, passphrase};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds somebody.
    Add(Add),
    /// Shows everybody; no passwords.
    List,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What they type to sign in.
    #[arg(long)]
    login: String,
    /// As people call them.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long, value_enum)]
    role: PersonRole,
    /// The unit's name; for the role unit.
    #[arg(long)]
    unit: Option<String>,
    /// Read the password from the first line of the standard input [default: one is drawn and printed].
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PersonRole {
    /// 联络员: looks after a station.
    Officer,
    /// 代表: takes cases.
    Deputy,
    /// 承办单位: replies to what was forwarded to it.
    Unit,
    /// 县人大: sees everything.
    County,
}

impl From<PersonRole> for Role {
    fn from(role: PersonRole) -> Self {
        match role {
            PersonRole::Officer => Self::Officer,
            PersonRole::Deputy => Self::Deputy,
            PersonRole::Unit => Self::Unit,
            PersonRole::County => Self::County,
        }
    }
}

async fn list(host: &Host) -> Result<Answer> {
    let people = host.county().await?.list_people().await?;
    let mut text = String::new();
    for person in &people {
        let role = serde_json::from_value::<Role>(json!(person.role)).map_or(person.role.as_str(), |role| role.label());
        let belongs = person.unit_name.as_deref().or(person.station_name.as_deref()).unwrap_or_default();
        let disabled = if person.disabled == 0 { "" } else { "  may not sign in" };
        text.push_str(&format!("{:<16}  {role}  {}  {belongs}{disabled}\n", person.login, person.name));
    }
    if people.is_empty() {
        text.push_str("nobody yet; `host person add --role county` adds the first\n");
    }
    let json: Vec<_> = people
        .iter()
        .map(|person| {
            json!({
                "id": person.id, "login": person.login, "name": person.name, "role": person.role,
                "unit": person.unit_name, "station": person.station_name, "disabled": person.disabled != 0,
            })
        })
        .collect();
    Answer::new(text.trim_end(), json)
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    match command {
        Command::List => list(host).await,
        Command::Add(add) => {
            let role = Role::from(add.role);
            anyhow::ensure!(
                (role == Role::Unit) == add.unit.is_some(),
                "--unit NAME goes with --role unit, and only with it"
            );
            let drawn = if add.password_stdin { None } else { Some(passphrase::draw()) };
            let password = match &drawn {
                Some(password) => password.clone(),
                None => read_password()?,
            };
            let person = NewPerson { login: add.login.clone(), name: add.name.clone(), role, unit: add.unit, password };
            let id = host.county().await?.add_person(&person).await?;
            let mut text = format!("{} ({}) may sign in as {}", add.name, role.label(), add.login);
            if let Some(password) = &drawn {
                text.push_str(&format!("\npassword  {password}\nIt is shown this once."));
            }
            Answer::new(text, json!({ "id": id, "login": add.login, "role": role, "password": drawn }))
        }
    }
}

/// The first line of the standard input.
pub(super) fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("read the password from the standard input")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
