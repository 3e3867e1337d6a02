//! The real host program in a folder of its own, with one terminal added.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use wire::enrol::Enrolment;

/// Where the host listens, and where its data lies.
#[derive(Clone)]
pub(crate) struct HostFolder {
    pub(crate) data: PathBuf,
    pub(crate) people: SocketAddr,
    pub(crate) terminals: SocketAddr,
    /// Where terminals find it; another address where something stands between.
    pub(crate) reached: SocketAddr,
}

/// A host that runs; killed when dropped.
pub(crate) struct RunningHost(Child);

/// The program that was built beside this one.
fn program() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_kiosk-agent")).parent().unwrap();
    let program = folder.join("host");
    assert!(program.exists(), "{}: build it first, as `kiosk/test` does", program.display());
    program
}

/// A port that was free a moment ago: the host must come back to the same one after a stop.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl HostFolder {
    pub(crate) fn new(data: &Path) -> Self {
        let terminals = free();
        Self { data: data.to_owned(), people: free(), terminals, reached: terminals }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .arg("--json")
            .arg("--data")
            .arg(&self.data)
            .args(["--listen", &self.people.to_string(), "--listen-terminals", &self.terminals.to_string()])
            .args(["--fleet-url", &format!("https://{}", self.reached)])
            .args(["--county-url", &format!("https://{}", self.reached)])
            .args(["--public-base", &format!("https://{}", self.people)])
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null());
        command
    }

    /// Starts it and waits until it listens.
    pub(crate) fn start(&self) -> RunningHost {
        let mut child = self.command().arg("serve").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("addresses"), "the host did not start: {line}");
        RunningHost(child)
    }

    /// Runs one command of the host's to its end.
    pub(crate) fn run(&self, arguments: &[&str]) {
        self.answer(arguments);
    }

    /// Runs one command of the host's to its end, for what it answers.
    pub(crate) fn answer(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Adds a terminal and reads its enrolment file.
    pub(crate) fn add_terminal(&self, file: &Path) -> Enrolment {
        self.run(&["terminal", "add", "--station", "花桥镇人大代表联络站", "--out", file.to_str().unwrap()]);
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    }
}

impl Drop for RunningHost {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
