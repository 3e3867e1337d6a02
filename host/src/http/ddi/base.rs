//! What a device asks again and again, and what it says of itself.

use axum::{
    Extension, Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use wire::{
    ddi::{AssignedVersion, Config, ConfigData, ControllerBase, Links, Polling},
    event, hex,
};

use super::{
    super::{ranges::Asked, terminals::Terminal},
    Devices, Here, deployment,
    error::Refused,
};
use crate::fleet::actions::State as Action;

/// When devices are to ask again: as often as terminals report.
const SLEEP: &str = "00:05:00";

const HAL: HeaderValue = HeaderValue::from_static("application/hal+json");

/// GET `/`
pub(super) async fn poll(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(here): Extension<Here>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let todo = devices.fleet.todo(terminal).await?;
    let mut links = Links::new();
    if let Some(action) = &todo.action {
        let id = action.id;
        let (relation, address) = match action.state {
            Action::ToBeConfirmed => ("confirmationBase", format!("confirmationBase/{id}")),
            Action::ToStop => ("cancelAction", format!("cancelAction/{id}")),
            _ => ("deploymentBase", format!("deploymentBase/{id}?c={}", deployment::code(action))),
        };
        links.insert(relation.to_owned(), here.link(&address));
    }
    if let Some(id) = todo.installed {
        links.insert("installedBase".to_owned(), here.link(&format!("installedBase/{id}")));
    }
    if todo.unknown {
        links.insert("configData".to_owned(), here.link("configData"));
    }
    let config = Config { polling: Polling { sleep: SLEEP.to_owned() } };
    Ok(tagged(&headers, &ControllerBase { config, links }))
}

/// An answer under a tag of its bytes, or that it is the one they have.
pub(super) fn tagged(headers: &HeaderMap, answer: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(answer).expect("invariant: answers are always JSON");
    let digits = hex(&event::hash(&body)[..16]);
    let tag = format!("\"{digits}\"");
    let is_known = Asked::by(headers, Some(&tag), 0) == Asked::Same;
    // In place of what bytes are called by themselves: there is one type.
    let told = [(header::CONTENT_TYPE, HAL), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    let (status, body) = if is_known { (StatusCode::NOT_MODIFIED, Vec::new()) } else { (StatusCode::OK, body) };
    (status, [(header::ETAG, tag)], told, body).into_response()
}

/// PUT `/configData`
pub(super) async fn attributes(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    body: Result<Json<ConfigData>, JsonRejection>,
) -> Result<(), Refused> {
    let Json(said) = body?;
    Ok(devices.fleet.take_attributes(terminal, said).await?)
}

/// PUT `/installedBase`
pub(super) async fn runs(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    body: Result<Json<AssignedVersion>, JsonRejection>,
) -> Result<(), Refused> {
    let Json(said) = body?;
    Ok(devices.fleet.take_installed(terminal, said).await?)
}
