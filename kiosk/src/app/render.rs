//! From the visit to the properties of the pages. Nothing is decided here.

use jiff::Zoned;
use slint::{ComponentHandle, SharedString};

use super::{App, part, people, technician::fault};
use crate::{
    pages::{
        self, Age, Choice, Done as DonePage, Door, Entry, Find, Found as FoundPage, Home, LookupRow, Next, People,
        Phrases, Result as StaffText, Shell, Speak, Staff, Step, Trouble as TroubleText,
    },
    session::{Delivery, Field, Help, PIN_DIGITS, Page, Paper, StaffResult, Trouble},
};

impl App {
    /// Brings the pages up to the visit.
    pub(super) fn render(&mut self) {
        let now = self.now();
        self.shell(now.as_ref());
        match self.session.page {
            Page::Attract => self.attract(),
            Page::Home => self.home(now.as_ref()),
            Page::Category | Page::Place | Page::Say | Page::Voice => {
                self.speak();
                self.voice();
            }
            Page::Printing | Page::Done | Page::Contact => self.done(),
            Page::Phone => self.phone(),
            Page::Find => self.find(),
            Page::Found => self.found(),
            Page::People => self.people(now.as_ref()),
            Page::RosterCheck => {
                self.people(now.as_ref());
                self.staff();
            }
            Page::Pin | Page::Officer | Page::Lookup | Page::Stick => self.staff(),
            Page::Technician => {
                self.staff();
                self.technician();
            }
            Page::OutOfService => {}
        }
        // A page that comes up anew comes up with its first field.
        let entry = self.parts.ui.global::<Entry>();
        entry.set_describing(entry.get_describing() && self.session.page == Page::Place);
        entry.set_dialling(entry.get_dialling() && self.session.page == Page::Contact);
        let (page, name) = page_of(self.session.page);
        // Last, so that a page comes up with what belongs on it.
        self.parts.ui.global::<Shell>().set_page(page);
        self.steady.shows(&self.session, self.parts.clock.monotonic());
        self.parts.board.shows(name, self.session.visiting());
    }

    pub(super) fn now(&self) -> Option<Zoned> {
        let zone = self.session.bulletin.as_ref().map_or("Asia/Shanghai", |b| b.zone.as_str());
        people::local(self.parts.clock.wall(), zone)
    }

