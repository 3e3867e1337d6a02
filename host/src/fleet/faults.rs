//! What a report says is wrong with a terminal.
//!
//! Invariants: does no I/O and reads no clock. What a report does not know neither raises an alarm nor clears one: a kiosk
//! that is silent may have paper or not.

use std::fmt;

use wire::health::{CaseSwitch, PrinterState, QueueState, Report, Tamper};

/// What is wrong, by the name under which the database has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing was heard of the terminal for hours; the host itself sees that, no report does.
    Silent,
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
    pub const ALL: [Self; 20] = [
        Self::Silent,
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
            Self::Silent => "silent",
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

    fn is_of_the_printer(self) -> bool {
        matches!(
            self,
            Self::PaperNearEnd
                | Self::NoPaper
                | Self::CoverOpen
                | Self::Cutter
                | Self::Heat
                | Self::Jam
                | Self::PrinterFault
        )
    }

    /// Whether a report knows how it stands with it. Openings are a person's to see to.
    fn is_known_to(self, report: &Report) -> bool {
        match self {
            Self::Silent | Self::KioskSilent => true,
            Self::CaseOpen => report.tamper.open.is_some() || has_no_case_switch(report),
            Self::CaseOpened => false,
            Self::QueueSetAside => report.kiosk.as_ref().is_some_and(|kiosk| kiosk.queue.set_aside.is_some()),
            Self::EventsRefused => report.kiosk.as_ref().is_some_and(|kiosk| kiosk.queue.dead.is_some()),
            Self::CaseUnwatched => report.kiosk.as_ref().is_some_and(|kiosk| kiosk.case_switch.is_some()),
            Self::NoPaper => names_at_most(report, 0),
            Self::CoverOpen => names_at_most(report, 1),
            Self::Cutter => names_at_most(report, 2),
            Self::Heat => names_at_most(report, 3),
            Self::Jam | Self::PrinterFault => names_at_most(report, 4),
            Self::PaperNearEnd => names_at_most(report, 5) || printer_says(report) == Some(&PrinterState::NoPaper),
            _ => report.kiosk.is_some(),
        }
    }

    /// In words for people who read Chinese.
    #[must_use]
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Silent => "两个小时没有消息了：停电、断网，或者坏了",
            Self::KioskSilent => "屏幕程序没有回应",
            Self::QueueFull => "存储满了，收不了意见",
            Self::QueueReadOnly => "存储写不进去，收不了意见",
            Self::QueueUnusable => "什么都存不下来，收不了意见",
            Self::QueueSetAside => "有一个损坏的文件放在一边，请取走",
            Self::EventsRefused => "县里有没收的内容，终端的日志里写着是哪些、为什么",
            Self::PrinterUnplugged => "打印机没有插好",
            Self::PrinterNotDriven => "打印机型号没有设对，请在终端设置里填 printer.profile",
            Self::PrinterSilent => "打印机没有回应",
            Self::PaperNearEnd => "打印纸快用完了",
            Self::NoPaper => "打印纸用完了",
            Self::CoverOpen => "打印机的盖子开着",
            Self::Cutter => "打印机的切刀卡住了",
            Self::Heat => "打印机太热",
            Self::Jam => "打印机卡纸了",
            Self::PrinterFault => "打印机有故障",
            Self::CaseUnwatched => "机箱开关读不到，没有人看着机箱",
            Self::CaseOpen => "机箱开着",
            Self::CaseOpened => "机箱被打开过，还没有人说是谁打开的",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "nothing was heard of it for two hours: no power, no network, or broken",
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

fn profile(report: &Report) -> Option<&str> {
    report.kiosk.as_ref().map(|kiosk| kiosk.printer.profile.as_str())
}

/// What the printer says of itself, where it says anything.
fn printer_says(report: &Report) -> Option<&PrinterState> {
    let printer = &report.kiosk.as_ref()?.printer;
    Some(&printer.state).filter(|_| printer.port)
}

/// Whether the gravest fault of the printer's, which is the only one it names, is of this rank or a lesser one: what is
/// graver is then known not to be, and what is lesser may hide behind it.
fn names_at_most(report: &Report, rank: u8) -> bool {
    let named = match printer_says(report) {
        Some(PrinterState::NoPaper) => 0,
        Some(PrinterState::CoverOpen) => 1,
        Some(PrinterState::Cutter) => 2,
        Some(PrinterState::Heat) => 3,
        Some(PrinterState::Jam | PrinterState::Fault) => 4,
        Some(PrinterState::Ok | PrinterState::PaperNearEnd) => 5,
        Some(PrinterState::Mute | PrinterState::NoAnswer | PrinterState::NotDriven | PrinterState::Other(_)) | None => {
            return false;
        }
    };
    named >= rank
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
    // What was wrong with a printer went with it.
    let replaced = before.and_then(profile).zip(profile(report)).is_some_and(|(before, now)| before != now);
    let is_over = |fault: &Fault| fault.is_known_to(report) || replaced && fault.is_of_the_printer();
    let cleared = open.iter().filter(|fault| !present.contains(fault) && is_over(fault));
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
mod tests;
