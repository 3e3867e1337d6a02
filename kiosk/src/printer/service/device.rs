//! The printer behind its line: opened when it is there, asked with a deadline, written to in chunks.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crate::{
    clock::Clock,
    printer::{
        profile::{FenceKind, Profile, TAKE_BACK},
        reply::{Replies, Reply},
        status::{Question, Status},
        transport::{Line, Open, PortError},
    },
};

/// A printer answers a real-time question within milliseconds; Epson's manual allows for the wire only.
const ANSWER: Duration = Duration::from_millis(400);

/// A full buffer empties at the mechanism's speed; one that takes nothing for so long is stuck.
const STALL: Duration = Duration::from_secs(10);

/// A printer that was clean for so long has answered every fence that it will answer: the longest receipt takes less.
const CERTAINLY_IDLE: Duration = Duration::from_secs(60);

pub(super) struct Device {
    open: Open,
    profile: Profile,
    clock: Arc<dyn Clock>,
    line: Option<Box<dyn Line>>,
    replies: Replies,
    /// Answers of fences that came while something else was waited for.
    fences: VecDeque<Reply>,
    /// Number of the last fence that was sent.
    fence_id: u32,
    /// Fences whose answers are outstanding; a fence without a number is known by its place alone.
    owed: u32,
    /// Whether a receipt went out of which no fence has said that it came out.
    open_end: bool,
    /// Whether a receipt may have broken off: its beginning hangs in the slot, the rest of a command may be awaited.
    broke_off: bool,
    /// When the printer was last heard of as not clean, or got a fence: only later is it idle for certain.
    restless: Duration,
}

impl Device {
    pub(super) fn new(open: Open, profile: Profile, clock: Arc<dyn Clock>) -> Self {
        let mut start = [0; 2];
        // A number that a former run's late answer doesn't carry.
        aws_lc_rs::rand::fill(&mut start).expect("invariant: the system has random numbers");
        let (replies, fences, fence_id) = (Replies::default(), VecDeque::new(), u16::from_le_bytes(start).into());
        Self {
            open,
            profile,
            clock,
            line: None,
            replies,
            fences,
            fence_id,
            owed: 0,
            open_end: false,
            broke_off: false,
            restless: Duration::ZERO,
        }
    }

    /// Opens the line where it is not open.
    pub(super) fn open(&mut self) -> Result<(), PortError> {
        if self.line.is_none() {
            self.line = Some((self.open)()?);
            let full = self.profile.status.contains(&Question::Full);
            self.replies = if full { Replies::with_full_status() } else { Replies::default() };
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
                let answer = self.hear(until.saturating_sub(self.clock.monotonic()))?;
                if answer.is_some() || self.clock.monotonic() >= until {
                    break answer;
                }
            };
            match (question, answer) {
                (Question::Full, Some(Reply::Full(bytes))) => status.add_full(bytes),
                (_, Some(Reply::Status(byte))) if status.add(question, byte) => {}
                _ => return Ok(None),
            }
        }
        Ok(Some(status))
    }

    /// Reads once; gives a status if one came and keeps fences.
    fn hear(&mut self, wait: Duration) -> Result<Option<Reply>, PortError> {
        let mut buffer = [0; 64];
        let count = self.with_line(|line| line.read(&mut buffer, wait))?;
        let mut status = None;
        for reply in self.replies.push(&buffer[..count]) {
            match reply {
                Reply::Status(_) | Reply::Full(_) => status = Some(reply),
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
                self.open_end = false;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sees to it that nothing of a former attempt comes out any more, nor swallows what follows, and cuts off what hangs
    /// in the slot of one that broke off. What the printer answers to that, or still had to answer, is waited for.
    pub(super) fn clear(&mut self) -> Result<(), PortError> {
        self.write_all(&self.profile.clear_bytes())?;
        self.hear(ANSWER)?;
        self.fences.clear();
        if self.profile.clear {
            self.owed = 0;
        }
        if self.broke_off {
            self.write_all(&self.profile.cut_off_bytes())?;
            self.broke_off = false;
        }
        Ok(())
    }

    /// Notes that the last receipt of a former run may have broken off.
    pub(super) fn may_have_broken_off(&mut self) {
        self.broke_off = true;
    }

    /// How many bytes the next receipt would have before it.
    pub(super) fn ahead(&self) -> usize {
        if self.broke_off { self.profile.bytes_ahead() } else { 0 }
    }

    /// Sends a receipt with its fence. Where one before it may have broken off, that one's beginning is cut off first: it
    /// shows somebody's number and code, and would hang at the receipt of somebody else.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        if self.broke_off {
            self.clear()?;
        }
        self.open_end = true;
        self.write_all(bytes)
    }

    /// Takes back what stands in the presenter.
    pub(super) fn take_back(&mut self) -> Result<(), PortError> {
        self.write_all(&TAKE_BACK)
    }

    /// Writes everything, or gives up once the printer takes nothing for [`STALL`].
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let mut offset = 0;
        let mut last = self.clock.monotonic();
        while offset < bytes.len() {
            let taken = self.with_line(|line| line.write(&bytes[offset..], Duration::from_millis(200)))?;
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

    fn with_line<T>(&mut self, use_it: impl FnOnce(&mut dyn Line) -> Result<T, PortError>) -> Result<T, PortError> {
        let used = match &mut self.line {
            Some(line) => use_it(line.as_mut()),
            None => Err(PortError::Gone),
        };
        if used.is_err() {
            self.lose();
        }
        used
    }

    /// Drops the line and what was handed to it; the next [`Self::open`] begins anew.
    fn lose(&mut self) {
        if let Some(mut line) = self.line.take() {
            self.broke_off |= self.open_end;
            line.forget();
        }
    }
}
