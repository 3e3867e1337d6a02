//! What the clerk is asked to do.

use std::sync::mpsc;

use wire::{
    case::Satisfaction,
    intake::{Reissued, Track},
    secret::Proof,
    ticket::TicketNumber,
};
use zeroize::Zeroizing;

use crate::{
    control::{ControlEvent, ReplyTo},
    printer::PrinterEvent,
    session::{Door, Question},
    ticket::Draft,
};

/// Asks the clerk.
#[derive(Clone)]
pub struct Clerk(mpsc::Sender<Task>);

impl Clerk {
    /// Makes the clerk's inbox.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Task>) {
        let (sender, inbox) = mpsc::channel();
        (Self(sender), inbox)
    }

    /// Asks; never waits.
    pub fn send(&self, task: Task) {
        // A clerk that has ended takes no tasks: the program is ending too.
        self.0.send(task).ok();
    }
}

/// What the clerk is asked to do.
pub enum Task {
    /// Write a suggestion down, then print and forward it. The question goes back with the answer.
    Submit(Question, Draft),
    /// Print a receipt once more.
    PrintAgain(TicketNumber),
    /// Write name and telephone down.
    Contact {
        /// Whose.
        ticket: TicketNumber,
        /// May be empty.
        name: String,
        /// May be empty.
        phone: String,
    },
    /// Write a rating down.
    Rating {
        /// Whose.
        ticket: TicketNumber,
        /// What they think.
        satisfaction: Satisfaction,
        /// What was rated.
        revision: u64,
        /// Whose it is.
        proof: Proof,
    },
    /// Look for a ticket in the terminal's memory.
    Remember {
        /// Goes back with the answer.
        question: Question,
        /// Which.
        track: Track,
        /// Whether the county says that it has no such ticket.
        unknown: bool,
    },
    /// Has the county acknowledged this ticket?
    Delivered(TicketNumber),
    /// Print a new query code.
    PrintCode(Question, Reissued),
    /// Print a test page.
    TestPrint(Question),
    /// The same for somebody who is not there.
    TestPrintFromAfar(ReplyTo),
    /// Write the backlog onto a stick.
    Stick(Question),
    /// The queue could not be read for a stick: its file is looked at anew.
    StickCouldNotRead,
    /// Is this the PIN?
    CheckPin {
        /// Goes back with the answer.
        question: Question,
        /// Of which door.
        door: Door,
        /// The digits.
        pin: Zeroizing<String>,
    },
    /// The visit is over: no words are kept for a receipt that still waits.
    Forget,
    /// Gather what the technician reads.
    Facts,
    /// The agent told something.
    Control(ControlEvent),
    /// The printer told something.
    Printer(PrinterEvent),
    /// The end.
    Stop,
}
