//! Artifacts as far as somebody may see and keep them. They are for the whole fleet, so that they are nobody's who sees a
//! part of it.

use tokio::io::AsyncRead;

use super::{
    super::{
        Shown,
        actions::Found,
        artifacts::{self, Announced, Artifact, Artifacts, New},
        rollouts::Brought,
    },
    By, Error, Role, Users,
};

/// So many terminals of each kind are named; the others are counted.
const NAMED: u32 = 100;

/// An artifact, and who has to do with it.
#[derive(Debug, Clone)]
pub struct ArtifactPage {
    /// It itself.
    pub artifact: Artifact,
    /// Whose order of it is not over.
    pub ordered: Found,
    /// Who says that it runs it.
    pub running: Found,
    /// Whose last order that was done was of it, and who says nothing of what it runs.
    pub done: Found,
    /// Rollouts that bring it, the newest first, without their members.
    pub rollouts: Vec<Shown>,
}

impl Users {
    /// Every artifact, the newest first, and the bytes that are free for others.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, the folder, or the database.
    pub async fn artifacts(&self, by: By<'_>, of: &Artifacts) -> Result<(Vec<Artifact>, u64), Error> {
        let mut all = self.artifact_list(by, of).await?;
        all.reverse();
        Ok((all, of.room().await?))
    }

    /// One artifact.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn artifact(&self, by: By<'_>, of: &Artifacts, id: i64) -> Result<ArtifactPage, Error> {
        let artifact = self.one_artifact(by, of, id).await?;
        let brought = Brought::Artifact(id).release();
        let mut rollouts = self.fleet.rollouts_at_a_glance(false).await?;
        rollouts.retain(|shown| shown.rollout.release == brought);
        let [ordered, running, done] = self.fleet.who_has(&artifact, NAMED).await?;
        Ok(ArtifactPage { artifact, ordered, running, done, rollouts })
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, or as [`Artifacts::add`].
    pub async fn add_artifact(
        &self,
        by: By<'_>,
        of: &Artifacts,
        new: New,
        (source, announced): (impl AsyncRead + Unpin, Announced),
    ) -> Result<Artifact, Error> {
        by.may(Role::Admin)?;
        Ok(of.of(self.fleet_for(by)).add(new, source, announced, |_| {}).await?)
    }

    /// Releases one; below a version that was released, where `lower`.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, or as [`Artifacts::release`].
    pub async fn release_artifact(&self, by: By<'_>, of: &Artifacts, id: i64, lower: bool) -> Result<Artifact, Error> {
        by.may(Role::Admin)?;
        Ok(of.of(self.fleet_for(by)).release(id, lower).await?)
    }

    /// Withdraws one for good.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], or the database.
    pub async fn withdraw_artifact(&self, by: By<'_>, of: &Artifacts, id: i64) -> Result<Artifact, Error> {
        by.may(Role::Admin)?;
        Ok(of.of(self.fleet_for(by)).withdraw(id).await?)
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
}

impl From<artifacts::Error> for Error {
    fn from(problem: artifacts::Error) -> Self {
        match problem {
            artifacts::Error::Unknown(_) => Self::NotFound,
            artifacts::Error::Store(source) => source.into(),
            refused => Self::Artifact(refused),
        }
    }
}
