//! The inside of a receipt printer: what it does with bytes, and what it answers.
//!
//! Invariant: does no I/O and reads no clock; its time is the bytes that came over the wire, at the wire's rate.
//! Sources: Epson ESC/POS reference ("DLE EOT", "DLE DC4 fn 8", "GS r", "GS ( H fn 48", "GS V"), model TM-T88; for the
//! presenter the manuals of Custom's kiosk printers ("DLE EOT 20", "GS e").
//!
//! Like the real one it answers real-time commands wherever they stand in the stream, holds a job while the paper is
//! out, prints the held job once there is paper again, and answers the job's fence only then.

use std::{collections::VecDeque, time::Duration};

use super::{
    commands::{DLE, Realtime, is_blank, length, realtime_length},
    flow::{Flow, ROOM},
    mechanism::Mechanism,
};

/// 9600 baud, ten bits a byte.
pub const BYTES_PER_SECOND: u64 = 960;

/// What the roll is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// Enough.
    Present,
    /// Enough for a few receipts; the sensor of the roll's end has seen it.
    NearEnd,
    /// None.
    Out,
}

/// What stops a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The roll is used up.
    PaperOut,
    /// Somebody opened it.
    CoverOpen,
    /// The knife is stuck.
    CutterJammed,
    /// The head is too hot.
    Hot,
    /// Something without a name of its own, which passes.
    Unwell,
}

impl Fault {
    /// Begins it or ends it.
    pub fn set(self, is_so: bool, c: &mut Conditions) {
        match self {
            Self::PaperOut => c.paper = if is_so { Paper::Out } else { Paper::Present },
            Self::CoverOpen => c.cover_open = is_so,
            Self::CutterJammed => c.cutter_jammed = is_so,
            Self::Hot => c.hot = is_so,
            Self::Unwell => c.unwell = is_so,
        }
    }
}

/// What can be wrong with a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// The roll.
    pub paper: Paper,
    /// Lines until it stops, whatever is being printed then.
    pub lines_left: Option<u32>,
    /// What it stops for then: the end of the paper, where nothing else is said.
    pub stops_for: Fault,
    /// The cover stands open.
    pub cover_open: bool,
    /// The knife is stuck.
    pub cutter_jammed: bool,
    /// The head is too hot.
    pub hot: bool,
    /// Something without a name of its own is wrong, which passes.
    pub unwell: bool,
    /// Switched off, or the cable is out: swallows everything, answers nothing.
    pub silent: bool,
    /// Prints, and answers nothing.
    pub mute: bool,
    /// Answers questions about its state with bytes that are no status.
    pub garbage: bool,
    /// Knows `GS ( H` and `GS r`; cheap printers know neither.
    pub fence: bool,
    /// Has a knife. Without one a feed of four lines at once, to the tear bar, ends a receipt.
    pub knife: bool,
    /// Has a presenter, and answers `DLE EOT 20`.
    pub presenter: bool,
    /// A receipt stands in it. A hand takes it by setting this to false.
    pub presented: bool,
    /// Takes back when it is told to; a switch in the printer.
    pub takes_back: bool,
    /// Says XOFF when it is off-line or full, and XON when it is well.
    pub says_stop: bool,
    /// Prints nothing for the moment, though nothing is wrong.
    pub behind: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            paper: Paper::Present,
            lines_left: None,
            stops_for: Fault::PaperOut,
            cover_open: false,
            cutter_jammed: false,
            hot: false,
            unwell: false,
            silent: false,
            mute: false,
            garbage: false,
            fence: true,
            knife: true,
            presenter: false,
            presented: false,
            takes_back: true,
            says_stop: false,
            behind: false,
        }
    }
}

/// One receipt that came out and was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its exact bytes up to and with the cut, without the real-time commands between them, which print nothing.
    pub bytes: Vec<u8>,
    /// How long the wire was busy from its first to its last byte, real-time commands among them.
    pub wire: Duration,
    /// Its length, in dots.
    pub dots: u32,
    /// When it was out and cut, by the printer's own clock.
    pub out: Duration,
}

