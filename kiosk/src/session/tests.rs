//! The visit as tables: what each touch leads to, and what is left of a visit when it is over.

use std::time::Duration;

use wire::{
    bulletin::{Bulletin, Place, Station, built_in_categories},
    case::{Satisfaction, State},
    secret::{Proof, QueryCode, Secret, track_link},
    ticket::{TerminalNumber, TicketNumber},
    view::View,
};

use super::*;

mod heard;
mod help;
mod kept;
mod late;
mod lease;
mod locked;
mod phone;
mod receipt;
mod stick;
mod voice;

const T0: Duration = Duration::from_secs(1000);

fn bulletin() -> Bulletin {
    Bulletin {
        revision: 1,
        issued: jiff::Timestamp::UNIX_EPOCH,
        zone: "Asia/Shanghai".into(),
        station: Station { name: "花桥站".into(), telephone: String::new(), code: None, place: Some("hq".into()) },
        officer: None,
        public_base: "https://example.com".into(),
        reply_period: None,
        categories: built_in_categories(),
        places: vec![
            Place { id: "xw".into(), name: "新屋村".into() },
            Place { id: "hq".into(), name: "花桥村".into() },
        ],
        roster: vec![],
        present: vec![],
    }
}

fn session() -> Session {
    let mut session = Session::default();
    assert!(session.step(Event::Bulletin(Box::new(bulletin()), None), T0).is_empty());
    session
}

fn play(session: &mut Session, events: impl IntoIterator<Item = Event>) -> Vec<Action> {
    events.into_iter().flat_map(|event| session.step(event, T0)).collect()
}

fn ticket() -> TicketNumber {
    TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, 42).unwrap()
}

fn submitted(question: Question) -> Event {
    let (code, secret) = (QueryCode::draw(), Secret::draw());
    Event::Submitted(question, Box::new(Submitted { ticket: ticket(), code, secret, at: None }))
}

/// A ready sentence is submitted; nothing has come back yet.
fn submit(session: &mut Session) -> Question {
    asked(&play(session, five_taps()))
}

fn view(can_rate: bool) -> Box<View> {
    Box::new(View {
        ticket: ticket(),
        revision: 7,
        category: "道路".into(),
        state: State::Closed,
        steps: vec![],
        reply: None,
        reason: None,
        can_rate,
        rating: None,
    })
}

const SENTENCE: &str = "村里的路坏了，不好走。";

fn five_taps() -> Vec<Event> {
    vec![
        Event::OpenSpeak,
        Event::ChooseCategory("road".into()),
        Event::PlaceDone,
        Event::ToggleSentence(SENTENCE.into()),
        Event::Submit,
    ]
}

fn typed(digits: &str) -> Vec<Event> {
    digits.chars().filter(|c| *c != ' ').map(|c| Event::Key(Key::Digit(c))).collect()
}

fn scan(session: &mut Session) -> Vec<Action> {
    let link = track_link("https://example.com", ticket(), &Secret::draw());
    play(session, [Event::Scanned(link)])
}

/// The one question that was asked.
fn asked(actions: &[Action]) -> Question {
    match actions {
        [
            Action::Track { question, .. }
            | Action::CheckPin { question, .. }
            | Action::Lookup { question, .. }
            | Action::CheckIn { question, .. }
            | Action::Submit(question, _)
            | Action::TestPrint(question)
            | Action::ToStick(question)
            | Action::CallHelp(question)
            | Action::AskHelp(question),
        ] => *question,
        _ => panic!("one question expected"),
    }
}

/// A receipt under the scanner, and the county's answer.
fn find(session: &mut Session) {
    let question = asked(&scan(session));
    play(session, [Event::Tracked(question, TrackResult::Fresh(view(true)))]);
}

fn type_pin(session: &mut Session) -> Question {
    asked(&play(session, typed("123456")))
}

fn sign_in(session: &mut Session, door: Door) {
    play(session, [Event::OpenPin(door)]);
    let question = type_pin(session);
    play(session, [Event::PinChecked(question, true)]);
}

