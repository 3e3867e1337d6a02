//! What a wave's gate counts, and when it opens or stops the rollout.
//!
//! Invariants: numerator and denominator are of the same terminals, those that began. Who was never seen, left, or
//! only says that it installed is in neither. A wave of which nothing can be known has no sample.

use jiff::{SignedDuration, Timestamp};

use super::{Action, Member, Notice, Paused, Phase, Progress, Proof, Rollout, Start, WaveState};

/// How a wave's terminals stand that count at its gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Planned, or not seen since the order.
    pub waiting: u32,
    /// Began, whatever came of it: the denominator.
    pub began: u32,
    /// Of those that began, failed, fell back, run something else or are silent: the numerator.
    pub bad: u32,
    /// Of those that began, ended or silent.
    pub ended: u32,
    /// In the wave and outside its gate: they only say that they installed.
    pub outside: u32,
}

impl Rollout {
    /// Counts a wave.
    #[must_use]
    pub fn tally(&self, wave: usize) -> Tally {
        let mut tally = Tally::default();
        for member in self.members.values().filter(|member| member.wave == wave) {
            match member.progress {
                Progress::Already | Progress::Left(_) => {}
                _ if !self.counts(member) => tally.outside += 1,
                Progress::Planned | Progress::Waiting => tally.waiting += 1,
                Progress::Began { .. } => tally.began += 1,
                Progress::Done => (tally.began, tally.ended) = (tally.began + 1, tally.ended + 1),
                Progress::Silent { .. } | Progress::Failed(_) | Progress::RolledBack(_) | Progress::RunsOther(_) => {
                    tally.began += 1;
                    tally.ended += 1;
                    tally.bad += 1;
                }
            }
        }
        tally
    }

    fn counts(&self, member: &Member) -> bool {
        member.proof != Proof::Installed || self.policy.gate_installed
    }

    /// Terminals that must have ended: fewer than the rule says only where the wave has no more.
    fn sample(&self, tally: &Tally) -> u32 {
        let least = u32::from(tally.outside > 0);
        self.policy.sample_min.min(tally.waiting + tally.began).max(least)
    }

    /// Whether so many are bad that more terminals would change nothing before the sample is there.
    fn is_over(&self, wave: usize) -> bool {
        let tally = self.tally(wave);
        let of = u64::from(tally.began.max(self.sample(&tally)));
        tally.bad > self.waves[wave].accepted_bad
            && u64::from(tally.bad) * 100 > of * u64::from(self.policy.bad_percent_max)
    }

    /// Lets time, the stop rule and the gates have their way.
    pub(super) fn settle(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.fall_silent(now);
        if matches!(self.phase, Phase::Running | Phase::Asks(_)) {
            let begun = |at: &usize| self.waves[*at].state != WaveState::Planned;
            if let Some(wave) = (0..self.waves.len()).filter(begun).find(|at| self.is_over(*at)) {
                self.phase = Phase::Paused(Paused::StopRule(wave));
                actions.push(Action::Tell(Notice::Stopped(wave)));
            }
        }
        while self.phase == Phase::Running && self.advance(now, actions) {}
        self.open_due(actions);
        let under_way =
            |m: &Member| matches!(m.progress, Progress::Planned | Progress::Waiting | Progress::Began { .. });
        if self.phase == Phase::Running && self.current().is_none() && !self.members.values().any(under_way) {
            self.phase = Phase::Finished;
            actions.push(Action::Tell(Notice::Finished));
        }
    }

    /// The first wave that is not good.
    pub(super) fn current(&self) -> Option<usize> {
        self.waves.iter().position(|wave| wave.state != WaveState::Good)
    }

    /// Begins a wave; its actions are opened when things have settled.
    pub(super) fn begin(&mut self, wave: usize, now: Timestamp) {
        let sample_due = later(now, self.policy.sample_within_s);
        self.waves[wave].state = WaveState::Begun { sample_due, sampled: None };
    }

    fn fall_silent(&mut self, now: Timestamp) {
        for member in self.members.values_mut() {
            if let Progress::Began { deadline, installed } = member.progress
                && deadline <= now
            {
                member.progress = Progress::Silent { installed };
            }
        }
    }

    /// Takes the present wave one state on; whether it did.
    fn advance(&mut self, now: Timestamp, actions: &mut Vec<Action>) -> bool {
        let Some(at) = self.current() else { return false };
        let (sample_due, sampled) = match (&self.waves[at].state, self.waves[at].start) {
            (WaveState::Begun { sample_due, sampled }, _) => (*sample_due, *sampled),
            (_, Start::ByHand) => return false,
            (_, Start::At(start)) if now < start => return false,
            (_, Start::At(_) | Start::AfterFormer) => {
                self.begin(at, now);
                return true;
            }
        };
        let tally = self.tally(at);
        let sampled = (tally.ended >= self.sample(&tally)).then(|| sampled.unwrap_or(now));
        let good = sampled.is_some_and(|since| later(since, self.policy.bake_s) <= now);
        if sampled.is_none() && sample_due <= now {
            self.phase = Phase::Asks(at);
            actions.push(Action::Tell(Notice::SampleMissing(at)));
        }
        self.waves[at].state = if good { WaveState::Good } else { WaveState::Begun { sample_due, sampled } };
        good
    }

    /// Opens the actions of those whose wave has begun.
    fn open_due(&mut self, actions: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Running | Phase::Asks(_)) {
            return;
        }
        for (terminal, member) in &mut self.members {
            if member.progress == Progress::Planned && self.waves[member.wave].state != WaveState::Planned {
                member.attempt.0 += 1;
                member.progress = Progress::Waiting;
                actions.push(Action::Open(*terminal, member.attempt));
            }
        }
    }
}

pub(super) fn later(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}
