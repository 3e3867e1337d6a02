//! The visit: which page is up, what was said so far, and what is to be done about it.
//!
//! [`Session::step`] takes what happened (a touch, a result, a second gone by) and gives the actions that follow.
//! Invariants: does no I/O, reads no clock, holds no words of its own for the screen (it names situations, the pages
//! find the words); and after [`Action::Wipe`] nothing of the visit is left in it.

mod action;
mod event;
mod facts;
mod find;
mod heard;
mod help;
mod idle;
mod known;
mod phone;
mod speak;
mod staff;
mod voice;

use std::time::Duration;

pub use action::{Action, Question};
pub use event::{Door, Event, Field, Key};
pub use facts::{CaseFacts, Facts, PaperLeft, PrinterFacts, QueueFacts};
pub use find::{Find, Found};
pub use heard::{Aloud, Hearing, Shown};
pub use help::Help;
pub use idle::{COUNTDOWN, IDLE, Idle};
pub use known::{Note, Paper, PrinterFault, StaffResult, Stick, Submitted, TrackResult, Trouble};
pub use phone::{NoPhone, Phone, PhoneResult};
pub use speak::{Delivery, Done, Speak};
pub use staff::{PIN_DIGITS, Staff};
pub use voice::{Listening, Voice, VoiceNote, Voicing};
use wire::{bulletin::Bulletin, event::WallTime};

/// The largest of the sizes of words, counted from 0.
pub const LARGEST: u8 = 2;

/// Which page is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// Nobody is here.
    #[default]
    Attract,
    /// The three doors.
    Home,
    /// 是哪方面的事?
    Category,
    /// 在哪里?
    Place,
    /// 想说什么?
    Say,
    /// Saying it aloud.
    Voice,
    /// Being written down and printed.
    Printing,
    /// Safe; the number.
    Done,
    /// Name and telephone, if they like.
    Contact,
    /// A code for the villager's own phone.
    Phone,
    /// Number and code, or the receipt under the scanner.
    Find,
    /// What became of it.
    Found,
    /// Who is here today.
    People,
    /// The terminal can't take anything.
    OutOfService,
    /// A staff door's keypad.
    Pin,
    /// The officer's page.
    Officer,
    /// A lost receipt, by telephone number.
    Lookup,
    /// Who came, who left.
    RosterCheck,
    /// The backlog onto a stick.
    Stick,
    /// The technician's page.
    Technician,
}

/// A visit and the terminal around it.
#[derive(Debug, Default)]
pub struct Session {
    /// Which page is up.
    pub page: Page,
    /// Whether the last change of page went back.
    pub backward: bool,
    /// English in place of Chinese, until the visit ends.
    pub english: bool,
    /// How large the words are, 0 to [`LARGEST`], until the visit ends.
    pub text_size: u8,
    /// Black on white, until the visit ends.
    pub contrast: bool,
    /// Whether the page of help is open.
    pub help_open: bool,
    /// Whether somebody was called and comes.
    pub help: Help,
    call: Option<help::Call>,
    questions: action::Questions,
    /// Touch, pause, countdown.
    pub idle: Idle,
    /// What is being said.
    pub speak: Speak,
    /// What is spoken of the page.
    pub aloud: Aloud,
    /// The ticket just submitted.
    pub done: Option<Done>,
    /// What is typed to find a ticket.
    pub find: Find,
    /// The ticket that was found.
    pub found: Option<Found>,
    /// The staff's doors.
    pub staff: Staff,
    /// What the county last told; none before enrolment.
    pub bulletin: Option<Bulletin>,
    /// When it was fetched, by the terminal's clock.
    pub fetched: Option<WallTime>,
    /// What the technician reads.
    pub facts: Option<Facts>,
    /// Whether somebody can say it aloud: there is a microphone.
    pub has_voice: bool,
    /// Whether the agent reaches the county.
    pub online: bool,
    /// Why nothing can be written down.
    broken: Option<Note>,
    /// Until when nobody begins a visit, because the machine is about to start anew; none, visits are taken.
    leased_until: Option<Duration>,
}

