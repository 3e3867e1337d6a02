//! What `host terminal list` and `host terminal health` show.

use std::fmt::Write;

use anyhow::{Result, ensure};
use wire::{health::Report, ticket::TerminalNumber};

use super::Answer;
use crate::{
    fleet::{
        Alarm, Fleet, Health,
        views::{Enrolment, HealthView, TerminalView},
    },
    store::terminals::TerminalRow,
};

/// Every terminal: its standing, when it was last heard of, and what is wrong.
pub(super) async fn list(fleet: &Fleet) -> Result<Answer> {
    let (rows, healths) = (fleet.list().await?, fleet.health().await?);
    let health_of = |row: &TerminalRow| healths.iter().find(|health| health.terminal == row.number);
    let mut text = String::from(
        "number  standing                     last seen                               alarms  certificate until     station, place",
    );
    for row in &rows {
        let until = row.certificate_until.map(|at| at.to_string()).unwrap_or_default();
        let never = if row.certificate_until.is_some() { "never" } else { "" };
        let (seen, alarms) = health_of(row).map_or((never.to_owned(), vec![]), |health| (seen(health), open(health)));
        write!(
            text,
            "\n{}   {:<27}  {seen:<38}  {:<6}  {until:<20}  {} {}",
            row.number,
            Enrolment::of(row).name(),
            alarms.len(),
            row.station,
            row.place
        )?;
    }
    if rows.is_empty() {
        text = "no terminals yet; `host terminal add` adds one".to_owned();
    }
    let json: Vec<_> = rows.iter().map(|row| TerminalView::of(row, health_of(row))).collect();
    Answer::new(text, json)
}

/// What one terminal, or each, told of itself.
pub(super) async fn health(fleet: &Fleet, number: Option<TerminalNumber>) -> Result<Answer> {
    let mut all = fleet.health().await?;
    if let Some(number) = number {
        all.retain(|health| health.terminal == number);
        ensure!(!all.is_empty(), "terminal {number} has told nothing of itself yet");
    }
    let mut text = String::new();
    for health in &all {
        write_health(&mut text, health)?;
    }
    if all.is_empty() {
        "no terminal has told anything of itself yet".clone_into(&mut text);
    }
    Answer::new(text.trim_end(), all.iter().map(HealthView::from).collect::<Vec<_>>())
}

fn write_health(text: &mut String, health: &Health) -> Result<()> {
    let Report { wall, uptime_s, agent, kiosk, tamper, .. } = &health.report;
    writeln!(text, "terminal {}, last seen {}", health.terminal, seen(health))?;
    writeln!(text, "  up for     {uptime_s} s; clock {}; agent {agent}", word(&wall.quality))?;
    match kiosk {
        None => writeln!(text, "  kiosk      silent: nothing is known of screen, queue and printer")?,
        Some(kiosk) => {
            let (queue, printer) = (&kiosk.queue, &kiosk.printer);
            let count = |n: Option<u32>| n.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
            write!(text, "  kiosk      {}\n  queue      {}, ", kiosk.version, word(&queue.state))?;
            write!(text, "{} waiting", count(queue.waiting))?;
            if let Some(seconds) = queue.oldest_s {
                write!(text, ", the oldest for {seconds} s")?;
            }
            let (dead, set_aside) = (count(queue.dead), count(queue.set_aside));
            writeln!(text, ", {dead} refused, {set_aside} damaged files set aside")?;
            let port = if printer.port { "port open" } else { "no port" };
            writeln!(text, "  printer    {}, {port}, profile {}", word(&printer.state), printer.profile)?;
        }
    }
    let case = match tamper.open {
        Some(true) => "open",
        Some(false) => "closed",
        None => "watched by nobody",
    };
    write!(text, "  case       {case}, opened {} times", tamper.openings)?;
    if let Some(number) = tamper.key_wiped_at {
        write!(text, "; the {number}. opening cost a key")?;
    }
    text.push('\n');
    for Alarm { fault, raised_at, cleared_at, restarted, taken } in &health.alarms {
        let until = match (cleared_at, restarted) {
            (None, _) => "ALARM".to_owned(),
            (Some(at), Some(false)) => format!("over since {at}, without a restart"),
            (Some(at), _) => format!("over since {at}"),
        };
        let taken =
            taken.as_ref().map_or(String::new(), |taken| format!(", {} sees to it since {}", taken.by, taken.at));
        writeln!(text, "  {raised_at}  {fault}: {until}{taken}")?;
    }
    Ok(())
}

/// A state by its word on the wire.
fn word(state: &impl serde::Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn seen(health: &Health) -> String {
    if health.is_silent { format!("{}, SILENT", health.seen) } else { health.seen.to_string() }
}

fn open(health: &Health) -> Vec<&'static str> {
    health.open().map(|alarm| alarm.fault.name()).collect()
}
