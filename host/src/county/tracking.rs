//! Tracking.

use std::net::IpAddr;

use wire::{
    intake::{Track, Tracked},
    ticket::TerminalNumber,
};

use super::{County, Error};

/// Who asks for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A terminal of the county.
    Terminal(TerminalNumber),
    /// A phone, through the public page.
    Address(IpAddr),
}

impl County {
    /// Answers whoever shows a number and a proof.
    ///
    /// # Errors
    /// [`Error::TooMany`] after too many wrong tries, or the database.
    pub async fn track(&self, asker: Asker, track: &Track) -> Result<Tracked, Error> {
        let _ = (asker, track);
        todo!()
    }
}
