//! The fleet's people: who signs in to its console, what they see there, and what they may do.
//!
//! Invariants: passwords, limits on guessing and sessions are those of `account`. Whoever asks is held against role and scope
//! here, whichever way they came: a page or a command can't forget it. What lies outside somebody's scope is answered as if
//! it were not there. Every change stands in the fleet's audit with who did it, in the same transaction. Whoever keeps people
//! and reads the audit sees the whole fleet, and one of them is always left.
//!
//! | module | purpose |
//! |---|---|
//! | `attend` | alarms that somebody sees to, what is quiet |
//! | `diagnostics` | what is asked of a terminal from afar |
//! | `groups` | groups of terminals |
//! | `keep` | people added, changed, removed, by an admin or on the command line |
//! | `keys` | keys by which programs ask on behalf of somebody |
//! | `map` | the map, likewise |
//! | `orders` | what one terminal was ordered, and orders to it |
//! | `own` | signing in, one's own password and codes |
//! | `rollouts` | rollouts, looked at before they are made |
//! | `scope` | which part of the fleet somebody sees |
//! | `see` | terminals and audit, as far as somebody may see them |
//! | `settings` | settings from afar, for whoever sees the whole fleet |
//! | `sites` | the tree of sites, likewise |
//! | `tokens` | tokens of update clients |
//! | `totp` | the codes, without I/O |
//! | `updates` | artifacts, for whoever sees the whole fleet |

mod attend;
mod diagnostics;
mod groups;
mod keep;
mod keys;
mod map;
mod orders;
mod own;
mod rollouts;
mod scope;
mod see;
mod settings;
mod sites;
mod tokens;
mod totp;
mod updates;

use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

pub use keep::NewUser;
pub use keys::{KEYS_MAX, KeyShown};
pub use map::Pin;
pub use orders::{Orders, What};
pub use own::{Open, Shared};
pub use scope::Scope;
pub use see::{AuditPage, Count, Sought, Standing, Terminals};
pub use settings::StandingPage;
pub use sites::{Branch, Nearest, Poster, SitePage};
pub use updates::ArtifactPage;

use super::{Fleet, seal::Seal, sites::Path};
use crate::{
    account::{self, Door, Unfit},
    ca::Ca,
    store::{StoreError, users::UserRow},
};

/// What somebody may do; each may do what the one before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize, ValueEnum, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees terminals and what is wrong with them.
    Viewer,
    /// Sees to alarms, says that an opened case was looked into, asks something of terminals from afar.
    Operator,
    /// The second person of what takes two.
    Approver,
    /// Revokes terminals, keeps people, reads the audit.
    Admin,
}

impl Role {
    /// Every one, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Approver, Self::Admin];

    /// The name in the database and for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: String,
    /// What they type.
    pub login: String,
    /// As people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// Whether they show a code when they sign in.
    pub shows_codes: bool,
    /// Id of the session that they came with.
    pub session: String,
    /// Stands in each of their forms.
    pub csrf: String,
}

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Whoever runs a command on the host's machine, who may read the database's file anyway.
    Machine,
    /// Somebody who signed in.
    User(&'a User),
}

