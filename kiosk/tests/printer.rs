//! Receipts and slips against the virtual printer on a pseudo terminal, where nothing goes wrong but what the printer is.

mod printer_support;

use std::time::Duration;

use kiosk::{
    printer::{Command, Letterhead, Paper, PrinterEvent, Refusal, Slip},
    queue::{PrintFailure, PrintState},
};
use printer_support::{Bench, copy_mark, gbk, head, queue_support::holds, virtual_printer::machine};

#[test]
fn a_receipt_comes_out_and_is_known_to_with_either_fence() {
    for profile in ["epson-tm", "escpos"] {
        let mut bench = Bench::new();
        let printer = bench.plug_in();
        let handle = bench.start(profile);
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Printing);
        bench.wait_paper(&one, Paper::Printed);
        assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
        let receipts = printer.receipts();
        assert_eq!(receipts.len(), 1);
        assert!(holds(&receipts[0].bytes, &gbk("意见登记小票")) && !holds(&receipts[0].bytes, &gbk("补打")));
        assert!(holds(&receipts[0].bytes, one.secret.text().as_bytes()));
        handle.stop();
    }
}

#[test]
fn the_hash_that_is_written_down_is_that_of_the_bytes_that_went_out() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printed);
    let hash = || -> Option<[u8; 32]> {
        let file = rusqlite::Connection::open(bench.place.path()).unwrap();
        file.query_row("SELECT hash FROM print WHERE ticket = ?1", [one.ticket.to_string()], |row| row.get(0)).unwrap()
    };
    assert_eq!(hash(), Some(wire::event::hash(&printer.receipts()[0].bytes)));
    handle.send(Command::Reprint(one.ticket));
    bench.wait_paper(&one, Paper::Printed);
    assert_eq!(hash(), Some(wire::event::hash(&printer.receipts()[1].bytes)), "of the copy");
}

#[test]
fn the_wire_is_busy_for_no_more_than_the_receipts_bytes() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printed);
    let receipt = &printer.receipts()[0];
    assert!(receipt.bytes.len() <= 600, "{}", receipt.bytes.len());
    let bytes = u32::try_from(receipt.bytes.len()).unwrap();
    let alone = Duration::from_secs(bytes.into()) / u32::try_from(machine::BYTES_PER_SECOND).unwrap();
    assert!(receipt.wire <= alone.mul_f64(1.05), "{:?} for {bytes} bytes", receipt.wire);
}

#[test]
fn words_are_on_paper_only_where_they_were_asked_for_and_a_later_copy_has_none() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), Some("村口的路灯坏了"));
    bench.wait_paper(&one, Paper::Printed);
    handle.send(Command::Reprint(one.ticket));
    bench.wait_paper(&one, Paper::Printed);
    let receipts = printer.receipts();
    assert!(holds(&receipts[0].bytes, &gbk("村口的路灯坏了")));
    assert!(!holds(&receipts[1].bytes, &gbk("村口")) && holds(&receipts[1].bytes, &copy_mark(1)));
}

#[test]
fn a_printer_without_a_fence_is_never_said_to_have_printed() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.fence = false);
    let handle = bench.start("generic-58");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Unsure);
    assert_eq!(bench.state(&one), PrintState::Unknown { attempt: 1 });
    handle.send(Command::Reprint(one.ticket));
    bench.wait_paper(&one, Paper::Unsure);
    assert_eq!(bench.state(&one), PrintState::Unknown { attempt: 2 });
}

#[test]
fn a_cheap_printer_that_never_answers_prints_and_is_not_said_to_have() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| (c.mute, c.fence) = (true, false));
    let handle = bench.start("generic-58");
    bench.wait_health(|h| h.port_problem.is_none() && h.status.is_none());
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Unsure);
    assert_eq!(bench.state(&one), PrintState::Unknown { attempt: 1 });
    assert!(holds(&printer.printed(), &gbk("意见登记小票")));
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| *e == PrinterEvent::Slip(Paper::Unsure));
}

#[test]
fn after_a_restart_what_was_waiting_is_an_original_and_what_was_being_sent_a_marked_copy() {
    let mut bench = Bench::new();
    let [sent, waiting] = [bench.submit(None, None), bench.submit(None, None)];
    bench.queue.journal(sent.job, PrintState::Sending { attempt: 1 }, None).unwrap();
    let printer = bench.plug_in();
    let _handle = bench.start("epson-tm");
    bench.wait_paper(&waiting, Paper::Printed);
    let receipts = printer.receipts();
    assert!(holds(&receipts[0].bytes, &copy_mark(1)) && holds(&receipts[0].bytes, sent.secret.text().as_bytes()));
    assert!(!holds(&receipts[1].bytes, &gbk("补打")));
}

