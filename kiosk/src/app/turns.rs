//! What the program of sound has under way, and what it comes to for the visit.
//!
//! Invariant: what is told of a recording or a playing that is not the last one wanted is nobody's.

use sound_line::{Language, RecordingEnd, Tell, Turn, Why, spoken};
use tracing::warn;

use crate::{
    input::sound::Heard,
    session::{Event, Hearing, VoiceNote, Voicing},
    ticket::Recording,
};

/// What is under way, and what a technician is told.
#[derive(Default)]
pub(super) struct Turns {
    last: u64,
    pub(super) recording: Option<Turn>,
    pub(super) playing: Option<Turn>,
    pub(super) speaking: Option<Turn>,
    /// What is missing; none, nobody knows yet.
    pub(super) missing: Option<Missing>,
}

/// Why something is missing; none, it is there.
#[derive(Default)]
pub(super) struct Missing {
    pub(super) microphone: Option<String>,
    pub(super) loudspeaker: Option<String>,
    pub(super) clips: Option<String>,
    /// The languages that have clips.
    pub(super) languages: Vec<Language>,
}

impl Missing {
    /// The languages that can be spoken.
    fn spoken(&self) -> Vec<Language> {
        if self.loudspeaker.is_none() { self.languages.clone() } else { Vec::new() }
    }
}

impl Turns {
    pub(super) fn next(&mut self) -> Turn {
        self.last += 1;
        Turn(self.last)
    }

    /// Nothing is under way any more.
    pub(super) fn forget(&mut self) {
        (self.recording, self.playing, self.speaking) = (None, None, None);
    }

    /// What it comes to for the visit.
    pub(super) fn events_of(&mut self, heard: Heard) -> Vec<Event> {
        match heard {
            Heard::Ended(why) => self.ended(why),
            Heard::Told(told) => match *told {
                Tell::Ready { microphone, loudspeaker, clips, languages } => {
                    let missing = self.missing.insert(Missing { microphone, loudspeaker, clips, languages });
                    let (has_voice, spoken) = (missing.microphone.is_none(), missing.spoken());
                    vec![Event::HasVoice(has_voice), Event::Aloud(Hearing::Possible(spoken))]
                }
                told if turn_of(&told).is_some_and(|turn| self.speaking == Some(turn)) => self.spoken(told),
                told => self.voiced(told).map(Event::Voice).into_iter().collect(),
            },
        }
    }

    fn ended(&mut self, why: String) -> Vec<Event> {
        let why = || Some(why.clone());
        let none = Missing { microphone: why(), loudspeaker: why(), clips: why(), languages: Vec::new() };
        self.missing = Some(none);
        let mut events = vec![Event::HasVoice(false), Event::Aloud(Hearing::Possible(Vec::new()))];
        events.extend(self.recording.take().map(|_| Event::Voice(Voicing::Failed)));
        events.extend(self.playing.take().map(|_| Event::Voice(Voicing::NotPlayed)));
        events.extend(self.speaking.take().map(|_| Event::Aloud(Hearing::Ended)));
        events
    }

    /// What is told of clips. What could not be spoken is not offered again before somebody looked anew.
    fn spoken(&mut self, told: Tell) -> Vec<Event> {
        match told {
            Tell::Progress { .. } => vec![Event::Aloud(Hearing::Progress)],
            Tell::Played { left_out, .. } => {
                self.speaking = None;
                // Those of names are left out wherever nobody has recorded them; digits are those of a number or a code.
                let is_told = |clip: &&String| !clip.starts_with(spoken::NAMES) && !clip.starts_with("digit-");
                let missing: Vec<_> = left_out.iter().filter(is_told).collect();
                if !missing.is_empty() {
                    warn!(?missing, "clips are missing");
                }
                vec![Event::Aloud(Hearing::Ended)]
            }
            Tell::Failed { why, detail, .. } => {
                self.speaking = None;
                warn!(detail, "clips could not be spoken");
                let missing = self.missing.get_or_insert_default();
                let what = if why == Why::Rubbish { &mut missing.clips } else { &mut missing.loudspeaker };
                *what = Some(detail);
                vec![Event::Aloud(Hearing::Possible(Vec::new())), Event::Aloud(Hearing::Ended)]
            }
            _ => Vec::new(),
        }
    }

