//! What the terminal hears from its devices, its settings and its other program.

use std::{path::Path, time::Duration};

use kiosk::{
    app::Codes,
    config::Config,
    control::{Lines, encode},
    printer::{
        Characters, Cut, Letterhead, Op, Question, Receipt, Replies, Reply, Status, Width, columns, profile_in, render,
    },
    session::{Action, Event, Session},
};
use wire::{
    secret::{Proof, parse_track_link, track_link},
    ticket::{TerminalNumber, TicketNumber},
};

use super::contract::checks_out;

/// A printer's bytes: the same answers however they are cut, no fence and no clean status out of anything else.
pub fn printer(bytes: &[u8]) {
    // "Stop" and "go" may stand inside an answer.
    let without: Vec<u8> = bytes.iter().copied().filter(|byte| !is_flow(*byte)).collect();
    let with_flow = || Replies::default().with_flow();
    let kinds: [(Make, &[u8]); 3] =
        [(Replies::default, bytes), (Replies::with_full_status, bytes), (with_flow, &without)];
    for (make, judged) in kinds {
        let (mut whole, mut pieces) = (make(), make());
        let replies = whole.push(bytes);
        let cut: Vec<Reply> = bytes.iter().flat_map(|byte| pieces.push(&[*byte])).collect();
        assert_eq!(replies, cut);
        assert!(replies.len() <= bytes.len());
        for reply in replies {
            judge(reply, judged);
        }
    }
}

type Make = fn() -> Replies;

fn is_flow(byte: u8) -> bool {
    matches!(byte, 0x11 | 0x13)
}

fn judge(reply: Reply, bytes: &[u8]) {
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    match reply {
        Reply::Status(byte) => {
            for question in [Question::Printer, Question::Offline, Question::Error, Question::Paper] {
                let mut status = Status::default();
                assert!(status.add(question, byte), "{byte:02x}");
                assert_eq!(status.is_clean(), status.fault().is_none());
            }
            assert!(!Status::default().add(Question::Full, byte));
        }
        Reply::Garbage(byte) | Reply::Queued(byte) => {
            let mut status = Status::default();
            assert!(!status.add(Question::Printer, byte) || byte & 0b1001_0011 == 0b0001_0010, "{byte:02x}");
            assert!(matches!(reply, Reply::Garbage(_)) || byte & 0x9c == 0, "{byte:02x}");
        }
        Reply::Process([a, b, c, d]) => assert!(holds(&[0x37, 0x22, a, b, c, d, 0])),
        Reply::Cleared => assert!(holds(&[0x37, 0x25, 0])),
        Reply::Full([a, b, c, d]) => assert!(holds(&[0x10, 0x0f, a, b, c, d])),
        Reply::Stop | Reply::Go => assert!(!bytes.iter().any(|byte| is_flow(*byte)), "only where it is agreed on"),
        Reply::Unsolicited => assert!(bytes.len() >= 4),
    }
}

/// Words of a villager and of the county, a line each, on paper: within the paper's width, and no command among them.
pub fn receipt(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut words = text.splitn(6, '\n');
    let mut next = || words.next().unwrap_or_default();
    let head = Letterhead {
        station: next().into(),
        telephone: next().into(),
        reply_period: Some(next().into()),
        public_base: "https://county.example".into(),
        zone: "Asia/Shanghai".into(),
    };
    let ticket = TicketNumber::new(TerminalNumber::new(613).unwrap(), 1, 42).unwrap();
    let (category, place, words) = (next(), next(), next());
    for width in [Width::Mm58, Width::Mm80] {
        let code = "381204".parse().unwrap();
        let link = "https://county.example/t#0061301004253.AAECAwQFBgcICQoLDA0ODw";
        let (place, text) = (Some(place), Some(words));
        let receipt = Receipt { head: &head, ticket, code: &code, link, category, place, at: None, text, copy: 1 };
        let ops = receipt.layout(width);
        let mut size = 1;
        for op in &ops {
            match op {
                Op::Size(times) => size = usize::from(*times),
                Op::Line(line) => {
                    assert!(!line.contains(char::is_control), "{line:?}");
                    assert!(columns(line) * size <= width.columns(), "{line:?} at {width:?}");
                }
                _ => {}
            }
        }
        let bytes = render(&ops, Cut::GsV, Characters::Gbk);
        let at_once = |pair: &[u8]| pair[0] == 0x10 && matches!(pair[1], 0x04 | 0x05 | 0x14);
        assert!(!bytes.windows(2).any(at_once), "a printer does at once what a raster holds");
        let commands = without_rasters(&bytes);
        let count = |what: &[u8]| commands.windows(what.len()).filter(|window| *window == what).count();
        assert_eq!((count(b"\x1dV"), count(b"\x1bi"), count(b"\x1b@")), (1, 0, 1));
        assert!(commands.ends_with(Cut::GsV.bytes()));
    }
}

