//! A rollout between the database and the state machine.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use wire::ticket::TerminalNumber;

use super::{Brings, Brought, NotRolledOut, Shown, make};
use crate::{
    fleet::{
        Fleet,
        actions::{For, released},
        rollout::{Action, Event, Member, Notice, Progress, Release, Rollout},
    },
    store::{
        Conn, StoreError, Tx,
        afar::{self, OrderRow},
        rollouts::{self as rows, MemberRow, RolloutRow},
        terminals,
    },
};

const UNREADABLE: StoreError = StoreError::Unreadable("rollout");

/// A rollout that was read, to be moved on and kept.
pub(super) struct Kept {
    row: RolloutRow,
    rollout: Rollout,
    /// Of those members that have or had one.
    pub(super) opened: BTreeMap<TerminalNumber, Opened>,
    /// Members as the database has them.
    stored: BTreeMap<TerminalNumber, MemberRow>,
}

/// The present or last action of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) order: u64,
    pub(super) at: Timestamp,
    /// Of the card that it was opened for.
    pub(super) generation: u8,
}

impl Kept {
    /// A rollout that the database does not have yet.
    pub(super) fn new(row: RolloutRow, rollout: Rollout) -> Self {
        Self { row, rollout, opened: BTreeMap::new(), stored: BTreeMap::new() }
    }

    /// One of the database's, without its members.
    pub(super) fn head(row: RolloutRow) -> Result<Self, StoreError> {
        let rollout = serde_json::from_str(&row.state).map_err(|_| UNREADABLE)?;
        Ok(Self::new(row, rollout))
    }

    /// One of the database's, that is shown and not moved on.
    pub(super) async fn only_shown(conn: &mut Conn, row: RolloutRow) -> Result<Shown, StoreError> {
        let mut kept = Self::head(row)?;
        for (terminal, member) in rows::member_states(conn, kept.row.number).await? {
            kept.rollout.members.insert(terminal, serde_json::from_str(&member).map_err(|_| UNREADABLE)?);
        }
        let RolloutRow { number, made_at, why, zone, over_at, .. } = kept.row;
        Ok(Shown { number, made_at, why, zone, over_at, rollout: kept.rollout })
    }

    pub(super) async fn of(conn: &mut Conn, row: RolloutRow) -> Result<Self, StoreError> {
        let mut kept = Self::head(row)?;
        for member in rows::members(conn, kept.row.number).await? {
            let Ok(state) = serde_json::from_str::<Member>(&member.member) else { return Err(UNREADABLE) };
            kept.rollout.members.insert(member.terminal, state);
            if let (Some(order), Some(at)) = (member.action, member.opened_at) {
                kept.opened.insert(member.terminal, Opened { order, at, generation: member.generation });
            }
            kept.stored.insert(member.terminal, member);
        }
        Ok(kept)
    }

    pub(super) fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    /// The kind of what it brings.
    pub(super) fn brings(&self) -> Brings {
        Brought::of(&self.rollout.release).map_or(Brings::Settings, Brought::kind)
    }

    pub(super) fn newcomers(&self) -> bool {
        self.row.newcomers
    }

    pub(super) fn shown(&self) -> Shown {
        let RolloutRow { number, made_at, why, zone, over_at, .. } = self.row.clone();
        Shown { number, made_at, why, zone, over_at, rollout: self.rollout.clone() }
    }

    /// Takes an event of a person's, at the time at which it happened.
    pub(super) async fn take(
        &mut self,
        fleet: &Fleet,
        tx: &mut Tx,
        (event, at): (Event, Timestamp),
    ) -> Result<(), NotRolledOut> {
        for action in self.rollout.heed(event, at)? {
            self.act(fleet, tx, action).await?;
        }
        Ok(())
    }

