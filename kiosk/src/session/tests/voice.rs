//! What becomes of what is said aloud, by tables.

mod meant;

use super::*;
use crate::ticket::{Draft, Recording};

/// A visit at the page with the door, at a terminal that has a microphone or not.
fn at_the_door(has_voice: bool) -> Session {
    let mut session = session();
    for event in [
        Event::HasVoice(has_voice),
        Event::OpenSpeak,
        Event::ChooseCategory("road".into()),
        Event::ChoosePlace("hq".into()),
    ] {
        assert!(session.step(event, T0).is_empty());
    }
    session
}

fn step(session: &mut Session, voicing: Voicing) -> Vec<Action> {
    session.step(Event::Voice(voicing), T0)
}

/// Long enough before [`T0`] that a touch then is another one.
const BEFORE: Duration = Duration::from_secs(995);

/// A short touch of the door; the microphone listens.
fn listening() -> Session {
    let mut session = at_the_door(true);
    assert!(matches!(session.step(Event::Voice(Voicing::Down), BEFORE)[..], [Action::Record]));
    assert_eq!(session.page, Page::Say, "the page stays under the finger");
    assert!(session.step(Event::Voice(Voicing::Up { inside: true }), BEFORE).is_empty());
    assert_eq!(session.page, Page::Voice);
    assert!(step(&mut session, Voicing::Listens).is_empty());
    session
}

fn recorded(ogg: &[u8], silent: bool, note: Option<VoiceNote>) -> Voicing {
    Voicing::Recorded { recording: Recording { seconds: 42, ogg: ogg.to_vec() }, silent, note }
}

fn handed_over(actions: Vec<Action>) -> (Question, Draft) {
    match actions.into_iter().next() {
        Some(Action::Submit(question, draft)) => (question, draft),
        _ => panic!("nothing is submitted"),
    }
}

#[test]
fn the_fifth_touch_hands_over_what_was_said() {
    // 我要说, the category, the village and the door were four.
    let mut session = listening();
    assert!(matches!(step(&mut session, Voicing::StopAndSubmit)[..], [Action::StopRecording]));
    let (_, draft) = handed_over(step(&mut session, recorded(b"words", false, None)));
    assert_eq!(draft.voice.as_ref().map(|voice| (voice.seconds, &voice.ogg[..])), Some((42, &b"words"[..])));
    assert_eq!(draft.text, "（语音留言，约42秒）", "the suggestion is complete without the recording");
    assert_eq!(session.page, Page::Printing);
}

#[test]
fn whoever_holds_the_door_ends_with_letting_go() {
    let mut session = at_the_door(true);
    step(&mut session, Voicing::Down);
    step(&mut session, Voicing::Listens);
    let later = T0 + Duration::from_secs(20);
    let actions = session.step(Event::Voice(Voicing::Up { inside: true }), later);
    assert!(matches!(actions[..], [Action::StopRecording]));
    assert!(step(&mut session, recorded(b"words", false, None)).is_empty(), "it is heard first");
    assert_eq!((session.page, session.speak.can_submit()), (Page::Voice, true));
}

#[test]
fn a_palm_that_slides_off_the_door_records_nothing() {
    let mut session = at_the_door(true);
    step(&mut session, Voicing::Down);
    assert!(matches!(step(&mut session, Voicing::Up { inside: false })[..], [Action::CancelRecording]));
    assert_eq!((session.page, session.speak.voice.listening), (Page::Say, Listening::No));
    step(&mut session, recorded(b"late", false, None));
    assert!(session.speak.voice.recording.is_none());
}

#[test]
fn a_finger_that_drifts_off_the_door_while_it_speaks_loses_no_word() {
    let mut session = at_the_door(true);
    step(&mut session, Voicing::Down);
    step(&mut session, Voicing::Listens);
    let later = T0 + Duration::from_secs(20);
    let actions = session.step(Event::Voice(Voicing::Up { inside: false }), later);
    assert!(matches!(actions[..], [Action::StopRecording]));
    step(&mut session, recorded(b"words", false, None));
    assert_eq!((session.page, session.speak.can_submit()), (Page::Voice, true));
    // With what was said before, a palm that slides off changes nothing.
    step(&mut session, Voicing::Down);
    session.step(Event::Back, later);
    step(&mut session, Voicing::Down);
    assert!(session.step(Event::Voice(Voicing::Up { inside: false }), later + Duration::from_secs(5)).is_empty());
    assert!(session.page == Page::Say && session.speak.voice.recording.is_some());
}

#[test]
fn whoever_calls_for_help_is_not_recorded_while_somebody_comes() {
    let mut session = listening();
    let actions = session.step(Event::CallHelp, T0);
    assert!(matches!(actions[..], [Action::StopRecording, Action::CallHelp(_)]));
    assert!(step(&mut session, recorded(b"words", false, None)).is_empty());
    assert!(session.speak.voice.recording.is_some(), "what was said until then is there");
    session.step(Event::CloseHelp, T0);
    assert!(matches!(session.step(Event::CallHelp, T0)[..], []), "the call is out, and nothing listens");

    let mut session = listening();
    step(&mut session, Voicing::StopAndSubmit);
    session.step(Event::CallHelp, T0);
    handed_over(step(&mut session, recorded(b"words", false, None)));
}