#[test]
fn no_receipt_comes_out_before_the_first_letterhead() {
    let mut bench = Bench::new();
    let one = bench.submit(None, None);
    let printer = bench.plug_in();
    let handle = bench.start_with(bench.settings("epson-tm"), Letterhead::default());
    bench.wait_trouble(None);
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| *e == PrinterEvent::Slip(Paper::Printed));
    assert_eq!(printer.receipts().len(), 1, "the slip alone");
    handle.send(Command::Letterhead(head()));
    bench.wait_paper(&one, Paper::Printed);
    assert!(holds(&printer.receipts()[1].bytes, b"https://county.example/t#"));
}

#[test]
fn stopping_waits_until_the_receipt_is_out() {
    let mut bench = Bench::new();
    let _printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printing);
    handle.stop();
    assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
}

#[test]
fn a_slip_comes_out_or_is_dropped_and_said() {
    let bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| *e == PrinterEvent::Slip(Paper::Printed));
    assert!(holds(&printer.receipts()[0].bytes, &gbk("打印测试")));
    printer.change(|c| c.cover_open = true);
    bench.wait_trouble(Some(Refusal::Fault(PrintFailure::CoverOpen)));
    for _ in 0..2 {
        handle.send(Command::Print(Slip::Test));
        bench.wait(|e| *e == PrinterEvent::Slip(Paper::Waits(Refusal::Fault(PrintFailure::CoverOpen))));
    }
    printer.change(|c| c.cover_open = false);
    bench.wait_trouble(None);
    assert_eq!(printer.receipts().len(), 1);
}

#[test]
fn a_code_that_was_forgotten_gives_no_receipt() {
    let mut bench = Bench::new();
    let one = bench.submit(None, None);
    bench.queue.journal(one.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
    bench.queue = bench.place.open();
    let _printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    handle.send(Command::Reprint(one.ticket));
    bench.wait(|e| *e == PrinterEvent::NoReceipt(one.ticket));
}

#[test]
fn a_slip_behind_a_receipt_that_waits_is_answered_at_once_with_the_trouble_that_is_known() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.paper = machine::Paper::Out);
    let handle = bench.start("epson-tm");
    let no_paper = Paper::Waits(Refusal::Fault(PrintFailure::PaperEnd));
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, no_paper);
    for slip in [Slip::Test, Slip::Reissued { ticket: one.ticket, code: one.code.clone() }] {
        handle.send(Command::Print(slip));
        bench.wait(|e| *e == PrinterEvent::Slip(no_paper));
    }
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    handle.stop();
    assert_eq!(printer.receipts().len(), 1, "the receipt alone");
}

#[test]
fn a_slip_that_was_not_begun_is_dropped_and_said_when_the_visit_is_over() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    // The receipt before it is waited for.
    printer.change(|c| c.fence = false);
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printing);
    handle.send(Command::Print(Slip::Reissued { ticket: one.ticket, code: one.code.clone() }));
    handle.send(Command::VisitOver);
    handle.send(Command::Print(Slip::Test));
    bench.wait_paper(&one, Paper::Unsure);
    printer.change(|c| c.fence = true);
    let slips =
        [bench.wait(|e| matches!(e, PrinterEvent::Slip(_))), bench.wait(|e| matches!(e, PrinterEvent::Slip(_)))];
    assert_eq!(slips, [PrinterEvent::Slip(Paper::Incomplete), PrinterEvent::Slip(Paper::Printing)]);
    bench.wait(|e| matches!(e, PrinterEvent::Slip(Paper::Printed | Paper::Unsure)));
    let receipts = printer.receipts();
    assert!(receipts.len() == 2 && holds(&receipts[1].bytes, &gbk("打印测试")), "{}", receipts.len());
}

#[test]
fn a_copy_that_is_asked_for_while_the_queue_is_away_comes_once_it_is_back() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printed);
    handle.send(Command::LetGo);
    handle.send(Command::Reprint(one.ticket));
    handle.send(Command::Queue(Box::new(bench.queue.again().unwrap())));
    let told = bench.wait(|e| !matches!(e, PrinterEvent::Health(_)));
    assert_eq!(told, PrinterEvent::Job { ticket: one.ticket, paper: Paper::Printing }, "and not that there is none");
    bench.wait_paper(&one, Paper::Printed);
    assert!(holds(&printer.receipts()[1].bytes, &copy_mark(1)));
}
