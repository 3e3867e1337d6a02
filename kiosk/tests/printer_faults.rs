//! Faults of the printer, each by its name, against the virtual printer on a pseudo terminal: before a receipt, in its
//! middle and behind it, and what comes out once they are over. Nothing is started anew but where a test says so.
#![expect(clippy::unwrap_used, reason = "tests")]

mod printer_support;

use kiosk::{
    printer::{Command, Handle, Paper, PaperLevel, PrinterEvent, Refusal, Slip},
    queue::{CODE_KEPT, PrintFailure, PrintState, Submitted},
};
use printer_support::{
    Bench, copy_mark, gbk,
    queue_support::holds,
    virtual_printer::{
        VirtualPrinter,
        machine::{self, Fault},
    },
};

const NO_PAPER: Paper = Paper::Waits(Refusal::Fault(PrintFailure::PaperEnd));
const NO_ANSWER: Paper = Paper::Waits(Refusal::NoAnswer);

/// Every fault that a printer tells, and how it is written down.
const FAULTS: [(Fault, PrintFailure); 5] = [
    (Fault::PaperOut, PrintFailure::PaperEnd),
    (Fault::CoverOpen, PrintFailure::CoverOpen),
    (Fault::CutterJammed, PrintFailure::Cutter),
    (Fault::Hot, PrintFailure::Heat),
    (Fault::Unwell, PrintFailure::Other),
];

/// Each with four questions of a byte, and with the one of six bytes.
const PROFILES: [&str; 2] = ["epson-tm", "custom-presenter"];

fn plug_in(bench: &Bench, profile: &str) -> VirtualPrinter {
    let printer = bench.plug_in();
    printer.change(|c| c.presenter = profile == "custom-presenter");
    printer
}

/// A receipt whose printer stopped behind its fourth line, and said why.
fn stopped_in_the_middle(profile: &str, fault: Fault) -> (Bench, VirtualPrinter, Handle, Submitted) {
    let (_, failure) = FAULTS.into_iter().find(|(known, _)| *known == fault).unwrap();
    let mut bench = Bench::new();
    let printer = plug_in(&bench, profile);
    printer.change(|c| (c.lines_left, c.stops_for) = (Some(4), fault));
    let handle = bench.start(profile);
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Waits(Refusal::Fault(failure)));
    assert_eq!(bench.state(&one), PrintState::Failed { attempt: 1, reason: failure });
    (bench, printer, handle, one)
}

/// Whatever came out: one original at the most.
fn never_two_unmarked(printer: &VirtualPrinter) {
    let receipts = printer.receipts();
    let unmarked = receipts.iter().filter(|receipt| !holds(&receipt.bytes, &gbk("补打"))).count();
    assert!((1..=2).contains(&receipts.len()) && unmarked <= 1, "{unmarked} unmarked of {}", receipts.len());
}

#[test]
fn a_fault_before_a_receipt_is_named_and_the_original_comes_once_it_is_over() {
    for (profile, (fault, failure)) in PROFILES.into_iter().flat_map(|p| FAULTS.map(|fault| (p, fault))) {
        let mut bench = Bench::new();
        let printer = plug_in(&bench, profile);
        printer.change(|c| fault.set(true, c));
        let handle = bench.start(profile);
        bench.wait_trouble(Some(Refusal::Fault(failure)));
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Waits(Refusal::Fault(failure)));
        assert_eq!(bench.state(&one), PrintState::Prepared { after: 0 });
        printer.change(|c| fault.set(false, c));
        bench.wait_paper(&one, Paper::Printed);
        let receipts = printer.receipts();
        assert!(receipts.len() == 1 && !holds(&receipts[0].bytes, &gbk("补打")), "{profile}: {fault:?}");
    }
}

#[test]
fn a_fault_in_the_middle_is_named_and_one_whole_receipt_is_known_to_be_out_once_it_is_over() {
    for (profile, (fault, failure)) in PROFILES.into_iter().flat_map(|p| FAULTS.map(|fault| (p, fault))) {
        let (bench, printer, _handle, one) = stopped_in_the_middle(profile, fault);
        printer.change(|c| fault.set(false, c));
        bench.wait_paper(&one, Paper::Printed);
        never_two_unmarked(&printer);
        if failure == PrintFailure::Heat {
            assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 }, "it goes on where it stopped");
            assert_eq!(printer.receipts().len(), 1);
        }
    }
}

