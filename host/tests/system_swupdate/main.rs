//! Updates by a client that nobody here wrote: Debian's SWUpdate asks the real server, fetches a signed image, installs it into a
//! folder of its own, and says so after its restart.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

#[path = "../support/device.rs"]
mod device;
#[path = "../host/support.rs"]
#[expect(dead_code, reason = "shared with the tests that speak HTTP")]
mod support;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use host::{
    fleet::{
        Fleet,
        actions::{Action, State},
        artifacts::{Artifact, Artifacts, Kind, New},
    },
    setup,
};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{sleep, timeout},
};
use wire::{event, hex, ticket::TerminalNumber};

use device::{Identity, Running, SOON};
use support::TestHost;

/// A device that runs SWUpdate.
struct Device {
    folder: TempDir,
    program: String,
    number: TerminalNumber,
    fleet: Fleet,
}

impl Device {
    /// None where the client was not made on this machine.
    async fn new(host: &TestHost, number: TerminalNumber, settings: &str) -> Option<Self> {
        let Ok(program) = std::env::var("LIANXIN_SWUPDATE") else {
            assert!(std::env::var("CI").is_err(), "LIANXIN_SWUPDATE: `kiosk/setup swupdate` prints it");
            std::io::stderr().write_all(b"left out: SWUpdate, because LIANXIN_SWUPDATE names no program\n").unwrap();
            return None;
        };
        let device = Self { folder: tempfile::tempdir().unwrap(), program, number, fleet: host.fleet().await };
        let ca = setup::root_certificate(host.data.path());
        let text = format!(
            "globals : {{ verbose = true; loglevel = 3; }};\nsuricatta : {{ enable = true; tenant = \"default\"; \
             id = \"{number}\"; url = \"{}\"; polldelay = 1; cafile = \"{}\"; {settings} }};\n",
            host.url("").replace("127.0.0.1", "localhost"),
            ca.display()
        );
        device.put("swupdate.cfg", text.as_bytes());
        Some(device)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::File::create(self.path(name)).unwrap().write_all(bytes).unwrap();
    }

