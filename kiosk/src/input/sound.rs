//! The program that hears and speaks.
//!
//! Invariant: one that is silent where it must answer is ended, and so is what it was recording. Each answer is waited for by
//! itself: what it says of one thing is no answer to another.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use sound_line::{Ask, LONGEST_S, Tell, Turn};
use zeroize::{Zeroize as _, Zeroizing};

use super::keeper::{self, Line, Lost, Program, Talk};
use crate::clock::Clock;

/// Opening a device takes a second at the most, giving two minutes of speech out less.
const PATIENCE: Duration = Duration::from_secs(10);

/// No recording takes longer; one that seems to has a program that hangs.
const LONGEST: Duration = Duration::from_secs(LONGEST_S as u64);

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
    keeper::start("sound", clock, Orders { program, clips, tell, ready_due: None, turns: Vec::new() })
}

struct Orders<T> {
    program: PathBuf,
    clips: Vec<PathBuf>,
    tell: T,
    ready_due: Option<Duration>,
    turns: Vec<UnderWay>,
}

/// What was asked for and is not over.
struct UnderWay {
    turn: Turn,
    records: bool,
    stage: Stage,
    /// When the word that must come next is late.
    due: Option<Duration>,
}

#[derive(PartialEq)]
enum Stage {
    /// Its first word is awaited.
    Asked,
    /// Its end comes by itself: that of a recording in known time, that of a clip when it has been played.
    Begun,
    /// Nothing but its end is awaited.
    Stopped,
}

impl<T> Orders<T> {
    fn begin(&mut self, turn: Turn, records: bool, now: Duration) {
        self.turns.push(UnderWay { turn, records, stage: Stage::Asked, due: Some(now + PATIENCE) });
    }

    /// What is over is not answered, and not waited for.
    fn stop(&mut self, turn: Turn, now: Duration) {
        if let Some(under_way) = self.under_way(turn).filter(|under_way| under_way.stage != Stage::Stopped) {
            (under_way.stage, under_way.due) = (Stage::Stopped, Some(now + PATIENCE));
        }
    }

    fn heard_of(&mut self, turn: Turn, now: Duration) {
        if let Some(under_way) = self.under_way(turn).filter(|under_way| under_way.stage == Stage::Asked) {
            under_way.stage = Stage::Begun;
            under_way.due = under_way.records.then_some(now + LONGEST + PATIENCE);
        }
    }

    fn over(&mut self, turn: Turn) {
        self.turns.retain(|under_way| under_way.turn != turn);
    }

    fn under_way(&mut self, turn: Turn) -> Option<&mut UnderWay> {
        self.turns.iter_mut().find(|under_way| under_way.turn == turn)
    }
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
        self.ready_due = Some(now + PATIENCE);
    }

    fn ask(&mut self, mut ask: Ask, now: Duration) -> Option<Line> {
        let line = serde_json::to_string(&ask).map(Zeroizing::new);
        match &mut ask {
            Ask::Look => self.ready_due = Some(now + PATIENCE),
            Ask::Record { turn } => self.begin(*turn, true, now),
            Ask::Play { turn, .. } => self.begin(*turn, false, now),
            Ask::PlayClips { turn, phrases, .. } => {
                // The digits of a query code, for one.
                phrases.iter_mut().flatten().for_each(|clip| clip.zeroize());
                self.begin(*turn, false, now);
            }
            Ask::Stop { turn } | Ask::Cancel { turn } | Ask::StopPlaying { turn } => self.stop(*turn, now),
            Ask::Volume { .. } => {}
        }
        Some(line.expect("invariant: an order is written in JSON"))
    }

    fn hear(&mut self, line: &str, now: Duration) -> Result<Option<Line>, &'static str> {
        let told = serde_json::from_str(line).map_err(|_| "what it says is not understood")?;
        match &told {
            Tell::Ready { .. } => self.ready_due = None,
            Tell::Recording { turn } | Tell::Level { turn, .. } | Tell::Progress { turn, .. } => {
                self.heard_of(*turn, now);
            }
            Tell::Recorded { turn, .. }
            | Tell::Cancelled { turn }
            | Tell::Played { turn, .. }
            | Tell::Failed { turn: Some(turn), .. } => self.over(*turn),
            Tell::Failed { turn: None, .. } => {}
        }
        (self.tell)(Heard::Told(Box::new(told)));
        Ok(None)
    }

    fn due(&self) -> Option<Duration> {
        self.turns.iter().filter_map(|under_way| under_way.due).chain(self.ready_due).min()
    }

    fn forget(&mut self) {
        self.ready_due = None;
        self.turns.clear();
    }

    fn lost(&mut self, lost: Lost) {
        let why = match lost {
            Lost::Ended(why) => why.to_owned(),
            Lost::NotStarted(why) => why,
        };
        (self.tell)(Heard::Ended(format!("{}: {why}", self.program.display())));
    }
}
