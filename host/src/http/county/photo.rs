//! A photo that a villager added from a phone, for a case's page.
//!
//! Invariants: it is opened in memory for this one answer; nothing but a JPEG of our own is called something that a
//! browser shows.

use axum::{
    extract::{Path, State},
    http::header,
    response::IntoResponse,
};
use uuid::Uuid;
use wire::event::PHOTO_MEDIA;

use super::{
    session::Signed,
    shell::{Answer, Problem},
};
use crate::county::{County, Error};

/// GET `/county/cases/{id}/photo/{event}`
pub(super) async fn show(
    State(county): State<County>,
    Signed(by): Signed,
    Path((id, event)): Path<(String, String)>,
) -> Answer {
    let event: Uuid = event.parse().map_err(|_| Problem::from(Error::NotFound))?;
    let shown = county.photo(&by, &id, event).await?;
    let (mime, how) = match shown.is_showable() {
        true => (PHOTO_MEDIA, "inline"),
        false => ("application/octet-stream", "attachment"),
    };
    let described = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{how}; filename=\"{}.jpg\"", shown.ticket)),
    ];
    Ok((described, shown.photo.image.clone()).into_response())
}