    fn voiced(&mut self, told: Tell) -> Option<Voicing> {
        Some(match told {
            Tell::Recording { turn } if self.recording == Some(turn) => Voicing::Listens,
            Tell::Level { turn, seconds, level } if self.recording == Some(turn) => Voicing::Level { seconds, level },
            Tell::Recorded { turn, seconds, ogg, silent, end, .. } if self.recording == Some(turn) => {
                self.recording = None;
                let note = match end {
                    RecordingEnd::Asked => None,
                    RecordingEnd::Full => Some(VoiceNote::Full),
                    RecordingEnd::Gone => Some(VoiceNote::Gone),
                };
                let recording = Recording { seconds: whole(seconds), ogg: ogg.bytes().to_vec() };
                Voicing::Recorded { recording, silent, note }
            }
            Tell::Failed { turn: Some(turn), .. } if self.recording == Some(turn) => {
                self.recording = None;
                Voicing::Failed
            }
            Tell::Progress { turn, .. } if self.playing == Some(turn) => Voicing::Progress,
            Tell::Failed { turn: Some(turn), why, detail } if self.playing == Some(turn) => {
                self.playing = None;
                warn!(detail, "a recording could not be played");
                if why != Why::Rubbish {
                    self.missing.get_or_insert_default().loudspeaker = Some(detail);
                }
                Voicing::NotPlayed
            }
            Tell::Played { turn, .. } if self.playing == Some(turn) => {
                self.playing = None;
                Voicing::Played
            }
            _ => return None,
        })
    }
}

/// The playing that something is told of.
fn turn_of(told: &Tell) -> Option<Turn> {
    match told {
        Tell::Progress { turn, .. } | Tell::Played { turn, .. } => Some(*turn),
        Tell::Failed { turn, .. } => *turn,
        _ => None,
    }
}

/// Seconds, begun ones too: a recording is never said to be shorter than it is.
fn whole(seconds: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 120")]
    let whole = seconds.ceil().clamp(1.0, f64::from(wire::event::VOICE_SECONDS_MAX)) as u32;
    whole
}

#[cfg(test)]
mod tests {
    use sound_line::{Ogg, PlayingEnd};

    use super::*;

    fn told(tell: Tell) -> Heard {
        Heard::Told(Box::new(tell))
    }

