//! What the technician reads.

use slint::{ComponentHandle, SharedString};

use super::App;
use crate::pages::{Fact, FactName, Phrases, Staff};

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
}
