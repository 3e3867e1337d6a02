//! The queue file behind a thread of its own: an fsync of a slow card never stops the network's loop.
//!
//! Invariant: one piece of work at a time, in order; none spans a request.

use std::{io, sync::mpsc, thread};

use tokio::sync::oneshot;

use crate::queue::Queue;

type Work = Box<dyn FnOnce(&mut Queue) + Send>;

/// Takes work for the queue file; the thread ends with the last of these.
#[derive(Clone)]
pub struct Store {
    work: mpsc::Sender<Work>,
}

impl Store {
    /// Starts the thread that owns the queue.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn start(mut queue: Queue) -> io::Result<Self> {
        let (work, waiting) = mpsc::channel::<Work>();
        thread::Builder::new().name("queue".into()).spawn(move || {
            while let Ok(work) = waiting.recv() {
                work(&mut queue);
            }
        })?;
        Ok(Self { work })
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
}
