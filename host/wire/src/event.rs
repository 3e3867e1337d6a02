//! Events: what a terminal writes once and the county keeps, byte for byte.
//!
//! An event is one line of JSON (the [`Header`]), a line feed, and an `age` file (the sealed body). It is assembled
//! once at submission, stored and sent verbatim; its hash is SHA-256 of exactly these bytes. `tail -n +2 event | age
//! -d -i key` opens the body with the stock tool. Invariant: no text, name, telephone number, code or secret of a
//! villager stands in the header, and nothing hashes plaintext.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    case::Satisfaction,
    secret::{Proof, QueryCode, Secret},
    ticket::{TerminalNumber, TicketNumber},
};

/// The version of the format that this library writes.
pub const VERSION: u32 = 1;

/// The most bytes that an event of text may have: 2,000 characters escaped, sealed, with room to spare.
pub const EVENT_MAX: usize = 64 * 1024;

/// The most seconds that a recording may have.
pub const VOICE_SECONDS_MAX: u32 = 120;

/// The most bytes that a recording's file may have: two minutes at 16 kbit/s are 240 kB; a third more, because the rate
/// is a mean.
pub const VOICE_AUDIO_MAX: usize = 320 * 1024;

/// The most bytes that a [`Voice`] event may have: the longest file in base64 is 427 KiB, and 21 more are for the rest
/// of the body, the sealing and the header.
pub const VOICE_EVENT_MAX: usize = 448 * 1024;

/// The most bytes that a photo's file may have: 1,600 pixels wide at a middling quality have about 250 kB.
pub const PHOTO_MAX: usize = VOICE_AUDIO_MAX;

/// The most pixels that a photo has on its longer side: enough to read a sign beside the road.
pub const PHOTO_SIDE_MAX: u32 = 1600;

/// What [`Photo::media`] says of the photos that the county writes.
pub const PHOTO_MEDIA: &str = "image/jpeg";

/// The most bytes that an event of any kind may have: what somebody must be ready for who does not know its kind yet.
pub const LARGEST_EVENT_MAX: usize = VOICE_EVENT_MAX;

/// What [`Voice::media`] says of the recordings that terminals make.
pub const VOICE_MEDIA: &str = "audio/ogg; codecs=opus";

/// What an event carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A [`Suggestion`].
    Suggestion,
    /// A [`Contact`].
    Contact,
    /// A [`Rating`].
    Rating,
    /// A [`Voice`].
    Voice,
    /// A [`Note`].
    Note,
    /// A [`Photo`].
    Photo,
    /// A kind of a newer terminal; kept, not read.
    #[serde(other)]
    Unknown,
}

impl Kind {
    /// The most bytes that an event of this kind may have.
    #[must_use]
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Voice | Self::Photo => VOICE_EVENT_MAX,
            Self::Suggestion | Self::Contact | Self::Rating | Self::Note | Self::Unknown => EVENT_MAX,
        }
    }
}

/// How far the wall time of a header can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockQuality {
    /// Nobody set the clock since it started; it is a label at most.
    Unset,
    /// The clock was kept by a battery or set by a person.
    Kept,
    /// Synchronised by NTP.
    Ntp,
    /// Set by the host's signed answer.
    Host,
    /// A quality of a newer terminal; not to be trusted.
    #[serde(other)]
    Unknown,
}

impl ClockQuality {
    /// Whether a day may be shown to people.
    #[must_use]
    pub fn shows_a_day(self) -> bool {
        matches!(self, Self::Kept | Self::Ntp | Self::Host)
    }
}

/// When something happened by the terminal's clock, and what that is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WallTime {
    /// UTC.
    pub at: Timestamp,
    /// How far to trust it.
    pub quality: ClockQuality,
}

/// What may be read without a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Version of the format.
    pub v: u32,
    /// UUIDv7; the event's name everywhere.
    pub id: Uuid,
    /// The ticket that the event belongs to.
    pub ticket: TicketNumber,
    /// What the body is.
    pub kind: Kind,
    /// Id of the category; suggestions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Id of the place; suggestions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The terminal that wrote it.
    pub terminal: TerminalNumber,
    /// The boot during which it was written.
    pub boot: Uuid,
    /// Order within that terminal, rising by one with each event over all boots.
    pub seq: u64,
    /// Wall time, a label.
    pub wall: WallTime,
    /// Id of the county's working key that the body is sealed to.
    pub key: String,
}

/// Why bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Longer than an event of its kind may be, or than any.
    #[error("such an event has at most {max} bytes, this one has {bytes}")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// No line feed behind a header.
    #[error("no header line")]
    NoHeader,
    /// The header is not what it should be.
    #[error("the header is not readable")]
    Header(#[source] serde_json::Error),
    /// A version that this library does not know.
    #[error("event version {0} is not known")]
    Version(u32),
    /// Nothing behind the header.
    #[error("no sealed body")]
    NoBody,
}

