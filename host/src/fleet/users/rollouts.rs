//! Rollouts as far as somebody may see them and have them do something. They go over the whole fleet, so that they are
//! nobody's who sees a part of it.

use super::{
    super::{AskedRollout, NotRolledOut, Order, Preview, Shown},
    By, Error, Role, Users,
};

impl Order {
    /// Who may.
    #[must_use]
    pub fn least(self) -> Role {
        match self {
            Self::Approve => Role::Approver,
            _ => Role::Operator,
        }
    }
}

impl Users {
    /// Every rollout, the newest first, without their members.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn rollouts(&self, by: By<'_>) -> Result<Vec<Shown>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.rollouts_at_a_glance(false).await?)
    }

    /// Those that go on only once a person has decided, without their members; none for whoever sees a part of the fleet.
    ///
    /// # Errors
    /// The database.
    pub async fn rollouts_that_wait(&self, by: By<'_>) -> Result<Vec<Shown>, Error> {
        if !by.sees_whole_fleet() {
            return Ok(Vec::new());
        }
        let running = self.fleet.rollouts_at_a_glance(true).await?;
        Ok(running.into_iter().filter(Shown::waits_for_a_person).collect())
    }

    /// One rollout.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn rollout(&self, by: By<'_>, number: u64) -> Result<Shown, Error> {
        by.must_see_all()?;
        Ok(self.fleet.rollout(number).await?)
    }

    /// Has a rollout do something.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NotFound`], [`Error::Rollout`] where it is in another state, or the database.
    pub async fn tell_rollout(&self, by: By<'_>, number: u64, order: Order) -> Result<Shown, Error> {
        by.may(order.least())?;
        self.rollout(by, number).await?;
        Ok(self.fleet_for(by).tell_rollout(number, order).await?)
    }

    /// A number that rises with each change of a rollout.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn rollout_revision(&self, by: By<'_>, number: u64) -> Result<u64, Error> {
        by.must_see_all()?;
        self.fleet.rollout_revision(number).await?.ok_or(Error::NotFound)
    }

    /// Whom a rollout would reach.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, what is wrong with the plan, or the database.
    pub async fn preview_rollout(&self, by: By<'_>, asked: AskedRollout) -> Result<Preview, Error> {
        by.may(Role::Admin)?;
        let fleet = self.fleet_for(by);
        let new = fleet.new_rollout(asked).await?;
        Ok(fleet.preview_rollout(new).await?)
    }

    /// Makes one, where each wave reaches as many terminals as whoever makes it was shown.
    ///
    /// # Errors
    /// As [`Users::preview_rollout`].
    pub async fn roll_out(&self, by: By<'_>, asked: AskedRollout, waves_shown: &[usize]) -> Result<Shown, Error> {
        by.may(Role::Admin)?;
        let fleet = self.fleet_for(by);
        let new = fleet.new_rollout(asked).await?;
        Ok(fleet.roll_out_as_shown(new, Some(waves_shown)).await?)
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
}

impl From<NotRolledOut> for Error {
    fn from(problem: NotRolledOut) -> Self {
        match problem {
            NotRolledOut::Unknown(_) => Self::NotFound,
            NotRolledOut::Fleet(problem) => Self::Fleet(problem),
            refused => Self::Rollout(refused),
        }
    }
}
