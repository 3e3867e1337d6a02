//! The thread that writes things down: it owns the queue and the printer, and never makes the screen wait.
//!
//! It tries until the terminal is enrolled and the queue opens; meanwhile the screen says that nothing can be taken.

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tracing::{error, info, warn};
use wire::{
    enrol::Enrolment,
    intake::Track,
    secret::{Proof, Secret},
    ticket::TicketNumber,
    view::ViewKey,
};
use zeroize::{Zeroize, Zeroizing};

use super::{post, task::Task};
use crate::{
    clock::Clock,
    config::Config,
    control::{
        Control, ControlEvent,
        message::{Changed, Network},
    },
    printer::{self, Command, Handle, Letterhead, Paper as OnPaper, PaperLevel, PrinterEvent, PrinterHealth, Slip},
    queue::{Queue, QueueError, QueueSettings},
    seal::Sealer,
    session::{Door, Event, Facts, Note, Paper, StaffResult, Submitted, TrackResult},
    ticket::Draft,
    ui::fonts::{missing_characters, missing_sentence},
};

/// How often an unenrolled terminal looks for its enrolment file, and an open queue is tidied.
const EVERY: Duration = Duration::from_secs(5);

/// Asks the clerk.
#[derive(Clone)]
pub struct Clerk(mpsc::Sender<Task>);

impl Clerk {
    /// Makes the clerk's inbox.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Task>) {
        let (sender, inbox) = mpsc::channel();
        (Self(sender), inbox)
    }

    /// Asks; never waits.
    pub fn send(&self, task: Task) {
        // A clerk that has ended takes no tasks: the program is ending too.
        self.0.send(task).ok();
    }

    /// Works through the inbox until [`Task::Stop`]. Runs on a thread of its own.
    pub fn run(&self, inbox: &mpsc::Receiver<Task>, config: &Config, control: &Arc<Control>, clock: &Arc<dyn Clock>) {
        let mut desk = None;
        loop {
            if desk.is_none() {
                desk = self.open(config, control, clock);
            }
            match (inbox.recv_timeout(EVERY), &mut desk) {
                (Ok(Task::Stop) | Err(mpsc::RecvTimeoutError::Disconnected), _) => return,
                (Ok(task), Some(desk)) => desk.work(task),
                (Ok(Task::Submit(_)), None) => post(Event::NotSubmitted),
                (Ok(_), None) => {}
                (Err(mpsc::RecvTimeoutError::Timeout), Some(desk)) => desk.tidy(),
                (Err(mpsc::RecvTimeoutError::Timeout), None) => {}
            }
        }
    }

    fn open(&self, config: &Config, control: &Arc<Control>, clock: &Arc<dyn Clock>) -> Option<Desk> {
        let enrolment = match config.load_enrolment() {
            Ok(enrolment) => enrolment,
            Err(problem) => {
                warn!(error = %chain(&problem), "not enrolled");
                post(Event::Broken(Some(Note::NotEnrolled)));
                return None;
            }
        };
        match self.desk(config, enrolment, control, clock) {
            Ok(mut desk) => {
                desk.bulletin();
                post(Event::Broken(None));
                Some(desk)
            }
            Err(problem) => {
                error!(error = format!("{problem:#}"), "nothing can be written down");
                post(Event::Broken(Some(Note::CannotWrite)));
                None
            }
        }
    }

    fn desk(
        &self,
        config: &Config,
        enrolment: Enrolment,
        control: &Arc<Control>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Desk> {
        let sealer = Sealer::new(&enrolment.county_keys)?;
        let settings = QueueSettings {
            terminal: enrolment.terminal,
            first_generation: Some(enrolment.generation),
            witnesses: witnesses(config),
        };
        let queue = Queue::open(&config.queue_path(), settings, Arc::clone(clock))?;
        let profile = printer::built_in(&config.printer.profile)?;
        let width = printer::Width::of_paper(config.printer.paper_mm).unwrap_or(printer::Width::Mm58);
        let settings = printer::PrinterSettings::new(config.printer.port.clone(), config.printer.baud, profile, width);
        let clerk = self.clone();
        let printer =
            printer::start(settings, queue.again()?, Letterhead::default(), Arc::clone(clock), move |event| {
                clerk.send(Task::Printer(event));
            })?;
        info!(terminal = %enrolment.terminal, "ready to take suggestions");
        Ok(Desk { queue, sealer, printer, enrolment, control: Arc::clone(control), health: None, slip: None })
    }
}

