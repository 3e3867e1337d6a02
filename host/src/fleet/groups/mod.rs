//! Groups of terminals by query, kept by name. A group holds whoever meets its query when somebody asks, not who did once.

mod query;

use std::collections::BTreeMap;

use wire::ticket::TerminalNumber;

pub use query::{Facts, NotAQuery, Query};

use super::{
    Error, Fleet,
    sites::{self, Code, Path, Site},
};
use crate::store::{Conn, StoreError, groups as rows, health, terminals};

/// What can't be done to a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAGroup {
    /// What it asks.
    #[error(transparent)]
    Query(#[from] NotAQuery),
    /// Its name.
    #[error("a group's name has 1 to 60 characters and no spaces or signs that part words")]
    Name,
    /// There is no such group.
    #[error("there is no group {0:?}; `host group list` shows those there are")]
    Unknown(String),
}

/// A group, and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As people call it.
    pub name: String,
    /// What it asks.
    pub query: Query,
    /// Who meets it, by number; the revoked ones are in no group.
    pub terminals: Vec<TerminalNumber>,
}

impl Fleet {
    /// Keeps a group, in place of one of the same name.
    ///
    /// # Errors
    /// [`Error::Group`], or the database.
    pub async fn put_group(&self, name: &str, query: &Query) -> Result<(), Error> {
        let is_name = (1..=60).contains(&name.chars().count())
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || ",@=%".contains(c));
        if !is_name {
            return Err(NotAGroup::Name.into());
        }
        let mut tx = self.store.write().await?;
        rows::put(&mut tx, name, &query.to_string()).await?;
        self.note(&mut tx, "group.set", &format!("group:{name} {query}")).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets a group.
    ///
    /// # Errors
    /// [`Error::Group`] where there is none, or the database.
    pub async fn remove_group(&self, name: &str) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        if !rows::remove(&mut tx, name).await? {
            return Err(NotAGroup::Unknown(name.to_owned()).into());
        }
        self.note(&mut tx, "group.remove", &format!("group:{name}")).await?;
        Ok(tx.commit().await?)
    }

    /// Every group, by name.
    ///
    /// # Errors
    /// The database.
    pub async fn groups(&self) -> Result<Vec<Group>, Error> {
        let mut conn = self.store.read().await?;
        let facts = facts(&mut conn).await?;
        let group = |(name, query): (String, String)| {
            let query: Query = query.parse().map_err(|_| StoreError::Unreadable("group"))?;
            Ok(Group { name, terminals: members(&query, &facts), query })
        };
        rows::all(&mut conn).await?.into_iter().map(group).collect()
    }

    /// Who is in a group now.
    ///
    /// # Errors
    /// [`Error::Group`] where there is none, or the database.
    pub async fn group(&self, name: &str) -> Result<Group, Error> {
        let mut conn = self.store.read().await?;
        let query = rows::find(&mut conn, name).await?.ok_or_else(|| NotAGroup::Unknown(name.to_owned()))?;
        let query: Query = query.parse().map_err(|_| StoreError::Unreadable("group"))?;
        let terminals = members(&query, &facts(&mut conn).await?);
        Ok(Group { name: name.to_owned(), query, terminals })
    }

    /// Who would be in a group that asks this.
    ///
    /// # Errors
    /// The database.
    pub async fn who_meets(&self, query: &Query) -> Result<Vec<TerminalNumber>, Error> {
        Ok(members(query, &facts(&mut *self.store.read().await?).await?))
    }
}

fn members(query: &Query, facts: &BTreeMap<TerminalNumber, Facts>) -> Vec<TerminalNumber> {
    facts.iter().filter(|(_, facts)| query.holds(facts)).map(|(terminal, _)| *terminal).collect()
}

/// What is known of every terminal that is not revoked.
async fn facts(conn: &mut Conn) -> Result<BTreeMap<TerminalNumber, Facts>, Error> {
    let tree = sites::tree(conn).await?;
    let mut said = BTreeMap::new();
    for row in health::all(conn).await? {
        said.insert(row.terminal, super::health::read(&row)?);
    }
    let known = terminals::all(conn).await?.into_iter().filter(|row| row.revoked_at.is_none());
    let of = |row: terminals::TerminalRow| {
        let code = row.site.as_deref().and_then(|code| code.parse::<Code>().ok());
        let site: Option<&Site> = code.as_ref().and_then(|code| tree.get(code));
        let report = said.get(&row.number);
        let facts = Facts {
            path: site.map(|site| Path::of(&tree.path(&site.code))).unwrap_or_default(),
            level: site.map(|site| site.level),
            tags: site.map(|site| site.tags.clone()),
            version: report.map(|report| report.agent.clone()),
            printer: report.and_then(|report| report.kiosk.as_ref()).map(|kiosk| kiosk.printer.profile.clone()),
        };
        (row.number, facts)
    };
    Ok(known.map(of).collect())
}
