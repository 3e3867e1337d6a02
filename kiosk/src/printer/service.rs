//! The printer's thread: jobs come from the queue in their order, what happens goes out through one callback.
//!
//! Invariant: everything slow is here; whoever sends a [`Command`] never waits. Without a queue (none was opened yet, or
//! none can be) the thread prints slips only and tells how the printer is.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use wire::ticket::TicketNumber;
use zeroize::Zeroizing;

use super::{
    job::{Paper, Refusal},
    profile::Profile,
    receipt::{Letterhead, Slip, Width},
    status::Status,
    transport::{Open, Port},
};
use crate::{clock::Clock, queue::Queue};

mod commands;
mod device;
mod held;
mod link;
mod what;
mod worker;

/// What the thread is told.
pub enum Command {
    /// The queue is open: its receipts are printed from here on. A connection of its own ([`Queue::again`]).
    Queue(Box<Queue>),
    /// The queue file is closed; a receipt under way goes on by the next [`Self::Queue`].
    LetGo,
    /// A ticket was submitted. The words come along where the villager wants them on paper; they are overwritten once
    /// sent, and a receipt that is printed by a later run has none.
    Kick {
        /// The ticket.
        ticket: TicketNumber,
        /// Its words.
        text: Option<Zeroizing<String>>,
    },
    /// Somebody wants another copy; it is marked.
    Reprint(TicketNumber),
    /// The visit is over: words that still wait for paper are overwritten, their receipts come without them, slips that
    /// were not begun are dropped, and what stands in a presenter is taken back after a while.
    VisitOver,
    /// Something that belongs to no ticket. It is not kept: one that can't be printed at once is dropped and answered for.
    Print(Slip),
    /// The bulletin changed what stands on receipts.
    Letterhead(Letterhead),
    /// The end, once what is being printed has come out or was given up.
    Stop,
}

/// What the thread tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterEvent {
    /// Where a ticket's receipt stands; told on each change.
    Job {
        /// The ticket.
        ticket: TicketNumber,
        /// Where it stands.
        paper: Paper,
    },
    /// No copy can be printed: no such ticket, or its code was forgotten.
    NoReceipt(TicketNumber),
    /// Where the slip stands that was asked for.
    Slip(Paper),
    /// How the printer is; told at the start and on each change.
    Health(PrinterHealth),
    /// The queue file has to be looked at anew; the printer's own connection to it is closed.
    QueueFailed,
}

/// How the printer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterHealth {
    /// The device.
    pub port: PathBuf,
    /// What keeps the port from being opened; none, it is open.
    pub port_problem: Option<String>,
    /// What it last answered; none, it did not answer when it was last asked.
    pub status: Option<Status>,
    /// Whether nothing is known of it either way: it has no fence, and need not answer.
    pub is_mute: bool,
}

impl PrinterHealth {
    /// Why no receipt would come out; none, one would.
    #[must_use]
    pub fn trouble(&self) -> Option<Refusal> {
        match self.status {
            None => Some(Refusal::NoAnswer),
            Some(status) => status.fault().map(Refusal::Fault),
        }
    }

    /// Whether a receipt would come out.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.trouble().is_none()
    }
}

/// What the thread works with.
#[derive(Debug, Clone)]
pub struct PrinterSettings {
    /// The serial device.
    pub port: PathBuf,
    /// Bits per second.
    pub baud: u32,
    /// What is known of the printer.
    pub profile: Profile,
    /// The paper.
    pub width: Width,
    /// How long the thread rests when there is nothing to do; also how often a port that is missing is tried.
    pub rest: Duration,
}

impl PrinterSettings {
    /// Settings with the usual rest.
    #[must_use]
    pub fn new(port: PathBuf, baud: u32, profile: Profile, width: Width) -> Self {
        Self { port, baud, profile, width, rest: Duration::from_secs(1) }
    }
}

/// The running thread.
pub struct Handle {
    commands: mpsc::Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Tells the thread something; never waits.
    pub fn send(&self, command: Command) {
        // A thread that has ended takes no commands; its end was logged.
        let _ = self.commands.send(command);
    }

    /// Stops the thread and waits for it.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.send(Command::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the printer's thread ended with a panic");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts the thread at its serial port; it has no queue before [`Command::Queue`].
///
/// # Errors
/// No thread could be started.
pub fn start(
    settings: PrinterSettings,
    head: Letterhead,
    clock: Arc<dyn Clock>,
    tell: impl Fn(PrinterEvent) + Send + 'static,
) -> std::io::Result<Handle> {
    let (path, baud, flow) = (settings.port.clone(), settings.baud, settings.profile.flow);
    start_at(Box::new(move || Ok(Box::new(Port::open(&path, baud, flow)?))), settings, head, clock, tell)
}

/// Starts the thread at any line.
///
/// # Errors
/// No thread could be started.
pub fn start_at(
    open: Open,
    settings: PrinterSettings,
    head: Letterhead,
    clock: Arc<dyn Clock>,
    tell: impl Fn(PrinterEvent) + Send + 'static,
) -> std::io::Result<Handle> {
    let (commands, inbox) = mpsc::channel();
    let device = device::Device::new(open, settings.profile.clone(), Arc::clone(&clock));
    let worker = worker::Worker {
        settings,
        queue: None,
        head,
        clock,
        tell: Box::new(tell),
        inbox,
        device,
        texts: HashMap::new(),
        come: HashSet::new(),
        unlisted: false,
        wanted: Default::default(),
        slips: Default::default(),
        void_slips: 0,
        active: None,
        told: None,
        visit: None,
        held: None,
        health: None,
        queue_problem: None,
        stopping: false,
    };
    let thread = thread::Builder::new().name("printer".into()).spawn(move || worker.run())?;
    Ok(Handle { commands, thread: Some(thread) })
}
