//! Rollouts as programs are shown them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use wire::ticket::TerminalNumber;

use crate::fleet::{
    Brought, Shown,
    rollout::{Member, Phase, Start, WaveState},
};

/// A rollout as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Rollout)]
pub struct RolloutView {
    /// Its number.
    pub rollout: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// When it was over; null, it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub over_at: Option<Timestamp>,
    /// What an admin wrote beside it.
    #[schema(max_length = 200)]
    pub why: String,
    /// What it brings; null, something that nobody ordered.
    pub brings: Option<Brought>,
    /// What those that took it are ordered back to.
    pub former: Option<Brought>,
    /// Where it stands.
    pub phase: Phase,
    /// Whether nothing goes on before a person decides.
    pub waits_for_a_person: bool,
    /// Its waves, in order.
    pub waves: Vec<WaveView>,
    /// Its terminals, by number; empty in lists of the REST API.
    #[schema(value_type = BTreeMap<String, Member>)]
    pub members: BTreeMap<TerminalNumber, Member>,
}

/// A wave, and how many of its terminals are how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RolloutWave)]
pub struct WaveView {
    /// How far it is.
    pub state: WaveState,
    /// When it begins.
    pub start: Start,
    /// Those that were not seen since they were ordered.
    pub waiting: u32,
    /// Those that began.
    pub began: u32,
    /// Those of them that ended.
    pub ended: u32,
    /// Those of them that failed, fell back or are silent.
    pub bad: u32,
}

impl From<&Shown> for RolloutView {
    fn from(shown: &Shown) -> Self {
        let rollout = &shown.rollout;
        let wave = |(at, wave): (usize, &crate::fleet::rollout::Wave)| {
            let tally = rollout.tally(at);
            WaveView {
                state: wave.state.clone(),
                start: wave.start,
                waiting: tally.waiting,
                began: tally.began,
                ended: tally.ended,
                bad: tally.bad,
            }
        };
        Self {
            rollout: shown.number,
            made_at: shown.made_at,
            over_at: shown.over_at,
            why: shown.why.clone(),
            brings: Brought::of(&rollout.release),
            former: Brought::of(&rollout.former),
            phase: rollout.phase.clone(),
            waits_for_a_person: shown.waits_for_a_person(),
            waves: rollout.waves.iter().enumerate().map(wave).collect(),
            members: rollout.members.clone(),
        }
    }
}
