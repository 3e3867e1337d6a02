//! The desk.

use uuid::Uuid;
use wire::{
    intake::{CheckIn, HelpCall, HelpState, Lookup, LookupAnswer, Reissue, Reissued},
    ticket::TerminalNumber,
};

use super::{County, Error};

impl County {
    /// Notes a call for help; the same call twice is one.
    ///
    /// # Errors
    /// The database.
    pub async fn help(&self, terminal: TerminalNumber, call: &HelpCall) -> Result<(), Error> {
        let _ = (terminal, call);
        todo!()
    }

    /// Whether somebody acknowledged the terminal's call.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a call that this terminal never made, or the database.
    pub async fn help_state(&self, terminal: TerminalNumber, call: Uuid) -> Result<HelpState, Error> {
        let _ = (terminal, call);
        todo!()
    }

    /// Notes that somebody of the roster came or left.
    ///
    /// # Errors
    /// [`Error::NotFound`] for somebody who isn't on the station's roster, or the database.
    pub async fn check_in(&self, terminal: TerminalNumber, check_in: &CheckIn) -> Result<(), Error> {
        let _ = (terminal, check_in);
        todo!()
    }

    /// Finds tickets by the telephone number that was left with them. Audited.
    ///
    /// # Errors
    /// [`Error::TooMany`], or the database.
    pub async fn lookup(&self, terminal: TerminalNumber, lookup: &Lookup) -> Result<LookupAnswer, Error> {
        let _ = (terminal, lookup);
        todo!()
    }

    /// Gives a ticket that [`Self::lookup`] found a new query code. Audited.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the number wasn't left with the ticket, [`Error::TooMany`], or the database.
    pub async fn reissue(&self, terminal: TerminalNumber, reissue: &Reissue) -> Result<Reissued, Error> {
        let _ = (terminal, reissue);
        todo!()
    }
}
