//! Groups as far as somebody may see and keep them. They go over the whole fleet, so that they are nobody's who sees a part of it.

use wire::ticket::TerminalNumber;

use super::{
    super::groups::{Group, NotAGroup, Query},
    By, Error, Role, Users,
};

impl Users {
    /// Every group, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn groups(&self, by: By<'_>) -> Result<Vec<Group>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.groups().await?)
    }

    /// Who would be in a group that asks this.
    ///
    /// # Errors
    /// As [`Users::groups`].
    pub async fn who_meets(&self, by: By<'_>, query: &Query) -> Result<Vec<TerminalNumber>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.who_meets(query).await?)
    }

    /// Keeps a group, in place of one of the same name.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, the name, or the database.
    pub async fn put_group(&self, by: By<'_>, name: &str, query: &Query) -> Result<(), Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).put_group(name, query).await?)
    }

    /// Forgets a group.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], or the database.
    pub async fn remove_group(&self, by: By<'_>, name: &str) -> Result<(), Error> {
        by.may(Role::Admin)?;
        match self.fleet_for(by).remove_group(name).await {
            Err(super::super::Error::Group(NotAGroup::Unknown(_))) => Err(Error::NotFound),
            other => Ok(other?),
        }
    }

    /// A group of this name, and who is in it at this moment.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn group(&self, by: By<'_>, name: &str) -> Result<(Group, Vec<TerminalNumber>), Error> {
        by.must_see_all()?;
        let group = match self.fleet.group(name).await {
            Err(super::super::Error::Group(NotAGroup::Unknown(_))) => return Err(Error::NotFound),
            other => other?,
        };
        let terminals = self.fleet.who_meets(&group.query).await?;
        Ok((group, terminals))
    }
}
