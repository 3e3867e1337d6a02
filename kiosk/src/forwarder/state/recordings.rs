//! Recordings, which are long: one at a time, one piece at a time, and never in the way of text.
//!
//! Invariants: a piece is sent only while the link is up, no event of text waits or is under way, and none is being
//! read; a recording that breaks off rests by itself and does not close the link for others; no more than one is in
//! memory.

use std::time::Duration;

use crate::{
    forwarder::{
        event::{Action, Epoch},
        upload::{Came, Recording},
    },
    queue::Forward,
};

use super::{DISK_REST, Forwarder, Link};

/// The one that is in memory.
#[derive(Debug)]
enum Slot {
    Empty,
    Looking,
    Waiting(Recording),
    UnderWay,
}

#[derive(Debug)]
pub(super) struct Recordings {
    slot: Slot,
    /// When the queue is worth a look; none: not before something happens.
    look_at: Option<Duration>,
    /// The end of the rest.
    at: Duration,
    /// Breaks without a piece that arrived in between.
    failures: u32,
}

impl Recordings {
    pub(super) fn new() -> Self {
        Self { slot: Slot::Empty, look_at: Some(Duration::ZERO), at: Duration::ZERO, failures: 0 }
    }

    /// There may be one to send.
    pub(super) fn look(&mut self, at: Duration) {
        self.look_at = Some(self.look_at.map_or(at, |look_at| look_at.min(at)));
    }

    /// A rest that nobody ordered ends.
    pub(super) fn renewed(&mut self, now: Duration) {
        self.failures = 0;
        self.at = self.at.min(now);
    }
}

impl Forwarder {
    /// When a recording is worth a tick.
    pub(super) fn recording_due(&self) -> Option<Duration> {
        if !self.has_time_for_recordings() {
            return None;
        }
        match &self.recordings.slot {
            Slot::Empty => self.recordings.look_at,
            Slot::Waiting(_) => Some(self.recordings.at),
            Slot::Looking | Slot::UnderWay => None,
        }
    }

    fn has_time_for_recordings(&self) -> bool {
        self.link == Link::Up && self.ready.is_empty() && self.under_way == 0 && !self.loading
    }

    /// The queue gave this one, or none; `whole` is false where it could not be read.
    pub(super) fn recording_found(&mut self, found: Option<Forward>, whole: bool, now: Duration) {
        if !whole {
            self.recordings.look(now + DISK_REST);
        }
        self.recordings.slot = match found {
            Some(forward) => {
                self.held.insert(forward.id);
                Slot::Waiting(Recording::new(forward))
            }
            None => Slot::Empty,
        };
        self.recordings.at = now;
        self.recordings.failures = 0;
    }

    pub(super) fn uploaded(
        &mut self,
        recording: Recording,
        came: Came,
        epoch: Epoch,
        now: Duration,
        actions: &mut Vec<Action>,
    ) {
        match came {
            Came::On => {
                self.contact(epoch, actions);
                self.recordings.failures = 0;
                self.recordings.slot = Slot::Waiting(recording);
            }
            Came::Settled(outcome) => {
                self.contact(epoch, actions);
                self.postponed.remove(&recording.id());
                self.unsaved.push((recording.id(), outcome));
                self.recordings.slot = Slot::Empty;
                self.recordings.look(now);
            }
            Came::Again(retry) if retry.whole_link => {
                self.recordings.failures = self.recordings.failures.saturating_add(1);
                let rest = self.settings.backoff.wait(self.recordings.failures, (self.dice)());
                self.recordings.at = now + retry.after.unwrap_or_default() + rest;
                self.recordings.slot = Slot::Waiting(recording);
            }
            Came::Again(retry) => {
                let tries = recording.forward.attempts.saturating_add(1);
                let rest = self.settings.event_backoff.wait(tries, (self.dice)());
                let (id, until) = (recording.id(), now + rest.max(retry.after.unwrap_or_default()));
                self.held.remove(&id);
                self.postponed.insert(id, until);
                self.recordings.slot = Slot::Empty;
                // Others pass it.
                self.recordings.look(now);
                actions.push(Action::Postpone(id, until));
            }
        }
    }

    pub(super) fn go_on_with_recordings(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.recording_due().is_none_or(|due| due > now) {
            return;
        }
        let empty = matches!(self.recordings.slot, Slot::Empty);
        let next = if empty { Slot::Looking } else { Slot::UnderWay };
        match std::mem::replace(&mut self.recordings.slot, next) {
            Slot::Waiting(recording) => actions.push(Action::Upload(recording, self.epoch())),
            _ => {
                self.postponed.retain(|_, until| *until > now);
                // One that rests by itself is worth another look when it has rested.
                self.recordings.look_at = self.postponed.values().min().copied();
                let but = self.held.iter().chain(self.postponed.keys()).copied().collect();
                actions.push(Action::LoadRecording { but });
            }
        }
    }
}
