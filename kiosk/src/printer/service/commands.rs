//! What the thread is told, and the answers that need no printer.
//!
//! Invariant: every slip and every wish for a copy is answered, unless whoever had it left before there was a queue.

use std::time::Duration;

use wire::ticket::TicketNumber;

use super::{
    Command, PrinterEvent, PrinterHealth,
    what::What,
    worker::{Worker, rules, waits},
};
use crate::{
    printer::job::{Action, Event, Job, Paper, step},
    queue::QueueError,
};

impl Worker {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Queue(queue) => {
                // A queue that can't say so will say no to the next receipt, too.
                let broken_off = queue.may_have_broken_off();
                if !matches!(broken_off, Ok(None)) {
                    self.device.may_have_broken_off();
                }
                if let Ok(Some(ticket)) = broken_off {
                    self.held = Some(ticket);
                }
                self.unlisted = true;
                self.queue = Some(queue);
            }
            Command::LetGo => {
                self.queue = None;
                self.active.take_if(|active| matches!(active.what, What::Receipt(_)));
            }
            Command::Kick { ticket, text } => {
                self.visit = Some(ticket);
                self.come.insert(ticket);
                if let Some(text) = text {
                    self.texts.insert(ticket, text);
                }
                // It stands behind one that waits, for the same paper or printer.
                if self.active.as_ref().is_some_and(|a| waits(a) && a.what.ticket() != Some(ticket))
                    && let Some((_, paper @ Paper::Waits(_))) = self.told
                {
                    (self.tell)(PrinterEvent::Job { ticket, paper });
                }
            }
            Command::Reprint(ticket) => {
                self.visit = Some(ticket);
                self.wanted.push_back(ticket);
            }
            Command::Print(slip) => self.slips.push_back(slip),
            Command::Letterhead(head) => self.head = head,
            Command::VisitOver => {
                self.texts.clear();
                self.visit = None;
                if self.queue.is_none() {
                    self.wanted.clear();
                }
                self.void_slips = self.slips.len();
            }
            Command::Stop => self.stopping = true,
        }
    }

    /// Looks up what former runs left, whose words are lost.
    pub(super) fn list_former(&mut self) -> Result<(), QueueError> {
        if let Some(queue) = &self.queue
            && self.unlisted
        {
            self.come.extend(queue.open_jobs()?.into_iter().map(|job| job.ticket));
            self.unlisted = false;
        }
        Ok(())
    }

    /// Prepares the copies that are wanted, once there is a queue to print them from.
    pub(super) fn print_wanted(&mut self) -> Result<(), QueueError> {
        while self.queue.is_some()
            && let Some(ticket) = self.wanted.front().copied()
        {
            let is_known = self.reprint(ticket)?;
            self.wanted.pop_front();
            if !is_known {
                (self.tell)(PrinterEvent::NoReceipt(ticket));
            }
        }
        Ok(())
    }

    /// Prepares another copy; false where there is nothing to print it from.
    fn reprint(&mut self, ticket: TicketNumber) -> Result<bool, QueueError> {
        if self.active.as_ref().is_some_and(|a| a.what.ticket() == Some(ticket) && a.job.is_open()) {
            let over = self.active.take_if(|a| matches!(a.job, Job::Failed { .. }) || a.job.is_out());
            if over.is_none() {
                return Ok(true);
            }
        }
        let Some(queue) = &mut self.queue else { return Ok(false) };
        let Some(job) = queue.print_job(ticket)?.filter(|job| job.proofs.is_some()) else { return Ok(false) };
        self.active.take_if(|a| a.what.ticket() == Some(ticket));
        let rules = rules(&self.settings, Duration::ZERO);
        let (_, actions) = step(Job::taken_up(job.state), Event::AskedAgain, rules, Duration::ZERO);
        for action in actions {
            if let Action::Persist(state) = action {
                queue.journal(job.id, state, None)?;
            }
        }
        self.come.insert(ticket);
        self.told = None;
        Ok(true)
    }

    /// Answers for slips that will not come out: whoever wanted them has left, or the printer is known not to print while
    /// a receipt waits before them.
    pub(super) fn answer_slips(&mut self) {
        // What is being printed is answered for first.
        if self.active.as_ref().is_some_and(|active| active.job.is_open() && !waits(active)) {
            return;
        }
        for _ in self.slips.drain(..std::mem::take(&mut self.void_slips)) {
            (self.tell)(PrinterEvent::Slip(Paper::Incomplete));
        }
        if self.slips.is_empty() || self.active.is_none() {
            return;
        }
        // It may be over since the printer was last looked at.
        self.ask().ok();
        if let Some(trouble) = self.health.as_ref().filter(|health| !health.is_mute).and_then(PrinterHealth::trouble) {
            for _ in self.slips.drain(..) {
                (self.tell)(PrinterEvent::Slip(Paper::Waits(trouble)));
            }
        }
    }
}
