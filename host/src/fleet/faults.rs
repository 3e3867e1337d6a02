//! What a report says is wrong with a terminal.
//!
//! Invariants: does no I/O and reads no clock. What a report does not know neither raises an alarm nor clears one: a kiosk
//! that is silent may have paper or not.

use std::fmt;

use wire::health::{PrinterState, QueueState, Report};

/// What is wrong, by the name under which the database has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Kiosk doesn't answer its agent: the screen may be dead.
    KioskSilent,
    /// There is no room for another visit.
    QueueFull,
    /// The file system takes no writes.
    QueueReadOnly,
    /// Nothing can be written down for another reason.
    QueueUnusable,
    /// A damaged file was set aside.
    QueueSetAside,
    /// The printer's port can't be opened: it is unplugged, or its name is wrong.
    PrinterUnplugged,
    /// The printer doesn't answer.
    PrinterSilent,
    /// The roll is near its end.
    PaperNearEnd,
    /// The paper ran out.
    NoPaper,
    /// The printer's cover is open.
    CoverOpen,
    /// The knife is stuck.
    Cutter,
    /// The head is too hot.
    Heat,
    /// Paper is jammed.
    Jam,
    /// Something else is wrong with the printer.
    PrinterFault,
    /// The case is open.
    CaseOpen,
    /// Somebody opened the case, and nobody has said yet who.
    CaseOpened,
}

impl Fault {
    /// Every one.
    pub const ALL: [Self; 16] = [
        Self::KioskSilent,
        Self::QueueFull,
        Self::QueueReadOnly,
        Self::QueueUnusable,
        Self::QueueSetAside,
        Self::PrinterUnplugged,
        Self::PrinterSilent,
        Self::PaperNearEnd,
        Self::NoPaper,
        Self::CoverOpen,
        Self::Cutter,
        Self::Heat,
        Self::Jam,
        Self::PrinterFault,
        Self::CaseOpen,
        Self::CaseOpened,
    ];

    /// The name in the database and for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KioskSilent => "kiosk_silent",
            Self::QueueFull => "queue_full",
            Self::QueueReadOnly => "queue_read_only",
            Self::QueueUnusable => "queue_unusable",
            Self::QueueSetAside => "queue_set_aside",
            Self::PrinterUnplugged => "printer_unplugged",
            Self::PrinterSilent => "printer_silent",
            Self::PaperNearEnd => "paper_near_end",
            Self::NoPaper => "no_paper",
            Self::CoverOpen => "cover_open",
            Self::Cutter => "cutter",
            Self::Heat => "heat",
            Self::Jam => "jam",
            Self::PrinterFault => "printer_fault",
            Self::CaseOpen => "case_open",
            Self::CaseOpened => "case_opened",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Whether a report knows how it stands with it. Openings are a person's to see to.
    fn is_known_to(self, report: &Report) -> bool {
        match self {
            Self::KioskSilent => true,
            Self::CaseOpen => report.tamper.open.is_some(),
            Self::CaseOpened => false,
            _ => report.kiosk.is_some(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KioskSilent => "the screen's program does not answer",
            Self::QueueFull => "the disk is full: no suggestion is taken",
            Self::QueueReadOnly => "the disk takes no writes: no suggestion is taken",
            Self::QueueUnusable => "nothing can be written down: no suggestion is taken",
            Self::QueueSetAside => "a damaged queue file was set aside; take it away",
            Self::PrinterUnplugged => "the printer is unplugged",
            Self::PrinterSilent => "the printer does not answer",
            Self::PaperNearEnd => "the paper is near its end",
            Self::NoPaper => "the paper ran out",
            Self::CoverOpen => "the printer's cover is open",
            Self::Cutter => "the printer's knife is stuck",
            Self::Heat => "the printer is too hot",
            Self::Jam => "paper is jammed in the printer",
            Self::PrinterFault => "something is wrong with the printer",
            Self::CaseOpen => "the case is open",
            Self::CaseOpened => "the case was opened; `host terminal case-checked` once it is known by whom",
        })
    }
}

/// What a report says is wrong.
#[must_use]
fn faults(report: &Report) -> Vec<Fault> {
    let mut faults = Vec::new();
    match &report.kiosk {
        None => faults.push(Fault::KioskSilent),
        Some(kiosk) => {
            faults.extend(match &kiosk.queue.state {
                QueueState::Ok => None,
                QueueState::Full => Some(Fault::QueueFull),
                QueueState::ReadOnly => Some(Fault::QueueReadOnly),
                QueueState::NotEnrolled | QueueState::Unusable | QueueState::Other(_) => Some(Fault::QueueUnusable),
            });
            if kiosk.queue.set_aside > 0 {
                faults.push(Fault::QueueSetAside);
            }
            faults.extend(match &kiosk.printer.state {
                _ if !kiosk.printer.port => Some(Fault::PrinterUnplugged),
                PrinterState::Ok | PrinterState::Mute => None,
                PrinterState::PaperNearEnd => Some(Fault::PaperNearEnd),
                PrinterState::NoPaper => Some(Fault::NoPaper),
                PrinterState::CoverOpen => Some(Fault::CoverOpen),
                PrinterState::Cutter => Some(Fault::Cutter),
                PrinterState::Heat => Some(Fault::Heat),
                PrinterState::Jam => Some(Fault::Jam),
                PrinterState::NoAnswer => Some(Fault::PrinterSilent),
                PrinterState::Fault | PrinterState::Other(_) => Some(Fault::PrinterFault),
            });
        }
    }
    if report.tamper.open == Some(true) {
        faults.push(Fault::CaseOpen);
    }
    faults
}