/// A printer without its plug.
#[derive(Debug, Default)]
pub struct Machine {
    conditions: Conditions,
    /// The beginning of what may be a real-time command.
    realtime: Vec<u8>,
    /// Bytes that wait to be executed, and the place of each on the wire.
    buffer: VecDeque<u8>,
    places: VecDeque<u64>,
    /// What has been executed since the last cut, and where on the wire it began and ended.
    open: Vec<u8>,
    span: (u64, u64),
    received: u64,
    flow: Flow,
    mechanism: Mechanism,
    receipts: Vec<Receipt>,
    scraps: Vec<Vec<u8>>,
    taken_back: usize,
}

impl Machine {
    /// Takes bytes from the wire; returns what the printer answers.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        for &byte in bytes {
            self.received += 1;
            if self.conditions.silent {
                continue;
            }
            self.realtime.push(byte);
            match realtime_length(&self.realtime) {
                Realtime::Wait => {}
                Realtime::None => self.keep_realtime_as_data(),
                Realtime::Complete => {
                    let command = std::mem::take(&mut self.realtime);
                    answers.extend(self.answer_realtime(&command));
                }
            }
            answers.extend(self.execute());
            answers.extend(self.stop_or_go());
        }
        if self.conditions.mute {
            answers.clear();
        }
        answers
    }

    /// Changes what is wrong; returns what the printer answers once it can go on.
    pub fn change(&mut self, change: impl FnOnce(&mut Conditions)) -> Vec<u8> {
        change(&mut self.conditions);
        if self.conditions.silent {
            self.forget_buffers();
            return Vec::new();
        }
        let mut answers = self.execute();
        answers.extend(self.stop_or_go());
        if self.conditions.mute { Vec::new() } else { answers }
    }

    /// Whether it is off-line or full.
    pub fn is_busy(&self) -> bool {
        self.flow.is_busy()
    }

    fn stop_or_go(&mut self) -> Option<u8> {
        let said = self.flow.look(self.online(), self.buffer.len());
        said.filter(|_| self.conditions.says_stop)
    }

    /// The receipts that were cut off, in order.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// What came out since the last cut; without a knife, all of it.
    pub fn open(&self) -> &[u8] {
        &self.open
    }

    /// What was printed and then abandoned: the job was cleared, or the printer was switched off.
    pub fn scraps(&self) -> &[Vec<u8>] {
        &self.scraps
    }

    /// How often a receipt was taken back.
    pub fn taken_back(&self) -> usize {
        self.taken_back
    }

    /// The printer's own clock: the time its wire has been busy.
    pub fn clock(&self) -> Duration {
        wire_time(self.received)
    }

    fn keep_realtime_as_data(&mut self) {
        let first = self.received - self.realtime.len() as u64 + 1;
        let bytes = std::mem::take(&mut self.realtime);
        for (byte, place) in bytes.into_iter().zip(first..) {
            // The last byte may begin a command of its own.
            if place == self.received && byte == DLE && place != first {
                self.realtime.push(byte);
            } else if self.buffer.len() < ROOM {
                self.buffer.push_back(byte);
                self.places.push_back(place);
            }
        }
    }

    fn answer_realtime(&mut self, command: &[u8]) -> Vec<u8> {
        match command {
            [DLE, 0x04, _] if self.conditions.garbage => vec![0xFF, 0x55, 0x00],
            [DLE, 0x04, n @ 1..=4] => vec![self.status(*n)],
            [DLE, 0x04, 20] if self.conditions.presenter => self.full_status(),
            // fn 8 with its seven fixed parameters: both buffers are cleared.
            [DLE, 0x14, 0x08, ..] => {
                self.forget_buffers();
                vec![0x37, 0x25, 0x00]
            }
            _ => Vec::new(),
        }
    }

    /// A status byte with its fixed pattern 0xx1xx10.
    fn status(&self, n: u8) -> u8 {
        const FIXED: u8 = 0b0001_0010;
        let c = &self.conditions;
        let flag = |on: bool, bits: u8| if on { bits } else { 0 };
        let out = c.paper == Paper::Out;
        FIXED
            | match n {
                1 => flag(!self.online(), 0x08),
                2 => flag(c.cover_open, 0x04) | flag(out, 0x20) | flag(c.cutter_jammed, 0x40),
                3 => flag(c.cutter_jammed, 0x08) | flag(c.unwell, 0x04) | flag(c.hot, 0x40),
                _ => flag(c.paper != Paper::Present, 0x0C) | flag(out, 0x60),
            }
    }

    /// Paper, user, errors that pass, errors that last. Source: Custom KPM210/216, KPM150, Pyramid Reliance.
    fn full_status(&self) -> Vec<u8> {
        let c = &self.conditions;
        let flag = |on: bool, bits: u8| if on { bits } else { 0 };
        let paper = flag(c.paper == Paper::Out, 0x01) | flag(c.paper != Paper::Present, 0x04) | flag(c.presented, 0x20);
        let passing = flag(c.hot, 0x01) | flag(c.unwell, 0x40);
        vec![DLE, 0x0F, paper, flag(c.cover_open, 0x03), passing, flag(c.cutter_jammed, 0x01)]
    }

    fn online(&self) -> bool {
        let c = &self.conditions;
        c.paper != Paper::Out && !c.cover_open && !c.cutter_jammed && !c.hot && !c.unwell && !c.silent
    }

    fn forget_buffers(&mut self) {
        self.buffer.clear();
        self.places.clear();
        self.realtime.clear();
        if !self.open.is_empty() {
            self.scraps.push(std::mem::take(&mut self.open));
        }
    }

    /// Executes complete commands while the printer is on line.
    fn execute(&mut self) -> Vec<u8> {
        let mut answers = Vec::new();
        while self.online() && !self.conditions.behind {
            let Some(length) = length(self.buffer.make_contiguous()) else { break };
            let command: Vec<u8> = self.buffer.drain(..length).collect();
            let (first, last) = (self.places[0], self.places[length - 1]);
            self.places.drain(..length);
            if let Some(answer) = self.fence(&command) {
                answers.extend(answer);
                if self.open.is_empty() {
                    continue;
                }
            }
            if let [0x1D, b'e', what, ..] = *command {
                self.move_presented(what);
                continue;
            }
            if self.open.is_empty() {
                self.span.0 = first;
            }
            self.span.1 = last;
            self.open.extend(&command);
            self.mechanism.execute(&command, wire_time(last));
            match command.as_slice() {
                [b'\n'] => self.feed(1),
                [0x1B, b'd', lines] => {
                    self.feed(u32::from(*lines));
                    if !self.conditions.knife && *lines >= 4 {
                        self.cut();
                    }
                }
                [0x1D, b'V', ..] | [0x1B, b'i' | b'm'] => self.cut(),
                _ => {}
            }
        }
        answers
    }

    /// Answers to commands that stand in the queue behind a job.
    fn fence(&self, command: &[u8]) -> Option<Vec<u8>> {
        match command {
            [0x1D, b'r', _] if self.conditions.fence => {
                Some(vec![if self.conditions.paper == Paper::NearEnd { 0x03 } else { 0x00 }])
            }
            [0x1D, b'(', b'H', 6, 0, 48, 48, id @ ..] if self.conditions.fence => {
                Some([&[0x37, 0x22], id, &[0x00]].concat())
            }
            [0x1D, b'r', _] | [0x1D, b'(', b'H', ..] => Some(Vec::new()),
            _ => None,
        }
    }

    /// `GS e`: 3 hands out what was cut off, 2 takes it back.
    fn move_presented(&mut self, what: u8) {
        let c = &mut self.conditions;
        match what {
            3 => c.presented = c.presenter,
            2 if c.takes_back && c.presented => {
                c.presented = false;
                self.taken_back += 1;
            }
            _ => {}
        }
    }

    fn feed(&mut self, lines: u32) {
        if let Some(left) = &mut self.conditions.lines_left {
            *left = left.saturating_sub(lines);
            if *left == 0 {
                self.conditions.lines_left = None;
                self.conditions.stops_for.set(true, &mut self.conditions);
            }
        }
    }

    fn cut(&mut self) {
        let bytes = std::mem::take(&mut self.open);
        let (dots, out) = self.mechanism.cut(wire_time(self.span.1));
        // A piece on which nothing stands is no receipt.
        if is_blank(&bytes) {
            return;
        }
        let wire = wire_time(self.span.1 - self.span.0 + 1);
        self.receipts.push(Receipt { bytes, wire, dots, out });
    }
}

fn wire_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes) / u32::try_from(BYTES_PER_SECOND).unwrap_or(u32::MAX)
}
