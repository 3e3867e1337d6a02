//! How a rollout is made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use uuid::Uuid;
use wire::ticket::TerminalNumber;

use super::{NotRolledOut, Shown, kept::Kept, news};
use crate::{
    fleet::{
        Error, Fleet,
        rollout::{Event, Policy, Release, Rollout, Seed, Selector, Start, Target, Who},
        settings::{is_remark, release, version_of},
    },
    store::{
        StoreError, Tx, afar,
        rollouts::{self as rows, RolloutRow},
        terminals,
    },
};

/// Settings for many terminals, wave by wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRollout {
    /// Which settings; 0, the terminals' own.
    pub version: u64,
    /// What those that took them are ordered back to; none, what most of them have.
    pub former: Option<u64>,
    /// Who is in which wave, and when it begins.
    pub waves: Vec<(Selector, Start)>,
    /// Its rules.
    pub policy: Policy,
    /// IANA name, of its maintenance windows.
    pub zone: String,
    /// A remark, may be empty.
    pub why: String,
}

impl Fleet {
    /// Makes a rollout to every terminal that was enrolled and is not revoked; those that are enrolled later join it.
    ///
    /// # Errors
    /// What is wrong with the plan; a terminal that is in another rollout; settings that are not there; or the database.
    pub async fn roll_out(&self, new: NewRollout) -> Result<Shown, NotRolledOut> {
        let NewRollout { version, former, waves, policy, zone, why } = new;
        if !is_remark(&why) {
            return Err(NotRolledOut::Why);
        }
        TimeZone::get(&zone).map_err(|_| NotRolledOut::Zone(zone.clone()))?;
        let mut tx = self.store.write().await?;
        for version in [Some(version), former].into_iter().flatten().filter(|version| *version > 0) {
            afar::find(&mut tx, version).await?.ok_or(NotRolledOut::UnknownSettings(version))?;
        }
        let known = terminals::all(&mut tx).await?;
        let targets: Vec<Target> = known.iter().filter(|row| news::is_target(row)).map(news::target).collect();
        if targets.is_empty() {
            return Err(NotRolledOut::NoTerminal);
        }
        let numbers: Vec<_> = targets.iter().map(|target| target.terminal).collect();
        if let Some((rollout, terminal)) = rows::that_has(&mut tx, &numbers).await? {
            return Err(NotRolledOut::Busy(terminal, rollout));
        }
        let former = match former {
            Some(former) => former,
            None => most_have(&mut tx, &numbers, version).await?,
        };
        let version = or_own(version, self, &mut tx).await?;
        let releases = (release(version), release(former));
        let made_by = Who(self.who.to_string());
        let rollout = Rollout::plan(made_by, releases, policy, waves, draw_seed(), &targets)?;
        let row = new_row(&mut tx, self, zone, why, true).await?;
        let mut kept = Kept::new(row, rollout);
        self.note(&mut tx, "rollout.make", &format!("rollout:{} settings:{version}", kept.shown().number)).await?;
        // What follows refers to it.
        let now = self.clock.now();
        kept.keep(&mut tx, now).await?;
        kept.take(self, &mut tx, (Event::Tick, now)).await?;
        kept.keep(&mut tx, now).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(kept.shown())
    }
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
    let version = or_own(version_of(former).unwrap_or(0), fleet, tx).await?;
    let releases = (release(version), rollout.release.clone());
    let rollout = Rollout::plan(rollout.made_by.clone(), releases, policy, waves, draw_seed(), &targets)?;
    let why = format!("back from rollout {}", of.number);
    let row = new_row(tx, fleet, of.zone.clone(), why, false).await?;
    let mut kept = Kept::new(row, rollout);
    kept.keep(tx, fleet.clock.now()).await?;
    Ok(kept)
}

/// Terminals that are to have their own settings take some that set nothing.
async fn or_own(version: u64, fleet: &Fleet, tx: &mut Tx) -> Result<u64, StoreError> {
    if version == 0 { fleet.own_settings(tx).await } else { Ok(version) }
}

async fn new_row(
    tx: &mut Tx,
    fleet: &Fleet,
    zone: String,
    why: String,
    newcomers: bool,
) -> Result<RolloutRow, StoreError> {
    let number = rows::next_number(tx).await?;
    Ok(RolloutRow { number, made_at: fleet.clock.now(), why, zone, newcomers, state: String::new(), over_at: None })
}

fn draw_seed() -> Seed {
    Seed(Uuid::new_v4().into_bytes())
}

/// The settings other than these that most of these terminals were ordered to have; 0, their own.
async fn most_have(tx: &mut Tx, terminals: &[TerminalNumber], other_than: u64) -> Result<u64, StoreError> {
    let orders: BTreeMap<_, _> = afar::orders(tx).await?.into_iter().map(|o| (o.terminal, o.version)).collect();
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for terminal in terminals {
        *counts.entry(orders.get(terminal).copied().unwrap_or(0)).or_default() += 1;
    }
    counts.remove(&other_than);
    Ok(counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(version, _)| version))
}
