//! A photo that a villager added from a phone, for a case's page.
//!
//! Invariants: it is opened in memory for this one answer; nothing but a JPEG of our own is called something that a
//! browser shows.

use axum::{
    extract::{Path, State},
    response::IntoResponse,
};
use uuid::Uuid;
use wire::event::PHOTO_MEDIA;

use super::{
    session::Signed,
    shell::{Answer, Problem, described},
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
    let described = described(&shown.ticket, "jpg", shown.is_showable().then_some(PHOTO_MEDIA));
    Ok((described, shown.photo.image.clone()).into_response())
}
