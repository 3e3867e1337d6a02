//! `host user …`: who may sign in to the fleet's console.

use std::fmt::Write;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Answer, Host, person::read_password, terminal::fleet_of};
use crate::{
    fleet::{
        users::{By, Error, NewUser, Role, Scope, Users},
        views::PersonView,
    },
    passphrase,
    store::users::UserRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds somebody.
    Add(Add),
    /// Shows everybody; no passwords.
    List,
    /// Gives somebody another role and scope; ends their sessions and keys.
    Role {
        /// What they type to sign in.
        login: String,
        #[command(flatten)]
        post: Post,
    },
    /// Gives somebody a new password; ends their sessions and keys.
    Password {
        /// What they type to sign in.
        login: String,
        /// Read it from the first line of the standard input [default: one is drawn and printed].
        #[arg(long)]
        password_stdin: bool,
    },
    /// Ends somebody's codes, whose telephone is lost; ends their sessions and keys.
    Totp {
        /// What they type to sign in.
        login: String,
    },
    /// Shows who is signed in since when.
    Sessions {
        /// What they type to sign in [default: everybody].
        login: Option<String>,
    },
    /// Ends somebody's sessions.
    Revoke {
        /// What they type to sign in.
        login: String,
        /// This one only, as `host user sessions` calls it.
        #[arg(long)]
        session: Option<String>,
    },
    /// Draws a key by which programs of somebody's ask at `/fleet/api/v1`, and shows it, this once.
    Key {
        /// What they type to sign in.
        login: String,
        /// What it is for.
        #[arg(long)]
        name: String,
    },
    /// Shows whose keys are good and when each was last used, without themselves.
    Keys {
        /// What they type to sign in [default: everybody].
        login: Option<String>,
    },
    /// Ends a key.
    RevokeKey {
        /// As `host user keys` shows it.
        id: u64,
    },
    /// Removes somebody for good; their login is not given again.
    Remove {
        /// What they type to sign in.
        login: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What they type to sign in.
    #[arg(long)]
    login: String,
    /// As people call them.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    post: Post,
    /// Read the password from the first line of the standard input [default: one is drawn and printed].
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Post {
    /// What they may do; each may do what the one before it may.
    #[arg(long, value_enum)]
    role: Role,
    /// Code of a site that they see, with all that stands under it; may be given again [default: the whole fleet].
    #[arg(long, value_name = "CODE")]
    scope: Vec<String>,
}

/// A password, and whether it was drawn here and has to be told.
struct Password {
    text: String,
    drawn: bool,
}

impl Password {
    fn of(stdin: bool) -> Result<Self> {
        let text = if stdin { read_password()? } else { passphrase::draw() };
        Ok(Self { text, drawn: !stdin })
    }

    fn shown(&self) -> Option<&str> {
        self.drawn.then_some(self.text.as_str())
    }

    fn told(&self, mut text: String) -> String {
        if let Some(password) = self.shown() {
            text.push_str(&format!("\npassword  {password}\nIt is shown this once."));
        }
        text
    }
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let ca = machine.ca.as_ref().context("the certificate authority is the fleet role's")?;
    let users = Users::new(fleet_of(&machine)?.clone(), ca);
    match command {
        Command::List => list(&users).await,
        Command::Add(add) => {
            let password = Password::of(add.password_stdin)?;
            let (login, role) = (add.login, add.post.role);
            let scope = Scope::of(&add.post.scope)?;
            let new = NewUser { login: login.clone(), name: add.name, role, scope, password: password.text.clone() };
            let id = users.add(By::Machine, &new).await?;
            let text = password.told(format!("{} ({}) may sign in as {login}", new.name, role.name()));
            let json =
                json!({ "id": id, "login": login, "role": role, "scope": new.scope, "password": password.shown() });
            Answer::new(text, json)
        }
        Command::Role { login, post } => {
            let (row, scope) = (find(&users, &login).await?, Scope::of(&post.scope)?);
            users.set_role(By::Machine, &row.id, post.role, &scope).await?;
            let text = format!("{login} is {}; their sessions are over", post.role.name());
            Answer::new(text, json!({ "login": login, "role": post.role, "scope": scope }))
        }
        Command::Password { login, password_stdin } => {
            let (row, password) = (find(&users, &login).await?, Password::of(password_stdin)?);
            users.set_password(By::Machine, &row.id, &password.text).await?;
            let text = password.told(format!("{login} has a new password; their sessions are over"));
            Answer::new(text, json!({ "login": login, "password": password.shown() }))
        }
        Command::Totp { login } => {
            let row = find(&users, &login).await?;
            users.reset_codes(By::Machine, &row.id).await?;
            let text = format!("{login} signs in without a code until they set one up; their sessions are over");
            Answer::new(text, json!({ "login": login, "had_codes": row.totp.is_some() }))
        }
        Command::Sessions { login } => sessions(&users, login.as_deref()).await,
        Command::Revoke { login, session } => {
            let row = find(&users, &login).await?;
            let ended = users.revoke_sessions(By::Machine, &row.id, session.as_deref()).await?;
            Answer::new(format!("{ended} sessions of {login} are over"), json!({ "login": login, "ended": ended }))
        }
        Command::Key { login, name } => {
            let row = find(&users, &login).await?;
            let (key, shown) = users.draw_key_for(By::Machine, &row.id, &name).await?;
            let text = format!(
                "key {} of {login}: {}\nAuthorization: Bearer {key}\nIt is shown this once.",
                shown.id, shown.name
            );
            Answer::new(text, json!({ "id": shown.id, "login": login, "name": shown.name, "key": key }))
        }
        Command::Keys { login } => keys(&users, login.as_deref()).await,
        Command::RevokeKey { id } => {
            users.revoke_key(By::Machine, id).await.map_err(|error| match error {
                Error::NotFound => anyhow!("there is no key {id} that is good; `host user keys` shows those there are"),
                other => other.into(),
            })?;
            Answer::new(format!("key {id} is good no more"), json!({ "id": id }))
        }
        Command::Remove { login } => {
            let row = find(&users, &login).await?;
            users.remove(By::Machine, &row.id).await?;
            Answer::new(format!("{login} is removed; the login is not given again"), json!({ "login": login }))
        }
    }
}

async fn find(users: &Users, login: &str) -> Result<UserRow> {
    let row = users.everybody(By::Machine).await?.into_iter().find(|row| row.login == login);
    row.with_context(|| format!("nobody signs in as {login}; `host user list` shows who does"))
}

async fn list(users: &Users) -> Result<Answer> {
    let rows = users.everybody(By::Machine).await?;
    let (mut text, mut all) = (String::new(), Vec::new());
    for row in &rows {
        let scope = Scope::of_row(row);
        let codes = if row.totp.is_some() { "  with codes" } else { "" };
        writeln!(text, "{:<16}  {:<8}  {}  {}{codes}", row.login, row.role, row.name, scope.text())?;
        all.push(PersonView::from(row));
    }
    if rows.is_empty() {
        text.push_str("nobody yet; `host user add --role admin` adds the first\n");
    }
    Answer::new(text.trim_end(), all)
}

async fn sessions(users: &Users, login: Option<&str>) -> Result<Answer> {
    let rows = match login {
        Some(login) => vec![find(users, login).await?],
        None => users.everybody(By::Machine).await?,
    };
    let (mut text, mut all) = (String::new(), Vec::new());
    for row in &rows {
        for open in users.sessions(By::Machine, &row.id).await? {
            writeln!(text, "{}  {:<16}  since {}, last used {}", open.id, row.login, open.made, open.seen)?;
            all.push(json!({ "login": row.login, "session": open.id, "made": open.made, "seen": open.seen }));
        }
    }
    if all.is_empty() {
        text.push_str("nobody is signed in");
    }
    Answer::new(text.trim_end(), all)
}

async fn keys(users: &Users, login: Option<&str>) -> Result<Answer> {
    let rows = match login {
        Some(login) => vec![find(users, login).await?],
        None => users.everybody(By::Machine).await?,
    };
    let (mut text, mut all) = (String::new(), Vec::new());
    for row in &rows {
        for key in users.keys(By::Machine, &row.id).await? {
            let used = key.used_at.map_or("never used".to_owned(), |at| format!("last used {at:.0}"));
            writeln!(
                text,
                "key {}  {:<16}  {}  drawn {:.0} by {}, {used}",
                key.id, row.login, key.name, key.made_at, key.made_by
            )?;
            let mut value = serde_json::to_value(&key)?;
            value["login"] = json!(row.login);
            all.push(value);
        }
    }
    Answer::new(if all.is_empty() { "no keys" } else { text.trim_end() }, all)
}
