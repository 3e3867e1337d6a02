//! Settings from afar: drawn up once under a number, ordered to terminals, and what these say came of it.
//!
//! Invariants: a number names the same settings for ever, also over a restore; what a terminal works by is what it says,
//! not what it was ordered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::{
    settings::{BadSetting, InForce, Ordered, Settings, VERSION},
    ticket::TerminalNumber,
};

use super::{Error, Fleet, rollouts::Brings, subject};
use crate::store::{
    StoreError, Tx,
    afar::{self as rows, OrderRow, SettingsRow, StandingRow},
    health, rollouts, terminals,
};

/// Numbers that a restore leaves out: more than anybody draws up between two backups.
pub(super) const RESTORE_GAP: u64 = 100;

/// The longest remark beside settings, Unicode scalar values.
const WHY_MAX: usize = 200;

/// Why settings are not drawn up or ordered.
#[derive(Debug, thiserror::Error)]
pub enum NotOrdered {
    /// A value that no terminal takes.
    #[error(transparent)]
    Bad(#[from] BadSetting),
    /// The remark is too long.
    #[error("why: expected 200 characters or fewer without line breaks")]
    Why,
    /// There are no such settings.
    #[error("there are no settings {0}; `host config list` shows those there are")]
    Unknown(u64),
    /// A terminal is in a rollout.
    #[error("terminal {0} is in rollout {1}, which is not over: end that one first")]
    Busy(TerminalNumber, u64),
    /// What else can be wrong.
    #[error(transparent)]
    Fleet(#[from] Error),
}

impl From<StoreError> for NotOrdered {
    fn from(problem: StoreError) -> Self {
        Self::Fleet(problem.into())
    }
}

/// How a terminal stands with settings from afar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SettingsStanding)]
pub struct Standing {
    /// Which.
    #[schema(value_type = crate::fleet::views::Number)]
    pub terminal: TerminalNumber,
    /// The settings that it is to have; none, its own alone.
    pub ordered: Option<u64>,
    /// The order of them.
    pub order: Option<u64>,
    /// What it said last; none, it never said anything of settings.
    #[schema(value_type = Option<crate::fleet::views::SettingsInForce>)]
    pub says: Option<InForce>,
}

impl Standing {
    fn of(row: &StandingRow) -> Result<Self, StoreError> {
        let report = row.report.as_deref().map(serde_json::from_str::<Said>).transpose();
        let says = report.map_err(|_| StoreError::Unreadable("health report"))?.and_then(|said| said.settings);
        Ok(Self { terminal: row.terminal, ordered: row.version, order: row.order, says })
    }
}

/// Of a report, what it says of settings.
#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    settings: Option<InForce>,
}

/// A setting that two settings differ in, as an admin names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// `printer.baud` and so on.
    pub field: String,
    /// The value before; none, the terminal's own.
    pub before: Option<String>,
    /// The value after; likewise.
    pub after: Option<String>,
}

/// Settings that were drawn up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnUp {
    /// They themselves.
    pub row: SettingsRow,
    /// How many terminals were ordered to have them last.
    pub ordered: u64,
}

/// Whether a remark can stand beside what an admin made.
pub(super) fn is_remark(why: &str) -> bool {
    why.chars().count() <= WHY_MAX && !why.contains(char::is_control)
}

/// What differs between two settings, by field.
#[must_use]
pub fn differences(before: &Settings, after: &Settings) -> Vec<Difference> {
    let (mut before, after) = (fields(before), fields(after));
    let mut all: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (field, value) in after {
        all.insert(field.clone(), (before.remove(&field), Some(value)));
    }
    all.extend(before.into_iter().map(|(field, value)| (field, (Some(value), None))));
    let differ = all.into_iter().filter(|(_, (before, after))| before != after);
    differ.map(|(field, (before, after))| Difference { field, before, after }).collect()
}

/// What settings set, by field.
#[must_use]
pub fn fields(settings: &Settings) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    name_fields("", &serde_json::to_value(settings).unwrap_or_default(), &mut found);
    found
}

fn name_fields(name: &str, value: &serde_json::Value, found: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(inner) => {
            for (field, value) in inner {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                name_fields(&name, value, found);
            }
        }
        serde_json::Value::String(text) => drop(found.insert(name.to_owned(), text.clone())),
        value => drop(found.insert(name.to_owned(), value.to_string())),
    }
}

impl Fleet {
    /// Draws up settings under the next number.
    ///
    /// # Errors
    /// [`NotOrdered::Bad`], [`NotOrdered::Why`], or the database.
    pub async fn draw_up(&self, settings: &Settings, why: &str) -> Result<u64, NotOrdered> {
        settings.check()?;
        if !is_remark(why) {
            return Err(NotOrdered::Why);
        }
        let mut tx = self.store.write().await?;
        let version = self.draw_up_in(&mut tx, settings, why).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(version)
    }

    async fn draw_up_in(&self, tx: &mut Tx, settings: &Settings, why: &str) -> Result<u64, StoreError> {
        let (version, _) = rows::next_numbers(tx).await?;
        let (made_at, made_by) = (self.clock.now(), self.who.to_string());
        let row = SettingsRow { version, made_at, made_by, why: why.to_owned(), settings: settings.clone() };
        rows::add(tx, &row).await?;
        self.note(tx, "settings.draw_up", &format!("settings:{version}")).await?;
        Ok(version)
    }

