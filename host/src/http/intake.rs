//! The intake: what terminals bring, and what they take home. The contract is [`wire::intake`].
//!
//! Invariants: 201 and 200 are said only after the bytes are on the disk; every answer carries the ledger id; who sends
//! is who the certificate names, whatever a body says.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{
        Path, Query, State,
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use wire::intake::{Accepted, CONTENT_DIGEST, CheckIn, HandOver, HelpCall, LEDGER, Lookup, Reissue, Track};

use super::{error::ApiError, terminals::Terminal};
use crate::county::{County, intake::Intake, tracking::Asker};

type Answer<T> = Result<T, ApiError>;
type Asked<T> = Result<Json<T>, JsonRejection>;

/// Puts the ledger id on an answer, whatever it is.
pub async fn ledger(State(county): State<County>, mut response: Response) -> Response {
    let ledger = HeaderValue::from_str(&county.ledger().to_string()).expect("invariant: a UUID is a header's value");
    response.headers_mut().insert(LEDGER, ledger);
    response
}

/// PUT `/intake/v1/events/{id}`
pub async fn put_event(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    id: Result<Path<Uuid>, PathRejection>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Answer<Response> {
    let (Path(id), bytes) = (id?, bytes?);
    // A digest that isn't text is none of these bytes' digests.
    let digest = headers.get(CONTENT_DIGEST).map(|value| value.to_str().unwrap_or("unreadable"));
    let status = match county.accept(from, id, digest, &bytes).await? {
        Intake::New => StatusCode::CREATED,
        Intake::Same => StatusCode::OK,
        Intake::Other => {
            tracing::error!(event.id = %id, terminal = %from, "other bytes under a known id");
            return Err(ApiError::other_bytes());
        }
    };
    Ok((status, Json(Accepted { ledger: county.ledger(), id })).into_response())
}

/// What may stand behind the question mark.
#[derive(Debug, Deserialize)]
pub struct After {
    #[serde(default)]
    after: u64,
}

/// GET `/intake/v1/views?after=N`
pub async fn views(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    query: Result<Query<After>, QueryRejection>,
) -> Answer<Response> {
    let Query(After { after }) = query?;
    Ok(Json(county.views(from, after).await?).into_response())
}

/// GET `/intake/v1/bulletin`
pub async fn bulletin(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    headers: HeaderMap,
) -> Answer<Response> {
    let bulletin = county.bulletin(from).await?;
    // The station is part of it: a terminal that moved must not keep the other station's bulletin.
    let name = wire::event::content_digest(bulletin.station.name.as_bytes());
    let tag = format!("\"{}-{}\"", bulletin.revision, &name[9..17].replace(['/', '+', '='], "_"));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let etag = [(header::ETAG, tag)];
    if same {
        return Ok((StatusCode::NOT_MODIFIED, etag).into_response());
    }
    Ok((etag, Json(bulletin)).into_response())
}

/// POST `/intake/v1/track`
pub async fn track(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    body: Asked<Track>,
) -> Answer<Response> {
    let Json(track) = body?;
    Ok(Json(county.track(Asker::Terminal(from), &track).await?).into_response())
}

/// POST `/intake/v1/help`
pub async fn help(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    body: Asked<HelpCall>,
) -> Answer<StatusCode> {
    let Json(call) = body?;
    county.help(from, &call).await?;
    Ok(StatusCode::ACCEPTED)
}

/// GET `/intake/v1/help/{id}`
pub async fn help_state(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    id: Result<Path<Uuid>, PathRejection>,
) -> Answer<Response> {
    let Path(id) = id?;
    Ok(Json(county.help_state(from, id).await?).into_response())
}

/// POST `/intake/v1/check-in`
pub async fn check_in(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    body: Asked<CheckIn>,
) -> Answer<StatusCode> {
    let Json(check_in) = body?;
    county.check_in(from, &check_in).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// POST `/intake/v1/lookup`
pub async fn lookup(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    body: Asked<Lookup>,
) -> Answer<Response> {
    let Json(lookup) = body?;
    Ok(Json(county.lookup(from, &lookup).await?).into_response())
}

/// POST `/intake/v1/hand-over`
pub async fn hand_over(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    body: Asked<HandOver>,
) -> Answer<Response> {
    let Json(asked) = body?;
    Ok(Json(county.hand_over(from, &asked).await?).into_response())
}

/// POST `/intake/v1/reissue`
pub async fn reissue(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    body: Asked<Reissue>,
) -> Answer<Response> {
    let Json(reissue) = body?;
    Ok(Json(county.reissue(from, &reissue).await?).into_response())
}
