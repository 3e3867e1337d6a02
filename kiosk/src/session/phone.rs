//! 加照片: the villager's phone goes on with the ticket that was just submitted.
//!
//! Invariants: nothing of what was said here goes to the phone; a QR is shown only once the county has said yes, for no
//! longer than it said, and of one ticket one at a time; its secret lies here alone and goes with the visit. Whoever
//! doesn't scan misses nothing: the page only adds to a receipt that is valid as it is.

use std::time::Duration;

use wire::secret::Secret;

use super::{Action, Event, Page, Question, Session};

/// How it stands with a phone.
#[derive(Debug, Default)]
pub enum Phone {
    /// Nobody asked for one.
    #[default]
    No,
    /// The county is being asked.
    Asked(Question),
    /// The QR is up.
    Open {
        /// What the QR carries.
        secret: Secret,
        /// Until when, on the monotonic clock.
        until: Duration,
    },
    /// The QR's time is over; another one may be asked for.
    Over,
    /// The county did not say yes.
    Refused(NoPhone),
}

/// Why no phone can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPhone {
    /// The county can't be reached, or says nothing that can be read.
    Offline,
    /// A phone is at work for this ticket.
    InUse,
    /// This terminal asked too often; later again.
    TooMany,
}

/// What the county said.
#[derive(Debug)]
pub enum PhoneResult {
    /// The first phone that shows this may come.
    Open {
        /// What the QR is to carry.
        secret: Secret,
        /// For so long.
        within: Duration,
    },
    /// None may.
    Refused(NoPhone),
}

impl Session {
    /// Whether the door to it is there: it leads nowhere without the county, or where phones can't find that.
    #[must_use]
    pub fn can_hand_over(&self) -> bool {
        let is_known = self.bulletin.as_ref().is_some_and(|bulletin| bulletin.public_base.starts_with("https://"));
        self.online && is_known && self.done.is_some()
    }

    /// Whether the page of the phone has no code, and none is on its way.
    pub(super) fn no_phone_can_come(&self) -> bool {
        self.done.as_ref().is_some_and(|done| matches!(done.phone, Phone::Over | Phone::Refused(_)))
    }

    /// Whether the QR is up: whoever is to scan it touches nothing here meanwhile.
    pub(super) fn is_at_the_phone(&self) -> bool {
        self.page == Page::Phone && self.done.as_ref().is_some_and(|done| matches!(done.phone, Phone::Open { .. }))
    }

    pub(super) fn phone_step(&mut self, event: Event, now: Duration) -> Vec<Action> {
        match event {
            Event::OpenPhone if matches!(self.page, Page::Done | Page::Phone) => return self.open_phone(),
            Event::PhoneAnswered(question, result) => self.phone_answered(question, result, now),
            _ => {}
        }
        Vec::new()
    }

    fn open_phone(&mut self) -> Vec<Action> {
        let can = self.can_hand_over();
        let Some(done) = &mut self.done else { return Vec::new() };
        // A code counts once: whoever used it up without getting anywhere asks for another one beside it.
        let is_new = match done.phone {
            Phone::Asked(_) => false,
            Phone::Open { .. } => self.page == Page::Phone,
            Phone::No | Phone::Over | Phone::Refused(_) => true,
        };
        let mut actions = Vec::new();
        if is_new && can {
            let question = self.questions.next();
            done.phone = Phone::Asked(question);
            actions.push(Action::HandOver { question, ticket: done.submitted.ticket });
        } else if is_new {
            done.phone = Phone::Refused(NoPhone::Offline);
        }
        if self.page == Page::Done {
            self.go(Page::Phone);
        }
        actions
    }

    fn phone_answered(&mut self, question: Question, result: PhoneResult, now: Duration) {
        let Some(done) = &mut self.done else { return };
        // What comes after the villager left, or asked anew, is nobody's; the secret goes with it.
        if !matches!(done.phone, Phone::Asked(asked) if asked == question) {
            return;
        }
        done.phone = match result {
            PhoneResult::Open { secret, within } => Phone::Open { secret, until: now.saturating_add(within) },
            PhoneResult::Refused(why) => Phone::Refused(why),
        };
    }

    /// A QR whose time is over is taken down: the county would only say that it is late.
    pub(super) fn phone_tick(&mut self, now: Duration) {
        if let Some(done) = &mut self.done
            && matches!(done.phone, Phone::Open { until, .. } if now >= until)
        {
            done.phone = Phone::Over;
        }
    }
}
