//! The thread's loop: hear commands, take the next job, let the state machine say what to do, do it.
//!
//! Invariant: answers for slips go out in the order in which the slips came.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use wire::{event, ticket::TicketNumber};
use zeroize::Zeroizing;

use super::{Command, PrinterEvent, PrinterHealth, PrinterSettings, device::Device, what::What};
use crate::{
    clock::Clock,
    printer::{
        bytes::render,
        job::{Action, Event, Job, Paper, Refusal, Rules, Watch, step},
        profile::{FenceKind, Presenter},
        receipt::{Letterhead, Slip},
        status::Status,
        transport::PortError,
    },
    queue::{PrintJob, PrintState, Queue, QueueError},
};

/// How long one look for a fence takes; commands wait no longer.
const LOOK: Duration = Duration::from_millis(100);

pub(super) struct Worker {
    pub(super) settings: PrinterSettings,
    pub(super) queue: Option<Box<Queue>>,
    pub(super) head: Letterhead,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tell: Box<dyn Fn(PrinterEvent) + Send>,
    pub(super) inbox: Receiver<Command>,
    pub(super) device: Device,
    pub(super) texts: HashMap<TicketNumber, Zeroizing<String>>,
    /// Receipts whose words are here if they ever will be: with a queue come those of former runs, which are lost.
    pub(super) come: HashSet<TicketNumber>,
    /// Whether those of former runs are still to be looked up.
    pub(super) unlisted: bool,
    /// Of which receipts another copy is to be prepared.
    pub(super) wanted: VecDeque<TicketNumber>,
    pub(super) slips: VecDeque<Slip>,
    /// How many of the first slips nobody waits for any more.
    pub(super) void_slips: usize,
    pub(super) active: Option<Active>,
    pub(super) told: Option<(Option<TicketNumber>, Paper)>,
    /// Whose receipt somebody waits for at the terminal.
    pub(super) visit: Option<TicketNumber>,
    /// Of whose receipt the printer may hold a rest, which comes out by itself with new paper.
    pub(super) held: Option<TicketNumber>,
    pub(super) health: Option<PrinterHealth>,
    /// Why the queue could not be used in the last round.
    pub(super) queue_problem: Option<String>,
    pub(super) stopping: bool,
}

/// What is being printed.
pub(super) struct Active {
    pub(super) what: What,
    pub(super) job: Job,
    /// What goes out next, and how long its fence may take.
    bytes: Zeroizing<Vec<u8>>,
    patience: Duration,
    status_due: Duration,
}

/// Whether it waits for paper or for the printer.
pub(super) fn waits(active: &Active) -> bool {
    matches!(active.job, Job::Prepared { .. } | Job::Failed { .. })
}

pub(super) fn rules(settings: &PrinterSettings, patience: Duration) -> Rules {
    let profile = &settings.profile;
    Rules {
        fence: profile.fence != FenceKind::None,
        clear: profile.clear,
        presenter: profile.presenter.is_some(),
        takes_back_after: profile.presenter.and_then(Presenter::takes_back_after),
        patience,
    }
}

