//! Keys by which programs ask on behalf of somebody, with their role and scope as these are at that moment.
//!
//! Invariants: a key is shown once and kept as its hash, compared in constant time; it ends with its owner, with their
//! password and with their role. A key that is good writes nothing more than once a day; one that isn't is counted like a
//! wrong password, and keeps nobody's good one waiting.

use std::net::IpAddr;

use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use wire::event;

use super::{By, Error, Refusal, Scope, User, Users, role_of, subject};
use crate::{
    account::{draw_form_token, network_of, random},
    store::{
        Tx,
        keys::{self as rows, KeyRow},
        tries, users,
    },
};

/// By what a key is known for one, to people and to what looks for lost ones.
const PREFIX: &str = "lianxin-";

/// More keys than one person's programs need.
pub const KEYS_MAX: usize = 20;

/// When a key was used is exact to so much.
const USED_EXACT: SignedDuration = SignedDuration::from_hours(24);

/// A key, without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyShown {
    /// Its number.
    pub id: u64,
    /// What it is for.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// When it was drawn.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// By whom, as the audit calls them.
    pub made_by: String,
    /// When it was last used, exact to a day; none, never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
}

impl From<KeyRow> for KeyShown {
    fn from(KeyRow { id, name, made_at, made_by, used_at, .. }: KeyRow) -> Self {
        Self { id, name, made_at, made_by, used_at }
    }
}

/// The number in a key, which may be anything that somebody sent.
fn number_of(key: &str) -> Option<u64> {
    key.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok()
}

/// How the audit calls a key of somebody.
fn key_subject(id: u64, login: &str) -> String {
    format!("key:{id} {}", subject(login))
}

impl Users {
    /// Draws a key of one's own, with one's password: itself, to be shown once, and what is kept of it.
    ///
    /// # Errors
    /// [`Error::Refused`] for a wrong password or a name that can't be one, [`Error::TooMany`], or the database.
    pub async fn draw_own_key(&self, by: &User, password: &str, name: &str) -> Result<(String, KeyShown), Error> {
        checked(name)?;
        let number = self.prove(by, password).await?;
        let mut tx = self.fleet.store.write().await?;
        tries::take_back(&mut tx, number).await?;
        self.draw(tx, By::User(by), &by.id, name).await
    }

    /// Draws a key for somebody, on the host's machine.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for whoever signed in, [`Error::NotFound`], [`Error::Refused`], or the database.
    pub async fn draw_key_for(&self, by: By<'_>, id: &str, name: &str) -> Result<(String, KeyShown), Error> {
        let By::Machine = by else { return Err(Error::NotAllowed) };
        checked(name)?;
        self.draw(self.fleet.store.write().await?, by, id, name).await
    }

    async fn draw(&self, mut tx: Tx, by: By<'_>, id: &str, name: &str) -> Result<(String, KeyShown), Error> {
        let owner = users::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        if rows::of(&mut tx, id).await?.len() >= KEYS_MAX {
            return Err(Refusal::Keys.into());
        }
        let secret = URL_SAFE_NO_PAD.encode(random::<32>());
        let mut row = KeyRow {
            id: 0,
            person: owner.id,
            name: name.trim().to_owned(),
            hash: event::hash(secret.as_bytes()).to_vec(),
            made_at: self.fleet.clock.now(),
            made_by: self.who(by),
            used_at: None,
            revoked_at: None,
        };
        row.id = rows::add(&mut tx, &row).await?;
        self.fleet.note_by(&mut tx, &self.who(by), "key.draw", &key_subject(row.id, &owner.login)).await?;
        tx.commit().await?;
        Ok((format!("{PREFIX}{}-{secret}", row.id), row.into()))
    }

    /// Somebody's keys that are good: one's own, or for an admin anybody's.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NotFound`], or the database.
    pub async fn keys(&self, by: By<'_>, id: &str) -> Result<Vec<KeyShown>, Error> {
        if !by.is(id) {
            by.may(super::Role::Admin)?;
        }
        let mut conn = self.fleet.store.read().await?;
        users::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
        Ok(rows::of(&mut conn, id).await?.into_iter().map(KeyShown::from).collect())
    }

    /// Ends a key: one's own, or for an admin anybody's.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not good or not theirs, or the database.
    pub async fn revoke_key(&self, by: By<'_>, id: u64) -> Result<(), Error> {
        let mut tx = self.fleet.store.write().await?;
        let row = rows::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        if !by.is(&row.person) && by.may(super::Role::Admin).is_err() {
            return Err(Error::NotFound);
        }
        let owner = users::find(&mut tx, &row.person).await?.ok_or(Error::NotFound)?;
        rows::revoke(&mut tx, id, self.fleet.clock.now()).await?;
        self.fleet.note_by(&mut tx, &self.who(by), "key.revoke", &key_subject(id, &owner.login)).await?;
        Ok(tx.commit().await?)
    }

    /// Who asks with a key, as they are at this moment.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::TooMany`] for too many wrong ones, or the database.
    pub async fn by_key(&self, key: &str, from: IpAddr) -> Result<User, Error> {
        // What names no key guesses at none: nothing is looked up or written down for it.
        let number = number_of(key).ok_or(Error::Wrong)?;
        if let Some(row) = self.key_that_is(number, key).await? {
            let owner = users::find(&mut *self.fleet.store.read().await?, &row.person).await?;
            if let Some(owner) = owner {
                self.note_use(&row).await?;
                return Ok(User {
                    role: role_of(&owner)?,
                    scope: Scope::of_row(&owner),
                    shows_codes: owner.totp.is_some(),
                    session: String::new(),
                    // Stands in no form, so that none is heard.
                    csrf: draw_form_token(),
                    id: owner.id,
                    login: owner.login,
                    name: owner.name,
                });
            }
        }
        let who = self.seal.name_of(&network_of(from));
        self.door.count_try(&format!("key:{number}"), &who).await?;
        let mut tx = self.fleet.store.write().await?;
        self.fleet.note_by(&mut tx, &who, "key.wrong", "fleet").await?;
        tx.commit().await?;
        Err(Error::Wrong)
    }

    async fn key_that_is(&self, number: u64, key: &str) -> Result<Option<KeyRow>, Error> {
        let secret = key.splitn(3, '-').nth(2).unwrap_or_default();
        let hash = event::hash(secret.as_bytes());
        let row = rows::find(&mut *self.fleet.store.read().await?, number).await?;
        Ok(row.filter(|row| constant_time::verify_slices_are_equal(&hash, &row.hash).is_ok()))
    }

    async fn note_use(&self, row: &KeyRow) -> Result<(), Error> {
        let now = self.fleet.clock.now();
        if row.used_at.is_some_and(|used| now.duration_since(used) < USED_EXACT) {
            return Ok(());
        }
        let mut tx = self.fleet.store.write().await?;
        rows::touch(&mut tx, row.id, now).await?;
        Ok(tx.commit().await?)
    }
}

fn checked(name: &str) -> Result<(), Refusal> {
    let fits = (1..=60).contains(&name.trim().chars().count()) && !name.contains(char::is_control);
    if fits { Ok(()) } else { Err(Refusal::KeyName) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_key_is_read_from_it_and_from_nothing_else() {
        assert_eq!(number_of("lianxin-7-abc-d_e"), Some(7));
        for wrong in
            ["", "lianxin-", "lianxin-7", "lianxin--7-x", "lianxin-x-y", "7-x", "lianxin-99999999999999999999-x"]
        {
            assert_eq!(number_of(wrong), None, "{wrong}");
        }
    }
}
