//! What each answer to a piece of a recording means, and that a recording arrives over every link.

use kiosk::{
    forwarder::{
        answer::{Head, Outcome},
        upload::{Came, PIECE_MAX, PIECE_MIN, Recording, Request as Asked, UploadAnswer},
    },
    queue::Forward,
};
use proptest::prelude::*;
use uuid::Uuid;
use wire::{event::hash, intake::Accepted};

use crate::{forwarding::LEDGER, recordings};

fn recording(length: usize) -> Recording {
    let bytes = recordings::audio(length);
    Recording::new(Forward { id: Uuid::from_u128(7), hash: hash(&bytes), bytes, attempts: 0 })
}

fn head(status: u16) -> Head {
    Head { status, ledger: Some(LEDGER), retry_after: None }
}

/// The answer of a county to what the recording asks next.
fn answer(recording: &mut Recording, status: u16, offset: Option<u64>) -> Came {
    let asked = recording.request();
    recording.answered(asked, UploadAnswer { head: &head(status), offset, body: b"" })
}

fn is_later(came: &Came, whole_link: bool) -> bool {
    matches!(came, Came::Again(retry) if retry.whole_link == whole_link)
}

#[test]
fn a_recording_is_begun_sent_in_pieces_and_delivered_with_the_last() {
    let mut r = recording(2 * PIECE_MAX + 10);
    assert_eq!(r.request(), Asked::Begin);
    assert_eq!(answer(&mut r, 201, Some(0)), Came::On);
    for (from, to) in [(0, PIECE_MAX), (PIECE_MAX, 2 * PIECE_MAX)] {
        assert_eq!(r.request(), Asked::Send { from, to });
        assert_eq!(answer(&mut r, 204, Some(to as u64)), Came::On);
    }
    let all = answer(&mut r, 204, Some(2 * PIECE_MAX as u64 + 10));
    assert_eq!(all, Came::Settled(Outcome::Delivered { ledger: LEDGER }));
}

#[test]
fn after_a_break_the_county_is_asked_where_it_stands_and_the_pieces_are_smaller() {
    let mut r = recording(10 * PIECE_MAX);
    answer(&mut r, 201, Some(0));
    let mut pieces = Vec::new();
    for _ in 0..8 {
        let Asked::Send { from, to } = r.request() else { panic!("{r:?}") };
        pieces.push(to - from);
        r.broke_off(r.request());
        assert_eq!(r.request(), Asked::Ask);
        assert_eq!(answer(&mut r, 200, Some(5)), Came::On);
        assert!(matches!(r.request(), Asked::Send { from: 5, .. }));
    }
    assert_eq!(pieces[..3], [PIECE_MAX, PIECE_MAX / 2, PIECE_MAX / 4]);
    assert_eq!(pieces[7], PIECE_MIN, "and not smaller");
    answer(&mut r, 204, Some(5 + PIECE_MIN as u64));
    assert_eq!(r.request(), Asked::Send { from: 5 + PIECE_MIN, to: 5 + 3 * PIECE_MIN }, "larger again");
}

#[test]
fn a_break_before_the_answer_to_the_beginning_asks_again_to_begin() {
    let mut r = recording(10);
    r.broke_off(r.request());
    assert_eq!(r.request(), Asked::Begin);
}

