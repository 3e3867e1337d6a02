//! The fleet's people, for admins.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    Answer, Api, Asker,
    input::{At, Body, OfSite},
    problem::{Changing, Problem, Reading},
};
use crate::{
    fleet::{
        sites::Code,
        users::{Error, KeyShown, NewUser, Refusal, Role, Scope},
        views::PersonView,
    },
    passphrase,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show, remove))
        .routes(routes!(set_role))
        .routes(routes!(reset_password))
        .routes(routes!(keys))
}

/// Everybody who may sign in, by login
#[utoipa::path(get, path = "/people", tag = "people", security(("key" = ["admin"])),
    responses((status = 200, description = "As `host user list --json`", body = Vec<PersonView>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<PersonView>>> {
    Ok(Json(api.console.users.everybody(asker.by()).await?.iter().map(PersonView::from).collect()))
}

async fn one(api: &Api, asker: &Asker, id: Uuid) -> Answer<PersonView> {
    let everybody = api.console.users.everybody(asker.by()).await?;
    let id = id.to_string();
    everybody.iter().find(|row| row.id == id).map(PersonView::from).ok_or_else(Problem::not_found)
}

/// Somebody who may sign in
#[utoipa::path(get, path = "/people/{id}", tag = "people", security(("key" = ["admin"])),
    params(("id" = Uuid, Path, description = "Their id")),
    responses((status = 200, description = "As in `host user list --json`", body = PersonView), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(id): At<Uuid>) -> Answer<Json<PersonView>> {
    Ok(Json(one(&api, &asker, id).await?))
}

/// Somebody who is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    /// What they type to sign in: letters, digits or `. _ - @`. It is given once.
    #[schema(min_length = 1, max_length = 60)]
    login: String,
    /// As people call them.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// What they may do.
    role: Role,
    /// Codes of the sites that they see, with all that stands under them; none, the whole fleet.
    #[serde(default)]
    #[schema(value_type = Vec<Code>, max_items = 100)]
    scope: Vec<OfSite>,
}

/// Somebody with a password that was drawn for them.
#[derive(Debug, Serialize, ToSchema)]
struct Admitted {
    /// Who.
    #[serde(flatten)]
    person: PersonView,
    /// To be told to them; it is shown this once.
    password: String,
}

fn scope(codes: Vec<OfSite>) -> Answer<Scope> {
    let codes: Vec<Code> = codes.into_iter().map(|OfSite(code)| code).collect();
    match codes.len() {
        0 => Ok(Scope::All),
        1..=100 => Ok(Scope::Sites(codes)),
        _ => Err(Error::from(Refusal::Scope).into()),
    }
}

/// Adds somebody, with a password that is drawn for them
#[utoipa::path(post, path = "/people", tag = "people", security(("key" = ["admin"])), request_body = NewPerson,
    responses((status = 201, description = "Who, and their first password", body = Admitted), Changing))]
async fn add(State(api): State<Api>, asker: Asker, Body(new): Body<NewPerson>) -> Answer<Response> {
    let NewPerson { login, name, role, scope: codes } = new;
    let (scope, password) = (scope(codes)?, passphrase::draw());
    let users = &api.console.users;
    let id = users.add(asker.by(), &NewUser { login, name, role, scope, password: password.clone() }).await?;
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let person = one(&api, &asker, id).await?;
    Ok((StatusCode::CREATED, Json(Admitted { person, password })).into_response())
}

/// What somebody may do, and where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Post {
    /// What they may do.
    role: Role,
    /// Codes of the sites that they see, with all that stands under them; none, the whole fleet.
    #[serde(default)]
    #[schema(value_type = Vec<Code>, max_items = 100)]
    scope: Vec<OfSite>,
}

/// Gives somebody another role and scope; ends their sessions and keys
#[utoipa::path(put, path = "/people/{id}/role", tag = "people", security(("key" = ["admin"])), request_body = Post,
    params(("id" = Uuid, Path, description = "Their id")),
    responses((status = 200, description = "Who", body = PersonView), Changing))]
async fn set_role(
    State(api): State<Api>,
    asker: Asker,
    At(id): At<Uuid>,
    Body(Post { role, scope: codes }): Body<Post>,
) -> Answer<Json<PersonView>> {
    api.console.users.set_role(asker.by(), &id.to_string(), role, &scope(codes)?).await?;
    Ok(Json(one(&api, &asker, id).await?))
}

/// Gives somebody a password that is drawn for them; ends their sessions and keys
#[utoipa::path(post, path = "/people/{id}/password", tag = "people", security(("key" = ["admin"])),
    params(("id" = Uuid, Path, description = "Their id")),
    responses((status = 200, description = "Who, and their password", body = Admitted), Changing))]
async fn reset_password(State(api): State<Api>, asker: Asker, At(id): At<Uuid>) -> Answer<Json<Admitted>> {
    let person = one(&api, &asker, id).await?;
    let password = api.console.users.reset_password(asker.by(), &person.id).await?;
    Ok(Json(Admitted { person, password }))
}

/// Removes somebody for good; their login is not given again
#[utoipa::path(delete, path = "/people/{id}", tag = "people", security(("key" = ["admin"])),
    params(("id" = Uuid, Path, description = "Their id")),
    responses((status = 204, description = "Done"), Changing))]
async fn remove(State(api): State<Api>, asker: Asker, At(id): At<Uuid>) -> Answer<StatusCode> {
    api.console.users.remove(asker.by(), &id.to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody's keys that are good
#[utoipa::path(get, path = "/people/{id}/keys", tag = "people", security(("key" = ["admin"])),
    params(("id" = Uuid, Path, description = "Their id")),
    responses((status = 200, description = "The oldest first, without themselves", body = Vec<KeyShown>), Reading))]
async fn keys(State(api): State<Api>, asker: Asker, At(id): At<Uuid>) -> Answer<Json<Vec<KeyShown>>> {
    one(&api, &asker, id).await?;
    Ok(Json(api.console.users.keys(asker.by(), &id.to_string()).await?))
}