impl Session {
    /// Takes what happened at `now` (monotonic) and gives what follows.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Action> {
        let spoken_of = self.spoken_of();
        let mut actions = self.take(event, now);
        if let Some(hush) = spoken_of(self) {
            actions.insert(0, hush);
        }
        actions
    }

    fn take(&mut self, event: Event, now: Duration) -> Vec<Action> {
        if event.is_touch() || self.stick_goes_on(&event) || self.is_speaking(&event) {
            self.idle.touched(now);
        }
        match event {
            Event::Tick => return self.tick(now),
            Event::Touched | Event::KeepGoing => {}
            Event::Broken(note) if note == self.broken => {}
            Event::Broken(note) => {
                self.broken = note;
                // The technician is here because of it, and sees it change.
                if !self.with_staff() && !self.visit_under_way() {
                    return self.leave_to(self.resting_page());
                }
            }
            Event::Lease(lasts) if !self.visiting() => {
                self.leased_until = Some(now + lasts);
                return self.leave_to(self.resting_page());
            }
            Event::Lease(_) => {}
            Event::Bulletin(bulletin, fetched) => (self.bulletin, self.fetched) = (Some(*bulletin), fetched),
            Event::Facts(facts) => self.facts = Some(*facts),
            Event::Online(online) => self.online = online,
            Event::HasVoice(has_voice) => self.has_voice = has_voice,
            Event::Aloud(hearing) => return self.hearing_step(hearing),
            Event::Paper { ticket, paper } => self.paper(ticket, paper),
            Event::Delivered { ticket } => self.delivered(ticket),
            Event::SomethingDelivered => return self.ask_delivered(),
            Event::SwitchLanguage => self.english = !self.english,
            Event::Larger(true) => self.text_size = (self.text_size + 1).min(LARGEST),
            Event::Larger(false) => self.text_size = 0,
            Event::Contrast(on) => self.contrast = on,
            Event::CallHelp | Event::CloseHelp | Event::HelpTaken(_) | Event::HelpAcknowledged(_) => {
                return self.help_step(&event, now);
            }
            event if self.note().is_some() && !self.visit_under_way() => return self.out_of_service(event, now),
            Event::OpenHome => self.go(Page::Home),
            Event::Leave => return self.leave_to(self.resting_page()),
            Event::Back => return self.back(),
            Event::OpenPeople => self.go(Page::People),
            event => return self.page_step(event, now),
        }
        Vec::new()
    }

    fn page_step(&mut self, event: Event, now: Duration) -> Vec<Action> {
        match event {
            Event::OpenFind | Event::Scanned(_) | Event::ChooseField(_) | Event::Find | Event::Rate(_) => {
                self.find_step(event)
            }
            Event::Tracked(..) | Event::RatingSaved(_) | Event::RatingNotSaved(_) => self.find_step(event),
            Event::Key(key) => self.key(key),
            Event::OpenPin(_)
            | Event::PinChecked(..)
            | Event::StaffTestPrint
            | Event::StaffPaper(_)
            | Event::StaffOnBehalf
            | Event::StaffRoster
            | Event::StaffCheckIn { .. }
            | Event::StaffLookupOpen
            | Event::StaffLookup(_)
            | Event::StaffReissue(_)
            | Event::StaffStickOpen
            | Event::StaffStick
            | Event::StaffAnswered(..) => self.staff_step(event),
            Event::Voice(event) => self.voice_step(event, now),
            Event::OpenPhone | Event::PhoneAnswered(..) => self.phone_step(event, now),
            event => self.speak_step(event),
        }
    }

    /// Nothing can be written down: only help and the staff's doors are there, and nothing behind them takes a suggestion.
    fn out_of_service(&mut self, event: Event, now: Duration) -> Vec<Action> {
        match event {
            Event::OpenPin(_) | Event::PinChecked(..) | Event::Key(_) => self.page_step(event, now),
            Event::Back if self.page != Page::OutOfService => self.back(),
            Event::Leave => self.leave_to(Page::OutOfService),
            Event::StaffOnBehalf => {
                self.staff.result = Some(StaffResult::CannotTake);
                Vec::new()
            }
            event if self.with_staff() => self.staff_step(event),
            _ => Vec::new(),
        }
    }

    /// Whether somebody of the staff is signed in.
    pub(crate) fn with_staff(&self) -> bool {
        matches!(self.page, Page::Officer | Page::Lookup | Page::RosterCheck | Page::Stick | Page::Technician)
    }

    /// A visit that holds somebody's words or waits for a receipt goes on whatever breaks: the queue may be back before it
    /// is submitted, and what could not be kept is said then.
    fn visit_under_way(&self) -> bool {
        matches!(
            self.page,
            Page::Category
                | Page::Place
                | Page::Say
                | Page::Voice
                | Page::Printing
                | Page::Done
                | Page::Contact
                | Page::Phone
        )
    }

    /// Where the terminal waits for somebody.
    pub(crate) fn resting_page(&self) -> Page {
        if self.note().is_some() { Page::OutOfService } else { Page::Attract }
    }

    /// Why nothing is taken; the page is then [`Page::OutOfService`] or one of the staff's. None, it is.
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        self.leased_until.map(|_| Note::StartsAnew).or(self.broken)
    }

    /// A machine that did not start anew in time takes visits again.
    fn lease_tick(&mut self, now: Duration) {
        if self.leased_until.is_some_and(|until| now >= until) {
            self.leased_until = None;
            if self.page == Page::OutOfService {
                self.go_back(self.resting_page());
            }
        }
    }

    /// Goes to a page further on.
    pub(crate) fn go(&mut self, page: Page) {
        self.backward = false;
        self.page = page;
    }

    fn go_back(&mut self, page: Page) {
        self.backward = true;
        self.page = page;
    }

    fn back(&mut self) -> Vec<Action> {
        let before = match self.page {
            Page::Place => Page::Category,
            Page::Say => Page::Place,
            Page::Voice => return self.leave_voice(),
            Page::Contact | Page::Phone => Page::Done,
            Page::Lookup | Page::RosterCheck | Page::Stick => Page::Officer,
            Page::Found => Page::Find,
            Page::Category if self.speak.on_behalf => Page::Officer,
            Page::Category | Page::Find | Page::People => Page::Home,
            // The number and the code are only here.
            Page::Printing | Page::Done => return Vec::new(),
            _ => return self.leave_to(self.resting_page()),
        };
        if self.page == Page::Say && self.speak.writing {
            self.speak.writing = false;
            return Vec::new();
        }
        if before == Page::Find {
            self.find = Find::default();
            self.found = None;
        }
        self.go_back(before);
        Vec::new()
    }

    /// Ends the visit: nothing of it stays here, and the action makes sure of the rest.
    pub(crate) fn leave_to(&mut self, page: Page) -> Vec<Action> {
        let mut over = std::mem::take(self);
        self.bulletin = over.bulletin.take();
        (self.fetched, self.facts) = (over.fetched, over.facts.take());
        (self.online, self.has_voice) = (over.online, over.has_voice);
        self.aloud = over.aloud.anew();
        self.questions = std::mem::take(&mut over.questions);
        (self.broken, self.leased_until) = (over.broken, over.leased_until);
        self.staff.lock = std::mem::take(&mut over.staff.lock);
        self.page = page;
        self.backward = true;
        vec![Action::Wipe]
    }

    /// Whether a villager is here: a restart has to wait.
    #[must_use]
    pub fn visiting(&self) -> bool {
        !matches!(self.page, Page::Attract | Page::OutOfService) || self.help_open || self.help != Help::None
    }

    /// Whether somebody has chosen how the pages look.
    pub(crate) fn suited(&self) -> bool {
        self.english || self.contrast || self.text_size > 0
    }

    fn key(&mut self, key: Key) -> Vec<Action> {
        match self.page {
            Page::Pin => self.pin_key(key),
            Page::Find => {
                self.find.key(key);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
