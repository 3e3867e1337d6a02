//! A receipt that broke off never hangs at the next one: somebody else would take its number and code home.
#![expect(clippy::unwrap_used, reason = "tests")]

mod queue_support;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    clock::SystemClock,
    printer::{Command, Handle, Letterhead, Paper, PrinterEvent, PrinterSettings, Width, built_in, start},
    queue::{CODE_KEPT, PrintState, Queue, Submitted},
};
use queue_support::{County, Place, draft, holds};
use virtual_printer::{VirtualPrinter, machine};

/// Longer than any patience with a receipt.
const SOON: Duration = Duration::from_secs(60);

fn service(place: &Place, printer: &VirtualPrinter, profile: &str) -> (Handle, mpsc::Receiver<PrinterEvent>) {
    let mut settings =
        PrinterSettings::new(printer.port().to_owned(), 115_200, built_in(profile).unwrap(), Width::Mm58);
    settings.rest = Duration::from_millis(30);
    let head =
        Letterhead {
            station: "花桥站".into(), public_base: "https://county.example".into(), ..Letterhead::default()
        };
    let (tell, told) = mpsc::channel();
    let handle = start(settings, head, Arc::new(SystemClock::start()), move |event| drop(tell.send(event))).unwrap();
    handle.send(Command::Queue(Box::new(place.open().again().unwrap())));
    (handle, told)
}

fn wait(told: &mpsc::Receiver<PrinterEvent>, one: &Submitted, papers: &[Paper]) {
    let is_it = |event: &PrinterEvent| matches!(event, PrinterEvent::Job { ticket, paper } if *ticket == one.ticket && papers.contains(paper));
    while !is_it(&told.recv_timeout(SOON).unwrap()) {}
}

/// Pulls the cable once so many bytes of a receipt are out.
fn break_off_at(printer: &VirtualPrinter, bytes: usize) {
    while printer.printed().len() < bytes {
        assert!(printer.receipts().is_empty(), "it was out before the cable was");
        std::thread::yield_now();
    }
    printer.replug();
}

/// Whose numbers stand on which piece.
fn pieces(printer: &VirtualPrinter, tickets: &[&Submitted]) -> Vec<Vec<usize>> {
    let pieces = printer.receipts().into_iter().map(|receipt| receipt.bytes).chain(printer.scraps());
    let is_on = |bytes: &[u8], one: &Submitted| {
        holds(bytes, one.ticket.grouped().as_bytes()) || holds(bytes, one.code.grouped().as_bytes())
    };
    pieces.map(|bytes| (0..tickets.len()).filter(|at| is_on(&bytes, tickets[*at])).collect()).collect()
}

/// What became of the receipt that broke off before the program was started anew.
type Between = fn(&Place, &mut Queue, &Submitted);

fn the_next_receipt_stands_alone(profile: &str, next: Paper, restart: Option<Between>) {
    let (place, county) = (Place::new(), County::new());
    let devices = tempfile::tempdir().unwrap();
    let printer = VirtualPrinter::start(&devices.path().join("printer")).unwrap();
    printer.change(|conditions: &mut machine::Conditions| conditions.knife = profile != "generic-58");
    printer.set_pace(2);
    let mut queue = place.open();
    let (handle, told) = service(&place, &printer, profile);
    let first = queue.submit(&draft("修路"), &county.sealer).unwrap();
    break_off_at(&printer, 200);
    wait(&told, &first, &[Paper::Unsure]);
    assert_eq!(queue.print_job(first.ticket).unwrap().unwrap().state, PrintState::Unknown { attempt: 1 });

    let (handle, told) = if let Some(between) = restart {
        handle.stop();
        between(&place, &mut queue, &first);
        service(&place, &printer, profile)
    } else {
        (handle, told)
    };
    let second = queue.submit(&draft("修桥"), &county.sealer).unwrap();
    wait(&told, &second, &[next]);
    handle.stop();
    let pieces = pieces(&printer, &[&first, &second]);
    assert!(pieces.contains(&vec![0]) && pieces.contains(&vec![1]), "{profile}: {pieces:?}");
    assert!(!pieces.contains(&vec![0, 1]), "{profile}: {pieces:?}");
}

#[test]
fn with_a_printer_that_can_be_cleared() {
    the_next_receipt_stands_alone("epson-tm", Paper::Printed, None);
}

#[test]
fn with_a_printer_that_cannot_be_cleared() {
    // Whose fence was answered, nobody knows.
    the_next_receipt_stands_alone("escpos", Paper::Unsure, None);
}

#[test]
fn with_a_printer_that_only_has_a_tear_bar() {
    the_next_receipt_stands_alone("generic-58", Paper::Unsure, None);
}

#[test]
fn also_where_the_program_was_started_anew_between_them() {
    the_next_receipt_stands_alone("escpos", Paper::Printed, Some(|_, _, _| {}));
}

#[test]
fn also_where_it_was_to_be_begun_again_and_nobody_waits_for_it_any_more() {
    the_next_receipt_stands_alone(
        "escpos",
        Paper::Printed,
        Some(|place, queue, first| {
            queue.journal(first.job, PrintState::Prepared { after: 1 }, None).unwrap();
            place.clock.go_on(CODE_KEPT);
            assert_eq!(queue.tidy().unwrap().codes_forgotten, 1);
        }),
    );
}
