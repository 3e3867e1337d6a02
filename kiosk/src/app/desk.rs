//! What the clerk does with an open queue: write down, look up, tidy.
//!
//! Invariant: whatever could not be written down is said to whoever waits for it. The queue is tidied and purged here
//! and nowhere else: nothing on this thread waits for a printer, a network or a person.

use std::time::Duration;

use tracing::error;
use wire::{
    bulletin::Bulletin,
    event::WallTime,
    intake::Track,
    secret::{Proof, Secret},
    ticket::TicketNumber,
    view::ViewKey,
};
use zeroize::{Zeroize, Zeroizing};

use super::{post, task::Task};
use crate::{
    control::Control,
    https::why,
    printer::{Command, Handle},
    queue::{self, Queue, QueueError},
    seal::Sealer,
    session::{Event, Paper, PrinterFault, Question, QueueFacts, Submitted, TrackResult},
    ticket::Draft,
};

/// Events are kept for 30 days; an hour more is nothing. What could not be sealed for want of room is tried again as often.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// The open queue, and what its events are sealed with.
pub(super) struct Desk {
    pub(super) queue: Queue,
    pub(super) sealer: Sealer,
    purge_due: Duration,
    /// Whether the file has to be closed and looked at anew.
    pub(super) ill: bool,
}

/// What the desk reaches of the rest.
pub(super) struct Around<'a> {
    /// None where nothing drives it.
    pub(super) printer: Option<&'a Handle>,
    pub(super) control: &'a Control,
}

impl Desk {
    pub(super) fn new(queue: Queue, sealer: Sealer) -> Self {
        Self { queue, sealer, purge_due: Duration::ZERO, ill: false }
    }

    pub(super) fn work(&mut self, task: Task, around: &Around<'_>) {
        match task {
            Task::Contact { ticket, mut name, mut phone } => {
                let kept = self.queue.submit_contact(ticket, &name, &phone, &self.sealer);
                name.zeroize();
                phone.zeroize();
                self.tell(kept, "a contact", around, Event::ContactSaved(ticket), Event::ContactNotSaved(ticket));
            }
            Task::Rating { ticket, satisfaction, revision, proof } => {
                let kept = self.queue.submit_rating(ticket, satisfaction, revision, proof, &self.sealer);
                self.tell(kept, "a rating", around, Event::RatingSaved(ticket), Event::RatingNotSaved(ticket));
            }
            Task::Remember { question, track, unknown } => {
                post(Event::Tracked(question, self.remember(&track, unknown)));
            }
            Task::Delivered(ticket) => {
                let facts = self.queue.ticket_facts(ticket);
                if self.read(facts, "a ticket").flatten().is_some_and(|facts| facts.delivered) {
                    post(Event::Delivered { ticket });
                }
            }
            other => refuse(other),
        }
    }

    /// A suggestion is kept: its receipt, its way to the county, and the villager hear of it.
    pub(super) fn kept(&mut self, question: Question, draft: &Draft, done: queue::Submitted, around: &Around<'_>) {
        let text = draft.text_on_receipt.then(|| Zeroizing::new(draft.text.clone()));
        let ticket = done.ticket;
        if let Some(printer) = around.printer {
            printer.send(Command::Kick { ticket, text });
        }
        around.control.submitted();
        let at = done.wall.quality.shows_a_day().then_some(done.wall.at);
        let submitted = Submitted { ticket: done.ticket, code: done.code, secret: done.secret, at };
        post(Event::Submitted(question, Box::new(submitted)));
        if around.printer.is_none() {
            post(no_printer(ticket));
        }
    }

    /// Something could not be written down.
    pub(super) fn failed(&mut self, problem: &QueueError, what: &str) {
        error!(error = %why(problem), "{what} could not be written down");
        self.ill |= problem.is_of_the_file();
    }

    /// What could be read; where it could not, the file is looked at anew.
    fn read<T>(&mut self, read: Result<T, QueueError>, what: &str) -> Option<T> {
        read.inspect_err(|problem| {
            error!(error = %why(problem), "{what} could not be read");
            self.ill |= problem.is_of_the_file();
        })
        .ok()
    }

