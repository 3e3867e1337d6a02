//! The printer behind its line: asked with a deadline, handed receipts in chunks, known by its fences.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::link::Link;
use crate::{
    clock::Clock,
    printer::{
        profile::{FenceKind, Profile, TAKE_BACK},
        reply::Reply,
        status::{Question, Status},
        transport::{Open, PortError},
    },
};

/// A printer answers a real-time question within milliseconds; Epson's manual allows for the wire only.
const ANSWER: Duration = Duration::from_millis(400);

/// Without a byte for so long a line is quiet: an answer has at most seven, a millisecond each at 9600 baud.
const QUIET: Duration = Duration::from_millis(100);

/// How long a line that never gets quiet is listened to.
const NEVER_QUIET: Duration = Duration::from_secs(1);

/// How long one try to hand something over takes.
const TRY: Duration = Duration::from_millis(200);

/// How often a printer that said "stop" is looked at for its "go".
const LOOK: Duration = Duration::from_millis(20);

/// How often a printer that takes nothing is asked why: a question takes some of the room that it has left.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A full buffer empties at the mechanism's speed; one that takes nothing for so long is stuck.
const STALL: Duration = Duration::from_secs(10);

pub(super) struct Device {
    link: Link,
    profile: Profile,
    clock: Arc<dyn Clock>,
    /// Answers of fences that came while something else was waited for.
    fences: VecDeque<Reply>,
    /// Number of the last fence that was sent.
    fence_id: u32,
    /// Fences whose answers are outstanding; a fence without a number is known by its place alone.
    owed: u32,
    /// Whether the place is lost: the printer was away meanwhile, and may have forgotten what it held.
    place_lost: bool,
    /// Whether an answer to a question of a former round may still come.
    late: bool,
    /// Whether a receipt went out of which no fence has said that it came out.
    open_end: bool,
    /// Whether a receipt may have broken off: its beginning hangs in the slot, the rest of a command may be awaited.
    broke_off: bool,
    /// When the printer was last heard of as not clean, or got a fence.
    restless: Duration,
    /// After so long without that it is idle for certain: twice the longest patience with a receipt that owes its fence.
    idle_after: Duration,
}

impl Device {
    pub(super) fn new(open: Open, profile: Profile, clock: Arc<dyn Clock>) -> Self {
        let mut start = [0; 2];
        // A number that a former run's late answer doesn't carry.
        aws_lc_rs::rand::fill(&mut start).expect("invariant: the system has random numbers");
        Self {
            link: Link::new(open, &profile),
            profile,
            clock,
            fences: VecDeque::new(),
            fence_id: u16::from_le_bytes(start).into(),
            owed: 0,
            place_lost: false,
            late: true,
            open_end: false,
            broke_off: false,
            restless: Duration::ZERO,
            idle_after: Duration::ZERO,
        }
    }

    /// Opens the line where it is not open.
    pub(super) fn open(&mut self) -> Result<(), PortError> {
        if self.link.open()? {
            self.fences.clear();
            self.late = true;
        }
        Ok(())
    }

    /// Asks all that the profile says can be asked; none where an answer is missing, is no status, or may be that to
    /// another question.
    pub(super) fn status(&mut self) -> Result<Option<Status>, PortError> {
        let asked = self.ask_all();
        if !matches!(asked, Ok(Some(status)) if status.is_clean()) {
            self.restless = self.clock.monotonic();
        }
        asked
    }

    /// Notes that the printer said nothing: it may have been switched off, and have forgotten what it held. What looks
    /// like the answer of a fence by its place is none from here on; on a line that comes back noise looks like one.
    pub(super) fn may_have_forgotten(&mut self) {
        self.place_lost = true;
        // One without a fence need not answer at all.
        self.broke_off |= self.open_end && self.profile.fence != FenceKind::None;
    }

    fn ask_all(&mut self) -> Result<Option<Status>, PortError> {
        let doubtful = std::mem::replace(&mut self.late, true);
        if doubtful && !self.quiet()? {
            return Ok(None);
        }
        let mut status = Status::default();
        for question in self.profile.status.clone() {
            // What comes before the question is not its answer, and shows that the one before had another's.
            if !self.hear(Duration::ZERO)?.1.is_empty() {
                return Ok(None);
            }
            self.urge(&question.bytes())?;
            match (question, self.answer()?) {
                (Question::Full, Some(Reply::Full(bytes))) => status.add_full(bytes),
                (_, Some(Reply::Status(byte))) if status.add(question, byte) => {}
                _ => return Ok(None),
            }
        }
        if doubtful && !self.hear(QUIET)?.1.is_empty() {
            return Ok(None);
        }
        self.late = false;
        Ok(Some(status))
    }

    /// The one answer that comes; none where none does, or more.
    fn answer(&mut self) -> Result<Option<Reply>, PortError> {
        let until = self.clock.monotonic() + ANSWER;
        loop {
            match *self.hear(until.saturating_sub(self.clock.monotonic()))?.1 {
                [] if self.clock.monotonic() < until => {}
                [answer] => return Ok(Some(answer)),
                _ => return Ok(None),
            }
        }
    }

