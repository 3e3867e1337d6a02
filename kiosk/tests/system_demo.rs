//! The whole loop with the real programs, through the real pages: the demo without a window, and what it leaves behind.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use virtual_printer::VirtualPrinter;

/// Emoji, characters outside GBK, marks of direction, a line break, and spaces at both ends.
const ODD: &str = " 井水发黄😟，\u{202b}𠮷家门口\u{202c}也是。\n请看看 ";

/// The demo, as the test command builds it.
fn demo() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/demo");
    assert!(program.exists(), "{} is not built: kiosk/test system builds it", program.display());
    program
}

fn play(out: &Path, visits: &Value, printer: Option<&Path>) -> Vec<Value> {
    let printer = printer.into_iter().flat_map(|path| [OsStr::new("--printer"), path.as_os_str()]);
    play_with(out, visits, printer)
}

fn play_with<'a>(out: &Path, visits: &Value, options: impl Iterator<Item = &'a OsStr>) -> Vec<Value> {
    let file = out.join("asked.json");
    kiosk::durable::write(&file, visits.to_string().as_bytes(), 0o600).unwrap();
    let output = Command::new(demo())
        .args(["--headless", "--out"])
        .arg(out)
        .arg("--visits")
        .arg(&file)
        .args(options)
        .env_remove("DISPLAY")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&fs::read(out.join("visits.json")).unwrap()).unwrap()
}

fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn visits_go_from_the_first_touch_to_the_rating_and_only_four_things_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let words = "村口的路坏了，请派人来看看。";
    let entries = play(
        folder.path(),
        &json!([
            { "category": "道路", "text": words, "place": "下溪村", "name": "王秀兰", "phone": "13800000001" },
            { "category": "道路", "text": " \n\u{3000}" },
            { "category": "饮水", "text": ODD, "place": "老井旁边" },
            { "category": "道路", "text": "路".repeat(2001) },
            { "category": "道路", "text": "路\u{1b}坏了" },
            { "category": "天气", "text": words },
            { "category": "道路", "text": words, "name": "王\t兰" },
        ]),
        None,
    );
    assert_eq!(entries.len(), 7);
    for (index, text) in [(0, words), (2, ODD)] {
        let entry = &entries[index];
        assert_eq!(entry["ticket"].as_str().unwrap().len(), 13, "{entry}");
        assert_eq!(entry["query_code"].as_str().unwrap().len(), 6, "{entry}");
        assert_eq!(entry["text_sha256"], sha256(text), "{entry}");
        assert_eq!((&entry["printed"], &entry["delivered"]), (&json!("confirmed"), &json!(true)), "{entry}");
        assert_eq!(entry["reply_shown"], true, "{entry}");
    }
    assert_eq!((&entries[0]["category"], &entries[0]["place"]), (&json!("道路"), &json!("下溪村")));
    assert!(entries[2]["place"].as_str().unwrap().contains("老井旁边"), "{}", entries[2]);
    for index in [1, 3, 4, 5, 6] {
        let entry = entries[index].as_object().unwrap();
        assert_eq!(entry.keys().collect::<Vec<_>>(), ["refused"], "{entry:?}");
        assert!(entry["refused"].as_str().unwrap().ends_with('。'), "{entry:?}");
    }

    let receipts = folder.path().join("receipts");
    for name in ["001.bin", "001.png", "002.bin", "002.png"] {
        assert!(fs::metadata(receipts.join(name)).unwrap().len() > 200, "{name}");
    }
    let bytes = fs::read(receipts.join("001.bin")).unwrap();
    assert!(bytes.len() <= 600, "a receipt of {} bytes", bytes.len());
    let (name, ..) = encoding_rs::GB18030.encode("王秀兰");
    assert!(!bytes.windows(name.len()).any(|part| part == &*name), "the receipt holds the villager's name");
    assert!(fs::read_dir(folder.path().join("screens")).unwrap().count() >= 20);
}

