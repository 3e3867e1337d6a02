//! What the technician reads. Invariant: facts only; their words are the pages'.

use wire::event::WallTime;

use super::PrinterFault;

/// What the technician reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The queue; none while it is not open.
    pub queue: Option<QueueFacts>,
    /// Why nothing can be taken, in the program's own words; none, all is well.
    pub problem: Option<String>,
    /// The printer; none before it was looked at.
    pub printer: Option<PrinterFacts>,
    /// The case; none where nothing was ever seen of it.
    pub case: Option<CaseFacts>,
    /// The terminal's number; none before enrolment.
    pub terminal: Option<String>,
    /// Characters that no font can draw.
    pub missing_glyphs: Vec<char>,
}

/// How it stands with the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseFacts {
    /// Whether it is open.
    pub open: bool,
    /// How often it was opened.
    pub openings: u64,
}

/// How the printer is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrinterFacts {
    /// Why no receipt would come out; none, one would.
    pub fault: Option<PrinterFault>,
    /// What keeps it from being used, in the program's own words.
    pub problem: Option<String>,
    /// How much paper there is; none where it doesn't say.
    pub paper: Option<PaperLeft>,
    /// Whether a receipt stands in the presenter; none where there is no presenter.
    pub presented: Option<bool>,
}

/// How much paper there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperLeft {
    /// Enough.
    Enough,
    /// The roll is near its end.
    NearEnd,
    /// None.
    Out,
}

/// How full the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueFacts {
    /// Events that wait to be forwarded.
    pub waiting: u32,
    /// Events that the county refused.
    pub dead: u32,
    /// When the oldest of those that wait was written, by the clock of that moment.
    pub oldest: Option<WallTime>,
    /// Damaged queue files that were set aside.
    pub set_aside: usize,
}