/// What changes by a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Change {
    /// Alarms to raise.
    pub(super) raised: Vec<Fault>,
    /// Alarms to clear.
    pub(super) cleared: Vec<Fault>,
}

/// What a report changes, where `open` are the alarms that stand and `before` was the report before it.
#[must_use]
pub(super) fn change(open: &[Fault], before: Option<&Report>, report: &Report) -> Change {
    let mut present = faults(report);
    if report.tamper.openings > before.map_or(0, |before| before.tamper.openings) {
        present.push(Fault::CaseOpened);
    }
    let cleared = open.iter().filter(|fault| !present.contains(fault) && fault.is_known_to(report));
    let cleared = cleared.copied().collect();
    present.retain(|fault| !open.contains(fault));
    Change { raised: present, cleared }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{
        event::{ClockQuality, WallTime},
        health::{Kiosk, Printer, Queue, Tamper},
        ticket::TerminalNumber,
    };

    fn well() -> Report {
        Report {
            v: 1,
            terminal: TerminalNumber::new(1).unwrap(),
            boot: uuid::Uuid::nil(),
            seq: 1,
            wall: WallTime { at: jiff::Timestamp::UNIX_EPOCH, quality: ClockQuality::Host },
            uptime_s: 1,
            agent: "1".into(),
            kiosk: Some(Kiosk {
                run: uuid::Uuid::nil(),
                version: "1".into(),
                queue: Queue { state: QueueState::Ok, waiting: Some(0), oldest_s: None, dead: 0, set_aside: 0 },
                printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
            }),
            tamper: Tamper { open: Some(false), ..Tamper::default() },
        }
    }

    fn with(change: impl FnOnce(&mut Kiosk)) -> Report {
        let mut report = well();
        change(report.kiosk.as_mut().unwrap());
        report
    }

    #[test]
    fn each_state_is_its_own_alarm_and_a_state_of_a_newer_terminal_is_no_silence() {
        assert!(faults(&well()).is_empty());
        assert!(faults(&with(|kiosk| kiosk.printer.state = PrinterState::Mute)).is_empty());
        for (state, fault) in [
            (PrinterState::PaperNearEnd, Fault::PaperNearEnd),
            (PrinterState::NoPaper, Fault::NoPaper),
            (PrinterState::CoverOpen, Fault::CoverOpen),
            (PrinterState::Cutter, Fault::Cutter),
            (PrinterState::Heat, Fault::Heat),
            (PrinterState::Jam, Fault::Jam),
            (PrinterState::Fault, Fault::PrinterFault),
            (PrinterState::NoAnswer, Fault::PrinterSilent),
            (PrinterState::Other("ink_low".into()), Fault::PrinterFault),
        ] {
            assert_eq!(faults(&with(|kiosk| kiosk.printer.state = state.clone())), [fault]);
            let unplugged = with(|kiosk| kiosk.printer = Printer { port: false, state, profile: String::new() });
            assert_eq!(faults(&unplugged), [Fault::PrinterUnplugged]);
        }
        for (state, fault) in [
            (QueueState::Full, Fault::QueueFull),
            (QueueState::ReadOnly, Fault::QueueReadOnly),
            (QueueState::Unusable, Fault::QueueUnusable),
            (QueueState::NotEnrolled, Fault::QueueUnusable),
            (QueueState::Other("haunted".into()), Fault::QueueUnusable),
        ] {
            assert_eq!(faults(&with(|kiosk| kiosk.queue.state = state)), [fault]);
        }
        assert_eq!(faults(&with(|kiosk| kiosk.queue.set_aside = 1)), [Fault::QueueSetAside]);
    }

    #[test]
    fn a_silent_kiosk_is_an_alarm_of_its_own_and_clears_none() {
        let silent = Report { kiosk: None, ..well() };
        let open = [Fault::NoPaper, Fault::QueueFull];
        let changed = change(&open, Some(&well()), &silent);
        assert_eq!(changed, Change { raised: vec![Fault::KioskSilent], cleared: vec![] });
        let open = [Fault::NoPaper, Fault::QueueFull, Fault::KioskSilent];
        assert_eq!(change(&open, Some(&silent), &well()).cleared, open);
    }

    #[test]
    fn an_opening_is_raised_once_for_each_count_and_no_report_clears_it() {
        let opened = |openings, open| Report { tamper: Tamper { open, openings, ..Tamper::default() }, ..well() };
        let (one, closed) = (opened(1, Some(true)), opened(1, Some(false)));
        assert_eq!(change(&[], Some(&well()), &one).raised, [Fault::CaseOpen, Fault::CaseOpened]);
        assert_eq!(change(&[], None, &closed).raised, [Fault::CaseOpened], "the first report of a terminal");
        let open = [Fault::CaseOpen, Fault::CaseOpened];
        assert_eq!(change(&open, Some(&one), &closed), Change { raised: vec![], cleared: vec![Fault::CaseOpen] });
        assert_eq!(change(&[], Some(&one), &closed), Change::default(), "somebody has said who it was");
        assert_eq!(change(&[], Some(&one), &opened(2, None)).raised, [Fault::CaseOpened]);
        assert_eq!(change(&open, Some(&one), &opened(1, None)), Change::default(), "without a switch nobody knows");
    }

    #[test]
    fn names_read_back() {
        for fault in Fault::ALL {
            assert_eq!(Fault::named(fault.name()), Some(fault));
        }
        assert_eq!(Fault::named("moon"), None);
    }
}
