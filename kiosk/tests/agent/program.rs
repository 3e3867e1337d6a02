//! The agent's real program.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

/// Runs until it is dropped, and ends as by `kill -9`.
pub(crate) struct Agent(Child);

impl Agent {
    pub(crate) fn start(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-agent"));
        Self(command.arg("--config").arg(config).stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
