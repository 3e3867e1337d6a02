//! The line to the printer: opened when it is there, its answers cut apart, its "stop" and "go" heeded.
//!
//! Invariant: whether the printer said "stop" is known here and not in the kernel, so that a real-time question goes out
//! all the same. Source: Epson TM-T88 manuals, "XON/XOFF" and "DLE EOT": XOFF is said off-line too where the memory switch
//! stands as usual; `DLE EOT` is executed off-line and with a full buffer.

use std::time::Duration;

use crate::printer::{
    profile::{Flow, Profile},
    reply::{Replies, Reply},
    status::Question,
    transport::{Line, Open, PortError},
};

pub(super) struct Link {
    open: Open,
    flow: Flow,
    /// Whether this printer has a full status.
    full: bool,
    line: Option<Box<dyn Line>>,
    replies: Replies,
    /// Whether the printer said "stop" and no "go" since.
    stopped: bool,
}

/// What came at once.
#[derive(Default)]
pub(super) struct Heard {
    /// How many bytes.
    pub(super) count: usize,
    /// What became whole by them.
    pub(super) replies: Vec<Reply>,
}

impl Link {
    pub(super) fn new(open: Open, profile: &Profile) -> Self {
        let full = profile.status.contains(&Question::Full);
        Self { open, flow: profile.flow, full, line: None, replies: Replies::default(), stopped: false }
    }

    /// Opens the line where it is not open; whether it was not.
    pub(super) fn open(&mut self) -> Result<bool, PortError> {
        if self.line.is_some() {
            return Ok(false);
        }
        self.line = Some((self.open)()?);
        let replies = if self.full { Replies::with_full_status() } else { Replies::default() };
        self.replies = if self.flow == Flow::Software { replies.with_flow() } else { replies };
        self.stopped = false;
        Ok(true)
    }

    /// Reads once.
    pub(super) fn hear(&mut self, wait: Duration) -> Result<Heard, PortError> {
        let mut buffer = [0; 64];
        let count = self.line()?.read(&mut buffer, wait)?;
        let replies = self.replies.push(&buffer[..count]);
        for reply in &replies {
            match reply {
                Reply::Stop => self.stopped = true,
                Reply::Go => self.stopped = false,
                _ => {}
            }
        }
        Ok(Heard { count, replies })
    }

    /// Hands over a part, whatever the printer says; 0 where the line takes nothing within `wait`.
    pub(super) fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<usize, PortError> {
        self.line()?.write(bytes, wait)
    }

    /// Whether the printer takes what is no real-time command.
    pub(super) fn is_clear(&mut self) -> Result<bool, PortError> {
        Ok(!self.stopped && self.line()?.is_clear()?)
    }

    /// Forgets a "stop" whose "go" was missed: the printer is known to be well.
    pub(super) fn free(&mut self) {
        self.stopped = false;
    }

    /// Drops the line and what was handed to it; whether there was one.
    pub(super) fn lose(&mut self) -> bool {
        let line = self.line.take();
        line.map(|mut line| line.forget()).is_some()
    }

    fn line(&mut self) -> Result<&mut dyn Line, PortError> {
        match &mut self.line {
            Some(line) => Ok(line.as_mut()),
            None => Err(PortError::Gone),
        }
    }
}
