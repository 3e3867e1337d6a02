//! A disk that fails under the printer's thread: nothing goes out that was not written down, and whoever owns the queue
//! hears of it.

#[path = "support/forgetful/mod.rs"]
mod forgetful;
mod printer_support;

use std::sync::mpsc;

use forgetful::{
    Forgetful,
    illness::{Illness, Of, Work},
};
use kiosk::{
    printer::{Command, Paper, PrinterEvent},
    queue::PrintState,
};
use printer_support::{
    Bench, copy_mark, head,
    queue_support::{County, Place, holds},
    virtual_printer::VirtualPrinter,
};

#[test]
fn nothing_goes_out_that_the_disk_did_not_take_and_the_receipt_comes_once_when_it_is_well() {
    let (disk, mount, dev) = (Forgetful::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mounted = disk.mount(mount.path()).unwrap();
    let place = Place::below(mount.path());
    let (tell, events) = mpsc::channel();
    let mut bench = Bench { queue: place.open(), place, county: County::new(), events, tell };
    let printer = VirtualPrinter::start(&dev.path().join("printer")).unwrap();
    let mut settings = bench.settings("epson-tm");
    settings.port = printer.port().to_owned();

    let one = bench.submit(None, None);
    disk.disk().fall_ill(Some(Illness::of(Of::Log, &[Work::Sync])));
    let handle = bench.start_with(settings, head());
    bench.wait(|event| *event == PrinterEvent::QueueFailed);
    assert!(printer.receipts().is_empty());
    disk.disk().fall_ill(None);
    bench.queue.reopen().unwrap();
    assert_eq!(bench.state(&one), PrintState::Prepared { after: 0 });
    handle.send(Command::Queue(Box::new(bench.queue.again().unwrap())));
    bench.wait_paper(&one, Paper::Printed);
    let receipts = printer.receipts();
    assert_eq!(receipts.len(), 1);
    assert!(!holds(&receipts[0].bytes, &copy_mark(1)), "the original");
    assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
    handle.stop();
    drop(bench);
    mounted.umount_and_join().unwrap();
}
