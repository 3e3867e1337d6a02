//! The terminal's program as an image has it: without the demo's socket, and plain about wrong settings.

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
