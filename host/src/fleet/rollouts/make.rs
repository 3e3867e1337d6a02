//! How a rollout is made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use uuid::Uuid;
use wire::ticket::TerminalNumber;

use super::{Brings, Brought, NotRolledOut, Shown, kept::Kept, news};
use crate::{
    fleet::{
        Error, Fleet,
        actions::released,
        artifacts::{State, compare, word},
        rollout::{Event, Phase, Policy, Release, Rollout, Seed, Selector, Start, Target, Who},
        settings::is_remark,
    },
    store::{
        StoreError, Tx, afar, artifacts,
        rollouts::{self as rows, RolloutRow},
        terminals,
    },
};

/// Settings or an artifact for many terminals, wave by wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRollout {
    /// What.
    pub brings: Brought,
    /// What those that took it are ordered back to; none, the settings that most of them have, or the artifact's release before.
    pub former: Option<Brought>,
    /// Who is in which wave, and when it begins.
    pub waves: Vec<(Selector, Start)>,
    /// Its rules.
    pub policy: Policy,
    /// IANA name, of its maintenance windows.
    pub zone: String,
    /// A remark, may be empty.
    pub why: String,
}

/// Whom a rollout would reach if it were made at this instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Of each wave, how many terminals.
    pub waves: Vec<usize>,
    /// What those that took it would be ordered back to; `Settings(0)`, their own, `Artifact(0)`, nothing.
    pub former: Brought,
    /// Whether a second person would have to approve it.
    pub needs_approval: bool,
}

impl Fleet {
    /// Makes a rollout to every terminal that can take it and is not revoked; those that come later join it.
    ///
    /// # Errors
    /// What is wrong with the plan; a terminal that is in another rollout of the kind; settings that are not there, or an
    /// artifact that is not released; or the database.
    pub async fn roll_out(&self, new: NewRollout) -> Result<Shown, NotRolledOut> {
        self.roll_out_as_shown(new, None).await
    }

    /// The same, where each wave reaches as many terminals as somebody was shown.
    ///
    /// # Errors
    /// As [`Fleet::roll_out`], and [`NotRolledOut::Changed`].
    pub async fn roll_out_as_shown(
        &self,
        new: NewRollout,
        waves_shown: Option<&[usize]>,
    ) -> Result<Shown, NotRolledOut> {
        let mut tx = self.store.write().await?;
        let (mut kept, _) = self.planned(&mut tx, new).await?;
        if waves_shown.is_some_and(|shown| shown != reached(kept.rollout())) {
            return Err(NotRolledOut::Changed);
        }
        let brings = &kept.rollout().release.0;
        self.note(&mut tx, "rollout.make", &format!("rollout:{} {brings}", kept.shown().number)).await?;
        // What follows refers to it.
        let now = self.clock.now();
        kept.keep(&mut tx, now).await?;
        kept.take(self, &mut tx, (Event::Tick, now)).await?;
        kept.keep(&mut tx, now).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(kept.shown())
    }

    /// Whom it would reach: it is planned as when it is made, and then left.
    ///
    /// # Errors
    /// As [`Fleet::roll_out`].
    pub async fn preview_rollout(&self, new: NewRollout) -> Result<Preview, NotRolledOut> {
        let mut tx = self.store.write().await?;
        let (kept, former) = self.planned(&mut tx, new).await?;
        let needs_approval = kept.rollout().phase == Phase::AwaitsApproval;
        Ok(Preview { waves: reached(kept.rollout()), former, needs_approval })
    }

    /// A rollout that is not written down yet, and what it orders back to.
    async fn planned(&self, tx: &mut Tx, new: NewRollout) -> Result<(Kept, Brought), NotRolledOut> {
        let NewRollout { brings, former, waves, policy, zone, why } = new;
        if !is_remark(&why) {
            return Err(NotRolledOut::Why);
        }
        TimeZone::get(&zone).map_err(|_| NotRolledOut::Zone(zone.clone()))?;
        if former.is_some_and(|former| former.kind() != brings.kind()) {
            return Err(NotRolledOut::Former);
        }
        for each in [Some(brings), former].into_iter().flatten() {
            is_there(tx, each).await?;
        }
        let (known, devices) = (terminals::all(tx).await?, news::Devices::read(tx, true).await?);
        let targets: Vec<Target> = known.iter().filter_map(|row| news::target(brings.kind(), row, &devices)).collect();
        if targets.is_empty() {
            return Err(NotRolledOut::NoTerminal);
        }
        let numbers: Vec<_> = targets.iter().map(|target| target.terminal).collect();
        if let Some((rollout, terminal)) = rows::that_has(tx, brings.kind().word(), &numbers).await? {
            return Err(NotRolledOut::Busy(terminal, rollout));
        }
        let former = match (former, brings) {
            (Some(former), _) => former,
            (None, Brought::Settings(version)) => most_have(tx, &numbers, version).await?,
            (None, Brought::Artifact(id)) => released_before(tx, id).await?,
        };
        let brings = or_own(brings, self, tx).await?;
        let releases = (brings.release(), former.release());
        let made_by = Who(self.who.to_string());
        let rollout = Rollout::plan(made_by, releases, policy, waves, draw_seed(), &targets)?;
        let row = new_row(tx, self, brings.kind(), zone, why, true).await?;
        Ok((Kept::new(row, rollout), former))
    }
}

