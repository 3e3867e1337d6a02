//! What devices are answered in place of what they asked for, in the shape of their contract.

use axum::{
    Json,
    extract::rejection::{JsonRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use wire::ddi::ExceptionInfo;

use super::super::error::ApiError;
use crate::fleet::{
    self, NotSaid,
    actions::{NotDone, NotTaken},
    artifacts,
};

/// An answer that is not a success.
#[derive(Debug)]
pub(super) enum Refused {
    /// By the contract.
    Said(StatusCode, &'static str, String),
    /// As terminals are answered everywhere.
    Api(ApiError),
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::Said(status, code, message.into())
    }

    /// There is no such thing, or not for this device.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "hawkbit.server.error.repo.entitiyNotFound", "no such thing for this device")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Said(status, code, message) => (status, code, message),
            Self::Api(error) => return error.into_response(),
        };
        (status, Json(ExceptionInfo { code: code.to_owned(), message })).into_response()
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<fleet::Error> for Refused {
    fn from(error: fleet::Error) -> Self {
        Self::Api(error.into())
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        // The contract knows no 422.
        let status = match rejection.status() {
            status @ (StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::PAYLOAD_TOO_LARGE) => status,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, "hawkbit.server.error.rest.body.notReadable", rejection.body_text())
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "hawkbit.server.error.rest.param.invalid", rejection.body_text())
    }
}

/// Says in the shape of the contract what a layer or the routes themselves answered, which know nothing of it.
pub(super) async fn said(response: Response) -> Response {
    let status = response.status();
    let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/");
    let is_said = response.headers().get(header::CONTENT_TYPE).is_some_and(is_json);
    if is_said || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let message = status.canonical_reason().unwrap_or_default().to_lowercase();
    let mut other = Refused::new(status, "hawkbit.server.error.request", message).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::CONTENT_RANGE, header::ETAG] {
        if let Some(value) = response.headers().get(&name) {
            other.headers_mut().insert(name, value.clone());
        }
    }
    other
}

impl From<NotDone> for Refused {
    fn from(problem: NotDone) -> Self {
        match problem {
            NotDone::Unknown(..) => Self::not_found(),
            NotDone::NotTaken(NotTaken::Over) => {
                Self::new(StatusCode::GONE, "hawkbit.server.error.noneActive", problem.to_string())
            }
            NotDone::NotTaken(NotTaken::State) => {
                Self::new(StatusCode::NOT_FOUND, "hawkbit.server.error.repo.entitiyNotFound", problem.to_string())
            }
            NotDone::Fleet(error) => error.into(),
            other => Self::new(StatusCode::CONFLICT, "hawkbit.server.error.conflict", other.to_string()),
        }
    }
}

impl From<NotSaid> for Refused {
    fn from(problem: NotSaid) -> Self {
        let (status, code) = match problem {
            NotSaid::Fleet(error) => return error.into(),
            NotSaid::Attributes | NotSaid::Version => {
                (StatusCode::BAD_REQUEST, "hawkbit.server.error.repo.constraintViolation")
            }
            NotSaid::AlreadyOn | NotSaid::AlreadyOff => {
                (StatusCode::CONFLICT, "hawkbit.server.error.repo.autoConfirmationAlreadyActive")
            }
        };
        Self::new(status, code, problem.to_string())
    }
}

impl From<artifacts::Error> for Refused {
    fn from(problem: artifacts::Error) -> Self {
        Self::Api(ApiError::internal(&problem))
    }
}
