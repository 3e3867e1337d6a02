//! Faults of the printer, each by its name, against the virtual printer on a pseudo terminal.
#![expect(clippy::unwrap_used, reason = "tests")]

mod queue_support;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    clock::SystemClock,
    printer::{
        Command, Handle, Letterhead, Paper, PaperLevel, PrinterEvent, PrinterHealth, PrinterSettings, Slip, Width,
        built_in, start,
    },
    queue::{CODE_KEPT, PrintState, Queue, Submitted},
};
use queue_support::{County, Place, draft, holds};
use virtual_printer::{VirtualPrinter, machine};
use zeroize::Zeroizing;

/// Longer than any patience with a receipt.
const SOON: Duration = Duration::from_secs(30);

fn head() -> Letterhead {
    Letterhead {
        station: "花桥镇人大代表联络站".into(),
        public_base: "https://county.example".into(),
        zone: "Asia/Shanghai".into(),
        ..Letterhead::default()
    }
}

struct Bench {
    place: Place,
    county: County,
    queue: Queue,
    events: mpsc::Receiver<PrinterEvent>,
    tell: mpsc::Sender<PrinterEvent>,
}

impl Bench {
    fn new() -> Self {
        let place = Place::new();
        let queue = place.open();
        let (tell, events) = mpsc::channel();
        Self { place, county: County::new(), queue, events, tell }
    }

    fn port(&self) -> PathBuf {
        self.place.folder.path().join("printer")
    }

    fn plug_in(&self) -> VirtualPrinter {
        VirtualPrinter::start(&self.port()).unwrap()
    }

    fn start(&self, profile: &str) -> Handle {
        let mut settings = PrinterSettings::new(self.port(), 115_200, built_in(profile).unwrap(), Width::Mm58);
        settings.rest = Duration::from_millis(30);
        self.start_with(settings, head())
    }

    fn start_with(&self, settings: PrinterSettings, head: Letterhead) -> Handle {
        let tell = self.tell.clone();
        let queue = self.queue.again().unwrap();
        let handle =
            start(settings, head, Arc::new(SystemClock::start()), move |event| drop(tell.send(event))).unwrap();
        handle.send(Command::Queue(Box::new(queue)));
        handle
    }

    fn submit(&mut self, handle: Option<&Handle>, words: Option<&str>) -> Submitted {
        let one = self.queue.submit(&draft(words.unwrap_or("修路")), &self.county.sealer).unwrap();
        if let Some(handle) = handle {
            let text = words.map(|words| Zeroizing::new(words.to_owned()));
            handle.send(Command::Kick { ticket: one.ticket, text });
        }
        one
    }

    /// Waits for an event; those before it are passed over.
    fn wait(&self, what: impl Fn(&PrinterEvent) -> bool) -> PrinterEvent {
        let mut seen = Vec::new();
        loop {
            match self.events.recv_timeout(SOON) {
                Ok(event) if what(&event) => return event,
                Ok(event) => seen.push(event),
                Err(_) => panic!("it did not come; before it came {seen:?}"),
            }
        }
    }

    fn wait_paper(&self, one: &Submitted, paper: Paper) {
        self.wait(|e| *e == PrinterEvent::Job { ticket: one.ticket, paper });
    }

    fn wait_health(&self, is: impl Fn(&PrinterHealth) -> bool) {
        self.wait(|e| matches!(e, PrinterEvent::Health(health) if is(health)));
    }

