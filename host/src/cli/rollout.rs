//! `host rollout …`: settings or an artifact for all terminals, wave by wave.

use std::{fmt::Write, str::FromStr};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Time};
use serde_json::json;
use wire::{settings::Why, ticket::TerminalNumber};

use super::{Answer, Host, terminal::fleet_of};
use crate::fleet::{
    Brought, Fleet, NewRollout, Order, Shown,
    rollout::{Paused, Phase, Policy, Progress, Selector, Start, WaveState, Window},
    sites::{Code, NotACode},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes a rollout; its first wave begins at once, where nobody has to approve it and it is not begun by hand.
    Make(Make),
    /// Shows all rollouts, the newest first.
    List,
    /// Shows a rollout wave by wave.
    Show {
        /// Its number.
        number: u64,
    },
    /// Approves a rollout that somebody else made.
    Approve {
        /// Its number.
        number: u64,
    },
    /// Begins the next wave.
    Begin {
        /// Its number.
        number: u64,
    },
    /// Pauses a rollout: nobody begins, those that began finish.
    Pause {
        /// Its number.
        number: u64,
    },
    /// Goes on with a paused rollout, with the bad ones that there are.
    Resume {
        /// Its number.
        number: u64,
    },
    /// Gives the wave that lacks its sample as long again.
    WaitLonger {
        /// Its number.
        number: u64,
    },
    /// Lets the wave that lacks its sample pass without it.
    GoOn {
        /// Its number.
        number: u64,
    },
    /// Ends a rollout whose waves are all good without the terminals that were never seen.
    Close {
        /// Its number.
        number: u64,
    },
    /// Cancels what has not begun.
    Abort {
        /// Its number.
        number: u64,
    },
    /// Aborts a rollout, and makes another one that orders those back that took what it brought.
    OrderBack {
        /// Its number.
        number: u64,
    },
    /// Has a terminal try again that failed, fell back or is silent.
    Retry {
        /// The rollout's number.
        number: u64,
        /// Which terminal.
        terminal: TerminalNumber,
    },
}

#[derive(Debug, Args)]
pub(super) struct Make {
    /// The settings, as `host config list` shows them; 0, the terminals' own.
    #[arg(long, value_name = "VERSION", required_unless_present = "artifact")]
    settings: Option<u64>,
    /// The artifact, as `host artifact list` shows it; it has to be released.
    #[arg(long, value_name = "ID", conflicts_with = "settings")]
    artifact: Option<i64>,
    /// What those that took it are ordered back to [default: the settings that most terminals have; the version of the
    /// artifact that was released before].
    #[arg(long, value_name = "VERSION|ID")]
    former: Option<u64>,
    /// A wave: 10% of those that no other wave names, terminals=00003,00007, group=NAME with who is in it now, or site=DX-03 with what stands under it; with @hand it begins by hand,
    /// with @2027-03-01T02:00:00Z at that time. May be given again; the last wave takes all others.
    #[arg(long = "wave", value_name = "WAVE")]
    waves: Vec<WaveOf>,
    /// When the last wave begins: hand, or a time [default: as soon as the one before is good].
    #[arg(long, value_name = "START", value_parser = start)]
    last: Option<Start>,
    /// Of those that began, the most in percent that may fail, fall back or go silent.
    #[arg(long, default_value_t = 5, value_name = "PERCENT")]
    bad_percent_max: u8,
    /// Terminals of a wave that must have ended before it can be good.
    #[arg(long, default_value_t = 3, value_name = "TERMINALS")]
    sample: u32,
    /// Hours from a wave's begin until a missing sample asks a person.
    #[arg(long, default_value_t = 48, value_name = "HOURS")]
    sample_within_h: u32,
    /// Minutes that a wave is watched after its sample is there.
    #[arg(long, default_value_t = 60, value_name = "MINUTES")]
    bake_min: u32,
    /// Minutes after a word of a terminal's until it counts as silent.
    #[arg(long, default_value_t = 120, value_name = "MINUTES")]
    silent_after_min: u32,
    /// More terminals than this need a second person's approval.
    #[arg(long, value_name = "TERMINALS")]
    approve_above: Option<u32>,
    /// The hours of each day in which terminals may begin, in the time of its site: 02:00+120 is from two to four.
    #[arg(long, value_name = "TIME+MINUTES", value_parser = window)]
    window: Option<Window>,
    /// What it is for, in a line.
    #[arg(long, default_value = "")]
    why: String,
}

/// A wave as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WaveOf(Named, Start);

/// Who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Chosen(Selector),
    /// Whoever is in the group of this name when the rollout is made.
    Group(String),
}

