//! The clerk's dealings with the printer: what it tells becomes what the screen says.

use std::sync::Arc;

use anyhow::Context as _;

use super::{Clerk, Counter, Office};
use crate::{
    app::{post, task::Task},
    control::{ReplyTo, message::Wanted},
    panel::Slot,
    printer::{
        Command, Handle, Letterhead, Paper as OnPaper, PaperLevel, PrinterEvent, PrinterHealth, PrinterSettings,
        Refusal, Slip, Width, profile, start,
    },
    queue::PrintFailure,
    session::{Event, Paper, PaperLeft, PrinterFacts, PrinterFault, Question, StaffResult},
};

/// Who waits for a slip.
#[derive(Debug)]
pub(super) enum Asker {
    /// The officer, for a new code.
    Officer(Question),
    /// The officer, for a test.
    Tester(Question),
    /// Somebody who looks into the terminal from afar, for a test.
    Afar(ReplyTo),
}

impl Asker {
    /// What became of the paper; none, nothing drives the printer.
    fn hears(self, paper: Option<OnPaper>) {
        let result = match (&self, paper) {
            (Self::Officer(_), Some(OnPaper::Printed | OnPaper::Unsure)) => StaffResult::Reissued,
            (_, Some(OnPaper::Printed)) => StaffResult::TestPrinted,
            (_, Some(OnPaper::Unsure)) => StaffResult::TestSent,
            _ => StaffResult::PrinterTrouble,
        };
        match self {
            Self::Officer(question) | Self::Tester(question) => post(Event::StaffAnswered(question, result)),
            Self::Afar(reply_to) => reply_to.answer(match result {
                StaffResult::TestPrinted => Wanted::Done,
                StaffResult::TestSent => Wanted::Sent,
                _ => Wanted::Failed,
            }),
        }
    }
}

/// Starts the printer's thread; a text says why there is none.
pub(super) fn start_printer(clerk: &Clerk, office: &Office) -> Result<Handle, String> {
    try_to_start(clerk, office).map_err(|problem| format!("{problem:#}"))
}

fn try_to_start(clerk: &Clerk, office: &Office) -> anyhow::Result<Handle> {
    let config = &office.config.printer;
    let width = Width::of_paper(config.paper_mm).unwrap_or(Width::Mm58);
    let profile = profile(&config.profile, config.profiles.as_deref())?;
    let settings = PrinterSettings::new(config.port.clone(), config.baud, profile, width);
    let clerk = clerk.clone();
    let tell = move |event| clerk.send(Task::Printer(event));
    start(settings, Letterhead::default(), Arc::clone(&office.clock), tell).context("start the printer's thread")
}

impl Counter {
    /// Tries whether the county's table of printers was mended meanwhile; receipts that wait come out then.
    pub(super) fn start_printer_again(&mut self) {
        let started = start_printer(&self.clerk, &self.office);
        if let (Err(problem), Err(known)) = (&started, &self.printer)
            && problem == known
        {
            return;
        }
        self.printer = started;
        self.told.soon();
        let Ok(printer) = &self.printer else { return };
        if let Some(desk) = &mut self.desk {
            match desk.queue.again() {
                Ok(queue) => printer.send(Command::Queue(Box::new(queue))),
                Err(problem) => desk.failed(&problem, "the printer's connection"),
            }
        }
        self.bulletin();
    }

    pub(super) fn print_slip(&mut self, asker: Asker, slip: Slip) {
        if self.printer.is_err() {
            return asker.hears(None);
        }
        self.slips.push_back(asker);
        self.print(Command::Print(slip));
    }

