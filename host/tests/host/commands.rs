//! The program itself: `host serve` and the commands beside it, as an admin runs them.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use wire::enrol::Enrolment;

fn host(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
    command.arg("--json").arg("--data").arg(data).args(arguments);
    command
}

pub(crate) fn run(data: &Path, arguments: &[&str]) -> (bool, Value) {
    let Output { status, stdout, .. } = host(data, arguments).output().unwrap();
    (status.success(), serde_json::from_slice(&stdout).unwrap())
}

/// What a command says to people.
pub(crate) fn text(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_host")).arg("--data").arg(data).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Ends the host when a test ends, however it ends.
struct Serving(Child);

impl Serving {
    fn start(data: &Path) -> Self {
        // A killed host leaves its file behind.
        fs::remove_file(data.join("addresses.json")).ok();
        let child = host(data, &["serve", "--listen", "127.0.0.1:0", "--listen-terminals", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let serving = Self(child);
        let listening = data.join("addresses.json");
        for _ in 0..600 {
            if listening.exists() {
                return serving;
            }
            // Another process: there is nothing to wait on but its file.
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("the host does not listen");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn an_admin_adds_lists_and_revokes_terminals_while_the_host_runs_and_stops_it_by_signal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut serving = Serving::start(&data);

    let out = folder.path().join("terminal.json");
    let add = ["terminal", "add", "--station", "花桥镇人大代表联络站", "--out", out.to_str().unwrap()];
    let (ok, added) = run(&data, &add);
    assert!(ok, "{added}");
    let text = fs::read_to_string(&out).unwrap();
    let file: Enrolment = serde_json::from_str(&text).unwrap();
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(file.bulletin.station.name, "花桥镇人大代表联络站");
    assert!(file.officer_pin.fits(added["officer_pin"].as_str().unwrap()));
    assert!(file.technician_pin.fits(added["technician_pin"].as_str().unwrap()));
    for pin in ["officer_pin", "technician_pin"] {
        assert!(!text.contains(&format!("\"{}\"", added[pin].as_str().unwrap())), "the file holds hashes only");
    }
    assert!(file.ca.contains("BEGIN CERTIFICATE") && file.fleet_url.starts_with("https://localhost:"));
    assert!(!fs::read(data.join("fleet.sqlite-wal")).unwrap().windows(43).any(|w| w == file.token.as_bytes()));

    let (ok, again) = run(&data, &add);
    assert!(!ok && again["error"].as_str().unwrap().contains("there is a file of this name"), "{again}");
    let (_, list) = run(&data, &["terminal", "list"]);
    assert_eq!(list[0]["standing"], "waits for its first contact");
    let (ok, _) = run(&data, &["terminal", "revoke", "00001"]);
    assert!(ok);
    let (_, list) = run(&data, &["terminal", "list"]);
    assert_eq!(list[0]["standing"], "revoked");
    assert!(fs::read_to_string(data.join("fleet/revoked.json")).unwrap().contains("00001"));
    let (ok, unknown) = run(&data, &["terminal", "revoke", "00042"]);
    assert!(!ok && unknown["error"].as_str().unwrap().contains("there is no terminal 00042"), "{unknown}");

    let stopped = Command::new("kill").args(["-TERM", &serving.0.id().to_string()]).status().unwrap();
    assert!(stopped.success() && serving.0.wait().unwrap().success());
    assert!(!data.join("addresses.json").exists());
}

#[test]
fn people_get_a_drawn_password_or_the_one_on_the_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (ok, drawn) = run(data, &["person", "add", "--login", "li", "--name", "李代表", "--role", "deputy"]);
    assert!(ok && drawn["password"].as_str().unwrap().len() >= 20, "{drawn}");

    let arguments = ["person", "add", "--login", "lu", "--name", "路灯所", "--role", "unit", "--unit", "路灯管理所"];
    let mut child = host(data, &[&arguments[..], &["--password-stdin"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("一个够长的口令吧吧吧\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["password"], Value::Null);

    let (_, list) = run(data, &["person", "list"]);
    let names: Vec<_> =
        list.as_array().unwrap().iter().map(|one| (&one["login"], &one["role"], &one["unit"])).collect();
    assert!(names.contains(&(&"lu".into(), &"unit".into(), &"路灯管理所".into())), "{list}");
    assert!(!list.to_string().contains("argon2"), "no password's hash");
    let (ok, taken) = run(data, &["person", "add", "--login", "li", "--name", "李二", "--role", "deputy"]);
    assert!(!ok && taken["error"].is_string(), "{taken}");
    let (ok, unit) = run(data, &["person", "add", "--login", "x", "--name", "x", "--role", "unit"]);
    assert!(!ok && unit["error"].as_str().unwrap().contains("--unit"), "{unit}");
}

#[test]
fn a_first_start_leaves_what_must_be_taken_away_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Serving::start(&data));
    for name in ["recovery.key", "ca-root.key.age", "ca-root.passphrase", "README.txt"] {
        let mode = fs::metadata(data.join("take-away").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    for key in ["county/keys/working.key", "fleet/ca/issuing.key", "fleet/tls/server.key"] {
        assert_eq!(fs::metadata(data.join(key)).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
    }
    let before = fs::read(data.join("fleet/ca/root.pem")).unwrap();
    fs::remove_dir_all(data.join("take-away")).unwrap();
    drop(Serving::start(&data));
    assert!(!data.join("take-away").exists(), "made once, never again");
    assert_eq!(fs::read(data.join("fleet/ca/root.pem")).unwrap(), before);
}
