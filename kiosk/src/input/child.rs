//! A program that is asked and answers by lines.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
};

use zeroize::Zeroizing;

/// A run of a program.
pub(super) struct Running {
    child: Child,
    input: ChildStdin,
}

impl Running {
    /// Starts it; each line that it says goes to `hear`, and none once it says no more.
    pub(super) fn start(
        program: &Path,
        name: &str,
        hear: impl Fn(Option<Zeroizing<String>>) + Send + 'static,
    ) -> io::Result<Self> {
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.expect("invariant: both were asked for");
        let read = move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = Zeroizing::new(String::new());
                match output.read_line(&mut line) {
                    Ok(1..) => hear(Some(line)),
                    Ok(0) | Err(_) => break,
                }
            }
            hear(None);
        };
        match thread::Builder::new().name(name.into()).spawn(read) {
            Ok(_) => Ok(Self { child, input }),
            Err(problem) => {
                child.kill().and_then(|()| child.wait())?;
                Err(problem)
            }
        }
    }

    /// Says a line to it.
    pub(super) fn say(&mut self, line: &str) -> io::Result<()> {
        self.input.write_all(line.as_bytes()).and_then(|()| self.input.write_all(b"\n"))
    }

    /// Ends it; one that has ended already can't be killed, and is waited for all the same.
    pub(super) fn end(mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
