//! What begins and ends what is spoken, and how loud it is, by tables.

mod script;

use sound_line::Language;

use super::*;
use crate::{config::Loudness, ticket::Recording};

/// A terminal that can speak, with softer visits than others.
fn terminal() -> Session {
    let mut session = Session::new(Loudness::try_from(2).unwrap(), Language::ALL.to_vec());
    play(&mut session, [Event::Bulletin(Box::new(bulletin()), None), Event::Online(true)]);
    session
}

/// Nobody is listed, nothing is scanned.
fn shown() -> Shown {
    Shown::default()
}

fn touch(session: &mut Session, shown: Shown) -> Vec<Action> {
    play(session, [Event::Aloud(Hearing::Hear(shown))])
}

fn at_say() -> Session {
    let mut session = terminal();
    play(&mut session, [Event::OpenHome]);
    play(&mut session, five_taps().into_iter().take(3));
    assert_eq!(session.page, Page::Say);
    session
}

fn at_done(paper: Paper) -> Session {
    let mut session = at_say();
    let question = asked(&play(&mut session, five_taps().into_iter().skip(3)));
    play(&mut session, [submitted(question), Event::Paper { ticket: ticket(), paper }]);
    session
}

fn a_recording() -> Recording {
    Recording { seconds: 3, ogg: b"words".to_vec() }
}

fn loudness(actions: &[Action]) -> u8 {
    match actions {
        [Action::Speak { loudness, .. } | Action::Loudness(loudness)] => loudness.level(),
        _ => panic!("one thing to be heard expected"),
    }
}

fn is_hushed(actions: &[Action]) -> bool {
    matches!(actions.first(), Some(Action::Hush))
}

#[test]
fn another_page_leaving_help_another_language_and_writing_end_what_is_spoken_and_what_changes_nothing_does_not() {
    let ends: [fn() -> Event; 7] = [
        || Event::Back,
        || Event::OpenPeople,
        || Event::CallHelp,
        || Event::SwitchLanguage,
        || Event::WriteMyself(true),
        || Event::Aloud(Hearing::Hush),
        || Event::Broken(Some(Note::Full)),
    ];
    for event in ends {
        let mut session = at_say();
        touch(&mut session, shown());
        let actions = play(&mut session, [event()]);
        assert!(is_hushed(&actions) && !session.speaks(), "{:?}", event());
        assert!(!is_hushed(&play(&mut session, [Event::Touched])), "it ends once");
    }
    let mut session = at_say();
    touch(&mut session, shown());
    for event in [Event::Touched, Event::ToggleSentence(SENTENCE.into()), Event::Online(false), Event::Tick] {
        let what = format!("{event:?}");
        assert!(!is_hushed(&play(&mut session, [event])) && session.is_heard(), "{what}");
    }
    let actions = play(&mut session, [Event::Leave]);
    assert!(matches!(actions[..], [Action::Wipe]) && !session.speaks(), "the program ends with the visit");
}

#[test]
fn a_receipt_that_is_not_to_be_had_after_all_ends_what_was_said_of_it() {
    for paper in [Paper::Retracted, Paper::Incomplete, Paper::Unsure, Paper::Waits(PrinterFault::NoPaper)] {
        let mut session = at_done(Paper::Printed);
        touch(&mut session, shown());
        assert!(is_hushed(&play(&mut session, [Event::Paper { ticket: ticket(), paper }])), "{paper:?}");
    }
    let mut session = at_done(Paper::Printed);
    touch(&mut session, shown());
    play(&mut session, [Event::Paper { ticket: ticket(), paper: Paper::Taken }]);
    assert!(session.is_heard(), "the number is read on while the receipt is taken");
}

#[test]
fn another_touch_begins_anew_and_the_end_of_the_former_is_nobodys() {
    let mut session = terminal();
    assert!(matches!(touch(&mut session, shown())[..], [Action::Speak { .. }]));
    assert!(matches!(touch(&mut session, shown())[..], [Action::Speak { .. }]), "the program ends the former");
    assert!(session.is_heard());
    play(&mut session, [Event::Aloud(Hearing::Ended)]);
    assert!(!session.is_heard());
}

