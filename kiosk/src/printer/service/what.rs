//! What is printed: a receipt of the queue, or a slip that belongs to no job.

use jiff::tz::TimeZone;
use wire::{secret::track_link, ticket::TicketNumber};
use zeroize::Zeroizing;

use crate::{
    printer::receipt::{Letterhead, Op, Receipt, Slip, Width},
    queue::{JobId, PrintJob},
};

/// What is printed.
pub(super) enum What {
    /// The receipt of a ticket, with its proofs.
    Receipt(Box<PrintJob>),
    /// A slip.
    Slip(Slip),
}

impl What {
    /// Whose it is; none for a slip.
    pub(super) fn ticket(&self) -> Option<TicketNumber> {
        match self {
            Self::Receipt(job) => Some(job.ticket),
            Self::Slip(_) => None,
        }
    }

    /// Where it is written down; none for a slip.
    pub(super) fn id(&self) -> Option<JobId> {
        match self {
            Self::Receipt(job) => Some(job.id),
            Self::Slip(_) => None,
        }
    }

    /// Lays it out, with the villager's words where they are wanted, marked where `copy` isn't 0.
    pub(super) fn layout(&self, head: &Letterhead, width: Width, text: Option<&str>, copy: u32) -> Vec<Op> {
        let job = match self {
            Self::Slip(slip) => return slip.layout(head, width),
            Self::Receipt(job) => job,
        };
        let proofs = job.proofs.as_ref().expect("invariant: only jobs with their proofs are taken");
        let link = Zeroizing::new(track_link(&head.public_base, job.ticket, &proofs.secret));
        let at = job.wall.quality.shows_a_day().then(|| {
            let zone = TimeZone::get(&head.zone).unwrap_or(TimeZone::UTC);
            job.wall.at.to_zoned(zone).datetime()
        });
        let receipt = Receipt {
            head,
            ticket: job.ticket,
            code: &proofs.code,
            link: &link,
            category: &job.category,
            place: job.place.as_deref(),
            at,
            text,
            copy,
        };
        receipt.layout(width)
    }
}
