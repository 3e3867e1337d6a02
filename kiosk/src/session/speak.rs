//! 我要说: category, place, words, submission, and what is known afterwards.

use std::time::Duration;

use wire::{TEXT_MAX, check_text, ticket::TicketNumber};
use zeroize::Zeroize;

use super::{Action, Event, Listening, Page, Paper, Phone, Question, Session, Submitted, Voice};
use crate::ticket::{Draft, Named};

/// The longest that the page of printing stays up without news of the paper: a receipt takes two seconds, a status
/// query that nobody answers three more.
const PRINTING_MOST: Duration = Duration::from_secs(12);

/// What is being said.
#[derive(Default)]
pub struct Speak {
    /// What it is about.
    pub category: Option<Named>,
    /// Where.
    pub place: Option<Named>,
    /// The words so far.
    pub text: String,
    /// A place more exact than the village.
    pub landmark: String,
    /// Whether the keyboard is up.
    pub writing: bool,
    /// Whether the receipt shall carry the text.
    pub text_on_receipt: bool,
    /// Whether the officer writes it for somebody.
    pub on_behalf: bool,
    /// Whether the last submission could not be written down.
    pub not_written: bool,
    /// Whether there was no room for the ready sentence that was touched last.
    pub is_full: bool,
    /// What is said aloud.
    pub voice: Voice,
    /// The ready sentences that were touched.
    chosen: Vec<String>,
    /// The submission that is out.
    asked: Option<Question>,
    /// Since when the page of printing is up.
    printing_since: Option<Duration>,
}

impl std::fmt::Debug for Speak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Speak").field("category", &self.category).field("characters", &self.length()).finish()
    }
}

impl Drop for Speak {
    fn drop(&mut self) {
        self.text.zeroize();
        self.landmark.zeroize();
    }
}

/// A ticket that is safe.
#[derive(Debug)]
pub struct Done {
    /// Number, code, secret, time.
    pub submitted: Submitted,
    /// The category's formal name.
    pub category: String,
    /// The place's name.
    pub place: String,
    /// What is known of the receipt.
    pub paper: Paper,
    /// What is known of its way to the county.
    pub delivery: Delivery,
    /// Whether name or telephone were written down.
    pub contact_saved: bool,
    /// Whether they could not be; what was typed is still in the fields.
    pub contact_not_saved: bool,
    /// How it stands with a phone.
    pub phone: Phone,
}

/// What is known of a suggestion's way to the county.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// On the disk; not at the county yet.
    Waiting,
    /// The county acknowledged it.
    Delivered,
}

impl Speak {
    /// Unicode scalar values so far.
    #[must_use]
    pub fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// Whether anything was said.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.text.is_empty() || !self.landmark.is_empty() || self.voice.recording.is_some()
    }

    /// Whether it can be submitted as it stands.
    #[must_use]
    pub fn can_submit(&self) -> bool {
        self.category.is_some() && check_text(&self.words()).is_ok()
    }

    /// The words; where nothing but a recording was made, a sentence that says so: the suggestion is complete without it.
    fn words(&self) -> String {
        match &self.voice.recording {
            Some(recording) if self.text.trim().is_empty() => format!("（语音留言，约{}秒）", recording.seconds),
            _ => self.text.clone(),
        }
    }

    /// Whether a ready sentence is part of the words.
    #[must_use]
    pub fn has(&self, sentence: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen == sentence) && self.text.contains(sentence)
    }

    /// Adds a ready sentence, or takes out the one that was added: never a part of what somebody wrote.
    fn toggle(&mut self, sentence: &str) {
        let added = self.text.rfind(sentence).filter(|_| self.has(sentence));
        self.chosen.retain(|chosen| chosen != sentence);
        if let Some(at) = added {
            let (before, behind) = self.text.split_at(at);
            self.set_text([before, &behind[sentence.len()..]].concat());
        } else if self.length() + sentence.chars().count() <= TEXT_MAX {
            self.set_text(format!("{}{sentence}", self.text));
            self.chosen.push(sentence.to_owned());
        } else {
            self.is_full = true;
        }
    }

    /// Takes what was typed: at most [`TEXT_MAX`] characters, control characters of a paste left out.
    fn set_text(&mut self, typed: String) {
        self.is_full = false;
        self.text.zeroize();
        self.text = typed.chars().filter(|c| *c == '\n' || !c.is_control()).take(TEXT_MAX).collect();
        let mut typed = typed;
        typed.zeroize();
    }

    fn draft(&self) -> Option<Draft> {
        let landmark = (!self.landmark.trim().is_empty()).then(|| self.landmark.clone());
        Some(Draft {
            category: self.category.clone()?,
            place: self.place.clone(),
            text: self.words(),
            landmark,
            on_behalf: self.on_behalf,
            text_on_receipt: self.text_on_receipt,
            voice: self.voice.recording.clone(),
        })
    }
}

