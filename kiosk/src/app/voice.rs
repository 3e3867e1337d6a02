//! The microphone and the loudspeaker: what the visit wants of them, and what they tell.
//!
//! Invariant: what is told of a recording or a playing that is not the last one wanted is nobody's.

use slint::ComponentHandle as _;
use sound_line::{Ask, Ogg, RecordingEnd, Tell, Turn, Volume};

use super::{App, dispatch, with};
use crate::{
    input::sound::Heard,
    pages::{self, Phrases, Speak},
    session::{Event, Listening, VoiceNote, Voicing},
    ticket::Recording,
};

/// What is under way, and what a technician is told.
#[derive(Default)]
pub(super) struct Turns {
    last: u64,
    recording: Option<Turn>,
    playing: Option<Turn>,
    /// Why there is no microphone and no loudspeaker; none, nobody knows yet.
    pub(super) missing: Option<(Option<String>, Option<String>)>,
}

impl Turns {
    fn next(&mut self) -> Turn {
        self.last += 1;
        Turn(self.last)
    }
}

impl App {
    pub(super) fn record(&mut self) {
        let turn = self.turns.next();
        (self.turns.recording, self.turns.playing) = (Some(turn), None);
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
        self.turns.playing = Some(turn);
        let ogg = Ogg::from(recording.ogg.clone());
        self.parts.sound.ask(Ask::Play { turn, ogg, volume: Volume::FULL });
    }

    pub(super) fn stop_playing(&mut self) {
        if let Some(turn) = self.turns.playing.take() {
            self.parts.sound.ask(Ask::StopPlaying { turn });
        }
    }

    /// The program that heard and spoke is ended.
    pub(super) fn forget_sound(&mut self) {
        self.parts.sound.close();
        (self.turns.recording, self.turns.playing) = (None, None);
    }

    /// What it comes to for the visit.
    fn events_of(&mut self, heard: Heard) -> Vec<Event> {
        let turns = &mut self.turns;
        let told = match heard {
            Heard::Told(told) => *told,
            Heard::Ended(why) => {
                turns.missing = Some((Some(why.clone()), Some(why)));
                let mut events = vec![Event::HasVoice(false)];
                events.extend(turns.recording.take().map(|_| Event::Voice(Voicing::Failed)));
                events.extend(turns.playing.take().map(|_| Event::Voice(Voicing::Played)));
                return events;
            }
        };
        let event = match told {
            Tell::Ready { microphone, loudspeaker, .. } => {
                let has_voice = microphone.is_none();
                turns.missing = Some((microphone, loudspeaker));
                return vec![Event::HasVoice(has_voice)];
            }
            Tell::Recording { turn } if turns.recording == Some(turn) => Voicing::Listens,
            Tell::Level { turn, seconds, level } if turns.recording == Some(turn) => Voicing::Level { seconds, level },
            Tell::Recorded { turn, seconds, ogg, silent, end, .. } if turns.recording == Some(turn) => {
                turns.recording = None;
                let note = match end {
                    RecordingEnd::Asked => None,
                    RecordingEnd::Full => Some(VoiceNote::Full),
                    RecordingEnd::Gone => Some(VoiceNote::Gone),
                };
                let recording = Recording { seconds: whole(seconds), ogg: ogg.bytes().to_vec() };
                Voicing::Recorded { recording, silent, note }
            }
            Tell::Failed { turn: Some(turn), .. } if turns.recording == Some(turn) => {
                turns.recording = None;
                Voicing::Failed
            }
            Tell::Progress { turn, .. } if turns.playing == Some(turn) => Voicing::Progress,
            Tell::Failed { turn: Some(turn), .. } | Tell::Played { turn, .. } if turns.playing == Some(turn) => {
                turns.playing = None;
                Voicing::Played
            }
            _ => return Vec::new(),
        };
        vec![Event::Voice(event)]
    }

    /// Brings the page up to what is being said.
    pub(super) fn voice(&self) {
        let (said, ui) = (&self.session.speak, &self.parts.ui);
        let (page, voice) = (ui.global::<Speak>(), &said.voice);
        page.set_has_voice(self.session.has_voice);
        page.set_has_loudspeaker(self.turns.missing.as_ref().is_some_and(|(_, loudspeaker)| loudspeaker.is_none()));
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
        let note = match voice.note {
            None => pages::VoiceNote::None,
            Some(VoiceNote::Silent) => pages::VoiceNote::Silent,
            Some(VoiceNote::Full) => pages::VoiceNote::Full,
            Some(VoiceNote::Gone) => pages::VoiceNote::Gone,
            Some(VoiceNote::NoMicrophone) => pages::VoiceNote::NoMicrophone,
            Some(VoiceNote::Lost) => pages::VoiceNote::Lost,
        };
        page.set_voice_note(ui.global::<Phrases>().invoke_voice_note(note));
    }
}

/// Takes what is told of sound, from any thread.
pub fn heard(heard: Heard) {
    slint::invoke_from_event_loop(move || {
        for event in with(|app| app.events_of(heard)).unwrap_or_default() {
            dispatch(event);
        }
    })
    .ok();
}

/// Seconds, begun ones too: a recording is never said to be shorter than it is.
fn whole(seconds: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 120")]
    let whole = seconds.ceil().clamp(1.0, f64::from(wire::event::VOICE_SECONDS_MAX)) as u32;
    whole
}

fn shown(seconds: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 120")]
    let shown = seconds.floor().clamp(0.0, f64::from(wire::event::VOICE_SECONDS_MAX)) as i32;
    shown
}