#[test]
fn a_ready_sentence_takes_five_touches_and_only_those_of_the_category_are_ready() {
    let folder = tempfile::tempdir().unwrap();
    let ready = "路上有个大坑，容易摔跤。";
    let entries = play(
        folder.path(),
        &json!([
            { "category": "道路", "text": ready, "by": "sentence" },
            { "category": "饮水", "text": ready, "by": "sentence" },
        ]),
        None,
    );
    let entry = &entries[0];
    assert_eq!(entry["trouble"], Value::Null, "{entry}");
    assert_eq!(entry["text_sha256"], sha256(ready), "{entry}");
    assert_eq!(entry["printed"], "confirmed", "{entry}");
    let taps = entry["taps"].as_u64().unwrap();
    assert!(taps <= 5, "{taps} touches from the three doors to a submitted suggestion");
    assert!(entries[1]["refused"].as_str().unwrap().contains("没有这句现成的话"), "{}", entries[1]);
}

#[test]
fn what_is_written_with_a_finger_or_by_pinyin_reaches_the_county_as_it_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    // The first to write does so while the methods are still being made ready.
    let written = [("pinyin", "路灯坏了，晚上看不见。"), ("handwriting", "村口有个大坑。"), ("pinyin", "水管漏水。")];
    let visits = written.map(|(by, text)| json!({ "category": "道路", "text": text, "by": by }));
    let entries = play(folder.path(), &json!(visits), None);
    for (entry, (_, text)) in entries.iter().zip(written) {
        assert_eq!(entry["trouble"], Value::Null, "{entry}");
        assert_eq!(entry["text_sha256"], sha256(text), "{entry}");
        assert_eq!((&entry["printed"], &entry["delivered"]), (&json!("confirmed"), &json!(true)), "{entry}");
    }
    assert_eq!(entries.len(), written.len());
}

#[test]
fn what_is_said_aloud_can_be_played_at_the_county() {
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("words.wav");
    let spoken =
        Command::new("espeak-ng").args(["-v", "cmn-latn-pinyin", "-w"]).arg(&wav).arg("路灯坏了，请修一修。").status();
    assert!(spoken.unwrap().success());
    let entries = play(
        folder.path(),
        &json!([
            { "category": "路灯用电", "by": "voice", "voice": wav },
            { "category": "路灯用电", "by": "voice", "voice": folder.path().join("none.wav") },
        ]),
        None,
    );
    let entry = &entries[0];
    assert_eq!(entry["trouble"], Value::Null, "{entry}");
    let seconds = entry["voice_seconds"].as_u64().unwrap();
    assert!((2..=12).contains(&seconds), "{entry}");
    assert_eq!(entry["text_sha256"], sha256(&format!("（语音留言，约{seconds}秒）")), "{entry}");
    assert_eq!(entry["printed"], "confirmed", "{entry}");
    let taps = entry["taps"].as_u64().unwrap();
    assert!(taps <= 5, "{taps} touches from the three doors to a submitted suggestion");
    assert!(entries[1]["refused"].as_str().unwrap().contains("WAV"), "{}", entries[1]);
}

#[test]
fn every_plane_and_what_slint_takes_for_keys_reaches_the_county_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        " 水\u{f700}\u{f703}黄\u{f7ff}，\u{e000}\u{f0000}\u{10ffff}。",
        "\u{fffe}\u{ffff}\u{1fffe}路e\u{301}\u{200f}坏👩\u{200d}👩\u{200d}👧了\u{feff}\n",
        // What NFC would exchange alone, and letters that it would compose.
        "\u{212b}\u{2126}\u{f900}\u{2f800}路\u{1100}\u{1161}か\u{3099}",
    ];
    let place = "井".repeat(140);
    let entries = play(
        folder.path(),
        &json!([
            { "category": "饮水", "text": texts[0], "place": place, "name": "\u{200b}" },
            { "category": "道路", "text": texts[1] },
            { "category": "道路", "text": texts[2] },
        ]),
        None,
    );
    for (entry, text) in entries.iter().zip(texts) {
        assert_eq!(entry["text_sha256"], sha256(text), "{entry}");
        assert_eq!(entry["trouble"], Value::Null, "{entry}");
    }
    assert!(entries[0]["place"].as_str().unwrap().ends_with(&format!(" {place}")), "{}", entries[0]);
}

