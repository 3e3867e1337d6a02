//! 查我的事: number and query code, or the receipt's QR; then the timeline, the reply and the five faces.

use wire::{
    case::Satisfaction,
    secret::{Proof, QueryCode, parse_track_link},
    ticket::{NumberError, TicketNumber},
    view::View,
};
use zeroize::Zeroize;

use super::{Action, Event, Field, Key, Page, Question, Session, TrackResult, Trouble};

/// What is typed to find a ticket.
#[derive(Default)]
pub struct Find {
    /// Up to 13 digits.
    pub number: String,
    /// Up to 6 digits.
    pub code: String,
    /// Which the keypad fills.
    pub field: Field,
    /// What to mend.
    pub trouble: Option<Trouble>,
    /// Whether an answer is awaited.
    pub busy: bool,
    /// What was asked, and with what.
    asked: Option<(Question, TicketNumber, Proof)>,
}

impl std::fmt::Debug for Find {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Find").field("trouble", &self.trouble).field("busy", &self.busy).finish()
    }
}

impl Drop for Find {
    fn drop(&mut self) {
        self.number.zeroize();
        self.code.zeroize();
    }
}

/// The ticket that was found.
#[derive(Debug)]
pub struct Found {
    /// Its number.
    pub ticket: TicketNumber,
    /// What became of it; none, it has not reached the county.
    pub view: Option<View>,
    /// Its category's formal name.
    pub category: String,
    /// Whether this comes from the terminal's memory.
    pub kept: bool,
    /// What was said of it during this visit, once it is on the disk.
    pub rated: Option<Satisfaction>,
    /// Whether what was said last could not be written down; it may be said again.
    pub not_kept: bool,
    rating: Option<Satisfaction>,
    proof: Proof,
}

impl Found {
    /// Whether a rating is asked for.
    #[must_use]
    pub fn can_rate(&self) -> bool {
        self.rating.is_none() && self.view.as_ref().is_some_and(|v| v.can_rate)
    }
}

const NUMBER_DIGITS: usize = 13;
const CODE_DIGITS: usize = 6;

impl Find {
    pub(super) fn key(&mut self, key: Key) {
        self.trouble = None;
        let (value, most) = match self.field {
            Field::Number => (&mut self.number, NUMBER_DIGITS),
            Field::Code => (&mut self.code, CODE_DIGITS),
        };
        match key {
            Key::Digit(digit) if value.len() < most => value.push(digit),
            Key::Digit(_) => {}
            Key::Backspace => drop(value.pop()),
            Key::Clear => value.zeroize(),
        }
        if self.field == Field::Number && self.number.len() == NUMBER_DIGITS && matches!(key, Key::Digit(_)) {
            match self.number.parse::<TicketNumber>() {
                Ok(_) => self.field = Field::Code,
                Err(_) => self.trouble = Some(Trouble::NumberWrong),
            }
        }
    }

    /// The number and the code, checked before the county is asked.
    fn typed(&self) -> Result<(TicketNumber, Proof), (Field, Trouble)> {
        let number = self.number.parse().map_err(|e| match e {
            NumberError::Length { .. } => (Field::Number, Trouble::NumberShort),
            _ => (Field::Number, Trouble::NumberWrong),
        })?;
        let code: QueryCode = self.code.parse().map_err(|_| (Field::Code, Trouble::CodeShort))?;
        Ok((number, Proof::Code(code)))
    }
}

impl Session {
    pub(super) fn find_step(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::OpenFind => {
                self.find = Find::default();
                self.go(Page::Find);
            }
            Event::ChooseField(field) => self.find.field = field,
            Event::Find if self.page == Page::Find && !self.find.busy => match self.find.typed() {
                Ok((ticket, proof)) => return self.ask(ticket, proof),
                Err((field, trouble)) => {
                    self.find.field = field;
                    self.find.trouble = Some(trouble);
                }
            },
            Event::Scanned(text) => return self.scanned(text),
            Event::Tracked(question, result) => self.tracked(question, result),
            Event::Rate(satisfaction) => return self.rate(satisfaction),
            Event::RatingSaved(ticket) => {
                if let Some(found) = self.found.as_mut().filter(|found| found.ticket == ticket) {
                    found.rated = found.rating;
                }
            }
            Event::RatingNotSaved(ticket) => {
                if let Some(found) = self.found.as_mut().filter(|found| found.ticket == ticket) {
                    (found.rating, found.not_kept) = (None, true);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn ask(&mut self, ticket: TicketNumber, proof: Proof) -> Vec<Action> {
        self.find.trouble = None;
        self.find.busy = true;
        let question = self.questions.next();
        self.find.asked = Some((question, ticket, proof.clone()));
        vec![Action::Track { question, ticket, proof }]
    }

    /// A receipt under the scanner opens its page from anywhere but the middle of saying something.
    fn scanned(&mut self, mut text: String) -> Vec<Action> {
        let link = parse_track_link(&text);
        text.zeroize();
        if !matches!(self.page, Page::Attract | Page::Home | Page::Find | Page::Found | Page::People) {
            return Vec::new();
        }
        self.find = Find::default();
        self.found = None;
        self.go(Page::Find);
        match link {
            Ok((ticket, secret)) => self.ask(ticket, Proof::Secret(secret)),
            Err(_) => {
                self.find.trouble = Some(Trouble::ForeignCode);
                Vec::new()
            }
        }
    }

    fn tracked(&mut self, question: Question, result: TrackResult) {
        // An answer that comes after the villager went on, or asked for another ticket, belongs to nobody.
        if self.page != Page::Find {
            return;
        }
        let Some((_, ticket, proof)) = self.find.asked.take_if(|(asked, ..)| *asked == question) else { return };
        self.find.busy = false;
        let (view, category, kept) = match result {
            TrackResult::Fresh(view) => (Some(*view), None, false),
            TrackResult::Kept(view) => (Some(*view), None, true),
            TrackResult::StillHere { category } => (None, Some(category), true),
            TrackResult::NotFound => return self.find.trouble = Some(Trouble::NotFound),
            TrackResult::TooMany => return self.find.trouble = Some(Trouble::TooMany),
            TrackResult::Offline => return self.find.trouble = Some(Trouble::Offline),
        };
        let category = category.or_else(|| view.as_ref().map(|v| v.category.clone())).unwrap_or_default();
        self.found = Some(Found { ticket, view, category, kept, rated: None, not_kept: false, rating: None, proof });
        self.go(Page::Found);
    }

    fn rate(&mut self, satisfaction: Satisfaction) -> Vec<Action> {
        let Some(found) = self.found.as_mut().filter(|f| f.can_rate()) else { return Vec::new() };
        let Some(revision) = found.view.as_ref().map(|v| v.revision) else { return Vec::new() };
        (found.rating, found.not_kept) = (Some(satisfaction), false);
        vec![Action::SubmitRating { ticket: found.ticket, satisfaction, revision, proof: found.proof.clone() }]
    }
}