/// Where the highest generation is remembered beside the queue's own folder: in the folder of the enrolment file, so that
/// a wiped data partition that is enrolled by the same file again repeats no number, and where the settings say.
fn witnesses(config: &Config) -> Vec<PathBuf> {
    let enrolments = config.enrolment.parent().filter(|dir| **dir != config.data_dir);
    enrolments.into_iter().chain(config.witness_dir.as_deref()).map(|dir| dir.join("generation.json")).collect()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What an enrolled terminal works with.
struct Desk {
    queue: Queue,
    sealer: Sealer,
    printer: Handle,
    enrolment: Enrolment,
    control: Arc<Control>,
    health: Option<PrinterHealth>,
    /// Whether the slip under way is the officer's test.
    slip: Option<bool>,
}

impl Desk {
    fn work(&mut self, task: Task) {
        match task {
            Task::Submit(draft) => self.submit(&draft),
            Task::PrintAgain(ticket) => self.printer.send(Command::Reprint(ticket)),
            Task::Contact { ticket, mut name, mut phone } => {
                match self.queue.submit_contact(ticket, &name, &phone, &self.sealer) {
                    Ok(_) => {
                        post(Event::ContactSaved);
                        self.control.submitted();
                    }
                    Err(problem) => error!(error = %chain(&problem), "a contact could not be written down"),
                }
                name.zeroize();
                phone.zeroize();
            }
            Task::Rating { ticket, satisfaction, revision, proof } => {
                match self.queue.submit_rating(ticket, satisfaction, revision, proof, &self.sealer) {
                    Ok(_) => {
                        post(Event::RatingSaved);
                        self.control.submitted();
                    }
                    Err(problem) => error!(error = %chain(&problem), "a rating could not be written down"),
                }
            }
            Task::Remember { track, unknown } => post(Event::Tracked(self.remember(&track, unknown))),
            Task::Delivered(ticket) => {
                if let Ok(Some(facts)) = self.queue.ticket_facts(ticket)
                    && facts.delivered
                {
                    post(Event::Delivered { ticket });
                }
            }
            Task::PrintCode(new) => {
                self.slip = Some(false);
                self.printer.send(Command::Print(Slip::Reissued { ticket: new.ticket, code: new.code }));
            }
            Task::TestPrint => {
                self.slip = Some(true);
                self.printer.send(Command::Print(Slip::Test));
            }
            Task::CheckPin { door, pin } => self.check_pin(door, &pin),
            Task::Forget => self.printer.send(Command::ForgetTexts),
            Task::Facts => post(Event::Facts(Box::new(self.facts()))),
            Task::Control(event) => self.told_by_agent(event),
            Task::Printer(event) => self.told_by_printer(event),
            Task::Stop => {}
        }
    }

    fn submit(&mut self, draft: &Draft) {
        match self.queue.submit(draft, &self.sealer) {
            Ok(done) => {
                let text = draft.text_on_receipt.then(|| Zeroizing::new(draft.text.clone()));
                self.printer.send(Command::Kick { ticket: done.ticket, text });
                self.control.submitted();
                let at = done.wall.quality.shows_a_day().then_some(done.wall.at);
                let submitted = Submitted { ticket: done.ticket, code: done.code, secret: done.secret, at };
                post(Event::Submitted(Box::new(submitted)));
            }
            Err(problem) => {
                error!(error = %chain(&problem), "a suggestion could not be written down");
                post(Event::NotSubmitted);
            }
        }
    }

    /// What the terminal itself knows of a ticket, which it tells to the receipt's own QR only: number and code are for
    /// the county to judge, which counts wrong tries.
    fn remember(&self, track: &Track, unknown: bool) -> TrackResult {
        let known = match &track.proof {
            Proof::Secret(secret) => self.remembered(track.ticket, secret).unwrap_or_else(|problem| {
                error!(error = %chain(&problem), "a ticket could not be looked up");
                None
            }),
            Proof::Code(_) => None,
        };
        known.unwrap_or(if unknown { TrackResult::NotFound } else { TrackResult::Offline })
    }

    fn remembered(&self, ticket: TicketNumber, secret: &Secret) -> Result<Option<TrackResult>, QueueError> {
        if let Some(sealed) = self.queue.view(ticket)?
            && let Ok(view) = sealed.open(&ViewKey::of(secret))
        {
            return Ok(Some(TrackResult::Kept(Box::new(view))));
        }
        let proofs = self.queue.print_job(ticket)?.and_then(|job| job.proofs);
        if !proofs.is_some_and(|own| own.secret.same_as(secret)) {
            return Ok(None);
        }
        let facts = self.queue.ticket_facts(ticket)?.filter(|facts| !facts.delivered);
        Ok(facts.map(|facts| TrackResult::StillHere { category: facts.category }))
    }

    fn check_pin(&self, door: Door, pin: &str) {
        let hash = match door {
            Door::Officer => &self.enrolment.officer_pin,
            Door::Technician => &self.enrolment.technician_pin,
        };
        post(Event::PinChecked(hash.fits(pin)));
    }

    fn facts(&self) -> Facts {
        let depth = self.queue.depth().unwrap_or_else(|problem| {
            error!(error = %chain(&problem), "the queue's depth could not be read");
            crate::queue::Depth { waiting: 0, dead: 0, oldest: None }
        });
        Facts {
            waiting: depth.waiting,
            dead: depth.dead,
            oldest: depth.oldest,
            printer_ready: self.health.as_ref().map(PrinterHealth::is_ready),
            paper_enough: self.health.as_ref().filter(|h| h.answering).map(|h| h.paper == PaperLevel::Ok),
            terminal: self.enrolment.terminal.to_string(),
        }
    }

    fn told_by_agent(&mut self, event: ControlEvent) {
        match event {
            ControlEvent::Presence(presence) => {
                post(Event::Online(presence.is_some_and(|p| p.network == Network::Online)));
            }
            ControlEvent::Changed(Changed::Bulletin) => self.bulletin(),
            ControlEvent::Changed(Changed::Delivered) => post(Event::SomethingDelivered),
            ControlEvent::Changed(_) => {}
        }
    }

    /// Hands the newest bulletin to the screen and to the printer.
    fn bulletin(&mut self) {
        let (bulletin, fetched) = match self.queue.bulletin() {
            Ok(Some(kept)) => (kept.bulletin, Some(kept.fetched)),
            Ok(None) => (self.enrolment.bulletin.clone(), None),
            Err(problem) => {
                error!(error = %chain(&problem), "the bulletin could not be read");
                (self.enrolment.bulletin.clone(), None)
            }
        };
        // The pages' own words are in the fonts of the binary; names of villages and people may not be.
        let words = serde_json::to_string(&bulletin).unwrap_or_default();
        if let Some(sentence) = missing_sentence(&missing_characters([words.as_str()])) {
            error!("{sentence}");
        }
        self.printer.send(Command::Letterhead(Letterhead {
            station: bulletin.station.name.clone(),
            telephone: bulletin.station.telephone.clone(),
            public_base: bulletin.public_base.clone(),
            reply_period: bulletin.reply_period.clone(),
            zone: bulletin.zone.clone(),
        }));
        post(Event::Bulletin(Box::new(bulletin), fetched));
    }

    fn told_by_printer(&mut self, event: PrinterEvent) {
        match event {
            PrinterEvent::Job { ticket, paper } => post(Event::Paper { ticket, paper: on_screen(paper) }),
            PrinterEvent::NoReceipt(ticket) => post(Event::Paper { ticket, paper: Paper::None }),
            PrinterEvent::Slip(OnPaper::Printing) => {}
            PrinterEvent::Slip(paper) => {
                if let Some(test) = self.slip.take() {
                    let result = match paper {
                        OnPaper::Printed if test => StaffResult::TestPrinted,
                        OnPaper::Unsure if test => StaffResult::TestSent,
                        OnPaper::Printed | OnPaper::Unsure => StaffResult::Reissued,
                        _ => StaffResult::PrinterTrouble,
                    };
                    post(Event::StaffAnswered(result));
                }
            }
            PrinterEvent::Health(health) => self.health = Some(health),
        }
    }

    /// Keeps the log small also while a receipt waits for paper or a printer: the printer's thread, which knows the codes
    /// to forget, tidies only when nothing waits.
    fn tidy(&mut self) {
        if let Err(problem) = self.queue.tidy() {
            error!(error = %chain(&problem), "the queue could not be tidied");
        }
    }
}

fn on_screen(paper: OnPaper) -> Paper {
    match paper {
        OnPaper::Printing => Paper::Printing,
        OnPaper::Printed => Paper::Printed,
        OnPaper::Unsure => Paper::Unsure,
        OnPaper::NoPaper => Paper::NoPaper,
        OnPaper::NoPrinter => Paper::NoPrinter,
    }
}

/// Starts the clerk's thread.
///
/// # Errors
/// No thread could be started.
pub fn start(
    clerk: &Clerk,
    inbox: mpsc::Receiver<Task>,
    config: Config,
    control: Arc<Control>,
    clock: Arc<dyn Clock>,
) -> std::io::Result<thread::JoinHandle<()>> {
    let clerk = clerk.clone();
    thread::Builder::new().name("clerk".into()).spawn(move || clerk.run(&inbox, &config, &control, &clock))
}
