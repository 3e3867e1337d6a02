//! What a device is to install or to stop, and what it tells of that.

use axum::{
    Extension, Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;
use wire::{
    ddi::{Cancel, Chunk, Deployment, DeploymentBase, Feedback, Handling, History, ToStop},
    event,
    ticket::TerminalNumber,
};

use super::{super::terminals::Terminal, Devices, Here, base::tagged, download, error::Refused};
use crate::fleet::{
    actions::{Action, Event, State as Stands},
    artifacts::Kind,
};

/// The parts of a path that only the door reads.
pub(super) type OfAction = Path<(String, String, String)>;

/// How much a device wants to hear of what it said before; below zero, all.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "actionHistory", default)]
    history: i64,
}

/// The action that an address names, where it stands as the address is for.
pub(super) async fn action_of(
    devices: &Devices,
    terminal: TerminalNumber,
    path: OfAction,
    is_for: impl Fn(&Stands) -> bool,
) -> Result<Action, Refused> {
    let action = devices.fleet.action(terminal, id_of(path)?).await?;
    if is_for(&action.state) { Ok(action) } else { Err(Refused::not_found()) }
}

/// The id of the action that an address names.
pub(super) fn id_of(Path((_, _, id)): OfAction) -> Result<u64, Refused> {
    // The databases count with a sign.
    let id: i64 = id.parse().map_err(|_| Refused::not_found())?;
    u64::try_from(id).map_err(|_| Refused::not_found())
}

/// A number that changes with what is to be installed, as Java hashes: some clients read it, none compares it with anything.
pub(super) fn code(action: &Action) -> i32 {
    let hash = event::hash(format!("{} {}", action.id, action.artifact.sha256).as_bytes());
    i32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// GET `/deploymentBase/{action}`
pub(super) async fn to_do(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(here): Extension<Here>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    path: OfAction,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let is_for = |state: &Stands| !matches!(state, Stands::ToBeConfirmed | Stands::ToStop | Stands::Cancelled);
    let action = action_of(&devices, terminal, path, is_for).await?;
    shown(&devices, &here, &action, &wanted?.0, &headers).await
}

/// GET `/installedBase/{action}`
pub(super) async fn installed(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(here): Extension<Here>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    path: OfAction,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let action = action_of(&devices, terminal, path, |state| *state == Stands::Finished).await?;
    shown(&devices, &here, &action, &wanted?.0, &headers).await
}

async fn shown(
    devices: &Devices,
    here: &Here,
    action: &Action,
    wanted: &Wanted,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let history = history(devices, action, wanted).await?;
    Ok(tagged(headers, &DeploymentBase { id: action.id.to_string(), deployment: deployment(here, action), history }))
}

/// What a device told of an action, as much of it as it wants to hear.
pub(super) async fn history(devices: &Devices, action: &Action, wanted: &Wanted) -> Result<Option<History>, Refused> {
    let at_most = match wanted.history {
        0 => return Ok(None),
        some => usize::try_from(some).unwrap_or(usize::MAX),
    };
    let told =
        devices.fleet.told_of(action.id).await?.into_iter().flat_map(|told| told.status.details.into_iter().rev());
    Ok(Some(History { status: action.state.name().to_uppercase(), messages: told.take(at_most).collect() }))
}

/// What is to be installed: always one part with one file, which is what the well-known clients take.
pub(super) fn deployment(here: &Here, action: &Action) -> Deployment {
    let artifact = &action.artifact;
    let part = match artifact.kind {
        Kind::RaucBundle | Kind::Swu => "os",
        Kind::File => "application",
    };
    let chunk = Chunk {
        part: part.to_owned(),
        version: artifact.version.to_string(),
        name: artifact.name.to_string(),
        artifacts: vec![download::described(here, artifact)],
    };
    Deployment { download: Handling::Forced, update: Handling::Forced, chunks: vec![chunk] }
}

/// POST `/deploymentBase/{action}/feedback`
pub(super) async fn feedback(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    path: OfAction,
    body: Result<Json<Feedback>, JsonRejection>,
) -> Result<(), Refused> {
    told(&devices, terminal, path, body, Event::Feedback).await
}

/// POST `/cancelAction/{action}/feedback`
pub(super) async fn stop_feedback(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    path: OfAction,
    body: Result<Json<Feedback>, JsonRejection>,
) -> Result<(), Refused> {
    told(&devices, terminal, path, body, Event::CancelFeedback).await
}

async fn told(
    devices: &Devices,
    terminal: TerminalNumber,
    path: OfAction,
    body: Result<Json<Feedback>, JsonRejection>,
    event: impl FnOnce(wire::ddi::Status) -> Event,
) -> Result<(), Refused> {
    let (id, Json(told)) = (id_of(path)?, body?);
    Ok(devices.fleet.hear_of_action(terminal, id, event(told.status)).await?)
}

/// GET `/cancelAction/{action}`
pub(super) async fn to_stop(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    path: OfAction,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let action = action_of(&devices, terminal, path, |state| *state == Stands::ToStop).await?;
    let id = action.id.to_string();
    Ok(tagged(&headers, &Cancel { id: id.clone(), cancel: ToStop { id } }))
}