    /// Takes an event of the world's; one that the rollout does not take any more is nothing to it.
    pub(super) async fn hear(
        &mut self,
        fleet: &Fleet,
        tx: &mut Tx,
        event: (Event, Timestamp),
    ) -> Result<(), StoreError> {
        match self.take(fleet, tx, event).await {
            Err(NotRolledOut::Fleet(crate::fleet::Error::Store(problem))) => Err(problem),
            Err(refused) => {
                tracing::debug!(rollout = self.row.number, %refused, "a rollout took no notice");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn act(&mut self, fleet: &Fleet, tx: &mut Tx, action: Action) -> Result<(), NotRolledOut> {
        match action {
            Action::Open(terminal, _) => {
                let at = fleet.clock.now();
                let number = self.open(fleet, tx, terminal, at).await?;
                let generation = terminals::find(tx, terminal).await?.map_or(0, |row| row.generation);
                self.opened.insert(terminal, Opened { order: number, at, generation });
            }
            Action::Cancel(terminal, _) => {
                if let Some(opened) = self.opened.get(&terminal) {
                    match self.brings() {
                        Brings::Settings => afar::withdraw(tx, opened.order, fleet.clock.now()).await?,
                        Brings::Artifact => fleet.cancel_one(tx, terminal, opened.order).await?,
                    }
                }
            }
            Action::Tell(notice) => {
                let (what, wave) = match notice {
                    Notice::Stopped(wave) => ("rollout.stopped", Some(wave)),
                    Notice::SampleMissing(wave) => ("rollout.sample_missing", Some(wave)),
                    Notice::Finished => ("rollout.finished", None),
                };
                let wave = wave.map(|wave| format!(" wave:{}", wave + 1)).unwrap_or_default();
                tracing::warn!(rollout = self.row.number, "{what}{wave}");
                fleet.note_by(tx, "host", what, &format!("{}{wave}", self.subject())).await?;
            }
            Action::OrderBack(release, terminals) => self.order_back(fleet, tx, release, &terminals).await?,
        }
        Ok(())
    }

    /// Opens a terminal's order; its number.
    async fn open(
        &self,
        fleet: &Fleet,
        tx: &mut Tx,
        terminal: TerminalNumber,
        ordered_at: Timestamp,
    ) -> Result<u64, NotRolledOut> {
        match Brought::of(&self.rollout.release).ok_or(UNREADABLE)? {
            Brought::Settings(version) => {
                let (_, number) = afar::next_numbers(tx).await?;
                let ordered_by = self.subject();
                afar::order(tx, &OrderRow { number, terminal, version, ordered_at, ordered_by }).await?;
                Ok(number)
            }
            Brought::Artifact(id) => {
                let ordered = released(tx, id).await?;
                Ok(fleet.open_action(tx, terminal, &ordered, For::Rollout(&self.subject())).await?)
            }
        }
    }

    async fn order_back(
        &self,
        fleet: &Fleet,
        tx: &mut Tx,
        former: Release,
        terminals: &BTreeSet<TerminalNumber>,
    ) -> Result<(), NotRolledOut> {
        let mut back = make::back(&self.row, &self.rollout, &former, terminals, fleet, tx).await?;
        let now = fleet.clock.now();
        Box::pin(back.hear(fleet, tx, (Event::Tick, now))).await?;
        back.keep(tx, now).await?;
        Ok(())
    }

    fn subject(&self) -> String {
        format!("rollout:{}", self.row.number)
    }

    /// Writes down what is new of it, under the next revision; nothing where nothing is.
    pub(super) async fn keep(&mut self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        let is_over = self.rollout.phase.has_ended() && !self.rollout.members.values().any(|m| m.progress.is_open());
        let is_over_now = is_over && self.row.over_at.is_none();
        if is_over_now {
            self.row.over_at = Some(now);
        }
        let members = std::mem::take(&mut self.rollout.members);
        let state = serde_json::to_string(&self.rollout).map_err(|_| UNREADABLE)?;
        let is_new = self.row.revision == 0;
        let mut is_changed = is_over_now || state != self.row.state;
        self.row.state = state;
        if is_new {
            // Its members refer to it.
            self.row.revision = 1;
            rows::put(tx, &self.row).await?;
            is_changed = false;
        }
        for (terminal, member) in &members {
            let opened = self.opened.get(terminal);
            let row = MemberRow {
                terminal: *terminal,
                member: serde_json::to_string(member).map_err(|_| UNREADABLE)?,
                action: opened.map(|opened| opened.order),
                opened_at: opened.map(|opened| opened.at),
                generation: opened.map_or(0, |opened| opened.generation),
            };
            if self.stored.get(terminal) != Some(&row) {
                rows::put_member(tx, self.row.number, &row).await?;
                self.stored.insert(*terminal, row);
                is_changed |= !is_new;
            }
        }
        if is_changed {
            self.row.revision += 1;
            rows::put(tx, &self.row).await?;
        }
        self.rollout.members = members;
        Ok(())
    }
}

/// Whether a rollout shows a member its action at this instant, in the time zone of its site.
pub(super) fn offers(row: &RolloutRow, member: &MemberRow, (now, zone): (Timestamp, &str)) -> Result<bool, StoreError> {
    let mut rollout: Rollout = serde_json::from_str(&row.state).map_err(|_| UNREADABLE)?;
    let state: Member = serde_json::from_str(&member.member).map_err(|_| UNREADABLE)?;
    if !state.progress.is_open() {
        // What has ended is no news to the terminal, which has it; what left is withdrawn; another card waits for its own.
        return Ok(state.progress != Progress::Planned);
    }
    rollout.members.insert(member.terminal, state);
    let zone = TimeZone::get(zone).map_err(|_| UNREADABLE)?;
    Ok(rollout.offers(member.terminal, now, &zone).is_some())
}
