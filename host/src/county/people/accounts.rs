//! Accounts and units, kept by 县人大. Invariants: every change stands in the audit; somebody whose account or role
//! changes signs in anew; whatever is done, an administrator is left who can sign in.

use uuid::Uuid;
use wire::case::Role;

use super::{
    super::{County, Error, record::word},
    NewPerson, Official, named,
};
use crate::{
    account::check_password,
    passphrase,
    store::{
        Conn, bulletins,
        people::{self, PersonRow, UnitRow},
        sessions,
    },
};

const NO_UNIT: &str = "请选择这个人所在的承办单位。";

/// A role with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// What they may do.
    pub role: Role,
    /// Of [`Role::Unit`]: the unit's id.
    pub unit: &'a str,
    /// Of [`Role::Officer`]: id of the only station they see; empty, all.
    pub station: &'a str,
}

/// Refuses what would leave nobody to keep the accounts. Held against the database within the transaction: two
/// administrators who remove each other at the same moment are not both heard.
async fn leave_an_administrator(tx: &mut Conn, without: &str) -> Result<(), Error> {
    let county = word(Role::County);
    let left = people::all(tx).await?.into_iter().any(|p| p.id != without && p.role == county && p.disabled == 0);
    if left {
        Ok(())
    } else {
        Err(Error::Input("这是最后一位管理员。请先给另一个人县人大的岗位。".into()))
    }
}

impl County {
    /// Adds somebody from the command line; returns their id.
    ///
    /// # Errors
    /// [`Error::Input`] for a login that is taken or a password that is too short, or the database.
    pub async fn add_person(&self, person: &NewPerson) -> Result<String, Error> {
        self.add("program", person, None).await
    }

    /// Everybody, for the command line: whoever may read the database's file knows them anyway.
    ///
    /// # Errors
    /// The database.
    pub async fn list_people(&self) -> Result<Vec<PersonRow>, Error> {
        Ok(people::all(&mut *self.store.read().await?).await?)
    }

    /// Adds somebody from the console; `station` is the only one that an officer sees.
    ///
    /// # Errors
    /// As [`Self::add_person`], and [`Error::NotAllowed`] for all but 县人大.
    pub async fn hire(&self, by: &Official, person: &NewPerson, station: Option<String>) -> Result<String, Error> {
        by.rules()?;
        self.add(&by.who(), person, station).await
    }

    async fn add(&self, who: &str, person: &NewPerson, station: Option<String>) -> Result<String, Error> {
        check_password(&person.password)?;
        let (login, name) = (named(&person.login, "账号")?, named(&person.name, "姓名")?);
        let unit = match (person.role, &person.unit) {
            (Role::Unit, Some(unit)) => Some(named(unit, "单位名称")?),
            (Role::Unit, None) => return Err(Error::Input(NO_UNIT.into())),
            _ => None,
        };
        let password = self.door.hash(&person.password).await?;
        let mut tx = self.store.write().await?;
        if people::by_login(&mut tx, &login).await?.is_some() {
            return Err(Error::Input("这个账号已经有人用了，请换一个。".into()));
        }
        let unit = match unit {
            Some(unit) => Some(people::unit_named(&mut tx, &Uuid::new_v4().to_string(), &unit).await?),
            None => None,
        };
        let row = PersonRow {
            id: Uuid::new_v4().to_string(),
            login,
            name,
            role: word(person.role),
            unit,
            unit_name: None,
            station: station.filter(|s| !s.is_empty() && person.role == Role::Officer),
            station_name: None,
            password,
            disabled: 0,
        };
        people::insert(&mut tx, &row, self.now().as_millisecond()).await?;
        self.audit(&mut tx, who, "person", &row.id, "added").await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// Everybody, for whoever keeps the accounts.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn everybody(&self, by: &Official) -> Result<Vec<PersonRow>, Error> {
        by.rules()?;
        Ok(people::all(&mut *self.store.read().await?).await?)
    }