#[test]
fn without_a_microphone_the_door_does_nothing() {
    let mut session = at_the_door(false);
    assert!(step(&mut session, Voicing::Down).is_empty());
    assert!(step(&mut session, Voicing::Up { inside: true }).is_empty());
    assert_eq!(session.page, Page::Say);
}

#[test]
fn an_empty_recording_is_not_handed_over_by_itself_and_takes_the_place_of_none() {
    let mut session = listening();
    step(&mut session, Voicing::StopAndSubmit);
    let slip = Recording { seconds: 1, ogg: b"hush".to_vec() };
    assert!(step(&mut session, Voicing::Recorded { recording: slip, silent: true, note: None }).is_empty());
    assert_eq!((session.page, session.speak.voice.note), (Page::Voice, Some(VoiceNote::Silent)));
    assert!(!session.speak.can_submit());
    session.step(Event::Voice(Voicing::Again), BEFORE);
    step(&mut session, Voicing::Stop);
    step(&mut session, recorded(b"words", false, None));
    assert_eq!(session.speak.voice.note, None);
}

#[test]
fn a_soft_voice_can_be_heard_and_handed_over_by_whoever_spoke() {
    let mut session = listening();
    step(&mut session, Voicing::StopAndSubmit);
    assert!(step(&mut session, recorded(b"softly", true, None)).is_empty(), "nobody knows that it says something");
    assert_eq!(session.speak.voice.note, Some(VoiceNote::Silent));
    let (_, draft) = handed_over(session.step(Event::Submit, T0));
    assert!(draft.voice.is_some());
}

#[test]
fn what_is_still_being_given_out_is_handed_over_once_and_with_its_words() {
    let mut session = listening();
    session.step(Event::Back, T0);
    session.step(Event::ToggleSentence("路太窄，两辆车会不过去。".into()), T0);
    assert!(session.step(Event::Submit, T0).is_empty(), "the recording is not there yet");
    assert_eq!(session.page, Page::Voice);
    let (_, draft) = handed_over(step(&mut session, recorded(b"words", false, None)));
    assert!(draft.voice.is_some() && !draft.text.is_empty());
}

#[test]
fn back_takes_a_submission_back_that_waits_for_its_recording() {
    let mut session = listening();
    step(&mut session, Voicing::StopAndSubmit);
    assert!(session.step(Event::Back, T0).is_empty());
    assert!(step(&mut session, recorded(b"words", false, None)).is_empty());
    assert_eq!((session.page, session.speak.can_submit()), (Page::Say, true));
}

#[test]
fn the_door_leads_to_what_was_said_before_and_records_nothing_over_it() {
    let mut session = listening();
    session.step(Event::Back, T0);
    step(&mut session, recorded(b"words", false, None));
    assert!(step(&mut session, Voicing::Down).is_empty());
    assert!(step(&mut session, Voicing::Up { inside: true }).is_empty());
    assert_eq!((session.page, session.speak.voice.listening), (Page::Voice, Listening::No));
    assert!(session.speak.voice.recording.is_some());
}

#[test]
fn whoever_holds_the_door_or_listens_for_two_minutes_is_here() {
    let mut session = at_the_door(true);
    step(&mut session, Voicing::Down);
    step(&mut session, Voicing::Listens);
    let late = T0 + IDLE + Duration::from_secs(25);
    session.step(Event::Voice(Voicing::Level { seconds: 115.0, level: 0.5 }), late);
    assert!(session.step(Event::Tick, late).is_empty());
    assert_eq!((session.idle.countdown, session.page), (None, Page::Say));
    session.step(Event::Voice(Voicing::Up { inside: true }), late);
    step(&mut session, recorded(b"words", false, None));
    session.step(Event::Voice(Voicing::Play), late);
    let later = late + IDLE + Duration::from_secs(10);
    session.step(Event::Voice(Voicing::Progress), later);
    session.step(Event::Tick, later);
    assert_eq!(session.idle.countdown, None);
}

#[test]
fn a_stop_that_crosses_with_the_recordings_own_end_ends_nothing_and_loses_nothing() {
    for stop in [|| Voicing::Stop, || Voicing::StopAndSubmit] {
        // The finger first: the program told its end before it was asked.
        let mut session = listening();
        assert!(matches!(step(&mut session, stop())[..], [Action::StopRecording]));
        assert!(step(&mut session, recorded(b"words", false, Some(VoiceNote::Full))).is_empty(), "it is heard first");
        assert_eq!((session.page, session.speak.voice.listening), (Page::Voice, Listening::No));
        assert_eq!((session.speak.voice.note, session.speak.can_submit()), (Some(VoiceNote::Full), true));

        // The end first: the page under the finger was not painted anew yet.
        let mut session = listening();
        step(&mut session, recorded(b"words", false, Some(VoiceNote::Full)));
        assert!(step(&mut session, stop()).is_empty(), "nothing is under way any more");
        assert_eq!((session.speak.voice.listening, session.speak.can_submit()), (Listening::No, true));
        let (_, draft) = handed_over(session.step(Event::Submit, T0));
        assert_eq!(draft.voice.as_ref().map(|voice| &voice.ogg[..]), Some(&b"words"[..]));
    }
}

