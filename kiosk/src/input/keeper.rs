//! Looks after a program beside the terminal's: started when a visit may need it, ended with the visit.
//!
//! Invariants: whoever asks never waits. A program that says nothing in time, or what can't be understood, is ended, and what
//! it was asked with it; one that keeps ending is left alone until the next visit.

use std::{
    io,
    process::Command,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use zeroize::Zeroizing;

use super::child::Running;
use crate::clock::Clock;

/// How often one visit starts the program.
const STARTS: u32 = 3;

/// A line to the program, or of it.
pub(super) type Line = Zeroizing<String>;

/// What is said with a program; times are on the monotonic clock.
pub(super) trait Talk {
    /// What others ask.
    type Ask;

    /// How the program is started.
    fn command(&self) -> Command;

    /// A run of it has begun.
    fn begun(&mut self, now: Duration);

    /// Takes a question; what is said to the program now.
    fn ask(&mut self, ask: Self::Ask, now: Duration) -> Option<Line>;

    /// Hears a line of the program; what is said to it next, or why it is to be ended.
    fn hear(&mut self, line: &str, now: Duration) -> Result<Option<Line>, &'static str>;

    /// When the program must have said something.
    fn due(&self) -> Option<Duration>;

    /// Forgets what was asked and not answered: nothing runs any more.
    fn forget(&mut self);

    /// Tells that the program was ended, or could not be started.
    fn lost(&mut self, lost: Lost);
}

/// Why nothing runs.
pub(super) enum Lost {
    /// It was ended.
    Ended(&'static str),
    /// It was not started.
    NotStarted(String),
}

enum Order<A> {
    Open,
    Ask(A),
    Close,
    /// What a run of the program said; none, it says no more.
    Line(u32, Option<Line>),
}

/// Where questions to a program go.
pub struct Program<A>(Sender<Order<A>>);

impl<A> Clone for Program<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A> Program<A> {
    /// Starts the program where it is not running.
    pub fn open(&self) {
        self.send(Order::Open);
    }

    /// Asks, and starts the program for it; what comes of it is told.
    pub fn ask(&self, ask: A) {
        self.send(Order::Ask(ask));
    }

    /// Ends the program, and what it holds of a visit with it.
    pub fn close(&self) {
        self.send(Order::Close);
    }

    fn send(&self, order: Order<A>) {
        // A thread that has ended takes no orders: the terminal is ending too.
        self.0.send(order).ok();
    }
}

/// Starts the thread that looks after the program that `talk` is had with.
///
/// # Errors
/// No thread could be started.
pub(super) fn start<T>(name: &'static str, clock: Arc<dyn Clock>, talk: T) -> io::Result<Program<T::Ask>>
where
    T: Talk<Ask: Send> + Send + 'static,
{
    let (orders, inbox) = mpsc::channel();
    let keeper = Keeper { name, clock, talk, orders: orders.clone(), run: None, runs: 0, starts: 0 };
    thread::Builder::new().name(name.into()).spawn(move || keeper.keep(&inbox))?;
    Ok(Program(orders))
}

struct Keeper<T: Talk> {
    name: &'static str,
    clock: Arc<dyn Clock>,
    talk: T,
    orders: Sender<Order<T::Ask>>,
    run: Option<Running>,
    /// Which of all runs it is.
    runs: u32,
    /// How often this visit started it.
    starts: u32,
}

impl<T: Talk<Ask: Send> + 'static> Keeper<T> {
    fn keep(mut self, inbox: &Receiver<Order<T::Ask>>) {
        loop {
            let due = self.run.as_ref().and_then(|_| self.talk.due());
            let order = match due {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => inbox.recv_timeout(due.saturating_sub(self.clock.monotonic())),
            };
            match order {
                Ok(Order::Open) => self.open(),
                Ok(Order::Ask(ask)) => self.ask(ask),
                Ok(Order::Close) => {
                    self.end();
                    self.starts = 0;
                }
                Ok(Order::Line(run, line)) if run == self.runs && self.run.is_some() => self.hear(line),
                Ok(Order::Line(..)) => {}
                Err(RecvTimeoutError::Timeout) => self.lose("it did not answer"),
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            }
        }
    }

    fn open(&mut self) {
        if self.run.is_some() {
            return;
        }
        if self.starts >= STARTS {
            return self.talk.lost(Lost::NotStarted("it keeps ending".into()));
        }
        self.starts += 1;
        self.runs = self.runs.wrapping_add(1);
        let (run, orders) = (self.runs, self.orders.clone());
        let started = Running::start(self.talk.command(), self.name, move |line| {
            orders.send(Order::Line(run, line)).ok();
        });
        match started {
            Ok(run) => {
                self.run = Some(run);
                self.talk.begun(self.clock.monotonic());
            }
            Err(problem) => self.talk.lost(Lost::NotStarted(problem.to_string())),
        }
    }

    fn ask(&mut self, ask: T::Ask) {
        self.open();
        let line = self.talk.ask(ask, self.clock.monotonic());
        match &self.run {
            Some(run) => line.into_iter().for_each(|line| run.say(line)),
            None => self.talk.forget(),
        }
    }

    fn hear(&mut self, line: Option<Line>) {
        let Some(line) = line else { return self.lose("it ended") };
        match (self.talk.hear(&line, self.clock.monotonic()), &self.run) {
            (Ok(next), Some(run)) => next.into_iter().for_each(|line| run.say(line)),
            (Ok(_), None) => {}
            (Err(why), _) => self.lose(why),
        }
    }

    fn lose(&mut self, why: &'static str) {
        tracing::warn!(program = self.name, why, "the program is ended");
        self.end();
        self.talk.lost(Lost::Ended(why));
    }

    fn end(&mut self) {
        self.talk.forget();
        if let Some(run) = self.run.take() {
            run.end();
        }
    }
}
