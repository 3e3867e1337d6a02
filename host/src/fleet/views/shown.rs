//! Terminals, groups, people, settings and orders as programs are shown them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use wire::{settings::Settings, ticket::TerminalNumber};

use super::{HealthReport, Number, SettingsSet};
use crate::{
    fleet::{
        Alarm, Health,
        actions::{Action, State, Told},
        groups::Group,
        sites::Site,
        users::{Scope, Standing},
    },
    store::{afar::SettingsRow, overview::OverviewRow, terminals::TerminalRow, users::UserRow},
};

/// Whether a terminal is one of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum Enrolment {
    /// It is.
    #[serde(rename = "enrolled")]
    Enrolled,
    /// It never used its enrolment file.
    #[serde(rename = "waits for its first contact")]
    Waits,
    /// It is no longer, for good.
    #[serde(rename = "revoked")]
    Revoked,
}

impl Enrolment {
    /// Of a terminal.
    #[must_use]
    pub fn of(row: &TerminalRow) -> Self {
        match (row.revoked_at, row.certificate_until) {
            (Some(_), _) => Self::Revoked,
            (None, Some(_)) => Self::Enrolled,
            (None, None) => Self::Waits,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Waits => "waits for its first contact",
            Self::Revoked => "revoked",
        }
    }
}

/// A terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Terminal)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct TerminalView {
    #[schema(value_type = Number)]
    pub terminal: TerminalNumber,
    /// Of the last enrolment file.
    pub generation: u8,
    /// Code of the site that it stands at.
    pub site: Option<String>,
    /// That site's name; empty, not known.
    pub station: String,
    /// Where in or near it.
    pub place: String,
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Timestamp,
    pub standing: Enrolment,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub certificate_until: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// When it last reported.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    /// Not heard of for more than two hours.
    pub silent: bool,
    /// What is wrong with it.
    #[schema(value_type = Vec<crate::fleet::Fault>)]
    pub alarms: Vec<&'static str>,
}

impl TerminalView {
    /// Of a terminal, and how it is, where it ever said that.
    #[must_use]
    pub fn of(row: &TerminalRow, health: Option<&Health>) -> Self {
        let open = |health: &Health| health.open().map(|alarm| alarm.fault.name()).collect();
        Self {
            terminal: row.number,
            generation: row.generation,
            site: row.site.clone(),
            station: row.station.clone(),
            place: row.place.clone(),
            added_at: row.added_at,
            standing: Enrolment::of(row),
            certificate_until: row.certificate_until,
            revoked_at: row.revoked_at,
            last_seen: health.map(|health| health.seen),
            silent: health.is_some_and(|health| health.is_silent),
            alarms: health.map(open).unwrap_or_default(),
        }
    }
}

/// A terminal at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TerminalAtAGlance)]
pub struct GlanceView {
    /// Which.
    #[schema(value_type = Number)]
    pub terminal: TerminalNumber,
    /// Name of its station; empty, not known.
    pub station: String,
    /// Where in or near it.
    pub place: String,
    /// How it stands.
    pub standing: Standing,
    /// When it last reported.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    /// How many alarms are open.
    #[schema(minimum = 0)]
    pub alarms: i64,
}

impl From<(OverviewRow, Standing)> for GlanceView {
    fn from((row, standing): (OverviewRow, Standing)) -> Self {
        let OverviewRow { number, station, place, seen, alarms, .. } = row;
        Self { terminal: number, station, place, standing, last_seen: seen, alarms }
    }
}

/// How a terminal is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthView {
    /// Which.
    #[schema(value_type = Number)]
    pub terminal: TerminalNumber,
    /// When it last reported.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
    /// Not heard of for more than two hours.
    pub silent: bool,
    /// What it said, as it came, with what this host does not know.
    #[schema(value_type = HealthReport)]
    pub report: Value,
    /// Its alarms, the newest first; those that are over for a while too.
    pub alarms: Vec<Alarm>,
}

impl From<&Health> for HealthView {
    fn from(health: &Health) -> Self {
        Self {
            terminal: health.terminal,
            last_seen: health.seen,
            silent: health.is_silent,
            report: serde_json::from_str(&health.text).unwrap_or_default(),
            alarms: health.alarms.clone(),
        }
    }
}

