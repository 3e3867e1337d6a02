//! What needs a person today: which stations to go to, why, and what to bring.
//!
//! Invariants: one trip to a station, however much is wrong there; where no suggestion can be taken stands first. Fault and
//! age are what terminals said, or the host's own silence about them: nothing is added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use wire::ticket::TerminalNumber;

use super::{
    Error, Fault, Fleet, Quiet, Taken,
    health::SILENT_AFTER,
    sites::Path,
    telling::Quiets,
    users::{Scope, Standing},
};
use crate::store::{
    health as rows, notices,
    overview::{self, Among, Within},
};

/// What to take along; what is seldom needed is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bring {
    /// A roll of paper.
    Paper,
    /// Cables: power, network, printer.
    Cables,
    /// A USB stick, for what the terminal can't send.
    Stick,
    /// A printer.
    Printer,
    /// A terminal.
    Terminal,
}

/// What is wrong with a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reason {
    /// By its name.
    #[serde(serialize_with = "super::health::name")]
    pub fault: Fault,
    /// When it was first told.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Who sees to it.
    pub taken: Option<Taken>,
}

/// A terminal that needs somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Call {
    /// Which.
    #[schema(value_type = crate::fleet::views::Number)]
    pub terminal: TerminalNumber,
    /// Where in or near its station; may be empty.
    pub place: String,
    /// Whether messages leave it out.
    pub quiet: Option<Quiet>,
    /// The gravest first.
    pub reasons: Vec<Reason>,
}

/// A station that somebody has to go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Trip {
    /// Its name; empty for terminals that an older backup did not know.
    pub station: String,
    /// Name of the site above it, as the township; empty, there is none.
    pub above: String,
    /// By number.
    pub calls: Vec<Call>,
    /// For all of them.
    pub bring: BTreeSet<Bring>,
    /// Whether no terminal of the station is heard of: ring up before you drive, it may be the power or the line.
    pub is_all_silent: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct Today {
    /// Where to go, the most urgent first.
    pub trips: Vec<Trip>,
    /// What is seen to from the desk, or by a telephone call.
    pub from_the_desk: Vec<Call>,
    /// Since when messages about alarms did not arrive.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub untold_since: Option<Timestamp>,
}

/// An open alarm, and where its terminal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    terminal: TerminalNumber,
    station: String,
    above: String,
    place: String,
    quiet: Option<Quiet>,
    reason: Reason,
}

impl Fault {
    /// What to bring for it; none where nobody has to go there.
    fn needs(self) -> Option<&'static [Bring]> {
        Some(match self {
            Self::EventsRefused | Self::CaseOpened => return None,
            Self::Silent => &[Bring::Cables, Bring::Terminal],
            Self::KioskSilent | Self::QueueReadOnly | Self::QueueUnusable => &[Bring::Terminal],
            Self::QueueFull | Self::QueueSetAside => &[Bring::Stick],
            Self::PrinterUnplugged | Self::CaseUnwatched => &[Bring::Cables],
            Self::PrinterSilent => &[Bring::Cables, Bring::Printer],
            Self::PaperNearEnd | Self::NoPaper => &[Bring::Paper],
            Self::Cutter | Self::Heat | Self::PrinterFault => &[Bring::Printer],
            Self::PrinterNotDriven | Self::CoverOpen | Self::Jam | Self::CaseOpen => &[],
        })
    }

    /// 0, no suggestion is taken as far as anybody knows; 1, no receipt comes out; 2, the rest.
    pub(super) fn urgency(self) -> u8 {
        match self {
            Self::Silent | Self::KioskSilent | Self::QueueFull | Self::QueueReadOnly | Self::QueueUnusable => 0,
            Self::PrinterUnplugged
            | Self::PrinterNotDriven
            | Self::PrinterSilent
            | Self::NoPaper
            | Self::CoverOpen
            | Self::Cutter
            | Self::Heat
            | Self::Jam
            | Self::PrinterFault => 1,
            Self::PaperNearEnd
            | Self::QueueSetAside
            | Self::EventsRefused
            | Self::CaseUnwatched
            | Self::CaseOpen
            | Self::CaseOpened => 2,
        }
    }
}

