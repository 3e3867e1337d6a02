//! What a terminal tells its host of itself: states and counts, nothing of a villager.
//!
//! Invariants: what the agent does not know is not said: a kiosk that is silent is no [`Kiosk`], never one that is well. A
//! word of a newer terminal is kept as it was written. Order is boot and sequence, never a clock.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::{ClockQuality, WallTime},
    settings::InForce,
    ticket::TerminalNumber,
};

/// Where terminals POST a [`Report`], below the fleet role's address.
pub const PATH: &str = "/v1/health";

/// The version of the report that this library writes.
pub const VERSION: u32 = 1;

/// Openings that a report names; older ones are counted only.
pub const OPENINGS_NAMED: usize = 8;

/// How a terminal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of the report.
    pub v: u32,
    /// The terminal, the same as in its certificate.
    pub terminal: TerminalNumber,
    /// The boot in which it was written.
    pub boot: Uuid,
    /// Rises with each report of a boot.
    pub seq: u64,
    /// Wall time, a label.
    pub wall: WallTime,
    /// Age of the boot, seconds.
    pub uptime_s: u64,
    /// Version of the agent, which writes the report.
    pub agent: String,
    /// What kiosk says; none, it is silent and nobody knows.
    #[serde(default)]
    pub kiosk: Option<Kiosk>,
    /// Who opened the case.
    #[serde(default)]
    pub tamper: Tamper,
    /// The settings from afar; none, none were ever ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<InForce>,
}

/// What kiosk knows of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kiosk {
    /// Drawn at its start; another one, it was started anew.
    pub run: Uuid,
    /// Its version.
    pub version: String,
    /// The queue.
    pub queue: Queue,
    /// The receipt printer.
    pub printer: Printer,
    /// Whether somebody watches the switch of the case; none, that can't be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_switch: Option<CaseSwitch>,
    /// The settings from afar that it started with; none, its own alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<u64>,
}

/// How the queue is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Queue {
    /// Whether suggestions are taken.
    pub state: QueueState,
    /// Events that wait to be forwarded; none, it can't be read.
    #[serde(default)]
    pub waiting: Option<u32>,
    /// For how long the oldest of them waits, seconds; none where none waits, or no clock can tell.
    #[serde(default)]
    pub oldest_s: Option<u64>,
    /// Events that the county refused, or has other bytes for; none, they can't be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<u32>,
    /// Damaged files that were set aside and not taken away; none, they can't be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<u32>,
}

/// Whether suggestions are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// They are.
    Ok,
    /// The terminal has no enrolment file.
    NotEnrolled,
    /// There is no room for another visit.
    Full,
    /// The file system takes no writes.
    ReadOnly,
    /// Nothing can be written down for another reason, which stands in the terminal's log.
    Unusable,
    /// A state of a newer terminal.
    #[serde(untagged)]
    Other(String),
}

/// How the printer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Printer {
    /// Whether its port is open.
    pub port: bool,
    /// What it says, or that it says nothing.
    pub state: PrinterState,
    /// Name of the profile that it is driven by.
    pub profile: String,
}

/// What a printer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrinterState {
    /// A receipt would come out.
    Ok,
    /// One would, and the roll is near its end.
    PaperNearEnd,
    /// The paper ran out.
    NoPaper,
    /// The cover is open.
    CoverOpen,
    /// The knife is stuck.
    Cutter,
    /// The head is too hot; it goes on by itself.
    Heat,
    /// Paper is jammed on its way to the presenter.
    Jam,
    /// Something else is wrong.
    Fault,
    /// It does not answer.
    NoAnswer,
    /// It is of a kind that never answers: its port is open, and nobody knows more.
    Mute,
    /// Nothing drives it: the settings name a profile that can't be had. The terminal's log says which.
    NotDriven,
    /// A state of a newer terminal.
    #[serde(untagged)]
    Other(String),
}

/// Whether the switch of the case is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseSwitch {
    /// The settings name none.
    Absent,
    /// It is, and what was seen of it is written down.
    Watched,
    /// The settings name one, and it can't be read.
    Failed,
    /// A state of a newer terminal.
    #[serde(untagged)]
    Other(String),
}

/// Who opened the case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tamper {
    /// Whether it is open; none, nobody watches it.
    #[serde(default)]
    pub open: Option<bool>,
    /// Which journal counts; another one than before, it was begun anew. None, the terminal has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<u32>,
    /// How often it was opened since the terminal's journal began.
    #[serde(default)]
    pub openings: u64,
    /// The newest of those that the host has not taken yet, oldest first, at most [`OPENINGS_NAMED`].
    #[serde(default)]
    pub new: Vec<Opening>,
    /// The opening that cost the terminal its former key; none, none did.
    #[serde(default)]
    pub key_wiped_at: Option<u64>,
}

