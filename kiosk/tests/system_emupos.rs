//! Our printer's thread prints to emupos, which nobody here wrote: the whole receipt is read back, and each fault is
//! what we say it is. "Printed" is said only where its picture exists.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::allow_attributes, unreachable_pub, reason = "waiting is shared with the demo")]

#[path = "support/emupos.rs"]
mod emupos;
mod printer_support;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{path::Path, sync::Arc};

use emupos::{COVER_OPEN, Emupos, NEAR_END, PAPER_OUT, text};
use image::GrayImage;
use kiosk::{
    clock::SystemClock,
    printer::{
        Align, Characters, Command, Cut, Handle, Letterhead, Op, Paper, PaperLevel, PrinterEvent, PrinterSettings,
        Refusal, Slip, Width, built_in, render, start,
    },
    queue::{PrintFailure, PrintState},
};
use printer_support::{Bench, head};

/// Two characters of this name are in no printer's font.
const RARE: &str = "㙦𠮷村联络站";

/// emupos knows neither `GS ( H` nor `DLE DC4 8`.
fn settings(port: &Path, width: Width) -> PrinterSettings {
    let mut settings = PrinterSettings::new(port.to_owned(), 115_200, built_in("escpos").unwrap(), width);
    settings.rest = std::time::Duration::from_millis(30);
    settings
}

/// A terminal's queue and printer's thread at emupos.
fn at(emupos: &Emupos, width: Width, head: Letterhead) -> (Bench, Handle) {
    let bench = Bench::new();
    let handle = bench.start_with(settings(&emupos.port(), width), head);
    (bench, handle)
}

/// The dots of the band that a line becomes, as our bytes have them: row by row.
fn band(line: &str) -> Vec<Vec<bool>> {
    let bytes = render(&[Op::Align(Align::Centre), Op::Line(line.into())], Cut::None, Characters::Gbk);
    let at = bytes.windows(3).position(|window| window == b"\x1dv0").expect("a raster");
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let (across, rows) = (short(at + 4), short(at + 6));
    let dots = &bytes[at + 8..at + 8 + across * rows];
    dots.chunks(across)
        .map(|row| row.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)).collect())
        .collect()
}

/// The dots of a picture.
fn dots(picture: &Path) -> Vec<Vec<bool>> {
    let picture: GrayImage = image::open(picture).unwrap().to_luma8();
    picture.rows().map(|row| row.map(|pixel| pixel.0[0] < 128).collect()).collect()
}

#[test]
fn a_whole_receipt_with_a_drawn_line_is_read_back_on_both_widths_of_paper() {
    for width in [Width::Mm58, Width::Mm80] {
        let folder = tempfile::tempdir().unwrap();
        let Some(emupos) = Emupos::start(folder.path(), width.dots()) else { return };
        let head = Letterhead {
            station: RARE.into(),
            telephone: "0570-1234567".into(),
            reply_period: Some("送到县里后3个工作日内答复".into()),
            ..head()
        };
        let (mut bench, handle) = at(&emupos, width, head);
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Printed);
        let picture = emupos.picture(1);
        let read = text(&picture);
        for wanted in [
            "意见登记小票",
            &one.ticket.grouped(),
            &format!("查询码 {}", one.code.grouped()),
            "类别 道路",
            "地点 花桥村",
            "时间 2026年12月1日 09:30",
            "先由本站代表接收",
            "送到县里后3个工作日内答复",
            "本站电话 0570-1234567",
            &format!("[barcode CODE128 {}]", one.ticket),
        ] {
            assert!(read.contains(wanted), "{wanted} is missing at {width:?}:\n{read}");
        }
        // What our rasteriser meant stands in the picture, dot for dot, in the middle of blank paper.
        let (band, dots) = (band(RARE), dots(&picture));
        let left = (usize::from(width.dots()) - band[0].len()) / 2;
        let line = |row: &Vec<bool>| {
            let mut line = vec![false; usize::from(width.dots())];
            line[left..left + row.len()].copy_from_slice(row);
            line
        };
        let meant: Vec<_> = band.iter().map(line).collect();
        assert!(meant.iter().flatten().any(|ink| *ink));
        assert_eq!(dots.windows(meant.len()).filter(|rows| *rows == meant).count(), 1, "at {width:?}");
        let codes = std::process::Command::new("zbarimg").arg("--quiet").arg(&picture).output().unwrap();
        let codes = String::from_utf8(codes.stdout).unwrap();
        assert!(codes.contains(&format!("/t#{}.{}", one.ticket, one.secret.text())), "{codes}");
        assert!(codes.contains(&format!("CODE-128:{}", one.ticket)), "{codes}");
        handle.stop();
    }
}

