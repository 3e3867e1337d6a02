//! Saying it aloud: one touch begins, another ends; holding the door works too. What was said can be heard, said anew,
//! submitted, or left for words.
//!
//! Invariant: a recording that is there is given up only by the villager, by two touches that are no double tap, or for one
//! in which something was heard; it is handed over once, from the page that shows it or with the words that it belongs to.

use std::time::Duration;

use super::{Action, Hearing, Page, Session};
use crate::ticket::Recording;

/// A finger that lies on the door for so long means to let go when it has said everything.
const HELD: Duration = Duration::from_millis(900);

/// Who taps twice means to touch once: so soon after it the page that has come up under the finger ends and drops nothing. A
/// finger that is held is never so short.
const DOUBLE_TAP: Duration = Duration::from_millis(800);

/// What is said aloud.
#[derive(Debug, Default)]
pub struct Voice {
    /// What the microphone does.
    pub listening: Listening,
    /// What was said.
    pub recording: Option<Recording>,
    /// Whether it is being played.
    pub playing: bool,
    /// What there is to say of it.
    pub note: Option<VoiceNote>,
    /// Since when a finger lies on the door.
    down: Option<Duration>,
    /// When the last touch was after which another one ends or drops what is said.
    touched: Option<Duration>,
}

impl Voice {
    fn is_double_tap(&self, now: Duration) -> bool {
        self.touched.is_some_and(|touched| now.saturating_sub(touched) < DOUBLE_TAP)
    }
}

/// What the microphone does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Listening {
    /// Nothing.
    #[default]
    No,
    /// It was asked to listen.
    Soon,
    /// It listens.
    Now {
        /// Seconds so far.
        seconds: f64,
        /// From 0, which is silence, to 1.
        level: f64,
    },
    /// It was told to stop.
    Stopped {
        /// What was said shall be submitted at once.
        submits: bool,
    },
}

/// What there is to say of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceNote {
    /// Nothing was heard.
    Silent,
    /// Nothing was heard, and what was said before it is still there.
    SilentAgain,
    /// It is as long as it may be.
    Full,
    /// The microphone went away; what was said until then is there.
    Gone,
    /// The microphone can't be used.
    NoMicrophone,
    /// What was being said is not there any more.
    Lost,
    /// Whether it shall really be dropped.
    Dropping,
    /// It can't be played; it is there all the same.
    Mute,
}

/// What happens while somebody says it aloud.
#[derive(Debug)]
pub enum Voicing {
    /// A finger lies on the door: what is said counts from here.
    Down,
    /// It left the door; inside, or it was no touch of the door.
    Up {
        /// Inside.
        inside: bool,
    },
    /// The microphone listens.
    Listens,
    /// So much is recorded.
    Level {
        /// Seconds so far.
        seconds: f64,
        /// From 0, which is silence, to 1.
        level: f64,
    },
    /// Enough.
    Stop,
    /// Enough, and it shall be submitted at once.
    StopAndSubmit,
    /// The recording.
    Recorded {
        /// As far as it came.
        recording: Recording,
        /// Nothing was heard.
        silent: bool,
        /// Why it ended, where that was not asked for.
        note: Option<VoiceNote>,
    },
    /// There is no recording.
    Failed,
    /// Plays it.
    Play,
    /// Plays it no longer.
    StopPlaying,
    /// A part of it was played.
    Progress,
    /// It was played.
    Played,
    /// It can't be played, or no further.
    NotPlayed,
    /// Once more from the beginning.
    Again,
    /// Takes it out of what is submitted.
    Discard,
}

impl Voicing {
    /// Whether a person did it.
    pub(super) fn is_touch(&self) -> bool {
        !matches!(
            self,
            Self::Listens
                | Self::Level { .. }
                | Self::Recorded { .. }
                | Self::Failed
                | Self::Progress
                | Self::Played
                | Self::NotPlayed
        )
    }
}

impl Session {
    pub(super) fn voice_step(&mut self, event: Voicing, now: Duration) -> Vec<Action> {
        let here = matches!(self.page, Page::Say | Page::Voice);
        match event {
            Voicing::Down if self.page == Page::Say && self.has_voice => {
                self.speak.voice.down = Some(now);
                // What was said before is heard or dropped first.
                return if self.speak.voice.recording.is_some() { Vec::new() } else { self.listen() };
            }
            Voicing::Up { inside } => return self.finger_left(inside, now),
            Voicing::Again if self.page == Page::Voice => {
                self.speak.voice.touched = Some(now);
                return self.listen();
            }
            Voicing::Stop | Voicing::StopAndSubmit if self.speak.voice.is_double_tap(now) => {}
            Voicing::Stop if here => return self.stop_listening(false),
            Voicing::StopAndSubmit if here => return self.stop_listening(true),
            Voicing::Play if self.speak.voice.listening == Listening::No => {
                self.drop_nothing();
                if let Some(recording) = self.speak.voice.recording.clone() {
                    self.speak.voice.playing = true;
                    return vec![Action::PlayRecording(recording)];
                }
            }
            Voicing::StopPlaying => return self.be_silent(),
            Voicing::Discard if self.page == Page::Voice => return self.discard(now),
            Voicing::Played => self.speak.voice.playing = false,
            Voicing::NotPlayed => (self.speak.voice.playing, self.speak.voice.note) = (false, Some(VoiceNote::Mute)),
            event => return self.heard(event),
        }
        Vec::new()
    }