    pub(super) fn told_by_printer(&mut self, event: PrinterEvent) {
        if let PrinterEvent::Job { paper, .. } | PrinterEvent::Slip(paper) = &event {
            let has_presenter =
                self.health.as_ref().and_then(|health| health.status).and_then(|s| s.presented).is_some();
            self.office.panel.slot(at_slot(*paper, has_presenter));
            self.prints = *paper == OnPaper::Printing;
        }
        match event {
            PrinterEvent::Job { ticket, paper } => post(Event::Paper { ticket, paper: on_screen(paper) }),
            PrinterEvent::NoReceipt(ticket) => post(Event::Paper { ticket, paper: Paper::None }),
            PrinterEvent::Slip(OnPaper::Printing) => {}
            PrinterEvent::Slip(paper) => {
                if let Some(asker) = self.slips.pop_front() {
                    asker.hears(Some(paper));
                }
            }
            PrinterEvent::Health(health) => {
                self.health = Some(health);
                self.told.soon();
            }
            PrinterEvent::QueueFailed => {
                if let Some(desk) = &mut self.desk {
                    desk.ill = true;
                }
            }
        }
    }

    /// What the technician reads of the printer.
    pub(super) fn printer_facts(&self) -> Option<PrinterFacts> {
        match &self.printer {
            Err(problem) => Some(PrinterFacts {
                fault: Some(PrinterFault::NoAnswer),
                problem: Some(problem.clone()),
                ..PrinterFacts::default()
            }),
            Ok(_) => self.health.as_ref().map(facts),
        }
    }
}

fn facts(health: &PrinterHealth) -> PrinterFacts {
    PrinterFacts {
        fault: health.trouble().map(fault),
        problem: health.port_problem.clone(),
        paper: health.status.map(|status| match status.paper {
            PaperLevel::Ok => PaperLeft::Enough,
            PaperLevel::Near => PaperLeft::NearEnd,
            PaperLevel::Out => PaperLeft::Out,
        }),
        presented: health.status.and_then(|status| status.presented),
    }
}

/// What the lamp at the slot is lit for.
fn at_slot(paper: OnPaper, has_presenter: bool) -> Slot {
    match paper {
        OnPaper::Printing => Slot::Printing,
        OnPaper::Printed | OnPaper::Unsure if has_presenter => Slot::Stands,
        OnPaper::Printed | OnPaper::Unsure => Slot::Hangs,
        OnPaper::Taken | OnPaper::Retracted | OnPaper::Incomplete | OnPaper::Waits(_) => Slot::Empty,
    }
}

fn on_screen(paper: OnPaper) -> Paper {
    match paper {
        OnPaper::Printing => Paper::Printing,
        OnPaper::Printed => Paper::Printed,
        OnPaper::Taken => Paper::Taken,
        OnPaper::Retracted => Paper::Retracted,
        OnPaper::Unsure => Paper::Unsure,
        OnPaper::Incomplete => Paper::Incomplete,
        OnPaper::Waits(why) => Paper::Waits(fault(why)),
    }
}

fn fault(why: Refusal) -> PrinterFault {
    match why {
        Refusal::Fault(PrintFailure::PaperEnd) => PrinterFault::NoPaper,
        Refusal::Fault(PrintFailure::CoverOpen) => PrinterFault::CoverOpen,
        Refusal::Fault(PrintFailure::Cutter) => PrinterFault::CutterStuck,
        Refusal::Fault(PrintFailure::Heat) => PrinterFault::TooHot,
        Refusal::Fault(PrintFailure::Other) => PrinterFault::Other,
        Refusal::NoAnswer => PrinterFault::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_lamp_follows_the_receipt_and_a_presenter_says_when_it_was_taken() {
        let waits = OnPaper::Waits(Refusal::NoAnswer);
        for (paper, hanging, presented) in [
            (OnPaper::Printing, Slot::Printing, Slot::Printing),
            (OnPaper::Printed, Slot::Hangs, Slot::Stands),
            (OnPaper::Unsure, Slot::Hangs, Slot::Stands),
            (OnPaper::Taken, Slot::Empty, Slot::Empty),
            (OnPaper::Retracted, Slot::Empty, Slot::Empty),
            (OnPaper::Incomplete, Slot::Empty, Slot::Empty),
            (waits, Slot::Empty, Slot::Empty),
        ] {
            assert_eq!((at_slot(paper, false), at_slot(paper, true)), (hanging, presented), "{paper:?}");
        }
    }
}