#[test]
fn paper_that_ends_with_the_receipt_under_way_gives_one_receipt_and_printed_is_said_when_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emupos) = Emupos::start(folder.path(), Width::Mm58.dots()) else { return };
    let emupos = Arc::new(emupos);
    let mut bench = Bench::new();
    // The paper ends when everything was asked and nothing was sent.
    let (paper, tell, ended) = (Arc::clone(&emupos), bench.tell.clone(), std::cell::Cell::new(false));
    let told = move |event| {
        if matches!(event, PrinterEvent::Job { paper: Paper::Printing, .. }) && !ended.replace(true) {
            paper.fault(PAPER_OUT, true);
        }
        drop(tell.send(event));
    };
    let clock = Arc::new(SystemClock::start());
    let handle = start(settings(&emupos.port(), Width::Mm58), head(), clock, told).unwrap();
    handle.send(Command::Queue(Box::new(bench.queue.again().unwrap())));

    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Waits(Refusal::Fault(PrintFailure::PaperEnd)));
    assert_eq!(bench.state(&one), PrintState::Failed { attempt: 1, reason: PrintFailure::PaperEnd });
    assert!(emupos.pictures().is_empty(), "nothing came out, and nothing was called printed");
    // After new paper the printer prints what it held, and answers the fence late.
    emupos.fault(PAPER_OUT, false);
    bench.wait_paper(&one, Paper::Printed);
    let first = text(&emupos.picture(1));
    assert!(first.contains(&one.ticket.grouped()) && !first.contains("补打"), "{first}");
    assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });

    let two = bench.submit(Some(&handle), None);
    bench.wait_paper(&two, Paper::Printed);
    let second = text(&emupos.picture(2));
    assert!(second.contains(&two.ticket.grouped()) && !second.contains(&one.ticket.grouped()), "{second}");
    handle.stop();
}

#[test]
fn an_open_cover_holds_the_receipt_back_and_paper_near_its_end_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emupos) = Emupos::start(folder.path(), Width::Mm58.dots()) else { return };
    emupos.fault(COVER_OPEN, true);
    let (mut bench, handle) = at(&emupos, Width::Mm58, head());
    bench.wait_trouble(Some(Refusal::Fault(PrintFailure::CoverOpen)));
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Waits(Refusal::Fault(PrintFailure::CoverOpen)));
    assert_eq!(bench.state(&one), PrintState::Prepared { after: 0 }, "nothing was sent");
    emupos.fault(NEAR_END, true);
    emupos.fault(COVER_OPEN, false);
    bench.wait_paper(&one, Paper::Printed);
    emupos.picture(1);
    handle.send(Command::Print(Slip::Test));
    bench.wait(|event| *event == PrinterEvent::Slip(Paper::Printed));
    assert!(text(&emupos.picture(2)).contains("打印测试"));

    emupos.fault(NEAR_END, false);
    bench.wait_health(|health| health.status.is_some_and(|status| status.paper == PaperLevel::Ok));
    emupos.fault(NEAR_END, true);
    bench.wait_health(|health| health.status.is_some_and(|status| status.paper == PaperLevel::Near));
    emupos.fault(PAPER_OUT, true);
    bench.wait_trouble(Some(Refusal::Fault(PrintFailure::PaperEnd)));
    handle.stop();
}
