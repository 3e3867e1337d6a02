//! What everybody who signs in has, at either role: a password, limits on guessing, sessions.
//!
//! Invariants: passwords are stored as argon2id only; a session's token is stored as its SHA-256 only, and drawn anew with
//! each sign-in. An unknown login costs what a wrong password costs. 5 wrong tries per login in 15 minutes, 20 per address
//! and hour; a try is written down before the password is looked at and taken back when it is right, so that asking at once
//! passes no limit. Who may do what is the role's own: the fleet's people are nobody at the county, and the other way round.

mod limit;
mod password;

use std::{net::IpAddr, sync::Arc};

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::Semaphore;

pub use limit::{Limit, PER_ASKER, PER_LOGIN};
pub use password::{Unfit, check_password};

use crate::{
    clock::SharedClock,
    store::{
        Conn, Store, StoreError, Tx,
        sessions::{self, SessionRow},
        tries,
    },
};

/// A session ends after eight hours without use, and after a day in any case.
const IDLE_MS: i64 = 8 * 3_600_000;
const LIFE_MS: i64 = 24 * 3_600_000;

/// Why nobody was let through.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many wrong tries.
    #[error("too many tries")]
    TooMany {
        /// When it is worth asking again.
        retry_after: std::time::Duration,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The door of one role, over its database.
#[derive(Debug, Clone)]
pub struct Door {
    store: Store,
    clock: SharedClock,
    hashing: Arc<Semaphore>,
}

/// Random bytes.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("invariant: the system has random numbers");
    bytes
}

/// A token for a form: 192 random bits.
#[must_use]
pub fn draw_form_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<24>())
}

/// An address as limits know it: whoever has one address of IPv6 has all 2^64 of its network.
#[must_use]
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{:x?}", &v6.segments()[..4]),
    }
}

/// How limits and audit call an address: by the HMAC of its network.
#[must_use]
pub fn name_of_address(tag: &[u8]) -> String {
    format!("address:{}", wire::hex(&tag[..8]))
}

fn token_hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

impl Door {
    /// Takes a role's database, which has the tables `guess` and `session`.
    #[must_use]
    pub fn new(store: Store, clock: SharedClock) -> Self {
        // Hashing takes memory and time on purpose, so only two are done at once, away from the other requests.
        Self { store, clock, hashing: Arc::new(Semaphore::new(2)) }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Hashes a password that is to be stored.
    ///
    /// # Errors
    /// One that is too short, too long, or can't be hashed.
    pub async fn hash(&self, password: &str) -> Result<String, Unfit> {
        check_password(password)?;
        let password = password.to_owned();
        let _turn = self.hashing.acquire().await.expect("invariant: the semaphore is never closed");
        let hashed = tokio::task::spawn_blocking(move || password::hash(&password)).await;
        hashed.expect("invariant: hashing does not panic")
    }

    /// Holds a password against a stored one; none, against that of nobody, which takes as long.
    pub async fn fits(&self, password: &str, stored: Option<String>) -> bool {
        let password = password::shortened(password);
        let _turn = self.hashing.acquire().await.expect("invariant: the semaphore is never closed");
        let held = tokio::task::spawn_blocking(move || password::fits(&password, stored.as_deref())).await;
        held.unwrap_or(false)
    }

    /// Counts a try at a password before the password is looked at; returns its number, to be taken back.
    ///
    /// # Errors
    /// [`Error::TooMany`], or the database.
    pub async fn count_try(&self, subject: &str, who: &str) -> Result<i64, Error> {
        // Whoever is over the limit takes no turn among the writers.
        self.may_try(&mut *self.store.read().await?, subject, who).await?;
        let mut tx = self.store.write().await?;
        self.may_try(&mut tx, subject, who).await?;
        let number = tries::add(&mut tx, self.now(), subject, who).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(number)
    }

    async fn may_try(&self, conn: &mut Conn, subject: &str, who: &str) -> Result<(), Error> {
        let now = self.now();
        let at_login = tries::at(&mut *conn, subject, PER_LOGIN.since(now)).await?;
        let by_asker = tries::by(conn, who, PER_ASKER.since(now)).await?;
        match PER_LOGIN.wait(&at_login, now).max(PER_ASKER.wait(&by_asker, now)) {
            Some(retry_after) => Err(Error::TooMany { retry_after }),
            None => Ok(()),
        }
    }

    /// Begins a session of somebody whose try was right; returns its token.
    ///
    /// # Errors
    /// The database.
    pub async fn let_in(&self, tx: &mut Tx, person: &str, try_number: i64) -> Result<String, StoreError> {
        let now = self.now();
        let token = URL_SAFE_NO_PAD.encode(random::<32>());
        tries::take_back(tx, try_number).await?;
        sessions::close_old(tx, now - LIFE_MS, now - IDLE_MS).await?;
        tries::forget(tx, PER_ASKER.since(now)).await?;
        sessions::open(tx, &token_hash(&token), person, &draw_form_token(), now).await?;
        Ok(token)
    }

    /// The session that a token belongs to; none for one that ended.
    ///
    /// # Errors
    /// The database.
    pub async fn session(&self, token: &str) -> Result<Option<SessionRow>, StoreError> {
        let (hash, now) = (token_hash(token), self.now());
        let found = sessions::find(&mut *self.store.read().await?, &hash).await?;
        let Some(session) = found.filter(|s| s.made > now - LIFE_MS && s.seen > now - IDLE_MS) else { return Ok(None) };
        // A minute's accuracy is enough and spares a write for each request.
        if session.seen < now - 60_000 {
            let mut tx = self.store.write().await?;
            sessions::touch(&mut tx, &hash, now).await?;
            tx.commit().await?;
        }
        Ok(Some(session))
    }

    /// The sessions of somebody that have not ended, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn sessions_of(&self, person: &str) -> Result<Vec<SessionRow>, StoreError> {
        let now = self.now();
        let all = sessions::of(&mut *self.store.read().await?, person).await?;
        Ok(all.into_iter().filter(|s| s.made > now - LIFE_MS && s.seen > now - IDLE_MS).collect())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        sessions::close(&mut tx, &token_hash(token)).await?;
        Ok(tx.commit().await?)
    }
}
