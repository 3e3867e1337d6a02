//! What the clerk tells of queue and printer, for the report to the host. States and counts; no words, nothing of a visit.

use std::{io, time::Duration};

use wire::health::{CaseSwitch, Kiosk, Printer, PrinterState, Queue, QueueState, waits_s};

use super::Counter;
use crate::{
    printer::{PaperLevel, PrinterHealth, Refusal},
    queue::{PrintFailure, QueueError, set_aside_beside},
};

/// Less than the pause between two looks of the clerk's at an idle terminal.
const EVERY: Duration = Duration::from_secs(4);

/// What the clerk tells its health from.
#[derive(Debug)]
pub(super) struct Told {
    run: uuid::Uuid,
    /// When to tell again, whatever happens.
    due: Duration,
    /// Why the file is closed; none, it wasn't tried yet.
    pub(super) closed: Option<QueueState>,
}

impl Default for Told {
    fn default() -> Self {
        Self { run: uuid::Uuid::new_v4(), due: Duration::ZERO, closed: None }
    }
}

impl Told {
    /// Something changed: it is told with the next turn.
    pub(super) fn soon(&mut self) {
        self.due = Duration::ZERO;
    }
}

impl Counter {
    /// Notes how queue and printer are, every few seconds; nothing before both were looked at.
    pub(super) fn tell_health(&mut self) {
        let now = self.now();
        if now < self.told.due {
            return;
        }
        let (Some(printer), Some(queue)) = (self.printer_state(), self.queue_state()) else { return };
        self.told.due = now + EVERY;
        let (version, case_switch) = (env!("CARGO_PKG_VERSION").to_owned(), self.case_switch());
        let (run, settings) = (self.told.run, self.office.settings);
        self.office.control.note_health(Kiosk { run, version, queue, printer, case_switch, settings });
    }

    /// None while a file that was closed was not tried again.
    fn queue_state(&mut self) -> Option<Queue> {
        let Some(desk) = &mut self.desk else { return self.told.closed.clone().map(|state| self.uncounted(state)) };
        let state = if self.full_until.is_some() { QueueState::Full } else { QueueState::Ok };
        let Ok(facts) = desk.facts() else { return Some(self.uncounted(QueueState::Unusable)) };
        let oldest_s = facts.oldest.and_then(|oldest| waits_s(oldest, self.office.clock.wall()));
        let set_aside = Some(saturated(facts.set_aside));
        Some(Queue { state, waiting: Some(facts.waiting), oldest_s, dead: Some(facts.dead), set_aside })
    }

    /// A file that can't be read; folders beside it can be counted all the same.
    fn uncounted(&self, state: QueueState) -> Queue {
        let set_aside = set_aside_beside(&self.office.config.queue_path()).ok().map(saturated);
        Queue { state, waiting: None, oldest_s: None, dead: None, set_aside }
    }

    /// A switch is watched once it was looked at and what was seen is on the disk; before that nobody can tell.
    fn case_switch(&self) -> Option<CaseSwitch> {
        let switch = &self.office.case_switch;
        (*switch != CaseSwitch::Watched || self.office.case.is_written()).then(|| switch.clone())
    }

    fn printer_state(&self) -> Option<Printer> {
        let profile = self.office.config.printer.profile.clone();
        match (&self.printer, &self.health) {
            (Err(_), _) => Some(Printer { port: false, state: PrinterState::NotDriven, profile }),
            (Ok(_), health) => {
                let health = health.as_ref()?;
                Some(Printer { port: health.port_problem.is_none(), state: state(health), profile })
            }
        }
    }
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn state(health: &PrinterHealth) -> PrinterState {
    let status = health.status.unwrap_or_default();
    match health.trouble() {
        Some(Refusal::NoAnswer) if health.is_mute => PrinterState::Mute,
        Some(Refusal::NoAnswer) => PrinterState::NoAnswer,
        Some(Refusal::Fault(PrintFailure::PaperEnd)) => PrinterState::NoPaper,
        Some(Refusal::Fault(PrintFailure::CoverOpen)) => PrinterState::CoverOpen,
        Some(Refusal::Fault(PrintFailure::Cutter)) => PrinterState::Cutter,
        Some(Refusal::Fault(PrintFailure::Heat)) => PrinterState::Heat,
        Some(Refusal::Fault(PrintFailure::Other)) if status.jam => PrinterState::Jam,
        Some(Refusal::Fault(PrintFailure::Other)) => PrinterState::Fault,
        None if status.paper == PaperLevel::Near => PrinterState::PaperNearEnd,
        None => PrinterState::Ok,
    }
}

/// What kept the file from being opened.
pub(super) fn why_closed(problem: &anyhow::Error) -> QueueState {
    use rusqlite::ErrorCode::{DiskFull, ReadOnly};
    let of = |cause: &(dyn std::error::Error + 'static)| {
        if let Some(QueueError::Full { .. }) = cause.downcast_ref() {
            return Some(QueueState::Full);
        }
        let system = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let sqlite = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        match (system, sqlite) {
            (Some(io::ErrorKind::ReadOnlyFilesystem), _) | (_, Some(ReadOnly)) => Some(QueueState::ReadOnly),
            (Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded), _) | (_, Some(DiskFull)) => {
                Some(QueueState::Full)
            }
            _ => None,
        }
    };
    problem.chain().find_map(of).unwrap_or(QueueState::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::Status;

    fn said(status: Option<Status>, is_mute: bool) -> PrinterState {
        state(&PrinterHealth { port: "/dev/x".into(), port_problem: None, status, is_mute })
    }

    #[test]
    fn each_answer_of_the_printers_has_its_word() {
        let clean = Status::default();
        for (status, word) in [
            (clean, PrinterState::Ok),
            (Status { paper: PaperLevel::Near, ..clean }, PrinterState::PaperNearEnd),
            (Status { paper: PaperLevel::Out, ..clean }, PrinterState::NoPaper),
            (Status { cover_open: true, ..clean }, PrinterState::CoverOpen),
            (Status { cutter: true, ..clean }, PrinterState::Cutter),
            (Status { heat: true, ..clean }, PrinterState::Heat),
            (Status { other: true, jam: true, ..clean }, PrinterState::Jam),
            (Status { other: true, ..clean }, PrinterState::Fault),
            (Status { paper: PaperLevel::Near, cover_open: true, ..clean }, PrinterState::CoverOpen),
        ] {
            assert_eq!(said(Some(status), false), word);
        }
        assert_eq!((said(None, false), said(None, true)), (PrinterState::NoAnswer, PrinterState::Mute));
    }

    #[test]
    fn why_the_file_is_closed_is_read_from_whatever_the_system_said() {
        let system = |kind: io::ErrorKind| anyhow::Error::from(io::Error::from(kind)).context("keep the reserve");
        assert_eq!(why_closed(&system(io::ErrorKind::ReadOnlyFilesystem)), QueueState::ReadOnly);
        assert_eq!(why_closed(&system(io::ErrorKind::StorageFull)), QueueState::Full);
        assert_eq!(why_closed(&system(io::ErrorKind::PermissionDenied)), QueueState::Unusable);
        let sqlite = |code| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            anyhow::Error::from(crate::queue::QueueError::from(error)).context("open the queue")
        };
        assert_eq!(why_closed(&sqlite(rusqlite::ffi::SQLITE_READONLY)), QueueState::ReadOnly);
        assert_eq!(why_closed(&sqlite(rusqlite::ffi::SQLITE_FULL)), QueueState::Full);
        assert_eq!(why_closed(&sqlite(rusqlite::ffi::SQLITE_CORRUPT)), QueueState::Unusable);
    }
}
