//! A printer that says "stop" when it is off-line or full, by XOFF or by a wire of its own; and answers that come late.
//!
//! Epson's printers say so off-line, too, where the memory switch stands as usual: what is wrong is still to be known. The
//! first tests use a pseudo terminal; the others a line that takes 32 bytes at once, and time that goes on by waiting.
#![expect(clippy::unwrap_used, reason = "tests")]

mod printer_support;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use kiosk::{
    printer::{
        Command, Flow, Handle, Line, Open, Paper, PortError, PrinterEvent, PrinterSettings, Refusal, Slip, start_at,
    },
    queue::{PrintFailure, PrintState, Submitted},
};
use printer_support::{
    Bench, copy_mark, gbk, head,
    queue_support::{Turned, draft, holds},
    virtual_printer::{
        flow::ROOM,
        machine::{self, Conditions, Machine},
    },
};

const NO_PAPER: Refusal = Refusal::Fault(PrintFailure::PaperEnd);

/// What is odd about a line.
enum Odd {
    Nothing,
    /// The mechanism is behind, and prints what it holds each time so long was waited.
    Behind {
        every: Duration,
        waited: Duration,
    },
    /// The printer loses its power once it has the fence.
    OffBehindTheFence,
    /// The paper ends behind the first question, whose answer comes together with the second question; from then on each
    /// takes a while.
    LateAnswer {
        asked: usize,
        first: Vec<u8>,
        slow: VecDeque<u8>,
    },
}

/// The printer and what is between it and the terminal.
struct Wire {
    machine: Machine,
    answers: VecDeque<u8>,
    odd: Odd,
    /// How often it said "stop".
    stops: usize,
}

impl Wire {
    fn new(odd: Odd, conditions: impl FnOnce(&mut Conditions)) -> Arc<Mutex<Self>> {
        let mut machine = Machine::default();
        let answers = machine.change(conditions).into();
        Arc::new(Mutex::new(Self { machine, answers, odd, stops: 0 }))
    }

    fn take(&mut self, bytes: &[u8]) {
        let was_busy = self.machine.is_busy();
        let answers = self.machine.receive(bytes);
        self.stops += usize::from(!was_busy && self.machine.is_busy());
        match &mut self.odd {
            Odd::OffBehindTheFence if holds(bytes, b"\x1dr\x01") => self.change(|c| c.silent = true),
            Odd::LateAnswer { asked, first, slow } => {
                *asked += 1;
                match asked {
                    1 => {
                        *first = answers;
                        self.change(|c| c.paper = machine::Paper::Out);
                    }
                    2 => {
                        self.answers.extend(&*first);
                        slow.extend(answers);
                    }
                    _ => slow.extend(answers),
                }
            }
            _ => self.answers.extend(answers),
        }
    }

    fn wait(&mut self, wait: Duration) {
        match &mut self.odd {
            Odd::Behind { every, waited } => {
                *waited += wait;
                if *waited >= *every {
                    *waited = Duration::ZERO;
                    self.change(|c| c.behind = false);
                    self.change(|c| c.behind = true);
                }
            }
            Odd::LateAnswer { slow, .. } => self.answers.extend(slow.pop_front()),
            _ => {}
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Conditions)) {
        let answers = self.machine.change(change);
        self.answers.extend(answers);
    }
}

/// The terminal's end of it.
struct Cable {
    wire: Arc<Mutex<Wire>>,
    clock: Arc<Turned>,
    has_wire_of_its_own: bool,
}

impl Cable {
    fn lock(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap()
    }
}

