//! Which message about alarms goes out, and when: a digest of what is new, what still stands and what is over.
//!
//! Invariants: does no I/O and reads no clock. Two messages lie at least [`GAP`] apart, whatever happens. What stands, is
//! not quiet and has nobody who sees to it is told within [`HOLD`] and [`GAP`], and again after [`AGAIN`]. What comes and
//! goes is one alarm as long as it does not stay over for [`OVER`]. A message holds stations, terminals and faults,
//! nothing of a villager.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use wire::ticket::TerminalNumber;

use super::Fault;

/// What heals by itself within this time is no news: a cover that is opened for a new roll.
pub const HOLD: SignedDuration = SignedDuration::from_mins(2);
/// Between two messages.
pub const GAP: SignedDuration = SignedDuration::from_mins(10);
/// What stands and nobody sees to is told again after this time.
pub const AGAIN: SignedDuration = SignedDuration::from_hours(6);
/// What stayed over for this time is over: two reports' time.
pub const OVER: SignedDuration = SignedDuration::from_mins(10);

/// As many stations that are silent at once have one cause rather than many.
const OUTAGE: usize = 3;
/// Stations that are named in one line.
const NAMED: usize = 8;
/// Bytes of a message's text; group robots take 2048.
const TEXT: usize = 1_800;

/// An alarm, and what was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Rises with each alarm.
    pub number: i64,
    /// Whose.
    pub terminal: TerminalNumber,
    /// Where it stands; empty, not known.
    pub station: String,
    /// What is wrong.
    pub fault: Fault,
    /// When it was first told by the terminal.
    pub raised_at: Timestamp,
    /// When it was over; none, it stands.
    pub cleared_at: Option<Timestamp>,
    /// The last message with it.
    pub told_at: Option<Timestamp>,
    /// Whether a message said that it is over.
    pub is_over_told: bool,
    /// Whether somebody sees to it.
    pub is_taken: bool,
    /// Whether nothing is to be told of its terminal.
    pub is_quiet: bool,
}

/// What a message says of one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name; empty, not known.
    pub station: String,
    /// By terminal, the gravest first.
    pub faults: BTreeMap<TerminalNumber, Vec<Fault>>,
    /// Whether no terminal of the station is heard of, and nothing else is told of it.
    pub is_all_silent: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Stations of which nothing is heard, where they are so many that it is one cause.
    pub outage: Vec<String>,
    /// What stands, the most urgent first.
    pub open: Vec<Line>,
    /// What is over.
    pub over: Vec<Line>,
    /// The alarms that it tells of, by number.
    pub told: Vec<i64>,
    /// The alarms that it says are over, by number.
    pub told_over: Vec<i64>,
}

/// The message that is to go out, if any, where the last one was made at `last`. `alarms` holds what stands, and what was
/// over in the last six hours; `terminals_at` says how many terminals a station has that are not revoked.
#[must_use]
pub fn digest(
    alarms: &[Noted],
    terminals_at: &BTreeMap<String, usize>,
    last: Option<Timestamp>,
    now: Timestamp,
) -> Option<Message> {
    if last.is_some_and(|last| now.duration_since(last) < GAP) {
        return None;
    }
    let mut courses: BTreeMap<(TerminalNumber, &str), Vec<&Noted>> = BTreeMap::new();
    for noted in alarms {
        courses.entry((noted.terminal, noted.fault.name())).or_default().push(noted);
    }
    let (mut open, mut over) = (Vec::new(), Vec::new());
    for course in courses.values_mut() {
        course.sort_by_key(|noted| noted.number);
        open.extend(due(course, now));
        over.extend(ended(course, now));
    }
    if open.is_empty() && over.is_empty() {
        return None;
    }
    let silent = all_silent(alarms, terminals_at);
    let numbers = |of: &[&Noted]| of.iter().map(|noted| noted.number).collect();
    let (told, told_over) = (numbers(&open), numbers(&over));
    let mut open = lines(&open, &silent);
    let mut outage = Vec::new();
    if open.iter().filter(|line| line.is_all_silent).count() >= OUTAGE {
        outage = open.extract_if(.., |line| line.is_all_silent).map(|line| line.station).collect();
    }
    Some(Message { outage, open, over: lines(&over, &BTreeSet::new()), told, told_over })
}

/// The last alarm of a fault's course, where it is to be told.
fn due<'a>(course: &[&'a Noted], now: Timestamp) -> Option<&'a Noted> {
    let newest = *course.last()?;
    let is_held = now.duration_since(newest.raised_at) < HOLD;
    let is_told = last_told(course).is_some_and(|at| now.duration_since(at) < AGAIN);
    let is_due = newest.cleared_at.is_none() && !newest.is_quiet && !newest.is_taken && !is_held && !is_told;
    is_due.then_some(newest)
}

