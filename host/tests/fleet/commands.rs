//! `host user …`, as an admin runs it.

use std::{
    path::Path,
    process::{Command, Output},
};

use host::durable::{self, Readers};
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
    for (number, station) in ["花桥镇联络站", "北山乡联络站"].into_iter().enumerate() {
        let file = data.join(format!("{number}.json"));
        assert!(run(data, &["terminal", "add", "--station", station, "--out", file.to_str().unwrap()]).0);
    }
    let add =
        ["user", "add", "--login", "chen", "--name", "陈", "--role", "operator", "--scope", "T1", "--scope", "T2"];
    let (ok, chen) = run(data, &add);
    assert!(ok && chen["scope"]["sites"] == serde_json::json!(["T1", "T2"]), "{chen}");
    let (ok, again) = run(data, &add);
    assert!(!ok && again["error"].as_str().unwrap().contains("given before"), "{again}");

    let (_, list) = run(data, &["user", "list"]);
    assert_eq!(
        (&list[1]["login"], &list[1]["role"], &list[1]["totp"]),
        (&"chen".into(), &"operator".into(), &false.into())
    );
    assert!(!list.to_string().contains("argon2"), "no password's hash");
    assert_eq!(run(data, &["user", "role", "chen", "--role", "viewer"]).1["scope"], "all");
    let (ok, refused) = run(data, &["user", "role", "chen", "--role", "admin", "--scope", "T1"]);
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
    let done = [&done[..1], &done[5..]].concat();
    let whats = ["user.add", "user.add", "user.role", "user.password_reset", "user.totp_reset", "user.remove"];
    assert_eq!(done, whats);
    assert_eq!(lines[5]["subject"], "user:chen operator T1, T2");
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
    assert_eq!(done, ["site.add", "terminal.add", "terminal.quiet", "terminal.loud"]);
}

#[test]
fn the_tree_of_sites_is_built_changed_written_and_read_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let home = ["site", "add", "DX", "--name", "德兴市代表之家", "--level", "county-home"];
    assert!(run(data, &home).0);
    let station = ["site", "add", "DX-01", "--name", "花桥镇联络站", "--under", "DX", "--tags", "山区"];
    let (ok, made) = run(data, &station);
    assert!(ok && made["parent"] == "DX" && made["tags"] == serde_json::json!(["山区"]), "{made}");
    let (ok, again) = run(data, &station);
    assert!(!ok && again["error"].as_str().unwrap().contains("a code is given once"), "{again}");
    assert!(run(data, &["terminal", "add", "--site", "DX-01", "--out", &path("1.json")]).0);
    assert!(!run(data, &["terminal", "add", "--site", "DX-99", "--out", &path("2.json")]).0);
    let (ok, refused) = run(data, &["site", "retire", "DX-01"]);
    assert!(!ok && refused["error"].as_str().unwrap().contains("terminal 00001 stands at DX-01"), "{refused}");
    let set = ["site", "set", "DX-01", "--position", "28.9475,117.5786", "--address", "一楼", "--tags", ""];
    let (_, site) = run(data, &set);
    assert_eq!((&site["position"]["latitude"], &site["address"]), (&28_947_500.into(), &"一楼".into()));
    assert_eq!((&site["name"], &site["tags"]), (&"花桥镇联络站".into(), &serde_json::json!([])));
    assert_eq!(run(data, &["site", "move", "DX-01"]).1["parent"], Value::Null);
    let (ok, circle) = run(data, &["site", "move", "DX", "--under", "DX"]);
    assert!(!ok && circle["error"].as_str().unwrap().contains("under itself"), "{circle}");

    let list = path("sites.csv");
    let (ok, written) = run(data, &["site", "export", &list, "--chinese"]);
    assert!(ok && written["sites"] == 2, "{written}");
    let (_, nothing) = run(data, &["site", "import", &list]);
    assert_eq!(nothing["changed"], serde_json::json!([]), "{nothing}");
    let lines = std::fs::read_to_string(&list).unwrap().replace("花桥镇联络站", "花桥镇代表联络站");
    let put = |text: String| durable::write(Path::new(&list), text.as_bytes(), Readers::Owner).unwrap();
    put(lines.clone() + "DX-02,北山乡联络站,,DX,,,,,,\r\n");
    let (_, planned) = run(data, &["site", "import", &list, "--dry-run"]);
    assert_eq!(
        (&planned["added"], &planned["changed"]),
        (&serde_json::json!(["DX-02"]), &serde_json::json!(["DX-01"]))
    );
    assert_eq!(run(data, &["site", "list"]).1.as_array().unwrap().len(), 2);
    assert!(run(data, &["site", "import", &list]).0);
    let (ok, moved) = run(data, &["terminal", "move", "00001", "--site", "DX-02"]);
    assert!(ok && moved["station"] == "北山乡联络站", "{moved}");
    let shown = text(data, &["site", "list"]);
    assert!(shown.contains("  DX-02  北山乡联络站  00001"), "{shown}");
    assert!(run(data, &["site", "retire", "DX-01"]).0 && run(data, &["site", "reopen", "DX-01"]).0);
    put(lines + "dx-3,x,,,,,,,,\r\n");
    let (ok, wrong) = run(data, &["site", "import", &list]);
    assert!(!ok && wrong["error"].as_str().unwrap().contains("line 4, code"), "{wrong}");
    assert!(run(data, &["audit", "verify"]).0);
}

