//! What terminals and the public page are answered in place of what they asked for; mapped in this one place.
//!
//! Invariant: an answer names no row, no path and no words of anybody; what the database said goes to the log.

use std::time::Duration;

use axum::{
    Json,
    extract::rejection::{BytesRejection, FailedToBufferBody, JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    county::{self, UploadRefused},
    fleet,
};

/// An answer that is not a success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Body<'a> {
    /// For programs.
    error: &'a str,
    /// For whoever reads the log of the other side.
    message: &'a str,
}

impl ApiError {
    /// Makes one.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// Other bytes lie under the id.
    pub(super) fn other_bytes() -> Self {
        let message = "other bytes were taken under this id; both are kept and shown";
        Self::new(StatusCode::CONFLICT, "other_bytes", message)
    }

    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain = format!("{chain}: {cause}");
            source = cause.source();
        }
        tracing::error!(error = chain, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the host can't answer; its log says why")
    }
}

/// Source: tus 1.0.0, "Checksum".
fn checksum_mismatch() -> StatusCode {
    StatusCode::from_u16(460).expect("invariant: three digits are a status")
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(Body { error: self.code, message: &self.message });
        let mut response = (self.status, body).into_response();
        if let Some(wait) = self.retry_after {
            // Rounded up: who comes back a moment early would be refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl From<county::Error> for ApiError {
    fn from(error: county::Error) -> Self {
        match error {
            county::Error::TooMany { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many tries")
            },
            county::Error::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "no such thing"),
            county::Error::NotAllowed => Self::new(StatusCode::FORBIDDEN, "not_allowed", "not allowed"),
            county::Error::Input(sentence) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "input", sentence),
            county::Error::Step(refused) => Self::new(StatusCode::CONFLICT, "step", refused.to_string()),
            county::Error::Intake(refused) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_an_event", refused.to_string())
            }
            county::Error::Upload(refused) => {
                let (status, code) = match refused {
                    UploadRefused::Length => (StatusCode::PAYLOAD_TOO_LARGE, "length"),
                    UploadRefused::Offset { .. } => (StatusCode::CONFLICT, "offset"),
                    UploadRefused::More => (StatusCode::PAYLOAD_TOO_LARGE, "more"),
                    UploadRefused::Digest => (checksum_mismatch(), "digest"),
                };
                Self::new(status, code, refused.to_string())
            }
            county::Error::Phone(refused) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "phone", refused.to_string()),
            county::Error::Store(error) => Self::internal(&error),
        }
    }
}

impl From<fleet::Error> for ApiError {
    fn from(error: fleet::Error) -> Self {
        let message = error.to_string();
        match error {
            fleet::Error::Refused => Self::new(StatusCode::FORBIDDEN, "token", message),
            fleet::Error::Revoked(_) => Self::new(StatusCode::FORBIDDEN, "revoked", message),
            fleet::Error::Replaced(_) => Self::new(StatusCode::FORBIDDEN, "replaced", message),
            fleet::Error::Ca(crate::ca::CaError::Request(_)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request", message)
            }
            fleet::Error::Clock(_) => {
                tracing::error!(message);
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "clock", message)
            }
            fleet::Error::Unknown(_) => Self::new(StatusCode::NOT_FOUND, "not_found", message),
            fleet::Error::Quiet => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "quiet", message),
            fleet::Error::Group(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "group", message),
            fleet::Error::Site(_) | fleet::Error::List(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "site", message)
            }
            fleet::Error::Certified(_) => Self::new(StatusCode::CONFLICT, "certified", message),
            fleet::Error::Taken(_) | fleet::Error::NoNumber | fleet::Error::Generations(_) => {
                Self::new(StatusCode::CONFLICT, "number", message)
            }
            fleet::Error::Ca(error) => Self::internal(&error),
            fleet::Error::Revocations(error) => Self::from(error),
            fleet::Error::Store(error) => Self::internal(&error),
        }
    }
}

impl From<fleet::RevokedFileError> for ApiError {
    fn from(error: fleet::RevokedFileError) -> Self {
        tracing::error!(%error, "the list of revoked terminals can't be read: every terminal is refused");
        Self {
            retry_after: Some(Duration::from_secs(60)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "revocations", "revocations can't be checked at present")
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "json", "expected the JSON that this route takes")
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        let most = wire::event::LARGEST_EVENT_MAX;
        let message = format!("expected an event of at most {most} bytes, whole");
        // 422 ends an event for good, so it is said only of what comes out the same however often it is sent.
        if matches!(rejection, BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_))) {
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_an_event", message)
        } else {
            Self::new(StatusCode::BAD_REQUEST, "broken_off", message)
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "id", "expected an id or a number in the address")
    }
}

impl From<QueryRejection> for ApiError {
    fn from(_: QueryRejection) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "query", "expected after=NUMBER")
    }
}