#[test]
fn five_taps_from_the_doors_submit_a_ready_sentence() {
    let mut session = session();
    play(&mut session, [Event::OpenHome]);
    let actions = play(&mut session, five_taps());
    let [Action::Submit(_, draft)] = &actions[..] else { panic!("one submission expected") };
    assert_eq!((draft.text.as_str(), draft.category.id.as_str()), (SENTENCE, "road"));
    assert_eq!(draft.place.as_ref().map(|p| p.id.as_str()), Some("hq"), "its own village is chosen beforehand");
    assert_eq!(session.page, Page::Printing);
}

#[test]
fn what_could_not_be_written_down_stays_on_the_page() {
    let mut session = session();
    let question = submit(&mut session);
    play(&mut session, [Event::NotSubmitted(question)]);
    assert_eq!((session.page, session.speak.text.as_str()), (Page::Say, SENTENCE));
    assert!(session.speak.not_written && session.speak.can_submit());
}

#[test]
fn sentences_combine_and_leave_again() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(4));
    play(&mut session, [Event::ToggleSentence("桥有裂缝，大家不敢走。".into())]);
    assert_eq!(session.speak.text, format!("{SENTENCE}桥有裂缝，大家不敢走。"));
    play(&mut session, [Event::ToggleSentence(SENTENCE.into())]);
    assert_eq!(session.speak.text, "桥有裂缝，大家不敢走。");
}

#[test]
fn another_category_keeps_what_was_said() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(4));
    play(&mut session, [Event::Back, Event::Back, Event::ChooseCategory("water".into()), Event::PlaceDone]);
    assert_eq!((session.page, session.speak.text.as_str()), (Page::Say, SENTENCE));
}

#[test]
fn a_text_ends_at_two_thousand_characters_and_blank_ones_are_not_submitted() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(3));
    play(&mut session, [Event::TextEdited("修".repeat(2500))]);
    assert_eq!(session.speak.length(), 2000);
    play(&mut session, [Event::TextEdited(" \n　".into())]);
    assert!(play(&mut session, [Event::Submit]).is_empty());
    assert_eq!(session.page, Page::Say);
}

#[test]
fn ninety_seconds_then_a_countdown_then_nothing_is_left() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(4));
    assert!(session.step(Event::Tick, T0 + Duration::from_secs(89)).is_empty());
    assert_eq!(session.idle.countdown, None);
    session.step(Event::Tick, T0 + Duration::from_secs(91));
    assert_eq!(session.idle.countdown, Some(29));
    session.step(Event::KeepGoing, T0 + Duration::from_secs(100));
    assert_eq!((session.idle.countdown, session.page), (None, Page::Say));
    let actions = session.step(Event::Tick, T0 + Duration::from_secs(221));
    assert!(matches!(actions[..], [Action::Wipe]));
    assert_eq!((session.page, session.speak.text.as_str()), (Page::Attract, ""));
    assert!(session.speak.category.is_none() && session.bulletin.is_some());
}

#[test]
fn a_wrong_number_is_caught_before_the_county_is_asked() {
    let mut session = session();
    play(&mut session, [Event::OpenFind]);
    let mut wrong = ticket().to_string();
    wrong.replace_range(4..5, "9");
    assert!(play(&mut session, typed(&wrong)).is_empty());
    assert_eq!(session.find.trouble, Some(Trouble::NumberWrong));
    assert!(play(&mut session, [Event::Find]).is_empty());
    play(&mut session, [Event::Key(Key::Clear)]);
    play(&mut session, typed(&ticket().to_string()));
    assert_eq!(session.find.field, Field::Code);
    play(&mut session, typed("38120"));
    assert!(play(&mut session, [Event::Find]).is_empty());
    assert_eq!(session.find.trouble, Some(Trouble::CodeShort));
    play(&mut session, typed("4"));
    let actions = play(&mut session, [Event::Find]);
    assert!(matches!(&actions[..], [Action::Track { proof: Proof::Code(_), .. }]));
}

#[test]
fn a_foreign_code_under_the_scanner_says_so_and_asks_nobody() {
    let mut session = session();
    assert!(play(&mut session, [Event::Scanned("https://pay.example/x".into())]).is_empty());
    assert_eq!((session.page, session.find.trouble), (Page::Find, Some(Trouble::ForeignCode)));
}

