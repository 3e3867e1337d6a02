//! Which terminal is in which wave.
//!
//! Invariants: a terminal's rank is a keyed hash of its number alone, so that neither the order in which terminals are
//! listed nor who else is listed changes who comes before whom. No terminal is in two waves: the first that names it
//! has it. A wave by percentage takes a site's second terminal only where it has one of every other site that is left.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use wire::ticket::TerminalNumber;

use super::{Attempt, Member, Phase, Policy, Progress, Proof, Release, Rollout, Start, VERSION, Wave, WaveState, Who};

/// More waves than anybody watches.
pub const WAVES_MAX: usize = 20;

/// The key of the ranks; drawn for each rollout, so that not always the same village comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub [u8; 16]);

/// A terminal that a rollout may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its number.
    pub terminal: TerminalNumber,
    /// Where it stands: the codes of its site and of those above, the top one first, with slashes between; empty, not known.
    pub site: String,
    /// How it shows what it runs.
    pub proof: Proof,
}

/// Who is in a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// These.
    Group(BTreeSet<TerminalNumber>),
    /// All that stand at these sites or under them, by code.
    Sites(BTreeSet<String>),
    /// This part of those that no group and no site names, by rank.
    Percent(u8),
    /// All that no other wave has: the last wave, always.
    Rest,
}

/// Why a rollout can't be planned so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlan {
    /// Too few waves or too many.
    #[error("waves: expected 1 to {WAVES_MAX}, found {0}")]
    Waves(usize),
    /// The last wave must take the rest, no other may.
    #[error("waves[{0}]: expected `rest` in the last wave, and only there")]
    Rest(usize),
    /// Percentages beyond what there is.
    #[error("waves[{0}].percent: expected 1 to 99, 99 at most together with those before")]
    Percent(usize),
    /// Nobody is in it.
    #[error("waves[{0}]: expected one terminal at least that no wave before has")]
    Empty(usize),
    /// A group names somebody whom the rollout does not reach.
    #[error("waves[{0}].group: terminal {1} is not among those of the rollout")]
    Stranger(usize, TerminalNumber),
    /// A terminal is listed twice.
    #[error("targets: terminal {0} stands there twice")]
    Twice(TerminalNumber),
    /// A rule that nothing can meet.
    #[error("policy.{0}")]
    Policy(&'static str),
    /// The release and the former one are the same.
    #[error("release: expected another than the former one")]
    SameRelease,
}

impl Target {
    fn stands_at(&self, sites: &BTreeSet<String>) -> bool {
        self.site.split('/').any(|code| sites.contains(code))
    }
}

impl Seed {
    /// Where a terminal stands among all.
    #[must_use]
    pub fn rank(&self, terminal: TerminalNumber) -> u64 {
        rank(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), terminal)
    }
}

fn rank(key: &hmac::Key, terminal: TerminalNumber) -> u64 {
    let tag = hmac::sign(key, &terminal.get().to_be_bytes());
    tag.as_ref().iter().take(8).fold(0, |rank, byte| rank << 8 | u64::from(*byte))
}

/// The targets by rank.
#[must_use]
pub fn order<'a>(seed: &Seed, targets: &'a [Target]) -> Vec<&'a Target> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &seed.0);
    let mut ordered: Vec<_> = targets.iter().collect();
    ordered.sort_by_cached_key(|target| (rank(&key, target.terminal), target.terminal));
    ordered
}

impl Policy {
    fn check(&self) -> Result<(), NotAPlan> {
        let rules = [
            (self.bad_percent_max < 100, "bad_percent_max: expected 0 to 99"),
            (self.sample_min > 0, "sample_min: expected 1 or more"),
            (self.sample_within_s >= 60, "sample_within_s: expected 60 or more"),
            (self.silent_after_s >= 60, "silent_after_s: expected 60 or more"),
            (self.window.is_none_or(|w| w.fits(self.takes_s)), "takes_s: expected no more than the window lasts"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(NotAPlan::Policy(rule)))
    }
}

impl Rollout {
    /// Plans a rollout of `release` to `targets`, wave by wave.
    ///
    /// # Errors
    /// The first rule that the plan breaks, with the field.
    pub fn plan(
        made_by: Who,
        (release, former): (Release, Release),
        policy: Policy,
        waves: Vec<(Selector, Start)>,
        seed: Seed,
        targets: &[Target],
    ) -> Result<Self, NotAPlan> {
        if release == former {
            return Err(NotAPlan::SameRelease);
        }
        policy.check()?;
        check_waves(&waves)?;
        let mut members = BTreeMap::new();
        for (wave, chosen) in choose(&waves, &order(&seed, targets))?.into_iter().enumerate() {
            for target in chosen {
                if members.insert(target.terminal, Member::planned(wave, target.proof)).is_some() {
                    return Err(NotAPlan::Twice(target.terminal));
                }
            }
        }
        let large = policy.approve_above.is_some_and(|size| members.len() > size as usize);
        let wave = |(selector, start)| Wave { selector, start, state: WaveState::Planned, accepted_bad: 0 };
        Ok(Self {
            v: VERSION,
            release,
            former,
            made_by,
            approved_by: None,
            seed,
            policy,
            phase: if large { Phase::AwaitsApproval } else { Phase::Running },
            waves: waves.into_iter().map(wave).collect(),
            members,
            ordered_back: false,
        })
    }

