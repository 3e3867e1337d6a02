//! Who has to do with an artifact.

use wire::{ddi::AssignedVersion, ticket::TerminalNumber};

use super::{State, UNREADABLE, written};
use crate::{
    fleet::{Error, Fleet, artifacts::Artifact},
    store::{actions, devices},
};

/// Terminals of which something is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How many.
    pub count: u64,
    /// The first of them, by number.
    pub first: Vec<TerminalNumber>,
}

impl Fleet {
    /// Of an artifact: whose order of it is not over, who says that it runs it, and whose last order that was done was of it
    /// and who says nothing of what it runs.
    pub(in crate::fleet) async fn who_has(&self, of: &Artifact, at_most: u32) -> Result<[Found; 3], Error> {
        let runs = AssignedVersion { name: of.name.to_string(), version: of.version.to_string() };
        let runs = serde_json::to_string(&runs).map_err(|_| UNREADABLE)?;
        let mut conn = self.store.read().await?;
        let found = [
            actions::who_is_ordered(&mut conn, of.id, at_most).await?,
            devices::who_runs(&mut conn, &runs, at_most).await?,
            actions::who_did(&mut conn, of.id, &written(&State::Finished)?, at_most).await?,
        ];
        Ok(found.map(|(count, first)| Found { count, first }))
    }
}
