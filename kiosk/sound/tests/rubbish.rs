//! Whatever is to be played, it is refused or plays in bounded time and memory.

use ogg::{PacketWriteEndInfo, PacketWriter};
use proptest::prelude::*;
use sound::{
    track::{Rubbish, Track},
    voice::{SPEECH_BPS, Voice},
};

fn file(packets: &[(u32, Vec<u8>, u64)]) -> Vec<u8> {
    let mut writer = PacketWriter::new(Vec::new());
    for (stream, packet, position) in packets {
        writer.write_packet(packet.clone(), *stream, PacketWriteEndInfo::EndPage, *position).expect("as made");
    }
    writer.into_inner()
}

fn head(version: u8, channels: u8, family: u8, pre_skip: u16, gain: i16) -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([version, channels]);
    head.extend(pre_skip.to_le_bytes());
    head.extend(48_000_u32.to_le_bytes());
    head.extend(gain.to_le_bytes());
    head.push(family);
    head
}

fn tags() -> Vec<u8> {
    b"OpusTags\0\0\0\0\0\0\0\0".to_vec()
}

/// 20 ms of nothing, as one byte.
const NOTHING: u8 = 0x08;

fn spoken() -> Vec<u8> {
    let mut voice = Voice::new(SPEECH_BPS).expect("as made");
    voice.push(&[500; 20_000]).expect("as made");
    voice.finish().expect("as made")
}

#[test]
fn a_stream_of_another_shape_is_refused_and_of_another_writer_is_played() {
    let one = |head| Track::read(file(&[(1, head, 0), (1, tags(), 0), (1, vec![NOTHING], 960)]));
    for (version, channels, family) in [(16, 1, 0), (1, 0, 0), (1, 3, 0), (1, 6, 1), (1, 1, 255)] {
        assert!(
            matches!(one(head(version, channels, family, 0, 0)), Err(Rubbish::Opus)),
            "{version} {channels} {family}"
        );
    }
    for (version, channels) in [(0, 1), (1, 2), (15, 1)] {
        assert_eq!(one(head(version, channels, 0, 312, 0)).unwrap().decode_all().unwrap().len(), 648);
    }
    assert!(matches!(one(b"OpusHead".to_vec()), Err(Rubbish::Opus)));
    assert!(matches!(Track::read(file(&[(1, head(1, 1, 0, 0, 0), 0)])), Err(Rubbish::Opus)));
    let two = [(1, head(1, 1, 0, 0, 0), 0), (1, tags(), 0), (2, head(1, 1, 0, 0, 0), 0)];
    assert!(matches!(Track::read(file(&two)), Err(Rubbish::Streams)));
}

#[test]
fn the_end_of_the_last_page_counts_and_a_stream_cut_out_of_another_keeps_its_length() {
    let begin = [(1, head(1, 1, 0, 0, 0), 0), (1, tags(), 0)];
    let played = |pages: [(u32, Vec<u8>, u64); 2]| {
        let pages: Vec<_> = begin.iter().cloned().chain(pages).collect();
        Track::read(file(&pages)).unwrap().decode_all().unwrap().len()
    };
    assert_eq!(played([(1, vec![NOTHING], 960), (1, vec![NOTHING], 1500)]), 1500);
    assert_eq!(played([(1, vec![NOTHING], 1_000_960), (1, vec![NOTHING], 1_001_920)]), 1920);
    // A position that promises more than there is, or less than nothing.
    assert_eq!(played([(1, vec![NOTHING], 960), (1, vec![NOTHING], u64::MAX)]), 1920);
    assert_eq!(played([(1, vec![NOTHING], 960), (1, vec![NOTHING], 0)]), 0);
}

#[test]
fn hours_of_nothing_in_a_few_bytes_are_refused() {
    // A packet of one byte may last 60 ms.
    let mut packets = vec![(1, head(1, 1, 0, 0, 0), 0), (1, tags(), 0)];
    packets.extend((0..10_001).map(|index| (1, vec![0x18], (index + 1) * 2880)));
    assert!(matches!(Track::read(file(&packets)), Err(Rubbish::Long)));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_played(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Track::read(bytes).is_err());
    }

    #[test]
    fn a_recording_that_was_damaged_anywhere_is_refused_or_played(
        at in any::<prop::sample::Index>(), bit in 0_u8..8, end in any::<prop::sample::Index>()
    ) {
        let mut bytes = spoken();
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let damaged = bytes.clone();
        bytes[place] ^= 1 << bit;
        bytes.truncate(end.index(bytes.len()));
        for bytes in [damaged, bytes] {
            // A page that isn't known as one is passed over, and a damaged one refused by its checksum: what plays is right.
            if let Ok(track) = Track::read(bytes) {
                prop_assert!(track.decode_all().unwrap().len() <= 20_000);
            }
        }
    }

    #[test]
    fn any_packets_are_refused_or_played_to_their_length(
        packets in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..80), any::<u64>()), 0..20),
        pre_skip in any::<u16>(),
        gain in any::<i16>(),
    ) {
        let mut all = vec![(1, head(1, 1, 0, pre_skip, gain), 0), (1, tags(), 0)];
        all.extend(packets.into_iter().map(|(packet, position)| (1, packet, position)));
        if let Ok(track) = Track::read(file(&all)) {
            let promised = track.samples();
            if let Ok(samples) = track.decode_all() {
                prop_assert!(samples.len() <= promised);
            }
        }
    }
}
