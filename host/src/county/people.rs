//! The county's people: accounts, passwords, sessions.
//!
//! Invariants: passwords are stored as argon2id only; a session's token is stored as its SHA-256 only. An unknown
//! login costs what a wrong password costs. 5 wrong tries per login in 15 minutes, 20 per address and hour; a try is
//! written down before the password is looked at and taken back when it is right, so that asking at once passes no
//! limit. Roles are the county's own: the fleet's admins have none here.

use std::{net::IpAddr, time::Duration};

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{Salt, SaltString},
};
use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use wire::case::Role;

use super::{
    County, Error,
    case::{Actor, Person, Unit},
    record::from_word,
    tracking::{Asker, Limit, PER_ASKER},
};
use crate::store::{
    Conn, desk,
    people::{self, PersonRow},
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

/// The fewest characters of a password.
const PASSWORD_MIN: usize = 10;
/// argon2 reads all of it; a longer one is somebody trying to keep the host busy.
const PASSWORD_MAX: usize = 256;
const PER_LOGIN: Limit = Limit { tries: 5, within: Duration::from_secs(900) };
/// A session ends after eight hours without use, and after a day in any case.
const IDLE_MS: i64 = 8 * 3_600_000;
const LIFE_MS: i64 = 24 * 3_600_000;

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

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("invariant: the system has random numbers");
    bytes
}

fn hash_password(password: &str) -> Result<String, Error> {
    let salt = SaltString::encode_b64(&random::<16>()).expect("invariant: 16 bytes are a salt");
    let hash = Argon2::default().hash_password(password.as_bytes(), Salt::from(&salt));
    Ok(hash.map_err(|_| Error::Input("这个密码不能用，请换一个。".into()))?.to_string())
}

/// Of no password: what an unknown login is held against.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$zHk0RhW7cnbXrDEyaxZ2mZVTlOZrUPHpYgAfHBrMDRI";