impl Worker {
    pub(super) fn run(mut self) {
        loop {
            let busy = self.active.as_ref().is_some_and(|a| a.job.is_open() && !waits(a) && !a.job.is_out());
            // The first look at the printer waits for nothing.
            let rest = if busy || self.stopping || self.health.is_none() { Duration::ZERO } else { self.settings.rest };
            let mut told = match self.inbox.recv_timeout(rest) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    self.stopping = true;
                    None
                }
            };
            // All that waits: the words of a receipt come right behind it. What came before the end is still begun.
            let mut begins = false;
            while let Some(command) = told {
                begins |= !matches!(command, Command::Stop);
                self.obey(command);
                told = self.inbox.try_recv().ok();
            }
            if self.stopping && !busy && !begins {
                return;
            }
            match self.go_on() {
                Ok(()) => self.queue_problem = None,
                Err(error) => self.queue_failed(&error),
            }
        }
    }

    /// The queue said no. Nothing went out that was not written down; the next round tries again.
    fn queue_failed(&mut self, error: &QueueError) {
        let problem = Some(error.to_string());
        if self.queue_problem != problem {
            tracing::error!(error = error as &dyn std::error::Error, "the printer could not use the queue");
            self.queue_problem = problem;
        }
        self.active = None;
        if error.is_of_the_file() {
            self.queue = None;
            (self.tell)(PrinterEvent::QueueFailed);
        }
    }

    fn go_on(&mut self) -> Result<(), QueueError> {
        self.list_former()?;
        self.print_wanted()?;
        self.answer_slips();
        self.drop_what_is_held()?;
        self.take_next()?;
        let Some(active) = self.active.take() else {
            // What is wrong with the printer is told as health.
            self.ask().ok();
            return Ok(());
        };
        let left = active.job.is_out().then(|| self.left(&active)).flatten();
        let mut active = Some(active);
        if let Some(event) = left {
            self.advance(&mut active, event)?;
        }
        if let Some(event) = active.as_ref().and_then(|active| self.watch(active)) {
            self.advance(&mut active, event)?;
        }
        self.active = active;
        Ok(())
    }

    /// Whether nobody waits for what stands in the presenter any more, or somebody for what comes behind it.
    fn left(&self, active: &Active) -> Option<Event> {
        let ticket = active.what.ticket();
        match self.visit {
            _ if self.slips.len() > self.void_slips => Some(Event::NextWaits),
            Some(visit) if ticket == Some(visit) => None,
            Some(_) => Some(Event::NextWaits),
            None => Some(Event::VisitOver),
        }
    }

    /// Slips go first: somebody stands there with the key. Then the oldest receipt. One of which nobody knows is watched
    /// for its fence until then.
    fn take_next(&mut self) -> Result<(), QueueError> {
        if let Some(active) = self.active.take_if(|a| a.job.is_open())
            && !(waits(&active) && self.is_forgotten(&active)?)
        {
            self.active = Some(active);
            return Ok(());
        }
        let former = self.active.take();
        let what = match self.slips.pop_front() {
            Some(slip) => {
                // Each slip is answered for, also where it comes to the same as the one before.
                self.told = None;
                Some((What::Slip(slip), Job::Prepared { after: 0 }))
            }
            None => self.next_receipt()?.map(|job| {
                let state = Job::taken_up(job.state);
                (What::Receipt(Box::new(job)), state)
            }),
        };
        self.active = match (what, former) {
            (Some((what, job)), _) => Some(Active {
                what,
                job,
                bytes: Zeroizing::default(),
                patience: Duration::ZERO,
                status_due: Duration::ZERO,
            }),
            (None, Some(former)) if matches!(former.job, Job::Unknown { .. }) && !self.is_forgotten(&former)? => {
                Some(former)
            }
            _ => None,
        };
        Ok(())
    }

    fn next_receipt(&mut self) -> Result<Option<PrintJob>, QueueError> {
        // Before the first letterhead a receipt would name no station, and its QR would lead nowhere.
        if self.head.public_base.is_empty() {
            return Ok(None);
        }
        let Some(queue) = &self.queue else { return Ok(None) };
        let open = queue.open_jobs()?;
        self.come.retain(|ticket| open.iter().any(|job| job.ticket == *ticket));
        // One that failed too often comes out only when somebody asks.
        let may_begin = |job: &PrintJob| {
            job.proofs.is_some()
                && Job::taken_up(job.state).is_open()
                && (!job.with_text || self.come.contains(&job.ticket))
        };
        Ok(open.into_iter().find(may_begin))
    }

    /// Whether the code of a receipt that waits was forgotten meanwhile: whoever wanted it has left.
    fn is_forgotten(&self, active: &Active) -> Result<bool, QueueError> {
        active.what.ticket().map_or(Ok(false), |ticket| self.is_code_forgotten(ticket))
    }

    /// Looks at the printer for what concerns the active job.
    fn watch(&mut self, active: &Active) -> Option<Event> {
        match active.job.watch(rules(&self.settings, active.patience)) {
            Watch::Nothing => None,
            Watch::Preflight => Some(self.preflight()),
            Watch::Fence => {
                match self.device.fence(LOOK) {
                    Ok(true) => Some(Event::Fence),
                    Err(_) => Some(Event::Lost),
                    Ok(false) if self.clock.monotonic() < active.status_due => Some(Event::Tick),
                    // A fence is not answered at paper end: the status is asked beside it.
                    Ok(false) => match self.ask() {
                        Ok(Some(status)) if !status.is_clean() => Some(Event::Status(status)),
                        Err(_) => Some(Event::Lost),
                        Ok(_) => Some(Event::Tick),
                    },
                }
            }
            Watch::Status => Some(self.asked_event()),
            Watch::LateFence => {
                let late = self.device.fence(Duration::ZERO).unwrap_or(false);
                Some(if late { Event::Fence } else { self.asked_event() })
            }
        }
    }

    fn asked_event(&mut self) -> Event {
        match self.ask() {
            Ok(Some(status)) => Event::Status(status),
            Ok(None) => {
                self.device.may_have_forgotten();
                Event::Silent
            }
            Err(_) => Event::Lost,
        }
    }

    fn preflight(&mut self) -> Event {
        match self.ask() {
            Ok(Some(status)) if status.is_clean() => Event::Ready,
            Ok(Some(status)) => Event::Refused(Refusal::of(status)),
            // Cheap printers never answer. What comes out of one without a fence is unknown anyway, and said to be.
            Ok(None) if self.settings.profile.fence == FenceKind::None => Event::Ready,
            Ok(None) | Err(_) => Event::Refused(Refusal::NoAnswer),
        }
    }

    /// Opens the port if need be, asks for the status, and tells when something changed.
    pub(super) fn ask(&mut self) -> Result<Option<Status>, PortError> {
        let asked = self.device.open().and_then(|()| self.device.status());
        self.tell_health(&asked);
        asked
    }

    fn tell_health(&mut self, asked: &Result<Option<Status>, PortError>) {
        let health = PrinterHealth {
            port: self.settings.port.clone(),
            port_problem: asked.as_ref().err().map(ToString::to_string),
            status: asked.as_ref().ok().copied().flatten(),
            is_mute: matches!(asked, Ok(None)) && self.settings.profile.fence == FenceKind::None,
        };
        if self.health.as_ref() != Some(&health) {
            (self.tell)(PrinterEvent::Health(health.clone()));
            self.health = Some(health);
        }
    }

    /// What follows where the printer did not take everything.
    fn stopped(&mut self, handed_over: Result<Option<Status>, PortError>) -> Option<Event> {
        let status = match handed_over {
            Ok(status) => status?,
            Err(_) => return Some(Event::Lost),
        };
        self.tell_health(&Ok(Some(status)));
        Some(Event::Status(status))
    }

    /// Steps until nothing more follows by itself.
    fn advance(&mut self, slot: &mut Option<Active>, event: Event) -> Result<(), QueueError> {
        let mut next = Some(event);
        while let (Some(event), Some(active)) = (next.take(), slot.as_mut()) {
            if let (Job::Prepared { after }, Event::Ready) = (active.job, event) {
                active.bytes = self.bytes(active, after);
                let length = active.bytes.len() + self.device.ahead();
                active.patience = self.settings.profile.patience(length, self.settings.baud);
            }
            let now = self.clock.monotonic();
            let (job, actions) = step(active.job, event, rules(&self.settings, active.patience), now);
            active.job = job;
            active.status_due = now + self.settings.rest.min(Duration::from_millis(500));
            for action in actions {
                if let Some(event) = self.act(active, action)? {
                    next = Some(event);
                    break;
                }
            }
            // Nobody waits for a slip that can't be printed.
            if matches!(active.what, What::Slip(_)) && matches!(active.job, Job::Prepared { .. } | Job::Failed { .. }) {
                *slot = None;
            }
        }
        Ok(())
    }

    fn act(&mut self, active: &mut Active, action: Action) -> Result<Option<Event>, QueueError> {
        match action {
            Action::Persist(state) => {
                let Some(id) = active.what.id() else { return Ok(None) };
                let is_sent = matches!(state, PrintState::Sending { .. }) && !self.has_words(active);
                let hash = is_sent.then(|| event::hash(&active.bytes));
                self.queue.as_mut().expect("invariant: receipts come from the queue").journal(id, state, hash)?;
                if matches!(state, PrintState::Confirmed { .. } | PrintState::Unknown { .. }) {
                    active.what.ticket().and_then(|ticket| self.texts.remove(&ticket));
                }
                match state {
                    PrintState::Failed { .. } => self.held = active.what.ticket(),
                    PrintState::Prepared { .. } | PrintState::Unknown { .. } => {}
                    _ => self.held = None,
                }
                Ok(None)
            }
            Action::Clear => {
                let cleared = self.device.clear();
                Ok(self.stopped(cleared))
            }
            Action::Send { .. } => {
                let mut bytes = std::mem::take(&mut active.bytes);
                bytes.extend_from_slice(&self.settings.profile.present_bytes());
                let sent = self.device.send(&bytes, active.patience);
                Ok(self.stopped(sent).or(Some(Event::Sent)))
            }
            Action::TakeBack => Ok(self.device.take_back().err().map(|_| Event::Lost)),
            Action::AskStatus => Ok(Some(self.asked_event())),
            Action::Tell(paper) => {
                let ticket = active.what.ticket();
                // A slip is answered for once, with its being out.
                let answered = ticket.is_none() && matches!(paper, Paper::Taken | Paper::Retracted);
                if self.told != Some((ticket, paper)) && !answered {
                    self.told = Some((ticket, paper));
                    (self.tell)(match ticket {
                        Some(ticket) => PrinterEvent::Job { ticket, paper },
                        None => PrinterEvent::Slip(paper),
                    });
                }
                Ok(None)
            }
        }
    }

    fn has_words(&self, active: &Active) -> bool {
        active.what.ticket().is_some_and(|ticket| self.texts.contains_key(&ticket))
    }

    fn bytes(&self, active: &Active, copy: u32) -> Zeroizing<Vec<u8>> {
        let text = active.what.ticket().and_then(|ticket| self.texts.get(&ticket));
        let ops = active.what.layout(&self.head, self.settings.width, text.map(|text| text.as_str()), copy);
        render(&ops, self.settings.profile.cut, self.settings.profile.characters)
    }
}
