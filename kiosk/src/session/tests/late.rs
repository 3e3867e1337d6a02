//! Answers that come late belong to their question, and to nobody who asked after it.

use super::*;

fn another() -> TicketNumber {
    TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, 43).unwrap()
}

fn scan_of(session: &mut Session, ticket: TicketNumber) -> Question {
    let link = track_link("https://example.com", ticket, &Secret::draw());
    asked(&play(session, [Event::Scanned(link)]))
}

#[test]
fn of_two_scans_the_answers_in_the_wrong_order_show_the_second_ticket_alone() {
    let mut session = session();
    let (first, second) = (scan_of(&mut session, ticket()), scan_of(&mut session, another()));
    play(&mut session, [Event::Tracked(first, TrackResult::Fresh(view(true)))]);
    assert!(session.page == Page::Find && session.find.busy && session.found.is_none());
    let shown = View { ticket: another(), ..*view(true) };
    play(&mut session, [Event::Tracked(second, TrackResult::Fresh(Box::new(shown)))]);
    assert_eq!((session.page, session.found.as_ref().unwrap().ticket), (Page::Found, another()));

    let (first, second) = (scan_of(&mut session, ticket()), scan_of(&mut session, another()));
    play(&mut session, [Event::Tracked(second, TrackResult::StillHere { category: "饮水".into() })]);
    play(&mut session, [Event::Tracked(first, TrackResult::Fresh(view(true)))]);
    let found = session.found.as_ref().unwrap();
    assert_eq!((found.ticket, found.category.as_str()), (another(), "饮水"));
}

#[test]
fn an_answer_to_the_visit_before_is_not_shown_in_the_next_one() {
    let mut session = session();
    let before = scan_of(&mut session, ticket());
    play(&mut session, [Event::Leave]);
    let own = scan_of(&mut session, another());
    assert_ne!(before, own, "a question is never asked twice");
    play(&mut session, [Event::Tracked(before, TrackResult::NotFound)]);
    assert!(session.find.busy && session.find.trouble.is_none());
    play(&mut session, [Event::Tracked(own, TrackResult::NotFound)]);
    assert_eq!((session.find.busy, session.find.trouble), (false, Some(Trouble::NotFound)));
}

#[test]
fn what_the_staff_asked_before_is_not_answered_to_whoever_signed_in_after() {
    let mut session = session();
    sign_in(&mut session, Door::Officer);
    play(&mut session, [Event::StaffLookupOpen]);
    let before = asked(&play(&mut session, [Event::StaffLookup("138".into())]));
    play(&mut session, [Event::Leave]);
    sign_in(&mut session, Door::Officer);
    play(&mut session, [Event::StaffLookupOpen]);
    let own = asked(&play(&mut session, [Event::StaffLookup("139".into())]));
    play(&mut session, [Event::StaffAnswered(before, StaffResult::Offline)]);
    assert!(session.staff.busy && session.staff.result.is_none());
    play(&mut session, [Event::StaffAnswered(own, StaffResult::Lookup(vec![]))]);
    assert!(!session.staff.busy && matches!(session.staff.result, Some(StaffResult::Lookup(_))));
    // The paper of what was printed is told after the county's answer.
    play(&mut session, [Event::StaffAnswered(own, StaffResult::PrinterTrouble)]);
    assert!(matches!(session.staff.result, Some(StaffResult::PrinterTrouble)));
}

#[test]
fn a_right_pin_opens_the_door_it_was_typed_at_and_none_other() {
    let mut session = session();
    play(&mut session, [Event::OpenPin(Door::Technician)]);
    let technicians = type_pin(&mut session);
    play(&mut session, [Event::Leave, Event::OpenPin(Door::Officer), Event::PinChecked(technicians, true)]);
    assert_eq!(session.page, Page::Pin);
    let officers = type_pin(&mut session);
    play(&mut session, [Event::PinChecked(officers, true)]);
    assert_eq!(session.page, Page::Officer);
}

#[test]
fn a_call_for_help_goes_out_again_until_the_county_has_it_and_then_the_county_is_asked() {
    let mut session = session();
    let at = |seconds| T0 + Duration::from_secs(seconds);
    session.step(Event::OpenHome, T0);
    let call = asked(&play(&mut session, [Event::CallHelp, Event::CallHelp]));
    assert!(session.step(Event::Tick, at(1)).is_empty());
    for seconds in [3, 6, 9] {
        let again = session.step(Event::Tick, at(seconds));
        assert!(matches!(again[..], [Action::CallHelp(same)] if same == call), "the same call, once more");
        assert_eq!(session.help, Help::Calling);
    }
    play(&mut session, [Event::HelpAcknowledged(call)]);
    assert_eq!(session.help, Help::Calling, "nobody comes to a call that the county doesn't have");
    play(&mut session, [Event::HelpTaken(call)]);
    assert_eq!(session.help, Help::Taken);
    let after = session.step(Event::Tick, at(12));
    assert!(matches!(after[..], [Action::AskHelp(same)] if same == call));
    play(&mut session, [Event::HelpAcknowledged(call)]);
    assert_eq!(session.help, Help::Acknowledged);
    assert!(session.step(Event::Tick, at(15)).is_empty());
}

#[test]
fn somebody_who_comes_to_the_visit_before_is_not_promised_to_the_next_one() {
    let mut session = session();
    let before = asked(&play(&mut session, [Event::OpenHome, Event::CallHelp]));
    let own = asked(&play(&mut session, [Event::Leave, Event::OpenHome, Event::CallHelp])[1..]);
    play(&mut session, [Event::HelpTaken(before), Event::HelpAcknowledged(before)]);
    assert_eq!(session.help, Help::Calling);
    play(&mut session, [Event::HelpTaken(own)]);
    assert_eq!(session.help, Help::Taken);
}

#[test]
fn a_number_that_comes_when_somebody_else_waits_for_theirs_is_shown_to_neither() {
    let mut session = session();
    let before = submit(&mut session);
    play(&mut session, [Event::Leave, Event::OpenHome]);
    let own = submit(&mut session);
    play(&mut session, [submitted(before)]);
    assert!(session.page == Page::Printing && session.done.is_none());
    play(&mut session, [Event::NotSubmitted(before)]);
    assert_eq!((session.page, session.speak.not_written), (Page::Printing, false));
    play(&mut session, [submitted(own)]);
    assert!(session.done.is_some());
    play(&mut session, [Event::ContactNotSaved(another())]);
    assert!(!session.done.as_ref().unwrap().contact_not_saved);
}
