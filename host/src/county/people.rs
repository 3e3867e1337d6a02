//! The county's people: accounts, passwords, sessions.
//!
//! Invariants: passwords, limits on guessing and sessions are those of `account`; every sign-in stands in the audit. Roles
//! are the county's own: the fleet's admins have none here.

use std::net::IpAddr;

use wire::case::Role;

use super::{
    County, Error,
    case::{Actor, Person, Unit},
    record::from_word,
    tracking::Asker,
};
use crate::{
    account::{Unfit, check_password},
    store::{
        Conn,
        people::{self, PersonRow},
        sessions, tries,
    },
};

mod accounts;

pub use accounts::Post;

/// Somebody who is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// What they type to sign in.
    pub login: String,
    /// As people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The unit's name, for [`Role::Unit`]; made where it isn't there.
    pub unit: Option<String>,
    /// At least ten characters.
    pub password: String,
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Official {
    /// Their id.
    pub id: String,
    /// What they type.
    pub login: String,
    /// As people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Of [`Role::Unit`]: whose.
    pub unit: Option<Unit>,
    /// Of [`Role::Officer`]: id of the only station they see; none, all.
    pub station: Option<String>,
    /// Stands in each of their forms.
    pub csrf: String,
}

impl Official {
    /// How the audit calls them.
    #[must_use]
    pub fn who(&self) -> String {
        format!("person:{}", self.id)
    }

    /// Their part in a case.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let person = Person { id: self.id.clone(), name: self.name.clone() };
        match (self.role, &self.unit) {
            (Role::Officer, _) => Actor::Officer(person),
            (Role::Deputy, _) => Actor::Deputy(person),
            (Role::County, _) => Actor::County(person),
            (Role::Unit, Some(unit)) => Actor::Unit(person, unit.clone()),
            // A unit's account without a unit was asked nothing.
            (Role::Unit, None) => Actor::Unit(person, Unit { id: String::new(), name: String::new() }),
        }
    }

    /// Refuses all but 县人大.
    pub(crate) fn rules(&self) -> Result<(), Error> {
        if self.role == Role::County { Ok(()) } else { Err(Error::NotAllowed) }
    }

    /// Refuses units.
    pub(crate) fn serves_villagers(&self) -> Result<(), Error> {
        if self.role == Role::Unit { Err(Error::NotAllowed) } else { Ok(()) }
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        let sentence = match unfit {
            Unfit::Short => "密码至少要 10 个字符。请换一个长一些的。",
            Unfit::Long => "密码太长，最多 256 个字符。",
            Unfit::Unusable => "这个密码不能用，请换一个。",
        };
        Self::Input(sentence.into())
    }
}

pub(crate) fn named(text: &str, what: &str) -> Result<String, Error> {
    let text = text.trim();
    let short = (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if short { Ok(text.to_owned()) } else { Err(Error::Input(format!("请填写{what}，不超过 60 个字。"))) }
}

fn official(row: PersonRow, csrf: String) -> Result<Official, Error> {
    let unit = row.unit.map(|id| Unit { id, name: row.unit_name.unwrap_or_default() });
    let role = from_word(&row.role, "role")?;
    Ok(Official { id: row.id, login: row.login, name: row.name, role, unit, station: row.station, csrf })
}

impl County {
    /// Signs somebody in; returns the token of a new session.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a wrong login or password, [`Error::TooMany`], or the database.
    pub async fn sign_in(&self, login: &str, password: &str, from: IpAddr) -> Result<String, Error> {
        let who = format!("sign_in:{}", self.name_of(Asker::Address(from)));
        let login = login.trim().chars().take(60).collect::<String>();
        let number = self.door.count_try(&format!("login:{login}"), &who).await?;
        let known = people::by_login(&mut *self.store.read().await?, &login).await?;
        let right = self.door.fits(password, known.as_ref().map(|p| p.password.clone())).await;
        let mut tx = self.store.write().await?;
        let Some(person) = known.filter(|p| right && p.disabled == 0) else {
            self.audit(&mut tx, &who, "sign_in", "login", "wrong").await?;
            tx.commit().await?;
            return Err(Error::NotFound);
        };
        let token = self.door.let_in(&mut tx, &person.id, number).await?;
        self.audit(&mut tx, &format!("person:{}", person.id), "sign_in", &person.id, "done").await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Who a session's token belongs to; none for one that ended.
    ///
    /// # Errors
    /// The database.
    pub async fn session(&self, token: &str) -> Result<Option<Official>, Error> {
        let Some(session) = self.door.session(token).await? else { return Ok(None) };
        let person = people::find(&mut *self.store.read().await?, &session.person).await?;
        person.filter(|p| p.disabled == 0).map(|p| official(p, session.csrf)).transpose()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        Ok(self.door.sign_out(token).await?)
    }

    /// Changes one's own password; ends one's sessions.
    ///
    /// # Errors
    /// [`Error::Input`] for a wrong or a short password, [`Error::TooMany`] after five wrong ones, or the database.
    pub async fn change_password(&self, by: &Official, old: &str, new: &str) -> Result<(), Error> {
        check_password(new)?;
        let number = self.door.count_try(&format!("password:{}", by.id), &format!("password:{}", by.who())).await?;
        let row = self.known(&mut *self.store.read().await?, &by.id).await?;
        if !self.door.fits(old, Some(row.password)).await {
            let mut tx = self.store.write().await?;
            self.audit(&mut tx, &by.who(), "person", &by.id, "wrong").await?;
            tx.commit().await?;
            return Err(Error::Input("原来的密码不对。请再输一次。".into()));
        }
        let hash = self.door.hash(new).await?;
        let mut tx = self.store.write().await?;
        tries::take_back(&mut tx, number).await?;
        people::set_password(&mut tx, &by.id, &hash).await?;
        sessions::close_all(&mut tx, &by.id).await?;
        self.audit(&mut tx, &by.who(), "person", &by.id, "password changed").await?;
        Ok(tx.commit().await?)
    }

    async fn known(&self, conn: &mut Conn, id: &str) -> Result<PersonRow, Error> {
        people::find(conn, id).await?.ok_or(Error::NotFound)
    }
}
