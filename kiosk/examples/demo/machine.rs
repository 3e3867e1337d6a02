//! The county's machine: the host's folder, its command line, and its running program.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{
    processes::{HOST, Program, Programs},
    wait::until,
};

/// Where a running host is found.
#[derive(Debug, Clone, Deserialize)]
pub struct Addresses {
    /// The console lies below it, and the public page.
    pub public_base: String,
    /// The certificate that it can be checked against.
    pub ca: PathBuf,
}

/// The county's machine.
pub struct Machine {
    data: PathBuf,
    log: PathBuf,
    ports: (u16, u16),
    running: Option<Program>,
}

impl Machine {
    /// A machine with its folder; nothing runs yet. The two ports are kept over restarts, so that terminals find the
    /// host again.
    ///
    /// # Errors
    ///
    /// No free ports on this machine.
    pub fn new(data: &Path, logs: &Path) -> Result<Self> {
        Ok(Self { data: data.to_owned(), log: logs.join("host.log"), ports: free_ports()?, running: None })
    }

    fn command(&self, programs: &Programs) -> Command {
        let mut command = programs.command(HOST);
        command.arg("--data").arg(&self.data);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.ports.0));
        command.arg("--listen-terminals").arg(format!("127.0.0.1:{}", self.ports.1));
        command
    }

    /// Starts the host and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(&mut self, programs: &Programs) -> Result<Addresses> {
        self.launch(programs)?;
        let (ports, file) = (self.ports, self.data.join("addresses.json"));
        let addresses = until("the host to listen", Duration::from_secs(60), || {
            self.check()?;
            let open = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            // It is written once both listeners are there.
            Ok(std::fs::read_to_string(&file).ok().filter(|_| open(ports.0) && open(ports.1)))
        })?;
        serde_json::from_str(&addresses).with_context(|| file.display().to_string())
    }

    /// Starts the host and waits for nothing.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn launch(&mut self, programs: &Programs) -> Result<()> {
        let mut command = self.command(programs);
        command.arg("serve");
        self.running = Some(Program::start(HOST, command, &self.log)?);
        Ok(())
    }

    /// Takes the running program out, to end it in one way or another.
    pub fn take(&mut self) -> Option<Program> {
        self.running.take()
    }

    /// Says so where the host has ended by itself.
    ///
    /// # Errors
    ///
    /// It has.
    pub fn check(&mut self) -> Result<()> {
        self.running.as_mut().map_or(Ok(()), Program::check)
    }

    /// Runs one command of the host's command line and gives its answer.
    ///
    /// # Errors
    ///
    /// What the command says.
    pub fn run(&self, programs: &Programs, arguments: &[&str], input: &str) -> Result<serde_json::Value> {
        let mut command = self.command(programs);
        command.arg("--json").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("start the host's command")?;
        let mut stdin = child.stdin.take().context("the command's input")?;
        stdin.write_all(input.as_bytes())?;
        drop(stdin);
        let done = child.wait_with_output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            bail!("host {}: {}", arguments.join(" "), said.trim());
        }
        serde_json::from_slice(&done.stdout).with_context(|| format!("the answer of host {}", arguments.join(" ")))
    }
}

/// Two ports that nobody listens on.
fn free_ports() -> Result<(u16, u16)> {
    let one = std::net::TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    let other = std::net::TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}