impl Session {
    pub(super) fn speak_step(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::OpenSpeak => {
                // Whoever went back to the three doors finds the words where they were.
                if !self.speak.has_begun() {
                    self.speak = Speak::default();
                }
                self.go(Page::Category);
            }
            Event::ChooseCategory(id) => self.choose_category(&id),
            Event::ChoosePlace(id) => self.choose_place(&id),
            Event::PlaceDone => self.go(Page::Say),
            Event::ToggleSentence(sentence) => self.speak.toggle(&sentence),
            Event::WriteMyself(writing) => {
                self.speak.writing = writing;
                // It was read; what comes while they write is not, yet.
                self.speak.voice.note = self.speak.voice.note.filter(|_| !writing);
            }
            Event::TextEdited(text) => self.speak.set_text(text),
            Event::LandmarkEdited(landmark) => {
                self.speak.landmark.zeroize();
                self.speak.landmark = landmark.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect();
            }
            Event::TextOnReceipt(yes) => self.speak.text_on_receipt = yes,
            Event::Submit if self.speak.voice.listening != Listening::No => self.wait_for_voice(),
            Event::Submit if matches!(self.page, Page::Say | Page::Voice) && self.speak.can_submit() => {
                return self.submit();
            }
            Event::Submitted(question, submitted) => self.submitted(question, *submitted),
            Event::NotSubmitted(question) if self.speak.asked == Some(question) => {
                (self.speak.asked, self.speak.not_written) = (None, true);
                self.go(if self.speak.voice.recording.is_some() { Page::Voice } else { Page::Say });
            }
            Event::AnotherReceipt => return self.another_receipt(),
            Event::ReceiptTaken => {
                if let Some(done) = &mut self.done {
                    done.paper = Paper::None;
                }
            }
            Event::OpenContact if self.done.is_some() => self.go(Page::Contact),
            Event::SaveContact { name, phone } => return self.save_contact(name, phone),
            Event::ContactSaved(ticket) => {
                if let Some(done) = self.done_of(ticket) {
                    (done.contact_saved, done.contact_not_saved) = (true, false);
                }
            }
            Event::ContactNotSaved(ticket) => {
                if let Some(done) = self.done_of(ticket) {
                    done.contact_not_saved = true;
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn choose_category(&mut self, id: &str) {
        let categories = self.bulletin.iter().flat_map(|b| &b.categories);
        let Some(chosen) = categories.into_iter().find(|c| c.id == id) else { return };
        let chosen = Named { id: chosen.id.clone(), name: chosen.name.clone() };
        self.speak.category = Some(chosen);
        if self.speak.place.is_none() {
            self.speak.place = self.own_place();
        }
        let no_places = self.bulletin.as_ref().is_none_or(|b| b.places.is_empty());
        self.go(if no_places { Page::Say } else { Page::Place });
    }

    fn place(&self, id: &str) -> Option<Named> {
        let bulletin = self.bulletin.as_ref()?;
        bulletin.places.iter().find(|p| p.id == id).map(|p| Named { id: p.id.clone(), name: p.name.clone() })
    }

    fn own_place(&self) -> Option<Named> {
        let own = self.bulletin.as_ref()?.station.place.as_ref()?;
        self.place(own)
    }

    fn choose_place(&mut self, id: &str) {
        if let Some(place) = self.place(id) {
            self.speak.place = Some(place);
            self.go(Page::Say);
        }
    }

    /// What is still being given out goes along: the page that shows it comes up, and hands it over.
    fn wait_for_voice(&mut self) {
        if self.page == Page::Say && matches!(self.speak.voice.listening, Listening::Stopped { .. }) {
            self.speak.voice.listening = Listening::Stopped { submits: true };
            self.go(Page::Voice);
        }
    }

    pub(super) fn submit(&mut self) -> Vec<Action> {
        let Some(draft) = self.speak.draft() else { return Vec::new() };
        self.speak.not_written = false;
        self.drop_nothing();
        self.go(Page::Printing);
        let question = self.questions.next();
        self.speak.asked = Some(question);
        vec![Action::Submit(question, draft)]
    }

    /// Shows the number to whoever submitted; when they have left, it belongs on no screen.
    fn submitted(&mut self, question: Question, submitted: Submitted) {
        if self.speak.asked != Some(question) {
            return;
        }
        let name = |named: &Option<Named>| named.as_ref().map(|n| n.name.clone()).unwrap_or_default();
        self.done = Some(Done {
            submitted,
            category: name(&self.speak.category),
            place: name(&self.speak.place),
            paper: Paper::Printing,
            delivery: Delivery::Waiting,
            contact_saved: false,
            contact_not_saved: false,
            phone: Phone::No,
        });
        self.speak = Speak::default();
    }

    fn done_of(&mut self, ticket: TicketNumber) -> Option<&mut Done> {
        self.done.as_mut().filter(|done| done.submitted.ticket == ticket)
    }

    pub(super) fn paper(&mut self, ticket: TicketNumber, paper: Paper) {
        let Some(done) = self.done_of(ticket) else { return };
        done.paper = paper;
        if self.page == Page::Printing && !matches!(paper, Paper::None | Paper::Printing) {
            self.go(Page::Done);
        }
    }

    pub(super) fn delivered(&mut self, ticket: TicketNumber) {
        if let Some(done) = self.done_of(ticket) {
            done.delivery = Delivery::Delivered;
        }
    }

    pub(super) fn ask_delivered(&self) -> Vec<Action> {
        let waiting = self.done.iter().filter(|d| d.delivery == Delivery::Waiting);
        waiting.map(|d| Action::AskDelivered(d.submitted.ticket)).collect()
    }

    /// Goes on to the number when the printer keeps silent: the ticket is safe, the paper is another matter.
    pub(super) fn printing_tick(&mut self, now: Duration) {
        if self.page != Page::Printing || self.done.is_none() {
            self.speak.printing_since = None;
            return;
        }
        let since = *self.speak.printing_since.get_or_insert(now);
        if now.saturating_sub(since) >= PRINTING_MOST {
            self.go(Page::Done);
        }
    }

    fn another_receipt(&mut self) -> Vec<Action> {
        let Some(done) = self.done.as_mut() else { return Vec::new() };
        if done.paper == Paper::Printing {
            return Vec::new();
        }
        done.paper = Paper::Printing;
        vec![Action::PrintAgain(done.submitted.ticket)]
    }

    fn save_contact(&mut self, name: String, phone: String) -> Vec<Action> {
        let Some(done) = &mut self.done else { return Vec::new() };
        done.contact_not_saved = false;
        self.page = Page::Done;
        self.backward = true;
        if name.trim().is_empty() && phone.trim().is_empty() {
            return Vec::new();
        }
        vec![Action::SubmitContact { ticket: done.submitted.ticket, name, phone }]
    }
}
