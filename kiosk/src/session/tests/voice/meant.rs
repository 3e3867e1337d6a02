//! What a hand that taps twice, a soft voice or a touch too many does to what is said, by tables.

use super::*;

/// What was said, and is heard; then it is said anew.
fn said_anew() -> Session {
    let mut session = listening();
    step(&mut session, Voicing::Stop);
    step(&mut session, recorded(b"words", false, None));
    assert!(matches!(session.step(Event::Voice(Voicing::Again), BEFORE)[..], [Action::Record]));
    session
}

fn kept(session: &Session) -> Option<&[u8]> {
    session.speak.voice.recording.as_ref().map(|recording| &recording.ogg[..])
}

#[test]
fn what_was_heard_outlives_what_was_said_anew_too_softly_and_that_is_said() {
    for (end, note) in [
        (None, VoiceNote::SilentAgain),
        (Some(VoiceNote::Full), VoiceNote::SilentAgain),
        (Some(VoiceNote::Gone), VoiceNote::Gone),
    ] {
        let mut session = said_anew();
        step(&mut session, Voicing::StopAndSubmit);
        assert!(step(&mut session, recorded(b"hush", true, end)).is_empty(), "it is not handed over by itself");
        assert_eq!((kept(&session), session.speak.voice.note), (Some(&b"words"[..]), Some(note)), "{end:?}");
    }
    let mut session = said_anew();
    step(&mut session, Voicing::Stop);
    step(&mut session, recorded(b"better", false, None));
    assert_eq!((kept(&session), session.speak.voice.note), (Some(&b"better"[..]), None));
}

#[test]
fn whoever_taps_twice_begins_once_and_ends_nothing() {
    for stop in [|| Voicing::Stop, || Voicing::StopAndSubmit] {
        for begin in [|| Voicing::Up { inside: true }, || Voicing::Again] {
            let at = |millis| T0 + Duration::from_millis(millis);
            let mut session = said_anew();
            if matches!(begin(), Voicing::Up { .. }) {
                session = at_the_door(true);
                step(&mut session, Voicing::Down);
            } else {
                step(&mut session, Voicing::Stop);
                step(&mut session, recorded(b"words", false, None));
            }
            session.step(Event::Voice(begin()), at(300));
            step(&mut session, Voicing::Listens);
            assert!(session.step(Event::Voice(stop()), at(1_099)).is_empty());
            assert!(matches!(session.speak.voice.listening, Listening::Now { .. }));
            assert!(matches!(session.step(Event::Voice(stop()), at(1_100))[..], [Action::StopRecording]));
        }
    }
}

#[test]
fn a_finger_is_held_only_where_it_lies_longer_than_a_double_tap_takes() {
    for (millis, stops) in [(500, false), (899, false), (900, true)] {
        let mut session = at_the_door(true);
        step(&mut session, Voicing::Down);
        step(&mut session, Voicing::Listens);
        let actions = session.step(Event::Voice(Voicing::Up { inside: true }), T0 + Duration::from_millis(millis));
        assert_eq!((session.page, matches!(actions[..], [Action::StopRecording])), (Page::Voice, stops), "{millis}");
    }
}

#[test]
fn what_was_said_is_dropped_by_two_touches_that_follow_each_other_and_are_no_double_tap() {
    let asked = || {
        let mut session = listening();
        step(&mut session, Voicing::Stop);
        step(&mut session, recorded(b"words", false, None));
        assert!(step(&mut session, Voicing::Discard).is_empty());
        assert_eq!((session.page, session.speak.voice.note), (Page::Voice, Some(VoiceNote::Dropping)));
        session
    };
    let discard = |session: &mut Session, millis| {
        session.step(Event::Voice(Voicing::Discard), T0 + Duration::from_millis(millis));
    };
    let mut session = asked();
    discard(&mut session, 799);
    assert_eq!(kept(&session), Some(&b"words"[..]));
    discard(&mut session, 800);
    assert_eq!((kept(&session), session.page), (None, Page::Say));
    // Whoever did something else meanwhile is asked anew.
    let meanwhile: [fn(&mut Session); 4] = [
        |session| drop(step(session, Voicing::Play)),
        |session| {
            session.step(Event::Back, T0);
            step(session, Voicing::Down);
            step(session, Voicing::Up { inside: true });
        },
        |session| {
            let (question, _) = handed_over(session.step(Event::Submit, T0));
            session.step(Event::NotSubmitted(question), T0);
        },
        |session| {
            session.step(Event::Voice(Voicing::Again), BEFORE);
            step(session, Voicing::Stop);
            step(session, recorded(b"words", false, None));
        },
    ];
    for otherwise in meanwhile {
        let mut session = asked();
        otherwise(&mut session);
        discard(&mut session, 5_000);
        assert_eq!((kept(&session), session.speak.voice.note), (Some(&b"words"[..]), Some(VoiceNote::Dropping)));
    }
}

#[test]
fn what_became_of_a_recording_that_was_left_under_way_is_known_on_the_page_it_led_back_to() {
    for (end, expected) in [
        (Voicing::Failed, VoiceNote::Lost),
        (recorded(b"half", false, Some(VoiceNote::Gone)), VoiceNote::Gone),
        (recorded(b"hush", true, None), VoiceNote::Silent),
    ] {
        let mut session = listening();
        session.step(Event::Back, T0);
        step(&mut session, end);
        assert_eq!((session.page, session.speak.voice.note), (Page::Say, Some(expected)));
        session.step(Event::WriteMyself(true), T0);
        assert_eq!(session.speak.voice.note, None, "it was read");
    }
    let mut session = listening();
    play(&mut session, [Event::Back, Event::WriteMyself(true)]);
    step(&mut session, Voicing::Failed);
    session.step(Event::WriteMyself(false), T0);
    assert_eq!(session.speak.voice.note, Some(VoiceNote::Lost), "it came while they wrote");
    // What was read where it was said is not said again.
    let mut session = listening();
    step(&mut session, Voicing::Failed);
    session.step(Event::Back, T0);
    assert_eq!((session.page, session.speak.voice.note), (Page::Say, None));
}
