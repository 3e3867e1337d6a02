//! The program that hears and speaks: started when a visit may need it, ended with the visit.
//!
//! Invariants: whoever asks never waits. A program that is silent where it must answer is ended, and so is what it was
//! recording; one that keeps ending is left alone until the next visit.

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

use sound_line::{Ask, Tell};
use zeroize::{Zeroize as _, Zeroizing};

use super::child::Running;
use crate::clock::Clock;

/// Opening a device takes a second at the most, giving two minutes of speech out less.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often one visit starts the program.
const STARTS: u32 = 3;

/// What is told of sound.
#[derive(Debug)]
pub enum Heard {
    /// What the program tells.
    Told(Box<Tell>),
    /// It has ended, or can't be started, and why: nothing is heard or spoken.
    Ended(String),
}

enum Order {
    Open,
    Ask(Ask),
    Close,
    /// What a run of the program said; none, it says no more.
    Line(u32, Option<Zeroizing<String>>),
}

/// Where orders go.
#[derive(Clone)]
pub struct Sound(mpsc::Sender<Order>);

impl Sound {
    /// Starts the program where it is not running.
    pub fn open(&self) {
        self.send(Order::Open);
    }

    /// Asks; what comes of it is told.
    pub fn ask(&self, ask: Ask) {
        self.send(Order::Ask(ask));
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

/// Starts the thread that looks after `program`, which speaks the clips of these folders; what it tells goes to `tell`.
///
/// # Errors
/// No thread could be started.
pub fn start(
    program: PathBuf,
    clips: Vec<PathBuf>,
    clock: Arc<dyn Clock>,
    tell: impl FnMut(Heard) + Send + 'static,
) -> std::io::Result<Sound> {
    let (orders, inbox) = mpsc::channel();
    let keeper = Keeper {
        program,
        clips,
        clock,
        tell,
        orders: orders.clone(),
        run: None,
        runs: 0,
        starts: 0,
        due: None,
        records: false,
    };
    thread::Builder::new().name("sound".into()).spawn(move || keeper.keep(&inbox))?;
    Ok(Sound(orders))
}

struct Keeper<T> {
    program: PathBuf,
    clips: Vec<PathBuf>,
    clock: Arc<dyn Clock>,
    tell: T,
    orders: mpsc::Sender<Order>,
    run: Option<Running>,
    runs: u32,
    /// How often this visit started it.
    starts: u32,
    /// When it must have said something.
    due: Option<Duration>,
    /// Whether it was asked to record, and has not told the end: it is silent to who stops what is over.
    records: bool,
}

impl<T: FnMut(Heard)> Keeper<T> {
    fn keep(mut self, inbox: &mpsc::Receiver<Order>) {
        loop {
            let order = match self.due {
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
            return self.lose("it keeps ending");
        }
        self.starts += 1;
        self.runs = self.runs.wrapping_add(1);
        let (run, orders) = (self.runs, self.orders.clone());
        let mut program = Command::new(&self.program);
        for folder in &self.clips {
            program.arg("--clips").arg(folder);
        }
        let started = Running::start(program, "sound", move |line| {
            orders.send(Order::Line(run, line)).ok();
        });
        match started {
            Ok(run) => (self.run, self.due) = (Some(run), Some(self.clock.monotonic() + PATIENCE)),
            Err(problem) => self.lose(&problem.to_string()),
        }
    }

    fn ask(&mut self, mut ask: Ask) {
        self.open();
        if let Some(run) = &self.run {
            let line = serde_json::to_string(&ask).map(Zeroizing::new);
            run.say(line.expect("invariant: a question is written in JSON"));
        }
        // The digits of a query code, for one.
        if let Ask::PlayClips { phrases, .. } = &mut ask {
            phrases.iter_mut().flatten().for_each(|clip| clip.zeroize());
        }
        if self.run.is_none() {
            return;
        }
        self.records |= matches!(ask, Ask::Record { .. });
        let answers = match &ask {
            Ask::Record { .. } | Ask::Play { .. } | Ask::PlayClips { .. } => true,
            Ask::Stop { .. } => self.records,
            _ => false,
        };
        if answers {
            self.due.get_or_insert(self.clock.monotonic() + PATIENCE);
        }
    }

    fn hear(&mut self, line: Option<Zeroizing<String>>) {
        let Some(line) = line else { return self.lose("it ended") };
        self.due = None;
        match serde_json::from_str(&line) {
            Ok(told) => {
                self.records &= !matches!(told, Tell::Recorded { .. } | Tell::Cancelled { .. } | Tell::Failed { .. });
                (self.tell)(Heard::Told(Box::new(told)));
            }
            Err(_) => self.lose("what it says is not understood"),
        }
    }

    fn lose(&mut self, why: &str) {
        tracing::warn!(program = %self.program.display(), why, "there is no sound");
        self.end();
        (self.tell)(Heard::Ended(format!("{}: {why}", self.program.display())));
    }

    fn end(&mut self) {
        (self.due, self.records) = (None, false);
        if let Some(run) = self.run.take() {
            run.end();
        }
    }
}
