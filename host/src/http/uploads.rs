//! Uploads by tus 1.0.0, with its extensions creation, expiration and termination. The contract is [`wire::intake`].
//!
//! Invariants: an offset is said only of what is on the disk; what came of a piece is kept even where the connection
//! broke, or the request took too long, in the middle of it. No more of a request is held in memory than its upload has
//! room for. Source: <https://tus.io/protocols/resumable-upload>.

use std::{future::poll_fn, time::Duration};

use axum::{
    Extension, Json, Router,
    body::{Body, HttpBody},
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::fmt::rfc2822::DateTimePrinter;
use uuid::Uuid;
use wire::{
    event::LARGEST_EVENT_MAX,
    intake::{Accepted, TUS_VERSION},
    ticket::TerminalNumber,
};

use super::{
    error::ApiError,
    pace::{Deadline, Pace},
    terminals::Terminal,
};
use crate::county::{
    County, UploadRefused,
    intake::Intake,
    uploads::{Begun, Grown, Standing},
};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// The one type that pieces have.
const PIECE: &str = "application/offset+octet-stream";

/// What came of a piece by then is kept. Shorter than what any request may take.
const RECEIVING: Pace = Pace::all_within(Duration::from_secs(20));

type Answer = Result<Response, ApiError>;

/// The routes below `/intake/v1`.
pub fn routes() -> Router<County> {
    Router::new().route("/uploads", any(collection)).route("/uploads/{id}", any(one)).layer(from_fn(versioned))
}

/// Speaks one version, and says so with every answer.
async fn versioned(request: Request, next: Next) -> Response {
    let spoken = request.headers().get(RESUMABLE);
    let mut response = if request.method() == Method::OPTIONS || spoken.is_some_and(|v| v == TUS_VERSION) {
        next.run(request).await
    } else {
        let versions = [("tus-version", TUS_VERSION)];
        let refused = ApiError::new(StatusCode::PRECONDITION_FAILED, "version", "expected Tus-Resumable: 1.0.0");
        (versions, refused).into_response()
    };
    response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(TUS_VERSION));
    response
}

/// What is meant, also by whoever can't say PATCH or DELETE.
fn method(request: &Request) -> Method {
    let said = request.headers().get(OVERRIDE).and_then(|value| Method::from_bytes(value.as_bytes()).ok());
    said.unwrap_or_else(|| request.method().clone())
}

fn not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method", "not a method of this address")
}

/// `/intake/v1/uploads`
async fn collection(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    request: Request,
) -> Answer {
    match method(&request) {
        Method::POST => create(&county, from, request.headers()).await,
        Method::OPTIONS => {
            let told = [
                ("tus-version", TUS_VERSION.to_owned()),
                ("tus-extension", "creation,expiration,termination".to_owned()),
                ("tus-max-size", LARGEST_EVENT_MAX.to_string()),
            ];
            Ok((StatusCode::NO_CONTENT, told).into_response())
        }
        _ => Err(not_allowed()),
    }
}

/// `/intake/v1/uploads/{id}`
async fn one(
    State(county): State<County>,
    Extension(Terminal(from)): Extension<Terminal>,
    id: Result<Path<Uuid>, PathRejection>,
    request: Request,
) -> Answer {
    let Path(id) = id?;
    match method(&request) {
        Method::HEAD => {
            let standing = county.upload(from, id).await?;
            let fixed = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            let metadata = Metadata { id, sha256: standing.sha256 }.written();
            let whole = [(LENGTH, standing.length.to_string()), (METADATA, metadata)];
            Ok((StatusCode::OK, fixed, whole, told(&standing)).into_response())
        }
        Method::PATCH => {
            // Whoever breaks off takes the request with it: what has come is kept all the same.
            let receiving = tokio::spawn(patch(county, from, id, request));
            receiving.await.unwrap_or_else(|error| Err(ApiError::internal(&error)))
        }
        Method::DELETE => {
            county.end_upload(from, id).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(not_allowed()),
    }
}

/// Where an upload stands, in headers.
fn told(standing: &Standing) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(OFFSET, HeaderValue::from(standing.offset));
    let date = standing.expires.and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok());
    if let Some(date) = date.and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(EXPIRES, date);
    }
    headers
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    let digits = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, "header", format!("expected {name}, a count of bytes")))
}

async fn create(county: &County, from: TerminalNumber, headers: &HeaderMap) -> Answer {
    let length = number(headers, &LENGTH)?;
    let Metadata { id, sha256 } = metadata(headers).ok_or_else(|| {
        let message = "expected Upload-Metadata: id and the event's id as text, base64; and may be sha256, 32 bytes";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "metadata", message)
    })?;
    match county.begin_upload(from, id, length, sha256).await? {
        Begun::Held => Ok(Json(Accepted { ledger: county.ledger(), id }).into_response()),
        Begun::Other => Err(ApiError::other_bytes()),
        Begun::At(standing) => {
            let place = [(header::LOCATION, format!("/intake/v1/uploads/{id}"))];
            Ok((StatusCode::CREATED, place, told(&standing)).into_response())
        }
    }
}

/// What a terminal says of an event before it sends it.
struct Metadata {
    id: Uuid,
    sha256: Option<[u8; 32]>,
}

impl Metadata {
    /// As the terminal said it.
    fn written(&self) -> String {
        let id = format!("id {}", STANDARD.encode(self.id.to_string()));
        match self.sha256 {
            Some(sha256) => format!("{id},sha256 {}", STANDARD.encode(sha256)),
            None => id,
        }
    }
}

