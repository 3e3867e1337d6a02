//! The backlog on a USB stick: a station without a network hands the county, by the liaison officer, what it holds.
//!
//! The contract is [`wire::stick`]. Invariants:
//! - nothing leaves the queue: the county acknowledges at the next contact, which offers everything again;
//! - a parcel's manifest is signed before the first file is written (a terminal that can't sign writes nothing) and is
//!   written last, when every event of it is on the stick; a stick pulled out at any moment holds whole parcels only;
//! - the queue file is never held open while the stick is written: a stick that hangs keeps nobody from a visit;
//! - nothing is written where the terminal's own data lies: a folder that no stick is mounted on is no stick.
//!
//! # Who signs
//!
//! The terminal's key is readable by the agent alone, and stays so. The agent signs what kiosk gives it, the SHA-256 of
//! a manifest, over the control socket and with a deadline, also off line; kiosk reads and writes. The other way round
//! the agent would have to hold the stick, tell its progress, and be asked whether it is still at work; and it already
//! sends, under the same key, whatever kiosk writes into the queue, so that a signature over a list of these events
//! gives kiosk nothing that it did not have.

mod folder;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use uuid::Uuid;
use wire::{
    stick::{self, BYTES_MAX, EVENTS_MAX, Listed, Manifest, SignedManifest},
    ticket::TerminalNumber,
};

use self::folder::Stick;
use crate::{
    clock::Clock,
    queue::{Queue, QueueError},
};

/// Events read at a time: 3.5 MiB at most, where all of them are recordings.
const PAGE: u32 = 8;

/// A signature over a manifest, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The terminal's certificate, PEM.
    pub certificate: String,
    /// ECDSA, ASN.1.
    pub signature: Vec<u8>,
}

/// Why nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The terminal has no certificate: the county would not know whose the parcel is.
    #[error("the terminal has no certificate yet")]
    NotEnrolled,
    /// The agent does not answer.
    #[error("the agent does not answer")]
    NoAgent,
}

/// Why the backlog is not on the stick. What was there before still is; nothing half written counts.
#[derive(Debug, thiserror::Error)]
pub enum NotExported {
    /// No folder there, or the terminal's own disk.
    #[error("there is no stick at {0}")]
    NoStick(PathBuf),
    /// No room.
    #[error("the stick is full")]
    Full,
    /// Nothing can be written on it.
    #[error("the stick can't be written on")]
    ReadOnly,
    /// Anything else, a stick that was pulled out too.
    #[error("write {path}")]
    Failed {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No signature.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// The queue can't be read.
    #[error("read the queue")]
    Queue(#[from] QueueError),
    /// An event that was listed is gone: acknowledged and purged in between.
    #[error("event {0} is gone from the queue")]
    Gone(Uuid),
}

/// What is exported, and where to.
pub struct Export<'a> {
    /// The folder that the stick is mounted on.
    pub stick: &'a Path,
    /// The terminal's own folder, which must lie on another file system.
    pub data: &'a Path,
    /// The queue file.
    pub queue: &'a Path,
    /// Time.
    pub clock: &'a Arc<dyn Clock>,
}

/// A parcel that is signed and not written yet.
struct Parcel {
    events: Vec<Uuid>,
    manifest: Vec<u8>,
}

impl Export<'_> {
    /// Writes the whole backlog and returns how many events it has; `progress` hears how many are written, of how many.
    ///
    /// # Errors
    /// [`NotExported`]; parcels that were finished before it stay on the stick and count.
    pub fn run(
        &self,
        sign: &mut dyn FnMut([u8; 32]) -> Result<Signature, NotSigned>,
        progress: &mut dyn FnMut(u32, u32),
    ) -> Result<u32, NotExported> {
        let stick = Stick::find(self.stick, self.data)?;
        let (terminal, parcels) = self.plan(sign)?;
        let of = parcels.iter().map(|parcel| count(parcel.events.len())).sum();
        let mut done = 0;
        if of > 0 {
            stick.prepare(terminal)?;
        }
        for parcel in &parcels {
            let folder = stick.new_parcel(terminal)?;
            let written = self.write(&folder, parcel, &mut |more| {
                done += more;
                progress(done, of);
            });
            if written.is_err() {
                folder.give_up();
            }
            written?;
        }
        Ok(done)
    }

    fn open(&self) -> Result<Queue, QueueError> {
        Queue::attach(self.queue, Arc::clone(self.clock))
    }

    /// Lists the backlog as it stands and has every parcel signed.
    fn plan(
        &self,
        sign: &mut dyn FnMut([u8; 32]) -> Result<Signature, NotSigned>,
    ) -> Result<(TerminalNumber, Vec<Parcel>), NotExported> {
        let queue = self.open()?;
        let (_, newest) = queue.backlog()?;
        let wall = self.clock.wall();
        let empty = Manifest {
            v: stick::VERSION,
            terminal: queue.terminal()?,
            ledger: queue.ledger()?,
            written: wall.quality.shows_a_day().then_some(wall.at),
            events: Vec::new(),
        };
        let (mut lists, mut bytes, mut after) = (Vec::new(), 0, 0);
        loop {
            let page = queue.backlog_page(after, newest, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for event in page {
                let listed = Listed::of(event.id, &event.bytes);
                let last = lists.last().map_or(EVENTS_MAX, Vec::len);
                if last >= EVENTS_MAX || bytes + listed.length > BYTES_MAX {
                    lists.push(Vec::new());
                    bytes = 0;
                }
                bytes += listed.length;
                if let Some(list) = lists.last_mut() {
                    list.push(listed);
                }
            }
        }
        drop(queue);
        let parcels = lists.into_iter().map(|events| signed(Manifest { events, ..empty.clone() }, sign));
        Ok((empty.terminal, parcels.collect::<Result<_, _>>()?))
    }

    fn write(
        &self,
        folder: &folder::ParcelFolder,
        parcel: &Parcel,
        progress: &mut dyn FnMut(u32),
    ) -> Result<(), NotExported> {
        for ids in parcel.events.chunks(PAGE as usize) {
            let queue = self.open()?;
            let read = |id: &Uuid| queue.event_bytes(*id)?.map(|bytes| (*id, bytes)).ok_or(NotExported::Gone(*id));
            let page = ids.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            drop(queue);
            for (id, bytes) in &page {
                folder.write_event(*id, bytes)?;
            }
            progress(count(page.len()));
        }
        folder.finish(&parcel.manifest)
    }
}

fn signed(
    manifest: Manifest,
    sign: &mut dyn FnMut([u8; 32]) -> Result<Signature, NotSigned>,
) -> Result<Parcel, NotExported> {
    let text = serde_json::to_string(&manifest).expect("invariant: a manifest is always JSON");
    let Signature { certificate, signature } = sign(wire::event::hash(text.as_bytes()))?;
    let signature = STANDARD.encode(signature);
    let file = SignedManifest { v: stick::VERSION, manifest: text, certificate, signature };
    let file = serde_json::to_vec_pretty(&file).expect("invariant: a manifest is always JSON");
    Ok(Parcel { events: manifest.events.iter().map(|listed| listed.id).collect(), manifest: file })
}

fn count(events: usize) -> u32 {
    u32::try_from(events).unwrap_or(u32::MAX)
}
