//! What to send when: the forwarding's state machine.
//!
//! Invariant: does no I/O and reads no clock. Rules:
//! - no more than [`Settings::concurrency`] events are under way, no more than a batch is in memory;
//! - after a failure the link rests (full jitter, `Retry-After`), then one request tries it; its success opens the
//!   link again. Failures of requests sent before the rest began count once;
//! - an event that fails by itself is postponed by itself, longer each time, and the others pass it;
//! - the newest events go before the backlog, so that a villager's suggestion never waits for a bad week's, and so that
//!   they leave also where the file can't be read further back;
//! - recordings come one at a time and in pieces, and only while no text waits (`recordings`);
//! - dead letters come behind everything else, in what is left of a batch;
//! - acknowledgements that come while others are being written are written together;
//! - those that the disk did not take are kept and written again after a rest, and their events are not sent again
//!   meanwhile: a disk that can only be read still delivers everything that is on it.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    time::Duration,
};

use uuid::Uuid;

use self::recordings::Recordings;
use super::{
    answer::{Outcome, Retry},
    event::{Action, Epoch, Event, Found, Poll, Settings},
};
use crate::{
    backoff::Dice,
    control::message::{Changed, Network},
    queue::Forward,
};

/// A rest after trouble with the disk: long enough for a checkpoint or a cleaning to end.
const DISK_REST: Duration = Duration::from_secs(5);

/// A nudge does not shorten a rest below this.
const NUDGE_REST: Duration = Duration::from_secs(2);

mod recordings;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Untried,
    Up,
    Resting { until: Duration, since: Duration, ordered: bool },
}

#[derive(Debug, Default)]
struct Due {
    at: Duration,
    under_way: bool,
}

/// The forwarding's whole state.
pub struct Forwarder {
    settings: Settings,
    dice: Dice,
    link: Link,
    epoch: u64,
    contacts: u64,
    failures: u32,
    /// One request tries a link that is not known to be up.
    trying: bool,
    under_way: usize,
    /// Read from the queue and not settled on the disk yet: waiting here, under way, or being written.
    held: HashSet<Uuid>,
    /// Settled while the queue was being read: what is read may still have them as waiting.
    settled: Vec<Uuid>,
    ready: VecDeque<Forward>,
    unsaved: Vec<(Uuid, Outcome)>,
    saving: Vec<(Uuid, Outcome)>,
    /// When the disk is worth another try.
    save_at: Duration,
    loading: bool,
    /// When the queue is worth another look; none: not before a nudge.
    look_at: Option<Duration>,
    fresh: bool,
    postponed: HashMap<Uuid, Duration>,
    polls: [(Poll, Due); 2],
    recordings: Recordings,
}

impl Forwarder {
    /// A forwarder that knows nothing yet and begins at once.
    #[must_use]
    pub fn new(settings: Settings, dice: Dice) -> Self {
        Self {
            settings,
            dice,
            link: Link::Untried,
            epoch: 0,
            contacts: 0,
            failures: 0,
            trying: false,
            under_way: 0,
            held: HashSet::new(),
            settled: Vec::new(),
            ready: VecDeque::new(),
            unsaved: Vec::new(),
            saving: Vec::new(),
            save_at: Duration::ZERO,
            loading: false,
            look_at: Some(Duration::ZERO),
            fresh: false,
            postponed: HashMap::new(),
            polls: [(Poll::Bulletin, Due::default()), (Poll::Views, Due::default())],
            recordings: Recordings::new(),
        }
    }

    /// How the network stands.
    #[must_use]
    pub fn network(&self) -> Network {
        match self.link {
            Link::Untried => Network::Unknown,
            Link::Up => Network::Online,
            Link::Resting { .. } => Network::Offline,
        }
    }

    /// How often the county answered so far.
    #[must_use]
    pub fn contacts(&self) -> u64 {
        self.contacts
    }

    /// Names requests that are sent from here on.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }

    /// When to tick at the latest.
    #[must_use]
    pub fn due(&self, now: Duration) -> Duration {
        let rest = match self.link {
            Link::Resting { until, .. } => until,
            _ => Duration::ZERO,
        };
        // While one request tries the link, its answer is waited for and nothing else.
        let trying = self.trying && rest <= now;
        let polls = self.polls.iter().filter(|(_, due)| !due.under_way && !trying).map(|(_, due)| due.at.max(rest));
        // What is at hand but can't be sent yet waits for an event or for the end of the rest.
        let looks = self.look_at.filter(|_| !self.loading && self.ready.len() < self.settings.concurrency);
        let waiting = (rest > now && !self.ready.is_empty()).then_some(rest);
        let saves = (self.saving.is_empty() && !self.unsaved.is_empty()).then_some(self.save_at);
        let recording = self.recording_due();
        polls.chain(looks).chain(waiting).chain(saves).chain(recording).min().unwrap_or(now + self.settings.poll)
    }

