//! The queue file behind a thread of its own: an fsync of a slow card never stops the network's loop.
//!
//! Invariant: one piece of work at a time, in order; none spans a request. A connection that met a failure of the disk is
//! not gone on with where another can be had, and kiosk, which alone mends the file, hears of damage.

use std::{io, sync::mpsc, thread};

use tokio::sync::{broadcast, oneshot};
use tracing::warn;

use crate::{
    control::message::Changed,
    https::why,
    queue::{Queue, QueueError},
};

type Work = Box<dyn FnOnce(&mut Queue) + Send>;

/// Takes work for the queue file; the thread ends with the last of these.
#[derive(Clone)]
pub struct Store {
    work: mpsc::Sender<Work>,
    tell: broadcast::Sender<Changed>,
}

impl Store {
    /// Starts the thread that owns the queue; `tell` goes to kiosk.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn start(mut queue: Queue, tell: broadcast::Sender<Changed>) -> io::Result<Self> {
        let (work, waiting) = mpsc::channel::<Work>();
        thread::Builder::new().name("queue".into()).spawn(move || {
            while let Ok(work) = waiting.recv() {
                work(&mut queue);
            }
        })?;
        Ok(Self { work, tell })
    }

    /// Does something with the queue and waits for what comes of it.
    ///
    /// # Panics
    /// Where the thread died, which only a panic in other work can bring about.
    pub async fn with<R: Send + 'static>(&self, work: impl FnOnce(&mut Queue) -> R + Send + 'static) -> R {
        let (done, result) = oneshot::channel();
        let work: Work = Box::new(move |queue| drop(done.send(work(queue))));
        self.work.send(work).expect("invariant: the queue's thread lives as long as its work is taken");
        result.await.expect("invariant: the queue's thread finishes what it began")
    }

    /// As [`Self::with`], for what reads or writes the file.
    ///
    /// # Errors
    /// Those of the work; the next is done on another connection, where one could be had.
    pub async fn on_file<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Queue) -> Result<R, QueueError> + Send + 'static,
    ) -> Result<R, QueueError> {
        let tell = self.tell.clone();
        self.with(move |queue| {
            work(queue).inspect_err(|problem| {
                if problem.is_of_damage() {
                    // Nobody listens while kiosk is away; it looks at the file when it starts.
                    tell.send(Changed::QueueIll).ok();
                }
                queue.reopen().unwrap_or_else(|error| warn!(error = why(&error), "the queue can't be opened anew"));
            })
        })
        .await
    }
}