impl FromStr for WaveOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected 10%, terminals=00003,00007, group=NAME or site=DX-03";
        let (who, when) = text.split_once('@').map_or((text, None), |(who, when)| (who, Some(when)));
        if let Some(name) = who.strip_prefix("group=").filter(|name| !name.is_empty()) {
            return Ok(Self(Named::Group(name.to_owned()), when.map_or(Ok(Start::AfterFormer), start)?));
        }
        let selector = match (who.strip_suffix('%'), who.split_once('=')) {
            (Some(percent), None) => Selector::Percent(percent.parse().map_err(|_| EXPECTED)?),
            (None, Some(("terminals", numbers))) => {
                let number = |text: &str| text.parse().map_err(|_| format!("{text}: expected a terminal's number"));
                Selector::Group(numbers.split(',').map(number).collect::<Result<_, _>>()?)
            }
            (None, Some(("site", code))) => {
                let code: Code = code.parse().map_err(|wrong: NotACode| wrong.to_string())?;
                Selector::Sites([code.to_string()].into())
            }
            _ => return Err(EXPECTED.into()),
        };
        Ok(Self(Named::Chosen(selector), when.map_or(Ok(Start::AfterFormer), start)?))
    }
}

fn start(text: &str) -> Result<Start, String> {
    if text == "hand" {
        return Ok(Start::ByHand);
    }
    let at: Timestamp =
        text.parse().map_err(|_| format!("{text}: expected hand, or a time like 2027-03-01T02:00:00Z"))?;
    Ok(Start::At(at))
}

fn window(text: &str) -> Result<Window, String> {
    let expected = || format!("{text}: expected a time and minutes, like 02:00+120");
    let (opens, minutes) = text.split_once('+').ok_or_else(expected)?;
    let opens: Time = opens.parse().map_err(|_| expected())?;
    Window::new(opens, minutes.parse().map_err(|_| expected())?).map_err(|wrong| wrong.to_string())
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    let (number, order) = match command {
        Command::Make(make) => {
            let made = fleet.roll_out(make.planned(&host.config.zone, fleet).await?).await?;
            return shown(&made);
        }
        Command::List => {
            let all = fleet.rollouts().await?;
            let lines: Vec<_> = all.iter().map(line).collect();
            let text = if lines.is_empty() { "no rollouts".to_owned() } else { lines.join("\n") };
            return Answer::new(text, all.iter().map(as_json).collect::<Vec<_>>());
        }
        Command::Show { number } => return shown(&fleet.rollout(number).await?),
        Command::Approve { number } => (number, Order::Approve),
        Command::Begin { number } => (number, Order::Begin),
        Command::Pause { number } => (number, Order::Pause),
        Command::Resume { number } => (number, Order::Resume),
        Command::WaitLonger { number } => (number, Order::WaitLonger),
        Command::GoOn { number } => (number, Order::GoOn),
        Command::Close { number } => (number, Order::Close),
        Command::Abort { number } => (number, Order::Abort),
        Command::OrderBack { number } => (number, Order::OrderBack),
        Command::Retry { number, terminal } => (number, Order::Retry(terminal)),
    };
    shown(&fleet.tell_rollout(number, order).await?)
}

impl Make {
    async fn planned(self, zone: &str, fleet: &Fleet) -> Result<NewRollout> {
        let seconds = |value: u32, unit: u32| value.checked_mul(unit).context("expected less than a century");
        let policy = Policy {
            bad_percent_max: self.bad_percent_max,
            sample_min: self.sample,
            sample_within_s: seconds(self.sample_within_h, 3600)?,
            bake_s: seconds(self.bake_min, 60)?,
            silent_after_s: seconds(self.silent_after_min, 60)?,
            approve_above: self.approve_above,
            gate_installed: false,
            window: self.window,
            takes_s: if self.artifact.is_some() { ARTIFACT_TAKES_S } else { SETTINGS_TAKE_S },
        };
        let last = (Selector::Rest, self.last.unwrap_or(Start::AfterFormer));
        let mut waves = Vec::new();
        for WaveOf(who, when) in self.waves {
            let selector = match who {
                Named::Chosen(selector) => selector,
                Named::Group(name) => {
                    let group = fleet.group(&name).await?;
                    Selector::Group(fleet.who_meets(&group.query).await?.into_iter().collect())
                }
            };
            waves.push((selector, when));
        }
        waves.push(last);
        let former = self.former;
        let (brings, former) = match (self.settings, self.artifact) {
            (_, Some(id)) => {
                let former = former.map(i64::try_from).transpose().context("former: expected an artifact's id")?;
                (Brought::Artifact(id), former.map(Brought::Artifact))
            }
            (version, None) => (Brought::Settings(version.unwrap_or(0)), former.map(Brought::Settings)),
        };
        let why = self.why;
        Ok(NewRollout { brings, former, waves, policy, zone: zone.to_owned(), why })
    }
}

/// Settings are fetched in a moment, and tried for minutes.
const SETTINGS_TAKE_S: u32 = 10 * 60;

/// 200 MB at 1 Mbit/s take 27 minutes.
const ARTIFACT_TAKES_S: u32 = 30 * 60;