    fn tell<T>(
        &mut self,
        kept: Result<T, QueueError>,
        what: &str,
        around: &Around<'_>,
        saved: Event,
        not_saved: Event,
    ) {
        match kept {
            Ok(_) => {
                post(saved);
                around.control.submitted();
            }
            Err(problem) => {
                self.failed(&problem, what);
                post(not_saved);
            }
        }
    }

    /// What the terminal itself knows of a ticket, which it tells to the receipt's own QR only: number and code are for
    /// the county to judge, which counts wrong tries.
    fn remember(&mut self, track: &Track, unknown: bool) -> TrackResult {
        let known = match &track.proof {
            Proof::Secret(secret) => {
                let remembered = self.remembered(track.ticket, secret);
                self.read(remembered, "a ticket").flatten()
            }
            Proof::Code(_) => None,
        };
        known.unwrap_or_else(|| not_remembered(unknown))
    }

    fn remembered(&self, ticket: TicketNumber, secret: &Secret) -> Result<Option<TrackResult>, QueueError> {
        if let Some(sealed) = self.queue.view(ticket)?
            && let Ok(view) = sealed.open(&ViewKey::of(secret))
        {
            return Ok(Some(TrackResult::Kept(Box::new(view))));
        }
        let proofs = self.queue.print_job(ticket)?.and_then(|job| job.proofs);
        if !proofs.is_some_and(|own| own.secret.same_as(secret)) {
            return Ok(None);
        }
        let facts = self.queue.ticket_facts(ticket)?.filter(|facts| !facts.delivered);
        Ok(facts.map(|facts| TrackResult::StillHere { category: facts.category }))
    }

    /// The bulletin last fetched, and when.
    pub(super) fn bulletin(&mut self) -> Option<(Bulletin, WallTime)> {
        let kept = self.queue.bulletin();
        self.read(kept, "the bulletin").flatten().map(|kept| (kept.bulletin, kept.fetched))
    }

    /// How full the queue is; where that can't be read, the file is looked at anew.
    pub(super) fn facts(&mut self) -> Result<QueueFacts, QueueError> {
        let depth = self.queue.depth().inspect_err(|problem| self.ill |= problem.is_of_the_file())?;
        let set_aside = self.queue.set_aside()?;
        Ok(QueueFacts { waiting: depth.waiting, dead: depth.dead, oldest: depth.oldest, set_aside })
    }

    /// Sees to it that no damaged queue beside this one gives its codes to whoever has the card.
    pub(super) fn seal_what_was_set_aside(&self) {
        if let Err(problem) = self.queue.seal_set_aside(&self.sealer) {
            error!(error = %why(&problem), "a damaged queue that was set aside can't be sealed");
        }
    }

    /// Forgets what is due to be forgotten, and keeps the log small.
    pub(super) fn tend(&mut self, now: Duration) {
        let mut tended = Ok(());
        if now >= self.purge_due {
            self.purge_due = now + PURGE_EVERY;
            self.seal_what_was_set_aside();
            tended = self.queue.purge().map(|_| ());
        }
        if let Err(problem) = tended.and_then(|()| self.queue.tidy().map(|_| ())) {
            error!(error = %why(&problem), "the queue could not be tidied");
            self.ill |= problem.is_of_the_file();
        }
    }
}

/// A receipt that waits until something drives the printer.
pub(super) fn no_printer(ticket: TicketNumber) -> Event {
    Event::Paper { ticket, paper: Paper::Waits(PrinterFault::NoAnswer) }
}

/// Answers whoever waits for something that only an open queue can do.
pub(super) fn refuse(task: Task) {
    match task {
        Task::Submit(question, _) => post(Event::NotSubmitted(question)),
        Task::Contact { ticket, mut name, mut phone } => {
            name.zeroize();
            phone.zeroize();
            post(Event::ContactNotSaved(ticket));
        }
        Task::Rating { ticket, .. } => post(Event::RatingNotSaved(ticket)),
        Task::Remember { question, unknown, .. } => post(Event::Tracked(question, not_remembered(unknown))),
        // Nobody waits for the others.
        _ => {}
    }
}

fn not_remembered(unknown: bool) -> TrackResult {
    if unknown { TrackResult::NotFound } else { TrackResult::Offline }
}
