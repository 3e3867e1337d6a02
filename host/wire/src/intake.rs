//! What a terminal and the county say to each other, all below the county's base address and over mutual TLS.
//!
//! | method, path | request | answer |
//! |---|---|---|
//! | PUT `/intake/v1/events/{id}` | an event's bytes, `Content-Digest` | 201 [`Accepted`]; 200 the same bytes again; 409 other bytes under this id, kept and shown; 422 not an event, or a header that isn't the sender's |
//! | GET `/intake/v1/views?after=N` | | [`Views`] of this terminal's tickets |
//! | GET `/intake/v1/bulletin` | `If-None-Match` | [`crate::bulletin::Bulletin`], `ETag`; 304 |
//! | POST `/intake/v1/track` | [`Track`] | [`Tracked`]; 429 with `Retry-After` after too many wrong codes |
//! | POST `/intake/v1/help` | [`HelpCall`] | 202 |
//! | GET `/intake/v1/help/{id}` | | [`HelpState`] |
//! | POST `/intake/v1/check-in` | [`CheckIn`] | 204 |
//! | POST `/intake/v1/lookup` | [`Lookup`] | [`LookupAnswer`]; audited |
//! | POST `/intake/v1/reissue` | [`Reissue`] | [`Reissued`]; audited |
//! | POST `/intake/v1/hand-over` | [`HandOver`] | [`HandedOver`]; the same again is answered the same |
//!
//! A recording ([`crate::event::Kind::Voice`]) is sent in pieces, by tus 1.0.0 with its extensions creation, expiration
//! and termination (<https://tus.io/protocols/resumable-upload>); PUT takes it whole as well. An upload is named like its
//! event, belongs to the terminal that began it, and is forgotten a week after its last byte.
//!
//! | method, path | request | answer |
//! |---|---|---|
//! | POST `/intake/v1/uploads` | `Upload-Length`, `Upload-Metadata: id BASE64,sha256 BASE64`: the id as text, the hash as its 32 bytes; the hash may be left out | 201 `Location`, `Upload-Offset`: send the rest from there, also of an upload that was begun before; 200 [`Accepted`] the county holds these very bytes; 409 it holds others under this id, and has kept these beside them; 413 longer than any event; 422 no id |
//! | HEAD `/intake/v1/uploads/{id}` | | 200 `Upload-Offset`, what is on the county's disk; all of it where the county holds the event; 404 no such upload of this terminal |
//! | PATCH `/intake/v1/uploads/{id}` | `Upload-Offset`, `application/offset+octet-stream` | 204 `Upload-Offset`, on the county's disk; with the last byte: 204 the event was taken as by PUT; 422 as PUT says it; 409 other bytes, as PUT says it; 460 the hash is another one: all of it is to be sent again. In between: 409 another offset than the county's; 413 more than was announced; 404 |
//! | DELETE `/intake/v1/uploads/{id}` | | 204; 404 |
//!
//! Both meanings of 409 leave nothing to guess: POST with the hash says 409 only of what is kept as a conflict. Whoever
//! lost an answer asks with POST.
//!
//! Every answer carries the host's ledger id in the header [`LEDGER`]: `host restore` makes a new one, and a terminal
//! that sees another offers again all that it still holds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    secret::{Proof, QueryCode, SecretHash},
    ticket::TicketNumber,
    view::{SealedView, View},
};

/// Name of the response header that carries the ledger id, a UUID.
pub const LEDGER: &str = "lianxin-ledger";

/// Name of the request and response header that carries an event's hash (RFC 9530).
pub const CONTENT_DIGEST: &str = "content-digest";

/// The version of tus that both sides speak, in the header `Tus-Resumable`.
pub const TUS_VERSION: &str = "1.0.0";

/// An event is on the county's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The ledger that has it.
    pub ledger: Uuid,
    /// The event.
    pub id: Uuid,
}

/// Views of a terminal's own tickets that changed behind `after`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Views {
    /// What to ask behind next time; starts at 0.
    pub cursor: u64,
    /// In the order of their changes, the newest of each ticket.
    pub views: Vec<SealedView>,
    /// Whether more are waiting.
    #[serde(default)]
    pub more: bool,
}

/// Asks for one ticket of any terminal of the county.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Track {
    /// The ticket.
    pub ticket: TicketNumber,
    /// What shows that it is one's own.
    pub proof: Proof,
}

/// The answer to [`Track`]. An unknown number is answered like a wrong code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tracked {
    /// The case.
    Found(Box<View>),
    /// No ticket with this number and this proof.
    NotFound,
}

/// Somebody at the terminal asks for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelpCall {
    /// Made by the terminal; the same call twice is one.
    pub id: Uuid,
}

/// Whether somebody acknowledged a call for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelpState {
    /// Only once a person said so.
    pub acknowledged: bool,
    /// Who.
    #[serde(default)]
    pub by: Option<String>,
}

/// The officer notes that somebody came or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckIn {
    /// Id of the person, from the roster.
    pub person: String,
    /// Came, or left.
    pub present: bool,
    /// By the terminal's clock.
    pub at: Timestamp,
}

/// The officer looks for a lost receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lookup {
    /// The telephone number that the villager had left.
    pub phone: String,
}

/// The answer to [`Lookup`]: no words, no names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LookupAnswer {
    /// Newest first, at most ten.
    pub tickets: Vec<LookupTicket>,
}

/// One ticket found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LookupTicket {
    /// Its number.
    pub ticket: TicketNumber,
    /// The category's formal name.
    pub category: String,
    /// When the county received it.
    pub received: Timestamp,
}

/// Asks for a new query code for a ticket that [`Lookup`] found; the former one dies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reissue {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The same telephone number.
    pub phone: String,
}

/// The new code, to be printed and forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reissued {
    /// The ticket.
    pub ticket: TicketNumber,
    /// Its new code.
    pub code: QueryCode,
}

/// Asks that a villager's phone may add to a ticket of this terminal. The secret itself goes to the phone alone
/// ([`crate::secret::phone_link`]); a new request takes the place of one for the same ticket that no phone has opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandOver {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The boot that wrote the suggestion: where one number has two cases, it tells which.
    pub boot: Uuid,
    /// Of the secret in the QR.
    pub secret: SecretHash,
}

/// The answer to [`HandOver`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandedOver {
    /// Whether a phone may come.
    pub verdict: HandOverVerdict,
    /// For how many seconds from this answer, where it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_s: Option<u32>,
}

/// Whether a phone may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandOverVerdict {
    /// The first that shows the secret.
    Open,
    /// No: one is at work for this ticket.
    InUse,
    /// No: this terminal asked too often within the hour.
    TooMany,
    /// No, for a reason of a newer host.
    #[serde(other)]
    Unknown,
}
