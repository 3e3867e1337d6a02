//! Files that terminals can be given: taken in as they come, released, withdrawn.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Json,
    body::{Body as Bytes, HttpBody},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::io::{AsyncRead, ReadBuf};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer, Api, Asker,
    input::{Asked, At, Body, Id, parsed},
    problem::{Changing, Problem, Reading},
};
use crate::{
    fleet::artifacts::{Artifact, Kind, Label, New},
    http::pace::{Deadline, Pace},
};

/// A county's line at its worst: 8 kbit/s, and a bundle of 2 GB at 1 Mbit/s, which is five hours.
const PACE: Pace = Pace { bytes: 64 * 1024, within: Duration::from_secs(60), most: Duration::from_secs(12 * 3600) };

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(withdraw))
}

/// What reads all of a bundle before it answers.
pub(super) fn checked() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(release))
}

/// What takes as long as its bytes keep coming.
pub(super) fn taken_in() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(add))
}

/// Every artifact, in the order in which they came
#[utoipa::path(get, path = "/artifacts", tag = "artifacts", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host artifact list --json`", body = Vec<Artifact>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<Artifact>>> {
    Ok(Json(api.console.users.artifact_list(asker.by(), &api.console.artifacts).await?))
}

/// One artifact
#[utoipa::path(get, path = "/artifacts/{id}", tag = "artifacts", security(("key" = ["viewer"])),
    params(("id" = Id, Path, description = "Its id")),
    responses((status = 200, description = "As `host artifact show --json`", body = Artifact), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(id): At<Id>) -> Answer<Json<Artifact>> {
    Ok(Json(api.console.users.one_artifact(asker.by(), &api.console.artifacts, id.fitting()).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Called {
    /// The same for all its versions.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = Label)]
    name: Label,
    /// Ordered as deb-version(7) orders them.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = Label)]
    version: Label,
    /// What it is.
    #[serde(default = "file")]
    #[param(required = false)]
    kind: Kind,
}

fn file() -> Kind {
    Kind::File
}

/// Takes a file in as a draft
///
/// The body is the file, with its Content-Length; it may have as many bytes as there is room for. The same bytes under the same
/// name and version again are the artifact that is there.
#[utoipa::path(post, path = "/artifacts", tag = "artifacts", params(Called), security(("key" = ["admin"])),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses((status = 201, description = "The draft, or the artifact that is there", body = Artifact),
        (status = 408, description = "The bytes did not keep coming", body = Problem,
            content_type = "application/problem+json"),
        (status = 411, description = "Without a Content-Length", body = Problem,
            content_type = "application/problem+json"), Changing))]
async fn add(
    State(api): State<Api>,
    asker: Asker,
    Asked(Called { name, version, kind }): Asked<Called>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media.split(';').next().map(str::trim) != Some("application/octet-stream") {
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected the bytes of a file");
        return Err(problem.at("Content-Type", "application/octet-stream"));
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let Some(length) = length else {
        let problem = Problem::new(StatusCode::LENGTH_REQUIRED, "how many bytes are to come is not said");
        return Err(problem.at("Content-Length", "bytes of the file"));
    };
    let coming = Coming { body, left: axum::body::Bytes::new(), deadline: Deadline::new(PACE) };
    let new = New { name, version, kind };
    let artifacts = &api.console.artifacts;
    let added = api.console.users.add_artifact(asker.by(), artifacts, new, (coming, length.into())).await?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

/// How a draft is released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseOfDraft)]
struct Release {
    /// Though a version that is as high or higher was released.
    #[serde(default)]
    lower: bool,
}

/// Lets terminals be given a draft
///
/// A RAUC bundle is checked first, which takes minutes.
#[utoipa::path(post, path = "/artifacts/{id}/release", tag = "artifacts", security(("key" = ["admin"])),
    params(("id" = Id, Path, description = "Its id")), request_body = Release,
    responses((status = 200, description = "The artifact", body = Artifact), Changing))]
async fn release(
    State(api): State<Api>,
    asker: Asker,
    At(id): At<Id>,
    Body(Release { lower }): Body<Release>,
) -> Answer<Json<Artifact>> {
    let artifacts = &api.console.artifacts;
    Ok(Json(api.console.users.release_artifact(asker.by(), artifacts, id.fitting(), lower).await?))
}

/// Lets nobody be given it any more, for good: rollouts of it are aborted
#[utoipa::path(post, path = "/artifacts/{id}/withdraw", tag = "artifacts", security(("key" = ["admin"])),
    params(("id" = Id, Path, description = "Its id")),
    responses((status = 200, description = "The artifact", body = Artifact), Changing))]
async fn withdraw(State(api): State<Api>, asker: Asker, At(id): At<Id>) -> Answer<Json<Artifact>> {
    Ok(Json(api.console.users.withdraw_artifact(asker.by(), &api.console.artifacts, id.fitting()).await?))
}

/// A file as it comes, for as long as it keeps coming.
struct Coming {
    body: Bytes,
    left: axum::body::Bytes,
    deadline: Deadline,
}

impl AsyncRead for Coming {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.left.is_empty() {
            if Pin::new(&mut self.deadline).poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.deadline.came(data.len());
                        self.left = data;
                    }
                }
            }
        }
        let count = self.left.len().min(into.remaining());
        into.put_slice(&self.left.split_to(count));
        Poll::Ready(Ok(()))
    }
}