#[test]
fn a_receipt_that_does_not_come_out_loses_no_visit() {
    let folder = tempfile::tempdir().unwrap();
    let printer = VirtualPrinter::start(&folder.path().join("printer")).unwrap();
    // The roll ends in the middle of the second receipt.
    let lines: u32 = 22;
    printer.change(|conditions| conditions.lines_left = Some(lines));
    let words = "村口的路坏了，请派人来看看。";
    let visit = json!({ "category": "道路", "text": words });
    let entries = play(folder.path(), &json!([visit, visit, visit]), Some(printer.port()));
    assert_eq!(entries.len(), 3);
    for (entry, printed) in entries.iter().zip(["confirmed", "failed", "failed"]) {
        assert_eq!(entry["printed"], printed, "{entry}");
        assert_eq!((&entry["text_sha256"], &entry["delivered"]), (&json!(sha256(words)), &json!(true)), "{entry}");
        assert_eq!((&entry["reply_shown"], &entry["trouble"]), (&json!(true), &Value::Null), "{entry}");
    }
    let kept = fs::read(folder.path().join("receipts/001.bin")).unwrap();
    assert_eq!(kept, printer.receipts()[0].bytes);
    let whole = kept.iter().filter(|byte| **byte == b'\n').count();
    assert!((12..22).contains(&whole), "the roll does not end within the second receipt of {whole} lines");
}

#[test]
fn a_printer_of_another_kind_and_width_says_no_more_than_it_knows() {
    let kinds = [("escpos", "80", 576, "confirmed"), ("generic-58", "58", 384, "unknown")];
    for (profile, paper, dots, printed) in kinds {
        let folder = tempfile::tempdir().unwrap();
        let printer = VirtualPrinter::start(&folder.path().join("printer")).unwrap();
        printer.change(|conditions| {
            conditions.knife = profile != "generic-58";
            conditions.fence = conditions.knife;
        });
        let options = ["--printer-profile", profile, "--printer-baud", "19200", "--paper", paper];
        let device = [OsStr::new("--printer"), printer.port().as_os_str()];
        let words = "村口的路坏了，请派人来看看。";
        let visits = json!([{ "category": "道路", "text": words }]);
        let entry = &play_with(folder.path(), &visits, device.into_iter().chain(options.map(OsStr::new)))[0];
        assert_eq!((&entry["printed"], &entry["trouble"]), (&json!(printed), &Value::Null), "{profile}: {entry}");
        assert_eq!((&entry["text_sha256"], &entry["reply_shown"]), (&json!(sha256(words)), &json!(true)), "{entry}");
        let receipts = folder.path().join("receipts");
        assert_eq!(fs::read(receipts.join("001.bin")).unwrap(), printer.receipts()[0].bytes, "{profile}");
        // The reader draws a margin.
        let (width, _) = image::image_dimensions(receipts.join("001.png")).unwrap();
        assert!((dots..dots + 96).contains(&width), "{profile}: {width}");
    }
}

#[test]
fn a_file_that_is_no_array_of_visits_is_named_with_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("visits.json");
    kiosk::durable::write(&file, br#"[{"category": "x", "words": "y"}]"#, 0o600).unwrap();
    let output = Command::new(demo())
        .args(["--headless", "--out"])
        .arg(folder.path().join("out"))
        .arg("--visits")
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        said.contains("visits.json")
            && said.contains("words")
            && said.contains("entry 1")
            && said.contains("\"category\",\"text\""),
        "{said}"
    );
}
