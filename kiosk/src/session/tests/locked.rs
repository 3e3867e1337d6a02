//! The wait after too many wrong PINs.

use super::*;

/// Opens a door and types wrong PINs at `now` until the doors shut.
fn shut(session: &mut Session, now: Duration) {
    session.step(Event::Tick, now);
    session.step(Event::OpenPin(Door::Officer), now);
    for _ in 0..5 {
        let question = type_pin(session);
        session.step(Event::PinChecked(question, false), now);
    }
    assert_eq!(session.staff.trouble, Some(Trouble::PinLocked));
}

/// Whether a PIN is taken at `now`.
fn takes(session: &mut Session, now: Duration) -> bool {
    session.step(Event::Tick, now);
    play(session, [Event::OpenPin(Door::Officer), Event::Key(Key::Digit('1'))]);
    session.staff.typed() == 1
}

#[test]
fn each_five_wrong_pins_double_the_wait_up_to_an_hour_and_a_right_one_ends_that() {
    let mut session = session();
    let mut now = T0;
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        shut(&mut session, now);
        let wait = Duration::from_secs(minutes * 60);
        assert!(!takes(&mut session, now + wait - Duration::from_secs(1)), "shut for {minutes} minutes");
        now += wait;
        assert!(takes(&mut session, now));
    }
    sign_in(&mut session, Door::Officer);
    shut(&mut session, now);
    assert!(takes(&mut session, now + Duration::from_secs(60)));
}

#[test]
fn a_wrong_pin_counts_although_its_answer_comes_after_somebody_left() {
    let mut session = session();
    session.step(Event::Tick, T0);
    for _ in 0..5 {
        play(&mut session, [Event::OpenPin(Door::Officer)]);
        let question = type_pin(&mut session);
        play(&mut session, [Event::Leave, Event::PinChecked(question, false)]);
    }
    assert!(!takes(&mut session, T0 + Duration::from_secs(1)));
}

#[test]
fn a_long_press_on_a_staff_door_takes_nobodys_words_away() {
    let at = |page, text: &str| {
        let mut session = session();
        play(&mut session, [Event::OpenHome, Event::OpenSpeak]);
        (session.page, session.speak.text) = (page, text.to_owned());
        play(&mut session, [Event::OpenPin(Door::Officer)]);
        session.page
    };
    for page in
        [Page::Place, Page::Say, Page::Voice, Page::Printing, Page::Done, Page::Contact, Page::Phone, Page::Found]
    {
        assert_eq!(at(page, ""), page);
    }
    for page in [Page::Home, Page::Category, Page::Find, Page::People] {
        assert_eq!((at(page, "路"), at(page, "")), (page, Page::Pin));
    }
}
