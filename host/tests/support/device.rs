//! What the tests with foreign clients of updates share: programs that end with the test, and how a device shows who it is.

#![allow(dead_code, clippy::allow_attributes, reason = "each suite uses a part of it")]

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command as Started, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::support::Terminal;

/// For each thing that a device does.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// A program at work, with the processes that it starts.
pub(crate) struct Running {
    child: Child,
    group: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.process_group(0).spawn().unwrap();
        Self { group: child.id().unwrap().to_string(), child }
    }

    /// Ends it as systemd would.
    pub(crate) async fn stop(mut self) {
        assert!(Command::new("kill").arg(&self.group).status().await.unwrap().success());
        timeout(SOON, self.child.wait()).await.expect("it ends").unwrap();
    }

    /// Takes its power away.
    pub(crate) async fn cut(mut self) {
        self.child.start_kill().unwrap();
        timeout(SOON, self.child.wait()).await.expect("it ends").unwrap();
    }
}

impl Drop for Running {
    /// Nothing of it stays behind, whatever happens: what does keeps the next one waiting. What it mounted goes with it.
    fn drop(&mut self) {
        let group = format!("-{}", self.group);
        Started::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status().unwrap();
    }
}

/// A terminal's certificate and key as files.
pub(crate) struct Identity {
    _folder: TempDir,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Identity {
    pub(crate) fn of(terminal: &Terminal) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        for (path, text) in [(&certificate, &terminal.certificate), (&key, &terminal.key.serialize_pem())] {
            fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        Self { _folder: folder, certificate, key }
    }
}