    /// The wave of a terminal that joins: the one that names it, or that its rank says, where that is not over yet;
    /// else the last.
    pub(super) fn wave_of(&self, target: &Target) -> usize {
        let percent = self.seed.rank(target.terminal) / (u64::MAX / 100 + 1);
        let mut below = 0;
        let takes = |wave: &Wave| match &wave.selector {
            Selector::Group(group) => group.contains(&target.terminal),
            Selector::Sites(sites) => target.stands_at(sites),
            Selector::Percent(share) => {
                below += u64::from(*share);
                percent < below
            }
            Selector::Rest => true,
        };
        let last = self.waves.len() - 1;
        self.waves.iter().position(takes).filter(|at| self.waves[*at].state != WaveState::Good).unwrap_or(last)
    }
}

impl Member {
    pub(super) fn planned(wave: usize, proof: Proof) -> Self {
        Self { wave, proof, attempt: Attempt(0), progress: Progress::Planned, boot: None }
    }
}

fn check_waves(waves: &[(Selector, Start)]) -> Result<(), NotAPlan> {
    if waves.is_empty() || waves.len() > WAVES_MAX {
        return Err(NotAPlan::Waves(waves.len()));
    }
    let mut together = 0;
    for (at, (selector, _)) in waves.iter().enumerate() {
        if (*selector == Selector::Rest) != (at + 1 == waves.len()) {
            return Err(NotAPlan::Rest(at));
        }
        if let Selector::Percent(share) = selector {
            together += u32::from(*share);
            if *share == 0 || together > 99 {
                return Err(NotAPlan::Percent(at));
            }
        }
    }
    Ok(())
}

/// The targets of each wave; the last may have none.
fn choose<'a>(waves: &[(Selector, Start)], ordered: &[&'a Target]) -> Result<Vec<Vec<&'a Target>>, NotAPlan> {
    let known: HashSet<_> = ordered.iter().map(|target| target.terminal).collect();
    let mut chosen = vec![Vec::new(); waves.len()];
    let mut pool = ordered.to_vec();
    for (at, (selector, _)) in waves.iter().enumerate() {
        let named = |target: &&Target| match selector {
            Selector::Group(group) => group.contains(&target.terminal),
            Selector::Sites(sites) => target.stands_at(sites),
            Selector::Percent(_) | Selector::Rest => false,
        };
        if let Selector::Group(group) = selector
            && let Some(stranger) = group.iter().find(|terminal| !known.contains(terminal))
        {
            return Err(NotAPlan::Stranger(at, *stranger));
        }
        (chosen[at], pool) = pool.into_iter().partition(named);
    }
    let unnamed = pool.len();
    for (at, (selector, _)) in waves.iter().enumerate() {
        match selector {
            Selector::Percent(share) => {
                let count = (unnamed * usize::from(*share)).div_ceil(100);
                (chosen[at], pool) = spread(pool, count);
            }
            Selector::Rest => chosen[at] = std::mem::take(&mut pool),
            Selector::Group(_) | Selector::Sites(_) => {}
        }
        if chosen[at].is_empty() && *selector != Selector::Rest {
            return Err(NotAPlan::Empty(at));
        }
    }
    Ok(chosen)
}

/// The first `count`, one of each site as far as that goes, and the others in their order.
fn spread(pool: Vec<&Target>, count: usize) -> (Vec<&Target>, Vec<&Target>) {
    let mut sites = HashSet::new();
    let mut first = Vec::new();
    let mut others = Vec::new();
    for target in pool {
        if first.len() < count && sites.insert(target.site.as_str()) {
            first.push(target);
        } else {
            others.push(target);
        }
    }
    let missing = (count - first.len()).min(others.len());
    first.extend(others.drain(..missing));
    (first, others)
}
