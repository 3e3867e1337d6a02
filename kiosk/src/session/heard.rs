//! 听一遍: what a page says is spoken.
//!
//! Invariants: nothing that a villager entered is spoken, and nothing while the microphone listens or is about to. What is
//! spoken ends with what it was spoken of; as long as it is heard somebody is here, and the warning before a visit ends
//! does not count as that. How loud it is comes back to the station's own volume after each visit.

mod clip;
mod script;

pub(crate) use clip::Clip;
pub(crate) use script::Phrases;
use sound_line::Language;

use super::{Action, Help, Listening, Note, Page, Paper, Question, Session, Trouble, VoiceNote};
use crate::{config::Loudness, input::Unread};

/// What is spoken aloud.
#[derive(Debug, Default)]
pub struct Aloud {
    /// How loud.
    pub loudness: Loudness,
    /// How loud the station's visits begin.
    station: Loudness,
    /// The languages that can be spoken: there is a loudspeaker, and clips.
    languages: Vec<Language>,
    speaking: Option<Speaking>,
}

/// Something that is being spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Speaking {
    /// Which.
    number: Question,
    /// Whether it is the warning before a visit ends, for which nobody asked.
    warns: bool,
}

/// What stands on the screen and is not the visit's to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Whether a landmark is being written.
    pub describing: bool,
    /// Why what is on the pad is no words.
    pub unread: Option<Unread>,
    /// The ready sentences that stand there.
    pub sentences: Vec<String>,
    /// Whether there are more of them.
    pub more_sentences: bool,
    /// Whether a scanner is there for certain.
    pub has_scanner: bool,
    /// Whether anybody is on the roster of the day.
    pub roster: bool,
    /// Who of them is in the station.
    pub here: Vec<String>,
    /// Whether the roster may have changed meanwhile.
    pub stale: bool,
}

/// What happens with what is spoken.
#[derive(Debug)]
pub enum Hearing {
    /// 听一遍, with what stands on the screen.
    Hear(Shown),
    /// 别念了.
    Hush,
    /// 大声点, or 小声点.
    Louder(bool),
    /// A part of it was heard.
    Progress,
    /// It has come to its end.
    Ended,
    /// The languages that can be spoken: there is a loudspeaker, and clips.
    Possible(Vec<Language>),
}

impl Hearing {
    /// Whether a person did it.
    pub(super) fn is_touch(&self) -> bool {
        matches!(self, Self::Hear(_) | Self::Hush | Self::Louder(_))
    }
}

/// What is spoken of: when it changes, what was said of it is over.
#[derive(PartialEq)]
pub(super) struct Scene {
    page: Page,
    english: bool,
    help: Option<Help>,
    counting_down: bool,
    writing: bool,
    listening: bool,
    playing: bool,
    slip: Slip,
    no_phone: bool,
    busy: bool,
    troubles: [Option<Trouble>; 2],
    not_written: bool,
    note: Option<VoiceNote>,
    broken: Option<Note>,
}

impl Aloud {
    fn new(station: Loudness, languages: Vec<Language>) -> Self {
        Self { loudness: station, station, languages, speaking: None }
    }

    /// As the next visit finds it.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.station, self.languages.clone())
    }
}

/// What the page says of the receipt, as far as it matters to what was already said.
#[derive(PartialEq)]
enum Slip {
    /// It comes, or came.
    Comes,
    /// It may have come.
    Unsure,
    /// It is in nobody's hand.
    Again,
    /// None comes as things are.
    Waits,
}

impl Slip {
    fn of(paper: Paper) -> Self {
        match paper {
            Paper::None | Paper::Printing | Paper::Printed | Paper::Taken => Self::Comes,
            Paper::Unsure => Self::Unsure,
            Paper::Retracted | Paper::Incomplete => Self::Again,
            Paper::Waits(_) => Self::Waits,
        }
    }
}