    /// Hears until nothing comes any more; false where it never ceases.
    fn quiet(&mut self) -> Result<bool, PortError> {
        let until = self.clock.monotonic() + NEVER_QUIET;
        while self.hear(QUIET)?.0 > 0 {
            if self.clock.monotonic() >= until {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads once; gives how much came and the statuses in it, and keeps fences.
    fn hear(&mut self, wait: Duration) -> Result<(usize, Vec<Reply>), PortError> {
        let heard = self.link.hear(wait);
        let heard = self.or_lose(heard)?;
        let mut statuses = Vec::new();
        for reply in heard.replies {
            match reply {
                Reply::Status(_) | Reply::Full(_) => statuses.push(reply),
                Reply::Queued(_) | Reply::Process(_) => self.fences.push_back(reply),
                Reply::Cleared | Reply::Unsolicited | Reply::Garbage(_) | Reply::Stop | Reply::Go => {}
            }
        }
        Ok((heard.count, statuses))
    }

    /// Notes that a fence goes out, behind a receipt that may take so long.
    fn owe_fence(&mut self, patience: Duration) {
        let now = self.clock.monotonic();
        if now.saturating_sub(self.restless) > self.idle_after {
            (self.owed, self.idle_after) = (0, Duration::ZERO);
        }
        self.owed += 1;
        self.restless = now;
        self.idle_after = self.idle_after.max(patience * 2);
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
                    self.owed == 0 && !self.place_lost
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
    /// in the slot of one that broke off. What the printer answers to that, or still had to answer, is waited for. A
    /// status: that keeps it from doing so.
    pub(super) fn clear(&mut self) -> Result<Option<Status>, PortError> {
        if self.profile.clear {
            self.empty_buffers()?;
        } else {
            if let Some(status) = self.hand_over(&self.profile.clear_bytes())? {
                return Ok(Some(status));
            }
            self.hear_out()?;
        }
        if self.broke_off {
            if let Some(status) = self.hand_over(&self.profile.cut_off_bytes())? {
                return Ok(Some(status));
            }
            self.broke_off = false;
        }
        Ok(None)
    }

    /// Lets nothing of a former attempt come out any more, where the printer can be told so; what hangs in the slot is
    /// cut off before the next receipt.
    pub(super) fn empty(&mut self) -> Result<(), PortError> {
        self.broke_off = true;
        self.open()?;
        if self.profile.clear { self.empty_buffers() } else { Ok(()) }
    }

    fn empty_buffers(&mut self) -> Result<(), PortError> {
        self.urge(&self.profile.clear_bytes())?;
        self.hear_out()?;
        self.owed = 0;
        Ok(())
    }

    /// Waits for what the printer answers, or still had to answer, and drops it.
    fn hear_out(&mut self) -> Result<(), PortError> {
        self.hear(ANSWER)?;
        self.quiet()?;
        self.fences.clear();
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

    /// Sends a receipt that may take so long, and its fence. Where one before it may have broken off, that one's beginning
    /// is cut off first: it shows somebody's number and code, and would hang at the receipt of somebody else. A status:
    /// that stopped the printer before it had everything.
    pub(super) fn send(&mut self, bytes: &[u8], patience: Duration) -> Result<Option<Status>, PortError> {
        self.link.free();
        if self.broke_off
            && let Some(status) = self.clear()?
        {
            return Ok(Some(status));
        }
        // Answers to former fences count no more.
        self.fence_id = self.fence_id.wrapping_add(1);
        self.fences.clear();
        self.place_lost = false;
        self.open_end = true;
        let mut stopped = self.hand_over(bytes)?;
        if stopped.is_none() {
            self.owe_fence(patience);
            stopped = self.hand_over(&self.profile.fence_bytes(self.fence_id))?;
        }
        self.broke_off |= stopped.is_some();
        Ok(stopped)
    }

    /// Takes back what stands in the presenter.
    pub(super) fn take_back(&mut self) -> Result<(), PortError> {
        self.urge(&TAKE_BACK)
    }

    /// Hands over everything, or gives up: at a fault that the printer tells, or once it takes nothing for [`STALL`] and
    /// tells none.
    fn hand_over(&mut self, bytes: &[u8]) -> Result<Option<Status>, PortError> {
        let (mut offset, mut last, mut ask_at) = (0, self.clock.monotonic(), Duration::ZERO);
        while offset < bytes.len() {
            let taken = self.hand_over_some(&bytes[offset..])?;
            let at = self.clock.monotonic();
            if taken > 0 {
                (offset, last) = (offset + taken, at);
            } else if at.saturating_sub(last) >= STALL {
                return Err(self.lose());
            } else if at >= ask_at {
                if let Some(status) = self.status()?.filter(|status| !status.is_clean()) {
                    return Ok(Some(status));
                }
                ask_at = self.clock.monotonic() + ASK_AGAIN;
            }
        }
        Ok(None)
    }

    /// Hands over a part once the printer takes it; 0 where it takes nothing for a while.
    fn hand_over_some(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        let until = self.clock.monotonic() + TRY;
        let mut wait = Duration::ZERO;
        loop {
            // What came meanwhile may be a "stop".
            self.hear(wait)?;
            let clear = self.link.is_clear();
            if self.or_lose(clear)? {
                break;
            }
            if self.clock.monotonic() >= until {
                return Ok(0);
            }
            wait = LOOK;
        }
        let taken = self.link.write(bytes, TRY);
        self.or_lose(taken)
    }

    /// Writes what is short and must not wait for the printer's "go".
    fn urge(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let (mut offset, until) = (0, self.clock.monotonic() + STALL);
        while offset < bytes.len() {
            let taken = self.link.write(&bytes[offset..], TRY);
            offset += self.or_lose(taken)?;
            if offset < bytes.len() && self.clock.monotonic() >= until {
                return Err(self.lose());
            }
        }
        Ok(())
    }

    fn or_lose<T>(&mut self, used: Result<T, PortError>) -> Result<T, PortError> {
        used.inspect_err(|_| drop(self.lose()))
    }

    /// Drops the line and what was handed to it; the next [`Self::open`] begins anew.
    fn lose(&mut self) -> PortError {
        self.broke_off |= self.link.lose() && self.open_end;
        self.place_lost = true;
        PortError::Gone
    }
}
