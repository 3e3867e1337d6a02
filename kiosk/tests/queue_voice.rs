//! What was said aloud, as it is written down.
mod queue_support;

use kiosk::ticket::{Draft, Recording};
use queue_support::{County, Place, draft, holds};
use uuid::Uuid;
use wire::event::{self, Kind, VOICE_AUDIO_MAX};

fn spoken(ogg: Vec<u8>) -> Draft {
    let mut draft = draft("（语音留言，约42秒）");
    draft.voice = Some(Recording { seconds: 42, ogg });
    draft
}

#[test]
fn what_is_said_aloud_is_an_event_of_its_own_behind_its_suggestion() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let submitted = queue.submit(&spoken(b"OggS words".to_vec()), &county.sealer).unwrap();
    let mut batch = queue.forward_batch(10).unwrap();
    assert!(queue.next_recording(&[]).unwrap().is_none(), "the suggestion goes first");
    queue.delivered(&[submitted.event], Uuid::from_u128(1)).unwrap();
    batch.extend(queue.next_recording(&[]).unwrap());
    let events: Vec<_> = batch.iter().map(|forward| event::split(&forward.bytes).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|(header, _)| (header.kind, header.ticket)).collect();
    assert_eq!(kinds, [(Kind::Suggestion, submitted.ticket), (Kind::Voice, submitted.ticket)]);
    assert_eq!(events[1].0.category, None, "what it is about stands in the suggestion");
    assert!(events[0].0.seq < events[1].0.seq);

    let (suggestion, voice) = (county.open(&batch[0].bytes), county.open(&batch[1].bytes));
    assert_eq!((&suggestion["spoken_s"], &voice["seconds"]), (&42.into(), &42.into()));
    assert_eq!(voice["audio"], "T2dnUyB3b3Jkcw==");
    assert_eq!(voice["id"], batch[1].id.to_string());
    assert!(!holds(&place.bytes_on_disk(), b"OggS"), "nothing of it lies there unsealed");
}

#[test]
fn what_was_spoken_is_delivered_once_its_recording_is() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    let submitted = queue.submit(&spoken(b"OggS words".to_vec()), &county.sealer).unwrap();
    let is_delivered = |queue: &kiosk::queue::Queue| queue.ticket_facts(submitted.ticket).unwrap().unwrap().delivered;
    queue.delivered(&[submitted.event], Uuid::from_u128(1)).unwrap();
    assert!(!is_delivered(&queue), "the county has only that something was said");
    let recording = queue.next_recording(&[]).unwrap().unwrap();
    queue.delivered(&[recording.id], Uuid::from_u128(1)).unwrap();
    assert!(is_delivered(&queue));
}

#[test]
fn a_recording_that_does_not_fit_takes_its_suggestion_along_and_no_number_is_told() {
    let (place, county) = (Place::new(), County::new());
    let mut queue = place.open();
    assert!(queue.submit(&spoken(vec![7; VOICE_AUDIO_MAX + 64 * 1024]), &county.sealer).is_err());
    assert_eq!(queue.depth().unwrap().waiting, 0, "a ticket without its words would be worse than none");
    let whole = queue.submit(&spoken(vec![7; VOICE_AUDIO_MAX]), &county.sealer);
    let first = whole.unwrap().ticket.grouped();
    assert!(first.starts_with("00613 0100 01"), "the longest fits, under the first number: {first}");
}