/// Whether the page asks whether another receipt shall be printed, or says that none will be.
pub(super) fn asks_again(paper: Paper) -> bool {
    matches!(paper, Paper::Unsure | Paper::Retracted | Paper::Incomplete)
}

impl Session {
    /// A terminal that speaks so loud, in these languages, as far as it can be known before it was tried.
    #[must_use]
    pub fn new(loudness: Loudness, languages: Vec<Language>) -> Self {
        Self { aloud: Aloud::new(loudness, languages), ..Self::default() }
    }

    fn language(&self) -> Language {
        if self.english { Language::En } else { Language::Zh }
    }

    /// Whether 听一遍 is there.
    #[must_use]
    pub fn offers_hearing(&self) -> bool {
        self.aloud.languages.contains(&self.language()) && self.speak.voice.listening == Listening::No
    }

    /// Whether the page is being spoken.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.aloud.speaking.is_some_and(|speaking| !speaking.warns)
    }

    /// Whether anything is being spoken.
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.aloud.speaking.is_some()
    }

    pub(super) fn hearing_step(&mut self, event: Hearing) -> Vec<Action> {
        match event {
            Hearing::Hear(shown) if self.offers_hearing() => return self.hear(&shown),
            Hearing::Hush => {
                let mut actions = self.be_silent();
                if self.speaks() {
                    self.hushed();
                    actions.push(Action::Hush);
                }
                return actions;
            }
            Hearing::Louder(louder) => {
                self.aloud.loudness = self.aloud.loudness.changed(louder);
                if self.is_heard() || self.speak.voice.playing {
                    return vec![Action::Loudness(self.aloud.loudness)];
                }
            }
            Hearing::Ended => self.hushed(),
            Hearing::Possible(languages) => self.aloud.languages = languages,
            Hearing::Hear(_) | Hearing::Progress => {}
        }
        Vec::new()
    }

    fn hear(&mut self, shown: &Shown) -> Vec<Action> {
        let mut actions = self.be_silent();
        actions.push(self.begin(script::of(self, shown), self.aloud.loudness, false));
        actions
    }

    /// Says once, as loud as the station has it, that the visit is about to end.
    pub(super) fn warn(&mut self) -> Option<Action> {
        let phrases = script::alone(Clip::IdleWarning);
        (self.visiting() && self.offers_hearing()).then(|| self.begin(phrases, self.aloud.station, true))
    }

    fn begin(&mut self, phrases: Phrases, loudness: Loudness, warns: bool) -> Action {
        self.aloud.speaking = Some(Speaking { number: self.questions.next(), warns });
        Action::Speak { phrases, language: self.language(), loudness }
    }

    /// Nothing is spoken any more. Where nobody is here, the next one finds the volume as the station has it.
    fn hushed(&mut self) {
        self.aloud.speaking = None;
        if !self.visiting() {
            self.aloud = self.aloud.anew();
        }
    }

    /// What is spoken of, and what is being spoken, before something happens.
    pub(super) fn spoken_of(&self) -> impl FnOnce(&mut Self) -> Option<Action> + use<> {
        let (before, speaking) = (self.scene(), self.aloud.speaking);
        move |session| {
            let goes_on = speaking.is_none() || session.aloud.speaking != speaking || session.scene() == before;
            (!goes_on).then(|| {
                session.hushed();
                Action::Hush
            })
        }
    }

    fn scene(&self) -> Scene {
        Scene {
            page: self.page,
            english: self.english,
            help: self.help_open.then_some(self.help),
            counting_down: self.idle.countdown.is_some(),
            writing: self.speak.writing,
            listening: self.speak.voice.listening != Listening::No,
            playing: self.speak.voice.playing,
            slip: self.done.as_ref().map_or(Slip::Comes, |done| Slip::of(done.paper)),
            no_phone: self.no_phone_can_come(),
            busy: self.find.busy || self.staff.busy,
            troubles: [self.find.trouble, self.staff.trouble],
            not_written: self.speak.not_written,
            note: self.speak.voice.note,
            broken: self.note(),
        }
    }
}