#[test]
fn groups_are_kept_by_name_and_a_rollout_takes_who_is_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (ok, kept) = run(data, &["group", "set", "试点", "tag=山区", "version<2"]);
    assert!(ok && kept["query"] == "tag=山区 version<2" && kept["terminals"] == serde_json::json!([]), "{kept}");
    let (ok, wrong) = run(data, &["group", "set", "x", "model=pi"]);
    assert!(!ok && wrong["error"].as_str().unwrap().contains("don't say their model"), "{wrong}");
    assert_eq!(run(data, &["group", "try", "under=DX"]).1["terminals"], serde_json::json!([]));
    assert!(text(data, &["group", "list"]).contains("试点  0  tag=山区 version<2"));
    let (ok, wrong) = run(data, &["rollout", "make", "--settings", "1", "--wave", "group=别的"]);
    assert!(!ok && wrong["error"].as_str().unwrap().contains("there is no group"), "{wrong}");
    assert!(run(data, &["group", "show", "试点"]).0 && run(data, &["group", "remove", "试点"]).0);
    assert!(!run(data, &["group", "show", "试点"]).0);
}

#[test]
fn a_key_for_programs_is_drawn_shown_once_listed_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(run(data, &["user", "add", "--login", "boss", "--name", "刘主任", "--role", "admin"]).0);
    let (ok, drawn) = run(data, &["user", "key", "boss", "--name", "报表"]);
    let key = drawn["key"].as_str().unwrap().to_owned();
    assert!(ok && key.starts_with("lianxin-1-") && drawn["login"] == "boss", "{drawn}");
    assert!(
        !run(data, &["user", "key", "boss", "--name", ""]).0 && !run(data, &["user", "key", "no", "--name", "x"]).0
    );
    let (_, keys) = run(data, &["user", "keys"]);
    assert_eq!((&keys[0]["id"], &keys[0]["name"], &keys[0]["used_at"]), (&1.into(), &"报表".into(), &Value::Null));
    assert!(!keys.to_string().contains(&key), "{keys}");
    assert!(text(data, &["user", "keys", "boss"]).contains("never used"));
    assert!(run(data, &["user", "revoke-key", "1"]).0);
    let (ok, gone) = run(data, &["user", "revoke-key", "1"]);
    assert!(!ok && gone["error"].as_str().unwrap().contains("no key 1 that is good"), "{gone}");
    assert!(text(data, &["user", "keys"]).contains("no keys"));
    // Nobody's key outlives a new password.
    assert!(run(data, &["user", "key", "boss", "--name", "报表"]).0 && run(data, &["user", "password", "boss"]).0);
    assert_eq!(run(data, &["user", "keys"]).1, serde_json::json!([]));
}
