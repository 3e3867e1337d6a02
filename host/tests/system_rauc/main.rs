//! RAUC bundles made by the real `rauc`: released where it finds them good, drafts where it doesn't or wasn't asked.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

#[path = "../support/bundles.rs"]
mod bundles;

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::{Command, Output},
    sync::Arc,
};

use host::{
    clock::SystemClock,
    fleet::{
        self, Fleet,
        artifacts::{Artifacts, Error, Kind, New, Rauc, State, Unsound},
    },
    store::{Store, sqlite_url},
};
use serde_json::Value;
use tempfile::TempDir;
use wire::event;

use bundles::{COMPATIBLE, Workshop};

/// A host of an admin, and two people with keys.
struct Bench {
    folder: TempDir,
    workshop: Workshop,
    path: OsString,
}

impl Bench {
    fn new() -> Option<Self> {
        let workshop = Workshop::new()?;
        let bench = Self { folder: tempfile::tempdir().unwrap(), workshop, path: std::env::var_os("PATH").unwrap() };
        fs::create_dir(bench.path("data")).unwrap();
        for who in ["ours", "theirs"] {
            let certificate = bench.workshop.draw_key(who);
            fs::copy(certificate, bench.path(&format!("{who}.pem"))).unwrap();
        }
        bench.trust("ours.pem");
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        File::create(self.path(name)).unwrap().write_all(bytes).unwrap();
    }

    fn trust(&self, keyring: &str) {
        self.put("data/host.toml", format!("rauc_keyring = \"../{keyring}\"\n").as_bytes());
    }

    /// Of an image that squashing makes no smaller: a place in the middle of the bundle is one of the image.
    fn bundle(&self, who: &str, format: &str, version: &str) -> Vec<u8> {
        let image: Vec<u8> = (0..9000).flat_map(|n: u64| event::hash(&n.to_le_bytes())).collect();
        self.workshop.bundle(who, format, version, &image)
    }

    /// `host …`, as an admin runs it.
    fn host(&self, arguments: &[&str]) -> (bool, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
        command.env("PATH", &self.path).arg("--json").arg("--data").arg(self.path("data"));
        let Output { status, stdout, stderr } = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        (status.success(), serde_json::from_slice(&stdout).unwrap_or_else(|_| panic!("{arguments:?}: {said}")))
    }

    /// Takes in a bundle under a version; its number.
    fn draft(&self, bytes: &[u8], version: &str) -> String {
        self.put("coming", bytes);
        let coming = self.path("coming");
        let named = ["--name", "system", "--version", version, "--kind", "rauc-bundle"];
        let (ok, added) = self.host(&[&["artifact", "add", coming.to_str().unwrap()][..], &named].concat());
        assert!(ok && added["state"] == "draft" && added["compatible"].is_null(), "{added}");
        added["id"].to_string()
    }

    /// That it stays a draft, and that nobody is told it was released; why.
    fn refuses(&self, id: &str) -> String {
        let (ok, refused) = self.host(&["artifact", "release", id]);
        let shown = self.host(&["artifact", "show", id]).1;
        assert!(!ok && shown["state"] == "draft" && shown["compatible"].is_null(), "{refused} {shown}");
        assert_eq!(self.releases(), Vec::<String>::new());
        refused["error"].as_str().unwrap().to_owned()
    }

