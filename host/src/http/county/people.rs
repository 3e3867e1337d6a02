//! Accounts and units: added, disabled, given a new password; who may do what stands beside them.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use wire::case::Role;

use super::{
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
};
use crate::{
    county::{
        County,
        people::{NewPerson, Post},
    },
    store::{
        bulletins::StationRow,
        people::{PersonRow, UnitRow},
    },
};

struct Account {
    row: PersonRow,
    role: &'static str,
    own: bool,
}

#[derive(Template)]
#[template(path = "county/people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<Account>,
    units: Vec<UnitRow>,
    stations: Vec<StationRow>,
    roles: [(String, &'static str); 4],
    /// Of somebody who is to be added.
    blank: PersonRow,
}

#[derive(Template)]
#[template(path = "county/reset.html")]
struct ResetPage {
    frame: Frame,
    login: String,
    name: String,
    password: String,
}

fn wrong(sentence: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}

pub(super) fn role_of(word: &str) -> Option<Role> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

fn word_of(role: Role) -> String {
    serde_json::to_string(&role).unwrap_or_default().trim_matches('"').to_owned()
}

/// GET `/county/people`
pub(super) async fn page(State(county): State<County>, Signed(by): Signed) -> Answer {
    let people = county.everybody(&by).await?.into_iter().map(|row| Account {
        role: role_of(&row.role).map_or("", Role::label),
        own: row.id == by.id,
        row,
    });
    let people = people.collect();
    html(&PeoplePage {
        people,
        units: county.units().await?,
        stations: county.stations().await?,
        roles: [Role::Deputy, Role::Officer, Role::Unit, Role::County].map(|role| (word_of(role), role.label())),
        blank: PersonRow { role: word_of(Role::Deputy), ..PersonRow::default() },
        frame: Frame::of(&county, by, "人员和单位", "people").await?,
    })
}

/// POST `/county/people`
pub(super) async fn add(State(county): State<County>, posted: Posted) -> Answer {
    let fields = &posted.fields;
    let role = role_of(&fields.get("role")).ok_or_else(|| wrong("请选择岗位。"))?;
    let unit = fields.get("unit");
    let unit = county.units().await?.into_iter().find(|u| u.id == unit).map(|u| u.name);
    let person = NewPerson {
        login: fields.get("login"),
        name: fields.get("name"),
        role,
        unit,
        password: fields.get("password"),
    };
    let station = Some(fields.get("station")).filter(|s| !s.is_empty());
    if let Some(id) = &station {
        county.stations().await?.iter().find(|s| s.id == *id).ok_or_else(|| wrong("没有这个站点。"))?;
    }
    county.hire(&posted.by, &person, station).await?;
    done("/county/people")
}

/// POST `/county/people/{id}/{step}`
pub(super) async fn change(
    State(county): State<County>,
    Path((id, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    match step.as_str() {
        "disable" => county.disable(&posted.by, &id, true).await?,
        "enable" => county.disable(&posted.by, &id, false).await?,
        "role" => {
            let fields = &posted.fields;
            let role = role_of(&fields.get("role")).ok_or_else(|| wrong("请选择岗位。"))?;
            let (unit, station) = (fields.get("unit"), fields.get("station"));
            county.change_role(&posted.by, &id, Post { role, unit: &unit, station: &station }).await?;
        }
        "reset" => {
            let password = county.reset_password(&posted.by, &id).await?;
            let person = county.everybody(&posted.by).await?.into_iter().find(|p| p.id == id);
            let (login, name) = person.map(|p| (p.login, p.name)).unwrap_or_default();
            let frame = Frame::of(&county, posted.by, "新密码", "people").await?;
            return html(&ResetPage { frame, login, name, password });
        }
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "没有这一步。")),
    }
    done("/county/people")
}

/// POST `/county/units`
pub(super) async fn add_unit(State(county): State<County>, posted: Posted) -> Answer {
    county.add_unit(&posted.by, &posted.fields.get("name")).await?;
    done("/county/people")
}

/// POST `/county/units/{id}/{step}`
pub(super) async fn change_unit(
    State(county): State<County>,
    Path((id, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    match step.as_str() {
        "disable" => county.disable_unit(&posted.by, &id, true).await?,
        "enable" => county.disable_unit(&posted.by, &id, false).await?,
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "没有这一步。")),
    }
    done("/county/people")
}
