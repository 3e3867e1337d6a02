//! The clerk takes a suggestion, also where the disk fails in the middle of it.
//!
//! Invariant: nobody is told that a suggestion is kept whose commit failed, unless the file was closed, opened anew and
//! has it. A suggestion that was said not to be kept and is found there later is not taken a second time: whoever submits
//! the same words again in the same visit gets its number.

use tracing::{error, warn};

use super::{Around, Counter};
use crate::{
    app::{desk::refuse, task::Task},
    https::why,
    queue::Submitted,
    session::Question,
    ticket::Draft,
};

/// A disk that fails once costs the villager nothing; one that fails again is ill.
const TRIES: u32 = 2;

/// A suggestion whose commit failed.
pub(super) struct Doubt {
    pub(super) draft: Draft,
    pub(super) submitted: Submitted,
    /// Whether the file has it after all.
    pub(super) found: bool,
}

impl Counter {
    pub(super) fn submit(&mut self, question: Question, draft: Draft) {
        for _ in 0..TRIES {
            let Some(desk) = &mut self.desk else { break };
            let around = Around { printer: self.printer.as_ref().ok(), control: &self.office.control };
            let there = self.doubt.take_if(|doubt| doubt.found && doubt.draft == draft);
            let taken = match there {
                Some(doubt) => Ok(doubt.submitted),
                None => desk.queue.submit(&draft, &desk.sealer),
            };
            match taken {
                Ok(done) => return desk.kept(question, &draft, done, &around),
                Err(problem) => desk.failed(&problem, "a suggestion"),
            }
            if let Some(submitted) = desk.queue.in_doubt() {
                self.doubt = Some(Doubt { draft: draft.clone(), submitted, found: false });
            }
            self.look_after_the_file();
            self.open_when_due();
        }
        refuse(Task::Submit(question, draft));
    }

    /// The file was opened anew: whether it has what is in doubt.
    pub(super) fn settle_doubt(&mut self) {
        let (Some(desk), Some(doubt)) = (&mut self.desk, &mut self.doubt) else { return };
        match desk.queue.holds(doubt.submitted.event) {
            Ok(true) => {
                warn!(ticket.id = %doubt.submitted.ticket, "a suggestion whose commit failed is there after all");
                doubt.found = true;
            }
            Ok(false) => self.doubt = None,
            Err(problem) => {
                error!(error = %why(&problem), "the queue can't be read");
                desk.ill = true;
            }
        }
    }
}
