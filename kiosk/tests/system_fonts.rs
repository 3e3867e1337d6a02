//! A system whose fonts are not enough: said on the console by the real program, never a blank screen without a word.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the screen is shared with the demo")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use screen::Screen;

/// What the program says on a system with these fonts only, up to the first line with `wanted` in it.
fn said_with_fonts(fonts: &[&str], wanted: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let at = |part: &str| folder.path().join(part);
    fs::create_dir(at("fonts")).unwrap();
    for font in fonts {
        let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fonts").join(font);
        fs::copy(pinned, at("fonts").join(font)).unwrap();
    }
    let system = format!(
        "<?xml version=\"1.0\"?>\n<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>\n",
        at("fonts").display(),
        at("cache").display()
    );
    kiosk::durable::write(&at("fonts.conf"), system.as_bytes(), 0o600).unwrap();
    let settings = format!(
        "data_dir = {:?}\nrun_dir = {:?}\nenrolment = {:?}\n[printer]\nport = {:?}\n",
        at("data"),
        at("run"),
        at("enrolment.json"),
        at("no-printer")
    );
    kiosk::durable::write(&at("kiosk.toml"), settings.as_bytes(), 0o600).unwrap();

    let screen = Screen::start(1280, 800).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .arg("--config")
        .arg(at("kiosk.toml"))
        .env("DISPLAY", screen.display())
        .env("FONTCONFIG_FILE", at("fonts.conf"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = Vec::new();
    for line in lines {
        let found = line.contains(wanted);
        said.push(line);
        if found {
            break;
        }
    }
    program.kill().unwrap();
    program.wait().unwrap();
    said.join("\n")
}

#[test]
fn a_missing_cjk_glyph_is_found_at_start_and_said_on_the_console() {
    // GB 2312 alone, as the pages have it.
    let said = said_with_fonts(&["LianxinSans-Regular.otf"], "no font can draw");
    assert!(
        said.contains("no font can draw: 喆 (U+5586)") && said.contains("install fonts-noto-cjk, fonts-hanazono"),
        "{said}"
    );
}

#[test]
fn a_system_without_any_font_is_named_in_one_sentence() {
    let said = said_with_fonts(&[], "no font at all");
    assert!(
        said.contains("no font at all; install fonts-noto-cjk, fonts-hanazono") && !said.contains("panicked"),
        "{said}"
    );
}
