//! What the printer holds of a receipt that stopped in the middle: with new paper it prints the rest by itself.
//!
//! Invariant: once a receipt's code was forgotten nothing more of it comes out, where the printer can be told so.

use wire::ticket::TicketNumber;

use super::worker::{Worker, waits};
use crate::queue::QueueError;

impl Worker {
    pub(super) fn is_code_forgotten(&self, ticket: TicketNumber) -> Result<bool, QueueError> {
        let Some(queue) = &self.queue else { return Ok(false) };
        Ok(queue.print_job(ticket)?.is_none_or(|job| job.proofs.is_none()))
    }

    /// Empties the printer of a receipt that nobody waits for any more: whoever puts new paper in must not get it.
    pub(super) fn drop_what_is_held(&mut self) -> Result<(), QueueError> {
        let answers = self.health.as_ref().is_some_and(|health| health.status.is_some());
        let prints = self.active.as_ref().is_some_and(|active| active.job.is_open() && !waits(active));
        if let Some(ticket) = self.held
            && answers
            && !prints
            && self.is_code_forgotten(ticket)?
            && self.device.empty().is_ok()
        {
            self.held = None;
        }
        Ok(())
    }
}
