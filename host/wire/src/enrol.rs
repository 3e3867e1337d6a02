//! The enrolment file: all that a terminal needs to become one of a county's.
//!
//! `host terminal add` writes it, a technician brings it on the boot partition or a stick. The one-time token in it
//! becomes worthless once a certificate has replaced it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{bulletin::Bulletin, pin::PinHash, ticket::TerminalNumber};

/// The enrolment file, JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolment {
    /// Version of the file.
    pub v: u32,
    /// The terminal's number, never used before.
    pub terminal: TerminalNumber,
    /// The generation that the terminal's queue starts with, 1 to 49; higher ones are drawn by a terminal that found none.
    pub generation: u8,
    /// Good for one certificate, then dead.
    pub token: String,
    /// The certificate of the host's CA, PEM: the only one that the terminal trusts.
    pub ca: String,
    /// `https://…` of the fleet role's listener for terminals.
    pub fleet_url: String,
    /// `https://…` of the county role's listener for terminals.
    pub county_url: String,
    /// What events are sealed to.
    pub county_keys: CountyKeys,
    /// The liaison officer's PIN.
    pub officer_pin: PinHash,
    /// The technician's PIN.
    pub technician_pin: PinHash,
    /// What the terminal shows until it has fetched its first bulletin.
    pub bulletin: Bulletin,
}

/// The recipients of every event. A change counts only when signed by the former key or brought by a new file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountyKeys {
    /// Names the working key in headers.
    pub id: String,
    /// The county role's working key, `age1…`.
    pub working: String,
    /// The off-line recovery key, `age1…`.
    pub recovery: String,
}

/// What a terminal posts to `/enrol`, before it has a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnrolRequest {
    /// The terminal's number.
    pub terminal: TerminalNumber,
    /// From the enrolment file.
    pub token: String,
    /// A certificate request, PEM, with the terminal's number as its common name.
    pub csr: String,
}

/// What `/enrol` and `/renew` answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolled {
    /// The terminal's certificate, PEM.
    pub certificate: String,
}

/// What a terminal posts to `/renew`, over mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenewRequest {
    /// A certificate request, PEM.
    pub csr: String,
}
