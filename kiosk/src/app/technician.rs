//! What the technician reads, and the pages after a visit: empty.

use slint::{ComponentHandle, SharedString};

use super::App;
use crate::pages::{Done, Fact, FactName, Found, Phrases, Speak, Staff};

impl App {
    /// The technician's facts.
    pub(super) fn technician(&mut self) {
        let ui = &self.parts.ui;
        let phrases = ui.global::<Phrases>();
        let fact = |name, value: SharedString, good| Fact { label: phrases.invoke_fact(name), value, good };
        let mut rows = Vec::new();
        if let Some(facts) = &self.session.facts {
            let well = |good: Option<bool>| match good {
                Some(good) => phrases.invoke_well(good),
                None => phrases.invoke_unknown(),
            };
            let oldest = facts.oldest.map(|at| at.strftime("%F").to_string()).unwrap_or_default();
            rows.push(fact(FactName::Queue, format!("{} {oldest}", facts.waiting).trim().into(), true));
            rows.push(fact(FactName::Dead, facts.dead.to_string().into(), facts.dead == 0));
            rows.push(fact(FactName::Printer, well(facts.printer_ready), facts.printer_ready == Some(true)));
            rows.push(fact(FactName::Paper, well(facts.paper_enough), facts.paper_enough == Some(true)));
            rows.push(fact(FactName::Terminal, facts.terminal.as_str().into(), true));
        }
        let online = self.session.online;
        rows.push(fact(FactName::Network, phrases.invoke_network(online), online));
        let clock = self.parts.clock.wall().quality.shows_a_day();
        rows.push(fact(FactName::Clock, phrases.invoke_well(clock), clock));
        let bulletin = self.session.bulletin.as_ref().map_or(0, |b| b.revision);
        rows.push(fact(FactName::Bulletin, bulletin.to_string().into(), self.session.fetched.is_some()));
        rows.push(fact(FactName::Version, env!("CARGO_PKG_VERSION").into(), true));
        self.models.facts.put(rows, |m| ui.global::<Staff>().set_facts(m));
    }

    /// Leaves nothing of a visit in the pages.
    pub(super) fn render_nothing(&self) {
        let ui = &self.parts.ui;
        let (speak, done, found, staff) =
            (ui.global::<Speak>(), ui.global::<Done>(), ui.global::<Found>(), ui.global::<Staff>());
        let empty = SharedString::default;
        speak.set_places(Default::default());
        speak.set_sentences(Default::default());
        speak.set_category(empty());
        done.set_number(empty());
        done.set_code(empty());
        done.set_category(empty());
        done.set_place(empty());
        done.set_when(empty());
        done.set_next(empty());
        done.set_code_picture(slint::Image::default());
        found.set_number(empty());
        found.set_category(empty());
        found.set_state(empty());
        found.set_reply(empty());
        found.set_replied_by(empty());
        found.set_steps(Default::default());
        staff.set_found(Default::default());
    }
}
