//! What the technician reads.

use slint::{ComponentHandle, SharedString};

use super::{App, keyboard};
use crate::{
    pages::{Fact, FactName, Fault, Level, Phrases, Staff},
    session::{PaperLeft, PrinterFault},
};

/// What keeps the printer from printing, as the pages call it.
pub(super) fn fault(fault: PrinterFault) -> Fault {
    match fault {
        PrinterFault::NoPaper => Fault::NoPaper,
        PrinterFault::CoverOpen => Fault::CoverOpen,
        PrinterFault::CutterStuck => Fault::CutterStuck,
        PrinterFault::TooHot => Fault::TooHot,
        PrinterFault::Other => Fault::Other,
        PrinterFault::NoAnswer => Fault::NoAnswer,
    }
}

fn level(left: PaperLeft) -> Level {
    match left {
        PaperLeft::Enough => Level::Enough,
        PaperLeft::NearEnd => Level::NearEnd,
        PaperLeft::Out => Level::Out,
    }
}

impl App {
    /// The technician's facts, first those that want looking after.
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
            let taking = facts.queue.is_some();
            rows.push(fact(FactName::Taking, phrases.invoke_taking(taking), taking));
            if let Some(problem) = &facts.problem {
                rows.push(fact(FactName::Reason, problem.as_str().into(), false));
            }
            if let Some(queue) = &facts.queue {
                let oldest = queue.oldest.filter(|wall| wall.quality.shows_a_day());
                let oldest = oldest.map(|wall| wall.at.strftime("%F").to_string()).unwrap_or_default();
                rows.push(fact(FactName::Queue, format!("{} {oldest}", queue.waiting).trim().into(), true));
                rows.push(fact(FactName::Dead, queue.dead.to_string().into(), queue.dead == 0));
                if queue.set_aside > 0 {
                    rows.push(fact(FactName::SetAside, queue.set_aside.to_string().into(), false));
                }
            }
            let printer = facts.printer.as_ref();
            let state = printer.map_or_else(
                || phrases.invoke_unknown(),
                |printer| match &printer.problem {
                    Some(problem) => problem.as_str().into(),
                    None => phrases.invoke_printer(printer.fault.map_or(Fault::None, fault)),
                },
            );
            rows.push(fact(FactName::Printer, state, printer.is_some_and(|printer| printer.fault.is_none())));
            let left = printer.and_then(|printer| printer.paper);
            let level = left.map_or_else(|| phrases.invoke_unknown(), |left| phrases.invoke_paper_left(level(left)));
            rows.push(fact(FactName::Paper, level, left == Some(PaperLeft::Enough)));
            if let Some(presented) = printer.and_then(|printer| printer.presented) {
                rows.push(fact(FactName::Presenter, phrases.invoke_presented(presented), true));
            }
            if let Some(case) = &facts.case {
                let stands = phrases.invoke_case_stands(case.open, case.openings.to_string().into());
                rows.push(fact(FactName::Case, stands, !case.open));
            }
            // By their code points: they could not be drawn here either.
            let missing: Vec<_> = facts.missing_glyphs.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
            let fonts = if missing.is_empty() { well(Some(true)) } else { missing.join(" ").into() };
            rows.push(fact(FactName::Fonts, fonts, missing.is_empty()));
            let terminal = facts.terminal.as_deref().map_or_else(|| phrases.invoke_unknown(), Into::into);
            rows.push(fact(FactName::Terminal, terminal, facts.terminal.is_some()));
        }
        if let Some(ready) = keyboard::ready() {
            for (name, lacks) in [
                (FactName::Handwriting, ready.handwriting.or(ready.handwriting_remark)),
                (FactName::Pinyin, ready.pinyin.or(ready.pinyin_remark)),
            ] {
                let good = lacks.is_none();
                let value = lacks.map_or_else(|| phrases.invoke_well(true), Into::into);
                rows.push(fact(name, value, good));
            }
        }
        if let Some(missing) = &self.turns.missing {
            for (name, missing) in [
                (FactName::Microphone, &missing.microphone),
                (FactName::Loudspeaker, &missing.loudspeaker),
                (FactName::Clips, &missing.clips),
            ] {
                let value = missing.as_ref().map_or_else(|| phrases.invoke_well(true), Into::into);
                rows.push(fact(name, value, missing.is_none()));
            }
        }
        let online = self.session.online;
        rows.push(fact(FactName::Network, phrases.invoke_network(online), online));
        let clock = self.parts.clock.wall().quality.shows_a_day();
        rows.push(fact(FactName::Clock, phrases.invoke_well(clock), clock));
        let bulletin = self.session.bulletin.as_ref().map_or(0, |b| b.revision);
        rows.push(fact(FactName::Bulletin, bulletin.to_string().into(), self.session.fetched.is_some()));
        rows.push(fact(FactName::Version, env!("CARGO_PKG_VERSION").into(), true));
        rows.sort_by_key(|row: &Fact| row.good);
        self.models.facts.put(rows, |m| ui.global::<Staff>().set_facts(m));
    }
}
