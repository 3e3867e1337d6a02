//! What a visit asks for. Invariant: an action names what is to be done and carries what it needs; nobody answers it
//! but through an event.

use wire::{case::Satisfaction, secret::Proof, ticket::TicketNumber};

use super::Door;
use crate::ticket::Draft;

/// What is to be done.
pub enum Action {
    /// Write it down: seal, commit, then print and forward.
    Submit(Draft),
    /// Print the receipt once more, marked as a copy.
    PrintAgain(TicketNumber),
    /// Write the contact down.
    SubmitContact {
        /// Whose.
        ticket: TicketNumber,
        /// May be empty.
        name: String,
        /// May be empty.
        phone: String,
    },
    /// Write the rating down.
    SubmitRating {
        /// Whose.
        ticket: TicketNumber,
        /// What they think.
        satisfaction: Satisfaction,
        /// What was rated.
        revision: u64,
        /// Whose it is.
        proof: Proof,
    },
    /// Look at the county, then in the terminal's memory.
    Track {
        /// Which.
        ticket: TicketNumber,
        /// Whose it is.
        proof: Proof,
    },
    /// Has the county acknowledged this one?
    AskDelivered(TicketNumber),
    /// Lamp, buzzer, webhook.
    CallHelp,
    /// Is this the PIN?
    CheckPin {
        /// Of which door.
        door: Door,
        /// The digits.
        pin: String,
    },
    /// Print a test page.
    TestPrint,
    /// Tell the county that somebody came or left.
    CheckIn {
        /// Id of the person.
        person: String,
        /// Came.
        present: bool,
    },
    /// Ask the county for the tickets of a telephone number.
    Lookup {
        /// The number.
        phone: String,
    },
    /// Ask the county for a new code, and print it.
    Reissue {
        /// Which.
        ticket: TicketNumber,
        /// The number that it was found by.
        phone: String,
    },
    /// The visit is over: no field, model, clipboard or buffer holds anything of it.
    Wipe,
}
