//! The program that hears and speaks.
//!
//! Invariant: one that is silent where it must answer is ended, and so is what it was recording.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use sound_line::{Ask, Tell};
use zeroize::{Zeroize as _, Zeroizing};

use super::keeper::{self, Line, Lost, Program, Talk};
use crate::clock::Clock;

/// Opening a device takes a second at the most, giving two minutes of speech out less.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is told of sound.
#[derive(Debug)]
pub enum Heard {
    /// What the program tells.
    Told(Box<Tell>),
    /// It has ended, or can't be started, and why: nothing is heard or spoken.
    Ended(String),
}

/// Where orders go.
pub type Sound = Program<Ask>;

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
    keeper::start("sound", clock, Orders { program, clips, tell, due: None, records: false })
}

struct Orders<T> {
    program: PathBuf,
    clips: Vec<PathBuf>,
    tell: T,
    due: Option<Duration>,
    /// Whether it was asked to record, and has not told the end: it is silent to who stops what is over.
    records: bool,
}

impl<T: FnMut(Heard)> Talk for Orders<T> {
    type Ask = Ask;

    fn command(&self) -> Command {
        let mut program = Command::new(&self.program);
        for folder in &self.clips {
            program.arg("--clips").arg(folder);
        }
        program
    }

    fn begun(&mut self, now: Duration) {
        self.due = Some(now + PATIENCE);
    }

    fn ask(&mut self, mut ask: Ask, now: Duration) -> Option<Line> {
        let line = serde_json::to_string(&ask).map(Zeroizing::new);
        // The digits of a query code, for one.
        if let Ask::PlayClips { phrases, .. } = &mut ask {
            phrases.iter_mut().flatten().for_each(|clip| clip.zeroize());
        }
        self.records |= matches!(ask, Ask::Record { .. });
        let answers = match &ask {
            Ask::Record { .. } | Ask::Play { .. } | Ask::PlayClips { .. } => true,
            Ask::Stop { .. } => self.records,
            _ => false,
        };
        if answers {
            self.due.get_or_insert(now + PATIENCE);
        }
        Some(line.expect("invariant: an order is written in JSON"))
    }

    fn hear(&mut self, line: &str, _now: Duration) -> Result<Option<Line>, &'static str> {
        self.due = None;
        let told = serde_json::from_str(line).map_err(|_| "what it says is not understood")?;
        self.records &= !matches!(told, Tell::Recorded { .. } | Tell::Cancelled { .. } | Tell::Failed { .. });
        (self.tell)(Heard::Told(Box::new(told)));
        Ok(None)
    }

    fn due(&self) -> Option<Duration> {
        self.due
    }

    fn forget(&mut self) {
        (self.due, self.records) = (None, false);
    }

    fn lost(&mut self, lost: Lost) {
        let why = match lost {
            Lost::Ended(why) => why.to_owned(),
            Lost::NotStarted(why) => why,
        };
        (self.tell)(Heard::Ended(format!("{}: {why}", self.program.display())));
    }
}
