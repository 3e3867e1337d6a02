//! The villager: looks at the screen as a screen reader would speak it, and touches what is there.
//!
//! Invariant: nothing is known but what the screen says. A program that was killed shows nothing.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;
use wire::ticket::TicketNumber;

use crate::wait::until;

/// Longer than any pause of the terminal's own (a full disk is looked at again after a minute), on a slow machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// What the screen says of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfPaper {
    /// It came out.
    Printed,
    /// It may have.
    Unsure,
    /// None will come as things are.
    None,
    /// It is not in anybody's hand: another one is offered.
    Again,
    /// Nothing yet.
    Open,
}

/// What stands on the screen.
#[derive(Debug, Default, Deserialize)]
pub struct Seen {
    words: Vec<String>,
    targets: Vec<(String, [f32; 2])>,
}

impl Seen {
    /// A ticket's number, with its check digits right.
    pub fn number(&self) -> Option<String> {
        self.words.iter().find_map(|words| words.parse::<TicketNumber>().ok()).map(|ticket| ticket.to_string())
    }

    /// Whether these are the words of a line.
    pub fn says(&self, words: &str) -> bool {
        self.words.iter().any(|line| line == words)
    }

    /// Whether these words stand somewhere in a line.
    pub fn mentions(&self, words: &str) -> bool {
        self.words.iter().any(|line| line.contains(words))
    }

    /// What is said of the paper.
    pub fn of_paper(&self) -> OfPaper {
        let says = |words: &str| self.says(words);
        if says("收好了，请取小票") {
            OfPaper::Printed
        } else if says("收好了，小票出来了吗？") {
            OfPaper::Unsure
        } else if says("收好了，小票没打完") || says("收好了，小票收回去了") {
            OfPaper::Again
        } else if says("收好了，请记下编号") {
            OfPaper::None
        } else {
            OfPaper::Open
        }
    }

    /// All words, for who has to be told what was there instead.
    pub fn read_out(&self) -> String {
        self.words.join(" / ")
    }

    /// Where a target is.
    pub fn target(&self, label: &str) -> Option<[f32; 2]> {
        self.targets.iter().find(|(known, _)| known == label).map(|(_, at)| *at)
    }

    /// The labels of all targets, in the order of the page.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|(label, _)| label.as_str())
    }
}

/// Eyes and a finger.
pub struct Villager {
    /// The socket of the feature `drive`.
    pub socket: PathBuf,
}

impl Villager {
    /// Looks.
    ///
    /// # Errors
    ///
    /// Nothing is on the screen.
    pub fn look(&self) -> Result<Seen> {
        serde_json::from_str(&self.ask(&json!("see").to_string())?).context("what the screen says")
    }

    /// Looks until `wanted` finds something; the programs may be starting.
    ///
    /// # Errors
    ///
    /// It never does.
    pub fn see<T>(&self, what: &str, wanted: impl Fn(&Seen) -> Option<T>) -> Result<T> {
        until(what, PATIENCE, || Ok(self.look().ok().as_ref().and_then(&wanted)))
    }

    /// Touches a target once it is there.
    ///
    /// # Errors
    ///
    /// It never is, or the program is gone.
    pub fn tap(&self, label: &str) -> Result<()> {
        let at = self.see(&format!("“{label}” on the screen"), |seen| seen.target(label))?;
        self.touch(at)
    }

    /// Touches a place.
    ///
    /// # Errors
    ///
    /// The program is gone.
    pub fn touch(&self, at: [f32; 2]) -> Result<()> {
        until("the terminal to take a touch", PATIENCE, || {
            match self.ask(&json!({ "touch": at }).to_string())?.trim() {
                "ok" => Ok(Some(())),
                "soon" => Ok(None),
                other => bail!("the touch was not taken: {other}"),
            }
        })
    }

    fn ask(&self, line: &str) -> Result<String> {
        let mut stream = UnixStream::connect(&self.socket).context("the terminal's screen")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{line}\n").as_bytes()).context("the terminal's screen")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).context("the terminal's screen")?;
        Ok(answer)
    }
}
