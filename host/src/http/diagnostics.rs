//! What is asked of terminals from afar, as they fetch it, and what they say came of it.
//!
//! | method, path | answer |
//! |---|---|
//! | GET `/v1/diagnostics` | 200 the oldest request that waits, signed; 404 none does |
//! | PUT `/v1/diagnostics/{number}` | 204 the outcome is on the disk; 404 no such request; 409 another one was told before |

use axum::{
    Extension, Json, Router,
    extract::{
        DefaultBodyLimit, Path, State,
        rejection::{JsonRejection, PathRejection},
    },
    http::StatusCode,
    routing::{get, put},
};
use wire::diagnostics::{OUTCOME_MAX, Outcome, PATH, SignedRequest};

use super::{
    error::ApiError,
    terminals::{Enrolments, Terminal},
};
use crate::fleet::diagnostics::NotAsked;

/// The routes; who asks is judged before.
pub(super) fn routes() -> Router<Enrolments> {
    Router::new()
        .route(PATH, get(next))
        .route(&format!("{PATH}/{{number}}"), put(take))
        .layer(DefaultBodyLimit::max(OUTCOME_MAX))
}

async fn next(
    State(enrolments): State<Enrolments>,
    Extension(Terminal(terminal)): Extension<Terminal>,
) -> Result<Json<SignedRequest>, ApiError> {
    let request = enrolments.fleet.request_for(terminal, &enrolments.asks).await?;
    let none = || ApiError::new(StatusCode::NOT_FOUND, "not_found", "nothing is asked of this terminal");
    request.map(Json).ok_or_else(none)
}

async fn take(
    State(enrolments): State<Enrolments>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    number: Result<Path<u64>, PathRejection>,
    body: Result<Json<Outcome>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let (Path(number), Json(outcome)) = (number?, body?);
    if outcome.number != number {
        let message = "number: expected that of the address";
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "number", message));
    }
    enrolments.fleet.take_outcome(terminal, &outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<NotAsked> for ApiError {
    fn from(problem: NotAsked) -> Self {
        let message = problem.to_string();
        match problem {
            NotAsked::Unknown(_) => Self::new(StatusCode::NOT_FOUND, "not_found", message),
            NotAsked::Told(_) | NotAsked::Over(_) | NotAsked::Waits(..) => {
                Self::new(StatusCode::CONFLICT, "told", message)
            }
            NotAsked::Hours => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "hours", message),
            NotAsked::Outcome { field, .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, field, message),
            NotAsked::Fleet(problem) => problem.into(),
        }
    }
}
