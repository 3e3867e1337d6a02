//! Groups of terminals by query, kept by name. A group holds whoever meets its query when somebody asks, not who did once.

mod query;

use std::collections::BTreeMap;

use serde::Deserialize;
use wire::ticket::TerminalNumber;

pub use query::{Facts, NotAQuery, Query};

use super::{Error, Fleet, sites::Code};
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

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As people call it.
    pub name: String,
    /// What it asks.
    pub query: Query,
}

/// Of a report, what groups ask for.
#[derive(Debug, Deserialize)]
struct Said {
    agent: String,
    kiosk: Option<Kiosk>,
}

#[derive(Debug, Deserialize)]
struct Kiosk {
    printer: Printer,
}

#[derive(Debug, Deserialize)]
struct Printer {
    profile: String,
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
        let rows = rows::all(&mut *self.store.read().await?).await?;
        let group = |(name, query): (String, String)| {
            let query = query.parse().map_err(|_| StoreError::Unreadable("group"))?;
            Ok(Group { name, query })
        };
        rows.into_iter().map(group).collect()
    }

    /// The group of this name.
    ///
    /// # Errors
    /// [`Error::Group`] where there is none, or the database.
    pub async fn group(&self, name: &str) -> Result<Group, Error> {
        let found = self.groups().await?.into_iter().find(|group| group.name == name);
        Ok(found.ok_or_else(|| NotAGroup::Unknown(name.to_owned()))?)
    }

    /// Who is in a group that asks this, now, by number; the revoked ones are in none.
    ///
    /// # Errors
    /// The database.
    pub async fn who_meets(&self, query: &Query) -> Result<Vec<TerminalNumber>, Error> {
        let tree = self.sites().await?;
        let mut conn = self.store.read().await?;
        let said = if query.asks_what_terminals_say() { said(&mut conn).await? } else { BTreeMap::new() };
        let of = |(number, site): &(TerminalNumber, Option<String>)| {
            let code = site.as_deref().and_then(|code| code.parse::<Code>().ok());
            let site = code.as_ref().and_then(|code| tree.get(code));
            let said = said.get(number);
            Facts {
                path: site.map(|site| tree.path_of(&site.code)).unwrap_or_default(),
                level: site.map(|site| site.level),
                tags: site.map(|site| site.tags.clone()),
                version: said.map(|said| said.agent.clone()),
                printer: said.and_then(|said| said.kiosk.as_ref()).map(|kiosk| kiosk.printer.profile.clone()),
            }
        };
        let known = terminals::sites(&mut conn).await?.into_iter();
        Ok(known.filter(|row| query.holds(&of(row))).map(|(number, _)| number).collect())
    }
}

async fn said(conn: &mut Conn) -> Result<BTreeMap<TerminalNumber, Said>, StoreError> {
    let unreadable = |_| StoreError::Unreadable("health report");
    let rows = health::said(conn).await?.into_iter();
    rows.map(|(terminal, report)| Ok((terminal, serde_json::from_str(&report).map_err(unreadable)?))).collect()
}
