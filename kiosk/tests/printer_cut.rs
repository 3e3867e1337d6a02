//! A receipt that breaks off at every byte, with every built-in printer.
//!
//! What is real: the printer's thread, the queue and its journal, the bytes. What is simulated: the printer (the virtual
//! one, without a pseudo terminal), the line (it takes each byte at once and breaks behind the one it is told), and the
//! time (waiting turns the clock). A line that is lost gives an error; the power of the terminal goes by ending the
//! thread at that byte, so that nothing behind it is written down, and the next run starts on the journal that is left.
//! The printer keeps its power: that is the worse case, since it holds what it got.
//!
//! Afterwards, at each byte: "printed" was said only with the whole receipt on paper, there are no two whole ones without
//! a mark, and in the end a whole one is out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod printer_support;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, mpsc},
    time::Duration,
};

use kiosk::{
    clock::Clock as _,
    printer::{
        Characters, Command, Cut, FenceKind, Handle, Line, Open, Paper, PortError, PrinterEvent, PrinterSettings,
        Profile, Receipt, Width, built_in, render, start_at,
    },
    queue::{CODE_KEPT, PrintState, Queue, Submitted},
};
use printer_support::{
    head,
    queue_support::{County, Place, Turned, draft},
    virtual_printer::machine::Machine,
};
use wire::secret::track_link;

/// How the line ends at its byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The port is gone.
    Lost,
    /// The terminal has no power any more.
    PowerCut,
}

/// The printer and what is between it and the terminal.
struct Wire {
    machine: Machine,
    answers: Vec<u8>,
    /// Bytes of the next receipt that still come through, and what happens then.
    breaks: Option<(usize, End)>,
    /// Whether that receipt has begun.
    begun: bool,
}

/// The terminal's end of it.
struct Cable {
    wire: Arc<Mutex<Wire>>,
    clock: Arc<Turned>,
}

impl Cable {
    fn lock(&self) -> MutexGuard<'_, Wire> {
        // A power cut ends a thread that holds it.
        self.wire.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Line for Cable {
    fn write(&mut self, bytes: &[u8], _: Duration) -> Result<usize, PortError> {
        let mut wire = self.lock();
        // Receipts begin with "initialise"; questions don't count.
        wire.begun |= wire.breaks.is_some() && bytes.starts_with(b"\x1b@");
        let end = wire.breaks.filter(|(left, _)| wire.begun && *left < bytes.len());
        let count = end.map_or(bytes.len(), |(left, _)| left);
        let answers = wire.machine.receive(&bytes[..count]);
        wire.answers.extend(answers);
        if let Some((_, end)) = end {
            (wire.breaks, wire.begun) = (None, false);
            // Nobody hears what is answered meanwhile.
            wire.answers.clear();
            drop(wire);
            match end {
                End::Lost => return Err(PortError::Gone),
                End::PowerCut => std::panic::resume_unwind(Box::new("the power is gone")),
            }
        }
        if wire.begun
            && let Some((left, _)) = &mut wire.breaks
        {
            *left -= count;
        }
        Ok(count)
    }

    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, PortError> {
        let mut wire = self.lock();
        let count = wire.answers.len().min(buffer.len());
        buffer[..count].copy_from_slice(&wire.answers[..count]);
        wire.answers.drain(..count);
        if count == 0 {
            self.clock.go_on(wait);
        }
        Ok(count)
    }

    fn forget(&mut self) {
        self.lock().answers.clear();
    }
}

impl Wire {
    /// A healthy printer of this kind.
    fn to(profile: &Profile) -> Self {
        let mut machine = Machine::default();
        machine.change(|c| {
            c.knife = profile.cut != Cut::None;
            c.fence = profile.fence != FenceKind::None;
            c.presenter = profile.presenter.is_some();
        });
        Self { machine, answers: Vec::new(), breaks: None, begun: false }
    }
}

/// One printer, and a queue that outlives its threads.
struct Bench {
    name: &'static str,
    profile: Profile,
    wire: Arc<Mutex<Wire>>,
    place: Place,
    queue: Queue,
    one: Submitted,
    /// The original and its first copy as they must stand on paper.
    expected: [Vec<u8>; 2],
    /// Where the line breaks, for whoever reads why a test failed.
    case: Option<(usize, End)>,
    events: mpsc::Receiver<PrinterEvent>,
    tell: mpsc::Sender<PrinterEvent>,
}

impl Bench {
    fn new(name: &'static str) -> Self {
        let profile = built_in(name).unwrap();
        let place = memory();
        let mut queue = place.open();
        let one = queue.submit(&draft("修路"), &County::new().sealer).unwrap();
        let wire = Arc::new(Mutex::new(Wire::to(&profile)));
        let (tell, events) = mpsc::channel();
        let expected = copies(&one, profile.cut);
        let case = None;
        Self { name, profile, wire, place, queue, one, expected, case, events, tell }
    }

