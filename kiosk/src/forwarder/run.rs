//! Carries out what the state machine decides: one loop, one task a request.
//!
//! Invariant: the loop itself waits for nothing but events; it feeds the watchdog whenever it turns.

use std::{future::pending, pin::Pin, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
    time,
};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{
    answer::{Outcome, Retry},
    county::{County, Fetched},
    event::{Action, Event, Found, Poll},
    state::Forwarder,
    store::Store,
    upload::Came,
};
use crate::{
    clock::Clock,
    control::{
        Asked, Contact, FromKiosk,
        message::{Answer, Changed, Network},
    },
    queue::{Forward, Ledger, Queue, QueueError},
};

/// The newest events of each look, sent before the backlog.
const NEWEST: usize = 4;

/// Pages show how old the bulletin's confirmation is; the card is spared a write a minute.
const CONFIRMED_EVERY: SignedDuration = SignedDuration::from_mins(30);

/// Done before each request that may begin a contact; comes to an end by itself, soon.
pub type First = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the loop works with.
pub struct Forwarding {
    /// Decides.
    pub forwarder: Forwarder,
    /// The queue file.
    pub store: Store,
    /// The county as this terminal is known to it; none before enrolment.
    pub county: watch::Receiver<Option<County>>,
    /// What comes from kiosk.
    pub from_kiosk: mpsc::Receiver<FromKiosk>,
    /// How the network stands.
    pub contact: watch::Sender<Contact>,
    /// What was written into the queue file.
    pub changed: broadcast::Sender<Changed>,
    /// What the host is told before anything else, when a contact may begin.
    pub first: First,
    /// Tells that the county refused this terminal's certificate.
    pub unknown_to_county: Arc<tokio::sync::Notify>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Called whenever the loop turns, at least this often.
pub struct Heartbeat {
    /// The longest time between two calls.
    pub every: Duration,
    /// What is called.
    pub beat: Box<dyn FnMut() + Send>,
}

/// Kiosk has to have the queue file for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetGo;

/// Forwards until kiosk wants the queue file for itself. Ended or dropped, it lets go what is under way, as a power cut
/// would: it goes out again.
pub async fn run(mut forwarding: Forwarding, mut heartbeat: Heartbeat) -> LetGo {
    let mut tasks: JoinSet<Option<Event>> = JoinSet::new();
    let mut beat = time::interval(heartbeat.every);
    let mut step = Event::Tick;
    loop {
        let now = forwarding.clock.monotonic();
        let contacts = forwarding.forwarder.contacts();
        let actions = forwarding.forwarder.step(step, now);
        if forwarding.forwarder.contacts() != contacts {
            // Told to kiosk with the next presence; not worth one of its own.
            forwarding.contact.send_if_modified(|contact| {
                contact.last = Some(time::Instant::now());
                false
            });
        }
        for action in actions {
            forwarding.carry_out(action, &mut tasks);
        }
        step = loop {
            let now = forwarding.clock.monotonic();
            let left = forwarding.forwarder.due(now).saturating_sub(now);
            tokio::select! {
                _ = beat.tick() => (heartbeat.beat)(),
                done = next(&mut tasks) => match done {
                    Some(event) => break event,
                    None => continue,
                },
                Some(from_kiosk) = forwarding.from_kiosk.recv() => match from_kiosk {
                    FromKiosk::Submitted => break Event::Nudged,
                    FromKiosk::LetGo => return LetGo,
                    FromKiosk::Asked(asked) => if forwarding.ask(asked, &mut tasks) { break Event::Nudged },
                },
                Ok(()) = forwarding.county.changed() => break Event::Renewed,
                () = time::sleep(left) => break Event::Tick,
            }
        };
    }
}

async fn next(tasks: &mut JoinSet<Option<Event>>) -> Option<Event> {
    match tasks.join_next().await {
        None => pending().await,
        Some(Ok(event)) => event,
        // A task that panicked is a fault of ours: the process ends and systemd starts it anew.
        Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Forwarding {
    fn carry_out(&mut self, action: Action, tasks: &mut JoinSet<Option<Event>>) {
        let store = self.store.clone();
        let county = self.county.borrow().clone();
        let first = self.first();
        match action {
            Action::Load { limit } => drop(tasks.spawn(async move { Some(load(&store, limit).await) })),
            Action::Put(event, epoch) => drop(tasks.spawn(async move {
                let outcome = match county {
                    Some(county) => {
                        first.await;
                        county.put(&event).await
                    }
                    None => Outcome::Retry(not_enrolled()),
                };
                Some(Event::Put { event, outcome, epoch })
            })),
            Action::LoadRecording { but } => {
                drop(tasks.spawn(async move { Some(load_recording(&store, but).await) }));
            }
            Action::Upload(mut recording, epoch) => drop(tasks.spawn(async move {
                let came = match county {
                    Some(county) => {
                        first.await;
                        county.upload(&mut recording).await
                    }
                    None => Came::Again(not_enrolled()),
                };
                if let Came::Again(retry) = &came {
                    info!(event.id = %recording.id(), why = retry.why, "a recording goes on later");
                }
                Some(Event::Uploaded { recording, came, epoch })
            })),
            Action::Save(outcomes) => drop(tasks.spawn(async move { Some(save(&store, outcomes).await) })),
            Action::Postpone(id, until) => drop(tasks.spawn(async move {
                store.with(move |queue| queue.postponed(id, until)).await;
                None
            })),
            Action::Poll(poll, epoch) => {
                let (clock, unknown) = (Arc::clone(&self.clock), Arc::clone(&self.unknown_to_county));
                drop(tasks.spawn(async move {
                    let found = match (county, poll) {
                        (None, _) => Err(not_enrolled()),
                        (Some(county), poll) => {
                            first.await;
                            match poll {
                                Poll::Views => views(&county, &store).await,
                                Poll::Bulletin => bulletin(&county, &store, &*clock).await,
                            }
                        }
                    };
                    if let Err(retry) = &found {
                        info!(?poll, why = retry.why, "nothing came back");
                        if retry.why == super::answer::UNKNOWN_TERMINAL {
                            unknown.notify_one();
                        }
                    }
                    Some(Event::Polled { poll, found, epoch })
                }));
            }
            Action::Network(network) => {
                info!(?network, "the network changed");
                self.contact.send_modify(|contact| contact.network = network);
            }
            Action::Tell(changed) => drop(self.changed.send(changed)),
        }
    }

    /// What goes before a request: nothing, while the county is within reach.
    fn first(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if self.forwarder.network() == Network::Online { Box::pin(async {}) } else { (self.first)() }
    }

    /// Answers at once where the county is known to be out of reach; true says that the link is worth a try.
    fn ask(&mut self, asked: Asked, tasks: &mut JoinSet<Option<Event>>) -> bool {
        let county = self.county.borrow().clone();
        let Some(county) = county.filter(|_| self.forwarder.network() != Network::Offline) else {
            drop(asked.reply.send(Answer::Offline));
            return true;
        };
        let epoch = self.forwarder.epoch();
        tasks.spawn(async move {
            let answer = county.ask(asked.ask, asked.deadline).await;
            let answered = answer.as_ref().map(|_| ()).map_err(|retry| *retry);
            let answer = answer.unwrap_or_else(|retry| match retry.whole_link {
                true => Answer::Offline,
                false => Answer::Refused,
            });
            drop(asked.reply.send(answer));
            Some(Event::Asked { answered, epoch })
        });
        false
    }
}

fn not_enrolled() -> Retry {
    Retry::no_answer("this terminal is not enrolled yet")
}

async fn load(store: &Store, limit: usize) -> Event {
    let newest = store.on_file(|queue| queue.forward_newest(NEWEST)).await;
    let oldest = store.on_file(move |queue| queue.forward_batch(limit)).await;
    // Only what is left of a whole batch is theirs.
    let left = oldest.as_ref().map_or(0, |oldest| limit.saturating_sub(oldest.len()));
    let dead = store.on_file(move |queue| queue.dead_letters(left)).await;
    let mut whole = true;
    let mut read = |read: Result<Vec<Forward>, QueueError>| {
        read.unwrap_or_else(|error| {
            whole = false;
            error!(error = crate::https::why(&error), "the queue can't be read");
            vec![]
        })
    };
    let (newest, mut oldest) = (read(newest), read(oldest));
    oldest.extend(read(dead));
    if whole { Event::Loaded { newest, oldest } } else { Event::LoadFailed { newest, oldest } }
}

async fn load_recording(store: &Store, but: Vec<Uuid>) -> Event {
    let found = store.on_file(move |queue| queue.next_recording(&but)).await;
    let found = found.inspect_err(|error| error!(error = crate::https::why(error), "the queue can't be read"));
    let whole = found.is_ok();
    Event::Recording { found: found.unwrap_or_default(), whole }
}

async fn save(store: &Store, outcomes: Vec<(Uuid, Outcome)>) -> Event {
    let ids: Vec<Uuid> = outcomes.iter().map(|(id, _)| *id).collect();
    let saved = store.on_file(move |queue| save_all(queue, &outcomes)).await;
    let offered_again = saved.inspect_err(|error| {
        error!(error = crate::https::why(error), "outcomes can't be written yet");
    });
    Event::Saved { ids, offered_again: offered_again.ok() }
}

/// Acknowledgements of one ledger are one transaction.
fn save_all(queue: &mut Queue, outcomes: &[(Uuid, Outcome)]) -> Result<bool, QueueError> {
    let mut changed = false;
    let mut delivered: Vec<(Uuid, Vec<Uuid>)> = Vec::new();
    for (id, outcome) in outcomes {
        match outcome {
            Outcome::Delivered { ledger } => match delivered.last_mut().filter(|(last, _)| last == ledger) {
                Some((_, ids)) => ids.push(*id),
                None => delivered.push((*ledger, vec![*id])),
            },
            Outcome::Conflicted => {
                warn!(event.id = %id, "the county has other bytes under this id; the event is kept");
                queue.conflicted(*id)?;
            }
            Outcome::Refused { status } => {
                warn!(event.id = %id, status, "the county will never take this event; it is kept");
                queue.refused(*id, &format!("answered {status}"))?;
            }
            Outcome::Retry(_) => {}
        }
    }
    for (ledger, ids) in delivered {
        changed |= note(ledger, queue.delivered(&ids, ledger)?);
        info!(events = ids.len(), "delivered");
    }
    Ok(changed)
}

fn note(ledger: Uuid, known: Ledger) -> bool {
    let changed = known == Ledger::Changed;
    if changed {
        warn!(%ledger, "the county has another ledger; everything held is offered again");
    }
    changed
}

fn disk(error: &QueueError) -> Retry {
    error!(error = crate::https::why(error), "the queue can't be used");
    Retry { why: "the queue can't be used", after: None, whole_link: false }
}

async fn views(county: &County, store: &Store) -> Result<Found, Retry> {
    let after = store.on_file(|queue| queue.views_cursor()).await.map_err(|e| disk(&e))?;
    let (ledger, views) = county.views(after).await?;
    let kept = store.on_file(move |queue| {
        // A cursor of one ledger says nothing in another: asked again from the start.
        if note(ledger, queue.offer_again(ledger)?) {
            return Ok(Found { more: true, offered_again: true, ..Found::default() });
        }
        let news = !views.views.is_empty();
        if news || views.cursor != after {
            queue.put_views(&views)?;
        }
        Ok(Found { news, more: views.more && views.cursor > after, offered_again: false })
    });
    kept.await.map_err(|e| disk(&e))
}

async fn bulletin(county: &County, store: &Store, clock: &dyn Clock) -> Result<Found, Retry> {
    let kept = store.on_file(|queue| queue.bulletin()).await.map_err(|e| disk(&e))?;
    let etag = kept.as_ref().map(|kept| kept.etag.clone()).filter(|etag| !etag.is_empty());
    let (ledger, fetched) = county.bulletin(etag.as_deref()).await?;
    let wall = clock.wall();
    let written = store.on_file(move |queue| {
        let offered_again = note(ledger, queue.offer_again(ledger)?);
        let news = match (fetched, kept) {
            (Fetched::New(etag, bulletin), _) => {
                queue.put_bulletin(&etag, &bulletin, wall)?;
                true
            }
            (Fetched::Same, Some(kept))
                if wall.quality != kept.fetched.quality
                    || wall.at.duration_since(kept.fetched.at).abs() > CONFIRMED_EVERY =>
            {
                queue.put_bulletin(&kept.etag, &kept.bulletin, wall)?;
                true
            }
            (Fetched::Same, _) => false,
        };
        Ok(Found { news, more: false, offered_again })
    });
    written.await.map_err(|e| disk(&e))
}
