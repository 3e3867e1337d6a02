//! What is under way between the terminal and the devices.
//!
//! Invariant: does no I/O. Each turn is told one end; what comes from a device that was told to stop counts no more.

use sound_line::{Ask, Language, Ogg, PlayingEnd, RecordingEnd, Tell, Turn, Volume, Why};

use crate::{device::Trouble, pcm, recording::Recording, voice::Broken};

/// One use of a device. Numbers are never used again, whatever turns the terminal chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work(u64);

/// What is to be played.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A recording.
    Ogg(Ogg),
    /// Clips.
    Clips {
        /// Their language.
        language: Language,
        /// Their names, phrase by phrase.
        phrases: Vec<Vec<String>>,
    },
}

/// What happened.
#[derive(Debug)]
pub enum Happening {
    /// The terminal asks for something.
    Asked(Ask),
    /// The terminal said something that is no question.
    Unreadable(String),
    /// What is there was looked for.
    Seen(Seen),
    /// The microphone listens.
    Listening(Work),
    /// The microphone gave samples.
    Heard(Work, Vec<i16>),
    /// The microphone could not be opened, or went away.
    Deaf(Work, Trouble),
    /// Clips are looked up; these are missing.
    LeftOut(Work, Vec<String>),
    /// So many samples of so many were heard.
    Played(Work, usize, usize),
    /// Playing came to its end.
    Silent(Work, Result<(), Trouble>),
}

/// What was seen of the devices and the clips: why each is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The microphone.
    pub microphone: Option<String>,
    /// The loudspeaker.
    pub loudspeaker: Option<String>,
    /// The clips of a language.
    pub clips: Option<String>,
    /// The languages that have clips.
    pub languages: Vec<Language>,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Tell the terminal.
    Tell(Tell),
    /// Look what is there.
    Look,
    /// Open the microphone.
    Listen(Work),
    /// Open the loudspeaker.
    Play(Work, What, Volume),
    /// Let what is under way come to its end.
    End,
    /// Make what is under way louder or softer.
    Volume(Volume),
}

/// What is under way.
pub struct Talk {
    now: Now,
    seen: Seen,
    works: u64,
}

enum Now {
    Nothing,
    Recording { turn: Turn, work: Work, recording: Recording, listening: bool },
    Playing { turn: Turn, work: Work, left_out: Vec<String> },
}

impl Talk {
    /// Begins with what is there, which is the first thing told.
    #[must_use]
    pub fn begin(seen: Seen) -> (Self, Tell) {
        let ready = seen.tell();
        (Self { now: Now::Nothing, seen, works: 0 }, ready)
    }

    /// Takes what happened and says what is to be done.
    pub fn step(&mut self, happening: Happening) -> Vec<Action> {
        match happening {
            Happening::Asked(ask) => self.asked(ask),
            Happening::Unreadable(detail) => vec![failed(None, Why::Question, detail)],
            Happening::Seen(seen) => {
                self.seen = seen;
                vec![Action::Tell(self.seen.tell())]
            }
            Happening::Listening(_) | Happening::Heard(..) | Happening::Deaf(..) => self.of_microphone(happening),
            Happening::LeftOut(..) | Happening::Played(..) | Happening::Silent(..) => self.of_loudspeaker(happening),
        }
    }

    fn asked(&mut self, ask: Ask) -> Vec<Action> {
        match ask {
            Ask::Look if matches!(self.now, Now::Nothing) => vec![Action::Look],
            Ask::Look => vec![Action::Tell(self.seen.tell())],
            Ask::Record { turn } => self.record(turn),
            Ask::Stop { turn } if self.records(turn) => self.recorded(RecordingEnd::Asked, None),
            Ask::Cancel { turn } if self.records(turn) => {
                self.now = Now::Nothing;
                vec![Action::End, Action::Tell(Tell::Cancelled { turn })]
            }
            Ask::Play { turn, ogg, volume } => self.play(turn, What::Ogg(ogg), volume),
            Ask::PlayClips { turn, language, phrases, volume } => {
                self.play(turn, What::Clips { language, phrases }, volume)
            }
            Ask::StopPlaying { turn } if matches!(self.now, Now::Playing { turn: now, .. } if now == turn) => {
                self.stop_playing()
            }
            Ask::Volume { volume } => vec![Action::Volume(volume)],
            Ask::Stop { .. } | Ask::Cancel { .. } | Ask::StopPlaying { .. } => vec![],
        }
    }

    fn records(&self, turn: Turn) -> bool {
        matches!(self.now, Now::Recording { turn: now, .. } if now == turn)
    }