/// Reads `Upload-Metadata`: pairs of a key and a base64 value; other keys are whoever's.
fn metadata(headers: &HeaderMap) -> Option<Metadata> {
    let text = headers.get(METADATA)?.to_str().ok()?;
    let (mut id, mut sha256) = (None, None);
    for pair in text.split(',') {
        let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = STANDARD.decode(value.trim()).ok()?;
        match key {
            "id" if id.is_none() => id = Some(std::str::from_utf8(&value).ok()?.parse().ok()?),
            "sha256" if sha256.is_none() => sha256 = Some(value.try_into().ok()?),
            "id" | "sha256" => return None,
            _ => {}
        }
    }
    Some(Metadata { id: id?, sha256 })
}

async fn patch(county: County, from: TerminalNumber, id: Uuid, request: Request) -> Answer {
    let headers = request.headers();
    if headers.get(header::CONTENT_TYPE).is_none_or(|mime| mime != PIECE) {
        let message = format!("expected Content-Type: {PIECE}");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "type", message));
    }
    let offset = number(headers, &OFFSET)?;
    let standing = county.upload(from, id).await?;
    if offset != standing.offset {
        return Err(county_error(UploadRefused::Offset { expected: standing.offset }));
    }
    let room = usize::try_from(standing.length - standing.offset).unwrap_or(usize::MAX);
    let (bytes, end) = receive(request.into_body(), room, RECEIVING).await;
    if end == End::TooMuch {
        return Err(county_error(UploadRefused::More));
    }
    match county.grow_upload(from, id, offset, &bytes).await? {
        Grown::Taken { intake: Intake::Other, .. } => {
            tracing::error!(event.id = %id, terminal = %from, "other bytes under a known id");
            Err(ApiError::other_bytes())
        }
        Grown::Taken { length, .. } => {
            Ok((StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(length))]).into_response())
        }
        Grown::At(standing) if end == End::Whole => Ok((StatusCode::NO_CONTENT, told(&standing)).into_response()),
        Grown::At(_) => {
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "broken_off", "the piece did not come whole; ask with HEAD"))
        }
    }
}

fn county_error(refused: UploadRefused) -> ApiError {
    ApiError::from(crate::county::Error::from(refused))
}

/// How a piece, or a photo, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// The connection broke, or it took too long.
    BrokeOff,
    /// There were more bytes than there is room for.
    TooMuch,
}

/// All that comes of a piece, of at most `room` bytes, at this pace.
pub(super) async fn receive(mut body: Body, room: usize, pace: Pace) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    let mut too_late = Deadline::new(pace);
    loop {
        let frame = tokio::select! {
            frame = poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)) => frame,
            () = &mut too_late => return (bytes, End::BrokeOff),
        };
        match frame {
            None => return (bytes, End::Whole),
            Some(Err(_)) => return (bytes, End::BrokeOff),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                if data.len() > room - bytes.len() {
                    return (Vec::new(), End::TooMuch);
                }
                bytes.extend_from_slice(&data);
                too_late.came(data.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<(Uuid, bool)> {
        let headers = HeaderMap::from_iter([(METADATA, HeaderValue::from_str(value).unwrap())]);
        metadata(&headers).map(|read| (read.id, read.sha256.is_some()))
    }

    #[test]
    fn metadata_names_the_event_and_what_is_rubbish_names_none() {
        let id = Uuid::from_u128(7);
        let (name, hash) = (STANDARD.encode(id.to_string()), STANDARD.encode([7; 32]));
        assert_eq!(read(&format!("id {name}")), Some((id, false)));
        assert_eq!(read(&format!("filename eA==,id {name}, sha256 {hash},last")), Some((id, true)));
        for rubbish in [
            String::new(),
            "id".into(),
            "id !!".into(),
            format!("id {}", STANDARD.encode("17")),
            format!("id {}", STANDARD.encode([0xff, 0xfe])),
            format!("id {name},id {name}"),
            format!("id {name},sha256 {}", STANDARD.encode("short")),
            format!("name {name}"),
        ] {
            assert_eq!(read(&rubbish), None, "{rubbish:?}");
        }
    }

    /// Comes for ever, if slowly.
    struct Endless(tokio::time::Interval);

    impl futures_core::Stream for Endless {
        type Item = Result<Vec<u8>, std::io::Error>;

        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            self.0.poll_tick(context).map(|_| Some(Ok(vec![7])))
        }
    }

    #[tokio::test]
    async fn whoever_dribbles_breaks_off_with_a_pace_and_without() {
        let time = Duration::from_millis(50);
        for pace in [Pace::all_within(time), Pace { bytes: 1, within: time, most: 3 * time }] {
            let dribbling = Endless(tokio::time::interval(Duration::from_millis(5)));
            let (bytes, end) = receive(Body::from_stream(dribbling), 1000, pace).await;
            assert!(end == End::BrokeOff && !bytes.is_empty() && bytes.iter().all(|byte| *byte == 7), "{pace:?}");
        }
    }

    #[tokio::test]
    async fn a_piece_of_more_bytes_than_there_is_room_for_leaves_nothing_in_memory() {
        assert_eq!(receive(Body::from("12345"), 5, RECEIVING).await, (b"12345".to_vec(), End::Whole));
        assert_eq!(receive(Body::from("123456"), 5, RECEIVING).await, (vec![], End::TooMuch));
    }
}
