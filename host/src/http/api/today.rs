//! What needs a person, and who changed what.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer, Api, Asker,
    input::{Asked, Id},
    problem::Reading,
};
use crate::fleet::{Line, Today};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(today)).routes(routes!(audit))
}

/// What needs a person today
///
/// Which stations somebody has to go to, the most urgent first, why, and what to bring; and what is seen to from the desk.
#[utoipa::path(get, path = "/today", tag = "today", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host today --json`", body = Today), Reading))]
async fn today(State(api): State<Api>, asker: Asker) -> Answer<Json<Today>> {
    Ok(Json(api.console.users.today(asker.by()).await?.0))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Below {
    /// Lines below this number only.
    #[param(value_type = Option<Id>)]
    below: Option<Id>,
}

/// A page of the audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditPage)]
struct Page {
    /// Newest first, a hundred at most.
    #[schema(max_items = 100)]
    lines: Vec<Line>,
    /// Below which the next page begins; null, this is the last.
    next: Option<i64>,
}

/// A page of the audit, the newest lines first
#[utoipa::path(get, path = "/audit", tag = "today", params(Below), security(("key" = ["admin"])),
    responses((status = 200, description = "The lines", body = Page), Reading))]
async fn audit(State(api): State<Api>, asker: Asker, Asked(Below { below }): Asked<Below>) -> Answer<Json<Page>> {
    let page = api.console.users.audit(asker.by(), below.map(Id::fitting)).await?;
    Ok(Json(Page { lines: page.lines, next: page.next }))
}
