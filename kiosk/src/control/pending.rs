//! Questions on their way to the agent, each with its deadline.
//!
//! Invariant: every question is answered exactly once, by the agent or as [`Silent`], on the thread of this module
//! and never on that of who asked.

use std::{
    collections::BTreeMap,
    io, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{Silent, message::Reply};
use crate::clock::Clock;

/// Takes the answer to one question.
pub(super) type Done = Box<dyn FnOnce(Result<Reply, Silent>) + Send>;

struct Open {
    connection: u64,
    until: Duration,
    done: Done,
}

#[derive(Default)]
struct Table {
    last: u64,
    open: BTreeMap<u64, Open>,
    ended: Vec<(Done, Result<Reply, Silent>)>,
    closed: bool,
}

/// All open questions.
pub(super) struct Pending {
    clock: Arc<dyn Clock>,
    table: Mutex<Table>,
    wake: Condvar,
}

impl Pending {
    /// Starts the thread that ends questions.
    pub(super) fn start(clock: Arc<dyn Clock>) -> io::Result<Arc<Self>> {
        let pending = Arc::new(Self { clock, table: Mutex::default(), wake: Condvar::new() });
        let of_thread = Arc::clone(&pending);
        thread::Builder::new().name("control-asks".into()).spawn(move || of_thread.run())?;
        Ok(pending)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a question of a connection and gives it an id.
    pub(super) fn open(&self, connection: u64, deadline: Duration, done: Done) -> u64 {
        let until = self.clock.monotonic().saturating_add(deadline);
        let mut table = self.table();
        table.last += 1;
        let id = table.last;
        table.open.insert(id, Open { connection, until, done });
        self.wake.notify_one();
        id
    }

    /// Ends a question that never got an id.
    pub(super) fn end(&self, done: Done, answer: Result<Reply, Silent>) {
        self.table().ended.push((done, answer));
        self.wake.notify_one();
    }

    /// The agent answered; an id that isn't open any more, or another connection's, is passed over.
    pub(super) fn answered(&self, connection: u64, id: u64, answer: Reply) {
        let mut table = self.table();
        if table.open.get(&id).is_some_and(|open| open.connection == connection)
            && let Some(open) = table.open.remove(&id)
        {
            table.ended.push((open.done, Ok(answer)));
            self.wake.notify_one();
        }
    }

    /// A connection is gone, and with it all answers to its questions.
    pub(super) fn lost(&self, connection: u64) {
        let mut table = self.table();
        let lost: Vec<u64> =
            table.open.iter().filter(|(_, open)| open.connection == connection).map(|(id, _)| *id).collect();
        for id in lost {
            if let Some(open) = table.open.remove(&id) {
                table.ended.push((open.done, Err(Silent::NoPeer)));
            }
        }
        self.wake.notify_one();
    }

    /// Ends the thread after the last answers.
    pub(super) fn close(&self) {
        self.table().closed = true;
        self.wake.notify_one();
    }

    fn run(&self) {
        let mut table = self.table();
        loop {
            let now = self.clock.monotonic();
            let late: Vec<u64> = table.open.iter().filter(|(_, open)| open.until <= now).map(|(id, _)| *id).collect();
            for id in late {
                if let Some(open) = table.open.remove(&id) {
                    table.ended.push((open.done, Err(Silent::Deadline)));
                }
            }
            if !table.ended.is_empty() {
                let ended = mem::take(&mut table.ended);
                drop(table);
                for (done, answer) in ended {
                    done(answer);
                }
                table = self.table();
                continue;
            }
            if table.closed {
                return;
            }
            let next = table.open.values().map(|open| open.until.saturating_sub(now)).min();
            table = match next {
                Some(left) => self.wake.wait_timeout(table, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(table).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