    /// What the audit says of releases.
    fn releases(&self) -> Vec<String> {
        let audit = self.host(&["audit", "list"]).1;
        let lines = audit.as_array().unwrap().iter().filter(|line| line["what"] == "artifact.release");
        lines.map(|line| line["subject"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_bundle_that_somebody_trusted_signed_is_released_and_shown_with_the_devices_it_is_for() {
    let Some(bench) = Bench::new() else { return };
    for (format, version) in [("plain", "1.2"), ("verity", "1.3")] {
        let id = bench.draft(&bench.bundle("ours", format, version), version);
        let (ok, released) = bench.host(&["artifact", "release", &id]);
        assert!(ok && released["state"] == "released" && released["compatible"] == COMPATIBLE, "{released}");
        assert_eq!(bench.host(&["artifact", "show", &id]).1, released);
        let audited = bench.releases().pop().unwrap();
        assert!(audited.contains(version) && audited.ends_with(&format!(" compatible:{COMPATIBLE}")), "{audited}");
    }
    for list in [&["artifact", "list"][..], &["artifact", "show", "1"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
        let text = command.arg("--data").arg(bench.path("data")).args(list).output().unwrap().stdout;
        assert!(String::from_utf8(text).unwrap().contains(&format!("system 1.2, for {COMPATIBLE}")));
    }
}

#[test]
fn a_bundle_of_somebody_else_torn_changed_or_of_another_version_stays_a_draft() {
    let Some(bench) = Bench::new() else { return };
    for format in ["plain", "verity"] {
        let theirs = bench.draft(&bench.bundle("theirs", format, "1.0"), &format!("1.0-{format}"));
        let why = bench.refuses(&theirs);
        assert!(why.contains("RAUC refuses the bundle: ") && why.contains("signature verification failed"), "{why}");

        let whole = bench.bundle("ours", format, "1.0");
        let torn = bench.draft(&whole[..whole.len() / 2], &format!("1.1-{format}"));
        let why = bench.refuses(&torn);
        assert!(why.contains("RAUC refuses the bundle: ") && why.chars().count() < 300, "{why}");

        let elsewhere = bench.draft(&whole, &format!("1.2-{format}"));
        let why = bench.refuses(&elsewhere);
        assert!(why.contains("the bundle is version 1.0, ") && why.contains(&format!("1.2-{format}")), "{why}");
    }
    let mut changed = bench.bundle("ours", "plain", "1.0");
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let why = bench.refuses(&bench.draft(&changed, "1.0"));
    assert!(why.contains("signature verification failed"), "{why}");
}

#[test]
fn without_a_keyring_or_without_rauc_a_bundle_stays_a_draft_and_the_admin_reads_what_is_missing() {
    let Some(mut bench) = Bench::new() else { return };
    let id = bench.draft(&bench.bundle("ours", "plain", "1.0"), "1.0");
    bench.put("data/host.toml", b"");
    let why = bench.refuses(&id);
    assert!(why.contains("no keyring") && why.contains("rauc_keyring") && why.contains("host.toml"), "{why}");

    bench.put("empty.pem", b"");
    bench.trust("empty.pem");
    assert!(bench.refuses(&id).contains("RAUC refuses the bundle: "));

    bench.trust("theirs.pem");
    assert!(bench.refuses(&id).contains("signature verification failed"));

    bench.trust("ours.pem");
    let nowhere = bench.path("data").into();
    let known = std::mem::replace(&mut bench.path, nowhere);
    let why = bench.refuses(&id);
    assert!(why.contains("install the packages rauc and squashfs-tools"), "{why}");

    bench.path = known;
    assert_eq!(bench.host(&["artifact", "release", &id]).1["state"], "released");
}

#[tokio::test]
async fn a_plain_bundle_so_long_that_older_rauc_checks_a_part_of_it_stays_a_draft_and_a_verity_one_does_not() {
    let Some(bench) = Bench::new() else { return };
    let store = Store::open(&sqlite_url(&bench.path("fleet.sqlite")), fleet::MIGRATIONS).await.unwrap();
    let artifacts = Artifacts::open(Fleet::new(store, Arc::new(SystemClock)), &bench.path("artifacts")).await.unwrap();
    // As long as these are.
    let rauc = Rauc { plain_max: 100_000, ..Rauc::trusting(Some(bench.path("ours.pem"))) };
    let artifacts = artifacts.checked_by(rauc);
    let add = async |format, version: &str| {
        let bundle = bench.bundle("ours", format, version);
        let new = New { name: "system".parse().unwrap(), version: version.parse().unwrap(), kind: Kind::RaucBundle };
        artifacts.add(new, &bundle[..], bundle.len() as u64, |_| {}).await.unwrap().id
    };
    let refused = artifacts.release(add("plain", "1.0").await, false).await;
    assert!(matches!(refused, Err(Error::Unsound { source: Unsound::InPart(100_000), .. })), "{refused:?}");
    let released = artifacts.release(add("verity", "1.1").await, false).await.unwrap();
    assert_eq!((released.state, released.compatible.as_deref()), (State::Released, Some(COMPATIBLE)));
}
