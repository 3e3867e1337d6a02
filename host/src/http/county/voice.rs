//! A recording, given to the player of a case's page.
//!
//! Invariants: it is opened in memory for this one answer; nothing but Opus in Ogg is called something that a browser
//! plays.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use uuid::Uuid;
use wire::event::VOICE_MEDIA;

use super::{
    super::ranges::Asked,
    session::Signed,
    shell::{Answer, Problem, described},
};
use crate::county::{County, Error};

/// GET `/county/cases/{id}/voice/{event}`
pub(super) async fn play(
    State(county): State<County>,
    Signed(by): Signed,
    Path((id, event)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let event: Uuid = event.parse().map_err(|_| Problem::from(Error::NotFound))?;
    let played = county.play(&by, &id, event).await?;
    let described = described(&played.ticket, "ogg", played.is_playable().then_some(VOICE_MEDIA));
    let by_parts = [(header::ACCEPT_RANGES, "bytes")];
    Ok((described, by_parts, ranged(&played.voice.audio, &headers)).into_response())
}

/// All of it, or the part that was asked for.
fn ranged(whole: &[u8], headers: &HeaderMap) -> Response {
    let length = whole.len() as u64;
    let asked = Asked::by(headers, None, length);
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let part = asked.bytes(length).and_then(|(from, count)| whole.get(index(from)..index(from + count)));
    let shown = asked.content_range(length).map(|one| AppendHeaders([one]));
    (asked.status(), shown, part.unwrap_or_default().to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(range: Option<&str>) -> (u16, Option<String>, Vec<u8>) {
        let headers = range.map(|range| (header::RANGE, range.parse().unwrap())).into_iter().collect();
        let response = ranged(b"0123456789", &headers);
        let shown = response.headers().get(header::CONTENT_RANGE).map(|v| v.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        (status, shown, axum::body::to_bytes(response.into_body(), 100).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn a_player_gets_the_part_that_it_asks_for() {
        let part = Some("bytes 2-4/10".to_owned());
        assert_eq!(answer(Some("bytes=2-4")).await, (206, part, b"234".to_vec()));
        assert_eq!(answer(Some("bytes=10-")).await, (416, Some("bytes */10".to_owned()), vec![]));
        assert_eq!(answer(None).await, (200, None, b"0123456789".to_vec()));
    }
}
