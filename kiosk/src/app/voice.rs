//! What is said aloud: what the visit wants of the microphone, and how the page shows it. Nothing is decided here.

use slint::{ComponentHandle as _, SharedString};
use sound_line::{Ask, Ogg};

use super::{App, dispatch, with};
use crate::{
    input::sound::Heard,
    pages::{self, Phrases, Speak},
    session::{Listening, Page, VoiceNote},
    ticket::Recording,
};

impl App {
    pub(super) fn record(&mut self) {
        let turn = self.turns.next();
        (self.turns.recording, self.turns.playing, self.turns.speaking) = (Some(turn), None, None);
        self.parts.sound.ask(Ask::Record { turn });
    }

    pub(super) fn stop_recording(&self) {
        if let Some(turn) = self.turns.recording {
            self.parts.sound.ask(Ask::Stop { turn });
        }
    }

    pub(super) fn cancel_recording(&mut self) {
        if let Some(turn) = self.turns.recording.take() {
            self.parts.sound.ask(Ask::Cancel { turn });
        }
    }

    pub(super) fn play_recording(&mut self, recording: &Recording) {
        let turn = self.turns.next();
        (self.turns.playing, self.turns.speaking) = (Some(turn), None);
        let ogg = Ogg::from(recording.ogg.clone());
        let volume = self.session.aloud.loudness.percent().into();
        self.parts.sound.ask(Ask::Play { turn, ogg, volume });
    }

    pub(super) fn stop_playing(&mut self) {
        if let Some(turn) = self.turns.playing.take() {
            self.parts.sound.ask(Ask::StopPlaying { turn });
        }
    }

    /// The program that heard and spoke is ended.
    pub(super) fn forget_sound(&mut self) {
        self.parts.sound.close();
        self.turns.forget();
        self.has_sound = false;
    }

    /// Brings the page up to what is being said.
    pub(super) fn voice(&self) {
        let (said, ui) = (&self.session.speak, &self.parts.ui);
        let (page, voice) = (ui.global::<Speak>(), &said.voice);
        page.set_has_voice(self.session.has_voice);
        page.set_has_loudspeaker(self.turns.missing.as_ref().is_some_and(|missing| missing.loudspeaker.is_none()));
        page.set_listening(match voice.listening {
            Listening::No => pages::Listening::No,
            Listening::Soon => pages::Listening::Soon,
            Listening::Now { .. } => pages::Listening::Now,
            Listening::Stopped { .. } => pages::Listening::Stopped,
        });
        if let Listening::Now { seconds, level } = voice.listening {
            page.set_seconds(shown(seconds));
            #[expect(clippy::cast_possible_truncation, reason = "a bar of a few hundred pixels")]
            page.set_loudness(level as f32);
        } else {
            page.set_loudness(0.0);
        }
        page.set_recorded(
            voice.recording.as_ref().map_or(0, |recording| i32::try_from(recording.seconds).unwrap_or(0)),
        );
        page.set_playing(voice.playing);
        // That nothing could be kept comes before anything else.
        let note = voice.note.filter(|_| !said.not_written);
        let phrases = ui.global::<Phrases>();
        page.set_voice_note(note.map(|note| phrases.invoke_voice_note(shown_note(note))).unwrap_or_default());
    }

    /// What became of a recording that was left under way.
    pub(super) fn voice_news(&self) -> Option<SharedString> {
        let note = self.session.speak.voice.note.filter(|_| self.session.page == Page::Say)?;
        Some(self.parts.ui.global::<Phrases>().invoke_voice_news(shown_note(note)))
    }
}

fn shown_note(note: VoiceNote) -> pages::VoiceNote {
    match note {
        VoiceNote::Silent => pages::VoiceNote::Silent,
        VoiceNote::SilentAgain => pages::VoiceNote::SilentAgain,
        VoiceNote::Full => pages::VoiceNote::Full,
        VoiceNote::Gone => pages::VoiceNote::Gone,
        VoiceNote::NoMicrophone => pages::VoiceNote::NoMicrophone,
        VoiceNote::Lost => pages::VoiceNote::Lost,
        VoiceNote::Dropping => pages::VoiceNote::Dropping,
        VoiceNote::Mute => pages::VoiceNote::Mute,
    }
}

/// Takes what is told of sound, from any thread.
pub fn heard(heard: Heard) {
    slint::invoke_from_event_loop(move || {
        for event in with(|app| app.turns.events_of(heard)).unwrap_or_default() {
            dispatch(event);
        }
    })
    .ok();
}

fn shown(seconds: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 120")]
    let shown = seconds.floor().clamp(0.0, f64::from(wire::event::VOICE_SECONDS_MAX)) as i32;
    shown
}
