//! What terminals and their reports mean to a rollout.
//!
//! Invariant: the same report read twice is the same events, and the second time they change nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use wire::{
    ddi::AssignedVersion,
    health::Report,
    settings::{InForce, State},
    ticket::TerminalNumber,
};

use super::{Brings, Brought, kept::Kept};
use crate::{
    fleet::{
        actions::{State as Action, read_state},
        devices::device,
        rollout::{Event, Feedback, Left, Progress, Proof, Release, Target},
    },
    store::{
        Conn, StoreError,
        actions::ActionRow,
        artifacts,
        devices::{self, DeviceRow},
        sites,
        terminals::TerminalRow,
    },
};

/// What terminals said of themselves by hawkBit's interface, and where they stand.
pub(super) struct Devices {
    said: BTreeMap<TerminalNumber, DeviceRow>,
    sites: BTreeMap<TerminalNumber, String>,
}

impl Devices {
    /// Reads them; what they said only where something is brought that they say it of.
    pub(super) async fn read(conn: &mut Conn, bring_artifacts: bool) -> Result<Self, StoreError> {
        let said = if bring_artifacts { devices::all(conn).await? } else { Vec::new() };
        let said = said.into_iter().map(|row| (row.terminal, row)).collect();
        Ok(Self { said, sites: sites::paths(conn).await? })
    }
}

/// Who came, who was revoked, and whose card is another one.
pub(super) fn of_terminals(kept: &Kept, known: &[TerminalRow], devices: &Devices) -> Vec<Event> {
    let members = &kept.rollout().members;
    let event = |row: &TerminalRow| match members.get(&row.number) {
        Some(member) if row.revoked_at.is_some() => {
            (member.progress != Progress::Left(Left::Revoked)).then_some(Event::Revoked(row.number))
        }
        Some(_) => {
            let opened = kept.opened.get(&row.number)?;
            (opened.generation != row.generation).then_some(Event::Replaced(row.number))
        }
        None => target(kept.brings(), row, devices).filter(|_| kept.newcomers()).map(Event::Joined),
    };
    known.iter().filter_map(event).collect()
}

/// What a terminal said at one time of its order, and what it works by, as it is read at another. What it said before the
/// order was opened, maybe with another card, is nothing to it; nor is one that fell silent since heard again.
pub(super) fn of_report(kept: &Kept, report: &Report, (at, now): (Timestamp, Timestamp)) -> Vec<Event> {
    let terminal = report.terminal;
    let Some(member) = kept.rollout().members.get(&terminal) else { return Vec::new() };
    if kept.brings() != Brings::Settings || !is_news(kept, terminal, at) {
        return Vec::new();
    }
    let opened = kept.opened.get(&terminal);
    let says = report.settings.as_ref();
    let of_order = says.filter(|says| opened.is_some_and(|opened| opened.order == says.order));
    let silent_after = SignedDuration::from_secs(kept.rollout().policy.silent_after_s.into());
    let is_past = matches!(member.progress, Progress::Silent { .. }) && now.duration_since(at) >= silent_after;
    let feedback = of_order.map(feedback).filter(|told| !is_past || *told != Feedback::Proceeding);
    let feedback = feedback.map(|told| Event::Feedback(terminal, member.attempt, told));
    let works_by = Brought::Settings(says.and_then(|says| says.version).unwrap_or(0));
    let runs = Event::Runs(terminal, works_by.release(), report.boot);
    feedback.into_iter().chain([runs]).collect()
}

/// Whether what a member said at this time is of its present order, or of a time when it had none.
fn is_news(kept: &Kept, terminal: TerminalNumber, at: Timestamp) -> bool {
    let planned = kept.rollout().members.get(&terminal).is_some_and(|member| member.progress == Progress::Planned);
    kept.opened.get(&terminal).is_none_or(|opened| at >= opened.at && !planned)
}

/// What became of a terminal's action.
pub(super) fn of_action(kept: &Kept, row: &ActionRow) -> Result<Option<Event>, StoreError> {
    let Some(member) = kept.rollout().members.get(&row.terminal) else { return Ok(None) };
    let is_its_own = kept.brings() == Brings::Artifact
        && kept.opened.get(&row.terminal).is_some_and(|opened| opened.order == row.id)
        && member.progress != Progress::Planned;
    if !is_its_own {
        return Ok(None);
    }
    let told = match read_state(row)? {
        Action::ToBeConfirmed | Action::Waiting | Action::ToStop => None,
        Action::Began => Some(Feedback::Proceeding),
        Action::Finished => Some(Feedback::Success),
        Action::Failed(why) => Some(Feedback::Failure(why)),
        Action::FellBack(why) => Some(Feedback::FellBack(why)),
        // By the rollout itself, which knows, or because the artifact was withdrawn.
        Action::Cancelled if member.progress.is_open() => Some(Feedback::Failure("cancelled".into())),
        Action::Cancelled => None,
    };
    Ok(told.map(|told| Event::Feedback(row.terminal, member.attempt, told)))
}

/// What terminals say that they run, and when they said so; each time they say it they have begun anew.
pub(super) async fn of_devices(
    kept: &Kept,
    devices: &Devices,
    conn: &mut Conn,
    since: Timestamp,
) -> Result<Vec<(Event, Timestamp)>, StoreError> {
    let mut events = Vec::new();
    if kept.brings() != Brings::Artifact {
        return Ok(events);
    }
    let new =
        devices.said.values().filter(|row| row.changed_at >= since && is_news(kept, row.terminal, row.changed_at));
    for row in new.filter(|row| kept.rollout().members.contains_key(&row.terminal)) {
        let Some(AssignedVersion { name, version }) = device(row)?.installed else { continue };
        let of_name = artifacts::of_name(conn, &name).await?.into_iter();
        let known = of_name.filter(|artifact| artifact.version == version).map(|artifact| artifact.id).next();
        let release = known.map_or_else(|| Release(format!("{name} {version}")), |id| Brought::Artifact(id).release());
        let boot = Uuid::from_u128(row.changed_at.as_nanosecond().unsigned_abs());
        events.push((Event::Runs(row.terminal, release, boot), row.changed_at));
    }
    Ok(events)
}

fn feedback(InForce { state, why, .. }: &InForce) -> Feedback {
    let why = || why.as_ref().map(|why| why.word().to_owned()).unwrap_or_default();
    match state {
        State::Kept => Feedback::Success,
        State::Reverted => Feedback::FellBack(why()),
        State::Refused => Feedback::Failure(why()),
        State::Trial | State::Other(_) => Feedback::Proceeding,
    }
}

/// A terminal that a rollout reaches. Our own agent says success once the terminal works by what it took; other clients
/// of hawkBit's interface, which have no certificate of ours, say what they run if they know how to.
pub(super) fn target(brings: Brings, row: &TerminalRow, devices: &Devices) -> Option<Target> {
    let is_ours = row.certificate_until.is_some();
    let proof = match (brings, devices.said.get(&row.number)) {
        _ if row.revoked_at.is_some() => None,
        _ if is_ours => Some(Proof::Proved),
        (Brings::Artifact, Some(device)) if device.installed.is_some() => Some(Proof::Reported),
        (Brings::Artifact, Some(_)) => Some(Proof::Installed),
        _ => None,
    };
    let site = devices.sites.get(&row.number).cloned().unwrap_or_default();
    Some(Target { terminal: row.number, site, proof: proof? })
}
