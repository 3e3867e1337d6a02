//! What programs are answered in place of what they asked for: `application/problem+json`, mapped in this one place.
//!
//! Invariants: every answer that is no success is one of these, whoever gives it, a layer included; what is wrong with a
//! request names the field and the rule. An answer names no row and no cause inside the program; those go to the log.
//! 400 is said of what breaks the document, 422 of what only the fleet's own rules refuse, 409 of what they would take in
//! another state. Source: RFC 9457.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response},
};

use super::wrong::wrong;
use crate::{
    county,
    fleet::{self, users::Error},
};

/// The media type of an answer that is no success.
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: the status says what kind it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// As on the answer's first line.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, for people.
    pub(super) detail: String,
    /// Which fields of the request are wrong.
    pub(super) errors: Vec<Wrong>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

/// A field of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WrongField)]
pub(super) struct Wrong {
    /// Where: a name in the address or in the query, or a path in the JSON, such as `waves[0].percent`.
    pub(super) field: String,
    /// What should stand there.
    pub(super) rule: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Unknown"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// With a field that is wrong.
    pub(super) fn at(mut self, field: impl Into<String>, rule: impl Into<String>) -> Self {
        self.errors.push(Wrong { field: field.into(), rule: rule.into() });
        self
    }

    /// With another name for a field that is called so.
    pub(super) fn unless_named(mut self, unnamed: &str, name: &str) -> Self {
        for wrong in self.errors.iter_mut().filter(|wrong| wrong.field == unnamed) {
            name.clone_into(&mut wrong.field);
        }
        self
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such thing, or not for you")
    }

    /// What the county role said of a station.
    pub(super) fn of_county(error: &county::Error) -> Self {
        match error {
            county::Error::Input(sentence) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence.as_str()).at("site", sentence.as_str())
            }
            other => Self::internal(other),
        }
    }

    fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = chain(error), "the API can't answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the host can't answer; its log says why")
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM);
        if let Some(wait) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"fleet\""));
        }
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::Fleet(fleet::Error::Unknown(_)) => Self::not_found(),
            Error::NotAllowed => Self::new(StatusCode::FORBIDDEN, "your role does not let you do this"),
            Error::Wrong => Self::new(StatusCode::UNAUTHORIZED, "the key is not good"),
            Error::TooMany { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong keys came from there")
            },
            error => match wrong(&error) {
                Some((status, field, rule)) => {
                    let problem = Self::new(status, chain(&error));
                    if field.is_empty() { problem } else { problem.at(field, rule.unwrap_or_else(|| chain(&error))) }
                }
                None => Self::internal(&error),
            },
        }
    }
}

/// Says in the same form what a layer answered, which knows nothing of it.
pub(super) async fn said(response: Response) -> Response {
    let status = response.status();
    let is_said = response.headers().get(header::CONTENT_TYPE) == Some(&PROBLEM);
    if is_said || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED => "this is not done here; the header Allow says what is",
        StatusCode::PAYLOAD_TOO_LARGE => "the request is larger than is read here",
        StatusCode::SERVICE_UNAVAILABLE => "it took too long; ask again",
        _ => "the request can't be answered",
    };
    let mut other = Problem::new(status, detail).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::CONNECTION] {
        if let Some(value) = response.headers().get(&name) {
            other.headers_mut().insert(name, value.clone());
        }
    }
    other
}

fn described(statuses: &[(u16, &str)]) -> BTreeMap<String, RefOr<response::Response>> {
    let of = |(status, what): &(u16, &str)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(*what).content("application/problem+json", content).build();
        (status.to_string(), RefOr::T(response))
    };
    statuses.iter().map(of).collect()
}

/// What may be answered to whoever reads.
const OF_READING: [(u16, &str); 7] = [
    (400, "The request breaks this document; field and rule are named"),
    (401, "No key, or one that is not good"),
    (403, "The role does not let its owner do this"),
    (404, "There is no such thing, or not within the key's scope"),
    (429, "Too many wrong keys came from this address; the header Retry-After says when to come back"),
    (500, "The host can't answer; its log says why"),
    (503, "It took too long"),
];

/// What may be answered to whoever changes something, besides.
const OF_CHANGING: [(u16, &str); 4] = [
    (409, "Not in the state that it is in"),
    (413, "Larger than is read here, or than there is room for"),
    (415, "Another media type than is read here"),
    (422, "A rule of the fleet refuses it; field and rule are named"),
];

/// The problems of a route that reads.
pub(super) struct Reading;

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        described(&OF_READING)
    }
}

/// The problems of a route that changes something.
pub(super) struct Changing;

impl IntoResponses for Changing {
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        let mut all = described(&OF_READING);
        all.extend(described(&OF_CHANGING));
        all
    }
}
