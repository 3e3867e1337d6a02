//! The thread that writes things down: it owns the queue and the printer, and never makes the screen wait.
//!
//! It tries until the terminal is enrolled and the queue opens; meanwhile nothing is taken, and the screen says so. What
//! the technician needs then works without either: the printer, the facts, and the PINs once there are any.

use std::{
    collections::VecDeque,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use anyhow::Context;
use tracing::{error, info};
use wire::{bulletin::Bulletin, enrol::Enrolment, event::WallTime, health::CaseSwitch};

use super::{
    desk::{Around, Desk, no_printer, refuse},
    post,
    stick::Exports,
    task::{Clerk, Task},
    wanted::{self, restart_when_free},
};
use crate::{
    clock::Clock,
    config::Config,
    control::{
        Control, ControlEvent,
        message::{Changed, Network, Wanted},
    },
    https::why,
    panel,
    printer::{Command, Handle, Letterhead, PrinterHealth, Slip},
    queue::{Patience, QueueSettings},
    seal::Sealer,
    session::{CaseFacts, Door, Event, Facts},
    tamper::Watch,
    ui::fonts::{missing_at_start, missing_characters, missing_sentence},
};

mod file;
mod health;
mod paper;
mod submitting;

use paper::Asker;

/// How often an unenrolled terminal looks for its enrolment file, and an open queue is tidied.
const EVERY: Duration = Duration::from_secs(5);

/// Tidying waits for a pause between tasks, but not longer than this.
const TIDIED_AT_LEAST: Duration = Duration::from_secs(60);

/// What the clerk works from.
pub struct Office {
    /// The settings.
    pub config: Config,
    /// The socket to the agent.
    pub control: Arc<Control>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What hangs on the pins.
    pub panel: panel::Handle,
    /// The settings from afar that this program started with.
    pub settings: Option<u64>,
    /// Who opened the case.
    pub case: Arc<Watch>,
    /// Whether the switch of the case could be had.
    pub case_switch: CaseSwitch,
}

/// Starts the clerk's thread, which works through the inbox until [`Task::Stop`].
///
/// # Errors
/// No thread could be started.
pub fn start(clerk: &Clerk, inbox: mpsc::Receiver<Task>, office: Office) -> std::io::Result<thread::JoinHandle<()>> {
    let clerk = clerk.clone();
    thread::Builder::new().name("clerk".into()).spawn(move || Counter::new(&clerk, office).run(&inbox))
}

/// Where tasks are taken, whatever is missing behind it.
struct Counter {
    office: Office,
    clerk: Clerk,
    printer: Result<Handle, String>,
    enrolment: Option<Enrolment>,
    desk: Option<Desk>,
    /// Why nothing can be taken, and the revision of the bulletin that the screen has.
    problem: Option<String>,
    shown: Option<u64>,
    health: Option<PrinterHealth>,
    told: health::Told,
    /// Characters that no font holds.
    missing_glyphs: Vec<char>,
    /// Who waits for the slips under way; the printer answers for each in this order.
    slips: VecDeque<paper::Asker>,
    exports: Exports,
    /// What may be in the file although its commit failed.
    doubt: Option<submitting::Doubt>,
    look_due: Duration,
    /// When the file was last looked at because the agent or a stick could not read it.
    looked_for_others: Option<Duration>,
    /// Whether it is to be looked at for them once nobody waits for a receipt.
    look_wanted: bool,
    /// Whether somebody submitted or asked for a receipt, and has not left yet.
    in_visit: bool,
    /// Whether paper is coming out.
    prints: bool,
    tidied: Duration,
    /// When to look again whether another visit finds room, where none does.
    full_until: Option<Duration>,
    /// For how long the file could not be read.
    patience: Patience,
}

impl Counter {
    fn new(clerk: &Clerk, office: Office) -> Self {
        let printer = paper::start_printer(clerk, &office);
        Self {
            office,
            clerk: clerk.clone(),
            printer,
            enrolment: None,
            desk: None,
            problem: None,
            shown: None,
            health: None,
            told: health::Told::default(),
            missing_glyphs: Vec::new(),
            slips: VecDeque::new(),
            exports: Exports::new(clerk),
            doubt: None,
            look_due: Duration::ZERO,
            looked_for_others: None,
            look_wanted: false,
            in_visit: false,
            prints: false,
            tidied: Duration::ZERO,
            full_until: None,
            patience: Patience::default(),
        }
    }

    fn run(mut self, inbox: &mpsc::Receiver<Task>) {
        self.open_when_due();
        self.note_missing(missing_at_start());
        loop {
            self.open_when_due();
            let idle = match inbox.recv_timeout(EVERY) {
                Ok(Task::Stop) | Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Ok(task) => {
                    self.work(task);
                    false
                }
                Err(mpsc::RecvTimeoutError::Timeout) => true,
            };
            let now = self.now();
            if let Some(desk) = &mut self.desk
                && (idle || now >= self.tidied + TIDIED_AT_LEAST)
            {
                desk.tend(now);
                self.tidied = now;
            }
            self.look_after_the_file();
            self.tell_health();
            if self.office.case.catch_up() {
                self.office.control.case_seen();
            }
        }
    }

    fn now(&self) -> Duration {
        self.office.clock.monotonic()
    }

    fn show(&mut self, bulletin: Bulletin, fetched: Option<WallTime>) {
        self.shown = Some(bulletin.revision);
        post(Event::Bulletin(Box::new(bulletin), fetched));
    }

    fn open_desk(&self) -> anyhow::Result<Desk> {
        let enrolment = self.enrolment.as_ref().context("not enrolled")?;
        let config = &self.office.config;
        let sealer = Sealer::new(&enrolment.county_keys)?;
        let settings = QueueSettings {
            terminal: enrolment.terminal,
            first_generation: Some(enrolment.generation),
            witnesses: config.generation_witnesses(),
        };
        let desk = Desk::new(self.open_queue(&config.queue_path(), &settings)?, sealer);
        desk.seal_what_was_set_aside();
        desk.queue.keep_reserve()?;
        if let Ok(printer) = &self.printer {
            printer.send(Command::Queue(Box::new(desk.queue.again()?)));
        }
        info!(terminal = %enrolment.terminal, "ready to take suggestions");
        Ok(desk)
    }

    fn work(&mut self, task: Task) {
        self.in_visit |= matches!(task, Task::Submit(..) | Task::PrintAgain(_) | Task::PrintCode(..));
        match task {
            Task::PrintAgain(ticket) if self.printer.is_err() => post(no_printer(ticket)),
            Task::PrintAgain(ticket) => self.print(Command::Reprint(ticket)),
            Task::PrintCode(question, new) => {
                self.print_slip(Asker::Officer(question), Slip::Reissued { ticket: new.ticket, code: new.code });
            }
            Task::TestPrint(question) => self.print_slip(Asker::Tester(question), Slip::Test),
            Task::TestPrintFromAfar(reply_to) => self.print_slip(Asker::Afar(reply_to), Slip::Test),
            Task::Stick(question) => self.exports.ask(question, &self.office),
            Task::StickCouldNotRead => self.others_could_not_read(),
            Task::Submit(question, draft) => self.submit(question, draft),
            Task::Forget => {
                self.in_visit = false;
                self.doubt = None;
                self.print(Command::VisitOver);
            }
            Task::CheckPin { question, door, pin } => {
                post(Event::PinChecked(question, self.is_pin(door, &pin)));
            }
            Task::Facts => post(Event::Facts(Box::new(self.facts()))),
            Task::Control(event) => self.told_by_agent(event),
            Task::Printer(event) => self.told_by_printer(event),
            task => match &mut self.desk {
                Some(desk) => {
                    desk.work(task, &Around { printer: self.printer.as_ref().ok(), control: &self.office.control });
                }
                None => refuse(task),
            },
        }
    }

    fn print(&self, command: Command) {
        if let Ok(printer) = &self.printer {
            printer.send(command);
        }
    }

    fn is_pin(&self, door: Door, pin: &str) -> bool {
        self.enrolment.as_ref().is_some_and(|enrolment| match door {
            Door::Officer => enrolment.officer_pin.fits(pin),
            Door::Technician => enrolment.technician_pin.fits(pin),
        })
    }

    fn facts(&mut self) -> Facts {
        let mut problem = self.problem.clone();
        let queue = self
            .desk
            .as_mut()
            .and_then(|desk| desk.facts().map_err(|unreadable| problem = Some(why(&unreadable))).ok());
        Facts {
            queue,
            problem,
            printer: self.printer_facts(),
            case: self.office.case.standing().map(|case| CaseFacts { open: case.open, openings: case.openings }),
            terminal: self.enrolment.as_ref().map(|enrolment| enrolment.terminal.to_string()),
            missing_glyphs: self.missing_glyphs.clone(),
        }
    }

    fn told_by_agent(&mut self, event: ControlEvent) {
        match event {
            ControlEvent::Presence(is) => post(Event::Online(is.is_some_and(|p| p.network == Network::Online))),
            ControlEvent::Changed(Changed::Bulletin) => self.bulletin(),
            ControlEvent::Changed(Changed::Delivered) => post(Event::SomethingDelivered),
            ControlEvent::Changed(Changed::QueueIll) => self.others_could_not_read(),
            ControlEvent::Changed(Changed::Settings) if !self.is_busy() => restart_when_free(None),
            ControlEvent::Changed(_) => {}
            ControlEvent::Wanted(_, reply_to) if self.is_busy() => reply_to.answer(Wanted::Busy),
            ControlEvent::Wanted(want, reply_to) => wanted::do_when_free(want, reply_to, &self.clerk),
        }
    }

    /// Whether somebody may wait for a receipt, or paper is coming out. Whether somebody is there, the screen knows.
    fn is_busy(&self) -> bool {
        self.in_visit || self.prints || !self.slips.is_empty()
    }

    /// Hands the newest bulletin to the screen and to the printer.
    fn bulletin(&mut self) {
        let (Some(desk), Some(enrolment)) = (&mut self.desk, &self.enrolment) else { return };
        let (bulletin, fetched) = match desk.bulletin() {
            Some((bulletin, fetched)) => (bulletin, Some(fetched)),
            None => (enrolment.bulletin.clone(), None),
        };
        // The pages' own words were looked at at the start; names of villages and people come with this.
        let words = serde_json::to_string(&bulletin).unwrap_or_default();
        self.note_missing(missing_characters([words.as_str()]));
        self.print(Command::Letterhead(Letterhead {
            station: bulletin.station.name.clone(),
            telephone: bulletin.station.telephone.clone(),
            public_base: bulletin.public_base.clone(),
            reply_period: bulletin.reply_period.clone(),
            zone: bulletin.zone.clone(),
        }));
        self.show(bulletin, fetched);
    }

    fn note_missing(&mut self, missing: Vec<char>) {
        if let Some(sentence) = missing_sentence(&missing) {
            error!("{sentence}");
        }
        self.missing_glyphs.extend(missing);
        self.missing_glyphs.sort_unstable();
        self.missing_glyphs.dedup();
    }
}

#[cfg(test)]
mod tests;
