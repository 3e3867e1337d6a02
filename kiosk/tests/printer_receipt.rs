//! Receipts as bytes: golden files for both papers, their size, and what a suggestion can't do to a printer.
//!
//! `LIANXIN_BLESS=1 cargo test --test printer_receipt` writes the golden files anew; look at them before committing.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use kiosk::printer::{Characters, Cut, Letterhead, Op, Receipt, Slip, Width, columns, render};
use proptest::prelude::*;
use wire::{
    secret::{QueryCode, Secret, track_link},
    ticket::{TerminalNumber, TicketNumber},
};

fn head() -> Letterhead {
    Letterhead {
        station: "花桥镇人大代表联络站".into(),
        telephone: "0793-7521234".into(),
        public_base: "https://lianxin.dexing.gov.cn".into(),
        reply_period: Some("送到县里后 3 个工作日内答复".into()),
        zone: "Asia/Shanghai".into(),
    }
}

fn ticket() -> TicketNumber {
    TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, 42).unwrap()
}

fn with<T>(copy: u32, text: Option<&str>, use_it: impl FnOnce(&Receipt<'_>) -> T) -> T {
    let (head, code): (Letterhead, QueryCode) = (head(), "381204".parse().unwrap());
    let secret: Secret = "AAECAwQFBgcICQoLDA0ODw".parse().unwrap();
    let link = track_link(&head.public_base, ticket(), &secret);
    use_it(&Receipt {
        head: &head,
        ticket: ticket(),
        code: &code,
        link: &link,
        category: "道路",
        place: Some("花桥村"),
        at: Some("2026-12-01T09:30:00".parse().unwrap()),
        text,
        copy,
    })
}

fn lines(ops: &[Op]) -> Vec<&str> {
    ops.iter().filter_map(|op| if let Op::Line(text) = op { Some(text.as_str()) } else { None }).collect()
}

fn same_as_golden(name: &str, bytes: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/printer_golden").join(name);
    if std::env::var_os("LIANXIN_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        kiosk::durable::write(&path, bytes, 0o644).unwrap();
    }
    assert_eq!(bytes.escape_ascii().to_string(), fs::read(&path).unwrap().escape_ascii().to_string(), "{name}");
}

#[test]
fn receipts_and_slips_are_the_golden_bytes_on_both_papers() {
    for (name, width) in [("58", Width::Mm58), ("80", Width::Mm80)] {
        with(0, None, |r| {
            same_as_golden(&format!("receipt_{name}.bin"), &render(&r.layout(width), Cut::GsV, Characters::Gbk))
        });
        let words = "村口到学校的路有三处大坑，下雨天孩子们走不过去（昨天摔了两个）。请尽快修一修！";
        with(2, Some(words), |r| {
            same_as_golden(&format!("copy_with_words_{name}.bin"), &render(&r.layout(width), Cut::GsV, Characters::Gbk))
        });
        let code = "771905".parse().unwrap();
        let slip = Slip::Reissued { ticket: ticket(), code }.layout(&head(), width);
        same_as_golden(&format!("reissued_{name}.bin"), &render(&slip, Cut::GsV, Characters::Gbk));
        same_as_golden(
            &format!("test_{name}.bin"),
            &render(&Slip::Test.layout(&head(), width), Cut::GsV, Characters::Gbk),
        );
    }
}

#[test]
fn a_typical_receipt_has_at_most_600_bytes() {
    for width in [Width::Mm58, Width::Mm80] {
        let bytes = with(0, None, |r| render(&r.layout(width), Cut::GsV, Characters::Gbk));
        assert!(bytes.len() <= 600, "{width:?}: {} bytes", bytes.len());
    }
}

#[test]
fn a_receipt_says_who_has_it_and_promises_only_what_the_county_does() {
    with(0, None, |r| {
        let layout = r.layout(Width::Mm58);
        let lines = lines(&layout);
        for line in [
            "意见登记小票",
            "花桥镇人大代表联络站",
            "查询码 381 204",
            "类别 道路",
            "地点 花桥村",
            "时间 2026年12月1日 09:30",
            "先由本站代表接收",
            "送到县里后 3 个工作日内答复",
            "本站电话 0793-7521234",
        ] {
            assert!(lines.contains(&line), "{line} is missing in {lines:?}");
        }
        assert!(lines.contains(&ticket().grouped().as_str()));
        let bare = Letterhead { reply_period: None, telephone: String::new(), ..head() };
        let layout = Receipt { head: &bare, at: None, place: None, ..r.clone() }.layout(Width::Mm58);
        assert!(!layout.iter().any(|op| matches!(op, Op::Line(l) if l.contains('日') || l.contains("电话"))));
    });
}

#[test]
fn copies_are_marked_and_originals_are_not() {
    let marked = |copy| {
        with(copy, None, |r| {
            let layout = r.layout(Width::Mm58);
            lines(&layout).iter().find(|l| l.contains("补打")).map(ToString::to_string)
        })
    };
    assert_eq!((marked(0), marked(3)), (None, Some("补打 第3次".into())));
}

#[test]
fn the_qr_keeps_four_blank_modules_and_fits_also_with_a_long_address() {
    for width in [Width::Mm58, Width::Mm80] {
        for base in ["https://a.cn", "https://very-long-name.of-a-county.of-a-province.gov.example/platform/lianxin"] {
            let code: QueryCode = "381204".parse().unwrap();
            let head = Letterhead { public_base: base.into(), ..head() };
            let link = track_link(base, ticket(), &Secret::draw());
            let receipt = Receipt {
                head: &head,
                ticket: ticket(),
                code: &code,
                link: &link,
                category: "道路",
                place: None,
                at: None,
                text: None,
                copy: 0,
            };
            let layout = receipt.layout(width);
            let at = layout.iter().position(|op| matches!(op, Op::Qr { .. })).unwrap();
            let Op::Qr { module, text } = &layout[at] else { unreachable!() };
            let modules = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).unwrap().width();
            assert!((modules + 8) * usize::from(*module) <= usize::from(width.dots()));
            assert!(*module >= 4, "half a millimetre at least");
            for beside in [&layout[at - 1], &layout[at + 1]] {
                assert_eq!(beside, &Op::Feed(4 * module));
            }
        }
    }
}