    fn phrases(&self) -> Phrases<'_> {
        self.parts.ui.global::<Phrases>()
    }

    fn shell(&self, now: Option<&Zoned>) {
        let (session, shell) = (&self.session, self.parts.ui.global::<Shell>());
        if shell.get_english() != session.english {
            crate::ui::set_language(&self.parts.ui, session.english);
        }
        shell.set_text_size(session.text_size.into());
        shell.set_high_contrast(session.contrast);
        shell.set_backward(session.backward);
        shell.set_countdown(session.idle.countdown.map_or(-1, |s| i32::try_from(s).unwrap_or(i32::MAX)));
        shell.set_unsent(session.speak.has_begun());
        shell.set_help_open(session.help_open);
        shell.set_help(match session.help {
            Help::None => pages::Help::None,
            Help::Calling => pages::Help::Calling,
            Help::Taken => pages::Help::Taken,
            Help::Acknowledged => pages::Help::Acknowledged,
        });
        shell.set_on_behalf(session.speak.on_behalf);
        self.aloud();
        shell.set_notice(
            session.note().map(|note| self.phrases().invoke_broken(crate::ui::broken(note))).unwrap_or_default(),
        );
        if let Some(bulletin) = &session.bulletin {
            shell.set_station(bulletin.station.name.as_str().into());
            let officer = bulletin.officer.as_ref();
            shell.set_officer_name(officer.map_or("", |o| &o.name).into());
            shell.set_officer_phone(officer.map_or(&*bulletin.station.telephone, |o| &o.telephone).into());
        }
        shell.set_clock(now.map(|now| self.clock_text(now)).unwrap_or_default());
    }

    fn clock_text(&self, now: &Zoned) -> SharedString {
        let half = self.phrases().invoke_half(now.hour() < 12);
        let hour = if now.hour() > 12 { now.hour() - 12 } else { now.hour() };
        format!("{} {half}{hour}:{:02}", self.day_text(now), now.minute()).into()
    }

    fn day_text(&self, now: &Zoned) -> SharedString {
        let weekday = i32::from(now.weekday().to_monday_one_offset());
        self.phrases().invoke_day(now.month().into(), now.day().into(), weekday)
    }

    fn attract(&mut self) {
        let code = self.session.bulletin.as_ref().and_then(|b| b.station.code.clone());
        if self.models.code != code {
            crate::ui::set_station_code(&self.parts.ui, code.as_deref());
            self.models.code = code;
        }
    }

    fn home(&self, now: Option<&Zoned>) {
        let phrases = self.phrases();
        let rows = self.session.bulletin.as_ref().map(|b| people::today(b, now)).unwrap_or_default();
        // No name goes over the end of a line.
        let names = |rows: &[&str]| SharedString::from(rows.join("、\n"));
        let here: Vec<_> = rows.iter().filter(|(_, present)| *present).map(|(d, _)| d.name.as_str()).collect();
        let due: Vec<_> = rows.iter().map(|(d, _)| d.name.as_str()).collect();
        let line = if !here.is_empty() {
            phrases.invoke_present(names(&here[..here.len().min(2)]))
        } else if due.is_empty() {
            phrases.invoke_nobody_today()
        } else {
            phrases.invoke_on_duty(names(&due[..due.len().min(2)]))
        };
        self.parts.ui.global::<Home>().set_people_line(line);
    }

    fn speak(&mut self) {
        let (said, ui) = (&self.session.speak, &self.parts.ui);
        let page = ui.global::<Speak>();
        let Some(bulletin) = &self.session.bulletin else { return };
        let english = self.session.english;
        let doors = bulletin.categories.iter().map(|c| Door {
            id: c.id.as_str().into(),
            label: if english && !c.label_en.is_empty() { c.label_en.as_str() } else { &c.label }.into(),
            formal: c.name.as_str().into(),
            picture: crate::ui::category_picture(ui, &c.picture),
        });
        self.models.categories.put(doors.collect(), |m| page.set_categories(m));
        let chosen = said.place.as_ref().map(|p| p.id.as_str());
        let own_first = |p: &&wire::bulletin::Place| Some(&p.id) != bulletin.station.place.as_ref();
        let mut places: Vec<_> = bulletin.places.iter().collect();
        places.sort_by_key(own_first);
        let places = places.into_iter().map(|p| Choice {
            id: p.id.as_str().into(),
            label: p.name.as_str().into(),
            chosen: Some(p.id.as_str()) == chosen,
        });
        self.models.places.put(places.collect(), |m| page.set_places(m));
        let category = said.category.as_ref().and_then(|n| bulletin.categories.iter().find(|c| c.id == n.id));
        let sentences = category.iter().flat_map(|c| &c.sentences).map(|s| Choice {
            id: s.as_str().into(),
            label: s.as_str().into(),
            chosen: said.has(s),
        });
        self.models.sentences.put(sentences.collect(), |m| page.set_sentences(m));
        page.set_category(category.map_or("", |c| &c.name).into());
        page.set_length(i32::try_from(said.length()).unwrap_or(i32::MAX));
        page.set_most(i32::try_from(wire::TEXT_MAX).unwrap_or(i32::MAX));
        page.set_can_submit(said.can_submit());
        page.set_writing(said.writing);
        page.set_text_on_receipt(said.text_on_receipt);
        page.set_note(match self.voice_news() {
            _ if said.not_written => self.phrases().invoke_not_written(),
            _ if said.is_full => self.phrases().invoke_full_text(),
            Some(news) => news,
            None if !self.session.online => self.phrases().invoke_offline_note(),
            None => SharedString::default(),
        });
        let entry = ui.global::<Entry>();
        if entry.get_text() != said.text.as_str() {
            entry.set_text(said.text.as_str().into());
        }
        // A field that opens stands behind what is there already.
        let cursor = if said.writing { usize::try_from(entry.get_cursor()).unwrap_or(0) } else { usize::MAX };
        let (begins, cursor) = part::fit(&said.text, self.part_begins, cursor);
        let part = &said.text[begins..];
        if entry.get_part() != part {
            entry.set_part(part.into());
        }
        entry.set_cursor(i32::try_from(cursor).unwrap_or(i32::MAX));
        entry.set_moved(begins != self.part_begins);
        self.part_begins = begins;
        if entry.get_landmark() != said.landmark.as_str() {
            entry.set_landmark(said.landmark.as_str().into());
        }
    }

    fn done(&mut self) {
        let page = self.parts.ui.global::<DonePage>();
        let Some(done) = &self.session.done else { return };
        page.set_number(done.submitted.ticket.grouped().into());
        page.set_code(done.submitted.code.grouped().into());
        page.set_category(done.category.as_str().into());
        page.set_place(done.place.as_str().into());
        page.set_contact_saved(done.contact_saved);
        page.set_has_phone(self.session.can_hand_over());
        page.set_paper(match done.paper {
            Paper::None => pages::Paper::None,
            Paper::Printing => pages::Paper::Printing,
            Paper::Printed => pages::Paper::Printed,
            Paper::Taken => pages::Paper::Taken,
            Paper::Retracted => pages::Paper::Retracted,
            Paper::Unsure => pages::Paper::Unsure,
            Paper::Incomplete => pages::Paper::Incomplete,
            Paper::Waits(_) => pages::Paper::Waiting,
        });
        let next = match (done.delivery, self.session.online) {
            (Delivery::Delivered, _) => Next::Delivered,
            (Delivery::Waiting, true) => Next::WaitingOnline,
            (Delivery::Waiting, false) => Next::WaitingOffline,
        };
        // What has to be done again goes before what happens by itself.
        page.set_next(match (done.contact_not_saved, done.paper) {
            (true, _) => self.phrases().invoke_contact_not_kept(),
            (false, Paper::Waits(why)) => self.phrases().invoke_waits_for(fault(why)),
            (false, _) => self.phrases().invoke_next(next),
        });
        let Some(bulletin) = &self.session.bulletin else { return };
        let at = done.submitted.at.map(|at| wire::event::WallTime { at, quality: wire::event::ClockQuality::Kept });
        let at = at.and_then(|at| people::local(at, &bulletin.zone));
        page.set_when(at.map(|at| self.clock_text(&at)).unwrap_or_default());
        let ticket = done.submitted.ticket;
        if self.models.receipt != Some(ticket) {
            let link = wire::secret::track_link(&bulletin.public_base, ticket, &done.submitted.secret);
            page.set_code_picture(crate::ui::images::qr(&link).unwrap_or_default());
            self.models.receipt = Some(ticket);
        }
    }

    fn find(&self) {
        let (find, ui) = (&self.session.find, &self.parts.ui);
        let (page, entry) = (ui.global::<Find>(), ui.global::<Entry>());
        entry.set_number(find.number.as_str().into());
        entry.set_code(find.code.as_str().into());
        page.set_field(match find.field {
            Field::Number => 0,
            Field::Code => 1,
        });
        page.set_busy(find.busy);
        page.set_has_scanner(self.parts.has_scanner);
        page.set_trouble(self.phrases().invoke_trouble(trouble(find.trouble)));
    }

    fn found(&mut self) {
        let page = self.parts.ui.global::<FoundPage>();
        let Some(found) = &self.session.found else { return };
        page.set_number(found.ticket.grouped().into());
        page.set_category(found.category.as_str().into());
        page.set_can_rate(found.can_rate());
        page.set_rated(found.rated.map_or(0, |r| i32::from(u8::from(r))));
        page.set_not_kept(found.not_kept);
        page.set_age(self.phrases().invoke_age(match (found.kept, &found.view) {
            (false, _) => Age::Fresh,
            (true, Some(_)) => Age::Kept,
            (true, None) => Age::StillHere,
        }));
        let english = self.session.english;
        let word = |state: wire::case::State| if english { state.label_en() } else { state.label() };
        let Some(view) = &found.view else {
            page.set_state(SharedString::default());
            page.set_reply(SharedString::default());
            page.set_replied_by(SharedString::default());
            self.models.steps.put(Vec::new(), |m| page.set_steps(m));
            return;
        };
        page.set_state(word(view.state).into());
        let reply = view.reply.as_ref().map(|r| r.text.as_str()).or(view.reason.as_deref());
        page.set_reply(reply.unwrap_or_default().into());
        page.set_replied_by(view.reply.as_ref().map_or("", |r| &r.by).into());
        let zone = self.session.bulletin.as_ref().map_or("Asia/Shanghai", |b| b.zone.as_str());
        let phrases = self.phrases();
        let steps = view.steps.iter().enumerate().map(|(i, step)| {
            let at = wire::event::WallTime { at: step.at, quality: wire::event::ClockQuality::Host };
            let day = people::local(at, zone).map(|at| phrases.invoke_date(at.month().into(), at.day().into()));
            let due = step.due.map(|due| phrases.invoke_due(due.month().into(), due.day().into()));
            let detail = [step.by.clone().map(SharedString::from), due];
            Step {
                title: word(step.state).into(),
                detail: detail.into_iter().flatten().collect::<Vec<_>>().join(" ").into(),
                when: day.unwrap_or_default(),
                reached: true,
                current: i + 1 == view.steps.len(),
            }
        });
        self.models.steps.put(steps.collect(), |m| page.set_steps(m));
    }

    fn people(&mut self, now: Option<&Zoned>) {
        let page = self.parts.ui.global::<People>();
        let Some(bulletin) = &self.session.bulletin else { return };
        page.set_day(now.map(|now| self.day_text(now)).unwrap_or_default());
        let stale = people::stale(self.session.fetched, now);
        page.set_stale(match stale {
            None => SharedString::default(),
            Some(day) => {
                let (month, day) = day.map_or((0, 0), |d| (d.month().into(), d.day().into()));
                self.phrases().invoke_stale_bulletin(month, day)
            }
        });
        let revision = Some((bulletin.revision, now.map(Zoned::date), bulletin.present.len()));
        if self.models.roster != revision {
            let rows = people::today(bulletin, now).into_iter().map(|(duty, present)| people::row(duty, present));
            self.models.people.put(rows.collect(), |m| page.set_people(m));
            self.models.roster = revision;
        }
    }

    fn staff(&mut self) {
        let (staff, page) = (&self.session.staff, self.parts.ui.global::<Staff>());
        page.set_technician(staff.door == crate::session::Door::Technician);
        page.set_digits(i32::try_from(PIN_DIGITS).unwrap_or(i32::MAX));
        page.set_typed(i32::try_from(staff.typed()).unwrap_or(i32::MAX));
        page.set_trouble(self.phrases().invoke_trouble(trouble(staff.trouble)));
        page.set_busy(staff.busy);
        page.set_paper_step(staff.paper_step.map_or(-1, i32::from));
        page.set_result(self.phrases().invoke_result(result(staff.result.as_ref())));
        page.set_has_stick(self.parts.has_stick);
        self.stick();
        let zone = self.session.bulletin.as_ref().map_or("Asia/Shanghai", |b| b.zone.as_str());
        let rows = staff.found.iter().map(|t| {
            let at = wire::event::WallTime { at: t.received, quality: wire::event::ClockQuality::Host };
            let day = people::local(at, zone).map(|at| self.phrases().invoke_date(at.month().into(), at.day().into()));
            LookupRow {
                number: t.ticket.grouped().into(),
                category: t.category.as_str().into(),
                when: day.unwrap_or_default(),
            }
        });
        self.models.lookup.put(rows.collect(), |m| page.set_found(m));
    }
}

