//! Rollouts as far as somebody may see them and have them do something. They go over the whole fleet, so that they are
//! nobody's who sees a part of it.

use super::{
    super::{NotRolledOut, Order, Shown},
    By, Error, Role, Scope, Users,
};

impl By<'_> {
    /// Whether rollouts are theirs.
    #[must_use]
    pub fn sees_rollouts(self) -> bool {
        match self {
            Self::Machine => true,
            Self::User(user) => user.scope == Scope::All,
        }
    }
}

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
        if by.sees_rollouts() { Ok(self.fleet.rollouts_at_a_glance(false).await?) } else { Err(Error::NotFound) }
    }

    /// Those that go on only once a person has decided, without their members; none for whoever sees a part of the fleet.
    ///
    /// # Errors
    /// The database.
    pub async fn rollouts_that_wait(&self, by: By<'_>) -> Result<Vec<Shown>, Error> {
        if !by.sees_rollouts() {
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
        if by.sees_rollouts() { Ok(self.fleet.rollout(number).await?) } else { Err(Error::NotFound) }
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
