//! A printer with a presenter: the receipt is known to be on paper, and then that somebody took it, or that the printer
//! has it back. The presenter is the virtual printer's, by the manuals of Custom's kiosk printers.

mod printer_support;

use std::time::Duration;

use kiosk::{
    printer::{Command, Handle, Paper, PaperLevel, Presenter, PrinterEvent, Slip},
    queue::{PrintState, Submitted},
};
use printer_support::{
    Bench, copy_mark, head,
    queue_support::holds,
    virtual_printer::{VirtualPrinter, machine},
};

/// A receipt that stands in the presenter of a printer which takes back by itself after so many seconds, 0 for never.
fn presented(takes_back_after_s: u32) -> (Bench, VirtualPrinter, Handle, Submitted) {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.presenter = true);
    let mut settings = bench.settings("custom-presenter");
    settings.profile.presenter = Some(Presenter { steps: 12, takes_back_after_s });
    let handle = bench.start_turned(settings, head());
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printed);
    assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 }, "it is on paper");
    (bench, printer, handle, one)
}

#[test]
fn a_hand_takes_it_and_that_is_known() {
    let (bench, printer, _handle, one) = presented(0);
    printer.change(|c| c.presented = false);
    bench.wait_paper(&one, Paper::Taken);
    assert_eq!(bench.state(&one), PrintState::Taken { attempt: 1 });
    assert_eq!(printer.taken_back(), 0);
}

#[test]
fn what_nobody_took_is_taken_back_some_time_behind_the_visit_and_a_copy_of_it_is_marked() {
    let (bench, printer, handle, one) = presented(0);
    handle.send(Command::VisitOver);
    bench.wait_turning(&one, Paper::Retracted);
    assert_eq!((bench.state(&one), printer.taken_back()), (PrintState::Retracted { attempt: 1 }, 1));
    handle.send(Command::Reprint(one.ticket));
    bench.wait_paper(&one, Paper::Printed);
    assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 2 });
    assert!(holds(&printer.receipts()[1].bytes, &copy_mark(1)));
}

#[test]
fn while_the_visit_goes_on_it_stays_where_it_is() {
    let (bench, printer, _handle, one) = presented(0);
    bench.place.clock.go_on(Duration::from_secs(110));
    // The thread looks again and tells it.
    printer.change(|c| c.paper = machine::Paper::NearEnd);
    bench.wait_health(|h| h.status.is_some_and(|status| status.paper == PaperLevel::Near));
    assert_eq!((bench.state(&one), printer.taken_back()), (PrintState::Confirmed { attempt: 1 }, 0));
    printer.change(|c| c.presented = false);
    bench.wait_paper(&one, Paper::Taken);
}

#[test]
fn a_printer_that_takes_back_by_itself_is_told_from_a_hand_by_the_time() {
    let (bench, printer, _handle, one) = presented(30);
    bench.place.clock.go_on(Duration::from_secs(20));
    printer.change(|c| c.presented = false);
    bench.wait_paper(&one, Paper::Taken);

    let (bench, printer, _handle, one) = presented(30);
    bench.place.clock.go_on(Duration::from_secs(30));
    printer.change(|c| c.presented = false);
    bench.wait_paper(&one, Paper::Retracted);
    assert_eq!(bench.state(&one), PrintState::Retracted { attempt: 1 });
}

#[test]
fn the_next_villager_never_finds_the_receipt_of_the_one_before() {
    let (mut bench, printer, handle, one) = presented(0);
    let next = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Retracted);
    bench.wait_paper(&next, Paper::Printed);
    assert_eq!((printer.taken_back(), printer.receipts().len()), (1, 2));
}

#[test]
fn where_taking_back_is_switched_off_nothing_is_claimed_and_the_next_receipt_comes() {
    let (mut bench, printer, handle, one) = presented(0);
    printer.change(|c| c.takes_back = false);
    let next = bench.submit(Some(&handle), None);
    bench.wait_turning(&next, Paper::Printed);
    assert_eq!((bench.state(&one), printer.taken_back()), (PrintState::Confirmed { attempt: 1 }, 0));
}

#[test]
fn a_printer_that_is_gone_meanwhile_leaves_the_receipt_confirmed() {
    let (mut bench, printer, handle, one) = presented(0);
    printer.replug();
    let next = bench.submit(Some(&handle), None);
    bench.wait_turning(&next, Paper::Printed);
    assert!(matches!(bench.state(&one), PrintState::Confirmed { attempt: 1 } | PrintState::Retracted { attempt: 1 }));
}

#[test]
fn a_slip_is_answered_for_once_also_where_it_is_taken() {
    let (bench, printer, handle, _one) = presented(0);
    for _ in 0..2 {
        handle.send(Command::Print(Slip::Test));
        bench.wait(|e| matches!(e, PrinterEvent::Slip(Paper::Printed)));
        printer.change(|c| c.presented = false);
    }
    handle.stop();
    let more: Vec<_> = bench.events.try_iter().filter(|e| matches!(e, PrinterEvent::Slip(_))).collect();
    assert!(more.is_empty(), "{more:?}");
}
