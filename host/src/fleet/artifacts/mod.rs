//! Artifacts: files that terminals can be given.
//!
//! Invariants: an artifact is listed only once all its bytes are on the disk; a name and version mean the same bytes
//! for ever; the same bytes lie there once. Nothing is released below a version of its name that was released, unless
//! that is asked for, and no RAUC bundle whose signature was not found good here.

mod blobs;
mod bundle;
mod error;
mod label;

use std::{cmp::Ordering, collections::HashSet};

use serde::Serialize;
use tokio::io::AsyncRead;
use wire::hex;

pub use self::blobs::{Announced, READ_AHEAD};
use self::blobs::{Blobs, Hashes};
pub use self::bundle::{Rauc, Unsound};
pub use self::error::Error;
pub use self::label::{LABEL_CHARS_MAX, Label, compare};
use super::Fleet;
use crate::store::{
    StoreError, Tx,
    artifacts::{self as rows, ArtifactRow},
};

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, clap::ValueEnum, utoipa::ToSchema)]
#[schema(as = ArtifactKind)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Any file.
    File,
    /// An update of the system, signed.
    RaucBundle,
    /// An image of SWUpdate, whose signature the device checks.
    Swu,
}

/// What may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ArtifactState)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody is given it yet.
    Draft,
    /// Terminals may be given it.
    Released,
    /// Nobody is given it any more.
    Withdrawn,
}

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct Artifact {
    pub id: i64,
    pub name: Label,
    pub version: Label,
    pub kind: Kind,
    pub state: State,
    pub size: u64,
    pub sha256: String,
    pub sha1: String,
    pub md5: String,
    pub added_by: String,
    #[schema(format = DateTime)]
    pub added_at: String,
    pub compatible: Option<String>,
}

/// What an artifact is to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// The same for all its versions.
    pub name: Label,
    /// Ordered by [`compare`].
    pub version: Label,
    /// What it is.
    pub kind: Kind,
}

/// The fleet's artifacts.
#[derive(Debug, Clone)]
pub struct Artifacts {
    fleet: Fleet,
    blobs: Blobs,
    rauc: Rauc,
}

impl Artifact {
    /// As a client is to call the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self.kind {
            Kind::File => format!("{}-{}", self.name, self.version),
            Kind::RaucBundle => format!("{}-{}.raucb", self.name, self.version),
            // SWUpdate passes over files of any other name.
            Kind::Swu => format!("{}-{}.swu", self.name, self.version),
        }
    }
}

impl Artifacts {
    /// Opens them and removes what a process that was killed left in `folder`, unless another one writes there.
    ///
    /// # Errors
    /// The folder, or the database.
    pub async fn open(fleet: Fleet, folder: &std::path::Path) -> Result<Self, Error> {
        let artifacts = Self { fleet, blobs: Blobs::new(folder), rauc: Rauc::trusting(None) };
        artifacts.sweep().await?;
        Ok(artifacts)
    }

    /// With whoever checks bundles; without, none is released.
    #[must_use]
    pub fn checked_by(self, rauc: Rauc) -> Self {
        Self { rauc, ..self }
    }

    async fn sweep(&self) -> Result<(), Error> {
        let Some(alone) = self.blobs.begin_sweeping()? else { return Ok(()) };
        let known: HashSet<String> = self.list().await?.into_iter().map(|artifact| artifact.sha256).collect();
        let removed = self.blobs.sweep(&alone, &known)?;
        if removed > 0 {
            tracing::info!(removed, "removed what was left of artifacts that did not come whole");
        }
        Ok(())
    }

    /// The same on somebody's behalf.
    #[must_use]
    pub(super) fn of(&self, fleet: Fleet) -> Self {
        Self { fleet, ..self.clone() }
    }

    /// Bytes that are free for artifacts.
    ///
    /// # Errors
    /// The folder.
    pub async fn room(&self) -> Result<u64, Error> {
        let blobs = self.blobs.clone();
        let asked = tokio::task::spawn_blocking(move || blobs.room()).await;
        asked.map_err(|error| Error::Source(std::io::Error::other(error)))?
    }