/// How many terminals are in each wave.
fn reached(rollout: &Rollout) -> Vec<usize> {
    let mut waves = vec![0; rollout.waves.len()];
    for member in rollout.members.values() {
        waves[member.wave] += 1;
    }
    waves
}

/// A rollout of the former release to those that took the other one, all at once and under the same rules, but that nobody
/// has to approve it.
pub(super) async fn back(
    of: &RolloutRow,
    rollout: &Rollout,
    former: &Release,
    terminals: &BTreeSet<TerminalNumber>,
    fleet: &Fleet,
    tx: &mut Tx,
) -> Result<Kept, NotRolledOut> {
    let targets: Vec<Target> = terminals
        .iter()
        .filter_map(|terminal| {
            let proof = rollout.members.get(terminal)?.proof;
            Some(Target { terminal: *terminal, site: String::new(), proof })
        })
        .collect();
    let policy = Policy { approve_above: None, ..rollout.policy.clone() };
    let waves = vec![(Selector::Rest, Start::AfterFormer)];
    let former = Brought::of(former).ok_or(NotRolledOut::NoFormer)?;
    is_there(tx, former).await?;
    let former = or_own(former, fleet, tx).await?;
    let releases = (former.release(), rollout.release.clone());
    let rollout = Rollout::plan(rollout.made_by.clone(), releases, policy, waves, draw_seed(), &targets)?;
    let why = format!("back from rollout {}", of.number);
    let row = new_row(tx, fleet, former.kind(), of.zone.clone(), why, false).await?;
    let mut kept = Kept::new(row, rollout);
    kept.keep(tx, fleet.clock.now()).await?;
    Ok(kept)
}

/// Terminals that are to have their own settings take some that set nothing.
async fn or_own(brings: Brought, fleet: &Fleet, tx: &mut Tx) -> Result<Brought, StoreError> {
    match brings {
        Brought::Settings(0) => Ok(Brought::Settings(fleet.own_settings(tx).await?)),
        other => Ok(other),
    }
}

/// Whether it can be brought to terminals.
async fn is_there(tx: &mut Tx, brings: Brought) -> Result<(), NotRolledOut> {
    match brings {
        Brought::Settings(0) => {}
        Brought::Settings(version) => {
            afar::find(tx, version).await?.ok_or(NotRolledOut::UnknownSettings(version))?;
        }
        Brought::Artifact(0) => return Err(NotRolledOut::NoFormer),
        Brought::Artifact(id) => drop(released(tx, id).await?),
    }
    Ok(())
}

async fn new_row(
    tx: &mut Tx,
    fleet: &Fleet,
    brings: Brings,
    zone: String,
    why: String,
    newcomers: bool,
) -> Result<RolloutRow, StoreError> {
    let (number, brings) = (rows::next_number(tx).await?, brings.word().to_owned());
    Ok(RolloutRow {
        number,
        made_at: fleet.clock.now(),
        why,
        zone,
        newcomers,
        brings,
        state: String::new(),
        over_at: None,
        revision: 0,
    })
}

fn draw_seed() -> Seed {
    Seed(Uuid::new_v4().into_bytes())
}

/// The settings other than these that most of these terminals were ordered to have; 0, their own.
async fn most_have(tx: &mut Tx, terminals: &[TerminalNumber], other_than: u64) -> Result<Brought, StoreError> {
    let orders: BTreeMap<_, _> = afar::orders(tx).await?.into_iter().map(|o| (o.terminal, o.version)).collect();
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for terminal in terminals {
        *counts.entry(orders.get(terminal).copied().unwrap_or(0)).or_default() += 1;
    }
    counts.remove(&other_than);
    Ok(Brought::Settings(counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(version, _)| version)))
}

/// The highest version of its name that is released and lower; 0, there is none.
async fn released_before(tx: &mut Tx, id: i64) -> Result<Brought, NotRolledOut> {
    let new = released(tx, id).await?;
    let versions = artifacts::of_name(tx, new.name.as_str()).await?.into_iter();
    let lower = versions
        .filter(|row| row.state == word(State::Released) && compare(&row.version, new.version.as_str()).is_lt());
    let highest = lower.max_by(|a, b| compare(&a.version, &b.version));
    Ok(Brought::Artifact(highest.map_or(0, |row| row.id)))
}