    /// Starts it, trusting who signed with this certificate; `confirm` as after the restart into what it installed.
    fn start(&self, signer: &Path, confirm: bool) -> Running {
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).env("TMPDIR", self.folder.path());
        command.args(["-f", "swupdate.cfg", "-H", "board:1.0", "-k"]).arg(signer);
        command.args(["-u", if confirm { "-S hawkbit -c 2" } else { "-S hawkbit" }]);
        Running::start(command.stdout(log.try_clone().unwrap()).stderr(log))
    }

    /// Waits until its newest action is as it should be.
    async fn until(&self, is_so: impl Fn(&Action) -> bool) -> Action {
        let waits = async {
            loop {
                let newest = self.fleet.actions(self.number).await.unwrap().swap_remove(0);
                if is_so(&newest) {
                    return newest;
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        let log = || fs::read_to_string(self.path("log")).unwrap_or_default();
        timeout(SOON, waits).await.unwrap_or_else(|_| panic!("the action stays as it is: {}", log()))
    }
}

async fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(program).current_dir(folder).args(arguments).output().await.unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whoever signs images: a key, and a certificate for it.
async fn signer(folder: &Path) -> PathBuf {
    let arguments = "req -x509 -newkey rsa:2048 -nodes -keyout signer.key -out signer.pem -days 2 -subj /CN=signer \
                     -addext keyUsage=digitalSignature -addext extendedKeyUsage=emailProtection";
    run(folder, "openssl", &arguments.split_whitespace().collect::<Vec<_>>()).await;
    folder.join("signer.pem")
}

/// An image that puts `payload` at a path, signed. Source: SWUpdate's documentation, "Software Management".
async fn image(folder: &Path, version: &str, payload: &[u8], to: &Path) -> Vec<u8> {
    let (hash, to) = (hex(&event::hash(payload)), to.display());
    let description = format!(
        "software = {{ version = \"{version}\"; hardware-compatibility: [ \"1.0\" ]; \
         files: ( {{ filename = \"payload\"; path = \"{to}\"; sha256 = \"{hash}\"; }} ); }};\n"
    );
    for (name, bytes) in [("payload", payload), ("sw-description", description.as_bytes())] {
        fs::File::create(folder.join(name)).unwrap().write_all(bytes).unwrap();
    }
    let sign = "cms -sign -in sw-description -out sw-description.sig -signer signer.pem -inkey signer.key -outform DER \
                -nosmimecap -binary";
    run(folder, "openssl", &sign.split_whitespace().collect::<Vec<_>>()).await;
    let pack = "printf 'sw-description\\nsw-description.sig\\npayload\\n' | cpio --quiet -o -H crc > image.swu";
    run(folder, "sh", &["-c", pack]).await;
    fs::read(folder.join("image.swu")).unwrap()
}

async fn released(host: &TestHost, version: &str, bytes: &[u8]) -> Artifact {
    let artifacts = Artifacts::open(host.fleet().await, &setup::artifacts(host.data.path())).await.unwrap();
    let new = New { name: "tool".parse().unwrap(), version: version.parse().unwrap(), kind: Kind::Swu };
    let added = artifacts.add(new, bytes, bytes.len() as u64, |_| {}).await.unwrap();
    artifacts.release(added.id, false).await.unwrap()
}

/// Installs one version after the other, and refuses one that somebody else signed.
async fn installs_and_refuses(host: &TestHost, device: &Device) {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let trusted = signer(ours.path()).await;
    signer(theirs.path()).await;
    let installed = device.path("installed");
    for version in ["1.0", "1.1"] {
        let payload = version.repeat(200_000).into_bytes();
        let artifact = released(host, version, &image(ours.path(), version, &payload, &installed).await).await;
        device.fleet.order_artifact(artifact.id, &[device.number], false).await.unwrap();
        let running = device.start(&trusted, false);
        device.until(|action| action.state == State::Began && installed.exists()).await;
        let is_installed = || fs::read(&installed).is_ok_and(|bytes| bytes == payload);
        let waits = async {
            while !is_installed() {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(SOON, waits).await.expect("what was to be installed is there");
        device.until(|action| action.state == State::Began).await;
        running.stop().await;
        let state = device.fleet.actions(device.number).await.unwrap()[0].state.clone();
        assert_eq!(state, State::Began, "nothing is done before the restart");

        let restarted = device.start(&trusted, true);
        device.until(|action| action.state == State::Finished).await;
        restarted.stop().await;
    }
    let kept = fs::read(&installed).unwrap();
    let foreign = image(theirs.path(), "1.2", b"of somebody else", &installed).await;
    let artifact = released(host, "1.2", &foreign).await;
    device.fleet.order_artifact(artifact.id, &[device.number], false).await.unwrap();
    let running = device.start(&trusted, false);
    let failed = device.until(|action| !action.state.is_open()).await;
    running.stop().await;
    assert!(matches!(&failed.state, State::Failed(why) if !why.is_empty()), "{:?}", failed.state);
    assert_eq!(fs::read(&installed).unwrap(), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn swupdate_installs_with_a_terminals_certificate_and_says_so_after_its_restart() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let identity = Identity::of(&terminal);
    let settings =
        format!("sslcert = \"{}\"; sslkey = \"{}\";", identity.certificate.display(), identity.key.display());
    let Some(device) = Device::new(&host, terminal.number, &settings).await else { return };
    installs_and_refuses(&host, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swupdate_installs_with_a_token() {
    let host = TestHost::start().await;
    let number = host.admit().await.terminal;
    let (token, _) = host.fleet().await.draw_device_token(Some(number)).await.unwrap();
    let Some(device) = Device::new(&host, number, &format!("targettoken = \"{token}\";")).await else { return };
    installs_and_refuses(&host, &device).await;
}
