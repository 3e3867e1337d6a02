//! What one terminal was ordered, for whoever sees it, and orders to it.

use wire::ticket::TerminalNumber;

use super::{
    super::{
        DrawnUp, NotOrdered, Standing,
        actions::{Action, NotDone, Told},
        artifacts::{Artifact, Artifacts, State},
        rollouts::Brought,
    },
    By, Error, Role, Users,
};

/// So many of a terminal's orders are shown.
const SHOWN: usize = 10;

/// So many artifacts, and so many settings, can be chosen from.
const OFFERED: usize = 50;

/// What a terminal was ordered.
#[derive(Debug, Clone)]
pub struct Orders {
    /// Artifacts, the newest first, each with what the terminal last told of it.
    pub actions: Vec<(Action, Option<Told>)>,
    /// Settings, and what it says of them.
    pub settings: Standing,
}

/// What can be ordered.
#[derive(Debug, Clone, Default)]
pub struct What {
    /// Artifacts that are released, the newest first.
    pub artifacts: Vec<Artifact>,
    /// Settings, the newest first.
    pub settings: Vec<DrawnUp>,
}

impl Users {
    /// What a terminal was ordered.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn orders(&self, by: By<'_>, terminal: TerminalNumber) -> Result<Orders, Error> {
        self.terminal(by, terminal).await?;
        let mut actions = Vec::new();
        for action in self.fleet.actions(terminal).await?.into_iter().take(SHOWN) {
            let told = self.fleet.told_of(action.id).await?.into_iter().next();
            actions.push((action, told));
        }
        Ok(Orders { actions, settings: self.fleet.settings_standing_of(terminal).await? })
    }

    /// What can be ordered by whoever asks; nothing, where they may not.
    ///
    /// # Errors
    /// The database.
    pub async fn what_can_be_ordered(&self, by: By<'_>, of: &Artifacts) -> Result<What, Error> {
        if by.may(Role::Admin).is_err() {
            return Ok(What::default());
        }
        let mut artifacts = of.list().await?;
        artifacts.retain(|artifact| artifact.state == State::Released);
        artifacts.reverse();
        artifacts.truncate(OFFERED);
        let mut settings = self.fleet.drawn_up().await?;
        settings.truncate(OFFERED);
        Ok(What { artifacts, settings })
    }

    /// Orders an artifact, or settings, to a terminal; where an artifact is `confirmed`, somebody at the device says yes first.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], what keeps it from being ordered, or the database.
    pub async fn order(
        &self,
        by: By<'_>,
        terminal: TerminalNumber,
        what: Brought,
        confirmed: bool,
    ) -> Result<(), Error> {
        by.may(Role::Admin)?;
        self.terminal(by, terminal).await?;
        let fleet = self.fleet_for(by);
        match what {
            Brought::Settings(version) => fleet.order_settings(version, &[terminal]).await?,
            Brought::Artifact(id) => drop(fleet.order_artifact(id, &[terminal], confirmed).await?),
        }
        Ok(())
    }

    /// Has a terminal stop what it is at; `give_up` doesn't wait for its answer.
    ///
    /// # Errors
    /// As [`Users::order`].
    pub async fn cancel_order(&self, by: By<'_>, terminal: TerminalNumber, give_up: bool) -> Result<Action, Error> {
        by.may(Role::Admin)?;
        self.terminal(by, terminal).await?;
        Ok(self.fleet_for(by).cancel_action(terminal, give_up).await?)
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
}

impl From<NotDone> for Error {
    fn from(problem: NotDone) -> Self {
        match problem {
            NotDone::Fleet(source) => Self::Fleet(source),
            refused => Self::Action(refused),
        }
    }
}

impl From<NotOrdered> for Error {
    fn from(problem: NotOrdered) -> Self {
        match problem {
            NotOrdered::Fleet(source) => Self::Fleet(source),
            refused => Self::Settings(refused),
        }
    }
}

/// What is asked by its number in an address.
pub(super) fn or_not_there(problem: NotOrdered) -> Error {
    if matches!(problem, NotOrdered::Unknown(_)) { Error::NotFound } else { problem.into() }
}
