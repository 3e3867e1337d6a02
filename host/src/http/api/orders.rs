//! Orders of artifacts to terminals, and what came of them.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer, Api, Asker,
    input::{Asked, At, Body, Id, Number},
    problem::{Changing, Reading},
    settings::named,
};
use crate::fleet::views::{self, ActionView, OrderedView};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(order)).routes(routes!(of_terminal)).routes(routes!(cancel))
}

/// What is ordered to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOrder {
    /// The artifact's id; it has to be released.
    artifact: Id,
    /// Terminals.
    #[schema(min_items = 1, max_items = 1000)]
    terminals: Vec<Number>,
    /// Somebody at the device is to say yes first, where it knows how to ask.
    #[serde(default)]
    confirmed: bool,
}

/// Orders a released artifact to terminals, all of them or none; what one has not begun yet gives way
#[utoipa::path(post, path = "/actions", tag = "orders", security(("key" = ["admin"])), request_body = NewOrder,
    responses((status = 201, description = "As `host action order --json`", body = Vec<OrderedView>), Changing))]
async fn order(State(api): State<Api>, asker: Asker, Body(new): Body<NewOrder>) -> Answer<Response> {
    let NewOrder { artifact, terminals, confirmed } = new;
    let (artifact, terminals) = (artifact.fitting::<i64>(), named(terminals)?);
    let actions = api.console.users.order_artifact(asker.by(), artifact, &terminals, confirmed).await?;
    Ok((StatusCode::CREATED, Json(OrderedView::all(artifact, &terminals, &actions))).into_response())
}

/// What a terminal was ordered and what it told of that, the newest first
#[utoipa::path(get, path = "/terminals/{number}/actions", tag = "orders", security(("key" = ["viewer"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "As `host action list --json`", body = Vec<ActionView>), Reading))]
async fn of_terminal(
    State(api): State<Api>,
    asker: Asker,
    At(Number(number)): At<Number>,
) -> Answer<Json<Vec<ActionView>>> {
    let all = api.console.users.actions_of(asker.by(), number).await?;
    Ok(Json(all.into_iter().map(|(action, told)| ActionView::of(&action, told)).collect()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GivingUp {
    /// Does not wait for the terminal's answer: it may install all the same.
    #[serde(default)]
    give_up: bool,
}

/// Has a terminal stop what it is at; what it has not begun is over at once
#[utoipa::path(post, path = "/terminals/{number}/actions/cancel", tag = "orders", security(("key" = ["admin"])),
    params(GivingUp, ("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "As `host action cancel --json`", body = ActionView), Changing))]
async fn cancel(
    State(api): State<Api>,
    asker: Asker,
    At(Number(number)): At<Number>,
    Asked(GivingUp { give_up }): Asked<GivingUp>,
) -> Answer<Json<ActionView>> {
    let action = api.console.users.cancel_order(asker.by(), number, give_up).await?;
    Ok(Json(ActionView::of(&action, Vec::new())))
}
