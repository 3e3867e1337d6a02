//! Tells whoever looks at a rollout's page that it changed, by server-sent events. What changed they ask for as before.
//!
//! Invariant: an event says a number and nothing else, so that it tells nobody what they may not see. A stream ends within
//! ten minutes, and is asked for anew with the session that there is then; it ends at once where the host goes down.
//! Source: HTML, "Server-sent events".

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderName, StatusCode, header},
    response::{
        IntoResponse,
        sse::{Event, Sse},
    },
};
use futures_util::stream;
use serde::Deserialize;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Interval, MissedTickBehavior, interval},
};

use super::{
    super::{
        Console,
        session::Signed,
        shell::{Answer, Problem},
    },
    numbered,
};
use crate::fleet::users::{By, User, Users};

/// How often a watcher's rollout is looked at: one number of one row.
const LOOK: Duration = Duration::from_secs(1);

/// After so many looks at which nothing changed a word is sent all the same: the page polls where none comes.
const WORD_AFTER: u32 = 15;

/// Looks until a stream ends.
const LOOKS: u32 = 600;

/// Streams at a time; whoever is one more polls.
const STREAMS: usize = 64;

/// A proxy that keeps answers back until they are long must not.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Who watches.
#[derive(Debug, Clone)]
pub struct Live {
    places: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

impl Live {
    /// Until the host goes down.
    #[must_use]
    pub fn until(stopped: watch::Receiver<bool>) -> Self {
        Self { places: Arc::new(Semaphore::new(STREAMS)), stopped }
    }
}

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http::fleet) struct Seen {
    /// The revision that the page shows.
    #[serde(default)]
    seen: u64,
}

/// A page that watches.
struct Watcher {
    users: Users,
    by: User,
    number: u64,
    shown: u64,
    looks: u32,
    silent: u32,
    clock: Interval,
    stopped: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next word, once there is one; none, the stream is over.
    async fn next(&mut self) -> Option<Event> {
        while self.looks < LOOKS {
            tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => return None,
                _ = self.clock.tick() => {}
            }
            let revision = self.users.rollout_revision(By::User(&self.by), self.number).await.ok()?;
            let is_first = self.looks == 0;
            self.looks += 1;
            self.silent += 1;
            let word = match revision {
                revision if revision != self.shown => "moved",
                _ if is_first || self.silent >= WORD_AFTER => "still",
                _ => continue,
            };
            (self.shown, self.silent) = (revision, 0);
            return Some(Event::default().event(word).data(revision.to_string()));
        }
        None
    }
}

/// GET `/fleet/rollouts/{number}/live`
pub(in crate::http::fleet) async fn stream(
    State(console): State<Console>,
    Signed { by, .. }: Signed,
    Path(number): Path<String>,
    Query(Seen { seen }): Query<Seen>,
) -> Answer {
    let number = numbered(&number)?;
    console.users.rollout_revision(By::User(&by), number).await?;
    let Ok(place) = Arc::clone(&console.live.places).try_acquire_owned() else {
        let (zh, en) = ("同时看的人太多了。", "Too many people watch at a time.");
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, zh, en));
    };
    let mut clock = interval(LOOK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher {
        users: console.users,
        by,
        number,
        shown: seen,
        looks: 0,
        silent: 0,
        clock,
        stopped: console.live.stopped,
        _place: place,
    };
    let events = stream::unfold(watcher, async |mut watcher| {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    let mut response = ([UNBUFFERED], Sse::new(events)).into_response();
    // The console's own word on that is stricter.
    response.headers_mut().remove(header::CACHE_CONTROL);
    Ok(response)
}
