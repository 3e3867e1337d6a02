//! The two staff doors: a PIN each, five tries, then a minute of waiting, and twice as long each time it comes to that.

use std::time::Duration;

use wire::{intake::LookupTicket, ticket::TicketNumber};
use zeroize::Zeroize;

use super::{Action, Door, Event, Key, Note, Page, Question, Session, Speak, StaffResult, Stick, Trouble};

/// How many digits a PIN has.
pub const PIN_DIGITS: usize = 6;

const TRIES: u32 = 5;

/// How long the doors stay shut after too many wrong PINs, the first time.
const SHUT: Duration = Duration::from_secs(60);

/// Six digits tried five at a time outlast the terminal at this; whoever mistyped waits no longer than this.
const SHUT_MOST: Duration = Duration::from_secs(3600);

/// Wrong PINs; outlives the visit.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    wrong: u32,
    /// How often it came to waiting since the last right PIN.
    times: u32,
    shut_until: Option<Duration>,
    now: Duration,
}

impl Lock {
    pub(super) fn tick(&mut self, now: Duration) {
        self.now = now;
        if self.shut_until.is_some_and(|until| now >= until) {
            (self.wrong, self.shut_until) = (0, None);
        }
    }

    fn wrong(&mut self) -> Trouble {
        if self.shut_until.is_some() {
            return Trouble::PinLocked;
        }
        self.wrong += 1;
        if self.wrong < TRIES {
            return Trouble::PinWrong;
        }
        let wait = SHUT.saturating_mul(2_u32.saturating_pow(self.times)).min(SHUT_MOST);
        self.times = self.times.saturating_add(1);
        self.shut_until = Some(self.now + wait);
        Trouble::PinLocked
    }
}

/// What the staff is doing.
#[derive(Default)]
pub struct Staff {
    /// Which door.
    pub door: Door,
    /// Digits typed so far.
    pin: String,
    /// What is wrong with the PIN.
    pub trouble: Option<Trouble>,
    /// Wrong PINs so far.
    pub(crate) lock: Lock,
    /// Which step of changing the paper is shown.
    pub paper_step: Option<u8>,
    /// What the last action came to.
    pub result: Option<StaffResult>,
    /// Whether an answer is awaited.
    pub busy: bool,
    /// The question whose answers are shown.
    asked: Option<Question>,
    /// The number that was looked for.
    phone: String,
    /// What was found by it.
    pub found: Vec<LookupTicket>,
}

impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staff").field("door", &self.door).field("busy", &self.busy).finish()
    }
}

impl Drop for Staff {
    fn drop(&mut self) {
        self.pin.zeroize();
        self.phone.zeroize();
    }
}

impl Staff {
    /// How many digits of the PIN are typed.
    #[must_use]
    pub fn typed(&self) -> usize {
        self.pin.len()
    }
}

impl Session {
    pub(super) fn pin_key(&mut self, key: Key) -> Vec<Action> {
        let staff = &mut self.staff;
        if self.broken == Some(Note::NotEnrolled) {
            return Vec::new();
        }
        if staff.lock.shut_until.is_some() {
            staff.trouble = Some(Trouble::PinLocked);
            return Vec::new();
        }
        match key {
            Key::Digit(digit) if staff.pin.len() < PIN_DIGITS => staff.pin.push(digit),
            Key::Digit(_) => {}
            Key::Backspace => drop(staff.pin.pop()),
            Key::Clear => staff.pin.zeroize(),
        }
        staff.trouble = None;
        if staff.pin.len() < PIN_DIGITS || !matches!(key, Key::Digit(_)) {
            return Vec::new();
        }
        let question = self.questions.next();
        staff.asked = Some(question);
        vec![Action::CheckPin { question, door: staff.door, pin: std::mem::take(&mut staff.pin) }]
    }