    /// What the events are, in short.
    fn short(events: &[Event]) -> String {
        let words = events.iter().map(|event| match event {
            Event::HasVoice(there) => format!("voice {there}"),
            Event::Aloud(Hearing::Possible(languages)) => format!("aloud {languages:?}"),
            Event::Aloud(Hearing::Progress) => "heard on".into(),
            Event::Aloud(Hearing::Ended) => "heard".into(),
            Event::Voice(Voicing::Listens) => "listens".into(),
            Event::Voice(Voicing::Level { .. }) => "level".into(),
            Event::Voice(Voicing::Recorded { recording, silent, note }) => {
                format!("recorded {} {silent} {note:?}", recording.seconds)
            }
            Event::Voice(Voicing::Failed) => "failed".into(),
            Event::Voice(Voicing::Progress) => "played on".into(),
            Event::Voice(Voicing::Played) => "played".into(),
            Event::Voice(Voicing::NotPlayed) => "not played".into(),
            other => format!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn recorded(turn: Turn, seconds: f64, end: RecordingEnd) -> Heard {
        let ogg = Ogg::from(b"words".to_vec());
        told(Tell::Recorded { turn, seconds, ogg, silent: false, end, detail: None })
    }

    fn played(turn: Turn) -> Heard {
        told(Tell::Played { turn, end: PlayingEnd::Whole, left_out: vec![] })
    }

    fn failed(turn: Turn) -> Heard {
        told(Tell::Failed { turn: Some(turn), why: Why::Gone, detail: "unplugged".into() })
    }

    fn ready(microphone: bool, loudspeaker: bool, languages: &[Language]) -> Heard {
        let why = |there: bool| (!there).then(|| "not there".to_owned());
        let (microphone, loudspeaker) = (why(microphone), why(loudspeaker));
        told(Tell::Ready { microphone, loudspeaker, clips: why(languages.len() == 2), languages: languages.to_vec() })
    }

    #[test]
    fn what_is_there_is_what_the_visit_may_use() {
        for (heard, events) in [
            (ready(true, true, &Language::ALL), "voice true, aloud [Zh, En]"),
            (ready(true, false, &Language::ALL), "voice true, aloud []"),
            (ready(false, true, &[]), "voice false, aloud []"),
            (ready(false, true, &[Language::Zh]), "voice false, aloud [Zh]"),
        ] {
            assert_eq!(short(&Turns::default().events_of(heard)), events);
        }
    }

    #[test]
    fn what_is_told_of_a_turn_that_is_over_is_nobodys() {
        let mut turns = Turns::default();
        let former = turns.next();
        turns.recording = Some(turns.next());
        turns.playing = Some(turns.next());
        turns.speaking = Some(turns.next());
        for heard in [
            told(Tell::Recording { turn: former }),
            told(Tell::Level { turn: former, seconds: 1.0, level: 0.5 }),
            told(Tell::Progress { turn: former, seconds: 1.0, of: 2.0 }),
            recorded(former, 3.0, RecordingEnd::Asked),
            played(former),
            failed(former),
            told(Tell::Failed { turn: None, why: Why::Question, detail: "not JSON".into() }),
        ] {
            assert_eq!(short(&turns.events_of(heard)), "");
        }
        assert!(turns.recording.is_some() && turns.playing.is_some() && turns.speaking.is_some());
    }

    #[test]
    fn a_recording_is_told_once_with_why_it_ended_and_never_shorter_than_it_is() {
        for (end, seconds, events) in [
            (RecordingEnd::Asked, 3.2, "recorded 4 false None"),
            (RecordingEnd::Full, 120.0, "recorded 120 false Some(Full)"),
            (RecordingEnd::Gone, 0.0, "recorded 1 false Some(Gone)"),
        ] {
            let mut turns = Turns::default();
            let turn = turns.next();
            turns.recording = Some(turn);
            assert_eq!(short(&turns.events_of(told(Tell::Recording { turn }))), "listens");
            assert_eq!(short(&turns.events_of(told(Tell::Level { turn, seconds: 0.1, level: 0.0 }))), "level");
            assert_eq!(short(&turns.events_of(recorded(turn, seconds, end))), events);
            assert_eq!(short(&turns.events_of(recorded(turn, seconds, end))), "");
        }
    }

    #[test]
    fn a_recording_that_is_played_and_clips_that_are_spoken_are_kept_apart() {
        let mut turns = Turns::default();
        let (playing, speaking) = (turns.next(), turns.next());
        (turns.playing, turns.speaking) = (Some(playing), Some(speaking));
        let on = |turn| told(Tell::Progress { turn, seconds: 0.1, of: 2.0 });
        assert_eq!(short(&turns.events_of(on(playing))), "played on");
        assert_eq!(short(&turns.events_of(on(speaking))), "heard on");
        assert_eq!(short(&turns.events_of(played(speaking))), "heard");
        assert_eq!(short(&turns.events_of(played(playing))), "played");
        assert!(turns.playing.is_none() && turns.speaking.is_none());
    }

    #[test]
    fn a_loudspeaker_that_goes_away_while_it_speaks_is_not_offered_again_and_told_to_the_technician() {
        let mut turns = Turns::default();
        turns.events_of(ready(true, true, &Language::ALL));
        let turn = turns.next();
        turns.speaking = Some(turn);
        assert_eq!(short(&turns.events_of(failed(turn))), "aloud [], heard");
        let missing = turns.missing.as_ref().unwrap();
        assert_eq!((missing.loudspeaker.as_deref(), missing.microphone.as_deref()), (Some("unplugged"), None));
        let seen = short(&turns.events_of(ready(true, true, &Language::ALL)));
        assert_eq!(seen, "voice true, aloud [Zh, En]", "the next look");
    }

    #[test]
    fn a_recording_that_can_not_be_played_is_told_to_the_visit_and_the_technician() {
        for (why, loudspeaker) in [(Why::Missing, Some("unplugged")), (Why::Rubbish, None)] {
            let mut turns = Turns::default();
            turns.events_of(ready(true, true, &Language::ALL));
            let turn = turns.next();
            turns.playing = Some(turn);
            let heard = told(Tell::Failed { turn: Some(turn), why, detail: "unplugged".into() });
            assert_eq!(short(&turns.events_of(heard)), "not played");
            assert_eq!(turns.missing.as_ref().unwrap().loudspeaker.as_deref(), loudspeaker);
        }
    }

    #[test]
    fn a_clip_that_is_damaged_is_told_as_that() {
        let mut turns = Turns::default();
        let turn = turns.next();
        turns.speaking = Some(turn);
        let damaged = Tell::Failed { turn: Some(turn), why: Why::Rubbish, detail: "no Opus".into() };
        assert_eq!(short(&turns.events_of(told(damaged))), "aloud [], heard");
        let missing = turns.missing.as_ref().unwrap();
        assert_eq!((missing.loudspeaker.as_deref(), missing.clips.as_deref()), (None, Some("no Opus")));
    }

    #[test]
    fn a_program_that_ends_takes_along_what_it_had_under_way() {
        let mut turns = Turns::default();
        let next = [turns.next(), turns.next(), turns.next()].map(Some);
        [turns.recording, turns.playing, turns.speaking] = next;
        let events = turns.events_of(Heard::Ended("it ended".into()));
        assert_eq!(short(&events), "voice false, aloud [], failed, not played, heard");
        let missing = turns.missing.as_ref().unwrap();
        assert!(missing.microphone.is_some() && missing.loudspeaker.is_some() && missing.clips.is_some());
        assert_eq!(short(&turns.events_of(Heard::Ended("it keeps ending".into()))), "voice false, aloud []");
    }
}
