//! The help button of the panel does what 叫人帮忙 on the screen does, from every page.

use super::*;

fn at(seconds: u64) -> Duration {
    T0 + Duration::from_secs(seconds)
}

#[test]
fn the_button_calls_from_the_attract_page_and_the_call_stands_until_nobody_was_there_for_two_minutes() {
    let mut session = session();
    assert_eq!((session.page, session.visiting()), (Page::Attract, false));
    asked(&session.step(Event::CallHelp, at(0)));
    assert!(session.help_open && session.help == Help::Calling && session.page == Page::Attract);
    assert!(session.visiting(), "no restart while somebody waits for help");
    // Pressed again, as people do: the same call.
    assert!(session.step(Event::CallHelp, at(1)).is_empty());
    session.step(Event::CloseHelp, at(2));
    assert!(!session.help_open && session.help == Help::Calling);
    session.step(Event::Tick, at(91));
    assert_eq!(session.idle.countdown, None);
    session.step(Event::Tick, at(92));
    assert_eq!(session.idle.countdown, Some(30));
    assert!(matches!(session.step(Event::Tick, at(122))[..], [Action::Wipe]));
    assert_eq!((session.help, session.visiting()), (Help::None, false));
}

#[test]
fn the_button_calls_where_nothing_can_be_taken_and_in_the_middle_of_a_visit() {
    let mut session = session();
    play(&mut session, [Event::Broken(Some(Note::CannotWrite))]);
    asked(&play(&mut session, [Event::CallHelp]));
    assert_eq!((session.page, session.help), (Page::OutOfService, Help::Calling));

    let mut session = self::session();
    play(&mut session, five_taps().into_iter().take(4));
    asked(&play(&mut session, [Event::CallHelp]));
    assert_eq!((session.page, session.speak.text.as_str()), (Page::Say, SENTENCE), "nothing is lost by calling");
}
