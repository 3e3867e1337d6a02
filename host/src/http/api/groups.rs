//! Groups of terminals by query.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::ticket::TerminalNumber;

use super::{
    Answer, Api, Asker,
    input::{Asked, At, Body},
    problem::{Changing, Problem, Reading},
};
use crate::fleet::{
    self,
    groups::{NotAGroup, Query},
    users::Error,
    views::{self, GroupView},
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, put, remove)).routes(routes!(who_meets))
}

fn read(query: &str) -> Answer<Query> {
    let problem = |wrong| Problem::from(Error::from(fleet::Error::from(NotAGroup::Query(wrong))));
    query.parse().map_err(problem)
}

/// Every group, by name, with who is in it at this moment
#[utoipa::path(get, path = "/groups", tag = "groups", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host group list --json`", body = Vec<GroupView>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<GroupView>>> {
    let users = &api.console.users;
    let mut all = Vec::new();
    for group in users.groups(asker.by()).await? {
        let terminals = users.who_meets(asker.by(), &group.query).await?;
        all.push(GroupView::of(&group, terminals));
    }
    Ok(Json(all))
}

async fn one(api: &Api, asker: &Asker, name: &str) -> Answer<Json<GroupView>> {
    let (group, terminals) = api.console.users.group(asker.by(), name).await?;
    Ok(Json(GroupView::of(&group, terminals)))
}

/// One group, with who is in it at this moment
#[utoipa::path(get, path = "/groups/{name}", tag = "groups", security(("key" = ["viewer"])),
    params(("name" = String, Path, description = "As people call it", min_length = 1, max_length = 60)),
    responses((status = 200, description = "As `host group show --json`", body = GroupView), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(name): At<String>) -> Answer<Json<GroupView>> {
    one(&api, &asker, &name).await
}

/// What a group is to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asks {
    /// Terms that all have to hold, as `under=DX-03 tag=山区 version<1.4`.
    query: String,
}

/// Keeps a group, in place of one of the same name
#[utoipa::path(put, path = "/groups/{name}", tag = "groups", security(("key" = ["admin"])), request_body = Asks,
    params(("name" = String, Path, description = "As people call it; no spaces or signs that part words",
        min_length = 1, max_length = 60)),
    responses((status = 200, description = "The group", body = GroupView), Changing))]
async fn put(
    State(api): State<Api>,
    asker: Asker,
    At(name): At<String>,
    Body(Asks { query }): Body<Asks>,
) -> Answer<Json<GroupView>> {
    api.console.users.put_group(asker.by(), &name, &read(&query)?).await?;
    one(&api, &asker, &name).await
}

/// Forgets a group; rollouts that were made with it keep their terminals
#[utoipa::path(delete, path = "/groups/{name}", tag = "groups", security(("key" = ["admin"])),
    params(("name" = String, Path, description = "As people call it", min_length = 1, max_length = 60)),
    responses((status = 204, description = "Done"), Changing))]
async fn remove(State(api): State<Api>, asker: Asker, At(name): At<String>) -> Answer<StatusCode> {
    let users = &api.console.users;
    let (group, _) = users.group(asker.by(), &name).await?;
    users.remove_group(asker.by(), &group.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Tried {
    /// As in a group.
    query: String,
}

/// Who meets a query.
#[derive(Debug, Serialize, ToSchema)]
struct Met {
    /// As it was read.
    query: String,
    /// By number.
    #[schema(value_type = Vec<views::Number>)]
    terminals: Vec<TerminalNumber>,
}

/// Who meets some terms at this moment; nothing is kept
#[utoipa::path(get, path = "/who-meets", tag = "groups", params(Tried), security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host group try --json`", body = Met),
        (status = 422, description = "The query can't be read", body = Problem, content_type = "application/problem+json"),
        Reading))]
async fn who_meets(State(api): State<Api>, asker: Asker, Asked(Tried { query }): Asked<Tried>) -> Answer<Json<Met>> {
    let query = read(&query)?;
    let terminals = api.console.users.who_meets(asker.by(), &query).await?;
    Ok(Json(Met { query: query.to_string(), terminals }))
}