#[test]
fn a_fault_behind_a_receipt_takes_nothing_back_and_the_next_one_waits_for_its_end() {
    for (profile, (fault, failure)) in PROFILES.into_iter().flat_map(|p| FAULTS.map(|fault| (p, fault))) {
        let mut bench = Bench::new();
        let printer = plug_in(&bench, profile);
        let handle = bench.start(profile);
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Printed);
        printer.change(|c| fault.set(true, c));
        bench.wait_trouble(Some(Refusal::Fault(failure)));
        printer.change(|c| c.presented = false);
        let next = bench.submit(Some(&handle), None);
        bench.wait_paper(&next, Paper::Waits(Refusal::Fault(failure)));
        printer.change(|c| fault.set(false, c));
        bench.wait_paper(&next, Paper::Printed);
        assert!(matches!(bench.state(&one), PrintState::Confirmed { .. } | PrintState::Taken { .. }));
        assert_eq!(printer.receipts().len(), 2, "{profile}: {fault:?}");
    }
}

#[test]
fn a_receipt_that_fails_twice_comes_only_when_somebody_asks() {
    let (bench, printer, handle, one) = stopped_in_the_middle("epson-tm", Fault::CoverOpen);
    // The printer forgets what it held, and stops again in the copy.
    printer.change(|c| c.silent = true);
    printer.change(|c| (c.silent, c.cover_open, c.lines_left) = (false, false, Some(4)));
    bench.wait_paper(&one, Paper::Incomplete);
    assert_eq!(bench.state(&one), PrintState::Failed { attempt: 2, reason: PrintFailure::CoverOpen });
    printer.change(|c| c.cover_open = false);
    bench.wait_trouble(None);
    handle.send(Command::Reprint(one.ticket));
    bench.wait_paper(&one, Paper::Printed);
    assert!(holds(&printer.receipts().last().unwrap().bytes, &copy_mark(2)));
}

#[test]
fn paper_near_its_end_is_told_and_prints() {
    for profile in PROFILES {
        let mut bench = Bench::new();
        let printer = plug_in(&bench, profile);
        printer.change(|c| c.paper = machine::Paper::NearEnd);
        let handle = bench.start(profile);
        bench.wait_health(|h| h.is_ready() && h.status.is_some_and(|status| status.paper == PaperLevel::Near));
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Printed);
        printer.change(|c| c.paper = machine::Paper::Present);
        bench.wait_health(|h| h.status.is_some_and(|status| status.paper == PaperLevel::Ok));
    }
}

#[test]
fn paper_end_mid_ticket_reprints_the_whole_ticket_once() {
    let (bench, printer, _handle, one) = stopped_in_the_middle("epson-tm", Fault::PaperOut);
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    never_two_unmarked(&printer);
}

#[test]
fn a_held_job_that_prints_on_after_new_paper_is_confirmed_by_its_late_fence() {
    let (bench, printer, _handle, one) = stopped_in_the_middle("escpos", Fault::PaperOut);
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
    assert_eq!(printer.receipts().len(), 1, "no copy was needed");
}

#[test]
fn without_paper_receipts_wait_one_behind_the_other_and_come_out_as_originals() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.paper = machine::Paper::Out);
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, NO_PAPER);
    assert_eq!(bench.state(&one), PrintState::Prepared { after: 0 });
    let next = bench.submit(Some(&handle), None);
    bench.wait_paper(&next, NO_PAPER);
    printer.change(|c| c.paper = machine::Paper::NearEnd);
    bench.wait_paper(&one, Paper::Printed);
    bench.wait_paper(&next, Paper::Printed);
    assert!(printer.receipts().iter().all(|receipt| !holds(&receipt.bytes, &gbk("补打"))));
}

#[test]
fn a_port_that_is_missing_is_said_and_the_receipt_comes_once_it_is_there() {
    let mut bench = Bench::new();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_health(|h| h.port_problem.as_ref().is_some_and(|p| p.contains("there is none")) && !h.is_ready());
    bench.wait_paper(&one, NO_ANSWER);
    let _printer = bench.plug_in();
    bench.wait_paper(&one, Paper::Printed);
}

