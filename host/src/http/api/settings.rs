//! Settings from afar: drawn up, compared, ordered.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::{settings::Settings, ticket::TerminalNumber};

use super::{
    Answer, Api, Asker,
    input::{Asked, At, Body, Id, Number},
    problem::{Changing, Problem, Reading},
};
use crate::fleet::{
    Difference, Standing,
    views::{self, SettingsSet, SettingsView},
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, draw_up))
        .routes(routes!(standings))
        .routes(routes!(show))
        .routes(routes!(diff))
        .routes(routes!(order))
}

/// All settings that were drawn up, the newest first
#[utoipa::path(get, path = "/settings", tag = "settings", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host config list --json`", body = Vec<SettingsView>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<SettingsView>>> {
    let all = api.console.users.settings_list(asker.by()).await?;
    Ok(Json(all.into_iter().map(SettingsView::from).collect()))
}

/// What each terminal was ordered to take, and what it says came of it
#[utoipa::path(get, path = "/settings/standing", tag = "settings", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host config standing --json`", body = Vec<Standing>), Reading))]
async fn standings(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<Standing>>> {
    Ok(Json(api.console.users.settings_standings(asker.by()).await?))
}

/// The settings of a number
#[utoipa::path(get, path = "/settings/{version}", tag = "settings", security(("key" = ["viewer"])),
    params(("version" = Id, Path, description = "Their number")),
    responses((status = 200, description = "As `host config show --json`", body = SettingsView), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(version): At<Id>) -> Answer<Json<SettingsView>> {
    Ok(Json(api.console.users.settings_of(asker.by(), version.get()).await?.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct From {
    /// The number of those before; 0, a terminal's own.
    #[param(value_type = Id)]
    from: Id,
}

/// What differs between two settings
#[utoipa::path(get, path = "/settings/{version}/differences", tag = "settings", security(("key" = ["viewer"])),
    params(From, ("version" = Id, Path, description = "The number of those after; 0, a terminal's own")),
    responses((status = 200, description = "As `host config diff --json`", body = Vec<Difference>), Reading))]
async fn diff(
    State(api): State<Api>,
    asker: Asker,
    At(version): At<Id>,
    Asked(From { from }): Asked<From>,
) -> Answer<Json<Vec<Difference>>> {
    Ok(Json(api.console.users.settings_between(asker.by(), from.get(), version.get()).await?))
}

/// Settings that are to be drawn up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingsToDrawUp)]
struct Drawn {
    /// They themselves; what is left out is the terminal's own.
    #[schema(value_type = SettingsSet)]
    settings: Settings,
    /// What they are for, in a line.
    #[serde(default)]
    #[schema(max_length = 200)]
    why: String,
}

/// Draws up settings under the next number; no terminal has them yet
#[utoipa::path(post, path = "/settings", tag = "settings", security(("key" = ["admin"])), request_body = Drawn,
    responses((status = 201, description = "They themselves, with their number", body = SettingsView), Changing))]
async fn draw_up(State(api): State<Api>, asker: Asker, Body(Drawn { settings, why }): Body<Drawn>) -> Answer<Response> {
    let row = api.console.users.draw_up_settings(asker.by(), &settings, &why).await?;
    Ok((StatusCode::CREATED, Json(SettingsView::from(row))).into_response())
}

/// To whom settings are ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct To {
    /// Terminals.
    #[schema(min_items = 1, max_items = 1000)]
    terminals: Vec<Number>,
}

/// What was ordered to whom.
#[derive(Debug, Serialize, ToSchema)]
struct SettingsOrdered {
    /// The settings.
    version: u64,
    /// The terminals.
    #[schema(value_type = Vec<views::Number>)]
    terminals: Vec<TerminalNumber>,
}

/// Those of a list that is neither empty nor longer than anybody reads, each once.
pub(super) fn named(terminals: Vec<Number>) -> Answer<Vec<TerminalNumber>> {
    if !(1..=1000).contains(&terminals.len()) {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "no terminal is named, or too many are");
        return Err(problem.at("terminals", "expected 1 to 1000"));
    }
    let mut numbers: Vec<_> = terminals.into_iter().map(|Number(number)| number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Orders terminals to take settings, all of them or none
///
/// Each tries them, and goes back to those before where it does not work by them.
#[utoipa::path(post, path = "/settings/{version}/order", tag = "settings", security(("key" = ["admin"])),
    params(("version" = Id, Path, description = "Their number")), request_body = To,
    responses((status = 200, description = "As `host config order --json`", body = SettingsOrdered), Changing))]
async fn order(
    State(api): State<Api>,
    asker: Asker,
    At(version): At<Id>,
    Body(To { terminals }): Body<To>,
) -> Answer<Json<SettingsOrdered>> {
    let (version, terminals) = (version.get(), named(terminals)?);
    api.console.users.order_settings(asker.by(), version, &terminals).await?;
    Ok(Json(SettingsOrdered { version, terminals }))
}