#[test]
fn a_scan_in_the_middle_of_saying_something_changes_nothing() {
    let mut session = session();
    play(&mut session, five_taps().into_iter().take(4));
    assert!(scan(&mut session).is_empty());
    assert_eq!((session.page, session.speak.text.as_str()), (Page::Say, SENTENCE));
}

#[test]
fn a_rating_is_taken_once_with_the_revision_that_was_seen() {
    let mut session = session();
    find(&mut session);
    let actions = play(&mut session, [Event::Rate(Satisfaction::Bad), Event::Rate(Satisfaction::Good)]);
    let [Action::SubmitRating { satisfaction: Satisfaction::Bad, revision: 7, .. }] = actions[..] else {
        panic!("one rating expected")
    };
}

#[test]
fn an_answer_that_comes_after_the_villager_left_shows_nothing() {
    let mut session = session();
    let question = asked(&scan(&mut session));
    play(&mut session, [Event::Leave, Event::Tracked(question, TrackResult::Fresh(view(true)))]);
    assert_eq!(session.page, Page::Attract);
    assert!(session.found.is_none());
}

#[test]
fn five_wrong_pins_shut_the_door_for_a_minute() {
    let mut session = session();
    session.step(Event::Tick, T0);
    play(&mut session, [Event::OpenPin(Door::Officer)]);
    for _ in 0..5 {
        let question = type_pin(&mut session);
        play(&mut session, [Event::PinChecked(question, false)]);
    }
    assert_eq!(session.staff.trouble, Some(Trouble::PinLocked));
    assert!(play(&mut session, typed("123456")).is_empty());
    play(&mut session, [Event::Leave, Event::OpenPin(Door::Officer)]);
    assert!(play(&mut session, typed("123456")).is_empty(), "leaving does not open it");
    session.step(Event::Tick, T0 + Duration::from_secs(61));
    assert_eq!(play(&mut session, typed("123456")).len(), 1);
}

#[test]
fn the_officer_writes_for_somebody_and_it_is_marked() {
    let mut session = session();
    sign_in(&mut session, Door::Officer);
    play(&mut session, [Event::StaffOnBehalf]);
    let actions = play(&mut session, five_taps().into_iter().skip(1));
    assert!(matches!(&actions[..], [Action::Submit(_, draft)] if draft.on_behalf));
}

#[test]
fn staff_pages_take_nothing_without_a_pin() {
    let mut session = session();
    let events = [Event::StaffTestPrint, Event::StaffLookup("138".into()), Event::StaffOnBehalf];
    assert!(play(&mut session, events).is_empty());
    assert_eq!(session.page, Page::Attract);
}

#[test]
fn news_that_all_is_well_does_not_interrupt_who_already_began() {
    let mut session = session();
    play(&mut session, [Event::OpenHome]);
    assert!(play(&mut session, [Event::Broken(None)]).is_empty());
    assert_eq!(session.page, Page::Home);
}

#[test]
fn words_grow_in_two_steps_and_the_next_visitor_finds_them_as_they_were() {
    let mut session = session();
    play(&mut session, [Event::OpenHome, Event::Contrast(true)]);
    for size in [1, 2, 2] {
        play(&mut session, [Event::Larger(true)]);
        assert_eq!(session.text_size, size);
    }
    play(&mut session, [Event::OpenSpeak]);
    assert!(session.text_size == 2 && session.contrast, "they stay for the visit");
    play(&mut session, [Event::Larger(false)]);
    assert_eq!(session.text_size, 0);
    play(&mut session, [Event::Larger(true), Event::Leave]);
    assert!(session.text_size == 0 && !session.contrast);
}

