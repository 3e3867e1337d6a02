//! What is spoken of each page: the clips, and the numbers and names that stand on it and that nobody entered.
//!
//! Invariant: what is claimed is what the page claims. A phrase is spoken whole or, where a clip of it is missing, not at
//! all: no list of people lacks one, no number a digit.

use sound_line::spoken;
use wire::case::State;

use super::{Clip, Shown, asks_again};
use crate::{
    input::Unread,
    session::{Delivery, Done, Found, Help, Note, Page, Paper, Session, Staff, StaffResult, Stick, Trouble, VoiceNote},
};

/// Names of clips, phrase by phrase.
pub(crate) type Phrases = Vec<Vec<String>>;

/// More names than these are read faster than they are listened to.
const FEW: usize = 6;

/// One clip.
pub(super) fn alone(clip: Clip) -> Phrases {
    vec![vec![clip.name().to_owned()]]
}

/// What stands there by its own clips, each a phrase; what can't be a clip is left out.
fn names<'a>(names: impl Iterator<Item = &'a String>) -> Phrases {
    names.filter_map(|name| spoken::name(name)).map(|name| vec![name]).collect()
}

/// What is spoken of the page that is up.
pub(super) fn of(session: &Session, shown: &Shown) -> Phrases {
    let mut script = Script::default();
    if session.help_open {
        script.help(session);
        return script.0;
    }
    if let Some(unread) = shown.unread {
        script.say(unread_clip(unread));
    }
    match session.page {
        Page::Attract => script.say(Clip::PageAttract),
        Page::Home => script.say(Clip::PageHome),
        Page::Category => script.categories(session),
        Page::Place if shown.describing => script.say(Clip::PlaceLandmark),
        Page::Place => script.place(session),
        Page::Say => script.words(session, shown),
        Page::Voice => script.voice(session),
        Page::Printing | Page::Done => script.done(session),
        Page::Contact => script.say(Clip::PageContact),
        Page::Phone if session.no_phone_can_come() => script.say(Clip::PhoneNone),
        Page::Phone => script.say(Clip::PagePhone),
        Page::Find => script.find(session, shown.has_scanner),
        Page::Found => session.found.iter().for_each(|found| script.found(found)),
        Page::People => script.people(shown),
        Page::OutOfService => script.out_of_service(session),
        Page::Pin => script.say(Clip::PagePin),
        Page::Officer if session.staff.paper_step.is_some() => script.say(Clip::OfficerPaper),
        Page::Officer => script.say(Clip::PageOfficer),
        Page::Lookup => script.say(Clip::PageLookup),
        Page::RosterCheck => script.say(Clip::PageRosterCheck),
        Page::Stick => script.say(stick(&session.staff)),
        Page::Technician => script.say(Clip::PageTechnician),
    }
    script.0
}

#[derive(Default)]
struct Script(Phrases);

impl Script {
    fn say(&mut self, clip: Clip) {
        self.0.extend(alone(clip));
    }

    fn say_if(&mut self, there: bool, clip: Clip) {
        if there {
            self.say(clip);
        }
    }

    /// A number that stands on the page, digit by digit, behind what it is, with time to look and to write.
    fn number(&mut self, clip: Clip, number: &str) {
        let digits = spoken::digits(number);
        if !digits.is_empty() {
            let pause = || spoken::PAUSE.to_owned();
            self.0.push([vec![clip.name().to_owned(), pause()], digits, vec![pause(), pause()]].concat());
        }
    }

    fn place(&mut self, session: &Session) {
        self.say(Clip::PagePlace);
        let places = session.bulletin.iter().flat_map(|bulletin| &bulletin.places);
        let names = names(places.map(|place| &place.name));
        if names.len() <= FEW {
            self.0.extend(names);
        }
    }

    fn categories(&mut self, session: &Session) {
        self.say(Clip::PageCategory);
        let categories = session.bulletin.iter().flat_map(|bulletin| &bulletin.categories);
        self.0.extend(names(categories.map(|category| &category.label)));
    }