impl Line for Cable {
    fn write(&mut self, bytes: &[u8], _: Duration) -> Result<usize, PortError> {
        let count = bytes.len().min(32);
        self.lock().take(&bytes[..count]);
        Ok(count)
    }

    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, PortError> {
        let mut wire = self.lock();
        if wire.answers.is_empty() && !wait.is_zero() {
            wire.wait(wait);
            let slow = Duration::from_millis(5);
            self.clock.go_on(if wire.answers.is_empty() { wait } else { slow.min(wait) });
        }
        let count = wire.answers.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(wire.answers.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn is_clear(&mut self) -> Result<bool, PortError> {
        Ok(!self.has_wire_of_its_own || !self.lock().machine.is_busy())
    }

    fn forget(&mut self) {
        self.lock().answers.clear();
    }
}

fn settings(bench: &Bench, profile: &str, flow: Flow) -> PrinterSettings {
    let mut settings = bench.settings(profile);
    settings.rest = Duration::from_millis(1);
    settings.profile.flow = flow;
    settings
}

fn start_on(bench: &Bench, wire: &Arc<Mutex<Wire>>, settings: PrinterSettings) -> Handle {
    let has_wire_of_its_own = settings.profile.flow == Flow::Hardware;
    let (wire, clock) = (Arc::clone(wire), bench.place.clock.clone());
    let cable: Open = Box::new({
        let clock = clock.clone();
        move || Ok(Box::new(Cable { wire: Arc::clone(&wire), clock: clock.clone(), has_wire_of_its_own }))
    });
    let tell = bench.tell.clone();
    let handle = start_at(cable, settings, head(), clock, move |event| drop(tell.send(event))).unwrap();
    handle.send(Command::Queue(Box::new(bench.queue.again().unwrap())));
    handle
}

/// Submits something whose words are on paper, so many of them.
fn submit_long(bench: &mut Bench, handle: &Handle, words: usize) -> Submitted {
    let mut draft = draft("修路");
    draft.text_on_receipt = true;
    let one = bench.queue.submit(&draft, &bench.county.sealer).unwrap();
    handle.send(Command::Kick { ticket: one.ticket, text: Some("修".repeat(words).into()) });
    one
}

#[test]
fn paper_end_of_an_idle_printer_that_says_stop_is_no_paper() {
    for profile in ["epson-tm", "escpos"] {
        let mut bench = Bench::new();
        let printer = bench.plug_in();
        printer.change(|c| c.says_stop = true);
        let handle = bench.start(profile);
        bench.wait_trouble(None);
        printer.change(|c| c.paper = machine::Paper::Out);
        let PrinterEvent::Health(told) = bench.wait(|e| matches!(e, PrinterEvent::Health(_))) else { unreachable!() };
        assert_eq!(told.trouble(), Some(NO_PAPER), "{profile}");
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Waits(NO_PAPER));
        printer.change(|c| c.paper = machine::Paper::Present);
        bench.wait_paper(&one, Paper::Printed);
        assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
        assert_eq!(printer.receipts().len(), 1);
    }
}

#[test]
fn paper_end_in_a_receipt_of_a_printer_that_says_stop_is_no_paper() {
    let mut bench = Bench::new();
    let printer = bench.plug_in();
    printer.change(|c| (c.says_stop, c.lines_left) = (true, Some(4)));
    let handle = bench.start("epson-tm");
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Waits(NO_PAPER));
    assert_eq!(bench.state(&one), PrintState::Failed { attempt: 1, reason: PrintFailure::PaperEnd });
    printer.change(|c| c.paper = machine::Paper::Present);
    bench.wait_paper(&one, Paper::Printed);
    // A pseudo terminal takes the rest before the "stop" is heard: it may have come out by itself.
    let receipts = printer.receipts();
    let unmarked = receipts.iter().filter(|receipt| !holds(&receipt.bytes, &copy_mark(1))).count();
    assert!((1..=2).contains(&receipts.len()) && unmarked <= 1, "{unmarked} unmarked of {}", receipts.len());
}

#[test]
fn a_receipt_that_is_stopped_by_paper_end_fails_at_once_and_comes_as_one_marked_copy() {
    for (profile, flow) in [
        ("epson-tm", Flow::Software),
        ("epson-tm", Flow::Hardware),
        ("escpos", Flow::Software),
        ("custom-presenter", Flow::Hardware),
    ] {
        let mut bench = Bench::new();
        let wire = Wire::new(Odd::Nothing, |c| {
            (c.lines_left, c.says_stop) = (Some(4), flow == Flow::Software);
            c.presenter = profile == "custom-presenter";
        });
        let handle = start_on(&bench, &wire, settings(&bench, profile, flow));
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Waits(NO_PAPER));
        assert_eq!(bench.state(&one), PrintState::Failed { attempt: 1, reason: PrintFailure::PaperEnd }, "{profile}");
        wire.lock().unwrap().change(|c| c.paper = machine::Paper::Present);
        bench.wait_paper(&one, Paper::Printed);
        assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 2 }, "{profile}");
        let wire = wire.lock().unwrap();
        let whole: Vec<_> =
            wire.machine.receipts().iter().filter(|r| holds(&r.bytes, one.secret.text().as_bytes())).collect();
        assert!(whole.len() == 1 && holds(&whole[0].bytes, &copy_mark(1)), "{profile}: {} whole", whole.len());
    }
}

