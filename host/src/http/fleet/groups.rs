//! Groups of terminals by query: kept, tried, forgotten.

use askama::Template;
use axum::extract::{Query as InAddress, State};
use serde::Deserialize;
use wire::ticket::TerminalNumber;

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, done, html},
    words,
};
use crate::fleet::{
    self,
    groups::{Group, NotAGroup, Query},
    users::{By, Error},
};

/// More terminals than this are counted only.
const NAMED: usize = 200;

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    query: String,
}

/// What came of trying some terms.
enum Tried {
    Nothing,
    Wrong(String),
    Met(Vec<TerminalNumber>),
}

#[derive(Template)]
#[template(path = "fleet/groups.html")]
struct GroupsPage {
    frame: Frame,
    groups: Vec<Group>,
    asked: Asked,
    tried: Tried,
}

/// GET `/fleet/groups`
pub(super) async fn page(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    InAddress(asked): InAddress<Asked>,
) -> Answer {
    let groups = console.users.groups(By::User(&by)).await?;
    let tried = match asked.query.parse::<Query>() {
        _ if asked.query.trim().is_empty() => Tried::Nothing,
        Ok(query) => Tried::Met(console.users.who_meets(By::User(&by), &query).await?),
        Err(problem) => Tried::Wrong(words::site::no_query(lang, &problem)),
    };
    html(&GroupsPage { groups, tried, asked, frame: Frame::of(&console, (by, lang), ("分组", "Groups"), "groups") })
}

/// POST `/fleet/groups`
pub(super) async fn keep(State(console): State<Console>, posted: Posted) -> Answer {
    let by = By::User(&posted.by);
    super::sites::allowed(&posted.by)?;
    let query = posted.fields.get("query").parse::<Query>().map_err(NotAGroup::from);
    let query = query.map_err(fleet::Error::from).map_err(Error::from)?;
    console.users.put_group(by, posted.fields.get("name").trim(), &query).await?;
    done("/fleet/groups")
}

/// POST `/fleet/groups/remove`
pub(super) async fn remove(State(console): State<Console>, posted: Posted) -> Answer {
    console.users.remove_group(By::User(&posted.by), &posted.fields.get("name")).await?;
    done("/fleet/groups")
}
