//! Whose key it is, and which they have. A key is drawn on its owner's page or on the host's machine, never by another key.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer, Api, Asker,
    input::{At, Id},
    problem::{Changing, Reading},
};
use crate::fleet::users::{KeyShown, Role, Scope};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(me)).routes(routes!(list)).routes(routes!(revoke))
}

/// Whose key it is.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Their id.
    id: String,
    /// What they type to sign in.
    login: String,
    /// As people call them.
    name: String,
    /// What they may do.
    role: Role,
    /// Where.
    scope: Scope,
}

/// Whose key it is, and what they may
#[utoipa::path(get, path = "/me", tag = "keys", security(("key" = ["viewer"])),
    responses((status = 200, description = "Who", body = Me), Reading))]
async fn me(Asker(user): Asker) -> Json<Me> {
    Json(Me { id: user.id, login: user.login, name: user.name, role: user.role, scope: user.scope })
}

/// One's own keys that are good
#[utoipa::path(get, path = "/keys", tag = "keys", security(("key" = ["viewer"])),
    responses((status = 200, description = "The oldest first, without themselves", body = Vec<KeyShown>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<KeyShown>>> {
    Ok(Json(api.console.users.keys(asker.by(), &asker.0.id).await?))
}

/// Ends a key: one's own, or for an admin anybody's
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", security(("key" = ["viewer"])),
    params(("id" = Id, Path, description = "Its number")),
    responses((status = 204, description = "Done"), Changing))]
async fn revoke(State(api): State<Api>, asker: Asker, At(id): At<Id>) -> Answer<StatusCode> {
    api.console.users.revoke_key(asker.by(), id.get()).await?;
    Ok(StatusCode::NO_CONTENT)
}