#[test]
fn each_answer_means_one_thing() {
    let accepted = serde_json::to_vec(&Accepted { ledger: LEDGER, id: Uuid::from_u128(7) }).unwrap();
    let held = recording(10).answered(Asked::Begin, UploadAnswer { head: &head(200), offset: None, body: &accepted });
    assert_eq!(held, Came::Settled(Outcome::Delivered { ledger: LEDGER }));
    assert_eq!(answer(&mut recording(10), 409, None), Came::Settled(Outcome::Conflicted));
    for status in [413, 422] {
        assert_eq!(answer(&mut recording(10), status, None), Came::Settled(Outcome::Refused { status }));
    }
    let sending = || {
        let mut r = recording(10);
        assert_eq!(answer(&mut r, 201, Some(3)), Came::On);
        r
    };
    assert_eq!(answer(&mut sending(), 422, None), Came::Settled(Outcome::Refused { status: 422 }));
    // Another offset, other bytes, another hash, gone: the county says which, asked to begin.
    for status in [404, 409, 410, 460] {
        let mut r = sending();
        assert_eq!(answer(&mut r, status, None), Came::On, "{status}");
        assert_eq!(r.request(), Asked::Begin, "{status}");
    }
    for (status, whole_link) in [(401, true), (408, true), (429, true), (500, false), (200, false)] {
        let mut r = sending();
        assert!(is_later(&answer(&mut r, status, None), whole_link), "{status}");
        assert_eq!(r.request(), Asked::Ask, "{status}");
    }
    // An older host has no such address: the recording waits until there is a newer one.
    assert!(is_later(&answer(&mut recording(10), 404, None), false));
}

#[test]
fn nothing_but_the_countys_own_word_delivers_a_recording() {
    let no_ledger = Head { ledger: None, ..head(204) };
    let mut r = recording(10);
    answer(&mut r, 201, Some(0));
    let asked = r.request();
    let proxy = r.clone().answered(asked, UploadAnswer { head: &no_ledger, offset: Some(10), body: b"" });
    assert!(matches!(proxy, Came::Again(_)));
    for offset in [None, Some(9), Some(11)] {
        assert!(matches!(answer(&mut r.clone(), 204, offset), Came::Again(_)), "{offset:?}");
    }
    assert!(matches!(answer(&mut recording(10), 201, Some(10)), Came::Again(_)), "begun, and whole?");
    // A whole upload is the county's to acknowledge.
    r.broke_off(asked);
    assert_eq!((answer(&mut r, 200, Some(10)), r.request()), (Came::On, Asked::Begin));
}

#[test]
fn a_county_that_stands_elsewhere_each_time_is_left_alone_for_a_while() {
    let mut r = recording(10);
    for _ in 0..3 {
        answer(&mut r, 201, Some(0));
        assert_eq!(answer(&mut r, 409, None), Came::On);
    }
    answer(&mut r, 201, Some(0));
    assert!(is_later(&answer(&mut r, 409, None), false));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A link of which `budget` bytes a connection pass, with requests or answers lost: it arrives, byte for byte.
    #[test]
    fn a_recording_arrives_over_every_link_that_lets_the_smallest_piece_pass(
        length in 1..200_000_usize,
        budget in PIECE_MIN..40_000_usize,
        lost in prop::collection::vec(0..3_u8, 0..100),
    ) {
        let mut r = recording(length);
        let (mut disk, mut begun, mut lost) = (Vec::new(), false, lost.into_iter());
        let mut requests = 0;
        loop {
            requests += 1;
            prop_assert!(requests < 3_000, "never ends at {} of {length}", disk.len());
            let asked = r.request();
            let fate = lost.next().unwrap_or(0);
            if fate == 1 {
                r.broke_off(asked);
                continue;
            }
            let (status, offset) = match asked {
                Asked::Begin => {
                    begun = true;
                    (201, disk.len())
                }
                Asked::Ask if begun => (200, disk.len()),
                Asked::Ask => (404, 0),
                Asked::Send { from, to } => {
                    prop_assert_eq!(from, disk.len(), "sent only from where the county stands");
                    disk.extend_from_slice(&r.forward.bytes[from..to.min(from + budget)]);
                    if to - from > budget {
                        r.broke_off(asked);
                        continue;
                    }
                    (204, disk.len())
                }
            };
            let is_whole = disk.len() == length;
            if fate == 2 && !is_whole {
                r.broke_off(asked);
                continue;
            }
            let came = r.answered(asked, UploadAnswer { head: &head(status), offset: Some(offset as u64), body: b"" });
            if is_whole {
                prop_assert_eq!(came, Came::Settled(Outcome::Delivered { ledger: LEDGER }));
                break;
            }
            prop_assert_eq!(came, Came::On);
        }
        prop_assert_eq!(&disk, &r.forward.bytes);
    }
}
