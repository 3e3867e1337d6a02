//! What a report says is wrong with a terminal.
//!
//! Invariants: does no I/O and reads no clock. What a report does not know neither raises an alarm nor clears one: a kiosk
//! that is silent may have paper or not.

use std::fmt;

use wire::health::{CaseSwitch, PrinterState, QueueState, Report, Tamper};

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
    /// The county refused events, or has other bytes for them.
    EventsRefused,
    /// The printer's port can't be opened: it is unplugged, or its name is wrong.
    PrinterUnplugged,
    /// Nothing drives the printer: its profile can't be had.
    PrinterNotDriven,
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
    /// The settings name a switch of the case, and it can't be read.
    CaseUnwatched,
    /// The case is open.
    CaseOpen,
    /// Somebody opened the case, and nobody has said yet who.
    CaseOpened,
}

impl Fault {
    /// Every one.
    pub const ALL: [Self; 19] = [
        Self::KioskSilent,
        Self::QueueFull,
        Self::QueueReadOnly,
        Self::QueueUnusable,
        Self::QueueSetAside,
        Self::EventsRefused,
        Self::PrinterUnplugged,
        Self::PrinterNotDriven,
        Self::PrinterSilent,
        Self::PaperNearEnd,
        Self::NoPaper,
        Self::CoverOpen,
        Self::Cutter,
        Self::Heat,
        Self::Jam,
        Self::PrinterFault,
        Self::CaseUnwatched,
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
            Self::EventsRefused => "events_refused",
            Self::PrinterUnplugged => "printer_unplugged",
            Self::PrinterNotDriven => "printer_not_driven",
            Self::PrinterSilent => "printer_silent",
            Self::PaperNearEnd => "paper_near_end",
            Self::NoPaper => "no_paper",
            Self::CoverOpen => "cover_open",
            Self::Cutter => "cutter",
            Self::Heat => "heat",
            Self::Jam => "jam",
            Self::PrinterFault => "printer_fault",
            Self::CaseUnwatched => "case_unwatched",
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
            Self::CaseOpen => report.tamper.open.is_some() || has_no_case_switch(report),
            Self::CaseOpened => false,
            Self::QueueSetAside => report.kiosk.as_ref().is_some_and(|kiosk| kiosk.queue.set_aside.is_some()),
            Self::EventsRefused => report.kiosk.as_ref().is_some_and(|kiosk| kiosk.queue.dead.is_some()),
            Self::CaseUnwatched => report.kiosk.as_ref().is_some_and(|kiosk| kiosk.case_switch.is_some()),
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
            Self::EventsRefused => "the county refused events; the terminal's log says which and why",
            Self::PrinterUnplugged => "the printer is unplugged",
            Self::PrinterNotDriven => "nothing drives the printer; set printer.profile in the terminal's settings",
            Self::PrinterSilent => "the printer does not answer",
            Self::PaperNearEnd => "the paper is near its end",
            Self::NoPaper => "the paper ran out",
            Self::CoverOpen => "the printer's cover is open",
            Self::Cutter => "the printer's knife is stuck",
            Self::Heat => "the printer is too hot",
            Self::Jam => "paper is jammed in the printer",
            Self::PrinterFault => "something is wrong with the printer",
            Self::CaseUnwatched => "the switch of the case can't be read: nobody watches the case",
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
            faults.extend(kiosk.queue.set_aside.filter(|count| *count > 0).map(|_| Fault::QueueSetAside));
            faults.extend(kiosk.queue.dead.filter(|count| *count > 0).map(|_| Fault::EventsRefused));
            faults.extend(match &kiosk.printer.state {
                PrinterState::NotDriven => Some(Fault::PrinterNotDriven),
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
            faults.extend(match &kiosk.case_switch {
                Some(CaseSwitch::Failed) => Some(Fault::CaseUnwatched),
                None | Some(CaseSwitch::Absent | CaseSwitch::Watched | CaseSwitch::Other(_)) => None,
            });
        }
    }
    if report.tamper.open == Some(true) {
        faults.push(Fault::CaseOpen);
    }
    faults
}

/// Whether the settings name no switch, so that nobody will ever say that the case was closed.
fn has_no_case_switch(report: &Report) -> bool {
    report.kiosk.as_ref().is_some_and(|kiosk| kiosk.case_switch == Some(CaseSwitch::Absent))
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
    if is_opened_since(before.map(|before| &before.tamper), &report.tamper) {
        present.push(Fault::CaseOpened);
    }
    let cleared = open.iter().filter(|fault| !present.contains(fault) && fault.is_known_to(report));
    let cleared = cleared.copied().collect();
    present.retain(|fault| !open.contains(fault));
    Change { raised: present, cleared }
}

/// Whether the case was opened since `before`. A journal that was begun anew counts from nothing, and so does one that
/// says less than before: whoever took it away may have opened the case.
fn is_opened_since(before: Option<&Tamper>, tamper: &Tamper) -> bool {
    let known = before.filter(|before| before.journal == tamper.journal).map_or(0, |before| before.openings);
    tamper.openings > 0 && tamper.openings != known
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{
        event::{ClockQuality, WallTime},
        health::{Kiosk, Printer, Queue},
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
                queue: Queue {
                    state: QueueState::Ok,
                    waiting: Some(0),
                    oldest_s: None,
                    dead: Some(0),
                    set_aside: Some(0),
                },
                printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
                case_switch: Some(CaseSwitch::Watched),
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
        assert_eq!(faults(&with(|kiosk| kiosk.queue.set_aside = Some(1))), [Fault::QueueSetAside]);
        assert_eq!(faults(&with(|kiosk| kiosk.queue.dead = Some(1))), [Fault::EventsRefused]);
        assert_eq!(faults(&with(|kiosk| kiosk.case_switch = Some(CaseSwitch::Failed))), [Fault::CaseUnwatched]);
        let printer = Printer { port: false, state: PrinterState::NotDriven, profile: "moon".into() };
        assert_eq!(faults(&with(|kiosk| kiosk.printer = printer)), [Fault::PrinterNotDriven], "it may be plugged in");
    }

    #[test]
    fn what_was_not_counted_and_a_case_that_nobody_watches_clear_nothing() {
        let mut unknown = with(|kiosk| {
            kiosk.queue = Queue { state: QueueState::Ok, waiting: None, oldest_s: None, dead: None, set_aside: None };
            kiosk.case_switch = None;
        });
        unknown.tamper.open = None;
        let open = [Fault::QueueSetAside, Fault::EventsRefused, Fault::CaseUnwatched, Fault::CaseOpen];
        assert_eq!(change(&open, Some(&well()), &unknown), Change::default());
        assert_eq!(change(&open, Some(&unknown), &well()).cleared, open);
    }

    #[test]
    fn a_case_whose_switch_was_taken_out_of_the_settings_does_not_stand_open_for_ever() {
        let mut without = with(|kiosk| kiosk.case_switch = Some(CaseSwitch::Absent));
        without.tamper.open = None;
        let open = [Fault::CaseOpen, Fault::CaseOpened];
        assert_eq!(change(&open, Some(&well()), &without).cleared, [Fault::CaseOpen], "who opened it is still asked");
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
    fn a_journal_that_was_begun_anew_hides_no_opening() {
        let of = |journal, openings| Report { tamper: Tamper { journal, openings, ..Tamper::default() }, ..well() };
        for (before, after, is_opening) in [
            (of(Some(7), 5), of(Some(7), 5), false),
            (of(Some(7), 5), of(Some(8), 0), false),
            (of(Some(7), 5), of(Some(8), 1), true),
            (of(Some(7), 1), of(Some(8), 1), true),
            (of(Some(7), 1), of(Some(8), 3), true),
            (of(Some(7), 5), of(Some(7), 1), true),
            (of(Some(7), 5), of(None, 0), false),
            (of(None, 0), of(Some(7), 1), true),
        ] {
            let raised = change(&[], Some(&before), &after).raised;
            assert_eq!(raised.contains(&Fault::CaseOpened), is_opening, "{:?}, then {:?}", before.tamper, after.tamper);
        }
    }

    #[test]
    fn names_read_back() {
        for fault in Fault::ALL {
            assert_eq!(Fault::named(fault.name()), Some(fault));
        }
        assert_eq!(Fault::named("moon"), None);
    }
}
