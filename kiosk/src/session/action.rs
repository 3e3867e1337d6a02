//! What a visit asks for. Invariant: an action names what is to be done and carries what it needs; nobody answers it
//! but through an event.

use sound_line::Language;
use wire::{case::Satisfaction, secret::Proof, ticket::TicketNumber};

use super::{Door, heard::Phrases};
use crate::{
    config::Loudness,
    ticket::{Draft, Recording},
};

/// Which question an answer belongs to; one is never used twice, so that an answer that comes late is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question(u64);

/// Counts the questions, over all visits.
#[derive(Debug, Default)]
pub(super) struct Questions(u64);

impl Questions {
    pub(super) fn next(&mut self) -> Question {
        self.0 += 1;
        Question(self.0)
    }
}

/// What is to be done.
pub enum Action {
    /// Write it down: seal, commit, then print and forward. The question comes back with the answer.
    Submit(Question, Draft),
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
        /// Comes back with the answer.
        question: Question,
        /// Which.
        ticket: TicketNumber,
        /// Whose it is.
        proof: Proof,
    },
    /// Ask the county to let a phone come to a ticket.
    HandOver {
        /// Comes back with the answer.
        question: Question,
        /// Which.
        ticket: TicketNumber,
    },
    /// Has the county acknowledged this one?
    AskDelivered(TicketNumber),
    /// Call somebody, through the county; the same call twice is one.
    CallHelp(Question),
    /// Does somebody come, whom this call reached?
    AskHelp(Question),
    /// Is this the PIN?
    CheckPin {
        /// Comes back with the answer.
        question: Question,
        /// Of which door.
        door: Door,
        /// The digits.
        pin: String,
    },
    /// Print a test page.
    TestPrint(Question),
    /// Write the backlog onto a stick.
    ToStick(Question),
    /// Tell the county that somebody came or left.
    CheckIn {
        /// Comes back with the answer.
        question: Question,
        /// Id of the person.
        person: String,
        /// Came.
        present: bool,
    },
    /// Ask the county for the tickets of a telephone number.
    Lookup {
        /// Comes back with the answer.
        question: Question,
        /// The number.
        phone: String,
    },
    /// Ask the county for a new code, and print it.
    Reissue {
        /// Comes back with the answer.
        question: Question,
        /// Which.
        ticket: TicketNumber,
        /// The number that it was found by.
        phone: String,
    },
    /// Record what is said.
    Record,
    /// Give out what was recorded.
    StopRecording,
    /// Forget what is being recorded.
    CancelRecording,
    /// Let it be heard.
    PlayRecording(Recording),
    /// Be silent.
    StopPlaying,
    /// Speak these clips, instead of what is being spoken.
    Speak {
        /// Their names, phrase by phrase.
        phrases: Phrases,
        /// In which language.
        language: Language,
        /// How loud.
        loudness: Loudness,
    },
    /// Speak no longer.
    Hush,
    /// Make what is heard louder or softer.
    Loudness(Loudness),
    /// The visit is over: no field, model, clipboard or buffer holds anything of it.
    Wipe,
}
