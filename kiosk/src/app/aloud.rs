//! 听一遍: what the visit has spoken, and how the pages show it.
//!
//! Invariant: where nobody is here the program that speaks runs only as long as it is heard.

use slint::{ComponentHandle as _, Model as _};
use sound_line::{Ask, Language};

use super::{App, keyboard, people};
use crate::{
    config::Loudness,
    pages::{Entry, Hear, Speak},
    session::Shown,
};

impl App {
    /// What stands on the screen and is not the visit's to know.
    pub(super) fn shown(&self) -> Shown {
        let now = self.now();
        let rows = self.session.bulletin.as_ref().map(|b| people::today(b, now.as_ref())).unwrap_or_default();
        let ui = &self.parts.ui;
        let (speak, count) = (ui.global::<Speak>(), |number: i32| usize::try_from(number).unwrap_or_default());
        let (all, at_once) = (speak.get_sentences(), count(speak.get_sentences_rows()));
        let skipped = count(speak.get_sentences_page()) * at_once;
        Shown {
            describing: ui.global::<Entry>().get_describing(),
            unread: keyboard::unread(),
            sentences: all.iter().skip(skipped).take(at_once).map(|sentence| sentence.id.into()).collect(),
            more_sentences: all.row_count() > at_once,
            has_scanner: self.parts.has_scanner,
            roster: !rows.is_empty(),
            here: rows.iter().filter(|(_, present)| *present).map(|(duty, _)| duty.name.clone()).collect(),
            stale: people::stale(self.session.fetched, now.as_ref()).is_some(),
        }
    }

    pub(super) fn speak_clips(&mut self, phrases: Vec<Vec<String>>, language: Language, loudness: Loudness) {
        let turn = self.turns.next();
        (self.turns.speaking, self.turns.playing) = (Some(turn), None);
        self.has_sound = true;
        self.parts.sound.ask(Ask::PlayClips { turn, language, phrases, volume: loudness.percent().into() });
    }

    pub(super) fn hush(&mut self) {
        if let Some(turn) = self.turns.speaking.take() {
            self.parts.sound.ask(Ask::StopPlaying { turn });
        }
    }

    pub(super) fn loudness(&self, loudness: Loudness) {
        self.parts.sound.ask(Ask::Volume { volume: loudness.percent().into() });
    }

    /// Starts the program that hears and speaks where somebody is, and ends it where nobody is and it has spoken.
    pub(super) fn have_sound(&mut self) {
        let needed = self.session.page != self.session.resting_page() || self.session.speaks();
        if needed && !self.has_sound {
            self.parts.sound.open();
            self.has_sound = true;
        } else if !needed && !self.session.visiting() && self.has_sound {
            self.forget_sound();
        }
    }

    /// Brings the foot of the pages up to what is being spoken.
    pub(super) fn aloud(&self) {
        let hear = self.parts.ui.global::<Hear>();
        hear.set_offered(self.session.offers_hearing());
        hear.set_speaking(self.session.is_heard() || self.session.speak.voice.playing);
        hear.set_volume(self.session.aloud.loudness.level().into());
    }
}