impl Call {
    /// Whether nobody sees to some of it.
    #[must_use]
    pub fn is_untaken(&self) -> bool {
        self.reasons.iter().any(|reason| reason.taken.is_none())
    }

    /// Of its gravest reason, and the oldest of that.
    fn rank(&self) -> Option<(u8, Timestamp)> {
        self.reasons.first().map(|reason| (reason.fault.urgency(), reason.since))
    }
}

impl Trip {
    fn rank(&self) -> Option<(u8, Timestamp)> {
        self.calls.iter().filter_map(Call::rank).min()
    }
}

/// Calls by terminal, each with the gravest reason first.
fn calls(open: impl Iterator<Item = Open>) -> Vec<Call> {
    let mut calls: BTreeMap<TerminalNumber, Call> = BTreeMap::new();
    for Open { terminal, place, quiet, reason, .. } in open {
        calls.entry(terminal).or_insert(Call { terminal, place, quiet, reasons: Vec::new() }).reasons.push(reason);
    }
    let mut calls: Vec<_> = calls.into_values().collect();
    for call in &mut calls {
        call.reasons.sort_by_key(|reason| (reason.fault.urgency(), reason.since));
    }
    calls
}

/// What open alarms come to; `terminals_at` says how many terminals a station has that are not revoked.
fn today(open: Vec<Open>, terminals_at: &BTreeMap<String, usize>) -> Today {
    let (trips, desk): (Vec<Open>, Vec<Open>) = open.into_iter().partition(|open| open.reason.fault.needs().is_some());
    let mut stations: BTreeMap<String, Vec<Open>> = BTreeMap::new();
    for open in trips {
        stations.entry(open.station.clone()).or_default().push(open);
    }
    let trip = |(station, open): (String, Vec<Open>)| {
        let bring = open.iter().filter_map(|open| open.reason.fault.needs()).flatten().copied().collect();
        let silent = open.iter().filter(|open| open.reason.fault == Fault::Silent).count();
        let is_all_silent = silent > 0 && terminals_at.get(&station) == Some(&silent);
        let above = open.first().map(|open| open.above.clone()).unwrap_or_default();
        Trip { above, calls: calls(open.into_iter()), bring, is_all_silent, station }
    };
    let mut trips: Vec<Trip> = stations.into_iter().map(trip).collect();
    trips.sort_by_key(Trip::rank);
    Today { trips, from_the_desk: calls(desk.into_iter()), untold_since: None }
}

impl Fleet {
    /// What needs a person.
    ///
    /// # Errors
    /// The database.
    pub async fn today(&self) -> Result<Today, Error> {
        self.today_in(&Scope::All).await
    }

    /// What of it needs a person within a scope. A scope holds a station's terminals all or none.
    ///
    /// # Errors
    /// The database.
    pub(super) async fn today_in(&self, scope: &Scope) -> Result<Today, Error> {
        let mut conn = self.store.read().await?;
        let quiets = Quiets::read(&mut conn, self.clock.now()).await?;
        // Of one that a newer release raised this one does not know what to bring.
        let known = |row: rows::OpenRow| {
            let taken = row.taken_by.zip(row.taken_at).map(|(by, at)| Taken { by, at });
            let reason = Reason { fault: Fault::named(&row.fault)?, since: row.raised_at, taken };
            let quiet = quiets.of(row.terminal, &row.station).cloned();
            Some(Open {
                terminal: row.terminal,
                station: row.station,
                above: row.above,
                place: row.place,
                quiet,
                reason,
            })
        };
        let open =
            rows::open(&mut conn).await?.into_iter().filter(|row| scope.covers(&row.station, &Path::stored(&row.path)));
        let open = open.filter_map(known).collect();
        let at = rows::terminals_at(&mut conn).await?.into_iter().collect();
        Ok(Today { untold_since: notices::untold_since(&mut conn).await?, ..today(open, &at) })
    }
}

/// Numbers of the fleet, for a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// How many terminals stand how, by the standings' names.
    pub terminals: Vec<(&'static str, i64)>,
    /// How many alarms are open, by fault.
    pub alarms: BTreeMap<&'static str, i64>,
    /// Whether messages about alarms do not arrive.
    pub is_untold: bool,
}

