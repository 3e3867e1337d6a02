//! The thread's loop: hear commands, take the next job, let the state machine say what to do, do it.

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
        job::{Action, Event, Job, Paper, Refusal, Rules, step},
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
    pub(super) slips: VecDeque<Slip>,
    pub(super) active: Option<Active>,
    pub(super) told: Option<(Option<TicketNumber>, Paper)>,
    /// Whose receipt somebody waits for at the terminal.
    pub(super) visit: Option<TicketNumber>,
    pub(super) health: Option<PrinterHealth>,
    pub(super) stopping: bool,
}

/// What is being printed.
pub(super) struct Active {
    what: What,
    job: Job,
    /// What goes out next, and how long its fence may take.
    bytes: Zeroizing<Vec<u8>>,
    patience: Duration,
    status_due: Duration,
}

/// Whether it waits for paper or for the printer.
fn waits(active: &Active) -> bool {
    matches!(active.job, Job::Prepared { .. } | Job::Failed { .. })
}

fn rules(settings: &PrinterSettings, patience: Duration) -> Rules {
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
            let busy = self.active.as_ref().is_some_and(|a| !waits(a) && !a.job.is_out());
            // The first look at the printer waits for nothing.
            let rest = if busy || self.health.is_none() { Duration::ZERO } else { self.settings.rest };
            match self.inbox.recv_timeout(rest) {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.stopping = true,
            }
            if self.stopping && !busy {
                return;
            }
            if let Err(error) = self.go_on() {
                // The queue said no. Nothing went out that was not written down; the next round tries again.
                tracing::error!(error = &error as &dyn std::error::Error, "the printer could not use the queue");
                self.active = None;
                if error.is_of_the_file() {
                    self.queue = None;
                    (self.tell)(PrinterEvent::QueueFailed);
                }
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Queue(queue) => {
                // A queue that can't say so will say no to the next receipt, too.
                if queue.last_receipt_may_have_broken_off().unwrap_or(true) {
                    self.device.may_have_broken_off();
                }
                self.come.extend(queue.open_jobs().into_iter().flatten().map(|job| job.ticket));
                self.queue = Some(queue);
            }
            Command::LetGo => {
                self.queue = None;
                self.active.take_if(|active| matches!(active.what, What::Receipt(_)));
            }
            Command::Kick { ticket, text } => {
                self.visit = Some(ticket);
                self.come.insert(ticket);
                if let Some(text) = text {
                    self.texts.insert(ticket, text);
                }
                // It stands behind one that waits, for the same paper or printer.
                if self.active.as_ref().is_some_and(|a| waits(a) && a.what.ticket() != Some(ticket))
                    && let Some((_, paper @ Paper::Waits(_))) = self.told
                {
                    (self.tell)(PrinterEvent::Job { ticket, paper });
                }
            }
            Command::Reprint(ticket) => {
                self.visit = Some(ticket);
                if !self.reprint(ticket) {
                    (self.tell)(PrinterEvent::NoReceipt(ticket));
                }
            }
            Command::Print(slip) => self.slips.push_back(slip),
            Command::Letterhead(head) => self.head = head,
            Command::VisitOver => {
                self.texts.clear();
                self.visit = None;
            }
            Command::Stop => self.stopping = true,
        }
    }

    /// Prepares another copy; false where there is nothing to print it from.
    fn reprint(&mut self, ticket: TicketNumber) -> bool {
        if self.active.as_ref().is_some_and(|a| a.what.ticket() == Some(ticket) && a.job.is_open()) {
            let over = self.active.take_if(|a| matches!(a.job, Job::Failed { .. }) || a.job.is_out());
            if over.is_none() {
                return true;
            }
        }
        let Some(queue) = &mut self.queue else { return false };
        let Ok(Some(job)) = queue.print_job(ticket) else { return false };
        if job.proofs.is_none() {
            return false;
        }
        self.active.take_if(|a| a.what.ticket() == Some(ticket));
        let rules = rules(&self.settings, Duration::ZERO);
        let (_, actions) = step(Job::taken_up(job.state), Event::AskedAgain, rules, Duration::ZERO);
        let persisted = actions.into_iter().all(|action| match action {
            Action::Persist(state) => queue.journal(job.id, state, None).is_ok(),
            _ => true,
        });
        self.told = None;
        persisted
    }

    fn go_on(&mut self) -> Result<(), QueueError> {
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
            _ if !self.slips.is_empty() => Some(Event::NextWaits),
            Some(visit) if ticket == Some(visit) => None,
            Some(_) => Some(Event::NextWaits),
            None => Some(Event::VisitOver),
        }
    }

    /// Slips go first: somebody stands there with the key. Then the oldest receipt.
    fn take_next(&mut self) -> Result<(), QueueError> {
        if let Some(active) = self.active.take_if(|a| a.job.is_open())
            && !(waits(&active) && self.is_forgotten(&active)?)
        {
            self.active = Some(active);
            return Ok(());
        }
        self.active = None;
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
        self.active = what.map(|(what, job)| Active {
            what,
            job,
            bytes: Zeroizing::default(),
            patience: Duration::ZERO,
            status_due: Duration::ZERO,
        });
        Ok(())
    }

    fn next_receipt(&mut self) -> Result<Option<PrintJob>, QueueError> {
        // Before the first letterhead a receipt would name no station, and its QR would lead nowhere.
        if self.head.public_base.is_empty() {
            return Ok(None);
        }
        let Some(queue) = &self.queue else { return Ok(None) };
        // One that failed too often comes out only when somebody asks.
        let may_begin = |job: &PrintJob| {
            job.proofs.is_some()
                && Job::taken_up(job.state).is_open()
                && (!job.with_text || self.come.contains(&job.ticket))
        };
        Ok(queue.open_jobs()?.into_iter().find(may_begin))
    }

    /// Whether the code of a receipt that waits was forgotten meanwhile: whoever wanted it has left.
    fn is_forgotten(&self, active: &Active) -> Result<bool, QueueError> {
        let (Some(ticket), Some(queue)) = (active.what.ticket(), &self.queue) else { return Ok(false) };
        Ok(queue.print_job(ticket)?.is_none_or(|job| job.proofs.is_none()))
    }

    /// Looks at the printer for what concerns the active job.
    fn watch(&mut self, active: &Active) -> Option<Event> {
        match active.job {
            Job::Prepared { .. } => Some(self.preflight()),
            Job::Fenced { .. } | Job::Recovering { .. } => {
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
            Job::Judged { .. } | Job::Presented { .. } | Job::TakingBack { .. } => Some(self.asked_event()),
            Job::Failed { .. } => {
                let late = self.device.fence(Duration::ZERO).unwrap_or(false);
                Some(if late { Event::Fence } else { self.asked_event() })
            }
            Job::Sending { .. }
            | Job::Confirmed { .. }
            | Job::Taken { .. }
            | Job::Retracted { .. }
            | Job::Unknown { .. } => None,
        }
    }

    fn asked_event(&mut self) -> Event {
        match self.ask() {
            Ok(Some(status)) => Event::Status(status),
            Ok(None) => Event::Silent,
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
    fn ask(&mut self) -> Result<Option<Status>, PortError> {
        let asked = self.device.open().and_then(|()| self.device.status());
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
        asked
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
                Ok(None)
            }
            Action::Clear => Ok(self.device.clear().err().map(|_| Event::Lost)),
            Action::Send { .. } => {
                let mut bytes = std::mem::take(&mut active.bytes);
                bytes.extend_from_slice(&self.settings.profile.present_bytes());
                bytes.extend_from_slice(&self.device.new_fence());
                Ok(Some(match self.device.send(&bytes) {
                    Ok(()) => Event::Sent,
                    Err(_) => Event::Lost,
                }))
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
        render(&ops, self.settings.profile.cut)
    }
}
