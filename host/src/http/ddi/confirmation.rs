//! Somebody at the device says whether it may install.

use axum::{
    Extension, Json,
    extract::{
        Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::HeaderMap,
    response::Response,
};
use wire::ddi::{ActivateAutoConfirm, AutoConfirm, ConfirmationAction, ConfirmationBase, ConfirmationFeedback, Links};

use super::{
    super::terminals::Terminal,
    Devices, Here,
    base::tagged,
    deployment::{OfAction, Wanted, action_of, deployment, history, id_of},
    error::Refused,
};
use crate::fleet::actions::{Event, State as Stands};

/// GET `/confirmationBase`
pub(super) async fn base(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(here): Extension<Here>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let off = AutoConfirm { active: false, initiator: None, remark: None, activated_at: None };
    let auto_confirm = devices.fleet.device(terminal).await?.auto_confirm.unwrap_or(off);
    let mut links = Links::new();
    if let Some(action) = devices.fleet.todo(terminal).await?.action
        && action.state == Stands::ToBeConfirmed
    {
        links.insert("confirmationBase".to_owned(), here.link(&format!("confirmationBase/{}", action.id)));
    }
    Ok(tagged(&headers, &ConfirmationBase { auto_confirm, links }))
}

/// GET `/confirmationBase/{action}`
pub(super) async fn to_confirm(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(here): Extension<Here>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    path: OfAction,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let action = action_of(&devices, terminal, path, |state| *state == Stands::ToBeConfirmed).await?;
    let history = history(&devices, &action, &wanted?.0).await?;
    let confirmation = deployment(&here, &action);
    Ok(tagged(&headers, &ConfirmationAction { id: action.id.to_string(), confirmation, history }))
}

/// POST `/confirmationBase/{action}/feedback`
pub(super) async fn feedback(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    path: OfAction,
    body: Result<Json<ConfirmationFeedback>, JsonRejection>,
) -> Result<(), Refused> {
    let (id, Json(told)) = (id_of(path)?, body?);
    Ok(devices.fleet.hear_of_action(terminal, id, Event::Confirmation(told.confirmation)).await?)
}

/// POST `/confirmationBase/activateAutoConfirm`
pub(super) async fn activate(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    body: Result<Option<Json<ActivateAutoConfirm>>, JsonRejection>,
) -> Result<(), Refused> {
    // Who says yes, and why, may be left out, and so may the whole body.
    let said = body?.map_or_else(ActivateAutoConfirm::default, |Json(said)| said);
    Ok(devices.fleet.auto_confirm(terminal, Some(said)).await?)
}

/// POST `/confirmationBase/deactivateAutoConfirm`
pub(super) async fn deactivate(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
) -> Result<(), Refused> {
    Ok(devices.fleet.auto_confirm(terminal, None).await?)
}