    fn state(&self, one: &Submitted) -> PrintState {
        self.queue.print_job(one.ticket).unwrap().unwrap().state
    }
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

fn copy_mark(number: u32) -> Vec<u8> {
    gbk(&format!("补打 第{number}次"))
}

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
fn paper_end_mid_ticket_reprints_the_whole_ticket_once() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.lines_left = Some(4));
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::NoPaper);
    assert!(matches!(bench.state(&one), PrintState::Failed { attempt: 1, .. }));
    // The printer holds the rest of the job until it is cleared, so new paper comes while it is silent no longer.
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    let whole: Vec<_> = printer.receipts().iter().map(|r| holds(&r.bytes, &copy_mark(1))).collect();
    assert_eq!(whole.iter().filter(|marked| **marked).count(), usize::from(whole.len() == 2 || whole == [true]));
    assert!(whole.len() <= 2 && whole.iter().filter(|marked| !**marked).count() <= 1, "never two unmarked");
}

#[test]
fn a_held_job_that_prints_on_after_new_paper_is_confirmed_by_its_late_fence() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.lines_left = Some(4));
    let handle = bench.start("escpos");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::NoPaper);
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
    bench.wait_paper(&one, Paper::NoPaper);
    assert_eq!(bench.state(&one), PrintState::Prepared { after: 0 });
    let next = bench.submit(Some(&handle), None);
    bench.wait_paper(&next, Paper::NoPaper);
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
    bench.wait_paper(&one, Paper::NoPrinter);
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
    bench.wait_paper(&one, Paper::NoPrinter);
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
    bench.wait_health(|h| h.port_problem.is_none() && !h.answering);
    bench.wait_paper(&one, Paper::NoPrinter);
    printer.change(|c| (c.garbage, c.silent) = (false, true));
    assert!(printer.receipts().is_empty());
    printer.change(|c| c.silent = false);
    bench.wait_paper(&one, Paper::Printed);
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
    bench.wait_health(|h| h.port_problem.is_none() && !h.answering);
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Unsure);
    assert_eq!(bench.state(&one), PrintState::Unknown { attempt: 1 });
    assert!(holds(&printer.printed(), &gbk("意见登记小票")));
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| *e == PrinterEvent::Slip(Paper::Unsure));
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
    let mut settings = PrinterSettings::new(bench.port(), 115_200, built_in("epson-tm").unwrap(), Width::Mm58);
    settings.rest = Duration::from_millis(30);
    let handle = bench.start_with(settings, Letterhead::default());
    bench.wait_health(PrinterHealth::is_ready);
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
    bench.wait_health(|h| h.cover_open);
    for _ in 0..2 {
        handle.send(Command::Print(Slip::Test));
        bench.wait(|e| *e == PrinterEvent::Slip(Paper::NoPaper));
    }
    printer.change(|c| c.cover_open = false);
    bench.wait_health(PrinterHealth::is_ready);
    assert_eq!(printer.receipts().len(), 1);
}

#[test]
fn a_cable_pulled_and_plugged_in_again_needs_no_restart() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    let handle = bench.start("epson-tm");
    bench.wait_health(|h| h.answering && h.paper == PaperLevel::Ok);
    printer.replug();
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Printed);
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
fn a_receipt_that_failed_before_a_restart_comes_out_as_a_marked_copy_once_there_is_paper() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.lines_left = Some(4));
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::NoPaper);
    handle.stop();
    bench.queue = bench.place.open();
    let _handle = bench.start("epson-tm");
    bench.wait_health(|h| h.paper == PaperLevel::Out);
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    let receipts = printer.receipts();
    assert!(holds(&receipts.last().unwrap().bytes, &copy_mark(1)));
    assert!(receipts.iter().filter(|r| !holds(&r.bytes, &gbk("补打"))).count() <= 1, "never two unmarked");
}

#[test]
fn a_receipt_that_waits_too_long_for_paper_comes_out_for_nobody() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| c.paper = machine::Paper::Out);
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::NoPaper);
    bench.place.clock.go_on(CODE_KEPT);
    assert_eq!(bench.queue.tidy().unwrap().codes_forgotten, 1);
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_health(PrinterHealth::is_ready);
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| *e == PrinterEvent::Slip(Paper::Printed));
    assert_eq!(printer.receipts().len(), 1, "the slip alone");
}