    /// Takes one in, `announced` bytes from `source`; `progress` hears how many are here. The same bytes under the same
    /// name and version again are the artifact that is there.
    ///
    /// # Errors
    /// [`Error::NoRoom`], [`Error::Length`], [`Error::Source`], [`Error::Taken`], the folder, or the database. Nothing
    /// is left of it then.
    pub async fn add(
        &self,
        new: New,
        source: impl AsyncRead + Unpin,
        announced: impl Into<Announced>,
        progress: impl FnMut(u64),
    ) -> Result<Artifact, Error> {
        let added = self.take_in(new, source, announced.into(), progress).await;
        if added.is_err() {
            self.sweep().await.ok();
        }
        added
    }

    async fn take_in(
        &self,
        new: New,
        source: impl AsyncRead + Unpin,
        announced: Announced,
        progress: impl FnMut(u64),
    ) -> Result<Artifact, Error> {
        let writing = self.blobs.begin_writing().await?;
        let hashes = self.blobs.take(&writing, source, announced, progress).await?;
        self.write_down(new, hashes).await
    }

    async fn write_down(&self, new: New, hashes: Hashes) -> Result<Artifact, Error> {
        let New { name, version, kind } = new;
        let mut tx = self.fleet.store.write().await?;
        let known = rows::of_name(&mut tx, name.as_str()).await?;
        if let Some(row) = known.into_iter().find(|row| row.version == version.as_str()) {
            let there = artifact(row)?;
            let is_same = there.sha256 == hex(&hashes.sha256) && there.kind == kind;
            return if is_same { Ok(there) } else { Err(Error::Taken { id: there.id, name, version }) };
        }
        let mut row = ArtifactRow {
            id: 0,
            name: name.to_string(),
            version: version.to_string(),
            kind: word(kind),
            state: word(State::Draft),
            size: i64::try_from(hashes.size).map_err(|_| StoreError::Unreadable("size of an artifact"))?,
            sha256: hashes.sha256,
            sha1: hashes.sha1,
            md5: hashes.md5,
            added_by: self.fleet.who.to_string(),
            added_at: self.fleet.clock.now().to_string(),
            compatible: None,
        };
        row.id = rows::insert(&mut tx, &row).await?;
        let artifact = artifact(row)?;
        self.note(&mut tx, "artifact.add", &artifact).await?;
        tx.commit().await?;
        Ok(artifact)
    }