fn result(result: Option<&StaffResult>) -> StaffText {
    match result {
        None => StaffText::None,
        Some(StaffResult::TestPrinted) => StaffText::TestPrinted,
        Some(StaffResult::TestSent) => StaffText::TestSent,
        Some(StaffResult::PrinterTrouble) => StaffText::PrinterTrouble,
        Some(StaffResult::CheckedIn) => StaffText::CheckedIn,
        Some(StaffResult::Lookup(found)) if found.is_empty() => StaffText::NothingFound,
        Some(StaffResult::Lookup(_)) => StaffText::Found,
        Some(StaffResult::Reissued) => StaffText::Reissued,
        Some(StaffResult::Offline) => StaffText::Offline,
        Some(StaffResult::TooMany) => StaffText::TooMany,
        Some(StaffResult::Refused) => StaffText::Refused,
        Some(StaffResult::CannotTake) => StaffText::CannotTake,
        // It has a page and sentences of its own.
        Some(StaffResult::Stick(_)) => StaffText::None,
    }
}

fn trouble(trouble: Option<Trouble>) -> TroubleText {
    match trouble {
        None => TroubleText::None,
        Some(Trouble::NumberShort) => TroubleText::NumberShort,
        Some(Trouble::NumberWrong) => TroubleText::NumberWrong,
        Some(Trouble::CodeShort) => TroubleText::CodeShort,
        Some(Trouble::NotFound) => TroubleText::NotFound,
        Some(Trouble::TooMany) => TroubleText::TooMany,
        Some(Trouble::Offline) => TroubleText::Offline,
        Some(Trouble::ForeignCode) => TroubleText::ForeignCode,
        Some(Trouble::PinWrong) => TroubleText::PinWrong,
        Some(Trouble::PinLocked) => TroubleText::PinLocked,
        Some(Trouble::NotEnrolled) => TroubleText::NotEnrolled,
    }
}

