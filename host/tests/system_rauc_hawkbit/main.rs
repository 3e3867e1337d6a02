//! Updates of the system by a client that nobody here wrote: Debian's rauc-hawkbit-updater asks the real server and fetches a bundle,
//! its RAUC checks it, writes it to the slot that isn't running and has that one started next.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

#[path = "../support/bundles.rs"]
mod bundles;
#[path = "../support/device.rs"]
mod device;
#[path = "../host/support.rs"]
#[expect(dead_code, reason = "shared with the tests that speak HTTP")]
mod support;

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use host::{
    fleet::{
        Fleet,
        actions::{Action, State},
        artifacts::{Artifact, Artifacts, Kind, New, Rauc},
    },
    setup,
};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{sleep, timeout},
};
use wire::ticket::TerminalNumber;

use bundles::{COMPATIBLE, Workshop};
use device::{Identity, Running, SOON};
use support::TestHost;

/// More than any image that is installed.
const SLOT_BYTES: usize = 1 << 20;

/// Any process may do anything on this bus.
const BUS: &str = "<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>\
                   <allow receive_sender=\"*\"/></policy>";

/// Which slot is started next, and which ones are good. Source: RAUC's integration, "Custom".
const BOOT_CHOOSER: &[u8] = b"#!/bin/sh
cd \"${0%/*}\"
case $1 in
  get-primary) cat primary ;;
  set-primary) echo \"$2\" > primary ;;
  get-state) cat \"state-$2\" ;;
  set-state) echo \"$3\" > \"state-$2\" ;;
esac
";

/// A device with power.
struct Powered(Vec<Running>);

impl Powered {
    /// Takes its power away.
    async fn cut(self) {
        for running in self.0 {
            running.cut().await;
        }
    }
}

/// A device with two slots that runs RAUC and its client of hawkBit.
struct Device {
    folder: TempDir,
    programs: PathBuf,
    number: TerminalNumber,
    fleet: Fleet,
}