/// Somebody opened the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opening {
    /// Which one it was, counted from 1.
    pub number: u64,
    /// The boot in which it was seen.
    pub boot: Uuid,
    /// Age of the boot then, milliseconds.
    pub uptime_ms: u64,
    /// Wall time, a label.
    pub wall: WallTime,
}

/// What [`PATH`] answers: the report is on the host's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// As in the report: these openings need not be told again.
    pub openings: u64,
    /// The newest order of settings to the terminal; none, there never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<u64>,
    /// The oldest request of diagnostics that waits for the terminal; none, none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<u64>,
}

impl Report {
    /// The same with all that changes by itself left out: two reports that are equal so say the same.
    #[must_use]
    pub fn lasting(&self) -> Self {
        let wall = WallTime { at: Timestamp::UNIX_EPOCH, quality: self.wall.quality };
        let mut lasting = Self { seq: 0, uptime_s: 0, wall, ..self.clone() };
        if let Some(kiosk) = &mut lasting.kiosk {
            kiosk.queue.waiting = kiosk.queue.waiting.map(|_| 0);
            kiosk.queue.oldest_s = None;
        }
        lasting
    }

    /// Whether this one was written after `other`, as far as that can be told: of two boots nobody knows.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        self.boot == other.boot && self.seq < other.seq
    }
}

/// For how long something waits that was written at `since`; none where either clock could not tell, or they disagree.
#[must_use]
pub fn waits_s(since: WallTime, now: WallTime) -> Option<u64> {
    let known = |quality: ClockQuality| quality.shows_a_day();
    let waits = now.at.duration_since(since.at).as_secs();
    u64::try_from(waits).ok().filter(|_| known(since.quality) && known(now.quality))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            v: VERSION,
            terminal: TerminalNumber::new(613).unwrap(),
            boot: Uuid::from_u128(1),
            seq: 1,
            wall: WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Host },
            uptime_s: 1,
            agent: "0.1.0".into(),
            kiosk: Some(Kiosk {
                run: Uuid::from_u128(2),
                version: "0.1.0".into(),
                queue: Queue {
                    state: QueueState::Ok,
                    waiting: Some(1),
                    oldest_s: Some(7),
                    dead: Some(0),
                    set_aside: Some(0),
                },
                printer: Printer { port: true, state: PrinterState::Ok, profile: "epson-tm".into() },
                case_switch: Some(CaseSwitch::Watched),
                settings: None,
            }),
            tamper: Tamper::default(),
            settings: None,
        }
    }

    #[test]
    fn only_what_lasts_makes_two_reports_differ() {
        let (first, mut later) = (report(), report());
        (later.seq, later.uptime_s, later.wall.at) = (9, 300, later.wall.at + jiff::SignedDuration::from_secs(300));
        let kiosk = later.kiosk.as_mut().unwrap();
        (kiosk.queue.waiting, kiosk.queue.oldest_s) = (Some(90), None);
        assert_eq!(first.lasting(), later.lasting());
        let changes: [fn(&mut Report); 8] = [
            |r| r.kiosk.as_mut().unwrap().printer.state = PrinterState::NoPaper,
            |r| r.kiosk.as_mut().unwrap().queue.waiting = None,
            |r| r.kiosk = None,
            |r| r.wall.quality = ClockQuality::Unset,
            |r| r.tamper.openings = 1,
            |r| r.kiosk.as_mut().unwrap().case_switch = None,
            |r| r.boot = Uuid::from_u128(3),
            |r| r.kiosk.as_mut().unwrap().settings = Some(3),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut other = report();
            change(&mut other);
            assert_ne!(first.lasting(), other.lasting(), "{at}");
        }
    }

    #[test]
    fn within_a_boot_the_sequence_says_which_report_is_older_and_over_boots_nothing_does() {
        let (first, second) = (report(), Report { seq: 2, ..report() });
        assert!(first.is_before(&second) && !second.is_before(&first) && !first.is_before(&first));
        assert!(!first.is_before(&Report { boot: Uuid::from_u128(9), ..second }));
    }

    #[test]
    fn a_wait_is_known_only_where_both_clocks_could_tell_the_day() {
        let at = |text: &str, quality| WallTime { at: text.parse().unwrap(), quality };
        let now = at("2027-01-02T00:00:00Z", ClockQuality::Host);
        assert_eq!(waits_s(at("2027-01-01T00:00:00Z", ClockQuality::Ntp), now), Some(86_400));
        assert_eq!(waits_s(at("2027-01-01T00:00:00Z", ClockQuality::Unset), now), None);
        assert_eq!(waits_s(at("2027-01-03T00:00:00Z", ClockQuality::Ntp), now), None);
    }
}