#[test]
fn out_of_service_takes_nothing_but_the_staffs_doors() {
    let mut session = session();
    play(&mut session, [Event::Broken(Some(Note::CannotWrite))]);
    assert!(play(&mut session, five_taps()).is_empty());
    assert_eq!(session.page, Page::OutOfService);
    let called = play(&mut session, [Event::CallHelp, Event::CloseHelp, Event::SwitchLanguage, Event::Larger(true)]);
    assert!(matches!(called[..], [Action::CallHelp(_)]) && session.english, "somebody can still be called");
    session.step(Event::Tick, T0 + Duration::from_secs(200));
    assert!(session.page == Page::OutOfService && !session.suited() && session.help == Help::None);
    play(&mut session, [Event::OpenPin(Door::Technician)]);
    assert_eq!(session.page, Page::Pin);
    play(&mut session, [Event::Broken(None)]);
    assert_eq!(session.page, Page::Attract);
}

#[test]
fn while_nothing_can_be_written_the_staff_signs_in_and_nothing_is_taken() {
    for door in [Door::Technician, Door::Officer] {
        let mut session = session();
        play(&mut session, [Event::Broken(Some(Note::CannotWrite))]);
        sign_in(&mut session, door);
        let page = if door == Door::Technician { Page::Technician } else { Page::Officer };
        assert_eq!(session.page, page);
        let actions = play(&mut session, [Event::StaffTestPrint, Event::StaffOnBehalf]);
        assert!(matches!(actions[..], [Action::TestPrint(_)]));
        assert!(matches!(session.staff.result, Some(StaffResult::CannotTake)));
        play(&mut session, [Event::OpenHome]);
        assert!(play(&mut session, five_taps()).is_empty());
        assert_eq!(session.page, page);
        // It is mended while they look.
        assert!(play(&mut session, [Event::Broken(None)]).is_empty());
        assert_eq!(session.page, page);
        play(&mut session, [Event::Broken(Some(Note::CannotWrite)), Event::Leave]);
        assert_eq!(session.page, Page::OutOfService);
    }
}

#[test]
fn before_enrolment_the_technician_needs_no_pin_and_the_officer_is_told_why_there_is_none() {
    let mut session = Session::default();
    play(&mut session, [Event::Broken(Some(Note::NotEnrolled)), Event::OpenPin(Door::Technician)]);
    assert_eq!(session.page, Page::Technician);
    play(&mut session, [Event::Back]);
    assert_eq!(session.page, Page::OutOfService);
    play(&mut session, [Event::OpenPin(Door::Officer)]);
    assert!(play(&mut session, typed("123456")).is_empty());
    assert_eq!((session.page, session.staff.trouble), (Page::Pin, Some(Trouble::NotEnrolled)));
    play(&mut session, [Event::Back, Event::Broken(Some(Note::CannotWrite)), Event::OpenPin(Door::Technician)]);
    assert_eq!(session.page, Page::Pin, "with the enrolment came a PIN");
}

#[test]
fn a_contact_that_was_not_kept_is_said_and_can_be_left_again() {
    let mut session = session();
    let question = submit(&mut session);
    play(&mut session, [submitted(question), Event::Paper { ticket: ticket(), paper: Paper::Printed }]);
    let save = || [Event::OpenContact, Event::SaveContact { name: "王".into(), phone: "138".into() }];
    assert_eq!(play(&mut session, save()).len(), 1);
    play(&mut session, [Event::ContactNotSaved(ticket())]);
    let done = session.done.as_ref().unwrap();
    assert!(done.contact_not_saved && !done.contact_saved);
    assert_eq!(play(&mut session, save()).len(), 1);
    play(&mut session, [Event::ContactSaved(ticket())]);
    let done = session.done.as_ref().unwrap();
    assert!(done.contact_saved && !done.contact_not_saved);
}

#[test]
fn a_rating_that_was_not_kept_is_said_and_can_be_given_again() {
    let mut session = session();
    find(&mut session);
    play(&mut session, [Event::Rate(Satisfaction::Bad), Event::RatingNotSaved(ticket())]);
    let found = session.found.as_ref().unwrap();
    assert!(found.not_kept && found.can_rate() && found.rated.is_none());
    let actions = play(&mut session, [Event::Rate(Satisfaction::Bad), Event::RatingSaved(ticket())]);
    assert!(matches!(actions[..], [Action::SubmitRating { satisfaction: Satisfaction::Bad, .. }]));
    let found = session.found.as_ref().unwrap();
    assert!(!found.not_kept && !found.can_rate() && found.rated == Some(Satisfaction::Bad));
}