    fn record(&mut self, turn: Turn) -> Vec<Action> {
        if matches!(self.now, Now::Recording { .. }) {
            return vec![failed(Some(turn), Why::Busy, "a recording is under way".into())];
        }
        let mut actions = self.stop_playing();
        match Recording::new() {
            Ok(recording) => {
                let work = self.work();
                self.now = Now::Recording { turn, work, recording, listening: false };
                actions.push(Action::Listen(work));
            }
            Err(broken) => actions.push(failed(Some(turn), Why::Broken, broken.to_string())),
        }
        actions
    }

    fn play(&mut self, turn: Turn, what: What, volume: Volume) -> Vec<Action> {
        if matches!(self.now, Now::Recording { .. }) {
            return vec![failed(Some(turn), Why::Busy, "a recording is under way".into())];
        }
        let mut actions = self.stop_playing();
        let work = self.work();
        self.now = Now::Playing { turn, work, left_out: vec![] };
        actions.push(Action::Play(work, what, volume));
        actions
    }

    fn stop_playing(&mut self) -> Vec<Action> {
        let Now::Playing { turn, left_out, .. } = &mut self.now else { return vec![] };
        let played = Tell::Played { turn: *turn, end: PlayingEnd::Stopped, left_out: std::mem::take(left_out) };
        self.now = Now::Nothing;
        vec![Action::End, Action::Tell(played)]
    }

    fn work(&mut self) -> Work {
        self.works += 1;
        Work(self.works)
    }

    fn of_microphone(&mut self, happening: Happening) -> Vec<Action> {
        let Now::Recording { turn, work: now, recording, listening } = &mut self.now else { return vec![] };
        let turn = *turn;
        match happening {
            Happening::Listening(work) if work == *now => {
                *listening = true;
                vec![Action::Tell(Tell::Recording { turn })]
            }
            Happening::Heard(work, samples) if work == *now => match recording.push(&samples) {
                Ok(levels) => {
                    let level = |level: crate::recording::Level| {
                        Action::Tell(Tell::Level { turn, seconds: level.seconds, level: level.level })
                    };
                    let mut actions: Vec<Action> = levels.into_iter().map(level).collect();
                    if recording.full() {
                        actions.extend(self.recorded(RecordingEnd::Full, None));
                    }
                    actions
                }
                Err(broken) => self.broken(turn, broken),
            },
            Happening::Deaf(work, trouble) if work == *now => {
                if *listening {
                    return self.recorded(RecordingEnd::Gone, Some(trouble.detail));
                }
                self.now = Now::Nothing;
                vec![failed(Some(turn), trouble.why, trouble.detail)]
            }
            _ => vec![],
        }
    }

    fn recorded(&mut self, end: RecordingEnd, detail: Option<String>) -> Vec<Action> {
        let Now::Recording { turn, recording, .. } = std::mem::replace(&mut self.now, Now::Nothing) else {
            return vec![];
        };
        let told = match recording.finish() {
            Ok(finished) => Action::Tell(Tell::Recorded {
                turn,
                seconds: finished.seconds,
                ogg: finished.ogg.into(),
                silent: finished.silent,
                end,
                detail,
            }),
            Err(broken) => failed(Some(turn), Why::Broken, broken.to_string()),
        };
        vec![Action::End, told]
    }

    fn broken(&mut self, turn: Turn, broken: Broken) -> Vec<Action> {
        self.now = Now::Nothing;
        vec![Action::End, failed(Some(turn), Why::Broken, broken.to_string())]
    }

    fn of_loudspeaker(&mut self, happening: Happening) -> Vec<Action> {
        let Now::Playing { turn, work: now, left_out } = &mut self.now else { return vec![] };
        let turn = *turn;
        match happening {
            Happening::LeftOut(work, names) if work == *now => {
                *left_out = names;
                vec![]
            }
            Happening::Played(work, heard, of) if work == *now => {
                vec![Action::Tell(Tell::Progress { turn, seconds: pcm::seconds(heard), of: pcm::seconds(of) })]
            }
            Happening::Silent(work, end) if work == *now => {
                let left_out = std::mem::take(left_out);
                self.now = Now::Nothing;
                vec![match end {
                    Ok(()) => Action::Tell(Tell::Played { turn, end: PlayingEnd::Whole, left_out }),
                    Err(trouble) => failed(Some(turn), trouble.why, trouble.detail),
                }]
            }
            _ => vec![],
        }
    }
}

impl Seen {
    fn tell(&self) -> Tell {
        let Self { microphone, loudspeaker, clips, languages } = self.clone();
        Tell::Ready { microphone, loudspeaker, clips, languages }
    }
}

fn failed(turn: Option<Turn>, why: Why, detail: String) -> Action {
    Action::Tell(Tell::Failed { turn, why, detail })
}

#[cfg(test)]
mod tests;