fn fits(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn token_hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

fn check_password(password: &str) -> Result<(), Error> {
    match password.chars().count() {
        n if n < PASSWORD_MIN => Err(Error::Input("密码至少要 10 个字符。请换一个长一些的。".into())),
        n if n > PASSWORD_MAX => Err(Error::Input("密码太长，最多 256 个字符。".into())),
        _ => Ok(()),
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
    /// Hashing takes memory and time on purpose, so only two are done at once, away from the other requests.
    async fn hash(&self, password: String) -> Result<String, Error> {
        let _turn = self.hashing.acquire().await.expect("invariant: the semaphore is never closed");
        let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
        hashed.expect("invariant: hashing does not panic")
    }

    async fn verify(&self, password: String, stored: String) -> bool {
        let _turn = self.hashing.acquire().await.expect("invariant: the semaphore is never closed");
        tokio::task::spawn_blocking(move || fits(&password, &stored)).await.unwrap_or(false)
    }

    /// Counts a try at a password before the password is looked at; returns its number, to be taken back.
    async fn try_password(&self, subject: &str, who: &str) -> Result<i64, Error> {
        // Whoever is over the limit takes no turn among the writers.
        self.may_try(&mut *self.store.read().await?, subject, who).await?;
        let mut tx = self.store.write().await?;
        self.may_try(&mut tx, subject, who).await?;
        let number = desk::wrong_try(&mut tx, self.now().as_millisecond(), subject, who).await?;
        tx.commit().await?;
        Ok(number)
    }

    async fn may_try(&self, conn: &mut Conn, subject: &str, who: &str) -> Result<(), Error> {
        let now = self.now().as_millisecond();
        let at_login = desk::tries_at(&mut *conn, subject, PER_LOGIN.since(now)).await?;
        let by_asker = desk::tries_by(conn, who, PER_ASKER.since(now)).await?;
        match PER_LOGIN.wait(&at_login, now).max(PER_ASKER.wait(&by_asker, now)) {
            Some(retry_after) => Err(Error::TooMany { retry_after }),
            None => Ok(()),
        }
    }

    /// Signs somebody in; returns the token of a new session.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a wrong login or password, [`Error::TooMany`], or the database.
    pub async fn sign_in(&self, login: &str, password: &str, from: IpAddr) -> Result<String, Error> {
        let now = self.now().as_millisecond();
        let who = format!("sign_in:{}", self.name_of(Asker::Address(from)));
        let login = login.trim().chars().take(60).collect::<String>();
        let subject = format!("login:{login}");
        let number = self.try_password(&subject, &who).await?;
        let known = people::by_login(&mut *self.store.read().await?, &login).await?;
        let stored = known.as_ref().map_or(NOBODY, |p| p.password.as_str()).to_owned();
        let password: String = password.chars().take(PASSWORD_MAX).collect();
        let right = self.verify(password, stored).await;
        let mut tx = self.store.write().await?;
        let Some(person) = known.filter(|p| right && p.disabled == 0) else {
            self.audit(&mut tx, &who, "sign_in", "login", "wrong").await?;
            tx.commit().await?;
            return Err(Error::NotFound);
        };
        let token = URL_SAFE_NO_PAD.encode(random::<32>());
        let csrf = URL_SAFE_NO_PAD.encode(random::<24>());
        desk::take_back_try(&mut tx, number).await?;
        people::close_old_sessions(&mut tx, now - LIFE_MS, now - IDLE_MS).await?;
        desk::forget_tries(&mut tx, PER_ASKER.since(now)).await?;
        people::open_session(&mut tx, &token_hash(&token), &person.id, &csrf, now).await?;
        self.audit(&mut tx, &format!("person:{}", person.id), "sign_in", &person.id, "done").await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Who a session's token belongs to; none for one that ended.
    ///
    /// # Errors
    /// The database.
    pub async fn session(&self, token: &str) -> Result<Option<Official>, Error> {
        let (hash, now) = (token_hash(token), self.now().as_millisecond());
        let found = people::session(&mut *self.store.read().await?, &hash).await?;
        let live = |s: &people::SessionRow| s.made > now - LIFE_MS && s.seen > now - IDLE_MS && s.person.disabled == 0;
        let Some(session) = found.filter(live) else { return Ok(None) };
        // A minute's accuracy is enough and spares a write for each request.
        if session.seen < now - 60_000 {
            let mut tx = self.store.write().await?;
            people::touch_session(&mut tx, &hash, now).await?;
            tx.commit().await?;
        }
        Ok(Some(official(session.person, session.csrf)?))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        people::close_session(&mut tx, &token_hash(token)).await?;
        Ok(tx.commit().await?)
    }

    /// Changes one's own password; ends one's sessions.
    ///
    /// # Errors
    /// [`Error::Input`] for a wrong or a short password, [`Error::TooMany`] after five wrong ones, or the database.
    pub async fn change_password(&self, by: &Official, old: &str, new: &str) -> Result<(), Error> {
        check_password(new)?;
        let number = self.try_password(&format!("password:{}", by.id), &format!("password:{}", by.who())).await?;
        let row = self.known(&mut *self.store.read().await?, &by.id).await?;
        let old: String = old.chars().take(PASSWORD_MAX).collect();
        if !self.verify(old, row.password).await {
            let mut tx = self.store.write().await?;
            self.audit(&mut tx, &by.who(), "person", &by.id, "wrong").await?;
            tx.commit().await?;
            return Err(Error::Input("原来的密码不对。请再输一次。".into()));
        }
        let hash = self.hash(new.to_owned()).await?;
        let mut tx = self.store.write().await?;
        desk::take_back_try(&mut tx, number).await?;
        people::set_password(&mut tx, &by.id, &hash).await?;
        people::close_sessions(&mut tx, &by.id).await?;
        self.audit(&mut tx, &by.who(), "person", &by.id, "password changed").await?;
        Ok(tx.commit().await?)
    }

    async fn known(&self, conn: &mut Conn, id: &str) -> Result<PersonRow, Error> {
        people::find(conn, id).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_no_password_costs_what_a_real_one_does() {
        let (real, nobody) = (hash_password("一二三四五六七八九十").unwrap(), NOBODY);
        let (real, nobody) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(nobody).unwrap());
        assert_eq!(real.params, nobody.params);
        assert_eq!(real.algorithm, nobody.algorithm);
        assert!(!fits("", NOBODY) && !fits("nobody", NOBODY));
    }
}