    /// All units.
    ///
    /// # Errors
    /// The database.
    pub async fn units(&self) -> Result<Vec<UnitRow>, Error> {
        Ok(people::units(&mut *self.store.read().await?).await?)
    }

    /// Adds a unit.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for no name, or the database.
    pub async fn add_unit(&self, by: &Official, name: &str) -> Result<String, Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        let id = people::unit_named(&mut tx, &Uuid::new_v4().to_string(), &named(name, "单位名称")?).await?;
        self.audit(&mut tx, &by.who(), "unit", &id, "added").await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Whether a unit gets anything new.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn disable_unit(&self, by: &Official, id: &str, disabled: bool) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        people::set_unit_disabled(&mut tx, id, disabled).await?;
        self.audit(&mut tx, &by.who(), "unit", id, if disabled { "disabled" } else { "enabled" }).await?;
        Ok(tx.commit().await?)
    }

    /// Lets somebody in or keeps them out; keeping out ends their sessions.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for oneself, or the database.
    pub async fn disable(&self, by: &Official, id: &str, disabled: bool) -> Result<(), Error> {
        by.rules()?;
        if by.id == id {
            return Err(Error::Input("不能停用自己的账号。请让另一位管理员来办。".into()));
        }
        let mut tx = self.store.write().await?;
        self.known(&mut tx, id).await?;
        if disabled {
            leave_an_administrator(&mut tx, id).await?;
        }
        people::set_disabled(&mut tx, id, disabled).await?;
        sessions::close_all(&mut tx, id).await?;
        self.audit(&mut tx, &by.who(), "person", id, if disabled { "disabled" } else { "enabled" }).await?;
        Ok(tx.commit().await?)
    }

    /// Gives somebody another role, with what belongs to it: `unit` is a unit's id, `station` the only one that an officer
    /// sees. Ends their sessions.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], [`Error::Input`] for oneself, for the last
    /// administrator and for a unit or a station that there isn't, or the database.
    pub async fn change_role(&self, by: &Official, id: &str, to: Post<'_>) -> Result<(), Error> {
        by.rules()?;
        if by.id == id {
            return Err(Error::Input("不能改自己的岗位。请让另一位管理员来办。".into()));
        }
        let mut tx = self.store.write().await?;
        self.known(&mut tx, id).await?;
        let unit = match to.role {
            Role::Unit => {
                let units = people::units(&mut tx).await?;
                let found = units.into_iter().find(|u| u.id == to.unit && u.disabled == 0);
                Some(found.ok_or_else(|| Error::Input(NO_UNIT.into()))?.id)
            }
            _ => None,
        };
        let station = match to.role {
            Role::Officer if !to.station.is_empty() => {
                let found = bulletins::stations(&mut tx).await?.into_iter().find(|s| s.id == to.station);
                Some(found.ok_or_else(|| Error::Input("没有这个站点。".into()))?.id)
            }
            _ => None,
        };
        if to.role != Role::County {
            leave_an_administrator(&mut tx, id).await?;
        }
        people::set_role(&mut tx, id, &word(to.role), (unit.as_deref(), station.as_deref())).await?;
        sessions::close_all(&mut tx, id).await?;
        self.audit(&mut tx, &by.who(), "person", id, &format!("role {}", word(to.role))).await?;
        Ok(tx.commit().await?)
    }

    /// Gives somebody a new password, to be told to them; ends their sessions.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], or the database.
    pub async fn reset_password(&self, by: &Official, id: &str) -> Result<String, Error> {
        by.rules()?;
        let password = passphrase::draw();
        let hash = self.door.hash(&password).await?;
        let mut tx = self.store.write().await?;
        self.known(&mut tx, id).await?;
        people::set_password(&mut tx, id, &hash).await?;
        sessions::close_all(&mut tx, id).await?;
        self.audit(&mut tx, &by.who(), "person", id, "password reset").await?;
        tx.commit().await?;
        Ok(password)
    }
}