impl Fleet {
    /// How the fleet stands at this moment; what there is none of is 0.
    ///
    /// # Errors
    /// The database.
    pub async fn measures(&self) -> Result<Measures, Error> {
        let mut conn = self.store.read().await?;
        let since = self.clock.now().checked_sub(SILENT_AFTER).unwrap_or(Timestamp::MIN);
        let everywhere = Among { since, within: Within::All, under: "", standing: "", words: "" };
        let counts = overview::counts(&mut conn, &everywhere).await?;
        let count =
            |standing: Standing| counts.iter().find(|row| row.standing == standing.name()).map_or(0, |row| row.count);
        let mut alarms: BTreeMap<_, _> = Fault::ALL.into_iter().map(|fault| (fault.name(), 0)).collect();
        for row in rows::open(&mut conn).await? {
            if let Some(fault) = Fault::named(&row.fault) {
                *alarms.entry(fault.name()).or_default() += 1;
            }
        }
        let terminals = Standing::ALL.into_iter().map(|standing| (standing.name(), count(standing))).collect();
        Ok(Measures { terminals, alarms, is_untold: notices::untold_since(&mut conn).await?.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(terminal: u32, station: &str, fault: Fault, minute: i64) -> Open {
        let since = Timestamp::from_second(60 * minute).unwrap();
        let terminal = TerminalNumber::new(terminal).unwrap();
        Open {
            terminal,
            station: station.into(),
            above: String::new(),
            place: String::new(),
            quiet: None,
            reason: Reason { fault, since, taken: None },
        }
    }

    fn at(stations: &[(&str, usize)]) -> BTreeMap<String, usize> {
        stations.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn much_that_is_wrong_at_one_station_is_one_trip_with_one_list() {
        let alarms = vec![
            open(2, "花桥站", Fault::PaperNearEnd, 1),
            open(1, "花桥站", Fault::PrinterSilent, 9),
            open(1, "花桥站", Fault::KioskSilent, 10),
            open(1, "花桥站", Fault::EventsRefused, 3),
        ];
        let today = today(alarms, &at(&[("花桥站", 2)]));
        assert_eq!((today.trips.len(), today.from_the_desk.len()), (1, 1));
        let trip = &today.trips[0];
        assert_eq!(trip.bring, BTreeSet::from([Bring::Paper, Bring::Cables, Bring::Printer, Bring::Terminal]));
        let reasons: Vec<Vec<Fault>> =
            trip.calls.iter().map(|call| call.reasons.iter().map(|reason| reason.fault).collect()).collect();
        assert_eq!(reasons, [vec![Fault::KioskSilent, Fault::PrinterSilent], vec![Fault::PaperNearEnd]]);
        assert!(!trip.is_all_silent);
    }

    #[test]
    fn where_no_suggestion_is_taken_comes_first_then_where_no_receipt_comes_out_then_the_oldest() {
        let alarms = vec![
            open(1, "甲", Fault::PaperNearEnd, 1),
            open(2, "乙", Fault::NoPaper, 9),
            open(3, "丙", Fault::NoPaper, 5),
            open(4, "丁", Fault::QueueFull, 30),
        ];
        let order: Vec<String> = today(alarms, &at(&[])).trips.into_iter().map(|trip| trip.station).collect();
        assert_eq!(order, ["丁", "丙", "乙", "甲"]);
    }

    #[test]
    fn a_station_is_all_silent_only_if_every_terminal_of_it_is() {
        let silent = |of: usize| {
            let alarms = vec![open(1, "甲", Fault::Silent, 1), open(2, "甲", Fault::Silent, 2)];
            today(alarms, &at(&[("甲", of)])).trips[0].is_all_silent
        };
        assert_eq!((silent(2), silent(3)), (true, false));
        let paper = vec![open(1, "甲", Fault::NoPaper, 1)];
        assert!(!today(paper, &at(&[("甲", 1)])).trips[0].is_all_silent);
    }

    #[test]
    fn what_is_seen_to_from_the_desk_sends_nobody_into_the_mountains() {
        let alarms = vec![open(1, "甲", Fault::CaseOpened, 1), open(1, "甲", Fault::EventsRefused, 2)];
        let today = today(alarms, &at(&[("甲", 1)]));
        assert_eq!((today.trips.len(), today.from_the_desk[0].reasons.len()), (0, 2));
    }
}