    /// Lets terminals be given it; one that is released stays so.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Withdrawn`], [`Error::Unsound`], [`Error::BytesMissing`], [`Error::NotHigher`]
    /// unless `lower`, or the database.
    pub async fn release(&self, id: i64, lower: bool) -> Result<Artifact, Error> {
        let compatible = self.check(&self.show(id).await?).await?;
        let mut tx = self.fleet.store.write().await?;
        let mut found = rows::find(&mut tx, id).await?.map(artifact).transpose()?.ok_or(Error::Unknown(id))?;
        match found.state {
            State::Released => return Ok(found),
            State::Withdrawn => return Err(Error::Withdrawn(id)),
            State::Draft => {}
        }
        let others = rows::of_name(&mut tx, found.name.as_str()).await?;
        let not_lower = others
            .into_iter()
            .filter(|row| row.state == word(State::Released))
            .find(|row| compare(&row.version, found.version.as_str()) != Ordering::Less);
        if let Some(row) = not_lower.filter(|_| !lower) {
            return Err(Error::NotHigher(row.version));
        }
        if let Some(compatible) = &compatible {
            rows::set_compatible(&mut tx, id, compatible).await?;
        }
        found.compatible = compatible;
        self.change(&mut tx, &mut found, State::Released, "artifact.release").await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Reads a draft's bytes where they must be checked, which takes long: nobody waits for the database meanwhile.
    async fn check(&self, found: &Artifact) -> Result<Option<String>, Error> {
        let Artifact { id, version, kind, state, size, sha256, .. } = found;
        if *state != State::Draft {
            return Ok(None);
        }
        if !self.blobs.has(sha256, *size).await? {
            return Err(Error::BytesMissing(*id));
        }
        if *kind != Kind::RaucBundle {
            return Ok(None);
        }
        let checked = self.rauc.check(&self.blobs.file(sha256), *size, version).await;
        checked.map(Some).map_err(|source| Error::Unsound { id: *id, source })
    }

    /// Lets nobody be given it any more, for good: rollouts of it are aborted, and everybody stops who is at it.
    ///
    /// # Errors
    /// [`Error::Unknown`], or the database.
    pub async fn withdraw(&self, id: i64) -> Result<Artifact, Error> {
        let mut tx = self.fleet.store.write().await?;
        let mut found = rows::find(&mut tx, id).await?.map(artifact).transpose()?.ok_or(Error::Unknown(id))?;
        if found.state != State::Withdrawn {
            self.change(&mut tx, &mut found, State::Withdrawn, "artifact.withdraw").await?;
            self.fleet.abort_rollouts_of(&mut tx, id).await.map_err(|problem| Error::Orders(Box::new(problem)))?;
            self.fleet.cancel_all_of(&mut tx, id).await.map_err(|problem| Error::Orders(Box::new(problem)))?;
            tx.commit().await?;
        }
        Ok(found)
    }

    async fn change(&self, tx: &mut Tx, artifact: &mut Artifact, to: State, what: &str) -> Result<(), StoreError> {
        rows::set_state(tx, artifact.id, &word(to)).await?;
        artifact.state = to;
        self.note(tx, what, artifact).await
    }

    async fn note(&self, tx: &mut Tx, what: &str, artifact: &Artifact) -> Result<(), StoreError> {
        let Artifact { id, name, version, sha256, compatible, .. } = artifact;
        let compatible = compatible.as_ref().map(|of| format!(" compatible:{of}")).unwrap_or_default();
        self.fleet.note(tx, what, &format!("artifact:{id} {name} {version} sha256:{sha256}{compatible}")).await
    }

    /// So many of an artifact's bytes, from one on; [`READ_AHEAD`] of them in memory.
    ///
    /// # Errors
    /// [`Error::BytesMissing`], the folder, or what keeps the bytes.
    pub async fn read(
        &self,
        of: &Artifact,
        from: u64,
        count: u64,
    ) -> Result<impl AsyncRead + Send + Unpin + 'static, Error> {
        match self.blobs.read(&of.sha256, from, count).await {
            Err(Error::Objects(object_store::Error::NotFound { .. })) => Err(Error::BytesMissing(of.id)),
            found => found,
        }
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::Unknown`], or the database.
    pub async fn show(&self, id: i64) -> Result<Artifact, Error> {
        let found = rows::find(&mut *self.fleet.store.read().await?, id).await?;
        Ok(artifact(found.ok_or(Error::Unknown(id))?)?)
    }

    /// All, in the order in which they came.
    ///
    /// # Errors
    /// The database.
    pub async fn list(&self) -> Result<Vec<Artifact>, Error> {
        let all = rows::all(&mut *self.fleet.store.read().await?).await?;
        Ok(all.into_iter().map(artifact).collect::<Result<_, _>>()?)
    }
}

/// A state or a kind by its word in the database and in JSON.
pub fn word(of: impl Serialize) -> String {
    serde_json::to_value(of).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// An artifact as its row has it.
pub(super) fn artifact(row: ArtifactRow) -> Result<Artifact, StoreError> {
    const UNREADABLE: StoreError = StoreError::Unreadable("artifact");
    let kinds = [Kind::File, Kind::RaucBundle, Kind::Swu];
    let states = [State::Draft, State::Released, State::Withdrawn];
    Ok(Artifact {
        id: row.id,
        name: row.name.parse().map_err(|_| UNREADABLE)?,
        version: row.version.parse().map_err(|_| UNREADABLE)?,
        kind: kinds.into_iter().find(|kind| word(kind) == row.kind).ok_or(UNREADABLE)?,
        state: states.into_iter().find(|state| word(state) == row.state).ok_or(UNREADABLE)?,
        size: u64::try_from(row.size).map_err(|_| UNREADABLE)?,
        sha256: hex(&row.sha256),
        sha1: hex(&row.sha1),
        md5: hex(&row.md5),
        added_by: row.added_by,
        added_at: row.added_at,
        compatible: row.compatible,
    })
}
