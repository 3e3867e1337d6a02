//! What terminals and their reports mean to a rollout.
//!
//! Invariant: does no I/O. The same report read twice is the same events, and the second time they change nothing.

use jiff::{SignedDuration, Timestamp};
use wire::{
    health::Report,
    settings::{InForce, State},
};

use super::kept::Kept;
use crate::{
    fleet::{
        rollout::{Event, Feedback, Left, Progress, Proof, Target},
        settings::release,
    },
    store::terminals::TerminalRow,
};

/// Who came, who was revoked, and whose card is another one.
pub(super) fn of_terminals(kept: &Kept, known: &[TerminalRow]) -> Vec<Event> {
    let members = &kept.rollout().members;
    let event = |row: &TerminalRow| match members.get(&row.number) {
        Some(member) if row.revoked_at.is_some() => {
            (member.progress != Progress::Left(Left::Revoked)).then_some(Event::Revoked(row.number))
        }
        Some(_) => {
            let opened = kept.opened.get(&row.number)?;
            (opened.generation != row.generation).then_some(Event::Replaced(row.number))
        }
        None => (kept.newcomers() && is_target(row)).then(|| Event::Joined(target(row))),
    };
    known.iter().filter_map(event).collect()
}

/// What a terminal said at one time of its order, and what it works by, as it is read at another. What it said before the
/// order was opened, maybe with another card, is nothing to it; nor is one that fell silent since heard again.
pub(super) fn of_report(kept: &Kept, report: &Report, (at, now): (Timestamp, Timestamp)) -> Vec<Event> {
    let terminal = report.terminal;
    let Some(member) = kept.rollout().members.get(&terminal) else { return Vec::new() };
    let opened = kept.opened.get(&terminal);
    if opened.is_some_and(|opened| at < opened.at || member.progress == Progress::Planned) {
        return Vec::new();
    }
    let says = report.settings.as_ref();
    let of_order = says.filter(|says| opened.is_some_and(|opened| opened.order == says.order));
    let silent_after = SignedDuration::from_secs(kept.rollout().policy.silent_after_s.into());
    let is_past = matches!(member.progress, Progress::Silent { .. }) && now.duration_since(at) >= silent_after;
    let feedback = of_order.map(feedback).filter(|told| !is_past || *told != Feedback::Proceeding);
    let feedback = feedback.map(|told| Event::Feedback(terminal, member.attempt, told));
    let runs = Event::Runs(terminal, release(says.and_then(|says| says.version).unwrap_or(0)), report.boot);
    feedback.into_iter().chain([runs]).collect()
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

/// Whether a rollout reaches a terminal: it was enrolled and is not revoked.
pub(super) fn is_target(row: &TerminalRow) -> bool {
    row.certificate_until.is_some() && row.revoked_at.is_none()
}

/// Settings are taken by our own agent, which says success once the terminal works by them.
pub(super) fn target(row: &TerminalRow) -> Target {
    Target { terminal: row.number, site: row.station.clone(), proof: Proof::Proved }
}
