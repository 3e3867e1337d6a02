//! From samples to Ogg Opus.
//!
//! Opus for speech at a constant rate: 16 kbit/s make 40 bytes of every 20 ms, so that the size is known beforehand (two
//! minutes are 250 kB, containers included) and tells nothing of what was said but how long it is. Source: RFC 6716,
//! RFC 7845 (headers, pre-skip, granule positions, end trimming), RFC 3533 (pages).
//!
//! Invariant: does no I/O.

use ogg::{PacketWriteEndInfo, PacketWriter};
use opusic_c::{Application, Bitrate, Channels, Encoder, ErrorCode, SampleRate, Signal};

use crate::pcm::{self, FRAME, RATE};

/// Bits a second of a villager's voice.
pub const SPEECH_BPS: u32 = 16_000;

/// The number of the one stream in the file; it only has to differ from others in the same file.
const STREAM: u32 = 1;

/// Packets on a page: a second, as RFC 7845 advises at most.
const PACKETS_A_PAGE: usize = 50;

/// Bytes that no packet of 20 ms exceeds (RFC 6716, 3.4).
const LARGEST_PACKET: usize = 1275;

/// What libopus says went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Opus: {}", .0.message())]
pub struct Broken(ErrorCode);

impl From<ErrorCode> for Broken {
    fn from(code: ErrorCode) -> Self {
        Self(code)
    }
}

/// Encodes one voice.
pub struct Voice {
    encoder: Encoder,
    /// Samples of the frame that is not full yet.
    pending: Vec<f32>,
    /// Packets one behind the other, and how long each is.
    packets: Vec<u8>,
    lengths: Vec<usize>,
    samples: usize,
    /// Samples by which what is decoded comes later than what was encoded.
    pre_skip: u16,
}

impl Voice {
    /// Begins a voice of so many bits a second.
    ///
    /// # Errors
    /// Where libopus has no memory or takes no such rate.
    pub fn new(bits_a_second: u32) -> Result<Self, Broken> {
        let mut encoder = Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Value(bits_a_second))?;
        encoder.set_vbr(false)?;
        encoder.set_signal(Signal::Voice)?;
        let pre_skip = u16::try_from(encoder.get_look_ahead()?).map_err(|_| Broken(ErrorCode::Internal))?;
        Ok(Self {
            encoder,
            pending: Vec::with_capacity(FRAME),
            packets: Vec::new(),
            lengths: Vec::new(),
            samples: 0,
            pre_skip,
        })
    }

    /// How many samples were taken.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Takes samples and encodes the frames that they fill.
    ///
    /// # Errors
    /// Where libopus fails.
    pub fn push(&mut self, samples: &[i16]) -> Result<(), Broken> {
        self.samples += samples.len();
        for sample in samples {
            self.pending.push(pcm::to_float(*sample));
            if self.pending.len() == FRAME {
                self.encode()?;
            }
        }
        Ok(())
    }

    /// Ends the voice and puts it into its container. Silence is added until all that was said is decoded; the last page
    /// tells where to end.
    ///
    /// # Errors
    /// Where libopus fails.
    pub fn finish(mut self) -> Result<Vec<u8>, Broken> {
        let needed = usize::from(self.pre_skip) + self.samples;
        while self.lengths.len() * FRAME < needed {
            self.pending.resize(FRAME, 0.0);
            self.encode()?;
        }
        Ok(self.container())
    }

    fn encode(&mut self) -> Result<(), Broken> {
        let before = self.packets.len();
        self.packets.resize(before + LARGEST_PACKET, 0);
        let length = self.encoder.encode_float_to_slice(&self.pending, &mut self.packets[before..])?;
        self.packets.truncate(before + length);
        self.lengths.push(length);
        self.pending.clear();
        Ok(())
    }

    fn container(&self) -> Vec<u8> {
        let mut file = PacketWriter::new(Vec::new());
        let mut write = |packet: Vec<u8>, end, position: usize| {
            let position = u64::try_from(position).expect("invariant: samples are counted in 64 bits at most");
            file.write_packet(packet, STREAM, end, position).expect("invariant: memory takes all bytes");
        };
        write(self.head(), PacketWriteEndInfo::EndPage, 0);
        write(tags(), PacketWriteEndInfo::EndPage, 0);
        let end = usize::from(self.pre_skip) + self.samples;
        let mut at = 0;
        for (index, length) in self.lengths.iter().enumerate() {
            let last = index + 1 == self.lengths.len();
            let kind = match last {
                true => PacketWriteEndInfo::EndStream,
                false if (index + 1) % PACKETS_A_PAGE == 0 => PacketWriteEndInfo::EndPage,
                false => PacketWriteEndInfo::NormalPacket,
            };
            let position = if last { end } else { (index + 1) * FRAME };
            write(self.packets[at..at + length].to_vec(), kind, position);
            at += length;
        }
        file.into_inner()
    }

    /// RFC 7845, 5.1: version 1, one channel, pre-skip, the rate it came in, no gain, mapping 0.
    fn head(&self) -> Vec<u8> {
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(self.pre_skip.to_le_bytes());
        head.extend(RATE.to_le_bytes());
        head.extend([0, 0, 0]);
        head
    }
}

/// RFC 7845, 5.2: who encoded it, and no comments.
fn tags() -> Vec<u8> {
    const VENDOR: &[u8; 7] = b"Lianxin";
    let mut tags = b"OpusTags".to_vec();
    tags.extend(7_u32.to_le_bytes());
    tags.extend(VENDOR);
    tags.extend(0_u32.to_le_bytes());
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_depends_on_the_length_alone() {
        let size = |samples: Vec<i16>| {
            let mut voice = Voice::new(SPEECH_BPS).unwrap();
            voice.push(&samples).unwrap();
            voice.finish().unwrap().len()
        };
        let minute = 60 * 48_000;
        let noise: Vec<i16> = (0..minute)
            .scan(1_u32, |state, _| {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                Some(i16::from_ne_bytes([state.to_be_bytes()[0], state.to_be_bytes()[1]]))
            })
            .collect();
        let of_silence = size(vec![0; minute]);
        assert_eq!(size(noise), of_silence);
        assert!(of_silence < 126_000, "{of_silence}");
    }
}