    pub(super) fn staff_step(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::OpenPin(door) if !self.in_the_middle() => self.open_door(door),
            Event::PinChecked(question, right) => self.pin_checked(question, right),
            event if self.with_staff() => return self.officer_step(event),
            _ => {}
        }
        Vec::new()
    }

    /// Both PINs come with the enrolment file. Before it the technician's page opens without one: whoever can bring that
    /// file could bring a PIN of their own, the page only reads, and there is nothing of anybody's to be read. What the
    /// officer does needs the county, so that door stays shut and says why.
    fn open_door(&mut self, door: Door) {
        let lock = std::mem::take(&mut self.staff.lock);
        self.staff = Staff::default();
        (self.staff.door, self.staff.lock) = (door, lock);
        let unknown = self.broken == Some(Note::NotEnrolled);
        if unknown && door == Door::Technician {
            return self.go(Page::Technician);
        }
        self.staff.trouble = unknown.then_some(Trouble::NotEnrolled);
        self.go(Page::Pin);
    }

    /// Whether a villager would lose words, a number or an answer if another page came up.
    fn in_the_middle(&self) -> bool {
        match self.page {
            Page::Place | Page::Say | Page::Voice | Page::Printing => true,
            Page::Done | Page::Contact | Page::Phone | Page::Found => true,
            _ => self.speak.has_begun() && !self.speak.on_behalf,
        }
    }

    /// A right PIN opens the door that it was typed at, and none other; a wrong one counts whoever is there by then.
    fn pin_checked(&mut self, question: Question, right: bool) {
        let awaited = self.page == Page::Pin && self.staff.asked == Some(question);
        if !right {
            let trouble = self.staff.lock.wrong();
            if awaited {
                self.staff.trouble = Some(trouble);
            }
            return;
        }
        if !awaited {
            return;
        }
        self.staff.asked = None;
        self.staff.lock = Lock { now: self.staff.lock.now, ..Lock::default() };
        self.go(match self.staff.door {
            Door::Officer => Page::Officer,
            Door::Technician => Page::Technician,
        });
    }

    fn officer_step(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::StaffTestPrint => return vec![Action::TestPrint(self.staff_question())],
            Event::StaffPaper(step) => self.staff.paper_step = step,
            Event::StaffOnBehalf => {
                self.speak = Speak::default();
                self.speak.on_behalf = true;
                self.go(Page::Category);
            }
            Event::StaffRoster => {
                self.staff_turns();
                self.go(Page::RosterCheck);
            }
            Event::StaffCheckIn { person, present } => {
                return vec![Action::CheckIn { question: self.staff_question(), person, present }];
            }
            Event::StaffLookupOpen => {
                self.staff_turns();
                self.staff.found = Vec::new();
                self.go(Page::Lookup);
            }
            Event::StaffLookup(phone) => {
                self.staff.phone.zeroize();
                self.staff.phone = phone.clone();
                return vec![Action::Lookup { question: self.staff_question(), phone }];
            }
            Event::StaffReissue(ticket) => return self.reissue(ticket),
            Event::StaffStickOpen => {
                self.staff_turns();
                self.go(Page::Stick);
            }
            Event::StaffStick if self.page == Page::Stick && !self.staff.busy => {
                return vec![Action::ToStick(self.staff_question())];
            }
            Event::StaffAnswered(question, result) => self.staff_answered(question, result),
            _ => {}
        }
        Vec::new()
    }

    fn reissue(&mut self, ticket: TicketNumber) -> Vec<Action> {
        if !self.staff.found.iter().any(|t| t.ticket == ticket) {
            return Vec::new();
        }
        vec![Action::Reissue { question: self.staff_question(), ticket, phone: self.staff.phone.clone() }]
    }

    fn staff_question(&mut self) -> Question {
        let question = self.questions.next();
        let staff = &mut self.staff;
        (staff.asked, staff.result, staff.busy) = (Some(question), None, true);
        question
    }

    /// Another page of the staff's: what was asked on the former one is answered to nobody.
    fn staff_turns(&mut self) {
        let staff = &mut self.staff;
        (staff.asked, staff.result, staff.busy) = (None, None, false);
    }

    /// A stick that is being written keeps the page: it takes minutes, and whoever waits for it touches nothing.
    pub(super) fn stick_goes_on(&self, event: &Event) -> bool {
        let Event::StaffAnswered(question, StaffResult::Stick(Stick::Writing { .. })) = event else { return false };
        self.page == Page::Stick && self.staff.asked == Some(*question)
    }

    /// One question may have more answers than one: the county's new code, and then what became of its paper; how far a
    /// stick is written, and what came of it.
    fn staff_answered(&mut self, question: Question, result: StaffResult) {
        if self.staff.asked != Some(question) {
            return;
        }
        self.staff.busy = matches!(result, StaffResult::Stick(Stick::Writing { .. }));
        if let StaffResult::Lookup(found) = &result {
            self.staff.found.clone_from(found);
        }
        self.staff.result = Some(result);
    }
}