/// A site, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SiteShown)]
pub struct SiteView {
    /// Which.
    #[serde(flatten)]
    pub site: Site,
    /// The terminals at it that are not revoked.
    #[schema(value_type = Vec<Number>)]
    pub terminals: Vec<TerminalNumber>,
}

/// A group, and who is in it at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    /// As people call it.
    #[schema(min_length = 1, max_length = 60)]
    pub group: String,
    /// What it asks.
    pub query: String,
    /// Who is in it.
    #[schema(value_type = Vec<Number>)]
    pub terminals: Vec<TerminalNumber>,
}

impl GroupView {
    /// Of a group with these in it.
    #[must_use]
    pub fn of(group: &Group, terminals: Vec<TerminalNumber>) -> Self {
        Self { group: group.name.clone(), query: group.query.to_string(), terminals }
    }
}

/// Settings that were drawn up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SettingsDrawnUp)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct SettingsView {
    pub version: u64,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    pub made_by: String,
    #[schema(max_length = 200)]
    pub why: String,
    #[schema(value_type = SettingsSet)]
    pub settings: Settings,
}

impl From<SettingsRow> for SettingsView {
    fn from(SettingsRow { version, made_at, made_by, why, settings }: SettingsRow) -> Self {
        Self { version, made_at, made_by, why, settings }
    }
}

/// An order of an artifact to a terminal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Action)]
pub struct ActionView {
    /// Its id.
    pub action: u64,
    /// Whose.
    #[schema(value_type = Number)]
    pub terminal: TerminalNumber,
    /// The artifact's id.
    pub artifact: i64,
    /// The artifact's name.
    pub name: String,
    /// The artifact's version.
    pub version: String,
    /// How far it is: `to_be_confirmed`, `waiting`, `began`, `to_stop`, `finished`, `failed`, `fell_back`, `cancelled`.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// Of one that failed or fell back.
    pub why: Option<String>,
    /// When it was ordered.
    #[schema(value_type = String, format = DateTime)]
    pub ordered_at: Timestamp,
    /// By whom, as the audit calls them.
    pub ordered_by: String,
    /// When its state was written or the terminal last told of it.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// What the terminal told of it, the newest first.
    pub told: Vec<Told>,
}

impl ActionView {
    /// Of an action, with what was told of it.
    #[must_use]
    pub fn of(action: &Action, told: Vec<Told>) -> Self {
        let Action { id, terminal, artifact, state, ordered_at, ordered_by, changed_at } = action;
        let why = match state {
            State::Failed(why) | State::FellBack(why) => Some(why.clone()),
            _ => None,
        };
        Self {
            action: *id,
            terminal: *terminal,
            artifact: artifact.id,
            name: artifact.name.to_string(),
            version: artifact.version.to_string(),
            state: state.name(),
            why,
            ordered_at: *ordered_at,
            ordered_by: ordered_by.clone(),
            changed_at: *changed_at,
            told,
        }
    }
}

/// An order that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Ordered)]
pub struct OrderedView {
    /// To whom.
    #[schema(value_type = Number)]
    pub terminal: TerminalNumber,
    /// The action.
    pub action: u64,
    /// What.
    pub artifact: i64,
}

impl OrderedView {
    /// Of orders of one artifact, terminal by terminal.
    #[must_use]
    pub fn all(artifact: i64, terminals: &[TerminalNumber], actions: &[u64]) -> Vec<Self> {
        let pairs = terminals.iter().zip(actions);
        pairs.map(|(terminal, action)| Self { terminal: *terminal, action: *action, artifact }).collect()
    }
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Person)]
#[expect(missing_docs, reason = "the columns are described in the migration")]
pub struct PersonView {
    pub id: String,
    pub login: String,
    pub name: String,
    #[schema(value_type = crate::fleet::users::Role)]
    pub role: String,
    pub scope: Scope,
    /// Whether they show a code when they sign in.
    pub totp: bool,
    #[schema(format = DateTime)]
    pub added_at: String,
}

impl From<&UserRow> for PersonView {
    fn from(row: &UserRow) -> Self {
        Self {
            id: row.id.clone(),
            login: row.login.clone(),
            name: row.name.clone(),
            role: row.role.clone(),
            scope: Scope::of_row(row),
            totp: row.totp.is_some(),
            added_at: row.added_at.clone(),
        }
    }
}
