//! What the printer's tests share: a queue, a virtual printer and the thread between them.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

#[path = "../queue_support/mod.rs"]
pub mod queue_support;
#[path = "../support/virtual_printer/mod.rs"]
pub mod virtual_printer;

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    clock::{Clock, SystemClock},
    printer::{
        Command, Handle, Letterhead, Paper, PrinterEvent, PrinterHealth, PrinterSettings, Refusal, Width, built_in,
        start,
    },
    queue::{CODE_KEPT, PrintState, Queue, Submitted},
};
use queue_support::{County, Place, draft};
use virtual_printer::VirtualPrinter;
use zeroize::Zeroizing;

/// Longer than any patience with a receipt.
const SOON: Duration = Duration::from_secs(30);

pub fn head() -> Letterhead {
    Letterhead {
        station: "花桥镇人大代表联络站".into(),
        public_base: "https://county.example".into(),
        zone: "Asia/Shanghai".into(),
        ..Letterhead::default()
    }
}

pub struct Bench {
    pub place: Place,
    pub county: County,
    pub queue: Queue,
    pub events: mpsc::Receiver<PrinterEvent>,
    pub tell: mpsc::Sender<PrinterEvent>,
}

impl Bench {
    pub fn new() -> Self {
        let place = Place::new();
        let queue = place.open();
        let (tell, events) = mpsc::channel();
        Self { place, county: County::new(), queue, events, tell }
    }

    pub fn port(&self) -> PathBuf {
        self.place.folder.path().join("printer")
    }

    pub fn plug_in(&self) -> VirtualPrinter {
        VirtualPrinter::start(&self.port()).unwrap()
    }

    pub fn settings(&self, profile: &str) -> PrinterSettings {
        let mut settings = PrinterSettings::new(self.port(), 115_200, built_in(profile).unwrap(), Width::Mm58);
        settings.rest = Duration::from_millis(30);
        settings
    }

    pub fn start(&self, profile: &str) -> Handle {
        self.start_with(self.settings(profile), head())
    }

    pub fn start_with(&self, settings: PrinterSettings, head: Letterhead) -> Handle {
        self.start_by(Arc::new(SystemClock::start()), settings, head)
    }

    /// By the clock that a test turns.
    pub fn start_turned(&self, settings: PrinterSettings, head: Letterhead) -> Handle {
        self.start_by(self.place.clock.clone(), settings, head)
    }

    fn start_by(&self, clock: Arc<dyn Clock>, settings: PrinterSettings, head: Letterhead) -> Handle {
        let tell = self.tell.clone();
        let queue = self.queue.again().unwrap();
        let handle = start(settings, head, clock, move |event| drop(tell.send(event))).unwrap();
        handle.send(Command::Queue(Box::new(queue)));
        handle
    }

    /// Ends the thread, and opens the queue anew as the next run does.
    pub fn restart(&mut self, handle: Handle, profile: &str) -> Handle {
        handle.stop();
        self.queue = self.place.open();
        self.start(profile)
    }

    pub fn submit(&mut self, handle: Option<&Handle>, words: Option<&str>) -> Submitted {
        let mut draft = draft(words.unwrap_or("修路"));
        draft.text_on_receipt = words.is_some();
        let one = self.queue.submit(&draft, &self.county.sealer).unwrap();
        if let Some(handle) = handle {
            let text = words.map(|words| Zeroizing::new(words.to_owned()));
            handle.send(Command::Kick { ticket: one.ticket, text });
        }
        one
    }

    /// Waits for something that no event tells.
    pub fn until(&self, is_so: impl Fn() -> bool) {
        let clock = SystemClock::start();
        while !is_so() {
            assert!(clock.monotonic() < SOON, "waited in vain");
            std::thread::yield_now();
        }
    }

    /// Waits for an event; those before it are passed over.
    pub fn wait(&self, what: impl Fn(&PrinterEvent) -> bool) -> PrinterEvent {
        let mut seen = Vec::new();
        loop {
            match self.events.recv_timeout(SOON) {
                Ok(event) if what(&event) => return event,
                Ok(event) => seen.push(event),
                Err(_) => panic!("it did not come; before it came {seen:?}"),
            }
        }
    }

    pub fn wait_paper(&self, one: &Submitted, paper: Paper) {
        self.wait(|e| *e == PrinterEvent::Job { ticket: one.ticket, paper });
    }

    /// Waits likewise, and turns the clock on by a second whenever nothing comes.
    pub fn wait_turning(&self, one: &Submitted, paper: Paper) {
        let wanted = PrinterEvent::Job { ticket: one.ticket, paper };
        let mut seen = Vec::new();
        for _ in 0..CODE_KEPT.as_secs() {
            match self.events.recv_timeout(Duration::from_millis(50)) {
                Ok(event) if event == wanted => return,
                Ok(event) => seen.push(event),
                Err(_) => self.place.clock.go_on(Duration::from_secs(1)),
            }
        }
        panic!("it did not come; before it came {seen:?}");
    }

    /// Waits until the printer is well or is not for this reason.
    pub fn wait_trouble(&self, trouble: Option<Refusal>) {
        self.wait_health(|h| h.trouble() == trouble);
    }

    pub fn wait_health(&self, is: impl Fn(&PrinterHealth) -> bool) {
        self.wait(|e| matches!(e, PrinterEvent::Health(health) if is(health)));
    }

    pub fn state(&self, one: &Submitted) -> PrintState {
        self.queue.print_job(one.ticket).unwrap().unwrap().state
    }
}

pub fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

pub fn copy_mark(number: u32) -> Vec<u8> {
    gbk(&format!("补打 第{number}次"))
}
