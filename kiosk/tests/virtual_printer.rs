//! The virtual printer behaves as the reference says, so that what is proved against it means something.

#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use virtual_printer::{
    VirtualPrinter,
    machine::{BYTES_PER_SECOND, Machine, Paper},
    mechanism::{CUT, moves},
};

const JOB: &[u8] = b"\x1b@one\ntwo\n\x1dV\x42\x00";
const FENCE: &[u8] = b"\x1d(H\x06\x00\x30\x30\x00\x00\x00\x07";
const FENCE_ANSWER: &[u8] = &[0x37, 0x22, 0, 0, 0, 7, 0];

#[test]
fn a_healthy_printer_answers_each_question_with_the_fixed_pattern() {
    let mut machine = Machine::default();
    for n in 1..=4 {
        assert_eq!(machine.receive(&[0x10, 0x04, n]), [0x12]);
    }
}

#[test]
fn every_state_keeps_the_fixed_pattern() {
    for paper in [Paper::Present, Paper::NearEnd, Paper::Out] {
        for bits in 0..4u8 {
            let mut machine = Machine::default();
            machine.change(|c| {
                c.paper = paper;
                c.cover_open = bits & 1 != 0;
                c.cutter_jammed = bits & 2 != 0;
            });
            for n in 1..=4 {
                let answer = machine.receive(&[0x10, 0x04, n]);
                assert_eq!(answer.len(), 1);
                assert_eq!(answer[0] & 0b1001_0011, 0b0001_0010, "{paper:?} {bits} {n}");
            }
        }
    }
}

#[test]
fn a_job_becomes_a_receipt_at_its_cut_and_the_fence_is_answered_behind_it() {
    let mut machine = Machine::default();
    assert_eq!(machine.receive(&[JOB, FENCE, b"\x1dr\x01"].concat()), [FENCE_ANSWER, &[0]].concat());
    assert_eq!(machine.receipts().len(), 1);
    assert_eq!(machine.receipts()[0].bytes, JOB);
}

#[test]
fn questions_between_the_bytes_of_a_job_are_no_part_of_the_receipt_but_cost_time_on_the_wire() {
    let mut machine = Machine::default();
    machine.receive(&JOB[..5]);
    assert_eq!(machine.receive(b"\x10\x04\x01"), [0x12]);
    machine.receive(&JOB[5..]);
    let receipt = &machine.receipts()[0];
    assert_eq!(receipt.bytes, JOB);
    let bytes = u32::try_from(JOB.len() + 3).unwrap();
    assert_eq!(receipt.wire, Duration::from_secs(1) * bytes / u32::try_from(BYTES_PER_SECOND).unwrap());
}

#[test]
fn a_question_inside_a_raster_is_answered_as_real_printers_do() {
    let mut machine = Machine::default();
    let raster = b"\x1dv0\x00\x01\x00\x04\x00\xff\x10\x04\x01\xff";
    assert_eq!(machine.receive(raster), [0x12]);
}

#[test]
fn a_cut_inside_the_data_of_a_qr_code_does_not_cut() {
    let mut machine = Machine::default();
    machine.receive(b"\x1d(k\x07\x00\x31\x50\x30\x1dV\x00\x00");
    assert!(machine.receipts().is_empty());
}

#[test]
fn paper_out_in_a_job_holds_the_rest_and_new_paper_prints_it_and_answers_the_fence_late() {
    let mut machine = Machine::default();
    machine.change(|c| c.lines_left = Some(1));
    assert_eq!(machine.receive(&[JOB, FENCE].concat()), b"");
    assert!(machine.receipts().is_empty());
    assert_eq!(machine.receive(b"\x10\x04\x04"), [0x7E]);
    assert_eq!(machine.change(|c| c.paper = Paper::Present), FENCE_ANSWER);
    assert_eq!(machine.receipts()[0].bytes, JOB);
}

#[test]
fn clearing_the_buffers_forgets_the_held_job_and_leaves_a_scrap() {
    let mut machine = Machine::default();
    machine.change(|c| c.lines_left = Some(1));
    machine.receive(JOB);
    assert_eq!(machine.receive(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"), [0x37, 0x25, 0x00]);
    assert_eq!(machine.change(|c| c.paper = Paper::Present), b"");
    assert!(machine.receipts().is_empty());
    assert_eq!(machine.scraps(), [b"\x1b@one\n"]);
}

#[test]
fn a_silent_printer_answers_nothing_and_prints_nothing() {
    let mut machine = Machine::default();
    machine.change(|c| c.silent = true);
    assert_eq!(machine.receive(&[b"\x10\x04\x01", JOB, FENCE].concat()), b"");
    assert!(machine.receipts().is_empty());
}

#[test]
fn garbage_is_no_status() {
    let mut machine = Machine::default();
    machine.change(|c| c.garbage = true);
    assert!(machine.receive(b"\x10\x04\x01").iter().any(|byte| byte & 0b1001_0011 != 0b0001_0010));
}

#[test]
fn over_a_serial_port_a_job_prints_and_the_answer_comes_back_also_after_the_cable_was_pulled() {
    let folder = tempfile::tempdir().unwrap();
    let printer = VirtualPrinter::start(&folder.path().join("printer")).unwrap();
    for round in 1..=2 {
        let path = printer.port().to_string_lossy().into_owned();
        let mut port = serialport::new(path, 9600).timeout(Duration::from_secs(10)).open_native().unwrap();
        port.write_all(&[JOB, FENCE].concat()).unwrap();
        let mut answer = [0; 7];
        port.read_exact(&mut answer).unwrap();
        assert_eq!(answer, FENCE_ANSWER);
        assert!(printer.wait_for(round, Duration::from_secs(10)));
        drop(port);
        printer.replug();
    }
    assert_eq!(printer.receipts().len(), 2);
}

#[test]
fn the_mechanism_waits_for_the_wire_and_for_the_line_before() {
    let byte = |n: u32| Duration::from_secs(n.into()) / u32::try_from(BYTES_PER_SECOND).unwrap();
    let mut machine = Machine::default();
    // Bound by the wire: the last line has come long after the one before it was done.
    machine.receive(&[b"a\n", [b'b'; 200].as_slice(), b"\n", b"\x1dV\x42\x00"].concat());
    // Bound by the mechanism: the knife is at work when a drawn band of 320 dots has come, and the lines behind it too.
    machine.receive(&[b"\x1dv0\x00\x01\x00\x40\x01", [0; 320].as_slice(), b"a\nb\n\x1dV\x42\x00"].concat());
    let receipts = machine.receipts();
    assert_eq!((receipts[0].dots, receipts[0].out), (68, byte(203) + moves(34) + CUT));
    assert_eq!((receipts[1].dots, receipts[1].out), (388, receipts[0].out + moves(388) + CUT));
}

#[test]
fn lines_are_as_tall_as_their_letters_and_codes_as_their_modules() {
    let mut machine = Machine::default();
    let qr = [b"\x1d(k\x03\x001C\x04\x1d(k\x03\x001E1\x1d(k\x07\x001P0four", b"\x1d(k\x03\x001Q0".as_slice()].concat();
    let barcode = b"\x1dh\x40\x1dk\x49\x02{B";
    machine.receive(&[b"\x1d!\x11big\n\x1d!\x00small\n", barcode.as_slice(), &qr, b"\x1bJ\x10\x1dV\x42\x00"].concat());
    // Two sizes of text, a barcode, a QR code of 21 modules by 4 dots, and a feed.
    assert_eq!(machine.receipts()[0].dots, 48 + 34 + 64 + 84 + 16);
}
