//! Tokens of update clients without a certificate of ours. Whoever has one speaks for a terminal: they are an admin's alone.

use wire::ticket::TerminalNumber;

use super::{super::DeviceToken, By, Error, Role, Users};

impl Users {
    /// Every token, the newest first.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, or the database.
    pub async fn device_tokens(&self, by: By<'_>) -> Result<Vec<DeviceToken>, Error> {
        by.may(Role::Admin)?;
        let mut all = self.fleet.device_tokens().await?;
        all.reverse();
        Ok(all)
    }

    /// Draws one, of a terminal or of a gateway; itself is to be shown this once.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins; a terminal that has a certificate, is revoked or not there; or the database.
    pub async fn draw_device_token(
        &self,
        by: By<'_>,
        terminal: Option<TerminalNumber>,
    ) -> Result<(String, DeviceToken), Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).draw_device_token(terminal).await?)
    }

    /// Lets one be good no more.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`] where none is good, or the database.
    pub async fn revoke_device_token(&self, by: By<'_>, id: u64) -> Result<(), Error> {
        by.may(Role::Admin)?;
        if self.fleet_for(by).revoke_device_token(id).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}