fn shown(rollout: &Shown) -> Result<Answer> {
    let mut text = line(rollout);
    for (at, wave) in rollout.rollout.waves.iter().enumerate() {
        let tally = rollout.rollout.tally(at);
        let state = match &wave.state {
            WaveState::Planned => "not begun",
            WaveState::Begun { sampled: None, .. } => "under way",
            WaveState::Begun { sampled: Some(_), .. } => "watched",
            WaveState::Good => "good",
        };
        let good = tally.ended - tally.bad;
        write!(
            text,
            "\n  wave {}  {state}: {good} work by it, {} at it, {} bad, {} waiting",
            at + 1,
            tally.began - tally.ended,
            tally.bad,
            tally.waiting
        )?;
    }
    for (terminal, member) in &rollout.rollout.members {
        if let Some(trouble) = trouble(&member.progress) {
            write!(text, "\n  terminal {terminal}  {trouble}")?;
        }
    }
    Answer::new(text, as_json(rollout))
}

/// What went wrong with a terminal; none, nothing did.
fn trouble(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Failed(why) => Some(format!("refused: {}", Why::from(why.clone()))),
        Progress::RolledBack(why) => Some(format!("went back: {}", Why::from(why.clone()))),
        Progress::RunsOther(release) => Some(format!("says success and works by {}", release.0)),
        Progress::Silent { .. } => Some("began and is silent".to_owned()),
        _ => None,
    }
}

fn line(shown: &Shown) -> String {
    let phase = match &shown.rollout.phase {
        Phase::AwaitsApproval => "waits for somebody else's approval".to_owned(),
        Phase::Running => "under way".to_owned(),
        Phase::Paused(Paused::By(who)) => format!("paused by {}", who.0),
        Phase::Paused(Paused::StopRule(wave)) => format!("stopped: too many of wave {} are bad", wave + 1),
        Phase::Asks(wave) => format!("wave {} lacks its sample: wait-longer, go-on or abort?", wave + 1),
        Phase::Finished => "finished".to_owned(),
        Phase::Aborted => "aborted".to_owned(),
    };
    let what = match Brought::of(&shown.rollout.release) {
        Some(Brought::Settings(0)) => "the terminals' own settings".to_owned(),
        Some(Brought::Settings(version)) => format!("settings {version}"),
        Some(Brought::Artifact(id)) => format!("artifact {id}"),
        None => shown.rollout.release.0.clone(),
    };
    let why = if shown.why.is_empty() { String::new() } else { format!("  {}", shown.why) };
    format!("rollout {}  {what}  {:.0}  {phase}{why}", shown.number, shown.made_at)
}

fn as_json(shown: &Shown) -> serde_json::Value {
    let waves: Vec<_> = (0..shown.rollout.waves.len())
        .map(|at| {
            let tally = shown.rollout.tally(at);
            json!({
                "state": shown.rollout.waves[at].state, "start": shown.rollout.waves[at].start,
                "waiting": tally.waiting, "began": tally.began, "ended": tally.ended, "bad": tally.bad,
            })
        })
        .collect();
    json!({
        "rollout": shown.number, "made_at": shown.made_at, "over_at": shown.over_at, "why": shown.why,
        "brings": Brought::of(&shown.rollout.release), "former": Brought::of(&shown.rollout.former),
        "phase": shown.rollout.phase, "waits_for_a_person": shown.waits_for_a_person(),
        "waves": waves, "members": shown.rollout.members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_and_windows_are_read_as_they_are_written() {
        let wave = |text: &str| text.parse::<WaveOf>();
        let of = |selector, start| WaveOf(Named::Chosen(selector), start);
        assert_eq!(wave("group=试点@hand"), Ok(WaveOf(Named::Group("试点".into()), Start::ByHand)));
        assert_eq!(wave("10%"), Ok(of(Selector::Percent(10), Start::AfterFormer)));
        assert_eq!(wave("10%@hand"), Ok(of(Selector::Percent(10), Start::ByHand)));
        let at = "2027-03-01T02:00:00Z".parse().unwrap();
        let site = Selector::Sites(["DX-03".to_owned()].into());
        assert_eq!(wave("site=DX-03@2027-03-01T02:00:00Z"), Ok(of(site, Start::At(at))));
        let group = [3, 7].map(|n| TerminalNumber::new(n).unwrap()).into();
        assert_eq!(wave("terminals=00003,00007"), Ok(of(Selector::Group(group), Start::AfterFormer)));
        for wrong in
            ["group=", "10", "x%", "300%", "rest", "terminals=", "terminals=x", "terminals=7", "10%@noon", "=3", ""]
        {
            assert!(wave(wrong).is_err(), "{wrong}");
        }
        assert!(window("02:00+120").unwrap().fits(120 * 60));
        for wrong in ["02:00", "2+120", "02:00+5", "25:00+120", "02:00+x"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
    }
}
