//! What programs of the fleet's people ask beyond what the console's pages show: artifacts, settings, orders, rollouts that are
//! made, terminals that move. It goes over the whole fleet, so that it is nobody's who sees a part of it; what a terminal was
//! ordered is seen by whoever sees the terminal. An admin does it, the others look.

use wire::{settings::Settings, ticket::TerminalNumber};

use super::{
    super::{
        AskedRollout, Difference, NotOrdered, Shown, Standing as WorksBy,
        actions::{Action, Told},
        artifacts::{Artifact, Artifacts},
        differences,
        groups::{Group, NotAGroup},
        sites::{Code, Site},
    },
    By, Error, Role, Users,
};
use crate::store::afar::SettingsRow;

impl Users {
    /// Puts a terminal at another site.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], a site that is not there or closed, or the database.
    pub async fn move_terminal(
        &self,
        by: By<'_>,
        number: TerminalNumber,
        site: &Code,
        place: &str,
    ) -> Result<Site, Error> {
        by.may(Role::Admin)?;
        self.terminal(by, number).await?;
        Ok(self.fleet_for(by).move_terminal(number, site, place).await?)
    }

    /// The terminals that stand at these sites and are not revoked, by number.
    ///
    /// # Errors
    /// The database.
    pub async fn terminals_at(&self, sites: &[Code]) -> Result<Vec<(TerminalNumber, Code)>, Error> {
        let mut all = self.fleet.terminals_at_sites().await?;
        all.retain(|(_, code)| sites.contains(code));
        Ok(all)
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

    /// Every artifact, in the order in which they came.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn artifact_list(&self, by: By<'_>, of: &Artifacts) -> Result<Vec<Artifact>, Error> {
        by.must_see_all()?;
        Ok(of.list().await?)
    }

    /// One artifact.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn one_artifact(&self, by: By<'_>, of: &Artifacts, id: i64) -> Result<Artifact, Error> {
        by.must_see_all()?;
        Ok(of.show(id).await?)
    }

    /// All settings that were drawn up, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn settings_list(&self, by: By<'_>) -> Result<Vec<SettingsRow>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.all_settings().await?)
    }

    /// Those of a number.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn settings_of(&self, by: By<'_>, version: u64) -> Result<SettingsRow, Error> {
        by.must_see_all()?;
        self.fleet.settings(version).await.map_err(or_not_there)
    }

    /// What differs between two; 0, the terminals' own.
    ///
    /// # Errors
    /// As [`Self::settings_of`].
    pub async fn settings_between(&self, by: By<'_>, before: u64, after: u64) -> Result<Vec<Difference>, Error> {
        Ok(differences(&self.settings(by, before).await?, &self.settings(by, after).await?))
    }

    /// What each terminal was ordered to take, and what it says came of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn settings_standings(&self, by: By<'_>) -> Result<Vec<WorksBy>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.settings_standing().await?)
    }

    /// Draws settings up; they themselves.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, a value that no terminal takes, or the database.
    pub async fn draw_up_settings(&self, by: By<'_>, settings: &Settings, why: &str) -> Result<SettingsRow, Error> {
        let version = self.draw_up(by, settings, why).await?;
        Ok(self.fleet.settings(version).await?)
    }

    /// Orders settings to terminals, all of them or none.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], what keeps them from being ordered, or the database.
    pub async fn order_settings(&self, by: By<'_>, version: u64, to: &[TerminalNumber]) -> Result<(), Error> {
        by.may(Role::Admin)?;
        self.fleet_for(by).order_settings(version, to).await.map_err(or_not_there)
    }

    /// What a terminal was ordered and what it told of that, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn actions_of(&self, by: By<'_>, terminal: TerminalNumber) -> Result<Vec<(Action, Vec<Told>)>, Error> {
        self.terminal(by, terminal).await?;
        let mut all = Vec::new();
        for action in self.fleet.actions(terminal).await? {
            let told = self.fleet.told_of(action.id).await?;
            all.push((action, told));
        }
        Ok(all)
    }

    /// Orders an artifact to terminals, all of them or none; the actions, in their order.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, what keeps it from being ordered, or the database.
    pub async fn order_artifact(
        &self,
        by: By<'_>,
        artifact: i64,
        to: &[TerminalNumber],
        confirmed: bool,
    ) -> Result<Vec<u64>, Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).order_artifact(artifact, to, confirmed).await?)
    }

    /// Makes a rollout.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::Rollout`], or the database.
    pub async fn make_rollout(&self, by: By<'_>, asked: AskedRollout) -> Result<Shown, Error> {
        by.may(Role::Admin)?;
        let fleet = self.fleet_for(by);
        Ok(fleet.roll_out(fleet.new_rollout(asked).await?).await?)
    }

    /// One of the sites that somebody sees, without what stands around it.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn site_alone(&self, by: By<'_>, code: &Code) -> Result<Site, Error> {
        let tree = self.fleet.sites().await?;
        let site = tree.get(code).filter(|site| by.sees(&site.name, &tree.path_of(code)));
        site.cloned().ok_or(Error::NotFound)
    }
}

/// What is asked by its number in an address.
fn or_not_there(problem: NotOrdered) -> Error {
    if matches!(problem, NotOrdered::Unknown(_)) { Error::NotFound } else { problem.into() }
}
