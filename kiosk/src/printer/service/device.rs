//! The printer behind its port: opened when it is there, asked with a deadline, written to in chunks.

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    clock::Clock,
    printer::{
        profile::{FenceKind, Profile},
        reply::{Replies, Reply},
        status::Status,
        transport::{Port, PortError},
    },
};

/// A printer answers a real-time question within milliseconds; Epson's manual allows for the wire only.
const ANSWER: Duration = Duration::from_millis(400);

/// A full buffer empties at the mechanism's speed; one that takes nothing for so long is stuck.
const STALL: Duration = Duration::from_secs(10);

/// A printer that was clean for so long has answered every fence that it will answer: the longest receipt takes less.
const CERTAINLY_IDLE: Duration = Duration::from_secs(60);

pub(super) struct Device {
    path: PathBuf,
    baud: u32,
    profile: Profile,
    clock: Arc<dyn Clock>,
    port: Option<Port>,
    replies: Replies,
    /// Answers of fences that came while something else was waited for.
    fences: VecDeque<Reply>,
    /// Number of the last fence that was sent.
    fence_id: u32,
    /// Fences whose answers are outstanding; a fence without a number is known by its place alone.
    owed: u32,
    /// When the printer was last heard of as not clean, or got a fence: only later is it idle for certain.
    restless: Duration,
}

impl Device {
    pub(super) fn new(path: PathBuf, baud: u32, profile: Profile, clock: Arc<dyn Clock>) -> Self {
        let mut start = [0; 2];
        // A number that a former run's late answer doesn't carry.
        aws_lc_rs::rand::fill(&mut start).expect("invariant: the system has random numbers");
        let (replies, fences, fence_id) = (Replies::default(), VecDeque::new(), u16::from_le_bytes(start).into());
        Self { path, baud, profile, clock, port: None, replies, fences, fence_id, owed: 0, restless: Duration::ZERO }
    }

    /// Opens the port where it is not open.
    pub(super) fn open(&mut self) -> Result<(), PortError> {
        if self.port.is_none() {
            self.port = Some(Port::open(&self.path, self.baud, self.profile.flow)?);
            self.replies = Replies::default();
            self.fences.clear();
        }
        Ok(())
    }

    /// Asks all that the profile says can be asked; none where an answer is missing or is no status.
    pub(super) fn status(&mut self) -> Result<Option<Status>, PortError> {
        let asked = self.ask_all();
        if !matches!(asked, Ok(Some(status)) if status.is_clean()) {
            self.restless = self.clock.monotonic();
        }
        asked
    }

    fn ask_all(&mut self) -> Result<Option<Status>, PortError> {
        let mut status = Status::default();
        for question in self.profile.status.clone() {
            // What came before the question is not its answer.
            self.hear(Duration::ZERO)?;
            self.write_all(&question.bytes())?;
            let until = self.clock.monotonic() + ANSWER;
            let answer = loop {
                if let Some(byte) = self.hear(until.saturating_sub(self.clock.monotonic()))? {
                    break Some(byte);
                }
                if self.clock.monotonic() >= until {
                    break None;
                }
            };
            if !answer.is_some_and(|byte| status.add(question, byte)) {
                return Ok(None);
            }
        }
        Ok(Some(status))
    }

    /// Reads once; gives a status byte if one came and keeps fences.
    fn hear(&mut self, wait: Duration) -> Result<Option<u8>, PortError> {
        let mut buffer = [0; 64];
        let count = self.with_port(|port| port.read(&mut buffer, wait))?;
        let mut status = None;
        for reply in self.replies.push(&buffer[..count]) {
            match reply {
                Reply::Status(byte) => status = Some(byte),
                Reply::Queued(_) | Reply::Process(_) => self.fences.push_back(reply),
                Reply::Cleared | Reply::Unsolicited | Reply::Garbage(_) => {}
            }
        }
        Ok(status)
    }

    /// The bytes of a new fence; answers to former ones count no more.
    pub(super) fn new_fence(&mut self) -> Vec<u8> {
        let now = self.clock.monotonic();
        if now.saturating_sub(self.restless) > CERTAINLY_IDLE {
            self.owed = 0;
        }
        self.owed += 1;
        self.restless = now;
        self.fence_id = self.fence_id.wrapping_add(1);
        self.fences.clear();
        self.profile.fence_bytes(self.fence_id)
    }

    /// Whether the last fence was answered, having waited for it a little.
    pub(super) fn fence(&mut self, wait: Duration) -> Result<bool, PortError> {
        if self.fences.is_empty() {
            self.hear(wait)?;
        }
        while let Some(reply) = self.fences.pop_front() {
            let fits = match (self.profile.fence, reply) {
                (FenceKind::GsParenH, Reply::Process(id)) => id == Profile::process_id(self.fence_id),
                (FenceKind::GsR, Reply::Queued(_)) => {
                    self.owed = self.owed.saturating_sub(1);
                    self.owed == 0
                }
                _ => false,
            };
            if fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Empties the printer's buffers: `DLE DC4 8`. What it answers is waited for, because it comes behind the clearing.
    pub(super) fn clear(&mut self) -> Result<(), PortError> {
        self.write_all(&[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8])?;
        self.hear(ANSWER)?;
        self.fences.clear();
        self.owed = 0;
        Ok(())
    }

    /// Writes everything, or gives up once the printer takes nothing for [`STALL`].
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let mut offset = 0;
        let mut last = self.clock.monotonic();
        while offset < bytes.len() {
            let taken = self.with_port(|port| port.write(&bytes[offset..], Duration::from_millis(200)))?;
            let at = self.clock.monotonic();
            if taken > 0 {
                offset += taken;
                last = at;
            } else if at.saturating_sub(last) >= STALL {
                self.lose();
                return Err(PortError::Gone);
            }
        }
        Ok(())
    }

    fn with_port<T>(&mut self, use_it: impl FnOnce(&mut Port) -> Result<T, PortError>) -> Result<T, PortError> {
        let used = self.port.as_mut().map_or(Err(PortError::Gone), use_it);
        if used.is_err() {
            self.lose();
        }
        used
    }

    /// Drops the port and what was handed to it; the next [`Self::open`] begins anew.
    fn lose(&mut self) {
        if let Some(mut port) = self.port.take() {
            port.forget();
        }
    }
}