#[test]
fn a_long_receipt_comes_out_whole_once_through_a_buffer_that_is_full_again_and_again() {
    for flow in [Flow::Software, Flow::Hardware] {
        let mut bench = Bench::new();
        let behind = Odd::Behind { every: Duration::from_millis(500), waited: Duration::ZERO };
        let wire = Wire::new(behind, |c| (c.behind, c.says_stop) = (true, flow == Flow::Software));
        let handle = start_on(&bench, &wire, settings(&bench, "epson-tm", flow));
        let one = submit_long(&mut bench, &handle, 6000);
        bench.wait_paper(&one, Paper::Printed);
        assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
        let wire = wire.lock().unwrap();
        let [receipt] = wire.machine.receipts() else { panic!("{} receipts", wire.machine.receipts().len()) };
        let words = receipt.bytes.windows(2).filter(|pair| *pair == gbk("修")).count();
        assert_eq!(words, 6000);
        assert!(wire.stops >= receipt.bytes.len() / ROOM, "it was full {} times", wire.stops);
    }
}

#[test]
fn the_late_fence_of_a_receipt_of_which_nobody_knew_is_heard() {
    for profile in ["epson-tm", "escpos"] {
        let mut bench = Bench::new();
        let wire = Wire::new(Odd::Nothing, |c| c.behind = true);
        let handle = start_on(&bench, &wire, settings(&bench, profile, Flow::Software));
        let one = bench.submit(Some(&handle), None);
        bench.wait_paper(&one, Paper::Unsure);
        assert_eq!(bench.state(&one), PrintState::Unknown { attempt: 1 });
        wire.lock().unwrap().change(|c| c.behind = false);
        bench.wait_paper(&one, Paper::Printed);
        assert_eq!(bench.state(&one), PrintState::Confirmed { attempt: 1 });
        assert_eq!(wire.lock().unwrap().machine.receipts().len(), 1);
    }
}

#[test]
fn noise_from_a_printer_that_was_switched_off_is_no_late_fence() {
    let mut bench = Bench::new();
    let wire = Wire::new(Odd::OffBehindTheFence, |c| c.behind = true);
    let handle = start_on(&bench, &wire, settings(&bench, "escpos", Flow::Software));
    let one = bench.submit(Some(&handle), None);
    bench.wait_paper(&one, Paper::Unsure);
    {
        let mut wire = wire.lock().unwrap();
        wire.odd = Odd::Nothing;
        // A break looks like this, and so does the answer of a fence.
        wire.answers.push_back(0);
        wire.change(|c| (c.silent, c.behind) = (false, false));
    }
    bench.wait_trouble(None);
    handle.send(Command::Print(Slip::Test));
    bench.wait(|e| matches!(e, PrinterEvent::Slip(Paper::Printed | Paper::Unsure)));
    assert_eq!(bench.state(&one), PrintState::Unknown { attempt: 1 });
}

#[test]
fn the_answer_of_a_slow_receipt_is_not_taken_for_that_of_the_next() {
    let mut bench = Bench::new();
    let wire = Wire::new(Odd::Nothing, |c| c.behind = true);
    let mut settings = settings(&bench, "escpos", Flow::Software);
    settings.baud = 300;
    let handle = start_on(&bench, &wire, settings);
    let slow = submit_long(&mut bench, &handle, 800);
    bench.wait_paper(&slow, Paper::Unsure);
    let next = bench.submit(Some(&handle), None);
    bench.wait_paper(&next, Paper::Printing);
    // The first of the two fences; the next receipt is not out.
    wire.lock().unwrap().answers.push_back(0);
    bench.wait_paper(&next, Paper::Unsure);
    assert!(wire.lock().unwrap().machine.receipts().is_empty());
}

#[test]
fn a_late_answer_to_one_question_never_counts_as_that_to_another() {
    let bench = Bench::new();
    let wire = Wire::new(Odd::LateAnswer { asked: 0, first: Vec::new(), slow: VecDeque::new() }, |_| {});
    let _handle = start_on(&bench, &wire, settings(&bench, "epson-tm", Flow::None));
    bench.wait(|e| match e {
        PrinterEvent::Health(health) if health.trouble() == Some(Refusal::NoAnswer) => false,
        PrinterEvent::Health(health) => {
            assert_eq!(health.trouble(), Some(NO_PAPER), "an answer was taken for another");
            true
        }
        other => panic!("{other:?}"),
    });
}
