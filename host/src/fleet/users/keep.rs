//! Accounts, kept by an admin or on the command line. Invariant: somebody whose password, role or codes are changed by others
//! signs in anew, and draws their keys anew.

use uuid::Uuid;

use super::{By, Error, Refusal, Role, Scope, Users, described, role_of, subject};
use crate::{
    account::check_password,
    passphrase,
    store::{
        Conn, keys, sessions, sites,
        users::{self, UserRow},
    },
};

/// Somebody who is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// What they type to sign in.
    pub login: String,
    /// As people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// At least ten characters.
    pub password: String,
}

fn checked(role: Role, scope: &Scope) -> Result<(), Refusal> {
    if role == Role::Admin && *scope != Scope::All { Err(Refusal::AdminScope) } else { Ok(()) }
}

/// Held against the database within the transaction: two admins who remove each other at the same moment are not both heard.
async fn leave_an_admin(tx: &mut Conn, without: &str) -> Result<(), Error> {
    let is_left = users::all(tx).await?.iter().any(|row| row.id != without && row.role == Role::Admin.name());
    if is_left { Ok(()) } else { Err(Refusal::LastAdmin.into()) }
}

/// Whoever looks after sites that nobody knows would see nothing, and wonder.
async fn are_there(tx: &mut Conn, scope: &Scope) -> Result<(), Error> {
    if let Scope::Sites(codes) = scope {
        for code in codes {
            if sites::find(tx, code.as_str()).await?.is_none() {
                return Err(Refusal::Scope.into());
            }
        }
    }
    Ok(())
}

impl Users {
    /// Everybody who may sign in, by login.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, or the database.
    pub async fn everybody(&self, by: By<'_>) -> Result<Vec<UserRow>, Error> {
        by.may(Role::Admin)?;
        Ok(users::all(&mut *self.fleet.store.read().await?).await?)
    }

    /// Adds somebody; returns their id.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::Refused`], or the database.
    pub async fn add(&self, by: By<'_>, new: &NewUser) -> Result<String, Error> {
        by.may(Role::Admin)?;
        check_password(&new.password)?;
        let (login, name) = (new.login.trim(), new.name.trim());
        let is_login = |c: char| c.is_alphanumeric() || "._-@".contains(c);
        if !(1..=60).contains(&login.chars().count()) || !login.chars().all(is_login) {
            return Err(Refusal::Login.into());
        }
        if !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Refusal::Name.into());
        }
        checked(new.role, &new.scope)?;
        let mut row = UserRow {
            id: Uuid::new_v4().to_string(),
            login: login.to_owned(),
            name: name.to_owned(),
            role: new.role.name().to_owned(),
            scope: None,
            sites: None,
            password: self.door.hash(&new.password).await?,
            totp: None,
            totp_pending: None,
            totp_step: 0,
            added_at: self.fleet.clock.now().to_string(),
            removed_at: None,
        };
        new.scope.put(&mut row);
        let mut tx = self.fleet.store.write().await?;
        are_there(&mut tx, &new.scope).await?;
        if users::by_login(&mut tx, login).await?.is_some() {
            return Err(Refusal::LoginTaken.into());
        }
        users::put(&mut tx, &row).await?;
        let subject = described(login, new.role, &new.scope);
        self.fleet.note_by(&mut tx, &self.who(by), "user.add", &subject).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// Gives somebody another role and scope.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], [`Error::Refused`] for oneself, for the last admin and
    /// for an admin of a part of the fleet, or the database.
    pub async fn set_role(&self, by: By<'_>, id: &str, role: Role, scope: &Scope) -> Result<(), Error> {
        checked(role, scope)?;
        self.change(by, id, true, "user.role", |row| {
            row.role = role.name().to_owned();
            scope.put(row);
        })
        .await
    }

    /// Gives somebody a password.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], [`Error::Refused`], or the database.
    pub async fn set_password(&self, by: By<'_>, id: &str, password: &str) -> Result<(), Error> {
        by.may(Role::Admin)?;
        let hash = self.door.hash(password).await?;
        self.change(by, id, false, "user.password_reset", |row| row.password = hash).await
    }

    /// Gives somebody a new password, to be told to them.
    ///
    /// # Errors
    /// As [`Self::set_password`].
    pub async fn reset_password(&self, by: By<'_>, id: &str) -> Result<String, Error> {
        let password = passphrase::draw();
        self.set_password(by, id, &password).await?;
        Ok(password)
    }

    /// Ends somebody's codes, whose telephone is lost: they sign in with the password alone until they set up new ones.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], [`Error::Refused`] for oneself, or the database.
    pub async fn reset_codes(&self, by: By<'_>, id: &str) -> Result<(), Error> {
        if by.is(id) {
            return Err(Refusal::Oneself.into());
        }
        self.change(by, id, false, "user.totp_reset", |row| (row.totp, row.totp_pending) = (None, None)).await
    }

    /// Removes somebody for good; their login is not given again.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], [`Error::Refused`] for oneself and for the last admin,
    /// or the database.
    pub async fn remove(&self, by: By<'_>, id: &str) -> Result<(), Error> {
        let at = self.fleet.clock.now().to_string();
        self.change(by, id, true, "user.remove", |row| {
            row.removed_at = Some(at);
            (row.totp, row.totp_pending) = (None, None);
        })
        .await
    }

    /// Changes a row, ends its sessions and keys, and writes it down. `rank`: what is changed is who they are here, which nobody does
    /// to themselves, and which leaves an admin.
    async fn change(
        &self,
        by: By<'_>,
        id: &str,
        rank: bool,
        what: &str,
        change: impl FnOnce(&mut UserRow),
    ) -> Result<(), Error> {
        by.may(Role::Admin)?;
        if rank && by.is(id) {
            return Err(Refusal::Oneself.into());
        }
        let mut tx = self.fleet.store.write().await?;
        let mut row = users::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let former = role_of(&row)?;
        change(&mut row);
        let role = role_of(&row)?;
        if what == "user.role" {
            are_there(&mut tx, &Scope::of_row(&row)).await?;
        }
        if former == Role::Admin && (role != Role::Admin || row.removed_at.is_some()) {
            leave_an_admin(&mut tx, &row.id).await?;
        }
        users::put(&mut tx, &row).await?;
        sessions::close_all(&mut tx, id).await?;
        keys::revoke_all(&mut tx, id, self.fleet.clock.now()).await?;
        let subject = match what {
            "user.role" => described(&row.login, role, &Scope::of_row(&row)),
            _ => subject(&row.login),
        };
        self.fleet.note_by(&mut tx, &self.who(by), what, &subject).await?;
        Ok(tx.commit().await?)
    }
}
