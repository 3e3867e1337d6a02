//! The files of what a device is to install.
//!
//! Invariant: an action gives a file to a device, and nothing else does.

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use tokio_util::io::ReaderStream;
use wire::{
    ddi::{self, Hashes, Links},
    ticket::TerminalNumber,
};

use super::{
    super::{ranges::Asked, terminals::Terminal},
    Devices, Here,
    error::Refused,
};
use crate::fleet::artifacts::{Artifact, READ_AHEAD};

/// Behind a file's name, the address of its MD5.
const MD5SUM: &str = ".MD5SUM";

/// A file as a device is told of it.
pub(super) fn described(here: &Here, artifact: &Artifact) -> ddi::Artifact {
    let filename = artifact.file_name();
    let address = format!("softwaremodules/{}/artifacts/{filename}", artifact.id);
    let links: Links = [("download", address.clone()), ("md5sum", address + MD5SUM)]
        .map(|(of, at)| (of.to_owned(), here.link(&at)))
        .into();
    let Artifact { sha1, md5, sha256, size, .. } = artifact.clone();
    ddi::Artifact { filename, hashes: Hashes { sha1, md5, sha256 }, size, links }
}

async fn given(devices: &Devices, terminal: TerminalNumber, id: &str) -> Result<Option<Artifact>, Refused> {
    match id.parse() {
        Ok(id) => Ok(devices.fleet.given(terminal, id).await?),
        Err(_) => Ok(None),
    }
}

/// GET `/softwaremodules/{artifact}/artifacts`
pub(super) async fn list(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(here): Extension<Here>,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Json<Vec<ddi::Artifact>>, Refused> {
    let found = given(&devices, terminal, &id).await?;
    Ok(Json(found.iter().map(|artifact| described(&here, artifact)).collect()))
}

/// GET `/softwaremodules/{artifact}/artifacts/{file}`, and with `.MD5SUM` behind it
pub(super) async fn file(
    State(devices): State<Devices>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Path((_, _, id, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let artifact = given(&devices, terminal, &id).await?.ok_or_else(Refused::not_found)?;
    let name = artifact.file_name();
    if file == format!("{name}{MD5SUM}") {
        return Ok(format!("{}  {name}", artifact.md5).into_response());
    }
    if file != name {
        return Err(Refused::not_found());
    }
    let tag = format!("\"{}\"", artifact.sha256);
    let asked = Asked::by(&headers, Some(&tag), artifact.size);
    let body = match asked.bytes(artifact.size) {
        Some((from, count)) => {
            let bytes = devices.artifacts.read(&artifact, from, count).await?;
            let shown = [(header::CONTENT_LENGTH, count.to_string())];
            (shown, Body::from_stream(ReaderStream::with_capacity(bytes, READ_AHEAD))).into_response()
        }
        None => Response::new(Body::empty()),
    };
    let fixed = AppendHeaders([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ]);
    let range = asked.content_range(artifact.size).map(|one| AppendHeaders([one]));
    let named = [(header::ETAG, tag), (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((asked.status(), fixed, range, named, body).into_response())
}
