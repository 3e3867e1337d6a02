//! A recording, given to the player of a case's page.
//!
//! Invariants: it is opened in memory for this one answer; nothing but Opus in Ogg is called something that a browser
//! plays. Source: RFC 9110, section 14 (Range): one range is served, several at once are answered with the whole.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_range_header::parse_range_header;
use uuid::Uuid;
use wire::event::VOICE_MEDIA;

use super::{
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
    Ok((described, by_parts, ranged(&played.voice.audio, headers.get(header::RANGE).and_then(|r| r.to_str().ok())))
        .into_response())
}

/// All of it, or the part that was asked for.
fn ranged(whole: &[u8], range: Option<&str>) -> Response {
    let length = whole.len() as u64;
    // What is no range at all is as good as none asked for.
    let Some(asked) = range.and_then(|range| parse_range_header(range).ok()) else {
        return whole.to_vec().into_response();
    };
    let parts = asked.validate(length);
    match parts.as_deref() {
        Ok([one]) => {
            let (from, to) = (*one.start(), *one.end());
            let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            let part = whole.get(index(from)..=index(to)).unwrap_or_default().to_vec();
            let shown = [(header::CONTENT_RANGE, format!("bytes {from}-{to}/{length}"))];
            (StatusCode::PARTIAL_CONTENT, shown, part).into_response()
        }
        Ok(_) => whole.to_vec().into_response(),
        Err(_) => {
            let shown = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, shown).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(range: Option<&str>) -> (u16, Option<String>, Vec<u8>) {
        let response = ranged(b"0123456789", range);
        let shown = response.headers().get(header::CONTENT_RANGE).map(|v| v.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        (status, shown, axum::body::to_bytes(response.into_body(), 100).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn one_range_is_served_and_one_behind_the_end_is_named() {
        let part = |range, shown: &str, bytes: &[u8]| (range, (206, Some(shown.to_owned()), bytes.to_vec()));
        for (range, expected) in [
            part("bytes=0-", "bytes 0-9/10", b"0123456789"),
            part("bytes=2-4", "bytes 2-4/10", b"234"),
            part("bytes=9-9", "bytes 9-9/10", b"9"),
            part("bytes=-3", "bytes 7-9/10", b"789"),
        ] {
            assert_eq!(answer(Some(range)).await, expected, "{range}");
        }
        assert_eq!(answer(Some("bytes=10-")).await, (416, Some("bytes */10".to_owned()), vec![]));
    }

    #[tokio::test]
    async fn without_a_range_with_several_or_with_nonsense_all_of_it_comes() {
        for range in [None, Some("bytes=0-1,4-5"), Some("lines=1-2"), Some("bytes=x-y")] {
            assert_eq!(answer(range).await, (200, None, b"0123456789".to_vec()), "{range:?}");
        }
    }
}
