//! Artifacts, on each database, and `host artifact …` as an admin runs it, also killed half-way.

use std::{
    cmp::Ordering,
    fs,
    path::{Path, PathBuf},
    pin::Pin,
    process::{Command, Output},
    task::{Context, Poll},
    time::Duration,
};

use host::{
    durable::{self, Readers},
    fleet::artifacts::{Artifacts, Error, Kind, Label, New, Rauc, State, Unsound, compare},
};
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, ReadBuf};

use crate::support::{Bench, on_each_database};

fn named(name: &str, version: &str) -> New {
    New { name: name.parse().unwrap(), version: version.parse().unwrap(), kind: Kind::File }
}

async fn opened(bench: &Bench) -> (TempDir, Artifacts) {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::open(bench.fleet.clone(), folder.path()).await.unwrap();
    (folder, artifacts)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = |name| fs::read_dir(folder.join(name)).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries("incoming").chain(entries("blobs")).collect()
}

fn put(path: &Path, bytes: &[u8]) {
    durable::write(path, bytes, Readers::Owner).unwrap();
}

/// Gives what it has, then breaks.
struct Breaking(&'static [u8]);

impl AsyncRead for Breaking {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if self.0.is_empty() {
            return Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
        buf.put_slice(std::mem::take(&mut self.0));
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn an_artifact_is_kept_with_its_hashes_and_the_same_bytes_lie_there_once() {
    on_each_database(async |bench| {
        let (folder, artifacts) = opened(&bench).await;
        let mut told = Vec::new();
        let first = artifacts.add(named("tool", "1.0"), &b"hello"[..], 5, |came| told.push(came)).await.unwrap();
        assert_eq!((told, first.state, first.size), (vec![5], State::Draft, 5));
        // printf hello | sha256sum, sha1sum, md5sum
        assert_eq!(first.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert_eq!(first.sha1, "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
        assert_eq!(first.md5, "5d41402abc4b2a76b9719d911017c592");
        let again = artifacts.add(named("tool", "1.0"), &b"hello"[..], 5, |_| {}).await.unwrap();
        assert_eq!(again, first);
        let other_name = artifacts.add(named("tool2", "1.0"), &b"hello"[..], 5, |_| {}).await.unwrap();
        assert_ne!(other_name.id, first.id);
        assert_eq!(files(folder.path()), [folder.path().join("blobs").join(&first.sha256)]);
        assert_eq!(fs::read(&files(folder.path())[0]).unwrap(), b"hello");
        assert_eq!(artifacts.list().await.unwrap(), [first.clone(), other_name]);
        assert_eq!(artifacts.show(first.id).await.unwrap(), first);
        assert!(matches!(artifacts.show(99).await, Err(Error::Unknown(99))));
    })
    .await;
}

#[tokio::test]
async fn what_breaks_off_is_too_short_too_long_or_other_bytes_of_a_name_leaves_nothing() {
    on_each_database(async |bench| {
        let (folder, artifacts) = opened(&bench).await;
        let add =
            async |version, bytes, announced| artifacts.add(named("tool", version), bytes, announced, |_| {}).await;
        let kept = add("1", &b"first"[..], 5).await.unwrap();
        let broken = artifacts.add(named("tool", "2"), Breaking(b"half"), 8, |_| {}).await;
        assert!(matches!(broken, Err(Error::Source(_))), "{broken:?}");
        assert!(matches!(add("2", b"half", 8).await, Err(Error::Length { announced: 8, came: 4 })));
        assert!(matches!(add("2", b"longer", 4).await, Err(Error::Length { announced: 4, came: 6 })));
        assert!(matches!(add("1", b"other", 5).await, Err(Error::Taken { id, .. }) if id == kept.id));
        let as_bundle = New { kind: Kind::RaucBundle, ..named("tool", "1") };
        assert!(matches!(artifacts.add(as_bundle, &b"first"[..], 5, |_| {}).await, Err(Error::Taken { .. })));
        assert_eq!(files(folder.path()), [folder.path().join("blobs").join(&kept.sha256)]);
        assert_eq!(artifacts.list().await.unwrap(), [kept]);
        assert_eq!(bench.audit().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_released_below_what_was_released_nor_unchecked_nor_without_its_bytes_nor_again_after_it_was_withdrawn()
 {
    on_each_database(async |bench| {
        let (folder, artifacts) = opened(&bench).await;
        let add = async |new: New, bytes: &'static [u8]| {
            artifacts.add(new, bytes, bytes.len() as u64, |_| {}).await.unwrap().id
        };
        let (nine, ten) = (add(named("tool", "1.9"), b"9").await, add(named("tool", "1.10"), b"10").await);
        let elsewhere = add(named("other", "0.1"), b"0").await;
        assert_eq!(artifacts.release(ten, false).await.unwrap().state, State::Released);
        assert_eq!(artifacts.release(ten, false).await.unwrap().state, State::Released);
        assert!(matches!(artifacts.release(nine, false).await, Err(Error::NotHigher(v)) if v == "1.10"));
        assert_eq!(artifacts.release(elsewhere, false).await.unwrap().state, State::Released);
        assert_eq!(artifacts.release(nine, true).await.unwrap().state, State::Released);

        let bundle = add(New { kind: Kind::RaucBundle, ..named("system", "1") }, b"hsqs").await;
        assert!(matches!(artifacts.release(bundle, true).await, Err(Error::Unsound { id, source: Unsound::NoKeyring }) if id == bundle));

        assert_eq!(artifacts.withdraw(nine).await.unwrap().state, State::Withdrawn);
        assert_eq!(artifacts.withdraw(nine).await.unwrap().state, State::Withdrawn);
        assert!(matches!(artifacts.release(nine, true).await, Err(Error::Withdrawn(_))));

        let lost = add(named("lost", "1"), b"lost").await;
        fs::remove_file(folder.path().join("blobs").join(artifacts.show(lost).await.unwrap().sha256)).unwrap();
        assert!(matches!(artifacts.release(lost, false).await, Err(Error::BytesMissing(_))));
        assert_eq!(add(named("lost", "1"), b"lost").await, lost);
        assert_eq!(artifacts.release(lost, false).await.unwrap().state, State::Released);

        let whats: Vec<String> = bench.audit().await.into_iter().map(|(_, what, _)| what).collect();
        let count = |of: &str| whats.iter().filter(|what| *what == of).count();
        let counts = (count("artifact.add"), count("artifact.release"), count("artifact.withdraw"));
        assert_eq!((counts, whats.len()), ((5, 4, 1), 10));
    })
    .await;
}

/// A program of a few lines.
fn program(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let (text, program) = (folder.join("text"), folder.join(name));
    put(&text, format!("#!/bin/sh\n{lines}\n").as_bytes());
    // A process of its own writes it: nobody has it open for writing once it is there.
    let installed = Command::new("install").args(["-m", "700"]).args([&text, &program]).status().unwrap();
    assert!(installed.success());
    program
}

async fn until<T>(mut is_so: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = is_so() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn started_by(folder: &Path) -> String {
    until(|| fs::read_to_string(folder.join("started")).ok()).await.trim().to_owned()
}

/// Whether a process is there that has not ended.
fn runs(id: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{id}/stat"));
    state.is_ok_and(|state| !state.contains(") Z "))
}

#[tokio::test]
async fn a_checker_of_bundles_that_hangs_or_never_stops_talking_is_ended_and_the_bundle_stays_a_draft() {
    on_each_database(async |bench| {
        let (folder, artifacts) = opened(&bench).await;
        let new = New { kind: Kind::RaucBundle, ..named("system", "1") };
        let bundle = artifacts.add(new, &b"hsqs"[..], 4, |_| {}).await.unwrap().id;
        let waits_for_another = "cd \"${0%/*}\"; sleep 1000 & echo $! > starting; mv starting started; wait";
        let hangs = program(folder.path(), "hangs", waits_for_another);
        let talks = program(folder.path(), "talks", "exec yes");
        let keyring = Some(folder.path().join("keyring.pem"));
        let patient = |program: PathBuf, patience| Rauc { program, patience, ..Rauc::trusting(keyring.clone()) };

        let given_up = artifacts.clone().checked_by(patient(hangs.clone(), Duration::MAX));
        let started = tokio::select! {
            ended = given_up.release(bundle, false) => panic!("{ended:?}"),
            started = started_by(folder.path()) => started,
        };
        until(|| (!runs(&started)).then_some(())).await;

        let slow = artifacts.clone().checked_by(patient(hangs, Duration::from_millis(100)));
        let refused = slow.release(bundle, false).await;
        assert!(matches!(refused, Err(Error::Unsound { source: Unsound::Silent(_), .. })), "{refused:?}");

        let talker = artifacts.clone().checked_by(patient(talks, Duration::MAX));
        let refused = talker.release(bundle, false).await;
        assert!(matches!(refused, Err(Error::Unsound { source: Unsound::TooMuch, .. })), "{refused:?}");

        // It ends well and answers nothing.
        let mute = artifacts.clone().checked_by(patient("true".into(), Duration::MAX));
        let refused = mute.release(bundle, false).await;
        assert!(matches!(refused, Err(Error::Unsound { source: Unsound::Unread(_), .. })), "{refused:?}");
        assert_eq!(artifacts.show(bundle).await.unwrap().state, State::Draft);
    })
    .await;
}

#[tokio::test]
async fn what_is_left_of_a_killed_writer_is_swept_but_never_while_another_writes() {
    on_each_database(async |bench| {
        let (folder, artifacts) = opened(&bench).await;
        let kept = artifacts.add(named("tool", "1"), &b"kept"[..], 4, |_| {}).await.unwrap();
        put(&folder.path().join("incoming/0123#1"), b"half");
        put(&folder.path().join("blobs").join("0".repeat(64)), b"whole, without a row");
        let writing = fs::File::open(folder.path().join("lock")).unwrap();
        writing.lock_shared().unwrap();
        Artifacts::open(bench.fleet.clone(), folder.path()).await.unwrap();
        assert_eq!(files(folder.path()).len(), 3);
        writing.unlock().unwrap();
        Artifacts::open(bench.fleet.clone(), folder.path()).await.unwrap();
        assert_eq!(files(folder.path()), [folder.path().join("blobs").join(&kept.sha256)]);
    })
    .await;
}

#[test]
fn a_name_is_no_path_and_holds_nothing_that_a_screen_or_a_header_minds() {
    for good in ["tool", "a", "9", "kiosk_1.0~rc1+b2-x", &"n".repeat(200)] {
        assert_eq!(good.parse::<Label>().unwrap().as_str(), good);
    }
    let long = "n".repeat(201);
    for bad in
        ["", "..", ".hidden", "-x", "../x", "a/b", "a\\b", "a b", "a\n", "a\u{1b}[2J", "a\0", "路灯", "a:b", &long]
    {
        assert!(bad.parse::<Label>().is_err(), "{bad:?}");
    }
}

#[test]
fn versions_are_ordered_as_debian_orders_them() {
    // Each is what `dpkg --compare-versions LOWER lt HIGHER` says.
    for (lower, higher) in [
        ("1.0", "1.1"),
        ("1.9", "1.10"),
        ("1.0~rc1", "1.0"),
        ("1.0~rc1", "1.0~rc2"),
        ("1.0~~", "1.0~"),
        ("1.0", "1.0a"),
        ("1.0a", "1.0+"),
        ("1.0", "1.0+b1"),
        ("2024.12", "2026.05"),
        ("1.2.3", "1.2.3.1"),
        ("9", "18446744073709551617"),
    ] {
        assert_eq!((compare(lower, higher), compare(higher, lower)), (Ordering::Less, Ordering::Greater), "{lower}");
    }
    assert_eq!(compare("1.01", "1.1"), Ordering::Equal);
}

proptest! {
    #[test]
    fn the_order_of_versions_is_one(mut versions in proptest::collection::vec("[0-9][0-9a-b.+~-]{0,6}", 3)) {
        versions.sort_by(|one, other| compare(one, other));
        let [low, middle, high] = &versions[..] else { unreachable!() };
        prop_assert!(compare(low, high) != Ordering::Greater && compare(middle, high) != Ordering::Greater);
        prop_assert_eq!(compare(low, middle), compare(middle, low).reverse());
        prop_assert_eq!(compare(low, low), Ordering::Equal);
    }
}

fn run(data: &Path, arguments: &[&str]) -> (bool, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
    let Output { status, stdout, .. } = command.arg("--json").arg("--data").arg(data).args(arguments).output().unwrap();
    (status.success(), serde_json::from_slice(&stdout).unwrap())
}

#[test]
fn artifacts_are_added_listed_released_and_withdrawn_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("tool.bin"));
    put(&file, &vec![7; 9 * 1024 * 1024]);
    let add = ["artifact", "add", file.to_str().unwrap(), "--name", "tool", "--version", "1.0"];
    let (ok, added) = run(&data, &add);
    assert!(ok && added["state"] == "draft" && added["size"] == 9 * 1024 * 1024, "{added}");
    let id = added["id"].to_string();
    assert_eq!(run(&data, &["artifact", "release", &id]).1["state"], "released");
    assert_eq!(run(&data, &["artifact", "list"]).1[0]["state"], "released");
    assert_eq!(run(&data, &["artifact", "withdraw", &id]).1["state"], "withdrawn");
    assert_eq!(run(&data, &["artifact", "show", &id]).1["sha256"], added["sha256"]);
    let (ok, refused) = run(&data, &["artifact", "release", &id]);
    assert!(!ok && refused["error"].as_str().unwrap().contains("withdrawn"), "{refused}");
    let text = Command::new(env!("CARGO_BIN_EXE_host")).arg("--data").arg(&data).args(["artifact", "list"]).output();
    assert!(String::from_utf8(text.unwrap().stdout).unwrap().contains("tool 1.0"));
}

#[test]
fn a_file_larger_than_the_disk_is_refused_before_a_byte_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("huge"));
    // Sparse: it takes no room itself.
    fs::File::create(&file).unwrap().set_len(8 << 40).unwrap();
    let (ok, refused) = run(&data, &["artifact", "add", file.to_str().unwrap(), "--name", "huge", "--version", "1"]);
    assert!(!ok && refused["error"].as_str().unwrap().starts_with("no room"), "{refused}");
    assert_eq!(files(&data.join("fleet/artifacts")), Vec::<PathBuf>::new());
    assert_eq!(run(&data, &["artifact", "list"]).1, serde_json::json!([]));
}

/// Runs `host artifact add` where no file may grow above 8 MiB, which is less than the artifact has.
fn add_where_files_stay_small(data: &Path, file: &Path, before: &str) -> Output {
    let script = format!("{before} ulimit -f 16384; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_host")).arg("--json").arg("--data").arg(data);
    command.args(["artifact", "add"]).arg(file).args(["--name", "tool", "--version", "1"]).output().unwrap()
}

#[test]
fn killed_half_way_or_without_room_half_way_nothing_is_offered_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("tool.bin"));
    put(&file, &vec![7; 12 * 1024 * 1024]);
    let artifacts = data.join("fleet/artifacts");

    let killed = add_where_files_stay_small(&data, &file, "");
    assert_eq!(killed.status.code(), None, "ended by the signal");
    assert_eq!(files(&artifacts).len(), 1, "what came is there, in part");
    assert_eq!(run(&data, &["artifact", "list"]).1, serde_json::json!([]));
    assert_eq!(files(&artifacts), Vec::<PathBuf>::new());

    let refused = add_where_files_stay_small(&data, &file, "trap '' XFSZ;");
    let answer: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert!(!refused.status.success() && answer["error"].as_str().unwrap().contains("can't be kept"), "{answer}");
    assert_eq!(files(&artifacts), Vec::<PathBuf>::new());
    assert_eq!(run(&data, &["artifact", "list"]).1, serde_json::json!([]));
}
