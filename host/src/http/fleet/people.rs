//! The console's people: added, given another role, a password, removed.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    words,
};
use crate::{
    fleet::users::{By, NewUser, Role, Scope},
    http::pages::Fields,
    passphrase,
    store::users::UserRow,
};

#[derive(Template)]
#[template(path = "fleet/people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<UserRow>,
    /// The first password of somebody who is to be added; it may be changed on the form.
    drawn: String,
}

#[derive(Template)]
#[template(path = "fleet/reset.html")]
struct ResetPage {
    frame: Frame,
    login: String,
    name: String,
    password: String,
}

impl PeoplePage {
    fn role_of<'a>(&self, row: &'a UserRow) -> &'a str {
        Role::named(&row.role).map_or(row.role.as_str(), |role| words::role(self.frame.lang, role))
    }

    fn scope_of(&self, row: &UserRow) -> String {
        match Scope::of_row(row) {
            Scope::All => self.frame.t("全部终端", "the whole fleet").to_owned(),
            Scope::Sites(_) => Scope::of_row(row).text(),
            Scope::Named(names) => names.join(self.frame.t("、", ", ")),
        }
    }

    /// What the form shows. Names from before there were codes are refused as they are: a form that is sent as it came up
    /// shows nobody more than before.
    fn scope_now<'a>(&self, row: &'a UserRow) -> &'a str {
        row.sites.as_deref().or(row.scope.as_deref()).unwrap_or_default()
    }
}

/// GET `/fleet/people`
pub(super) async fn page(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let people = console.users.everybody(By::User(&by)).await?;
    let frame = Frame::of(&console, (by, lang), ("人员", "People"), "people");
    html(&PeoplePage { frame, people, drawn: passphrase::draw() })
}

fn post(fields: &Fields) -> Result<(Role, Scope), Problem> {
    let unknown = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "请选择岗位。", "Choose a role.");
    let role = Role::named(&fields.get("role")).ok_or_else(unknown)?;
    let scope = fields.get("scope");
    let names: Vec<String> = scope.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    let scope = Scope::of(&names).map_err(crate::fleet::users::Error::from)?;
    Ok((role, scope))
}

/// POST `/fleet/people`
pub(super) async fn add(State(console): State<Console>, posted: Posted) -> Answer {
    let field = |name: &str| posted.fields.get(name);
    let by = By::User(&posted.by);
    // Whoever may not is told so before what they entered is looked at.
    console.users.everybody(by).await?;
    let (role, scope) = post(&posted.fields)?;
    let new = NewUser { login: field("login"), name: field("name"), role, scope, password: field("password") };
    console.users.add(by, &new).await?;
    done("/fleet/people")
}

/// POST `/fleet/people/{id}/{step}`
pub(super) async fn change(
    State(console): State<Console>,
    Path((id, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let by = By::User(&posted.by);
    let people = console.users.everybody(by).await?;
    let row = people.into_iter().find(|row| row.id == id).ok_or_else(Problem::not_found)?;
    match step.as_str() {
        "role" => {
            let (role, scope) = post(&posted.fields)?;
            console.users.set_role(by, &id, role, &scope).await?;
        }
        "password" => {
            let password = console.users.reset_password(by, &id).await?;
            let frame = Frame::of(&console, (posted.by, posted.lang), ("新密码", "New password"), "people");
            return html(&ResetPage { frame, login: row.login, name: row.name, password });
        }
        "codes" => console.users.reset_codes(by, &id).await?,
        "sessions" => {
            console.users.revoke_sessions(by, &id, None).await?;
        }
        "remove" if posted.fields.get("sure") == "yes" => console.users.remove(by, &id).await?,
        "remove" => {
            let (zh, en) = ("请先打勾确认，再删去。", "Tick the box first; nobody was removed.");
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en));
        }
        _ => return Err(Problem::not_found()),
    }
    done("/fleet/people")
}