#[test]
fn large_lines_take_half_the_columns() {
    for width in [Width::Mm58, Width::Mm80] {
        with(0, None, |r| {
            let mut times = 1;
            for op in r.layout(width) {
                match op {
                    Op::Size(size) => times = usize::from(size),
                    Op::Line(line) => assert!(columns(&line) * times <= width.columns(), "{line}"),
                    _ => {}
                }
            }
        });
    }
}

/// The bytes without the dots of lines that are drawn (`GS v 0`).
fn without_dots(bytes: &[u8]) -> Vec<u8> {
    let (mut kept, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(4).position(|w| w == [0x1d, b'v', b'0', 0]) {
        let size = |low: usize| usize::from(u16::from_le_bytes([rest[at + low], rest[at + low + 1]]));
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at + 8 + size(4) * size(6)..];
    }
    kept.extend_from_slice(rest);
    kept
}

#[test]
fn a_line_that_the_printers_font_lacks_is_drawn_and_the_others_are_not() {
    let text = "我叫王𬎆，住在村口。\n路灯坏了。";
    let bytes = with(0, Some(text), |r| render(&r.layout(Width::Mm58), Cut::GsV, Characters::Gbk));
    let plain = encoding_rs::GB18030.encode("路灯坏了。").0.into_owned();
    let drawn = encoding_rs::GB18030.encode("住在村口").0.into_owned();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
    assert!(holds(&plain) && !holds(&drawn));
    // Ten characters of 24 dots are 30 bytes across.
    assert!(holds(&[0x1d, b'v', b'0', 0, 30, 0, 24, 0]));
}

proptest! {
    #[test]
    fn no_text_makes_a_command(text in any::<String>()) {
        let count = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).filter(|w| *w == what).count();
        let with_words = with(1, Some(&text), |r| render(&r.layout(Width::Mm58), Cut::GsV, Characters::Gbk));
        // Executed at once, also inside of dots.
        for command in [[0x10, 0x04], [0x10, 0x05], [0x10, 0x14]] {
            prop_assert_eq!(count(&with_words, &command), 0);
        }
        let commands = without_dots(&with_words);
        prop_assert_eq!(count(&commands, &[0x1b, b'p']), 0);
        prop_assert_eq!(count(&commands, &[0x1d, b'V']), 1, "one cut");
    }

    #[test]
    fn no_number_makes_a_real_time_command(terminal in 0..100_000_u32, generation in 0..100_u8, counter in 0..10_000_u16) {
        let ticket = TicketNumber::new(TerminalNumber::new(terminal).unwrap(), generation, counter).unwrap();
        let bytes = with(0, None, |r| render(&Receipt { ticket, ..r.clone() }.layout(Width::Mm58), Cut::GsV, Characters::Gbk));
        prop_assert!(!bytes.windows(2).any(|w| w[0] == 0x10 && matches!(w[1], 4 | 5 | 20)));
    }
}
