//! Handing over to a phone: when it is offered, what is shown, and what is left of it.

use super::*;

const TEN_MINUTES: Duration = Duration::from_secs(600);

/// A session on line that shows a ticket's number.
fn done() -> Session {
    let mut session = session();
    let question = submit(&mut session);
    let paper = Event::Paper { ticket: ticket(), paper: Paper::Printed };
    play(&mut session, [Event::Online(true), submitted(question), paper]);
    assert_eq!(session.page, Page::Done);
    session
}

fn hand_over(actions: &[Action]) -> Question {
    match actions {
        [Action::HandOver { question, ticket: of }] if *of == ticket() => *question,
        _ => panic!("one hand-over of the ticket expected"),
    }
}

fn open(secret: &Secret) -> PhoneResult {
    PhoneResult::Open { secret: secret.clone(), within: TEN_MINUTES }
}

fn phone(session: &Session) -> &Phone {
    &session.done.as_ref().unwrap().phone
}

#[test]
fn the_code_comes_when_the_county_says_yes_and_goes_after_ten_minutes() {
    let (mut session, secret) = (done(), Secret::draw());
    let question = hand_over(&play(&mut session, [Event::OpenPhone]));
    assert_eq!(session.page, Page::Phone);
    assert!(matches!(phone(&session), Phone::Asked(_)), "nothing to scan yet");
    play(&mut session, [Event::PhoneAnswered(question, open(&secret))]);
    assert!(matches!(phone(&session), Phone::Open { secret: shown, .. } if shown.same_as(&secret)));
    for (after, is_open) in [(Duration::ZERO, true), (TEN_MINUTES - Duration::from_secs(1), true), (TEN_MINUTES, false)]
    {
        session.step(Event::Tick, T0 + after);
        assert_eq!(matches!(phone(&session), Phone::Open { .. }), is_open, "{after:?}");
    }
    assert!(matches!(phone(&session), Phone::Over));
    hand_over(&play(&mut session, [Event::OpenPhone]));
}

#[test]
fn nobody_is_asked_whether_they_are_there_while_the_code_waits_for_their_phone() {
    let at_the_code = || {
        let mut session = done();
        let question = hand_over(&play(&mut session, [Event::OpenPhone]));
        play(&mut session, [Event::PhoneAnswered(question, open(&Secret::draw()))]);
        session
    };
    let second = Duration::from_secs(1);
    let countdown_after = |session: &mut Session, from: Duration| {
        let seconds = (0..).find(|n| {
            session.step(Event::Tick, from + second * *n);
            session.idle.countdown.is_some()
        });
        second * seconds.unwrap()
    };
    assert_eq!(
        countdown_after(&mut at_the_code(), T0),
        TEN_MINUTES - second + IDLE,
        "from the last second of the code"
    );
    let mut left = at_the_code();
    let later = T0 + Duration::from_secs(300);
    assert!(left.step(Event::Tick, later).is_empty() && left.idle.countdown.is_none());
    left.step(Event::Back, later);
    assert_eq!(countdown_after(&mut left, later), IDLE, "the number and its code stand there no longer than before");
    let mut asking = done();
    play(&mut asking, [Event::OpenPhone]);
    assert_eq!(countdown_after(&mut asking, T0), IDLE, "nothing to scan");
}

#[test]
fn the_code_that_is_open_is_up_again_and_another_one_is_asked_for_beside_it_alone() {
    let mut session = done();
    let question = hand_over(&play(&mut session, [Event::OpenPhone]));
    assert!(play(&mut session, [Event::Back, Event::OpenPhone]).is_empty(), "the answer is on its way");
    play(&mut session, [Event::PhoneAnswered(question, open(&Secret::draw()))]);
    assert!(play(&mut session, [Event::Back, Event::OpenPhone]).is_empty());
    assert_eq!(session.page, Page::Phone);
    assert!(matches!(phone(&session), Phone::Open { .. }), "the same code is up again");
    let again = hand_over(&play(&mut session, [Event::OpenPhone]));
    assert!(again != question && matches!(phone(&session), Phone::Asked(_)), "the former is no longer shown");
    play(&mut session, [Event::Back]);
    assert_eq!(session.page, Page::Done, "whoever doesn't scan goes on");
}

#[test]
fn where_the_county_says_no_or_nothing_it_can_be_tried_again() {
    for why in [NoPhone::Offline, NoPhone::InUse, NoPhone::TooMany] {
        let mut session = done();
        let question = hand_over(&play(&mut session, [Event::OpenPhone]));
        play(&mut session, [Event::PhoneAnswered(question, PhoneResult::Refused(why))]);
        assert!(matches!(phone(&session), Phone::Refused(said) if *said == why));
        assert_eq!(session.page, Page::Phone);
        let again = hand_over(&play(&mut session, [Event::OpenPhone]));
        assert_ne!(again, question);
        // The former question's answer comes late.
        play(&mut session, [Event::PhoneAnswered(question, open(&Secret::draw()))]);
        assert!(matches!(phone(&session), Phone::Asked(asked) if *asked == again));
    }
}

#[test]
fn the_door_is_there_only_with_a_ticket_a_network_and_an_address_for_phones() {
    let mut session = done();
    assert!(session.can_hand_over());
    play(&mut session, [Event::Online(false)]);
    assert!(!session.can_hand_over());
    assert!(play(&mut session, [Event::OpenPhone]).is_empty());
    assert!(matches!(phone(&session), Phone::Refused(NoPhone::Offline)), "the door was still on the screen");
    play(&mut session, [Event::Online(true)]);
    for base in ["", "http://10.0.0.1"] {
        let unknown = Bulletin { public_base: base.into(), ..bulletin() };
        play(&mut session, [Event::Bulletin(Box::new(unknown), None)]);
        assert!(!session.can_hand_over(), "{base:?}");
    }
    let mut nobody = self::session();
    play(&mut nobody, [Event::Online(true)]);
    assert!(!nobody.can_hand_over());
    assert!(play(&mut nobody, [Event::OpenHome, Event::OpenPhone]).is_empty());
    assert_eq!(nobody.page, Page::Home);
}

#[test]
fn the_secret_goes_with_the_visit_and_an_answer_after_it_is_nobodys() {
    let mut session = done();
    let question = hand_over(&play(&mut session, [Event::OpenPhone]));
    let actions = play(&mut session, [Event::Leave]);
    assert!(matches!(actions[..], [Action::Wipe]));
    play(&mut session, [Event::PhoneAnswered(question, open(&Secret::draw()))]);
    assert!(session.done.is_none());
    assert_eq!(session.page, Page::Attract);
    assert!(!Event::PhoneAnswered(question, PhoneResult::Refused(NoPhone::InUse)).is_touch());
}
