//! What a report raises, and what it ends.

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
            queue: Queue { state: QueueState::Ok, waiting: Some(0), oldest_s: None, dead: Some(0), set_aside: Some(0) },
            printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
            case_switch: Some(CaseSwitch::Watched),
            settings: None,
        }),
        tamper: Tamper { open: Some(false), ..Tamper::default() },
        settings: None,
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
fn what_a_printer_cannot_say_clears_none_of_its_faults() {
    let says = |state, port| with(|kiosk| (kiosk.printer.port, kiosk.printer.state) = (port, state));
    let all = [Fault::PaperNearEnd, Fault::NoPaper, Fault::CoverOpen, Fault::Cutter, Fault::Heat, Fault::Jam];
    let cleared = |report: &Report| change(&all, Some(&well()), report).cleared;
    assert_eq!(cleared(&well()), all);
    for state in [PrinterState::NoAnswer, PrinterState::Mute, PrinterState::Other("ink_low".into())] {
        assert!(cleared(&says(state, true)).is_empty());
    }
    assert!(cleared(&says(PrinterState::Ok, false)).is_empty(), "unplugged");
    let mut another = says(PrinterState::Mute, true);
    another.kiosk.as_mut().unwrap().printer.profile = "generic-58".into();
    assert_eq!(cleared(&another), all, "another printer");
    // It names the gravest only.
    assert_eq!(cleared(&says(PrinterState::NoPaper, true)), [Fault::PaperNearEnd]);
    assert_eq!(cleared(&says(PrinterState::CoverOpen, true)), [Fault::NoPaper]);
    assert_eq!(cleared(&says(PrinterState::Heat, true)), [Fault::NoPaper, Fault::CoverOpen, Fault::Cutter]);
    assert_eq!(cleared(&says(PrinterState::PaperNearEnd, true)), all[1..]);
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