#[test]
fn what_a_program_took_with_it_is_said_to_be_lost() {
    let mut session = listening();
    step(&mut session, Voicing::Failed);
    assert_eq!(session.speak.voice.note, Some(VoiceNote::Lost));
    let mut held = at_the_door(true);
    step(&mut held, Voicing::Down);
    step(&mut held, Voicing::Failed);
    assert_eq!((held.page, held.speak.voice.note), (Page::Voice, Some(VoiceNote::NoMicrophone)));
}

#[test]
fn a_microphone_unplugged_while_recording_leaves_what_was_said_until_then() {
    let mut session = listening();
    step(&mut session, Voicing::StopAndSubmit);
    assert!(step(&mut session, recorded(b"half", false, Some(VoiceNote::Gone))).is_empty(), "it is heard first");
    assert_eq!((session.speak.voice.note, session.speak.can_submit()), (Some(VoiceNote::Gone), true));
    session.step(Event::Voice(Voicing::Again), BEFORE);
    step(&mut session, Voicing::Failed);
    assert_eq!(session.speak.voice.note, Some(VoiceNote::NoMicrophone));
    assert!(session.speak.can_submit(), "the half is still there");
}

#[test]
fn back_keeps_what_was_said_beside_the_ready_sentences() {
    let mut session = listening();
    assert!(matches!(session.step(Event::Back, T0)[..], [Action::StopRecording]));
    assert_eq!(session.page, Page::Say);
    step(&mut session, recorded(b"words", false, None));
    session.step(Event::ToggleSentence("路太窄，两辆车会不过去。".into()), T0);
    let (_, draft) = handed_over(session.step(Event::Submit, T0));
    assert_eq!((&*draft.text, draft.voice.is_some()), ("路太窄，两辆车会不过去。", true));
}

#[test]
fn what_is_played_ends_when_the_page_is_left_and_what_is_dropped_is_gone() {
    let mut session = listening();
    step(&mut session, Voicing::Stop);
    step(&mut session, recorded(b"words", false, None));
    assert!(matches!(&step(&mut session, Voicing::Play)[..], [Action::PlayRecording(heard)] if heard.ogg == b"words"));
    assert!(matches!(session.step(Event::Voice(Voicing::Discard), BEFORE)[..], [Action::StopPlaying]));
    assert!(session.speak.can_submit(), "it is asked first");
    assert!(step(&mut session, Voicing::Discard).is_empty());
    assert!(session.speak.voice.recording.is_none() && !session.speak.can_submit());
    assert_eq!((session.page, session.speak.voice.note), (Page::Say, None));
}

#[test]
fn a_full_disk_leaves_the_recording_on_its_page_and_says_so() {
    let mut session = listening();
    step(&mut session, Voicing::StopAndSubmit);
    let (question, _) = handed_over(step(&mut session, recorded(b"words", false, None)));
    session.step(Event::NotSubmitted(question), T0);
    assert_eq!((session.page, session.speak.not_written), (Page::Voice, true));
    let (_, draft) = handed_over(session.step(Event::Submit, T0));
    assert!(draft.voice.is_some(), "it can be tried again");
}

#[test]
fn whoever_speaks_is_here_and_a_visit_that_ends_takes_its_words_along() {
    let mut session = listening();
    let late = T0 + IDLE + Duration::from_secs(10);
    session.step(Event::Voice(Voicing::Level { seconds: 100.0, level: 0.5 }), late);
    assert!(session.step(Event::Tick, late).is_empty());
    assert_eq!((session.idle.countdown, session.page), (None, Page::Voice));
    step(&mut session, Voicing::Stop);
    step(&mut session, recorded(b"words", false, None));
    assert!(matches!(session.step(Event::Leave, late)[..], [Action::Wipe]));
    assert!(session.speak.voice.recording.is_none() && session.has_voice);
}

#[test]
fn a_recording_that_can_not_be_played_is_there_all_the_same_and_that_is_said() {
    let mut session = listening();
    step(&mut session, Voicing::Stop);
    step(&mut session, recorded(b"words", false, None));
    step(&mut session, Voicing::Play);
    assert!(session.speak.voice.playing);
    step(&mut session, Voicing::NotPlayed);
    assert_eq!((session.speak.voice.playing, session.speak.voice.note), (false, Some(VoiceNote::Mute)));
    assert!(session.speak.can_submit());
}
