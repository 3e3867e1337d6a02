//! Events that come in pieces, the service on each database.

use std::time::Duration;

use host::county::{
    Error, UploadRefused,
    intake::Intake,
    uploads::{Begun, Grown, UPLOADS_MAX},
};
use uuid::Uuid;
use wire::{
    case::Role,
    event::{LARGEST_EVENT_MAX, hash},
};

use crate::support::*;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// A recording of terminal 1 as it is sent.
fn recording(bench: &Bench) -> (Uuid, Vec<u8>) {
    bench.voice(ticket(1, 1), 3, RECORDING)
}

async fn begin(bench: &Bench, from: u32, id: Uuid, bytes: &[u8]) -> Begun {
    bench.county.begin_upload(terminal(from), id, bytes.len() as u64, Some(hash(bytes))).await.unwrap()
}

/// How far a terminal's upload is.
async fn offset(bench: &Bench, from: u32, id: Uuid) -> Option<u64> {
    match bench.county.upload(terminal(from), id).await {
        Ok(standing) => Some(standing.offset),
        Err(Error::NotFound) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn grow(bench: &Bench, id: Uuid, offset: usize, piece: &[u8]) -> Result<Grown, Error> {
    bench.county.grow_upload(terminal(1), id, offset as u64, piece).await
}

fn is_at(begun: Begun, offset: u64) -> bool {
    matches!(begun, Begun::At(standing) if standing.offset == offset)
}

#[tokio::test]
async fn an_event_that_comes_in_pieces_is_taken_with_the_last_of_them() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        assert!(is_at(begin(&bench, 1, id, &bytes).await, 0));
        let mut sent = 0;
        for piece in bytes.chunks(1000) {
            assert_eq!(offset(&bench, 1, id).await, Some(sent as u64));
            let grown = grow(&bench, id, sent, piece).await.unwrap();
            sent += piece.len();
            let is_last = sent == bytes.len();
            assert_eq!(matches!(grown, Grown::Taken { intake: Intake::New, .. }), is_last);
        }
        assert_eq!(offset(&bench, 1, id).await, Some(bytes.len() as u64), "whole, as the event that it is");
        assert_eq!(begin(&bench, 1, id, &bytes).await, Begun::Held, "whoever lost the last answer");
        assert_eq!(bench.send(1, id, &bytes).await, Intake::Same);
        assert!(matches!(grow(&bench, id, sent, b"x").await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_second_creation_for_the_same_id_goes_on_where_the_first_one_stands() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        begin(&bench, 1, id, &bytes).await;
        grow(&bench, id, 0, &bytes[..700]).await.unwrap();
        assert!(is_at(begin(&bench, 1, id, &bytes).await, 700));
        // Whatever else is announced under the id is another upload.
        let longer = bench.county.begin_upload(terminal(1), id, bytes.len() as u64 + 1, Some(hash(&bytes))).await;
        assert!(is_at(longer.unwrap(), 0));
        let unnamed = bench.county.begin_upload(terminal(1), id, bytes.len() as u64, None).await;
        assert!(is_at(unnamed.unwrap(), 0));
    })
    .await;
}

#[tokio::test]
async fn a_piece_at_a_wrong_offset_or_longer_than_announced_changes_nothing() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        begin(&bench, 1, id, &bytes).await;
        grow(&bench, id, 0, &bytes[..700]).await.unwrap();
        for wrong in [0, 699, 701] {
            let refused = grow(&bench, id, wrong, b"piece").await;
            assert!(matches!(refused, Err(Error::Upload(UploadRefused::Offset { expected: 700 }))), "{wrong}");
        }
        let more = [&bytes[700..], b"x"].concat();
        assert!(matches!(grow(&bench, id, 700, &more).await, Err(Error::Upload(UploadRefused::More))));
        assert!(matches!(grow(&bench, id, 700, b"").await, Ok(Grown::At(standing)) if standing.offset == 700));
        assert!(matches!(grow(&bench, id, 700, &bytes[700..]).await, Ok(Grown::Taken { .. })));
    })
    .await;
}

#[tokio::test]
async fn content_that_differs_at_the_end_is_sent_again_from_the_start() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        begin(&bench, 1, id, &bytes).await;
        let mut spoilt = bytes.clone();
        *spoilt.last_mut().unwrap() ^= 1;
        assert!(matches!(grow(&bench, id, 0, &spoilt).await, Err(Error::Upload(UploadRefused::Digest))));
        assert_eq!(offset(&bench, 1, id).await, None, "nothing of it is kept as the event");
        assert!(is_at(begin(&bench, 1, id, &bytes).await, 0));
        assert!(matches!(grow(&bench, id, 0, &bytes).await, Ok(Grown::Taken { intake: Intake::New, .. })));
    })
    .await;
}

#[tokio::test]
async fn a_whole_that_is_no_event_of_its_sender_is_refused_and_gone() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        let under_another_id = Uuid::new_v4();
        for (id, bytes) in [(under_another_id, bytes.as_slice()), (id, b"<html>")] {
            begin(&bench, 1, id, bytes).await;
            assert!(matches!(grow(&bench, id, 0, bytes).await, Err(Error::Intake(_))));
            assert_eq!(offset(&bench, 1, id).await, None);
        }
        let of_another = bench.county.begin_upload(terminal(2), id, bytes.len() as u64, None).await;
        assert!(is_at(of_another.unwrap(), 0));
        let refused = bench.county.grow_upload(terminal(2), id, 0, &bytes).await;
        assert!(matches!(refused, Err(Error::Intake(_))), "the header names terminal 1");
    })
    .await;
}

