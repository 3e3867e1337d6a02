//! What the villager wrote, and the number, go by no touch that means something else.

use super::*;

#[test]
fn who_goes_back_to_the_doors_finds_the_words_again() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(4));
    play(&mut session, [Event::LandmarkEdited("学校后门".into()), Event::Back, Event::Back, Event::Back]);
    assert_eq!(session.page, Page::Home);
    play(&mut session, [Event::OpenSpeak, Event::ChooseCategory("road".into()), Event::PlaceDone]);
    assert_eq!((session.page, session.speak.text.as_str()), (Page::Say, SENTENCE));
    assert_eq!(session.speak.landmark, "学校后门");
    play(&mut session, [Event::Back, Event::Back, Event::Back, Event::Back]);
    assert_eq!((session.page, session.speak.has_begun()), (Page::Attract, false), "but the next one doesn't");
}

#[test]
fn behind_the_number_nothing_is_gone_back_to() {
    let mut session = session();
    let question = submit(&mut session);
    play(&mut session, [submitted(question), Event::Paper { ticket: ticket(), paper: Paper::Unsure }]);
    for event in [Event::OpenContact, Event::Back, Event::Back] {
        assert!(play(&mut session, [event]).is_empty());
    }
    assert_eq!(session.page, Page::Done);
    assert!(session.done.is_some());
    assert!(matches!(play(&mut session, [Event::Leave])[..], [Action::Wipe]));
}

#[test]
fn a_ready_sentence_cuts_nothing_out_of_what_somebody_wrote() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(3));
    let own = format!("我家门口{SENTENCE}请派人来修。");
    play(&mut session, [Event::TextEdited(own.clone()), Event::ToggleSentence(SENTENCE.into())]);
    assert!(session.speak.has(SENTENCE));
    assert_eq!(session.speak.text, format!("{own}{SENTENCE}"));
    play(&mut session, [Event::ToggleSentence(SENTENCE.into())]);
    assert_eq!((session.speak.text.as_str(), session.speak.has(SENTENCE)), (own.as_str(), false));
}

#[test]
fn a_ready_sentence_that_finds_no_room_says_so_and_the_words_stay() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(3));
    let own = "路".repeat(wire::TEXT_MAX - 1);
    play(&mut session, [Event::TextEdited(own.clone()), Event::ToggleSentence(SENTENCE.into())]);
    assert_eq!((session.speak.text.as_str(), session.speak.is_full), (own.as_str(), true));
    play(&mut session, [Event::TextEdited("路".into())]);
    assert!(!session.speak.is_full);
}
