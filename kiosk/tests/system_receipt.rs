//! Receipts read back by programs that nobody here wrote: an independent ESC/POS reader (`tests/oracle`) reads text,
//! QR, barcode and cut, and zbar reads both codes from the picture that it draws.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use jiff::civil::date;
use kiosk::printer::{Characters, Cut, Letterhead, Receipt, Width, render};
use serde_json::Value;
use wire::{
    secret::{QueryCode, Secret, track_link},
    ticket::{TerminalNumber, TicketNumber},
};

/// The independent reader, as the test command builds it.
fn reader() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(3).unwrap().join("oracle/release/oracle");
    assert!(program.exists(), "{} is not built: kiosk/test system builds it", program.display());
    program
}

struct Read {
    json: Value,
    /// What zbar finds in the picture, a code a line.
    codes: String,
}

fn read(bytes: &[u8], width: Width) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let (bin, png) = (folder.path().join("receipt.bin"), folder.path().join("receipt.png"));
    kiosk::durable::write(&bin, bytes, 0o600).unwrap();
    let mut command = Command::new(reader());
    command.arg(&bin).args(["--width", &width.dots().to_string(), "--json", "--png"]).arg(&png);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let zbar = Command::new("zbarimg").arg("--quiet").arg(&png).stderr(Stdio::null()).output().unwrap();
    assert!(fs::metadata(&png).unwrap().len() > 1000);
    Read { json: serde_json::from_slice(&output.stdout).unwrap(), codes: String::from_utf8(zbar.stdout).unwrap() }
}

#[test]
fn a_receipt_is_read_back_whole_on_both_widths_of_paper() {
    let head = Letterhead {
        station: "花桥镇人大代表联络站".into(),
        telephone: "0570-1234567".into(),
        public_base: "https://lianxin.example:8443".into(),
        reply_period: Some("送到县里后3个工作日内答复".into()),
        zone: "Asia/Shanghai".into(),
    };
    let ticket = TicketNumber::new(TerminalNumber::new(7).unwrap(), 1, 42).unwrap();
    let (code, secret) = (QueryCode::draw(), Secret::draw());
    let link = track_link(&head.public_base, ticket, &secret);
    for width in [Width::Mm58, Width::Mm80] {
        let receipt = Receipt {
            head: &head,
            ticket,
            code: &code,
            link: &link,
            category: "路灯用电",
            place: Some("花桥村"),
            at: Some(date(2026, 11, 22).at(9, 5, 0, 0)),
            text: Some("村口的路灯坏了。"),
            copy: 0,
        };
        let bytes = render(&receipt.layout(width), Cut::GsV, Characters::Gbk);
        let read = read(&bytes, width);
        let lines: Vec<&str> = read.json["lines"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
        let all = lines.join("\n");
        for wanted in [
            "意见登记小票",
            "花桥镇人大代表联络站",
            &ticket.grouped(),
            &format!("查询码 {}", code.grouped()),
            "类别 路灯用电",
            "地点 花桥村",
            "时间 2026年11月22日 09:05",
            "村口的路灯坏了。",
            "先由本站代表接收",
            "送到县里后3个工作日内答复",
            "本站电话 0570-1234567",
        ] {
            assert!(all.contains(wanted), "{wanted} is missing at {width:?}:\n{all}");
        }
        assert!(!all.contains(char::REPLACEMENT_CHARACTER), "{all}");
        assert_eq!(read.json["qr"][0], link.as_str());
        assert_eq!(read.json["code128"][0], ticket.to_string());
        assert_eq!((read.json["cuts"].as_u64(), read.json["full_cut"].as_bool()), (Some(1), Some(false)));
        assert_eq!(read.json["unknown"], Value::Array(Vec::new()));
        assert!(read.codes.contains(&format!("QR-Code:{link}")), "{}", read.codes);
        assert!(read.codes.contains(&format!("CODE-128:{ticket}")), "{}", read.codes);
    }
}

#[test]
fn words_outside_the_printers_characters_never_become_commands_or_stray_digits() {
    let head = Letterhead { station: "站".into(), ..Letterhead::default() };
    let ticket = TicketNumber::new(TerminalNumber::new(7).unwrap(), 1, 43).unwrap();
    let code = QueryCode::draw();
    let receipt = Receipt {
        head: &head,
        ticket,
        code: &code,
        link: "https://lianxin.example/t",
        category: "其他",
        place: None,
        at: None,
        text: Some("前\u{1d}V\u{0}中😟𠮷\u{10}\u{4}\u{1}后\n路\u{1d}V\u{0}灯"),
        copy: 0,
    };
    let read = read(&render(&receipt.layout(Width::Mm58), Cut::GsV, Characters::Gbk), Width::Mm58);
    assert_eq!(read.json["cuts"], 1);
    let lines: Vec<&str> = read.json["lines"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    // The line that the font lacks is drawn whole, the other is written.
    assert_eq!(read.json["raster_images"], 1);
    assert!(!lines.iter().any(|line| line.contains(['前', '中', '后'])), "{lines:?}");
    let line = lines.iter().find(|line| line.contains('路')).unwrap();
    assert_eq!(line.trim(), "路V灯");
    assert_eq!(read.json["unknown"], Value::Array(Vec::new()));
}
