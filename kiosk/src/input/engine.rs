//! The input methods' own program, asked one question at a time.
//!
//! Invariants: of questions that pile up only the last is asked; one that ended the program, or that it did not answer in
//! time, is not asked again by itself.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use ime_line::{Answer, Ask, Ready};
use zeroize::Zeroizing;

use super::keeper::{self, Line, Lost, Program, Talk};
use crate::clock::Clock;

/// A line of characters takes a slow machine half a second; ten times that and more is no answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Loading the model takes a slow machine two seconds.
const LOADING: Duration = Duration::from_secs(30);

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

/// Where questions go, each with its number.
pub type Engine = Program<(u64, Ask)>;

/// Starts the thread that looks after `program`; what it tells goes to `tell`.
///
/// # Errors
/// No thread could be started.
pub fn start(
    program: PathBuf,
    clock: Arc<dyn Clock>,
    tell: impl FnMut(Told) + Send + 'static,
) -> std::io::Result<Engine> {
    let talk = Questions { program, tell, is_ready: false, due: Duration::ZERO, asked: None, next: None };
    keeper::start("input methods", clock, talk)
}

struct Questions<T> {
    program: PathBuf,
    tell: T,
    is_ready: bool,
    /// When the next thing the program says is due.
    due: Duration,
    /// The question that is out, and the one to be asked next.
    asked: Option<u64>,
    next: Option<(u64, Ask)>,
}

impl<T: FnMut(Told)> Questions<T> {
    /// Asks what is to be asked next, once nothing else is out.
    fn go_on(&mut self, now: Duration) -> Option<Line> {
        if !self.is_ready || self.asked.is_some() {
            return None;
        }
        let (question, ask) = self.next.take()?;
        (self.asked, self.due) = (Some(question), now + PATIENCE);
        let line = serde_json::to_string(&ask).map(Zeroizing::new);
        Some(line.expect("invariant: a question is written in JSON"))
    }
}

impl<T: FnMut(Told)> Talk for Questions<T> {
    type Ask = (u64, Ask);

    fn command(&self) -> Command {
        Command::new(&self.program)
    }

    fn begun(&mut self, now: Duration) {
        self.due = now + LOADING;
    }

    fn ask(&mut self, ask: Self::Ask, now: Duration) -> Option<Line> {
        self.next = Some(ask);
        self.go_on(now)
    }

    fn hear(&mut self, line: &str, now: Duration) -> Result<Option<Line>, &'static str> {
        if self.is_ready {
            let answer = serde_json::from_str(line).ok().zip(self.asked.take());
            let (answer, question) = answer.ok_or("it does not answer what it was asked")?;
            (self.tell)(Told::Answer(question, answer));
        } else {
            let ready = serde_json::from_str(line).map_err(|_| "it does not say what it has")?;
            self.is_ready = true;
            (self.tell)(Told::Ready(ready));
        }
        Ok(self.go_on(now))
    }

    fn due(&self) -> Option<Duration> {
        (!self.is_ready || self.asked.is_some()).then_some(self.due)
    }

    fn forget(&mut self) {
        (self.is_ready, self.asked, self.next) = (false, None, None);
    }

    fn lost(&mut self, lost: Lost) {
        (self.tell)(match lost {
            Lost::Ended(_) => Told::Ended,
            Lost::NotStarted(why) => Told::Missing(format!("{}: {why}", self.program.display())),
        });
    }
}