    /// Everything that goes out behind the questions: the receipt, its handing out, its fence.
    fn length(&self) -> usize {
        self.expected[0].len() + self.profile.present_bytes().len() + self.profile.fence_bytes(0).len()
    }

    fn lock(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How often a copy is on paper, whole.
    fn whole(&self, copy: usize) -> usize {
        let strips = self.lock().machine.receipts().to_vec();
        strips.iter().filter(|strip| strip.bytes.ends_with(&self.expected[copy])).count()
    }

    /// A run of the service on the queue as it lies there.
    fn run(&self, queue: Queue) -> Handle {
        let (wire, clock) = (Arc::clone(&self.wire), self.place.clock.clone());
        let cable: Open = Box::new({
            let clock = clock.clone();
            move || Ok(Box::new(Cable { wire: Arc::clone(&wire), clock: clock.clone() }))
        });
        let mut settings = PrinterSettings::new("/dev/none".into(), 9600, self.profile.clone(), Width::Mm58);
        settings.rest = Duration::from_millis(1);
        let tell = self.tell.clone();
        let handle = start_at(cable, settings, head(), clock, move |event| drop(tell.send(event))).unwrap();
        handle.send(Command::Queue(Box::new(queue)));
        handle
    }

    /// Waits for what is said in the end of this receipt; "printed" must be true whenever it is said.
    fn settled(&self) -> Paper {
        loop {
            let said = self.events.recv_timeout(Duration::from_secs(30));
            match said.unwrap_or_else(|_| panic!("{:?}: nothing is said in {:?}", self.case, self.state())) {
                PrinterEvent::Job { paper: Paper::Printing, .. } | PrinterEvent::Health(_) => {}
                PrinterEvent::Job { paper: Paper::Printed, .. } => {
                    let state = self.state();
                    let PrintState::Confirmed { attempt } = state else { panic!("printed, and {state:?}") };
                    let copy = usize::try_from(attempt - 1).unwrap();
                    assert_eq!(self.whole(copy), 1, "{:?}: printed was said of attempt {attempt}", self.case);
                    return Paper::Printed;
                }
                PrinterEvent::Job { paper, .. } => return paper,
                other => panic!("{other:?}"),
            }
        }
    }

    fn state(&self) -> PrintState {
        self.queue.print_job(self.one.ticket).unwrap().unwrap().state
    }

    /// A receipt of which nothing has gone out, and a line that breaks in it.
    fn begin(&mut self, breaks: Option<(usize, End)>) {
        if self.place.clock.monotonic() > CODE_KEPT / 2 {
            // Before its code is forgotten. A queue of its own: SQLite keeps the files of closed connections open for as
            // long as the process has another connection to them.
            *self = Self::new(self.name);
        }
        self.case = breaks;
        self.queue.journal(self.one.job, PrintState::Prepared { after: 0 }, None).unwrap();
        while self.events.try_recv().is_ok() {}
        *self.lock() = Wire { breaks, ..Wire::to(&self.profile) };
    }

    /// One original at the most, and this copy of it, whole.
    fn is_whole(&self, copy: usize) {
        let (originals, copies) = (self.whole(0), self.whole(copy));
        assert!(originals <= 1 && copies == 1, "{:?}: {originals} originals, {copies} of copy {copy}", self.case);
    }

    /// The line holds: an original, known to be out where the printer can say so.
    fn hold(&mut self) {
        self.begin(None);
        let handle = self.run(self.queue.again().unwrap());
        handle.send(Command::Kick { ticket: self.one.ticket, text: None });
        assert_eq!(self.settled() == Paper::Printed, self.profile.fence != FenceKind::None);
        self.is_whole(0);
    }

    /// The line is lost behind `breaks` bytes; then the villager asks for another.
    fn lose(&mut self, breaks: usize) {
        self.begin(Some((breaks, End::Lost)));
        let handle = self.run(self.queue.again().unwrap());
        let ticket = self.one.ticket;
        handle.send(Command::Kick { ticket, text: None });
        let said = self.settled();
        assert_eq!((said, self.state()), (Paper::Unsure, PrintState::Unknown { attempt: 1 }), "{:?}", self.case);
        handle.send(Command::Reprint(ticket));
        let said = self.settled();
        assert!(said == Paper::Unsure || said == Paper::Printed, "{:?}: {said:?}", self.case);
        // Answers without a number may be those of the fence before; with one it is known.
        assert!(said == Paper::Printed || self.profile.fence != FenceKind::GsParenH, "{:?}", self.case);
        self.is_whole(1);
    }

    /// The terminal's power goes behind `breaks` bytes; then it starts anew.
    fn cut_the_power(&mut self, breaks: usize) {
        self.begin(Some((breaks, End::PowerCut)));
        let run = self.run(self.queue.again().unwrap());
        run.send(Command::Kick { ticket: self.one.ticket, text: None });
        // Ends with the thread.
        run.stop();
        assert_eq!(self.state(), PrintState::Sending { attempt: 1 }, "{:?}", self.case);
        while self.events.try_recv().is_ok() {}
        let _run = self.run(self.place.open());
        let said = self.settled();
        assert_eq!(said == Paper::Printed, self.profile.fence != FenceKind::None, "{:?}: {said:?}", self.case);
        self.is_whole(1);
    }
}

/// The bytes of an original and of its first copy.
fn copies(one: &Submitted, cut: Cut) -> [Vec<u8>; 2] {
    let head = head();
    let link = track_link(&head.public_base, one.ticket, &one.secret);
    let at = jiff::tz::TimeZone::get(&head.zone).unwrap().to_datetime(one.wall.at);
    [0, 1].map(|copy| {
        let receipt = Receipt {
            head: &head,
            ticket: one.ticket,
            code: &one.code,
            link: &link,
            category: "道路",
            place: Some("花桥村"),
            at: Some(at),
            text: None,
            copy,
        };
        render(&receipt.layout(Width::Mm58), cut, Characters::Gbk).to_vec()
    })
}

/// A queue in memory, where there is such a folder: what the disk does is proved elsewhere.
fn memory() -> Place {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { Place::below(shared) } else { Place::new() }
}

fn break_off_everywhere(name: &'static str) {
    let mut bench = Bench::new(name);
    bench.hold();
    // Behind the last byte it breaks at the next question.
    for breaks in 0..=bench.length() {
        bench.lose(breaks);
        bench.cut_the_power(breaks);
    }
}

#[test]
fn every_built_in_printer_is_tried_here() {
    let error = built_in("none of them").unwrap_err().to_string();
    assert!(error.ends_with("expected one of custom-presenter, epson-tm, escpos, generic-58"), "{error}");
}

#[test]
fn with_a_fence_that_has_a_number_and_buffers_that_are_emptied() {
    break_off_everywhere("epson-tm");
}

#[test]
fn with_a_fence_known_by_its_place() {
    break_off_everywhere("escpos");
}

#[test]
fn without_a_fence_and_without_a_knife() {
    break_off_everywhere("generic-58");
}

#[test]
fn with_a_presenter() {
    break_off_everywhere("custom-presenter");
}