    /// What the microphone tells.
    fn heard(&mut self, event: Voicing) -> Vec<Action> {
        let voice = &mut self.speak.voice;
        match (event, voice.listening) {
            (Voicing::Listens, Listening::Soon) => voice.listening = Listening::Now { seconds: 0.0, level: 0.0 },
            (Voicing::Level { seconds, level }, Listening::Now { .. }) => {
                voice.listening = Listening::Now { seconds, level };
            }
            (Voicing::Recorded { recording, silent, note }, listening) if listening != Listening::No => {
                voice.listening = Listening::No;
                // What seems silent may be a soft voice: who spoke can hear it.
                let keeps = !silent || (voice.recording.is_none() && recording.seconds > 1);
                voice.note = match (silent, &voice.recording) {
                    (false, _) => note,
                    (true, None) if keeps => note.or(Some(VoiceNote::Silent)),
                    (true, None) if note == Some(VoiceNote::Gone) => Some(VoiceNote::NoMicrophone),
                    (true, None) => Some(VoiceNote::Silent),
                    (true, Some(_)) => note.filter(|note| *note == VoiceNote::Gone).or(Some(VoiceNote::SilentAgain)),
                };
                if keeps {
                    voice.recording = Some(recording);
                }
                // What broke off is listened to before it goes anywhere.
                let submits = listening == Listening::Stopped { submits: true } && !silent && note.is_none();
                if submits && self.page == Page::Voice && self.speak.can_submit() {
                    return self.submit();
                }
            }
            (Voicing::Failed, listening) if listening != Listening::No => {
                let heard = listening != Listening::Soon;
                let note = if heard { VoiceNote::Lost } else { VoiceNote::NoMicrophone };
                (voice.listening, voice.note) = (Listening::No, Some(note));
                if self.speak.voice.down.take().is_some() {
                    self.go(Page::Voice);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// A finger that slides off the door at once meant something else; one that lay there has said everything.
    fn finger_left(&mut self, inside: bool, now: Duration) -> Vec<Action> {
        let Some(since) = self.speak.voice.down.take() else { return Vec::new() };
        let held = now.saturating_sub(since) >= HELD;
        if !inside && self.speak.voice.listening == Listening::No {
            return Vec::new();
        }
        if !inside && !held {
            self.speak.voice.listening = Listening::No;
            return vec![Action::CancelRecording];
        }
        self.go(Page::Voice);
        self.speak.voice.touched = Some(now);
        if held { self.stop_listening(false) } else { Vec::new() }
    }

    fn listen(&mut self) -> Vec<Action> {
        if self.speak.voice.listening != Listening::No {
            return Vec::new();
        }
        self.speak.not_written = false;
        let voice = &mut self.speak.voice;
        (voice.listening, voice.playing, voice.note) = (Listening::Soon, false, None);
        vec![Action::Record]
    }

    /// The first touch asks, the next one drops it.
    fn discard(&mut self, now: Duration) -> Vec<Action> {
        let voice = &mut self.speak.voice;
        if voice.listening != Listening::No || voice.recording.is_none() {
            return Vec::new();
        }
        if voice.note != Some(VoiceNote::Dropping) {
            (voice.note, voice.touched) = (Some(VoiceNote::Dropping), Some(now));
        } else if !voice.is_double_tap(now) {
            (voice.recording, voice.note) = (None, None);
            self.go_back(Page::Say);
        }
        self.be_silent()
    }

    /// Whoever does something else with it doesn't mean to drop it.
    pub(super) fn drop_nothing(&mut self) {
        if self.speak.voice.note == Some(VoiceNote::Dropping) {
            self.speak.voice.note = None;
        }
    }

    pub(super) fn stop_listening(&mut self, submits: bool) -> Vec<Action> {
        match std::mem::replace(&mut self.speak.voice.listening, Listening::Stopped { submits }) {
            Listening::No => {
                self.speak.voice.listening = Listening::No;
                Vec::new()
            }
            Listening::Soon | Listening::Now { .. } => vec![Action::StopRecording],
            Listening::Stopped { .. } => Vec::new(),
        }
    }

    /// As [`Self::stop_listening`]; what shall be submitted once it has stopped still is.
    pub(super) fn stop_what_listens(&mut self) -> Vec<Action> {
        match self.speak.voice.listening {
            Listening::Soon | Listening::Now { .. } => self.stop_listening(false),
            Listening::No | Listening::Stopped { .. } => Vec::new(),
        }
    }

    pub(super) fn be_silent(&mut self) -> Vec<Action> {
        if std::mem::take(&mut self.speak.voice.playing) { vec![Action::StopPlaying] } else { Vec::new() }
    }

    /// Back to the ready sentences; what was said comes along, and so does the news of what is still being recorded. What
    /// could be read here was read.
    pub(super) fn leave_voice(&mut self) -> Vec<Action> {
        self.speak.voice.note = None;
        self.go_back(Page::Say);
        let mut actions = self.be_silent();
        actions.extend(self.stop_listening(false));
        actions
    }

    /// Whether a finger lies where it has to be held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.speak.voice.down.is_some()
    }

    /// Whoever speaks or listens is here.
    pub(super) fn is_speaking(&self, event: &super::Event) -> bool {
        let voice = &self.speak.voice;
        match event {
            super::Event::Voice(Voicing::Level { .. }) => matches!(voice.listening, Listening::Now { .. }),
            super::Event::Voice(Voicing::Progress) => voice.playing,
            super::Event::Aloud(Hearing::Progress) => self.is_heard(),
            _ => false,
        }
    }
}
