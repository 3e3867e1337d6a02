//! The page behind a submission follows what is known of the paper, and shows it to nobody else.

use super::*;

#[test]
fn the_number_comes_when_the_paper_is_known_or_the_printer_keeps_silent() {
    let waits = [PrinterFault::NoPaper, PrinterFault::TooHot, PrinterFault::NoAnswer].map(Paper::Waits);
    for paper in [Paper::Printed, Paper::Unsure, Paper::Incomplete].into_iter().chain(waits) {
        let mut session = session();
        let question = submit(&mut session);
        play(&mut session, [submitted(question)]);
        assert_eq!(session.page, Page::Printing);
        play(&mut session, [Event::Paper { ticket: ticket(), paper }]);
        assert_eq!((session.page, session.done.as_ref().unwrap().paper), (Page::Done, paper));
    }
    let mut session = session();
    let question = submit(&mut session);
    play(&mut session, [submitted(question)]);
    session.step(Event::Tick, T0);
    session.step(Event::Tick, T0 + Duration::from_secs(13));
    assert_eq!((session.page, session.done.as_ref().unwrap().paper), (Page::Done, Paper::Printing));
}

#[test]
fn a_receipt_that_was_taken_back_or_broke_off_can_be_asked_for_again() {
    for paper in [Paper::Retracted, Paper::Incomplete] {
        let mut session = session();
        let question = submit(&mut session);
        play(&mut session, [submitted(question), Event::Paper { ticket: ticket(), paper: Paper::Printed }]);
        play(&mut session, [Event::Paper { ticket: ticket(), paper }]);
        let actions = play(&mut session, [Event::AnotherReceipt]);
        assert!(matches!(&actions[..], [Action::PrintAgain(again)] if *again == ticket()), "{paper:?}");
    }
}

#[test]
fn a_number_that_comes_after_the_villager_left_is_shown_to_nobody() {
    let mut session = session();
    let question = submit(&mut session);
    play(&mut session, [Event::Leave, submitted(question)]);
    assert_eq!(session.page, Page::Attract);
    assert!(session.done.is_none());
}
