//! From Ogg Opus back to samples: what was recorded here, and clips whoever recorded them.
//!
//! Source: RFC 7845. One stream of one or two channels (mapping 0), which is heard as one.
//!
//! Invariant: does no I/O; whatever the bytes are, they are refused or take bounded time and memory.

use std::{io::Cursor, vec};

use ogg::{OggReadError, Packet, PacketReader};
use opusic_c::{Channels, Decoder, ErrorCode, SampleRate, utils::get_nb_samples};

use crate::pcm::RATE;

/// Samples of the longest packet, 120 ms.
const LONGEST_PACKET: usize = 5760;

/// Samples of what is played at most: ten minutes, five times the longest recording.
const LONGEST: usize = 600 * RATE as usize;

/// Why it can't be played.
#[derive(Debug, thiserror::Error)]
pub enum Rubbish {
    /// No Ogg, or a damaged one.
    #[error("not Ogg: {0}")]
    Ogg(#[from] OggReadError),
    /// Something else than Opus, or Opus in a shape that is not played here.
    #[error("no Opus stream of one or two channels")]
    Opus,
    /// More than one stream.
    #[error("more than one stream")]
    Streams,
    /// It lasts too long.
    #[error("longer than ten minutes")]
    Long,
    /// A packet that libopus refuses.
    #[error("damaged: {}", .0.message())]
    Packet(ErrorCode),
}

/// One sound, ready to be decoded.
pub struct Track {
    packets: Vec<Vec<u8>>,
    pre_skip: usize,
    samples: usize,
    /// In 256ths of a decibel.
    gain: i16,
}

impl Track {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is not what is played here.
    pub fn read(file: Vec<u8>) -> Result<Self, Rubbish> {
        let mut reader = PacketReader::new(Cursor::new(file));
        let head = reader.read_packet()?.ok_or(Rubbish::Opus)?;
        let (pre_skip, gain) = read_head(&head.data).ok_or(Rubbish::Opus)?;
        let mut next = || match reader.read_packet()? {
            Some(packet) if packet.stream_serial() != head.stream_serial() => Err(Rubbish::Streams),
            packet => Ok(packet),
        };
        if !next()?.is_some_and(|tags| tags.data.starts_with(b"OpusTags")) {
            return Err(Rubbish::Opus);
        }
        let mut extent = Extent::default();
        let mut packets = Vec::new();
        while let Some(packet) = next()? {
            extent.take(&packet)?;
            packets.push(packet.data);
        }
        Ok(Self { packets, pre_skip, samples: extent.samples(pre_skip), gain })
    }

    /// How many samples it has.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Decodes it piece by piece.
    ///
    /// # Errors
    /// Where libopus has no memory.
    pub fn decode(self) -> Result<Decoding, Rubbish> {
        let mut decoder = Decoder::new(Channels::Mono, SampleRate::Hz48000).map_err(Rubbish::Packet)?;
        decoder.set_gain(self.gain.into()).map_err(Rubbish::Packet)?;
        Ok(Decoding {
            decoder,
            packets: self.packets.into_iter(),
            skip: self.pre_skip,
            left: self.samples,
            decoded: vec![0.0; LONGEST_PACKET],
        })
    }

    /// Decodes all of it.
    ///
    /// # Errors
    /// Where a packet is damaged.
    pub fn decode_all(self) -> Result<Vec<f32>, Rubbish> {
        let mut all = Vec::with_capacity(self.samples);
        let mut decoding = self.decode()?;
        while let Some(samples) = decoding.next()? {
            all.extend_from_slice(samples);
        }
        Ok(all)
    }
}

/// Pre-skip and gain of a stream that is played here (RFC 7845, 5.1).
fn read_head(head: &[u8]) -> Option<(usize, i16)> {
    let [version, channels, skip_low, skip_high, _, _, _, _, gain_low, gain_high, 0, ..] =
        *head.strip_prefix(b"OpusHead")?
    else {
        return None;
    };
    // The upper half of the version changes only when old readers can't go on.
    let known = version < 16 && (1..=2).contains(&channels);
    known.then(|| (usize::from(u16::from_le_bytes([skip_low, skip_high])), i16::from_le_bytes([gain_low, gain_high])))
}

/// How long a stream is: its packets tell how much they hold, the positions of its pages how much of it counts.
#[derive(Default)]
struct Extent {
    held: usize,
    /// Position before the first packet; a stream that was cut out of another does not begin at nought.
    start: Option<u64>,
    end: u64,
}

impl Extent {
    fn take(&mut self, packet: &Packet) -> Result<(), Rubbish> {
        self.held += get_nb_samples(&packet.data, SampleRate::Hz48000).map_err(Rubbish::Packet)?;
        if self.held > LONGEST {
            return Err(Rubbish::Long);
        }
        if packet.last_in_page() {
            self.end = packet.absgp_page();
            self.start.get_or_insert(self.end.saturating_sub(self.held as u64));
        }
        Ok(())
    }

    fn samples(&self, pre_skip: usize) -> usize {
        let told = self.end.saturating_sub(self.start.unwrap_or(0));
        usize::try_from(told).map_or(self.held, |told| told.min(self.held)).saturating_sub(pre_skip)
    }
}

/// A track under way.
pub struct Decoding {
    decoder: Decoder,
    packets: vec::IntoIter<Vec<u8>>,
    skip: usize,
    left: usize,
    decoded: Vec<f32>,
}

impl Decoding {
    /// The next samples; `None` at the end.
    ///
    /// # Errors
    /// Where a packet is damaged.
    #[expect(clippy::should_implement_trait, reason = "what it gives is borrowed from it")]
    pub fn next(&mut self) -> Result<Option<&[f32]>, Rubbish> {
        loop {
            if self.left == 0 {
                return Ok(None);
            }
            let Some(packet) = self.packets.next() else { return Ok(None) };
            let decoded =
                self.decoder.decode_float_to_slice(&packet, &mut self.decoded, false).map_err(Rubbish::Packet)?;
            let skipped = self.skip.min(decoded);
            self.skip -= skipped;
            let samples = (decoded - skipped).min(self.left);
            self.left -= samples;
            if samples != 0 {
                return Ok(Some(&self.decoded[skipped..skipped + samples]));
            }
        }
    }
}
