//! What is known: of a ticket, of its receipt, of what was looked for, of what the staff did, and why nothing is taken.
//!
//! Invariant: never more than somebody answered for.

use jiff::Timestamp;
use wire::{
    intake::LookupTicket,
    secret::{QueryCode, Secret},
    ticket::TicketNumber,
    view::View,
};

/// A ticket that is on the disk.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// Its number.
    pub ticket: TicketNumber,
    /// Its query code.
    pub code: QueryCode,
    /// What its QR proves.
    pub secret: Secret,
    /// When, where the day is known.
    pub at: Option<Timestamp>,
}

/// What is known of a receipt, never more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// Not sent yet.
    #[default]
    None,
    /// Being sent.
    Printing,
    /// Fence and clean status.
    Printed,
    /// Somebody took it.
    Taken,
    /// Nobody took it, and the printer took it back.
    Retracted,
    /// Sent, and nothing more is known.
    Unsure,
    /// It did not come out whole, and does so only when somebody asks.
    Incomplete,
    /// It waits until this is over.
    Waits(PrinterFault),
}

/// Why no receipt comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterFault {
    /// The paper ran out.
    NoPaper,
    /// The cover is open.
    CoverOpen,
    /// The knife is stuck.
    CutterStuck,
    /// The head is too hot; it goes on by itself.
    TooHot,
    /// The printer says that something else is wrong.
    Other,
    /// The printer doesn't answer.
    NoAnswer,
}

/// What looking for a ticket came to.
#[derive(Debug)]
pub enum TrackResult {
    /// From the county, just now.
    Fresh(Box<View>),
    /// From the terminal's memory; the county can't be reached.
    Kept(Box<View>),
    /// It lies here and has not reached the county.
    StillHere {
        /// Its category's formal name.
        category: String,
    },
    /// No ticket with this number and this proof.
    NotFound,
    /// Too many wrong codes; later again.
    TooMany,
    /// The county can't be reached, and the terminal's memory doesn't have it.
    Offline,
}

/// What to mend in what was typed or scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The number isn't complete.
    NumberShort,
    /// A digit is wrong or two are swapped.
    NumberWrong,
    /// The code isn't complete.
    CodeShort,
    /// No ticket with this number and this code.
    NotFound,
    /// Too many wrong codes.
    TooMany,
    /// The county can't be reached.
    Offline,
    /// The scanner read something else.
    ForeignCode,
    /// A wrong PIN.
    PinWrong,
    /// Too many wrong PINs.
    PinLocked,
    /// Nobody knows a PIN before the terminal is enrolled.
    NotEnrolled,
}

/// Why the terminal takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// It was not enrolled yet.
    NotEnrolled,
    /// Nothing can be written down.
    CannotWrite,
    /// There is no room for another visit.
    Full,
    /// The machine is about to start anew.
    StartsAnew,
}

/// What an action of the staff came to.
#[derive(Debug)]
pub enum StaffResult {
    /// The test print came out.
    TestPrinted,
    /// It was sent, and this printer says no more.
    TestSent,
    /// The printer says no.
    PrinterTrouble,
    /// The check-in reached the county.
    CheckedIn,
    /// The tickets that a telephone number left.
    Lookup(Vec<LookupTicket>),
    /// A new code is being printed.
    Reissued,
    /// The county can't be reached: this needs it.
    Offline,
    /// The county was asked too often; later again.
    TooMany,
    /// The county was reached and said no.
    Refused,
    /// Nothing can be written down at present, so nothing is taken.
    CannotTake,
    /// How it stands with the stick.
    Stick(Stick),
}

/// How it stands with the backlog on the stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stick {
    /// It is being written; the stick must stay in.
    Writing {
        /// Events that are written.
        done: u32,
        /// Events in all.
        of: u32,
    },
    /// So many events are on the stick, which may be taken out.
    Done(u32),
    /// The county has acknowledged everything.
    Nothing,
    /// No stick is there.
    NoStick,
    /// The stick is full.
    Full,
    /// The stick can't be written on.
    ReadOnly,
    /// Something else went wrong.
    Failed,
    /// The terminal has no certificate: the county could not know whose it is.
    NotEnrolled,
    /// Who signs is not there at the moment.
    NotReady,
}
