//! Events: assembled, split, and as long as they may be.

use super::*;

fn header() -> Header {
    Header {
        v: VERSION,
        id: Uuid::from_u128(7),
        ticket: TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, 42).unwrap(),
        kind: Kind::Suggestion,
        category: Some("road".into()),
        place: None,
        terminal: TerminalNumber::new(613).unwrap(),
        boot: Uuid::from_u128(9),
        seq: 42,
        wall: WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset },
        key: "k1".into(),
    }
}

#[test]
fn an_event_splits_into_what_it_was_assembled_from() {
    let bytes = assemble(&header(), b"age-encryption.org/v1\nbody");
    let (read, body) = split(&bytes).unwrap();
    assert_eq!((read, body), (header(), &b"age-encryption.org/v1\nbody"[..]));
}

#[test]
fn what_is_not_an_event_is_named() {
    assert!(matches!(split(b"{}"), Err(EventError::NoHeader)));
    assert!(matches!(split(b"{}\nx"), Err(EventError::Header(_))));
    assert!(matches!(split(&vec![0; LARGEST_EVENT_MAX + 1]), Err(EventError::TooLong { .. })));
    let newer = assemble(&Header { v: 2, ..header() }, b"x");
    assert!(matches!(split(&newer), Err(EventError::Version(2))));
    assert!(matches!(split(&assemble(&header(), b"")), Err(EventError::NoBody)));
}

#[test]
fn every_kind_has_its_own_limit_and_only_recordings_and_photos_are_long() {
    use Kind::{Contact, Note, Photo, Rating, Suggestion, Unknown, Voice};
    for kind in [Suggestion, Contact, Rating, Voice, Note, Photo, Unknown] {
        let header = Header { kind, ..header() };
        let longest = kind.max_bytes() - assemble(&header, b"").len();
        assert!(split(&assemble(&header, &vec![b'x'; longest])).is_ok(), "{kind:?}");
        let too_long = assemble(&header, &vec![b'x'; longest + 1]);
        let refused = split(&too_long);
        let (bytes, max) = (kind.max_bytes() + 1, kind.max_bytes());
        assert!(matches!(refused, Err(EventError::TooLong { bytes: b, max: m }) if (b, m) == (bytes, max)));
        assert_eq!(max > EVENT_MAX, matches!(kind, Voice | Photo), "{kind:?}");
    }
}

#[test]
fn the_longest_recording_and_the_largest_photo_fit_their_events() {
    let (id, ticket) = (Uuid::from_u128(7), header().ticket);
    let voice =
        Voice { id, ticket, media: VOICE_MEDIA.into(), seconds: VOICE_SECONDS_MAX, audio: vec![0xff; VOICE_AUDIO_MAX] };
    let photo = Photo {
        id,
        ticket,
        media: PHOTO_MEDIA.into(),
        width: PHOTO_SIDE_MAX,
        height: PHOTO_SIDE_MAX,
        image: vec![0xff; PHOTO_MAX],
    };
    let plain = |kind, plain: Vec<u8>| {
        let header = Header { kind, ..header() };
        // age: a header of two recipients, and 16 bytes more for each 64 KiB. Source: age-encryption.org/v1.
        let sealed = plain.len() + 512 + 16 * plain.len().div_ceil(64 * 1024);
        assert!(assemble(&header, &vec![0; sealed]).len() <= kind.max_bytes(), "{kind:?}");
        plain
    };
    let heard = plain(Kind::Voice, serde_json::to_vec(&voice).unwrap());
    assert_eq!(serde_json::from_slice::<Voice>(&heard).unwrap(), voice);
    let seen = plain(Kind::Photo, serde_json::to_vec(&photo).unwrap());
    assert_eq!(serde_json::from_slice::<Photo>(&seen).unwrap(), photo);
}

#[test]
fn the_digest_is_that_of_rfc_9530() {
    // The example of RFC 9530, section 2.
    let body = b"{\"hello\": \"world\"}\n";
    assert_eq!(content_digest(body), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
}
