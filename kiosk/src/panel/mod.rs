//! What hangs on the terminal's pins: lamps at the slot and for a call, a buzzer, the screen's light, the help button
//! and the switch of the case.
//!
//! [`start`] drives a [`Panel`] on a thread of its own. What it does at a moment (`state`), what a bouncing contact comes
//! to ([`debounce`]) and when the screen goes dark ([`dim`]) is pure. Contacts are looked at every 10 ms: a register's
//! read costs nothing beside an interrupt's thread for each pin, and no press is that short. Invariant: a terminal
//! without pins, or with pins that can't be had, works as if they weren't there.

pub mod debounce;
pub mod dim;
mod pins;
mod state;

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

pub use pins::RaspberryPi;
use state::State;

use crate::clock::Clock;

/// How often contacts are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How it stands with a call for help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Call {
    /// Nobody was called.
    #[default]
    None,
    /// Somebody was called.
    Calling,
    /// Somebody comes.
    Acknowledged,
}

/// What is at the slot that receipts come out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slot {
    /// Nothing, or nothing that is known.
    #[default]
    Empty,
    /// A receipt is coming out.
    Printing,
    /// One came out, and nothing tells when it is taken.
    Hangs,
    /// One stands in the presenter, which tells when it is taken or was taken back.
    Stands,
}

/// Everything that is switched, on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outputs {
    /// The lamp of a call.
    pub help_lamp: bool,
    /// The lamp at the slot.
    pub slot_lamp: bool,
    /// The buzzer.
    pub buzzer: bool,
    /// The screen's light.
    pub backlight: bool,
}

impl Default for Outputs {
    /// At rest: no lamp, no sound, and the screen can be seen.
    fn default() -> Self {
        Self { help_lamp: false, slot_lamp: false, buzzer: false, backlight: true }
    }
}

/// How the contacts stand at an instant, bouncing as they do; none, there is no such contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contacts {
    /// Whether the help button is down.
    pub help: Option<bool>,
    /// Whether the case is open.
    pub case_open: Option<bool>,
}

/// What happened at the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody pressed the help button.
    HelpPressed,
    /// How the case stood when it was first looked at.
    CaseStands {
        /// Open.
        open: bool,
    },
    /// Somebody opened the case.
    CaseOpened,
    /// Somebody closed it.
    CaseClosed,
}

/// Whatever has lamps, a buzzer, a light and contacts.
pub trait Panel: Send {
    /// How its contacts stand.
    fn contacts(&mut self) -> Contacts;
    /// Switches everything.
    fn switch(&mut self, outputs: Outputs);
}

#[derive(Debug, Clone, Copy)]
enum Command {
    Call(Call),
    Slot(Slot),
    Dark(bool),
}

/// Tells the panel what to show; without one, nothing happens.
#[derive(Debug, Clone, Default)]
pub struct Handle(Option<Sender<Command>>);

impl Handle {
    /// How it stands with a call for help.
    pub fn call(&self, call: Call) {
        self.tell(Command::Call(call));
    }

    /// What is at the slot.
    pub fn slot(&self, slot: Slot) {
        self.tell(Command::Slot(slot));
    }

    /// Whether the screen is to be dark.
    pub fn dark(&self, dark: bool) {
        self.tell(Command::Dark(dark));
    }

    fn tell(&self, command: Command) {
        if let Some(panel) = &self.0 {
            // A panel whose thread has ended shows nothing; what it should show goes on without it.
            panel.send(command).ok();
        }
    }
}

/// Drives a panel until the last handle is dropped; then everything is at rest. `happened` is called on the panel's
/// thread, which does nothing else meanwhile.
///
/// # Errors
/// No thread could be started.
pub fn start(
    panel: impl Panel + 'static,
    clock: Arc<dyn Clock>,
    happened: impl FnMut(Event) + Send + 'static,
) -> io::Result<(Handle, JoinHandle<()>)> {
    let (sender, commands) = channel();
    let thread =
        thread::Builder::new().name("panel".into()).spawn(move || drive(panel, &*clock, happened, &commands))?;
    Ok((Handle(Some(sender)), thread))
}

fn drive(mut panel: impl Panel, clock: &dyn Clock, mut happened: impl FnMut(Event), commands: &Receiver<Command>) {
    let (mut state, mut shown) = (State::default(), None);
    loop {
        let contacts = panel.contacts();
        for event in state.look(contacts, clock.monotonic()) {
            happened(event);
        }
        let now = clock.monotonic();
        let outputs = state.outputs(now);
        if shown.replace(outputs) != Some(outputs) {
            panel.switch(outputs);
        }
        let look = (contacts != Contacts::default()).then_some(LOOK);
        let news = match state.changes_in(now).into_iter().chain(look).min() {
            Some(wait) => commands.recv_timeout(wait),
            None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match news {
            Ok(command) => state.told(command, clock.monotonic()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    panel.switch(Outputs::default());
}