#[tokio::test]
async fn another_terminals_upload_is_not_there() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        begin(&bench, 1, id, &bytes).await;
        grow(&bench, id, 0, &bytes[..700]).await.unwrap();
        assert_eq!(offset(&bench, 2, id).await, None);
        let strange = bench.county.grow_upload(terminal(2), id, 700, &bytes[700..]).await;
        assert!(matches!(strange, Err(Error::NotFound)));
        assert!(matches!(bench.county.end_upload(terminal(2), id).await, Err(Error::NotFound)));
        assert!(is_at(begin(&bench, 2, id, &bytes).await, 0), "its own one, of the same name");
        assert_eq!(offset(&bench, 1, id).await, Some(700));
        grow(&bench, id, 700, &bytes[700..]).await.unwrap();
        bench.county.end_upload(terminal(2), id).await.unwrap();
        assert_eq!(offset(&bench, 2, id).await, None, "the event is another terminal's");
        assert!(is_at(begin(&bench, 2, id, &bytes).await, 0), "which is nobody else's business");
    })
    .await;
}

#[tokio::test]
async fn other_bytes_under_a_known_id_are_kept_and_said_again_to_whoever_lost_the_answer() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let (id, bytes) = recording(&bench);
        assert_eq!(bench.send(1, id, &bytes).await, Intake::New);
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(is_at(begin(&bench, 1, id, &other).await, 0), "they have to come first");
        assert_eq!(offset(&bench, 1, id).await, Some(0));
        assert!(matches!(grow(&bench, id, 0, &other).await, Ok(Grown::Taken { intake: Intake::Other, .. })));
        assert_eq!(begin(&bench, 1, id, &other).await, Begun::Other);
        assert_eq!(begin(&bench, 1, id, &bytes).await, Begun::Held);
        assert_eq!(bench.county.alarms(&boss).await.unwrap()[0].kind, "conflict");
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_was_silent_for_a_week_has_expired_and_is_purged() {
    on_each_database(async |bench| {
        let (id, bytes) = recording(&bench);
        begin(&bench, 1, id, &bytes).await;
        bench.clock.on(WEEK - Duration::from_secs(1));
        grow(&bench, id, 0, &bytes[..700]).await.unwrap();
        bench.clock.on(WEEK - Duration::from_secs(1));
        assert_eq!(offset(&bench, 1, id).await, Some(700), "it counts from the last byte");
        assert_eq!(bench.county.forget_uploads().await.unwrap(), 0);
        bench.clock.on(Duration::from_secs(1));
        assert_eq!(offset(&bench, 1, id).await, None, "also before the hour's turn");
        assert!(matches!(grow(&bench, id, 700, &bytes[700..]).await, Err(Error::NotFound)));
        assert_eq!(bench.county.forget_uploads().await.unwrap(), 1);
        assert!(is_at(begin(&bench, 1, id, &bytes).await, 0));
        assert!(matches!(grow(&bench, id, 0, &bytes).await, Ok(Grown::Taken { .. })), "no part of before is in it");
    })
    .await;
}

#[tokio::test]
async fn a_terminals_ninth_upload_takes_the_place_of_the_one_that_was_silent_longest() {
    on_each_database(async |bench| {
        let many: Vec<_> = (0..=UPLOADS_MAX).map(|_| recording(&bench)).collect();
        let (others, bytes) = bench.voice(ticket(2, 1), 3, RECORDING);
        begin(&bench, 2, others, &bytes).await;
        for (id, bytes) in &many[..UPLOADS_MAX] {
            bench.clock.on(Duration::from_secs(1));
            begin(&bench, 1, *id, bytes).await;
        }
        bench.clock.on(Duration::from_secs(1));
        grow(&bench, many[0].0, 0, &many[0].1[..700]).await.unwrap();
        begin(&bench, 1, many[UPLOADS_MAX].0, &many[UPLOADS_MAX].1).await;
        let mut there = Vec::new();
        for (id, _) in &many {
            there.push(offset(&bench, 1, *id).await.is_some());
        }
        let gone: Vec<_> = (0..there.len()).filter(|n| !there[*n]).collect();
        assert_eq!(gone, [1], "the first one has grown since");
        assert_eq!(offset(&bench, 2, others).await, Some(0), "each terminal has room of its own");
    })
    .await;
}

#[tokio::test]
async fn a_length_that_no_event_has_is_refused() {
    let bench = sqlite().await;
    let most = LARGEST_EVENT_MAX as u64;
    for length in [0, most + 1, u64::MAX] {
        let refused = bench.county.begin_upload(terminal(1), Uuid::new_v4(), length, None).await;
        assert!(matches!(refused, Err(Error::Upload(UploadRefused::Length))), "{length}");
    }
    assert!(is_at(bench.county.begin_upload(terminal(1), Uuid::new_v4(), most, None).await.unwrap(), 0));
}
