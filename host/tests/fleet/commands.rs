//! `host user …`, as an admin runs it.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn run(data: &Path, arguments: &[&str]) -> (bool, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
    let Output { status, stdout, .. } = command.arg("--json").arg("--data").arg(data).args(arguments).output().unwrap();
    (status.success(), serde_json::from_slice(&stdout).unwrap())
}

/// What a command says to people.
fn text(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_host")).arg("--data").arg(data).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_fleets_people_are_added_shown_changed_and_removed_and_each_change_is_a_line_of_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (ok, boss) = run(data, &["user", "add", "--login", "boss", "--name", "刘主任", "--role", "admin"]);
    assert!(ok && boss["password"].as_str().unwrap().len() >= 20 && boss["scope"] == "all", "{boss}");
    let add = [
        "user",
        "add",
        "--login",
        "chen",
        "--name",
        "陈",
        "--role",
        "operator",
        "--scope",
        "花桥镇",
        "--scope",
        "北山",
    ];
    let (ok, chen) = run(data, &add);
    assert!(ok && chen["scope"]["stations"] == serde_json::json!(["花桥镇", "北山"]), "{chen}");
    let (ok, again) = run(data, &add);
    assert!(!ok && again["error"].as_str().unwrap().contains("given before"), "{again}");

    let (_, list) = run(data, &["user", "list"]);
    assert_eq!(
        (&list[1]["login"], &list[1]["role"], &list[1]["totp"]),
        (&"chen".into(), &"operator".into(), &false.into())
    );
    assert!(!list.to_string().contains("argon2"), "no password's hash");
    assert_eq!(run(data, &["user", "role", "chen", "--role", "viewer"]).1["scope"], "all");
    let (ok, refused) = run(data, &["user", "role", "chen", "--role", "admin", "--scope", "花桥镇"]);
    assert!(!ok && refused["error"].is_string(), "{refused}");
    let (ok, reset) = run(data, &["user", "password", "chen"]);
    assert!(ok && reset["password"] != chen["password"], "{reset}");
    assert_eq!(run(data, &["user", "totp", "chen"]).1["had_codes"], false);
    assert_eq!(run(data, &["user", "sessions"]).1, serde_json::json!([]));
    assert_eq!(run(data, &["user", "revoke", "chen"]).1["ended"], 0);
    assert!(text(data, &["user", "list"]).contains("boss"));
    let (ok, last) = run(data, &["user", "remove", "boss"]);
    assert!(!ok && last["error"].as_str().unwrap().contains("last admin"), "{last}");
    assert!(run(data, &["user", "remove", "chen"]).0);
    let (ok, gone) = run(data, &["user", "password", "chen"]);
    assert!(!ok && gone["error"].as_str().unwrap().contains("nobody signs in as chen"), "{gone}");

    let (_, lines) = run(data, &["audit", "list"]);
    let done: Vec<_> = lines.as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect();
    let whats = ["user.add", "user.add", "user.role", "user.password_reset", "user.totp_reset", "user.remove"];
    assert_eq!(done, whats);
    assert_eq!(lines[1]["subject"], "user:chen operator 花桥镇, 北山");
    assert!(lines.as_array().unwrap().iter().all(|line| line["who"].as_str().unwrap().starts_with("uid:")), "{lines}");
    assert!(run(data, &["audit", "verify"]).0);
}

#[test]
fn a_terminal_is_left_out_of_messages_for_a_while_and_each_word_of_it_is_a_line_of_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let file = data.join("1.json");
    let add = ["terminal", "add", "--station", "花桥镇联络站", "--out", file.to_str().unwrap()];
    assert!(run(data, &add).0);
    let (ok, taken) = run(data, &["terminal", "take", "00001"]);
    assert!(ok && taken["taken"] == false, "nothing is wrong: {taken}");
    let (ok, quiet) = run(data, &["terminal", "quiet", "00001", "--hours", "2", "--why", "停电"]);
    assert!(ok && quiet["quiet_until"].is_string(), "{quiet}");
    let (ok, refused) = run(data, &["terminal", "quiet", "00001", "--hours", "2"]);
    assert!(!ok && refused["error"].as_str().unwrap().contains("a reason"), "{refused}");
    assert!(!run(data, &["terminal", "quiet", "00002", "--hours", "2", "--why", "停电"]).0);
    assert!(text(data, &["terminal", "quiet", "00001", "--hours", "0"]).contains("messages tell of it"));
    let (_, lines) = run(data, &["audit", "list"]);
    let done: Vec<_> = lines.as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert_eq!(done, ["terminal.add", "terminal.quiet", "terminal.loud"]);
}