#[test]
fn a_port_that_another_program_has_is_said() {
    let mut bench = Bench::new();
    let _printer = bench.plug_in();
    let other = serialport::new(bench.port().to_string_lossy(), 9600).open_native().unwrap();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_health(|h| h.port_problem.as_ref().is_some_and(|p| p.contains("in use")));
    bench.wait_paper(&one, NO_ANSWER);
    drop(other);
    bench.wait_paper(&one, Paper::Printed);
}

#[test]
fn a_port_that_answers_garbage_or_nothing_gets_no_receipt() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.garbage = true);
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_health(|h| h.port_problem.is_none() && h.status.is_none());
    bench.wait_paper(&one, NO_ANSWER);
    printer.change(|c| (c.garbage, c.silent) = (false, true));
    assert!(printer.receipts().is_empty());
    printer.change(|c| c.silent = false);
    bench.wait_paper(&one, Paper::Printed);
}

#[test]
fn a_cable_pulled_and_plugged_in_again_needs_no_restart() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    bench.wait_trouble(None);
    printer.replug();
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printed);
}

#[test]
fn a_receipt_that_failed_before_a_restart_comes_out_as_a_marked_copy_once_there_is_paper() {
    let (mut bench, printer, handle, one) = stopped_in_the_middle("epson-tm", Fault::PaperOut);
    let _handle = bench.restart(handle, "epson-tm");
    bench.wait_trouble(Some(Refusal::Fault(PrintFailure::PaperEnd)));
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    assert!(holds(&printer.receipts().last().unwrap().bytes, &copy_mark(1)));
    never_two_unmarked(&printer);
}

#[test]
fn a_receipt_that_waits_too_long_for_paper_comes_out_for_nobody() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.paper = machine::Paper::Out);
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, NO_PAPER);
    bench.place.clock.go_on(CODE_KEPT);
    assert_eq!(bench.queue.tidy().unwrap().codes_forgotten, 1);
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_trouble(None);
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| *e == PrinterEvent::Slip(Paper::Printed));
    assert_eq!(printer.receipts().len(), 1, "the slip alone");
}

#[test]
fn the_rest_that_a_printer_holds_of_a_receipt_nobody_waits_for_never_comes_out() {
    for restart in [false, true] {
        let (mut bench, printer, mut handle, one) = stopped_in_the_middle("epson-tm", Fault::PaperOut);
        if restart {
            handle = bench.restart(handle, "epson-tm");
            bench.wait_trouble(Some(Refusal::Fault(PrintFailure::PaperEnd)));
        }
        handle.send(Command::VisitOver);
        assert!(printer.scraps().is_empty(), "whoever waits may put paper in");
        bench.place.clock.go_on(CODE_KEPT);
        // The next run counts from its own first look.
        bench.queue.tidy().unwrap();
        bench.place.clock.go_on(CODE_KEPT);
        bench.queue.tidy().unwrap();
        assert!(bench.queue.print_job(one.ticket).unwrap().unwrap().proofs.is_none());
        bench.until(|| !printer.scraps().is_empty());
        printer.change(|c| c.paper = machine::Paper::Present);
        bench.wait_trouble(None);
        let two = bench.submit(Some(&handle), None);
        bench.wait_paper(&two, Paper::Printed);
        let whole: Vec<_> = printer.receipts().into_iter().filter(|r| holds(&r.bytes, b"/t#")).collect();
        assert_eq!(whole.len(), 1, "the second villager's alone");
        assert!(holds(&whole[0].bytes, two.ticket.to_string().as_bytes()));
    }
}

#[test]
fn a_fence_that_is_not_answered_leaves_the_receipt_unknown_and_a_copy_is_marked() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.fence = false);
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Unsure);
    printer.change(|c| c.fence = true);
    handle.send(Command::Reprint(one.ticket));
    bench.wait_paper(&one, Paper::Printed);
    let marks: Vec<bool> = printer.receipts().iter().map(|r| holds(&r.bytes, &copy_mark(1))).collect();
    assert_eq!(marks, [false, true]);
}