/// The last alarm of a fault's course, where it is to be told that it is over.
fn ended<'a>(course: &[&'a Noted], now: Timestamp) -> Option<&'a Noted> {
    let newest = *course.last()?;
    let is_over = newest.cleared_at.is_some_and(|at| now.duration_since(at) >= OVER);
    let is_news = last_told(course).is_some() && !newest.is_over_told && !newest.is_quiet;
    (is_over && is_news).then_some(newest)
}

/// When a fault was last told, in its course up to its newest alarm, since it last stayed over.
fn last_told(course: &[&Noted]) -> Option<Timestamp> {
    let mut began = None;
    for noted in course.iter().rev() {
        let stayed_over = |began: Timestamp| noted.cleared_at.is_some_and(|at| began.duration_since(at) >= OVER);
        if began.is_some_and(stayed_over) {
            return None;
        }
        if noted.told_at.is_some() {
            return noted.told_at;
        }
        began = Some(noted.raised_at);
    }
    None
}

/// The stations of which no terminal is heard.
fn all_silent<'a>(alarms: &'a [Noted], terminals_at: &BTreeMap<String, usize>) -> BTreeSet<&'a str> {
    let mut silent: BTreeMap<&str, usize> = BTreeMap::new();
    for noted in alarms.iter().filter(|noted| noted.fault == Fault::Silent && noted.cleared_at.is_none()) {
        *silent.entry(&noted.station).or_default() += 1;
    }
    silent.into_iter().filter(|(name, count)| terminals_at.get(*name) == Some(count)).map(|(name, _)| name).collect()
}

/// One line for each station, the most urgent first.
fn lines(of: &[&Noted], silent: &BTreeSet<&str>) -> Vec<Line> {
    let mut stations: BTreeMap<&str, BTreeMap<TerminalNumber, Vec<Fault>>> = BTreeMap::new();
    for noted in of {
        stations.entry(&noted.station).or_default().entry(noted.terminal).or_default().push(noted.fault);
    }
    let line = |(station, mut faults): (&str, BTreeMap<TerminalNumber, Vec<Fault>>)| {
        faults.values_mut().for_each(|faults| faults.sort_by_key(|fault| fault.urgency()));
        let is_all_silent = silent.contains(station) && faults.values().flatten().all(|fault| *fault == Fault::Silent);
        Line { station: station.to_owned(), faults, is_all_silent }
    };
    let mut lines: Vec<Line> = stations.into_iter().map(line).collect();
    lines.sort_by_key(|line| line.faults.values().flatten().map(|fault| fault.urgency()).min());
    lines
}

impl Message {
    /// As a webhook gets it: the form of the usual group robots, with the same facts beside it for programs.
    #[must_use]
    pub fn body(&self, now: Timestamp) -> Value {
        let facts = |lines: &[Line]| lines.iter().map(Line::facts).collect::<Vec<_>>();
        json!({
            "msgtype": "text", "text": { "content": self.text() }, "event": "terminals", "at": now,
            "outage": self.outage, "open": facts(&self.open), "over": facts(&self.over),
        })
    }

    /// For people, within what robots take; what finds no room is counted.
    fn text(&self) -> String {
        let mut text = "【连心终端】".to_owned();
        if !self.outage.is_empty() {
            let named = self.outage.iter().take(NAMED).map(|name| named(name)).collect::<Vec<_>>().join("、");
            let more = if self.outage.len() > NAMED { "等" } else { "" };
            let count = self.outage.len();
            text += &format!("\n{count} 个站点的终端都没有消息：{named}{more}。先看是不是停电或断网。");
        }
        let mut left_out = 0;
        let open = self.open.iter().map(Line::text);
        for line in open.chain(self.over.iter().map(|line| format!("不用管了：{}", line.text()))) {
            if text.len() + line.len() > TEXT {
                left_out += 1;
            } else {
                text = text + "\n" + &line;
            }
        }
        if left_out > 0 {
            text += &format!("\n还有 {left_out} 条，请在“今天要管的”里看。");
        }
        text
    }
}

impl Line {
    fn text(&self) -> String {
        let name = named(&self.station);
        if self.is_all_silent {
            return format!("{name}：终端都没有消息。先打电话问一问，可能是停电或者断网。");
        }
        let said = |(terminal, faults): (&TerminalNumber, &Vec<Fault>)| {
            let faults: Vec<_> = faults.iter().map(|fault| fault.in_chinese()).collect();
            format!("终端 {terminal} {}", faults.join("、"))
        };
        let terminals: Vec<_> = self.faults.iter().map(said).collect();
        format!("{name}：{}", terminals.join("；"))
    }

    fn facts(&self) -> Value {
        let terminal = |(terminal, faults): (&TerminalNumber, &Vec<Fault>)| {
            let faults: Vec<_> = faults.iter().map(|fault| fault.name()).collect();
            json!({ "terminal": terminal, "faults": faults })
        };
        let terminals: Vec<_> = self.faults.iter().map(terminal).collect();
        json!({ "station": self.station, "all_silent": self.is_all_silent, "terminals": terminals })
    }
}

fn named(station: &str) -> &str {
    if station.is_empty() { "不知道在哪个站点" } else { station }
}
