//! The backlog onto a stick, on the officer's page.

use super::*;
use crate::session::Stick;

fn told(question: Question, stick: Stick) -> Event {
    Event::StaffAnswered(question, StaffResult::Stick(stick))
}

#[test]
fn the_stick_is_behind_the_officers_pin() {
    let mut session = session();
    assert!(play(&mut session, [Event::OpenHome, Event::StaffStickOpen, Event::StaffStick]).is_empty());
    assert_eq!(session.page, Page::Home);
    sign_in(&mut session, Door::Officer);
    assert!(play(&mut session, [Event::StaffStick]).is_empty(), "only on its own page");
    let actions = play(&mut session, [Event::StaffStickOpen, Event::StaffStick]);
    assert!(matches!(actions[..], [Action::ToStick(_)]) && session.page == Page::Stick);
    play(&mut session, [Event::Back]);
    assert_eq!(session.page, Page::Officer);
}

#[test]
fn one_export_is_asked_for_at_a_time_and_its_end_is_shown() {
    let mut session = session();
    sign_in(&mut session, Door::Officer);
    let question = asked(&play(&mut session, [Event::StaffStickOpen, Event::StaffStick]));
    assert!(play(&mut session, [told(question, Stick::Writing { done: 1, of: 9 }), Event::StaffStick]).is_empty());
    assert!(session.staff.busy);
    play(&mut session, [told(question, Stick::Done(9))]);
    assert!(!session.staff.busy && matches!(session.staff.result, Some(StaffResult::Stick(Stick::Done(9)))));
    assert!(matches!(play(&mut session, [Event::StaffStick])[..], [Action::ToStick(_)]), "and once more");
}

#[test]
fn a_stick_that_is_written_keeps_its_page_and_one_that_hangs_does_not() {
    let mut session = session();
    sign_in(&mut session, Door::Officer);
    let question = asked(&play(&mut session, [Event::StaffStickOpen, Event::StaffStick]));
    let mut now = T0;
    for done in 0..10 {
        now += IDLE - Duration::from_secs(1);
        session.step(told(question, Stick::Writing { done, of: 10 }), now);
        session.step(Event::Tick, now);
        assert_eq!((session.page, session.idle.countdown), (Page::Stick, None));
    }
    session.step(Event::Tick, now + IDLE + COUNTDOWN);
    assert_eq!(session.page, Page::Attract);
    session.step(told(question, Stick::Writing { done: 10, of: 10 }), now + IDLE + COUNTDOWN);
    assert_eq!(session.page, Page::Attract);
}

#[test]
fn a_terminal_that_is_full_lets_its_backlog_go_onto_a_stick() {
    let mut session = session();
    play(&mut session, [Event::Broken(Some(Note::Full))]);
    sign_in(&mut session, Door::Officer);
    assert!(matches!(play(&mut session, [Event::StaffStickOpen, Event::StaffStick])[..], [Action::ToStick(_)]));
}
