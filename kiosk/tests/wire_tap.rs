//! The demo listens on the line to a real printer: a slow one loses nothing, one that was pulled comes back.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the devices are shared with the demo")]
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../examples/demo/device.rs"]
mod device;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{
    io::{Read as _, Write as _},
    path::Path,
    time::Duration,
};

use device::WireTap;
use kiosk::{
    config,
    printer::{Line as _, Port, PortError, built_in},
};
use serialport::{SerialPort as _, TTYPort};
use virtual_printer::VirtualPrinter;
use wait::until;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);
/// A line that takes nothing for so long is full.
const FULL: Duration = Duration::from_millis(300);

const RECEIPTS: usize = 300;

fn settings(profile: &str) -> config::Printer {
    config::Printer { profile: profile.into(), baud: 115_200, ..config::Printer::default() }
}

fn open(link: &Path, profile: &str) -> Result<Port, PortError> {
    Port::open(link, 115_200, built_in(profile).unwrap().flow)
}

/// Numbered receipts, as a printer without a knife gets them.
fn job() -> Vec<u8> {
    let receipt = |number: usize| format!("\x1b@{number:0>300}\n\x1bd\x04").into_bytes();
    (0..RECEIPTS).flat_map(receipt).collect()
}

#[test]
fn a_printer_that_takes_nothing_for_a_while_and_then_little_at_a_time_gets_every_byte_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("printer");
    let (mut printer, device) = TTYPort::pair().unwrap();
    printer.set_timeout(Duration::from_millis(1)).unwrap();
    let tap = WireTap::start(&link, Path::new(&device.name().unwrap()), &settings("generic-58")).unwrap();
    let mut terminal = open(&link, "generic-58").unwrap();

    let (job, mut sent) = (job(), 0);
    loop {
        match terminal.write(&job[sent..], FULL).unwrap() {
            0 => break,
            count => sent += count,
        }
    }
    assert!(sent < job.len(), "the line was never full");

    let (mut received, mut bytes) = (Vec::new(), [0; 64]);
    until("the whole job at the printer", PATIENCE, || {
        loop {
            if sent < job.len() {
                sent += terminal.write(&job[sent..], Duration::ZERO).unwrap();
            }
            match printer.read(&mut bytes) {
                Ok(count) => received.extend_from_slice(&bytes[..count]),
                Err(_) => return Ok((received.len() >= job.len()).then_some(())),
            }
        }
    })
    .unwrap();
    assert!(received == job, "other bytes came out");
    let kept: Vec<u8> = tap.receipts().into_iter().flat_map(|receipt| receipt.bytes).collect();
    assert_eq!((tap.receipts().len(), kept == job), (RECEIPTS, true));

    printer.write_all(&[0x12]).unwrap();
    let answer = until("an answer", PATIENCE, || {
        let mut bytes = [0; 8];
        let count = terminal.read(&mut bytes, Duration::from_millis(20)).unwrap();
        Ok((count > 0).then(|| bytes[..count].to_vec()))
    });
    assert_eq!(answer.unwrap(), [0x12]);
}

#[test]
fn a_printer_that_was_pulled_is_gone_for_the_terminal_and_prints_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("line");
    let printer = VirtualPrinter::start(&folder.path().join("printer")).unwrap();
    let tap = WireTap::start(&link, printer.port(), &settings("epson-tm")).unwrap();
    let mut terminal = open(&link, "epson-tm").unwrap();

    printer.replug();
    until("the terminal to lose the printer", PATIENCE, || {
        Ok(terminal.read(&mut [0; 8], Duration::from_millis(20)).is_err().then_some(()))
    })
    .unwrap();
    drop(terminal);
    let mut terminal = until("the printer to be back", PATIENCE, || Ok(open(&link, "epson-tm").ok())).unwrap();
    let mut job: &[u8] = b"\x1b@one\n\x1dV\x42\x00";
    until("the printer to take the job", PATIENCE, || {
        job = &job[terminal.write(job, FULL).unwrap()..];
        Ok(job.is_empty().then_some(()))
    })
    .unwrap();
    assert!(printer.wait_for(1, PATIENCE));
    until("the tap to have heard it", PATIENCE, || Ok((tap.receipts().len() == 1).then_some(()))).unwrap();
}

#[test]
fn a_device_that_is_missing_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("ttyUSB7");
    let problem = WireTap::start(&folder.path().join("line"), &missing, &settings("escpos")).err().unwrap();
    assert!(problem.to_string().contains("ttyUSB7, there is none"), "{problem}");
}
