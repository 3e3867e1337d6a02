//! Alarms that somebody sees to, and terminals of which nothing is to be told.

use wire::ticket::TerminalNumber;

use super::{
    super::{Quiet, Whom},
    By, Error, Role, Users,
};

impl Users {
    /// Whoever asks sees to what is wrong with a terminal. False where nothing is that nobody sees to.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`], or the database.
    pub async fn take(&self, by: By<'_>, number: TerminalNumber) -> Result<bool, Error> {
        by.may(Role::Operator)?;
        self.terminal(by, number).await?;
        Ok(self.fleet_for(by).take(number).await?)
    }

    /// Tells nothing of a terminal, or of all of its station, for some hours, for a reason; 0 hours, it is told of again.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`], hours or a reason that can't be used, or the database.
    pub async fn silence(
        &self,
        by: By<'_>,
        number: TerminalNumber,
        is_whole_station: bool,
        (hours, why): (u32, &str),
    ) -> Result<(), Error> {
        by.may(Role::Operator)?;
        let (row, _) = self.terminal(by, number).await?;
        let whom = if is_whole_station { Whom::Station(&row.station) } else { Whom::Terminal(number) };
        self.fleet_for(by).silence(whom, hours, why).await?;
        Ok(())
    }

    /// Ends that nothing is told of a terminal, itself and with its station.
    ///
    /// # Errors
    /// As [`Users::silence`].
    pub async fn end_silence(&self, by: By<'_>, number: TerminalNumber) -> Result<(), Error> {
        by.may(Role::Operator)?;
        let (row, _) = self.terminal(by, number).await?;
        let fleet = self.fleet_for(by);
        for whom in [Whom::Terminal(number), Whom::Station(&row.station)] {
            fleet.silence(whom, 0, "").await?;
        }
        Ok(())
    }

    /// Whether nothing is told of a terminal, itself or with its station.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn quiet_of(&self, by: By<'_>, number: TerminalNumber) -> Result<Option<Quiet>, Error> {
        let (row, _) = self.terminal(by, number).await?;
        Ok(self.fleet.quiet_of(number, &row.station).await?)
    }
}