    /// Takes what happened at `now` and says what is to be done.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Tick => {}
            Event::Nudged => {
                self.fresh = true;
                self.look_at = Some(now);
                self.recordings.look(now);
                if let Link::Resting { until, since, ordered: false } = &mut self.link {
                    *until = (*until).min(*since + NUDGE_REST).max(now);
                }
            }
            Event::Renewed => {
                self.failures = 0;
                self.recordings.renewed(now);
                if let Link::Resting { until, .. } = &mut self.link {
                    *until = now;
                }
            }
            Event::Loaded { newest, oldest } => self.loaded(newest, oldest),
            Event::LoadFailed { newest, oldest } => {
                self.take_up(newest, oldest);
                self.read();
                self.look_at = Some(now + DISK_REST);
            }
            Event::Put { event, outcome, epoch } => self.came_back(event, outcome, epoch, now, &mut actions),
            Event::Recording { found, whole } => self.recording_found(found, whole, now),
            Event::Uploaded { recording, came, epoch } => self.uploaded(recording, came, epoch, now, &mut actions),
            Event::Saved { ids, offered_again } => self.saved(&ids, offered_again, now, &mut actions),
            Event::Polled { poll, found, epoch } => self.polled(poll, found, epoch, now, &mut actions),
            Event::Asked { answered, epoch } => match answered {
                Ok(()) => self.contact(epoch, &mut actions),
                Err(retry) => self.trouble(retry, epoch, now, &mut actions),
            },
        }
        self.go_on(now, &mut actions);
        actions
    }

    /// The queue was read: from here on it doesn't have as waiting what was settled before.
    fn read(&mut self) {
        self.loading = false;
        for id in mem::take(&mut self.settled) {
            self.held.remove(&id);
        }
    }

    fn loaded(&mut self, newest: Vec<Forward>, oldest: Vec<Forward>) {
        let before = self.ready.len();
        self.take_up(newest, oldest);
        self.read();
        // A nudge that came while the queue was read wants another look.
        if self.ready.len() == before && !self.fresh {
            self.look_at = self.postponed.values().min().copied();
        }
    }

    fn take_up(&mut self, newest: Vec<Forward>, oldest: Vec<Forward>) {
        for event in newest.into_iter().rev() {
            if self.held.insert(event.id) {
                self.ready.push_front(event);
            }
        }
        for event in oldest {
            if self.held.insert(event.id) {
                self.ready.push_back(event);
            }
        }
    }

    fn came_back(&mut self, event: Forward, outcome: Outcome, epoch: Epoch, now: Duration, actions: &mut Vec<Action>) {
        self.under_way -= 1;
        match outcome {
            Outcome::Retry(retry) => {
                if retry.whole_link {
                    self.ready.push_back(event);
                } else {
                    let rest = self.settings.event_backoff.wait(event.attempts.saturating_add(1), (self.dice)());
                    let until = now + rest.max(retry.after.unwrap_or_default());
                    self.held.remove(&event.id);
                    self.postponed.insert(event.id, until);
                    self.look_at = Some(self.look_at.map_or(until, |at| at.min(until)));
                    actions.push(Action::Postpone(event.id, until));
                }
                self.trouble(retry, epoch, now, actions);
            }
            settled => {
                self.contact(epoch, actions);
                self.postponed.remove(&event.id);
                self.unsaved.push((event.id, settled));
            }
        }
    }

    fn saved(&mut self, ids: &[Uuid], offered_again: Option<bool>, now: Duration, actions: &mut Vec<Action>) {
        let saved = mem::take(&mut self.saving);
        match offered_again {
            None => {
                self.unsaved.splice(..0, saved);
                self.save_at = now + DISK_REST;
            }
            Some(again) => {
                self.settled.extend(ids);
                if !self.loading {
                    self.read();
                }
                if again {
                    self.look_at = Some(now);
                }
                // A recording waits until its suggestion is delivered.
                self.recordings.look(now);
                actions.push(Action::Tell(Changed::Delivered));
            }
        }
    }

    fn polled(
        &mut self,
        poll: Poll,
        found: Result<Found, Retry>,
        epoch: Epoch,
        now: Duration,
        actions: &mut Vec<Action>,
    ) {
        let share = 0.75 + (self.dice)() / 2.0;
        let period = self.settings.poll.mul_f64(share);
        // The nudge for an event may have been lost with kiosk's connection.
        self.look_at.get_or_insert(now);
        self.recordings.look(now);
        let due = self.due_of(poll);
        due.under_way = false;
        match found {
            Ok(found) => {
                due.at = if found.more || found.offered_again { now } else { now + period };
                if found.offered_again {
                    self.look_at = Some(now);
                }
                if found.news {
                    actions.push(Action::Tell(match poll {
                        Poll::Bulletin => Changed::Bulletin,
                        Poll::Views => Changed::Views,
                    }));
                }
                self.contact(epoch, actions);
            }
            Err(retry) => {
                due.at = now + if retry.whole_link { Duration::ZERO } else { period };
                self.trouble(retry, epoch, now, actions);
            }
        }
    }

    fn due_of(&mut self, poll: Poll) -> &mut Due {
        let [(Poll::Bulletin, bulletin) | (Poll::Views, bulletin), (_, views)] = &mut self.polls;
        match poll {
            Poll::Bulletin => bulletin,
            Poll::Views => views,
        }
    }

    fn contact(&mut self, epoch: Epoch, actions: &mut Vec<Action>) {
        self.contacts += 1;
        // What was sent before the county asked for a rest does not end it.
        if epoch.0 != self.epoch && matches!(self.link, Link::Resting { ordered: true, .. }) {
            return;
        }
        self.failures = 0;
        self.trying = false;
        if self.link != Link::Up {
            self.link = Link::Up;
            actions.push(Action::Network(Network::Online));
        }
    }

    fn trouble(&mut self, retry: Retry, epoch: Epoch, now: Duration, actions: &mut Vec<Action>) {
        if epoch.0 != self.epoch {
            return;
        }
        self.epoch += 1;
        self.trying = false;
        self.failures = self.failures.saturating_add(1);
        let rest = self.settings.backoff.wait(self.failures, (self.dice)());
        let was_offline = matches!(self.link, Link::Resting { .. });
        let until = now + retry.after.unwrap_or_default() + rest;
        self.link = Link::Resting { until, since: now, ordered: retry.after.is_some() };
        if !was_offline {
            actions.push(Action::Network(Network::Offline));
        }
        // There is always something that tries the link after its rest.
        self.due_of(Poll::Bulletin).at = now;
    }

    fn go_on(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.saving.is_empty() && !self.unsaved.is_empty() && self.save_at <= now {
            self.saving = mem::take(&mut self.unsaved);
            actions.push(Action::Save(self.saving.clone()));
        }
        let low = self.ready.len() < self.settings.concurrency;
        if !self.loading && (low || self.fresh) && self.look_at.is_some_and(|at| at <= now) {
            self.loading = true;
            self.fresh = false;
            self.postponed.retain(|_, until| *until > now);
            actions.push(Action::Load { limit: self.settings.batch + self.held.len() });
        }
        match self.link {
            Link::Up => {
                while self.put(actions) {}
                while self.poll(now, actions) {}
                self.go_on_with_recordings(now, actions);
            }
            Link::Resting { until, .. } if now < until => {}
            Link::Untried | Link::Resting { .. } if self.trying => {}
            // By turns, so that neither an event nor a poll that always fails keeps the link closed.
            Link::Untried | Link::Resting { .. } => {
                let event_first = self.failures.is_multiple_of(2);
                self.trying = event_first && self.put(actions) || self.poll(now, actions) || self.put(actions);
            }
        }
    }

    fn put(&mut self, actions: &mut Vec<Action>) -> bool {
        if self.under_way >= self.settings.concurrency {
            return false;
        }
        let Some(event) = self.ready.pop_front() else { return false };
        self.under_way += 1;
        actions.push(Action::Put(event, Epoch(self.epoch)));
        true
    }

    fn poll(&mut self, now: Duration, actions: &mut Vec<Action>) -> bool {
        let epoch = Epoch(self.epoch);
        let Some((poll, due)) = self.polls.iter_mut().find(|(_, due)| !due.under_way && due.at <= now) else {
            return false;
        };
        due.under_way = true;
        actions.push(Action::Poll(*poll, epoch));
        true
    }
}
