//! A typical receipt's size, and its time on a wire of 960 bytes a second by the virtual printer's own clock.
//!
//! Figures: at most 600 bytes; at most 1.05 times the time that its bytes alone take. The real thread prints through a
//! pseudo terminal; `cargo bench -p kiosk --bench receipt`. Exits with 1 beyond a figure.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

#[path = "../tests/queue_support/mod.rs"]
mod queue_support;
#[path = "../tests/support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::{
    process::ExitCode,
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    clock::SystemClock,
    printer::{Command, Letterhead, Paper, PrinterEvent, PrinterSettings, Width, built_in, start},
};
use queue_support::{County, Place, draft};
use virtual_printer::{VirtualPrinter, machine::BYTES_PER_SECOND};

const RECEIPTS: usize = 15;
const BYTES_LIMIT: usize = 600;
const TIME_LIMIT: f64 = 1.05;

fn measure(width: Width) -> (usize, f64) {
    let (place, county) = (Place::new(), County::new());
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
    let handle = start(settings, head, clock, move |event| drop(tell.send(event))).unwrap();
    handle.send(Command::Queue(Box::new(queue.again().unwrap())));
    for _ in 0..RECEIPTS {
        let ticket = queue.submit(&draft("村口的路灯坏了。"), &county.sealer).unwrap().ticket;
        handle.send(Command::Kick { ticket, text: None });
        let printed = PrinterEvent::Job { ticket, paper: Paper::Printed };
        while events.recv_timeout(Duration::from_secs(60)).unwrap() != printed {}
    }
    handle.stop();
    let mut receipts: Vec<(usize, f64)> = printer
        .receipts()
        .iter()
        .map(|r| {
            let bytes = u32::try_from(r.bytes.len()).unwrap();
            let alone = f64::from(bytes) / f64::from(u32::try_from(BYTES_PER_SECOND).unwrap());
            (r.bytes.len(), r.wire.as_secs_f64() / alone)
        })
        .collect();
    receipts.sort_by(|a, b| a.1.total_cmp(&b.1));
    receipts[receipts.len() / 2]
}

fn main() -> ExitCode {
    let mut good = true;
    for width in [Width::Mm58, Width::Mm80] {
        let (bytes, ratio) = measure(width);
        println!(
            "{width:?}: {bytes} bytes (at most {BYTES_LIMIT}), {ratio:.3} times the wire's time for them (at most \
             {TIME_LIMIT})"
        );
        good &= bytes <= BYTES_LIMIT && ratio <= TIME_LIMIT;
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