/// Joins a header and its sealed body to the event's bytes.
#[must_use]
pub fn assemble(header: &Header, sealed: &[u8]) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(header).expect("invariant: a header is always JSON");
    bytes.push(b'\n');
    bytes.extend_from_slice(sealed);
    bytes
}

/// Splits an event's bytes into header and sealed body.
///
/// # Errors
/// Whatever keeps the bytes from being an event; the body is not opened.
pub fn split(bytes: &[u8]) -> Result<(Header, &[u8]), EventError> {
    let within = |max: usize| match bytes.len() {
        bytes if bytes > max => Err(EventError::TooLong { bytes, max }),
        _ => Ok(()),
    };
    within(LARGEST_EVENT_MAX)?;
    let end = bytes.iter().position(|b| *b == b'\n').ok_or(EventError::NoHeader)?;
    let header: Header = serde_json::from_slice(&bytes[..end]).map_err(EventError::Header)?;
    if header.v != VERSION {
        return Err(EventError::Version(header.v));
    }
    within(header.kind.max_bytes())?;
    match &bytes[end + 1..] {
        [] => Err(EventError::NoBody),
        body => Ok((header, body)),
    }
}

/// SHA-256 of an event's bytes.
#[must_use]
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("invariant: SHA-256 has 32 bytes")
}

/// The value of the `Content-Digest` header (RFC 9530): `sha-256=:…:`.
#[must_use]
pub fn content_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(hash(bytes)))
}

/// The body of a suggestion. Repeats id and ticket; the county refuses a mismatch with the header.
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// As in the header.
    #[zeroize(skip)]
    pub id: Uuid,
    /// As in the header.
    #[zeroize(skip)]
    pub ticket: TicketNumber,
    /// Exactly the code points that were entered.
    pub text: String,
    /// A place more exact than the village, in the villager's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landmark: Option<String>,
    /// Whether the liaison officer wrote it for somebody (代填).
    #[serde(default)]
    pub on_behalf: bool,
    /// That it was spoken: so many seconds follow as a [`Voice`] of the same ticket. The text is complete without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken_s: Option<u32>,
    /// What the receipt's QR proves.
    pub secret: Secret,
    /// What the receipt's query code proves.
    pub code: QueryCode,
}

/// The body of a contact: whom to ask back.
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// As in the header.
    #[zeroize(skip)]
    pub id: Uuid,
    /// As in the header.
    #[zeroize(skip)]
    pub ticket: TicketNumber,
    /// May be empty.
    pub name: String,
    /// May be empty.
    pub phone: String,
}

/// The body of a rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rating {
    /// As in the header.
    pub id: Uuid,
    /// As in the header.
    pub ticket: TicketNumber,
    /// What the villager thinks.
    pub satisfaction: Satisfaction,
    /// The revision of the view that was rated, so that an old view can't rate a newer reply.
    pub revision: u64,
    /// What shows that the ticket is the rater's own.
    pub proof: Proof,
}

/// The body of a recording, which belongs to a suggestion that says so ([`Suggestion::spoken_s`]).
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
pub struct Voice {
    /// As in the header.
    #[zeroize(skip)]
    pub id: Uuid,
    /// As in the header.
    #[zeroize(skip)]
    pub ticket: TicketNumber,
    /// What [`Self::audio`] is: [`VOICE_MEDIA`].
    pub media: String,
    /// How long it plays, at most [`VOICE_SECONDS_MAX`].
    pub seconds: u32,
    /// The file, at most [`VOICE_AUDIO_MAX`] bytes; base64 in JSON.
    #[serde(with = "base64_text")]
    #[schemars(with = "String")]
    pub audio: Vec<u8>,
}

/// The body of what a villager added in words from a phone; it belongs to the suggestion of the same ticket.
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// As in the header.
    #[zeroize(skip)]
    pub id: Uuid,
    /// As in the header.
    #[zeroize(skip)]
    pub ticket: TicketNumber,
    /// Exactly the code points that were entered.
    pub text: String,
}

/// The body of a photo, which belongs to the suggestion of the same ticket.
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, JsonSchema)]
pub struct Photo {
    /// As in the header.
    #[zeroize(skip)]
    pub id: Uuid,
    /// As in the header.
    #[zeroize(skip)]
    pub ticket: TicketNumber,
    /// What [`Self::image`] is: [`PHOTO_MEDIA`].
    pub media: String,
    /// Pixels, at most [`PHOTO_SIDE_MAX`].
    pub width: u32,
    /// Pixels, at most [`PHOTO_SIDE_MAX`].
    pub height: u32,
    /// The file, at most [`PHOTO_MAX`] bytes and without metadata; base64 in JSON.
    #[serde(with = "base64_text")]
    #[schemars(with = "String")]
    pub image: Vec<u8>,
}

/// Bytes as a text of JSON's; what was in between is overwritten.
mod base64_text {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Zeroizing::new(STANDARD.encode(bytes)).as_str().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("expected base64"))
    }
}

#[cfg(test)]
mod tests;