fn page_of(page: Page) -> (pages::Page, &'static str) {
    match page {
        Page::Attract => (pages::Page::Attract, "attract"),
        Page::Home => (pages::Page::Home, "home"),
        Page::Category => (pages::Page::Category, "category"),
        Page::Place => (pages::Page::Place, "place"),
        Page::Say => (pages::Page::Say, "say"),
        Page::Voice => (pages::Page::Voice, "voice"),
        Page::Printing => (pages::Page::Printing, "printing"),
        Page::Done => (pages::Page::Done, "done"),
        Page::Contact => (pages::Page::Contact, "contact"),
        Page::Phone => (pages::Page::Phone, "phone"),
        Page::Find => (pages::Page::Find, "find"),
        Page::Found => (pages::Page::Found, "found"),
        Page::People => (pages::Page::People, "people"),
        Page::OutOfService => (pages::Page::OutOfService, "out-of-service"),
        Page::Pin => (pages::Page::Pin, "pin"),
        Page::Officer => (pages::Page::Officer, "officer"),
        Page::Lookup => (pages::Page::Lookup, "lookup"),
        Page::RosterCheck => (pages::Page::RosterCheck, "roster-check"),
        Page::Stick => (pages::Page::Stick, "stick"),
        Page::Technician => (pages::Page::Technician, "technician"),
    }
}
