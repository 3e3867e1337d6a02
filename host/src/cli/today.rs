//! `host today`: what needs a person.

use std::fmt::Write;

use anyhow::Result;

use super::{Answer, Host, terminal::fleet_of};
use crate::fleet::{Bring, Call, Quiet, Trip};

pub(super) async fn run(host: &Host) -> Result<Answer> {
    let today = fleet_of(&host.machine().await?)?.today().await?;
    let mut text = String::new();
    for Trip { station, above, calls, bring, is_all_silent } in &today.trips {
        let name = if station.is_empty() { "(a station that is not known)" } else { station };
        writeln!(text, "{name}{}", if above.is_empty() { String::new() } else { format!("  ({above})") })?;
        if *is_all_silent {
            writeln!(text, "  nothing of this station is heard: ring up first, it may be the power or the line")?;
        }
        write_calls(&mut text, calls)?;
        let bring: Vec<_> = bring.iter().map(|bring| word(*bring)).collect();
        writeln!(text, "  bring: {}\n", if bring.is_empty() { "nothing".to_owned() } else { bring.join(", ") })?;
    }
    if !today.from_the_desk.is_empty() {
        writeln!(text, "from the desk, or by a telephone call")?;
        write_calls(&mut text, &today.from_the_desk)?;
    }
    if let Some(since) = today.untold_since {
        writeln!(text, "messages about alarms do not arrive since {since}: look after fleet_webhook in host.toml")?;
    }
    if text.is_empty() {
        text.push_str("nothing needs anybody");
    }
    Answer::new(text.trim_end(), &today)
}

fn write_calls(text: &mut String, calls: &[Call]) -> Result<()> {
    for Call { terminal, place, reasons, quiet } in calls {
        for reason in reasons {
            let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
            let taken = reason.taken.as_ref().map_or(String::new(), |taken| format!(" ({} sees to it)", taken.by));
            writeln!(text, "  {terminal}{place}  since {}: {}{taken}", reason.since, reason.fault)?;
        }
        if let Some(Quiet { until, why, .. }) = quiet {
            writeln!(text, "  {terminal}  no message tells of it until {until}: {why}")?;
        }
    }
    Ok(())
}

fn word(bring: Bring) -> &'static str {
    match bring {
        Bring::Paper => "paper",
        Bring::Cables => "cables",
        Bring::Stick => "a USB stick",
        Bring::Printer => "a printer",
        Bring::Terminal => "a terminal",
    }
}