/// What somebody entered that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself what it is")]
pub enum Refusal {
    #[error(transparent)]
    Password(#[from] Unfit),
    #[error("the name is missing, or has more than 60 characters")]
    Name,
    #[error("a login has 1 to 60 letters, digits or . _ - @")]
    Login,
    #[error("this login was given before; a login is given once, so that the audit names one person")]
    LoginTaken,
    #[error("a scope is the whole fleet, or at most 100 codes of sites; `host site list` shows them")]
    Scope,
    #[error("an admin keeps people and reads the audit of the whole fleet: give the role without a scope")]
    AdminScope,
    #[error("this is the last admin; give somebody else the role first")]
    LastAdmin,
    #[error("nobody changes their own role or removes themselves; ask another admin")]
    Oneself,
    #[error("the password is not right")]
    OldPassword,
    #[error("the code is not right, or was used before; wait for the next one")]
    Code,
    #[error("codes are set up already; end them first")]
    CodesOn,
    #[error("begin anew: no secret waits for its first code")]
    NoSecret,
    #[error("a key's name says what it is for, in 1 to 60 characters")]
    KeyName,
    #[error("nobody has more than {KEYS_MAX} keys; end one first")]
    Keys,
}

/// Why it wasn't done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Which of the three is not said.
    #[error("login, password or code is not right")]
    Wrong,
    /// Too many wrong tries.
    #[error("too many tries; wait {} s", retry_after.as_secs())]
    TooMany {
        /// When it is worth asking again.
        retry_after: std::time::Duration,
    },
    /// Their role doesn't let them.
    #[error("not allowed")]
    NotAllowed,
    /// There is no such thing, or not for whoever asked.
    #[error("there is no such person; `host user list` shows those there are")]
    NotFound,
    /// Something entered can't be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A rollout is in another state, or can't be.
    #[error(transparent)]
    Rollout(super::NotRolledOut),
    /// Something is not asked of a terminal.
    #[error(transparent)]
    Diagnostics(super::diagnostics::NotAsked),
    /// An artifact can't be taken in, released or withdrawn.
    #[error(transparent)]
    Artifact(super::artifacts::Error),
    /// Settings can't be drawn up or ordered.
    #[error(transparent)]
    Settings(super::NotOrdered),
    /// An artifact can't be ordered to a terminal, or the order can't be cancelled.
    #[error(transparent)]
    Action(super::actions::NotDone),
    /// The fleet.
    #[error(transparent)]
    Fleet(#[from] super::Error),
}

impl From<StoreError> for Error {
    fn from(source: StoreError) -> Self {
        Self::Fleet(source.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Fleet(source.into())
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        Self::Refused(unfit.into())
    }
}

impl From<account::Error> for Error {
    fn from(error: account::Error) -> Self {
        match error {
            account::Error::TooMany { retry_after } => Self::TooMany { retry_after },
            account::Error::Store(source) => source.into(),
        }
    }
}

/// The fleet with its people.
#[derive(Debug, Clone)]
pub struct Users {
    fleet: Fleet,
    door: Door,
    seal: Arc<Seal>,
}

impl User {
    /// How the audit calls them.
    #[must_use]
    pub fn who(&self) -> String {
        subject(&self.login)
    }
}

impl By<'_> {
    fn may(self, least: Role) -> Result<(), Error> {
        match self {
            Self::User(user) if user.role < least => Err(Error::NotAllowed),
            _ => Ok(()),
        }
    }

    /// Whether what goes over the whole fleet is theirs: rollouts, groups, updates, settings.
    #[must_use]
    pub fn sees_whole_fleet(self) -> bool {
        *self.scope() == Scope::All
    }

    /// What goes over the whole fleet is not there for whoever sees a part of it.
    fn must_see_all(self) -> Result<(), Error> {
        if self.sees_whole_fleet() { Ok(()) } else { Err(Error::NotFound) }
    }

    fn sees(self, station: &str, path: &Path) -> bool {
        self.scope().covers(station, path)
    }

    /// Which part of the fleet is theirs.
    fn scope(&self) -> &Scope {
        match self {
            Self::Machine => &Scope::All,
            Self::User(user) => &user.scope,
        }
    }

    fn is(self, id: &str) -> bool {
        matches!(self, Self::User(user) if user.id == id)
    }
}

impl Users {
    /// Takes the fleet and the authority that its users' secrets are sealed under.
    #[must_use]
    pub fn new(fleet: Fleet, ca: &Ca) -> Self {
        let door = Door::new(fleet.store.clone(), Arc::clone(&fleet.clock));
        Self { fleet, door, seal: Arc::new(Seal::of(ca)) }
    }

    /// How the audit calls whoever does something.
    fn who(&self, by: By<'_>) -> String {
        match by {
            By::Machine => self.fleet.who.to_string(),
            By::User(user) => user.who(),
        }
    }
}

/// How the audit calls a user.
fn subject(login: &str) -> String {
    format!("user:{login}")
}

/// The same, with what they may do.
fn described(login: &str, role: Role, scope: &Scope) -> String {
    format!("{} {} {}", subject(login), role.name(), scope.text())
}

fn role_of(row: &UserRow) -> Result<Role, StoreError> {
    Role::named(&row.role).ok_or(StoreError::Unreadable("role"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_the_ones_below_it_may() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(Role::named(role.name()), Some(role));
            assert!(Role::ALL.iter().take(at).all(|less| *less < role));
        }
    }
}
