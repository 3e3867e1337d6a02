//! A typical receipt's size, its time on a wire of 960 bytes a second by the virtual printer's own clock, and its time from
//! submission to cut: what the terminal takes until it sends, and then by that clock.
//!
//! Figures: at most 600 bytes; on the wire at most 1.05 times what its bytes alone take; until it is cut at most 1.05
//! times the slower of wire and mechanism (90 mm a second, simulated), and the cut. The real thread prints through a
//! pseudo terminal; `cargo bench --workspace --bench receipt`. Exits with 1 beyond a figure.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

#[path = "../tests/queue_support/mod.rs"]
mod queue_support;
mod support;
#[path = "../tests/support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::{
    process::ExitCode,
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    clock::{Clock as _, SystemClock},
    printer::{Command, Letterhead, Paper, PrinterEvent, PrinterSettings, Width, built_in, start},
};
use queue_support::{County, Place, draft};
use support::{quantile, verdict};
use virtual_printer::{VirtualPrinter, machine::BYTES_PER_SECOND, mechanism};

const RECEIPTS: usize = 15;
const BYTES_LIMIT: f64 = 600.0;
const TIME_LIMIT: f64 = 1.05;

/// One receipt: its bytes, and what it took of the time that it had to take.
struct Measured {
    bytes: f64,
    wire: f64,
    cut: f64,
}

/// Each receipt has a printer of its own: a mechanism that is still busy with the last one would be in the way.
fn measure(width: Width, county: &County) -> Measured {
    let place = Place::new();
    let port = place.folder.path().join("printer");
    let printer = VirtualPrinter::start(&port).unwrap();
    let mut queue = place.open();
    let head = Letterhead {
        station: "花桥镇人大代表联络站".into(),
        telephone: "0793-7521234".into(),
        public_base: "https://lianxin.dexing.gov.cn".into(),
        reply_period: Some("送到县里后 3 个工作日内答复".into()),
        zone: "Asia/Shanghai".into(),
    };
    let settings = PrinterSettings::new(port, 9600, built_in("epson-tm").unwrap(), width);
    let (tell, events) = mpsc::channel();
    let clock = Arc::new(SystemClock::start());
    let handle = start(settings, head, clock.clone(), move |event| drop(tell.send(event))).unwrap();
    handle.send(Command::Queue(Box::new(queue.again().unwrap())));
    let comes = |wanted: &dyn Fn(&PrinterEvent) -> bool| {
        while !wanted(&events.recv_timeout(Duration::from_secs(60)).unwrap()) {}
    };
    comes(&|event| matches!(event, PrinterEvent::Health(health) if health.is_ready()));
    let (submitted, began) = (printer.clock(), clock.monotonic());
    let ticket = queue.submit(&draft("村口的路灯坏了。"), &county.sealer).unwrap().ticket;
    handle.send(Command::Kick { ticket, text: None });
    comes(&|event| *event == PrinterEvent::Job { ticket, paper: Paper::Printing });
    let until_sending = clock.monotonic() - began;
    comes(&|event| *event == PrinterEvent::Job { ticket, paper: Paper::Printed });
    handle.stop();
    let receipt = printer.receipts().remove(0);
    let bytes = f64::from(u32::try_from(receipt.bytes.len()).unwrap());
    let alone = bytes / f64::from(u32::try_from(BYTES_PER_SECOND).unwrap());
    let least = alone.max(mechanism::moves(receipt.dots).as_secs_f64()) + mechanism::CUT.as_secs_f64();
    let until_cut = until_sending + receipt.out - submitted;
    Measured { bytes, wire: receipt.wire.as_secs_f64() / alone, cut: until_cut.as_secs_f64() / least }
}

fn main() -> ExitCode {
    let county = County::new();
    let mut good = true;
    for width in [Width::Mm58, Width::Mm80] {
        let receipts: Vec<Measured> = (0..RECEIPTS).map(|_| measure(width, &county)).collect();
        let median = |of: fn(&Measured) -> f64| quantile(&receipts.iter().map(of).collect::<Vec<_>>(), 0.5);
        let (bytes, wire, cut) = (median(|r| r.bytes), median(|r| r.wire), median(|r| r.cut));
        println!("{width:?}, simulated printer:");
        good &= verdict("  bytes", bytes, bytes <= BYTES_LIMIT, "limit 600");
        good &= verdict("  on the wire, times its bytes alone", wire, wire <= TIME_LIMIT, "limit 1.05");
        good &= verdict("  submission to cut, times the least", cut, cut <= TIME_LIMIT, "limit 1.05");
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
