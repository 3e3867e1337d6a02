//! The machine is about to start anew: nobody begins a visit that it would end.

use super::*;

const LEASE: Duration = Duration::from_secs(120);

fn leased() -> Session {
    let mut session = session();
    let actions = session.step(Event::Lease(LEASE), T0);
    assert!(actions.iter().any(|action| matches!(action, Action::Wipe)));
    assert_eq!((session.page, session.note()), (Page::OutOfService, Some(Note::StartsAnew)));
    session
}

#[test]
fn nobody_begins_a_visit_before_a_new_start_and_one_that_did_not_come_is_over() {
    let mut session = leased();
    for event in [Event::OpenHome, Event::OpenSpeak, Event::OpenFind, Event::Leave, Event::Back] {
        play(&mut session, [event]);
        assert_eq!(session.page, Page::OutOfService);
    }
    session.step(Event::Tick, T0 + LEASE - Duration::from_secs(1));
    assert_eq!(session.page, Page::OutOfService);
    session.step(Event::Tick, T0 + LEASE);
    assert_eq!((session.page, session.note()), (Page::Attract, None));
    play(&mut session, [Event::OpenHome]);
    assert_eq!(session.page, Page::Home);
}

#[test]
fn whoever_is_there_loses_nothing_to_a_new_start() {
    for events in [vec![Event::OpenHome], vec![Event::OpenHome, Event::OpenSpeak], vec![Event::CallHelp]] {
        let mut session = session();
        play(&mut session, events);
        let page = session.page;
        session.step(Event::Lease(LEASE), T0);
        assert_eq!((session.page, session.note()), (page, None));
    }
}

#[test]
fn a_queue_that_breaks_meanwhile_is_told_when_the_new_start_did_not_come() {
    let mut session = leased();
    play(&mut session, [Event::Broken(Some(Note::Full))]);
    assert_eq!(session.note(), Some(Note::StartsAnew));
    session.step(Event::Tick, T0 + LEASE);
    assert_eq!((session.page, session.note()), (Page::OutOfService, Some(Note::Full)));
}