    /// Settings that set nothing, so that a terminal works by its own.
    pub(super) async fn own_settings(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let own = Settings::default();
        match rows::all(tx).await?.into_iter().find(|row| row.settings == own) {
            Some(row) => Ok(row.version),
            None => self.draw_up_in(tx, &own, "the terminals' own").await,
        }
    }

    /// All settings that were ever drawn up, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn all_settings(&self) -> Result<Vec<SettingsRow>, Error> {
        Ok(rows::all(&mut *self.store.read().await?).await?)
    }

    /// Those of a number.
    ///
    /// # Errors
    /// [`NotOrdered::Unknown`], or the database.
    pub async fn settings(&self, version: u64) -> Result<SettingsRow, NotOrdered> {
        let found = rows::find(&mut *self.store.read().await?, version).await?;
        found.ok_or(NotOrdered::Unknown(version))
    }

    /// Orders settings to terminals, all of them or none.
    ///
    /// # Errors
    /// [`NotOrdered::Unknown`]; a terminal that is not known, or revoked; or the database.
    pub async fn order_settings(&self, version: u64, terminals: &[TerminalNumber]) -> Result<(), NotOrdered> {
        let mut tx = self.store.write().await?;
        rows::find(&mut tx, version).await?.ok_or(NotOrdered::Unknown(version))?;
        if let Some((rollout, terminal)) = rollouts::that_has(&mut tx, Brings::Settings.word(), terminals).await? {
            return Err(NotOrdered::Busy(terminal, rollout));
        }
        for terminal in terminals.iter().copied() {
            let (_, number) = rows::next_numbers(&mut tx).await?;
            let known = terminals::find(&mut tx, terminal).await?.ok_or(Error::Unknown(terminal))?;
            if known.revoked_at.is_some() {
                return Err(Error::Revoked(terminal).into());
            }
            let (ordered_at, ordered_by) = (self.clock.now(), self.who.to_string());
            rows::order(&mut tx, &OrderRow { number, terminal, version, ordered_at, ordered_by }).await?;
            self.note(&mut tx, "settings.order", &format!("{} settings:{version}", subject(terminal))).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }

    /// The newest order to a terminal; none, it has its own settings alone.
    ///
    /// # Errors
    /// The database.
    pub async fn ordered(&self, terminal: TerminalNumber) -> Result<Option<Ordered>, Error> {
        let mut conn = self.store.read().await?;
        let Some(order) = self.order_shown(&mut conn, terminal).await? else { return Ok(None) };
        let found = rows::find(&mut conn, order.version).await?;
        Ok(found.map(|row| Ordered { v: VERSION, order: order.number, version: row.version, settings: row.settings }))
    }

    /// How each terminal stands that was ordered settings, or speaks of some, by number; the revoked left out.
    ///
    /// # Errors
    /// The database.
    pub async fn settings_standing(&self) -> Result<Vec<Standing>, Error> {
        let orders: BTreeMap<_, _> =
            rows::orders(&mut *self.store.read().await?).await?.into_iter().map(|o| (o.terminal, o)).collect();
        let mut says: BTreeMap<_, _> =
            self.health().await?.into_iter().filter_map(|h| Some((h.terminal, h.report.settings?))).collect();
        let known = self.list().await?.into_iter().filter(|row| row.revoked_at.is_none());
        let standing = known.map(|row| {
            let terminal = row.number;
            let order = orders.get(&terminal);
            let (ordered, order) = (order.map(|order| order.version), order.map(|order| order.number));
            Standing { terminal, ordered, order, says: says.remove(&terminal) }
        });
        Ok(standing.filter(|standing| standing.ordered.is_some() || standing.says.is_some()).collect())
    }

    /// How some terminals stand that are not revoked, by number, each with the name of its station.
    pub(super) async fn settings_standing_page(
        &self,
        skip: usize,
        at_most: usize,
    ) -> Result<Vec<(Standing, String)>, Error> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let rows = rows::standing(&mut *self.store.read().await?, number(skip), number(at_most)).await?;
        rows.into_iter().map(|row| Ok((Standing::of(&row)?, row.station))).collect()
    }

    /// How one terminal stands.
    pub(super) async fn settings_standing_of(&self, terminal: TerminalNumber) -> Result<Standing, Error> {
        let mut conn = self.store.read().await?;
        let order = rows::orders_of(&mut conn, terminal).await?.into_iter().next();
        let report = health::find(&mut conn, terminal).await?.map(|row| row.report);
        let (version, order) = (order.as_ref().map(|order| order.version), order.as_ref().map(|order| order.number));
        Ok(Standing::of(&StandingRow { terminal, station: String::new(), version, order, report })?)
    }

    /// All settings, the newest first, with how many terminals were ordered to have them last.
    pub(super) async fn drawn_up(&self) -> Result<Vec<DrawnUp>, Error> {
        let mut conn = self.store.read().await?;
        let counts = rows::order_counts(&mut conn).await?;
        let of = |row: SettingsRow| DrawnUp { ordered: counts.get(&row.version).copied().unwrap_or_default(), row };
        Ok(rows::all(&mut conn).await?.into_iter().map(of).collect())
    }
}
