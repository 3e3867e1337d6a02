//! A receipt printer on a pseudo terminal, for the demo and for tests.
//!
//! The terminal opens it like any serial port. It stands behind a link, because the kernel keeps a pseudo terminal
//! closed to others once a process that had it for itself was killed; [`VirtualPrinter::replug`] gives it a new one.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the demo and each test use a part of it")]

mod commands;
pub mod flow;
pub mod machine;
pub mod mechanism;

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use machine::{Conditions, Machine, Receipt};
use serialport::{SerialPort as _, TTYPort};

/// How often the printer looks whether it was told to do something.
const TICK: Duration = Duration::from_millis(20);

/// The most that is taken at once.
const READ: usize = 4096;

/// How often a paced printer takes bytes.
const PACED: Duration = Duration::from_millis(2);

struct Inside {
    machine: Machine,
    /// Answers that arose from a change and still have to be sent.
    answers: Vec<u8>,
    replug: bool,
    /// The plug lies beside the socket.
    unplugged: bool,
    stop: bool,
    /// Bytes that it takes every [`PACED`]; none, as many as there are.
    pace: Option<usize>,
}

struct Shared {
    inside: Mutex<Inside>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes are taken next, having waited for the pace.
    fn take_at_most(&self) -> usize {
        let inside = self.lock();
        let Some(bytes) = inside.pace else { return READ };
        drop(self.changed.wait_timeout_while(inside, PACED, |i| !i.stop && !i.replug));
        bytes.clamp(1, READ)
    }
}

/// A running printer; it ends with this value.
pub struct VirtualPrinter {
    link: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl VirtualPrinter {
    /// Plugs a printer in at `link`.
    ///
    /// # Errors
    ///
    /// No pseudo terminal, or a link that cannot be made.
    pub fn start(link: &Path) -> io::Result<Self> {
        let inside = Inside {
            machine: Machine::default(),
            answers: Vec::new(),
            replug: false,
            unplugged: false,
            stop: false,
            pace: None,
        };
        let shared = Arc::new(Shared { inside: Mutex::new(inside), changed: Condvar::new() });
        let plug = Plug::new(link)?;
        let thread = std::thread::Builder::new().name("virtual printer".into()).spawn({
            let shared = Arc::clone(&shared);
            let link = link.to_owned();
            move || run(&shared, &link, plug)
        })?;
        Ok(Self { link: link.to_owned(), shared, thread: Some(thread) })
    }

    /// The serial device to print on.
    pub fn port(&self) -> &Path {
        &self.link
    }

    /// All receipts that were cut off until now.
    pub fn receipts(&self) -> Vec<Receipt> {
        self.shared.lock().machine.receipts().to_vec()
    }

    /// What was printed in part and then abandoned.
    pub fn scraps(&self) -> Vec<Vec<u8>> {
        self.shared.lock().machine.scraps().to_vec()
    }

    /// What came out since the last cut; of a printer without a knife, all.
    pub fn printed(&self) -> Vec<u8> {
        self.shared.lock().machine.open().to_vec()
    }

    /// How often a receipt was taken back into the printer.
    pub fn taken_back(&self) -> usize {
        self.shared.lock().machine.taken_back()
    }

    /// Waits until at least `count` receipts were cut off; whether it came to that.
    pub fn wait_for(&self, count: usize, at_most: Duration) -> bool {
        let inside = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(inside, at_most, |i| i.machine.receipts().len() < count);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Changes what is wrong with the printer.
    pub fn change(&self, change: impl FnOnce(&mut Conditions)) {
        let mut inside = self.shared.lock();
        let answers = inside.machine.change(change);
        inside.answers.extend(answers);
        self.shared.changed.notify_all();
    }

    /// Takes so many bytes every two milliseconds: a receipt is under way for a while, as on a real line.
    pub fn set_pace(&self, bytes: usize) {
        self.shared.lock().pace = Some(bytes);
    }

    /// Pulls the cable and plugs it in again; what was printed stays.
    pub fn replug(&self) {
        self.plug(false);
    }

    /// Pulls the cable.
    pub fn unplug(&self) {
        self.plug(true);
    }

    fn plug(&self, unplugged: bool) {
        let mut inside = self.shared.lock();
        (inside.replug, inside.unplugged) = (true, unplugged);
        drop(self.shared.changed.wait_while(inside, |i| i.replug && !i.stop));
    }

    /// The printer's own clock.
    pub fn clock(&self) -> Duration {
        self.shared.lock().machine.clock()
    }
}

impl Drop for VirtualPrinter {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        if let Some(thread) = self.thread.take() {
            // A printer that panicked has said so already.
            drop(thread.join());
        }
        // The link may have been taken away with its folder.
        drop(fs::remove_file(&self.link));
    }
}

struct Plug {
    wire: TTYPort,
    /// Held open, so that reading waits for the terminal instead of failing while nobody has the port.
    _other_end: TTYPort,
}

impl Plug {
    fn new(link: &Path) -> io::Result<Self> {
        let (mut wire, other_end) = pair()?;
        wire.set_timeout(TICK)?;
        let port = other_end.name().ok_or_else(|| io::Error::other("a pseudo terminal without a name"))?;
        let fresh = link.with_extension("new");
        drop(fs::remove_file(&fresh));
        symlink(port, &fresh)?;
        fs::rename(&fresh, link)?;
        Ok(Self { wire, _other_end: other_end })
    }
}

/// A pseudo terminal of which programs that are started here inherit nothing: one that held an end of it would keep the
/// other from noticing that it was pulled.
///
/// # Errors
///
/// None is to be had.
pub fn pair() -> io::Result<(TTYPort, TTYPort)> {
    let (one, other) = TTYPort::pair()?;
    // What is cloned is closed in them.
    Ok((one.try_clone_native()?, other.try_clone_native()?))
}

fn run(shared: &Shared, link: &Path, mut plug: Plug) {
    let mut bytes = [0; READ];
    loop {
        let read = plug.wire.read(&mut bytes[..shared.take_at_most()]);
        let mut inside = shared.lock();
        let mut answers = std::mem::take(&mut inside.answers);
        if let Ok(count) = read {
            answers.extend(inside.machine.receive(&bytes[..count]));
        }
        if inside.replug {
            let elsewhere = link.with_extension("unplugged");
            let place = if inside.unplugged { &elsewhere } else { link };
            if inside.unplugged {
                drop(fs::remove_file(link));
            }
            match Plug::new(place) {
                Ok(fresh) => plug = fresh,
                Err(_) => inside.stop = true,
            }
            inside.replug = false;
        }
        let stop = inside.stop;
        drop(inside);
        shared.changed.notify_all();
        // Nobody listens while the terminal is away; a real printer does not notice either.
        drop(plug.wire.write_all(&answers));
        if stop {
            return;
        }
    }
}