    fn words(&mut self, session: &Session, shown: &Shown) {
        let said = &session.speak;
        if said.writing {
            return self.say(Clip::SayWriting);
        }
        self.say_if(said.not_written, Clip::NotWritten);
        self.voice_note(said.voice.note);
        self.say(Clip::PageSay);
        self.0.extend(names(shown.sentences.iter()));
        self.say_if(shown.more_sentences, Clip::SayMore);
        let is_recorded = said.voice.recording.is_some();
        self.say_if(session.has_voice && is_recorded, Clip::SayRecorded);
        self.say_if(session.has_voice && !is_recorded, Clip::SayAloud);
        self.say(Clip::SayOnReceipt);
        self.say_if(said.can_submit(), Clip::SayHandOver);
        self.say_if(!session.online && !said.not_written, Clip::NoNetwork);
    }

    fn voice(&mut self, session: &Session) {
        let (said, voice) = (&session.speak, &session.speak.voice);
        self.say_if(said.not_written, Clip::NotWritten);
        self.voice_note(voice.note);
        match voice.recording {
            Some(_) => self.say(Clip::VoiceRecorded),
            None => self.say_if(voice.note.is_none(), Clip::PageVoice),
        }
    }

    fn voice_note(&mut self, note: Option<VoiceNote>) {
        let clip = match note {
            Some(VoiceNote::Silent) => Clip::VoiceSilent,
            Some(VoiceNote::SilentAgain) => Clip::VoiceSilentAgain,
            Some(VoiceNote::Full) => Clip::VoiceFull,
            Some(VoiceNote::Gone) => Clip::VoiceGone,
            Some(VoiceNote::NoMicrophone) => Clip::NoMicrophone,
            Some(VoiceNote::Lost) => Clip::VoiceLost,
            Some(VoiceNote::Dropping) => Clip::VoiceDropping,
            // Nothing is heard where nothing can be played.
            Some(VoiceNote::Mute) | None => return,
        };
        self.say(clip);
    }

    fn done(&mut self, session: &Session) {
        let Some(done) = &session.done else { return self.say(Clip::Keeping) };
        self.say(Clip::PageDone);
        let slip = match done.paper {
            Paper::None => None,
            Paper::Printing => Some(Clip::SlipPrinting),
            Paper::Printed => Some(Clip::SlipPrinted),
            Paper::Taken => Some(Clip::SlipTaken),
            Paper::Retracted => Some(Clip::SlipRetracted),
            Paper::Unsure => Some(Clip::SlipUnsure),
            Paper::Incomplete => Some(Clip::SlipIncomplete),
            Paper::Waits(_) => Some(Clip::SlipWaits),
        };
        slip.into_iter().for_each(|slip| self.say(slip));
        self.number(Clip::YourNumber, &done.submitted.ticket.grouped());
        self.number(Clip::YourCode, &done.submitted.code.grouped());
        if !asks_again(done.paper) {
            self.afterwards(done, session);
        }
    }

    /// What happens by itself, and what can be done besides.
    fn afterwards(&mut self, done: &Done, session: &Session) {
        let next = match (done.delivery, session.online) {
            _ if done.contact_not_saved => Clip::ContactNotSaved,
            (Delivery::Delivered, _) => Clip::AtTheCounty,
            (Delivery::Waiting, true) => Clip::OnItsWay,
            (Delivery::Waiting, false) => Clip::WaitsForNetwork,
        };
        self.say(next);
        if session.page == Page::Done {
            self.say_if(done.contact_saved, Clip::ContactSaved);
            self.say_if(!done.contact_saved && !done.contact_not_saved, Clip::ContactOffer);
            self.say_if(session.can_hand_over(), Clip::PhoneOffer);
            self.say(Clip::Finish);
        }
    }

    fn find(&mut self, session: &Session, has_scanner: bool) {
        if session.find.busy {
            return self.say(Clip::FindBusy);
        }
        let trouble = match session.find.trouble {
            Some(Trouble::NumberShort) => Some(Clip::FindNumberShort),
            Some(Trouble::NumberWrong) => Some(Clip::FindNumberWrong),
            Some(Trouble::CodeShort) => Some(Clip::FindCodeShort),
            Some(Trouble::NotFound) => Some(Clip::FindNotFound),
            Some(Trouble::TooMany) => Some(Clip::FindTooMany),
            Some(Trouble::Offline) => Some(Clip::FindOffline),
            Some(Trouble::ForeignCode) => Some(Clip::FindForeign),
            None | Some(Trouble::PinWrong | Trouble::PinLocked | Trouble::NotEnrolled) => None,
        };
        if let Some(trouble) = trouble {
            return self.say(trouble);
        }
        self.say_if(has_scanner, Clip::FindScan);
        self.say(Clip::PageFind);
    }

