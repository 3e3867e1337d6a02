//! A program that is asked and answers by lines.
//!
//! Invariant: whoever asks never waits for it, whatever it does not read; what it was not told yet is wiped with it.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use zeroize::Zeroizing;

/// A run of a program.
pub(super) struct Running {
    child: Child,
    say: Sender<Zeroizing<String>>,
}

impl Running {
    /// Starts it; each line that it says goes to `hear`, and none once it says no more or takes none.
    pub(super) fn start(
        mut program: Command,
        name: &str,
        hear: impl Fn(Option<Zeroizing<String>>) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.expect("invariant: both were asked for");
        let (say, lines) = mpsc::channel();
        let broken = hear.clone();
        let write = move || {
            if tell(input, &lines).is_err() {
                broken(None);
            }
        };
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
        let thread = |what: &str| thread::Builder::new().name(format!("{name} {what}"));
        match thread("asks").spawn(write).and_then(|_| thread("answers").spawn(read)) {
            Ok(_) => Ok(Self { child, say }),
            Err(problem) => {
                child.kill().and_then(|()| child.wait())?;
                Err(problem)
            }
        }
    }

    /// Says a line to it, as soon as it reads; that it takes none is heard.
    pub(super) fn say(&self, line: Zeroizing<String>) {
        // The thread that writes ends only with its pipe, which is heard of.
        self.say.send(line).ok();
    }

    /// Ends it; one that has ended already can't be killed, and is waited for all the same.
    pub(super) fn end(mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn tell(mut input: ChildStdin, lines: &Receiver<Zeroizing<String>>) -> io::Result<()> {
    lines.iter().try_for_each(|line| input.write_all(line.as_bytes()).and_then(|()| input.write_all(b"\n")))
}
