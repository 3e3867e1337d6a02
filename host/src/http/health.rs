//! What a terminal tells of itself, and the settings that it is to have.

use axum::{
    Extension, Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::Deserialize as _;
use serde_json::Value;
use wire::{
    health::{Report, Taken},
    settings::Ordered,
};

use super::{
    error::ApiError,
    terminals::{Enrolments, Terminal},
};

/// POST `/v1/health`; kept as it came, so that nothing is lost that only a newer host understands.
///
/// # Errors
/// 422 for what is no report, or another terminal's than the certificate's.
pub async fn take(
    State(enrolments): State<Enrolments>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Taken>, ApiError> {
    let Json(body) = body?;
    let report = Report::deserialize(&body).map_err(|problem| {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "report", format!("expected a health report: {problem}"))
    })?;
    if report.terminal != terminal {
        let message = format!("expected the report of terminal {terminal}, whose certificate was shown");
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "terminal", message));
    }
    Ok(Json(enrolments.fleet.take_health(&report, &body.to_string()).await?))
}

/// GET `/v1/settings`
///
/// # Errors
/// 404 where it is to have its own alone.
pub async fn settings(
    State(enrolments): State<Enrolments>,
    Extension(Terminal(terminal)): Extension<Terminal>,
) -> Result<Json<Ordered>, ApiError> {
    let ordered = enrolments.fleet.ordered(terminal).await?;
    let none = || ApiError::new(StatusCode::NOT_FOUND, "not_found", "no settings are ordered for this terminal");
    ordered.map(Json).ok_or_else(none)
}
