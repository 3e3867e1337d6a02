//! What somebody asks of a terminal from afar.

use wire::{diagnostics::Diagnostic, ticket::TerminalNumber};

use super::{
    super::diagnostics::{Asked, NotAsked, Sent},
    By, Error, Role, Users,
};

impl Users {
    /// Asks something of a terminal; returns the request's number.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`], [`Error::Diagnostics`], or the database.
    pub async fn ask(&self, by: By<'_>, terminal: TerminalNumber, what: &Diagnostic, hours: u32) -> Result<u64, Error> {
        by.may(Role::Operator)?;
        self.terminal(by, terminal).await?;
        Ok(self.fleet_for(by).ask(terminal, what, hours).await?)
    }

    /// Takes back what was asked of a terminal and waits.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`] also where nothing waits, or the database.
    pub async fn cancel_asked(&self, by: By<'_>, terminal: TerminalNumber, what: &Diagnostic) -> Result<(), Error> {
        by.may(Role::Operator)?;
        let asked = self.asked_of(by, terminal).await?;
        let open = asked.iter().find(|asked| asked.what == *what && asked.state.is_open());
        self.fleet_for(by).cancel_asked(open.ok_or(Error::NotFound)?.number).await?;
        Ok(())
    }

    /// What was asked of a terminal lately, the newest first.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`], or the database.
    pub async fn asked_of(&self, by: By<'_>, terminal: TerminalNumber) -> Result<Vec<Asked>, Error> {
        by.may(Role::Operator)?;
        self.terminal(by, terminal).await?;
        Ok(self.fleet.asked_of(terminal).await?)
    }

    /// A request to a terminal, with what that sent along.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`] also for another terminal's, or the database.
    pub async fn asked(&self, by: By<'_>, terminal: TerminalNumber, number: u64) -> Result<(Asked, Sent), Error> {
        by.may(Role::Operator)?;
        self.terminal(by, terminal).await?;
        let (asked, sent) = self.fleet.asked(number).await?;
        if asked.terminal == terminal { Ok((asked, sent)) } else { Err(Error::NotFound) }
    }
}

impl From<NotAsked> for Error {
    fn from(problem: NotAsked) -> Self {
        match problem {
            NotAsked::Unknown(_) => Self::NotFound,
            NotAsked::Fleet(problem) => Self::Fleet(problem),
            refused => Self::Diagnostics(refused),
        }
    }
}
