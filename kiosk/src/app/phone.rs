//! Handing over to a phone: the secret is drawn here, the county hears its hash, and the page shows the rest.

use std::time::Duration;

use slint::ComponentHandle;
use wire::{
    intake::{HandOver, HandOverVerdict},
    secret::{Secret, phone_link},
    ticket::TicketNumber,
};
use zeroize::Zeroizing;

use super::{App, COUNTY_MOST, post};
use crate::{
    control::message::{Answer, Ask},
    pages::{Done as DonePage, PhoneText, Phrases},
    session::{Event, NoPhone, Phone, PhoneResult, Question},
};

impl App {
    /// Asks the county to let a phone come; where it is silent, none comes and the secret is forgotten.
    pub(super) fn hand_over(&self, question: Question, ticket: TicketNumber) {
        let secret = Secret::draw();
        let asked = HandOver { ticket, boot: self.parts.clock.boot(), secret: secret.hash() };
        self.parts.control.ask(Ask::HandOver(asked), COUNTY_MOST, move |answer| {
            post(Event::PhoneAnswered(question, result(secret, answer.ok())));
        });
    }

    /// The page with the QR.
    pub(super) fn phone(&mut self) {
        let page = self.parts.ui.global::<DonePage>();
        let Some(done) = &self.session.done else { return };
        let text = match done.phone {
            Phone::No | Phone::Asked(_) => PhoneText::Asking,
            Phone::Open { .. } => PhoneText::Open,
            Phone::Over => PhoneText::Over,
            Phone::Refused(NoPhone::Offline) => PhoneText::Offline,
            Phone::Refused(NoPhone::InUse) => PhoneText::InUse,
            Phone::Refused(NoPhone::TooMany) => PhoneText::TooMany,
        };
        page.set_phone(self.parts.ui.global::<Phrases>().invoke_phone(text));
        page.set_phone_again(!matches!(done.phone, Phone::No | Phone::Asked(_)));
        let open = match (&done.phone, &self.session.bulletin) {
            (Phone::Open { secret, .. }, Some(bulletin)) => Some((secret, &bulletin.public_base)),
            _ => None,
        };
        let drawn = open.map(|(secret, _)| secret.hash());
        if self.models.phone != drawn {
            let link = open.map(|(secret, base)| Zeroizing::new(phone_link(base, secret)));
            let picture = link.and_then(|link| crate::ui::images::qr(&link));
            page.set_phone_code(picture.unwrap_or_default());
            self.models.phone = drawn;
        }
    }
}

/// What the county's answer comes to.
fn result(secret: Secret, answer: Option<Answer>) -> PhoneResult {
    match answer {
        Some(Answer::HandedOver(said)) => match (said.verdict, said.open_s) {
            (HandOverVerdict::Open, Some(seconds)) => {
                PhoneResult::Open { secret, within: Duration::from_secs(seconds.into()) }
            }
            (HandOverVerdict::InUse, _) => PhoneResult::Refused(NoPhone::InUse),
            (HandOverVerdict::TooMany, _) => PhoneResult::Refused(NoPhone::TooMany),
            (HandOverVerdict::Open | HandOverVerdict::Unknown, _) => PhoneResult::Refused(NoPhone::Offline),
        },
        _ => PhoneResult::Refused(NoPhone::Offline),
    }
}

#[cfg(test)]
mod tests {
    use wire::intake::HandedOver;

    use super::*;

    #[test]
    fn a_code_is_shown_only_where_the_county_said_yes_and_for_how_long() {
        let said = |verdict, open_s| Some(Answer::HandedOver(HandedOver { verdict, open_s }));
        let secret = Secret::draw();
        let open = result(secret.clone(), said(HandOverVerdict::Open, Some(590)));
        assert!(matches!(open, PhoneResult::Open { secret: shown, within }
            if shown.same_as(&secret) && within == Duration::from_secs(590)));
        for (answer, expected) in [
            (said(HandOverVerdict::InUse, None), NoPhone::InUse),
            (said(HandOverVerdict::TooMany, None), NoPhone::TooMany),
            (said(HandOverVerdict::Open, None), NoPhone::Offline),
            (said(HandOverVerdict::Unknown, Some(9)), NoPhone::Offline),
            (Some(Answer::Offline), NoPhone::Offline),
            (Some(Answer::Refused), NoPhone::Offline),
            (None, NoPhone::Offline),
        ] {
            let refused = result(secret.clone(), answer);
            assert!(matches!(refused, PhoneResult::Refused(why) if why == expected), "{refused:?}");
        }
    }
}