#[test]
fn nothing_is_spoken_while_the_microphone_listens_or_is_about_to() {
    let voice = |voicing| Event::Voice(voicing);
    let mut session = at_say();
    play(&mut session, [Event::HasVoice(true)]);
    touch(&mut session, shown());
    let actions = play(&mut session, [voice(Voicing::Down)]);
    assert!(matches!(actions[..], [Action::Hush, Action::Record]), "silence first");
    for (event, after) in [(Voicing::Up { inside: true }, 0), (Voicing::Listens, 0), (Voicing::Stop, 1)] {
        assert!(!session.offers_hearing() && touch(&mut session, shown()).is_empty());
        session.step(voice(event), T0 + Duration::from_secs(after));
    }
    assert!(touch(&mut session, shown()).is_empty(), "what was said is being given out");
    let recorded = Voicing::Recorded { recording: a_recording(), silent: false, note: None };
    play(&mut session, [voice(recorded)]);
    assert!(session.offers_hearing());
}

#[test]
fn a_recording_that_is_played_ends_a_clip_and_the_other_way_round() {
    let mut session = at_say();
    session.page = Page::Voice;
    session.speak.voice.recording = Some(a_recording());
    touch(&mut session, shown());
    let actions = play(&mut session, [Event::Voice(Voicing::Play)]);
    assert!(matches!(actions[..], [Action::Hush, Action::PlayRecording(_)]) && !session.speaks());
    let actions = touch(&mut session, shown());
    assert!(matches!(actions[..], [Action::StopPlaying, Action::Speak { .. }]));
    assert!(session.is_heard() && !session.speak.voice.playing);
}

#[test]
fn whoever_listens_is_here_as_long_as_it_is_heard() {
    let mut session = at_say();
    touch(&mut session, shown());
    let late = T0 + IDLE - Duration::from_secs(1);
    session.step(Event::Aloud(Hearing::Progress), late);
    session.step(Event::Aloud(Hearing::Ended), late);
    session.step(Event::Tick, late + IDLE - Duration::from_secs(1));
    assert_eq!(session.idle.countdown, None);
    // What is told late counts no more.
    session.step(Event::Aloud(Hearing::Progress), late + IDLE - Duration::from_secs(1));
    session.step(Event::Tick, late + IDLE);
    assert_eq!(session.idle.countdown, Some(30));
}

#[test]
fn the_countdown_is_announced_once_as_loud_as_the_station_has_it_and_holds_nobody_up() {
    let mut session = at_say();
    play(&mut session, [Event::Aloud(Hearing::Louder(true))]);
    let warned = session.step(Event::Tick, T0 + IDLE);
    let [Action::Speak { phrases, loudness, .. }] = &warned[..] else { panic!("a warning expected") };
    assert_eq!((phrases, loudness.level()), (&vec![vec!["idle-warning".to_owned()]], 2));
    assert!(!session.is_heard(), "the foot has no keys for it");
    for second in 1..30 {
        let now = T0 + IDLE + Duration::from_secs(second);
        assert!(session.step(Event::Aloud(Hearing::Progress), now).is_empty());
        assert!(session.step(Event::Tick, now).is_empty(), "once");
    }
    assert!(matches!(session.step(Event::Tick, T0 + IDLE + COUNTDOWN)[..], [Action::Wipe]));

    let mut session = at_say();
    session.step(Event::Tick, T0 + IDLE);
    let actions = session.step(Event::KeepGoing, T0 + IDLE);
    assert!(is_hushed(&actions) && session.page == Page::Say);
    let again = session.step(Event::Tick, T0 + IDLE + IDLE);
    assert!(matches!(again[..], [Action::Speak { .. }]), "the next countdown has its own");
    let mut session = at_say();
    play(&mut session, [Event::Aloud(Hearing::Possible(vec![]))]);
    assert!(session.step(Event::Tick, T0 + IDLE).is_empty());
}