impl Device {
    /// None where the client was not made on this machine. It trusts who signed with this certificate.
    async fn new(host: &TestHost, number: TerminalNumber, settings: &str, trusted: &Path) -> Option<Self> {
        let Ok(programs) = std::env::var("LIANXIN_RAUC") else {
            assert!(std::env::var("CI").is_err(), "LIANXIN_RAUC: `kiosk/setup rauc` prints it");
            let why = b"left out: rauc-hawkbit-updater, because LIANXIN_RAUC names no folder\n";
            std::io::stderr().write_all(why).unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let device = Self { folder, programs: programs.into(), number, fleet: host.fleet().await };
        fs::copy(setup::root_certificate(host.data.path()), device.path("ca.pem")).unwrap();
        fs::copy(trusted, device.path("keyring.pem")).unwrap();
        device.put_together();
        let client = format!(
            "[client]\nhawkbit_server = {}\nssl = true\nssl_verify = true\ntenant_id = default\n\
             target_name = {number}\n{settings}\nbundle_download_location = {}\nretry_wait = 1\n\n\
             [device]\nboard = test\n",
            host.url("").trim_start_matches("https://"),
            device.path("coming.raucb").display()
        );
        device.put("client.conf", client.as_bytes());
        Some(device)
    }

    /// Its slots, its boot chooser and its bus.
    fn put_together(&self) {
        let here = self.folder.path().display();
        let slot =
            |n: u32, name: &str| format!("[slot.rootfs.{n}]\ndevice={here}/slot-{name}\ntype=raw\nbootname={name}\n\n");
        let system = format!(
            "[system]\ncompatible={COMPATIBLE}\nbootloader=custom\nbundle-formats=plain\nmountprefix={here}/mnt\n\
             data-directory={here}\n\n[keyring]\npath={here}/keyring.pem\n\n\
             [handlers]\nbootloader-custom-backend={here}/boot-chooser\n\n{}{}",
            slot(0, "A"),
            slot(1, "B")
        );
        let bus = format!("<busconfig><type>system</type><listen>unix:path={here}/bus</listen>{BUS}</busconfig>");
        self.put("system.conf", system.as_bytes());
        self.put("bus.conf", bus.as_bytes());
        self.put("boot-chooser", BOOT_CHOOSER);
        fs::set_permissions(self.path("boot-chooser"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::create_dir(self.path("mnt")).unwrap();
        self.put("primary", b"A\n");
        for slot in ["A", "B"] {
            self.put(&format!("slot-{slot}"), &[0; SLOT_BYTES]);
            self.put(&format!("state-{slot}"), b"good\n");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::File::create(self.path(name)).unwrap().write_all(bytes).unwrap();
    }

    fn slot(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(&format!("slot-{name}"))).unwrap()
    }

    /// The slot that is started next.
    fn primary(&self) -> String {
        fs::read_to_string(self.path("primary")).unwrap().trim().to_owned()
    }

    fn command(&self, program: &str) -> Command {
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null());
        command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", self.path("bus").display()));
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Running {
        // Also where this test is killed.
        let mut command = self.command("setpriv");
        Running::start(command.args(["--pdeathsig", "KILL", program]).args(arguments))
    }

    /// A program of the client's; what it mounts nobody else sees.
    fn run_apart(&self, before: &str, program: &str, arguments: &[&str]) -> Running {
        let (script, program) = (format!("{before} exec \"$0\" \"$@\""), self.programs.join(program));
        let apart = ["--mount", "sh", "-ec", &script, program.to_str().unwrap()];
        self.run("unshare", &[&apart, arguments].concat())
    }

    /// Gives it power: it starts the slot that is to be started, which asks for updates.
    async fn power(&self) -> Powered {
        fs::remove_file(self.path("bus")).ok();
        let slot = format!("--override-boot-slot={}", self.primary());
        let mut powered = Powered(Vec::new());
        powered.0.push(
            self.run(self.programs.join("dbus-daemon").to_str().unwrap(), &["--nofork", "--config-file=bus.conf"]),
        );
        self.until(async || self.path("bus").exists().then_some(())).await;
        powered.0.push(self.run_apart("", "rauc", &["-c", "system.conf", "service", &slot]));
        let rauc = self.programs.join("rauc");
        let answers = async || {
            let status = self.command(rauc.to_str().unwrap()).args(["-c", "system.conf", "status"]).status().await;
            status.unwrap().success().then_some(())
        };
        self.until(answers).await;
        // The client trusts what the system trusts: here that is the host's own authority alone.
        let trusts = "mount --bind ca.pem /etc/ssl/certs/ca-certificates.crt;";
        powered.0.push(self.run_apart(trusts, "rauc-hawkbit-updater", &["-c", "client.conf"]));
        powered
    }

    async fn until<T>(&self, mut is_so: impl AsyncFnMut() -> Option<T>) -> T {
        let waits = async {
            loop {
                if let Some(found) = is_so().await {
                    return found;
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        let log = || fs::read_to_string(self.path("log")).unwrap_or_default();
        timeout(SOON, waits).await.unwrap_or_else(|_| panic!("it stays as it is: {}", log()))
    }

    /// Waits until its newest action is over.
    async fn ends(&self) -> Action {
        self.until(async || {
            let newest = self.fleet.actions(self.number).await.unwrap().swap_remove(0);
            (!newest.state.is_open()).then_some(newest)
        })
        .await
    }
}

/// Released by a host where both may sign.
async fn released(host: &TestHost, keyring: &Path, version: &str, bundle: &[u8]) -> Artifact {
    let artifacts = Artifacts::open(host.fleet().await, &setup::artifacts(host.data.path())).await.unwrap();
    let artifacts = artifacts.checked_by(Rauc::trusting(Some(keyring.to_owned())));
    let new = New { name: "system".parse().unwrap(), version: version.parse().unwrap(), kind: Kind::RaucBundle };
    let added = artifacts.add(new, bundle, bundle.len() as u64, |_| {}).await.unwrap();
    artifacts.release(added.id, false).await.unwrap()
}

/// Installs one version after the other, each into the slot that the former doesn't run from, and refuses one that
/// somebody else signed.
async fn installs_and_refuses(host: &TestHost, number: TerminalNumber, settings: &str) {
    let Some(workshop) = Workshop::new() else { return };
    let (ours, theirs) = (workshop.draw_key("ours"), workshop.draw_key("theirs"));
    let Some(device) = Device::new(host, number, settings, &ours).await else { return };
    let both = device.path("both.pem");
    device.put("both.pem", &[fs::read(&ours).unwrap(), fs::read(&theirs).unwrap()].concat());

    for (version, other) in [("1.0", "B"), ("1.1", "A")] {
        let image = version.repeat(100_000).into_bytes();
        let bundle = workshop.bundle("ours", "plain", version, &image);
        let artifact = released(host, &both, version, &bundle).await;
        let running = device.slot(&device.primary());
        device.fleet.order_artifact(artifact.id, &[number], false).await.unwrap();
        let powered = device.power().await;
        let over = device.ends().await;
        powered.cut().await;
        assert_eq!((over.state, device.primary()), (State::Finished, other.to_owned()));
        assert!(device.slot(other).starts_with(&image), "it has what was ordered");
        assert!(device.slot(if other == "A" { "B" } else { "A" }) == running, "the slot that ran is as it was");
    }

    let slots = [device.slot("A"), device.slot("B")];
    let foreign = workshop.bundle("theirs", "plain", "1.2", b"of somebody else");
    let artifact = released(host, &both, "1.2", &foreign).await;
    device.fleet.order_artifact(artifact.id, &[number], false).await.unwrap();
    let powered = device.power().await;
    let over = device.ends().await;
    powered.cut().await;
    assert!(matches!(&over.state, State::Failed(_)), "{:?}", over.state);
    let told = device.fleet.told_of(over.id).await.unwrap();
    let why = |text: &String| text.contains("signature verification failed");
    assert!(told.iter().flat_map(|told| &told.status.details).any(why), "{told:?}");
    assert_eq!(device.primary(), "A");
    assert!(slots == [device.slot("A"), device.slot("B")], "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn rauc_hawkbit_updater_installs_with_a_terminals_certificate() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let identity = Identity::of(&terminal);
    let settings = format!("ssl_cert = {}\nssl_key = {}", identity.certificate.display(), identity.key.display());
    installs_and_refuses(&host, terminal.number, &settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rauc_hawkbit_updater_installs_with_a_token() {
    let host = TestHost::start().await;
    let number = host.admit().await.terminal;
    let (token, _) = host.fleet().await.draw_device_token(Some(number)).await.unwrap();
    installs_and_refuses(&host, number, &format!("auth_token = {token}")).await;
}
