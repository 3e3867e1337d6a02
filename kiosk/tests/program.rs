//! The terminal's program as an image has it: without the demo's socket, and plain about wrong settings.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

fn kiosk() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kiosk"))
}

#[test]
fn a_program_built_for_an_image_has_no_socket_that_touches_and_types() {
    let help = kiosk().arg("--help").output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("--config"), "{text}");
    assert_eq!(text.contains("--drive"), cfg!(feature = "drive"), "{text}");
    let cross = Path::new(env!("CARGO_MANIFEST_DIR")).join("../images/cross");
    assert!(!fs::read_to_string(cross).unwrap().contains("drive"));
}

/// What the program says on the console before it ends for want of settings, on a system with these fonts only.
fn said_with_fonts(fonts: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for font in fonts {
        let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fonts").join(font);
        fs::copy(pinned, folder.path().join(font)).unwrap();
    }
    let settings = folder.path().join("fonts.conf");
    let (dir, cache) = (folder.path().display(), folder.path().join("cache").display().to_string());
    let text =
        format!("<?xml version=\"1.0\"?>\n<fontconfig><dir>{dir}</dir><cachedir>{cache}</cachedir></fontconfig>\n");
    kiosk::durable::write(&settings, text.as_bytes(), 0o600).unwrap();
    let ended = kiosk().args(["--config", "/nowhere/kiosk.toml"]).env("FONTCONFIG_FILE", &settings).output().unwrap();
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

#[test]
fn a_missing_cjk_glyph_is_found_at_start_before_anything_else_and_said_on_the_console() {
    // GB 2312 alone, as the pages have it.
    let said = said_with_fonts(&["LianxinSans-Regular.otf"]);
    let first = said.lines().next().unwrap_or_default();
    assert!(first.contains("no font can draw: 喆 (U+5586)") && first.contains("install fonts-noto-cjk"), "{said}");
    assert!(said.contains("/nowhere/kiosk.toml"), "{said}");
}

#[test]
fn a_system_without_any_font_is_named_in_one_sentence() {
    let said = said_with_fonts(&[]);
    assert!(said.contains("no font at all; install fonts-noto-cjk") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_wrong_setting_ends_the_program_with_file_key_and_expectation() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("kiosk.toml");
    kiosk::durable::write(&settings, b"[printer]\nport = 7\n", 0o600).unwrap();
    let ended = kiosk().arg("--config").arg(&settings).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    for part in ["kiosk.toml", "port", "path string"] {
        assert!(said.contains(part), "{part} is missing in: {said}");
    }
}

#[test]
fn neither_program_leaves_a_core_once_it_has_read_anything() {
    for program in [env!("CARGO_BIN_EXE_kiosk"), env!("CARGO_BIN_EXE_kiosk-agent")] {
        let folder = tempfile::tempdir().unwrap();
        // Settings that end only when this test says so: meanwhile the program stands there and can be looked at.
        let settings = folder.path().join("kiosk.toml");
        assert!(Command::new("mkfifo").arg(&settings).status().unwrap().success());
        let mut running = Command::new(program).arg("--config").arg(&settings).stderr(Stdio::null()).spawn().unwrap();
        let mut writer = fs::OpenOptions::new().write(true).open(&settings).unwrap();
        let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
        writer.write_all(b"[printer]\nport = 7\n").unwrap();
        drop(writer);
        assert!(!running.wait().unwrap().success());
        let cores: Vec<&str> = limits.lines().find(|l| l.contains("core file size")).unwrap().split(' ').collect();
        let figures: Vec<&str> = cores.into_iter().filter(|word| !word.is_empty()).skip(4).take(2).collect();
        assert_eq!(figures, ["0", "0"], "{program}");
    }
}