/// The bytes between the dots.
fn without_rasters(bytes: &[u8]) -> Vec<u8> {
    let (mut rest, mut kept) = (bytes, Vec::new());
    while let Some(at) = rest.windows(3).position(|window| window == b"\x1dv0") {
        let short = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at + 8 + short(at + 4) * short(at + 6)..];
    }
    kept.extend_from_slice(rest);
    kept
}

/// A scanner's bytes: bounded codes without control characters; what opens a ticket is a whole link of a receipt.
pub fn scanner(bytes: &[u8]) {
    let (mut whole, mut pieces) = (Codes::default(), Codes::default());
    let codes = whole.push(bytes);
    let cut: Vec<String> = bytes.iter().flat_map(|byte| pieces.push(&[*byte])).collect();
    assert_eq!(codes, cut);
    for code in codes {
        // A byte that is no UTF-8 becomes a character of three.
        assert!(!code.is_empty() && code.len() <= 3 * 512, "{} bytes", code.len());
        assert!(!code.contains(char::is_control) && code.trim() == code, "{code:?}");
        let link = parse_track_link(&code);
        if let Ok((ticket, secret)) = &link {
            checks_out(*ticket);
            let again = track_link("https://county.example", *ticket, secret);
            assert_eq!(parse_track_link(&again).as_ref(), Ok(&(*ticket, secret.clone())));
        }
        let asked = Session::default().step(Event::Scanned(code), Duration::ZERO);
        let tracked: Vec<_> = asked
            .iter()
            .filter_map(|action| match action {
                Action::Track { ticket, proof: Proof::Secret(secret), .. } => Some((*ticket, secret.clone())),
                Action::Track { .. } => panic!("a scanned code is no typed one"),
                _ => None,
            })
            .collect();
        assert_eq!(tracked, link.into_iter().collect::<Vec<_>>());
    }
}

/// A settings file: refused by its name, or within every range that is promised.
pub fn settings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Config::parse(Path::new("kiosk.toml"), text) {
        Ok(config) => {
            assert!((2.0..=20.0).contains(&config.panel.px_per_mm));
            assert!(matches!(config.printer.paper_mm, 58 | 80));
            assert!(config.queue_path().starts_with(&config.data_dir));
            assert!(config.control_path().starts_with(&config.run_dir));
        }
        Err(error) => assert!(error.to_string().starts_with("kiosk.toml: "), "{error}"),
    }
}

/// A county's table of printers: refused by its name, or every wait that comes of it has an end.
pub fn printers(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for name in ["epson-tm", "escpos", "generic-58", "custom-presenter", "village"] {
        match profile_in(name, "printers.toml", text) {
            Ok(profile) => {
                assert!((10..=1000).contains(&profile.slowest_mm_s));
                let patience = profile.patience(4_000, 9_600);
                assert!(patience > Duration::from_secs(1) && patience < Duration::from_secs(600), "{patience:?}");
                assert!(profile.fence_bytes(1).len() < 16 && profile.present_bytes().len() < 16);
                assert!(!profile.status.is_empty());
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("printers.toml") || error.contains("is not known"), "{error}");
            }
        }
    }
}

/// Lines of the control socket: what is read is written again as it was, and the reading ends.
pub fn control(bytes: &[u8]) {
    let mut lines = Lines::new(bytes);
    let mut read = 0;
    while let Ok(Some(line)) = lines.next() {
        read += 1;
        let written = encode(&line);
        assert_eq!(written.last(), Some(&b'\n'));
        assert!(!written[..written.len() - 1].contains(&b'\n'));
        assert_eq!(Lines::new(&written[..]).next().unwrap().as_ref(), Some(&line));
    }
    assert!(read <= bytes.iter().filter(|byte| **byte == b'\n').count());
}
