//! The input methods' own program: started when a visit may need it, asked one question at a time, ended with the visit.
//!
//! Invariants: whoever asks never waits. Of questions that pile up only the last is asked; one that ended the program, or
//! that it did not answer in time, is not asked again by itself. A program that keeps ending is left alone until the next visit.

use std::{
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use ime_line::{Answer, Ask, Ready};
use zeroize::Zeroizing;

use super::child::Running;
use crate::clock::Clock;

/// A line of characters takes a slow machine half a second; ten times that and more is no answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Loading the model takes a slow machine two seconds.
const LOADING: Duration = Duration::from_secs(30);

/// How often one visit starts the program.
const STARTS: u32 = 3;

/// What the program tells, or its end.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// What it has.
    Ready(Ready),
    /// The answer to a question.
    Answer(u64, Answer),
    /// It has ended; what was asked is not answered.
    Ended,
    /// There is none, and why: nothing but letters can be had.
    Missing(String),
}

enum Order {
    Open,
    Ask(u64, Ask),
    Close,
    /// What a run of the program said.
    Line(u32, Zeroizing<String>),
    /// A run of the program closed its output.
    Over(u32),
}

/// Where questions go.
#[derive(Clone)]
pub struct Engine(mpsc::Sender<Order>);

impl Engine {
    /// Starts the program where it is not running.
    pub fn open(&self) {
        self.send(Order::Open);
    }

    /// Asks; what comes of it is told.
    pub fn ask(&self, question: u64, ask: Ask) {
        self.send(Order::Ask(question, ask));
    }

    /// Ends the program, and what it holds of a visit with it.
    pub fn close(&self) {
        self.send(Order::Close);
    }

    fn send(&self, order: Order) {
        // A thread that has ended takes no orders: the terminal is ending too.
        self.0.send(order).ok();
    }
}

/// Starts the thread that looks after `program`; what it tells goes to `tell`.
///
/// # Errors
/// No thread could be started.
pub fn start(
    program: PathBuf,
    clock: Arc<dyn Clock>,
    tell: impl FnMut(Told) + Send + 'static,
) -> std::io::Result<Engine> {
    let (orders, inbox) = mpsc::channel();
    let keeper = Keeper { program, clock, tell, orders: orders.clone(), run: None, runs: 0, starts: 0 };
    thread::Builder::new().name("input methods".into()).spawn(move || keeper.keep(&inbox))?;
    Ok(Engine(orders))
}

/// A run of the program.
struct Run {
    program: Running,
    /// Which of all runs.
    number: u32,
    is_ready: bool,
    /// When the next thing it says is due.
    due: Duration,
    /// The question that is out, and the one to be asked next.
    asked: Option<u64>,
    next: Option<(u64, Ask)>,
}

struct Keeper<T> {
    program: PathBuf,
    clock: Arc<dyn Clock>,
    tell: T,
    orders: mpsc::Sender<Order>,
    run: Option<Run>,
    runs: u32,
    /// How often this visit started it.
    starts: u32,
}

impl<T: FnMut(Told)> Keeper<T> {
    fn keep(mut self, inbox: &mpsc::Receiver<Order>) {
        loop {
            let due = self.run.as_ref().filter(|run| !run.is_ready || run.asked.is_some()).map(|run| run.due);
            let order = match due {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => inbox.recv_timeout(due.saturating_sub(self.clock.monotonic())),
            };
            match order {
                Ok(Order::Open) => self.open(),
                Ok(Order::Ask(question, ask)) => self.ask(question, ask),
                Ok(Order::Close) => {
                    self.end();
                    self.starts = 0;
                }
                Ok(Order::Line(number, line)) if self.is(number) => self.hear(&line),
                Ok(Order::Over(number)) if self.is(number) => self.lose("it ended"),
                Ok(Order::Line(..) | Order::Over(_)) => {}
                Err(RecvTimeoutError::Timeout) => self.lose("it did not answer"),
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            }
        }
    }

    fn is(&self, number: u32) -> bool {
        self.run.as_ref().is_some_and(|run| run.number == number)
    }

    fn open(&mut self) {
        if self.run.is_some() || self.starts >= STARTS {
            return;
        }
        self.starts += 1;
        match self.begin() {
            Ok(run) => self.run = Some(run),
            Err(problem) => (self.tell)(Told::Missing(format!("{}: {problem}", self.program.display()))),
        }
    }

    fn begin(&mut self) -> std::io::Result<Run> {
        self.runs = self.runs.wrapping_add(1);
        let (number, orders) = (self.runs, self.orders.clone());
        let program = Running::start(Command::new(&self.program), "input methods", move |line| {
            orders.send(line.map_or(Order::Over(number), |line| Order::Line(number, line))).ok();
        })?;
        let due = self.clock.monotonic() + LOADING;
        Ok(Run { program, number, is_ready: false, due, asked: None, next: None })
    }

    fn ask(&mut self, question: u64, ask: Ask) {
        self.open();
        match &mut self.run {
            Some(run) => run.next = Some((question, ask)),
            None => return (self.tell)(Told::Missing(format!("{}: it keeps ending", self.program.display()))),
        }
        self.go_on();
    }

    /// Asks what is to be asked next, once nothing else is out.
    fn go_on(&mut self) {
        let Some(run) = self.run.as_mut().filter(|run| run.is_ready && run.asked.is_none()) else { return };
        let Some((question, ask)) = run.next.take() else { return };
        let line = serde_json::to_string(&ask).map(Zeroizing::new);
        run.program.say(line.expect("invariant: a question is written in JSON"));
        (run.asked, run.due) = (Some(question), self.clock.monotonic() + PATIENCE);
    }

    fn hear(&mut self, line: &str) {
        let Some(run) = &mut self.run else { return };
        if !run.is_ready {
            return match serde_json::from_str(line) {
                Ok(ready) => {
                    run.is_ready = true;
                    (self.tell)(Told::Ready(ready));
                    self.go_on();
                }
                Err(_) => self.lose("it does not say what it has"),
            };
        }
        match (serde_json::from_str(line), run.asked.take()) {
            (Ok(answer), Some(question)) => {
                (self.tell)(Told::Answer(question, answer));
                self.go_on();
            }
            _ => self.lose("it does not answer what it was asked"),
        }
    }

    fn lose(&mut self, why: &str) {
        tracing::warn!(why, "the input methods' program is ended");
        self.end();
        (self.tell)(Told::Ended);
    }

    fn end(&mut self) {
        if let Some(run) = self.run.take() {
            run.program.end();
        }
    }
}
