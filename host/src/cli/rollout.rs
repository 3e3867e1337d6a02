//! `host rollout …`: settings or an artifact for all terminals, wave by wave.

use std::fmt::Write;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use wire::ticket::TerminalNumber;

use super::{Answer, Host, terminal::fleet_of};
use crate::fleet::{
    AskedRollout, AskedWave, Brought, Order, Shown, read_start, read_window,
    rollout::{Start, WaveState, Window},
    views::RolloutView,
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
    waves: Vec<AskedWave>,
    /// When the last wave begins: hand, or a time [default: as soon as the one before is good].
    #[arg(long, value_name = "START", value_parser = read_start)]
    last: Option<Start>,
    /// Of those that began, the most in percent that may fail, fall back or go silent.
    #[arg(long, default_value_t = AskedRollout::BAD_PERCENT_MAX, value_name = "PERCENT")]
    bad_percent_max: u8,
    /// Terminals of a wave that must have ended before it can be good.
    #[arg(long, default_value_t = AskedRollout::SAMPLE, value_name = "TERMINALS")]
    sample: u32,
    /// Hours from a wave's begin until a missing sample asks a person.
    #[arg(long, default_value_t = AskedRollout::SAMPLE_WITHIN_H, value_name = "HOURS")]
    sample_within_h: u32,
    /// Minutes that a wave is watched after its sample is there.
    #[arg(long, default_value_t = AskedRollout::BAKE_MIN, value_name = "MINUTES")]
    bake_min: u32,
    /// Minutes after a word of a terminal's until it counts as silent.
    #[arg(long, default_value_t = AskedRollout::SILENT_AFTER_MIN, value_name = "MINUTES")]
    silent_after_min: u32,
    /// More terminals than this need a second person's approval.
    #[arg(long, value_name = "TERMINALS")]
    approve_above: Option<u32>,
    /// The hours of each day in which terminals may begin, in the time of its site: 02:00+120 is from two to four.
    #[arg(long, value_name = "TIME+MINUTES", value_parser = read_window)]
    window: Option<Window>,
    /// What it is for, in a line.
    #[arg(long, default_value = "")]
    why: String,
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    let (number, order) = match command {
        Command::Make(make) => {
            let made = fleet.roll_out(fleet.new_rollout(make.asked(&host.config.zone)?).await?).await?;
            return shown(&made);
        }
        Command::List => {
            let all = fleet.rollouts().await?;
            let lines: Vec<_> = all.iter().map(line).collect();
            let text = if lines.is_empty() { "no rollouts".to_owned() } else { lines.join("\n") };
            return Answer::new(text, all.iter().map(RolloutView::from).collect::<Vec<_>>());
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
    fn asked(self, zone: &str) -> Result<AskedRollout> {
        let former = self.former;
        let (brings, former) = match (self.settings, self.artifact) {
            (_, Some(id)) => {
                let former = former.map(i64::try_from).transpose().context("former: expected an artifact's id")?;
                (Brought::Artifact(id), former.map(Brought::Artifact))
            }
            (version, None) => (Brought::Settings(version.unwrap_or(0)), former.map(Brought::Settings)),
        };
        Ok(AskedRollout {
            brings,
            former,
            waves: self.waves,
            last: self.last.unwrap_or(Start::AfterFormer),
            bad_percent_max: self.bad_percent_max,
            sample: self.sample,
            sample_within_h: self.sample_within_h,
            bake_min: self.bake_min,
            silent_after_min: self.silent_after_min,
            approve_above: self.approve_above,
            window: self.window,
            zone: zone.to_owned(),
            why: self.why,
        })
    }
}

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
        if let Some(trouble) = member.progress.trouble() {
            write!(text, "\n  terminal {terminal}  {trouble}")?;
        }
    }
    Answer::new(text, RolloutView::from(rollout))
}

fn line(shown: &Shown) -> String {
    let why = if shown.why.is_empty() { String::new() } else { format!("  {}", shown.why) };
    format!("rollout {}  {}  {:.0}  {}{why}", shown.number, shown.what(), shown.made_at, shown.phase())
}