    fn found(&mut self, found: &Found) {
        let Some(view) = &found.view else { return self.say(Clip::FoundStillHere) };
        self.say_if(found.kept, Clip::FoundKept);
        self.say(Clip::PageFound);
        self.say(match view.state {
            State::Received => Clip::StateReceived,
            State::Claimed => Clip::StateClaimed,
            State::Forwarded => Clip::StateForwarded,
            State::Answered => Clip::StateAnswered,
            State::Confirmed => Clip::StateConfirmed,
            State::Closed => Clip::StateClosed,
            State::Declined => Clip::StateDeclined,
            State::Rated => Clip::StateRated,
            State::Reopened => Clip::StateReopened,
            State::Unknown => Clip::StateUnderWay,
        });
        self.say(match (&view.reply, &view.reason) {
            (Some(_), _) => Clip::FoundReply,
            (None, Some(_)) => Clip::FoundReason,
            (None, None) => Clip::FoundNoReply,
        });
        self.say_if(found.rated.is_some(), Clip::FoundRated);
        self.say_if(found.not_kept, Clip::FoundNotKept);
        self.say_if(found.can_rate() && !found.not_kept, Clip::FoundRate);
    }

    fn people(&mut self, shown: &Shown) {
        self.say_if(shown.stale, Clip::PeopleStale);
        if !shown.roster {
            return self.say(Clip::PeopleNobody);
        }
        self.say(Clip::PagePeople);
        let here: Option<Vec<String>> = shown.here.iter().map(|name| spoken::name(name)).collect();
        if let Some(here) = here.filter(|here| (1..=FEW).contains(&here.len())) {
            let names = here.into_iter().flat_map(|name| [name, spoken::PAUSE.to_owned()]);
            self.0.push([Clip::HereToday.name().to_owned()].into_iter().chain(names).collect());
        }
    }

    fn out_of_service(&mut self, session: &Session) {
        self.say(Clip::PageOutOfService);
        let why = session.note().map(|note| match note {
            Note::NotEnrolled => Clip::BrokenNotEnrolled,
            Note::CannotWrite => Clip::BrokenCannotWrite,
            Note::Full => Clip::BrokenFull,
            Note::StartsAnew => Clip::BrokenStartsAnew,
        });
        why.into_iter().for_each(|why| self.say(why));
        self.whom_to_call(session);
    }

    fn whom_to_call(&mut self, session: &Session) {
        if let Some(bulletin) = &session.bulletin {
            let officer = bulletin.officer.as_ref();
            self.number(Clip::Telephone, officer.map_or(&bulletin.station.telephone, |officer| &officer.telephone));
        }
    }

    /// The page of help, which lies over all others.
    fn help(&mut self, session: &Session) {
        let stands = match session.help {
            Help::None => None,
            Help::Calling => Some(Clip::HelpCalling),
            Help::Taken => Some(Clip::HelpTaken),
            Help::Acknowledged => Some(Clip::HelpAcknowledged),
        };
        stands.into_iter().for_each(|stands| self.say(stands));
        self.say_if(session.help != Help::Acknowledged, Clip::HelpOtherwise);
        self.whom_to_call(session);
        self.say(Clip::HelpClose);
    }
}

fn unread_clip(unread: Unread) -> Clip {
    match unread {
        Unread::Unknown => Clip::PadUnread,
        Unread::Unreadable => Clip::PadGone,
        Unread::Unsure | Unread::Dropping => Clip::PadDropping,
    }
}

fn stick(staff: &Staff) -> Clip {
    match staff.result {
        Some(StaffResult::Stick(Stick::Writing { .. })) => Clip::StickWriting,
        _ if staff.busy => Clip::StickLooking,
        Some(StaffResult::Stick(Stick::Done(_))) => Clip::StickDone,
        Some(StaffResult::Stick(Stick::Nothing)) => Clip::StickNothing,
        Some(StaffResult::Stick(_)) => Clip::StickTrouble,
        _ => Clip::PageStick,
    }
}