#[test]
fn how_loud_it_is_changes_at_once_stays_for_the_visit_and_is_the_stations_again_with_the_next() {
    let louder = |louder| [Event::Aloud(Hearing::Louder(louder))];
    let mut session = at_say();
    assert_eq!(loudness(&touch(&mut session, shown())), 2);
    assert_eq!(loudness(&play(&mut session, louder(true))), 3);
    for level in [4, 5, 5] {
        assert_eq!(loudness(&play(&mut session, louder(true))), level);
    }
    play(&mut session, [Event::Back]);
    assert!(play(&mut session, louder(false)).is_empty(), "nothing is heard");
    assert_eq!(loudness(&touch(&mut session, shown())), 4);
    play(&mut session, [Event::Leave, Event::OpenHome]);
    assert_eq!(loudness(&touch(&mut session, shown())), 2);
    for level in [1, 1] {
        assert_eq!(loudness(&play(&mut session, louder(false))), level);
    }
    // Whoever only listens to the first page leaves it as it was.
    let mut session = terminal();
    touch(&mut session, shown());
    play(&mut session, louder(true));
    play(&mut session, [Event::Aloud(Hearing::Ended)]);
    assert_eq!(loudness(&touch(&mut session, shown())), 2);
}

#[test]
fn the_language_is_the_pages() {
    let mut session = terminal();
    for expected in [Language::Zh, Language::En] {
        let actions = touch(&mut session, shown());
        assert!(matches!(actions[..], [Action::Speak { language, .. }] if language == expected));
        play(&mut session, [Event::SwitchLanguage]);
    }
}

#[test]
fn without_a_loudspeaker_or_clips_nothing_is_spoken() {
    let mut session = terminal();
    play(&mut session, [Event::Aloud(Hearing::Possible(vec![]))]);
    assert!(!session.offers_hearing() && touch(&mut session, shown()).is_empty());
    play(&mut session, [Event::OpenHome, Event::Leave]);
    assert!(!session.offers_hearing(), "the next visit knows as well");
}

#[test]
fn a_language_without_clips_is_not_offered_to_be_heard() {
    for (language, in_chinese, in_english) in [(Language::Zh, true, false), (Language::En, false, true)] {
        let mut session = at_say();
        play(&mut session, [Event::Aloud(Hearing::Possible(vec![language]))]);
        assert_eq!(session.offers_hearing(), in_chinese);
        assert_eq!(
            session.step(Event::Tick, T0 + IDLE).len(),
            usize::from(in_chinese),
            "the warning is spoken neither"
        );
        play(&mut session, [Event::SwitchLanguage]);
        assert_eq!(session.offers_hearing(), in_english);
        assert_eq!(touch(&mut session, shown()).len(), usize::from(in_english));
    }
}

#[test]
fn what_was_spoken_of_help_ends_when_it_is_no_longer_so_or_closed() {
    let mut session = at_say();
    let question = asked(&play(&mut session, [Event::CallHelp]));
    let ends: [fn(Question) -> Event; 3] = [Event::HelpTaken, Event::HelpAcknowledged, |_| Event::CloseHelp];
    for end in ends {
        assert!(matches!(touch(&mut session, shown())[..], [Action::Speak { .. }]));
        assert!(is_hushed(&play(&mut session, [end(question)])) && !session.speaks());
    }
}

#[test]
fn what_is_no_longer_so_is_not_spoken_to_its_end() {
    type Change = fn(&mut Session) -> Event;
    let changes: [(Page, Change); 5] = [
        (Page::Stick, |_| Event::StaffStick),
        (Page::Find, |_| Event::Find),
        (Page::Done, |_| Event::Paper { ticket: ticket(), paper: Paper::Unsure }),
        (Page::Phone, |session| {
            let done = session.done.as_mut().unwrap();
            done.phone = Phone::Open { secret: wire::secret::Secret::draw(), until: T0 };
            Event::Tick
        }),
        (Page::Say, |session| {
            session.speak.not_written = true;
            Event::WriteMyself(true)
        }),
    ];
    for (page, change) in changes {
        let mut session = at_done(Paper::Waits(PrinterFault::NoPaper));
        session.page = page;
        let event = change(&mut session);
        touch(&mut session, shown());
        assert!(session.is_heard(), "{page:?}");
        let actions = play(&mut session, [event]);
        assert!(actions.iter().any(|action| matches!(action, Action::Hush)) && !session.speaks(), "{page:?}");
    }
}
