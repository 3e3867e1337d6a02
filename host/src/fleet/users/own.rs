//! What everybody does for themselves: signing in and out, the own password, the own codes.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use super::{By, Error, Refusal, Role, Scope, User, Users, role_of, subject, totp::Secret};
use crate::{
    account::{check_password, network_of},
    store::{
        StoreError, Tx, keys,
        sessions::{self, SessionRow},
        tries, users,
        users::UserRow,
    },
};

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The beginning of its token's hash.
    pub id: String,
    /// When it began.
    pub made: Timestamp,
    /// When it was last used, to a minute or so.
    pub seen: Timestamp,
}

/// A secret as an app takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// For whoever types it.
    pub text: String,
    /// For the QR.
    pub uri: String,
}

/// A session's id, which lets nobody in.
fn id_of(session: &SessionRow) -> String {
    wire::hex(&session.token[..session.token.len().min(8)])
}

fn open(session: &SessionRow) -> Result<Open, StoreError> {
    let at = |ms| Timestamp::from_millisecond(ms).map_err(|_| StoreError::Unreadable("session"));
    Ok(Open { id: id_of(session), made: at(session.made)?, seen: at(session.seen)? })
}

impl Users {
    /// Signs somebody in; returns the token of a new session. `code` may be empty for whoever shows none.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::TooMany`], or the database.
    pub async fn sign_in(&self, login: &str, password: &str, code: &str, from: IpAddr) -> Result<String, Error> {
        let who = self.seal.name_of(&network_of(from));
        let login: String = login.trim().chars().take(60).collect();
        let number = self.door.count_try(&format!("login:{login}"), &who).await?;
        let known = users::by_login(&mut *self.fleet.store.read().await?, &login).await?;
        let is_right = self.door.fits(password, known.as_ref().map(|row| row.password.clone())).await;
        let mut tx = self.fleet.store.write().await?;
        // As they are at this moment: whoever was removed meanwhile stays out, and a code is taken by one request only.
        let row = match &known {
            Some(row) if is_right => users::find(&mut tx, &row.id).await?.filter(|at| at.password == row.password),
            _ => None,
        };
        let step = row.as_ref().and_then(|row| self.step_of(row, code));
        let (Some(row), Some(totp_step)) = (row, step) else {
            let of = known.map_or_else(|| "fleet".to_owned(), |row| subject(&row.login));
            self.fleet.note_by(&mut tx, &who, "user.sign_in_wrong", &of).await?;
            tx.commit().await?;
            return Err(Error::Wrong);
        };
        let user = subject(&row.login);
        users::put(&mut tx, &UserRow { totp_step, ..row.clone() }).await?;
        let token = self.door.let_in(&mut tx, &row.id, number).await?;
        self.fleet.note_by(&mut tx, &user, "user.sign_in", &user).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The step that is taken with a code; as it was where they need none. None where the code is wrong.
    fn step_of(&self, row: &UserRow, code: &str) -> Option<i64> {
        let Some(sealed) = &row.totp else { return Some(row.totp_step) };
        let Some(secret) = self.seal.open(&row.id, sealed) else {
            tracing::error!(user = row.login, "the secret of a user's codes opens no more; `host user totp` ends it");
            return None;
        };
        Secret::of(secret).step_of(code, self.fleet.clock.now().as_second(), row.totp_step)
    }

    /// Who a session's token belongs to; none for one that ended, and for somebody who was removed.
    ///
    /// # Errors
    /// The database.
    pub async fn session(&self, token: &str) -> Result<Option<User>, Error> {
        let Some(session) = self.door.session(token).await? else { return Ok(None) };
        let row = users::find(&mut *self.fleet.store.read().await?, &session.person).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(User {
            role: role_of(&row)?,
            scope: Scope::of_row(&row),
            shows_codes: row.totp.is_some(),
            session: id_of(&session),
            csrf: session.csrf,
            id: row.id,
            login: row.login,
            name: row.name,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        Ok(self.door.sign_out(token).await?)
    }

    /// Somebody's open sessions, the newest first: one's own, or for an admin anybody's.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NotFound`], or the database.
    pub async fn sessions(&self, by: By<'_>, id: &str) -> Result<Vec<Open>, Error> {
        if !by.is(id) {
            by.may(Role::Admin)?;
        }
        users::find(&mut *self.fleet.store.read().await?, id).await?.ok_or(Error::NotFound)?;
        Ok(self.door.sessions_of(id).await?.iter().map(open).collect::<Result<_, _>>()?)
    }

    /// Ends somebody's sessions, or the one of them that has this id; returns how many that were.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NotFound`], or the database.
    pub async fn revoke_sessions(&self, by: By<'_>, id: &str, only: Option<&str>) -> Result<usize, Error> {
        if !by.is(id) {
            by.may(Role::Admin)?;
        }
        let mut tx = self.fleet.store.write().await?;
        let row = users::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let all = sessions::of(&mut tx, id).await?;
        let ended: Vec<_> = all.iter().filter(|session| only.is_none_or(|only| only == id_of(session))).collect();
        for session in &ended {
            sessions::close(&mut tx, &session.token).await?;
        }
        if !ended.is_empty() {
            self.fleet.note_by(&mut tx, &self.who(by), "user.sessions_revoked", &subject(&row.login)).await?;
        }
        tx.commit().await?;
        Ok(ended.len())
    }

    /// Changes one's own password; ends one's sessions and keys.
    ///
    /// # Errors
    /// [`Error::Refused`] for a wrong or an unfit password, [`Error::TooMany`], or the database.
    pub async fn change_password(&self, by: &User, old: &str, new: &str) -> Result<(), Error> {
        check_password(new)?;
        let number = self.prove(by, old).await?;
        let password = self.door.hash(new).await?;
        let mut tx = self.fleet.store.write().await?;
        let row = users::find(&mut tx, &by.id).await?.ok_or(Error::NotFound)?;
        users::put(&mut tx, &UserRow { password, ..row }).await?;
        sessions::close_all(&mut tx, &by.id).await?;
        keys::revoke_all(&mut tx, &by.id, self.fleet.clock.now()).await?;
        self.done(tx, by, number, "user.password").await
    }

    /// Draws a secret for one's codes; it counts once a code of it was shown.
    ///
    /// # Errors
    /// [`Error::Refused`] for a wrong password or where codes are shown already, [`Error::TooMany`], or the database.
    pub async fn begin_codes(&self, by: &User, password: &str) -> Result<Shared, Error> {
        let number = self.prove(by, password).await?;
        let secret = Secret::draw();
        let mut tx = self.fleet.store.write().await?;
        let row = users::find(&mut tx, &by.id).await?.ok_or(Error::NotFound)?;
        if row.totp.is_some() {
            return Err(Refusal::CodesOn.into());
        }
        let totp_pending = Some(self.seal.seal(&row.id, secret.bytes()));
        users::put(&mut tx, &UserRow { totp_pending, ..row }).await?;
        tries::take_back(&mut tx, number).await?;
        tx.commit().await?;
        Ok(shared(&secret, &by.login))
    }

    /// The secret that waits for its first code.
    ///
    /// # Errors
    /// The database.
    pub async fn waiting_codes(&self, by: &User) -> Result<Option<Shared>, Error> {
        let row = users::find(&mut *self.fleet.store.read().await?, &by.id).await?;
        Ok(row.and_then(|row| self.waiting(&row)).map(|secret| shared(&secret, &by.login)))
    }

    fn waiting(&self, row: &UserRow) -> Option<Secret> {
        self.seal.open(&row.id, row.totp_pending.as_deref()?).map(Secret::of)
    }

    /// Takes the first code of that secret: from now on nobody signs in as them without one.
    ///
    /// # Errors
    /// [`Error::Refused`] for a wrong code, [`Error::TooMany`], or the database.
    pub async fn confirm_codes(&self, by: &User, code: &str) -> Result<(), Error> {
        let number = self.count_try(by, "totp").await?;
        let mut tx = self.fleet.store.write().await?;
        let row = users::find(&mut tx, &by.id).await?.ok_or(Error::NotFound)?;
        let secret = self.waiting(&row).ok_or(Refusal::NoSecret)?;
        let totp_step = secret.step_of(code, self.fleet.clock.now().as_second(), 0).ok_or(Refusal::Code)?;
        users::put(&mut tx, &UserRow { totp: row.totp_pending.clone(), totp_pending: None, totp_step, ..row }).await?;
        self.done(tx, by, number, "user.totp_on").await
    }

    /// Ends one's own codes, with one of them.
    ///
    /// # Errors
    /// [`Error::Refused`] for a wrong password or code, [`Error::TooMany`], or the database.
    pub async fn end_codes(&self, by: &User, password: &str, code: &str) -> Result<(), Error> {
        let number = self.prove(by, password).await?;
        let mut tx = self.fleet.store.write().await?;
        let row = users::find(&mut tx, &by.id).await?.ok_or(Error::NotFound)?;
        let totp_step = self.step_of(&row, code).ok_or(Refusal::Code)?;
        users::put(&mut tx, &UserRow { totp: None, totp_pending: None, totp_step, ..row }).await?;
        self.done(tx, by, number, "user.totp_off").await
    }

    async fn count_try(&self, by: &User, what: &str) -> Result<i64, Error> {
        Ok(self.door.count_try(&format!("{what}:{}", by.id), &format!("{what}:{}", by.who())).await?)
    }

    /// Holds one's own password against the stored one; returns the number of the try, to be taken back.
    pub(super) async fn prove(&self, by: &User, password: &str) -> Result<i64, Error> {
        let number = self.count_try(by, "password").await?;
        let row = users::find(&mut *self.fleet.store.read().await?, &by.id).await?.ok_or(Error::NotFound)?;
        if self.door.fits(password, Some(row.password)).await {
            return Ok(number);
        }
        let mut tx = self.fleet.store.write().await?;
        self.fleet.note_by(&mut tx, &by.who(), "user.password_wrong", &by.who()).await?;
        tx.commit().await?;
        Err(Refusal::OldPassword.into())
    }

    /// Takes the try back, writes down what was done, and makes it last.
    async fn done(&self, mut tx: Tx, by: &User, number: i64, what: &str) -> Result<(), Error> {
        tries::take_back(&mut tx, number).await?;
        self.fleet.note_by(&mut tx, &by.who(), what, &by.who()).await?;
        Ok(tx.commit().await?)
    }
}

fn shared(secret: &Secret, login: &str) -> Shared {
    Shared { text: secret.text(), uri: secret.uri(login) }
}
