//! What the agent does about an opened case: it wipes the key where the settings say so, and keeps count of what the host
//! was told.
//!
//! The journal is kiosk's, the key and this account are the agent's: kiosk's user can't reach the key. Invariants: every
//! opening is settled once, at the agent's start before it touches the network, and at once while it runs; a key is gone
//! before it is noted that it is; an opening is told until the host has it on its disk.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time};
use tracing::{error, warn};
use wire::health::{self, OPENINGS_NAMED, Opening};

use super::identity::{IdentityError, IdentityStore};
use crate::{config::Config, durable, https::why, tamper};

/// How often the journal is looked at where kiosk says nothing: it may have been killed between the journal and its word.
const LOOK: Duration = Duration::from_secs(2);

/// Numbers, no secret.
const READABLE: u32 = 0o644;

/// The agent's account of openings, each by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Account {
    /// Up to this one it was decided what becomes of the key.
    #[serde(default)]
    settled: u64,
    /// Up to this one the host has them on its disk.
    #[serde(default)]
    told: u64,
    /// The one that cost the key.
    #[serde(default)]
    wiped: Option<u64>,
}

/// Openings as the agent sees them.
#[derive(Clone)]
pub struct Tamper(Arc<Inner>);

struct Inner {
    journal: PathBuf,
    path: PathBuf,
    wipes: bool,
    account: Mutex<Account>,
}

impl Tamper {
    /// Reads the journal and settles what is not settled yet: for a start, before any network.
    ///
    /// # Errors
    /// The key can't be wiped, and must not be used.
    pub fn settle(config: &Config, identities: &IdentityStore) -> Result<Self, IdentityError> {
        let (journal, path) = (config.case_journal_path(), config.case_told_path());
        // An account that can't be read is one that settled nothing.
        let account = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let wipes = config.wipe_key_on_tamper;
        let tamper = Self(Arc::new(Inner { journal, path, wipes, account: Mutex::new(account) }));
        let Some(openings) = tamper.openings() else { return Ok(tamper) };
        if openings > account.settled && wipes {
            warn!(openings, "the case was opened: the terminal's key is wiped");
            identities.wipe()?;
        }
        tamper.settled(openings);
        Ok(tamper)
    }

    /// Returns once an opening has to be settled by [`Self::settle`]; `opened` says that kiosk saw one.
    pub async fn until_unsettled(&self, opened: &Notify) {
        loop {
            if let Some(openings) = self.openings() {
                if openings > self.account().settled && self.0.wipes {
                    return;
                }
                self.settled(openings);
            }
            tokio::select! {
                () = opened.notified() => {}
                () = time::sleep(LOOK) => {}
            }
        }
    }

    /// Whether there is an opening that the host doesn't have.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        self.openings().is_some_and(|openings| openings > self.account().told)
    }

    /// The host has all up to this one on its disk.
    pub fn told(&self, openings: u64) {
        self.change(|account| account.told = account.told.max(openings));
    }

    /// What the host is told.
    #[must_use]
    pub fn report(&self) -> health::Tamper {
        let (entries, account) = (tamper::read(&self.0.journal).unwrap_or_default(), self.account());
        let mut new: Vec<Opening> = Vec::new();
        for entry in &entries {
            let number = entry.standing.openings;
            // A later entry of the same number is the closing.
            if number > account.told && new.last().is_none_or(|last| last.number < number) {
                new.push(Opening { number, boot: entry.boot, uptime_ms: entry.uptime_ms, wall: entry.wall });
            }
        }
        let last = entries.last().map(|entry| entry.standing);
        health::Tamper {
            open: last.map(|standing| standing.open),
            openings: last.map_or(0, |standing| standing.openings),
            new: new.split_off(new.len().saturating_sub(OPENINGS_NAMED)),
            key_wiped_at: account.wiped,
        }
    }

    /// How often the case was opened; none, the journal can't be read.
    fn openings(&self) -> Option<u64> {
        let entries = tamper::read(&self.0.journal);
        let entries = entries.inspect_err(|error| error!(%error, "the journal of the case can't be read")).ok()?;
        Some(entries.last().map_or(0, |entry| entry.standing.openings))
    }

    fn account(&self) -> Account {
        *self.0.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settled(&self, openings: u64) {
        let wipes = self.0.wipes;
        self.change(|account| {
            if wipes && openings > account.settled {
                account.wiped = Some(openings);
            }
            // A journal that was begun anew counts from nothing.
            (account.settled, account.told) = (openings, account.told.min(openings));
        });
    }

    /// On the disk first; where that takes nothing, it is done again after the next start.
    fn change(&self, change: impl FnOnce(&mut Account)) {
        let mut held = self.0.account.lock().unwrap_or_else(PoisonError::into_inner);
        let mut account = *held;
        change(&mut account);
        if account == *held {
            return;
        }
        let written = serde_json::to_vec(&account)
            .map_err(|error| error.to_string())
            .and_then(|bytes| durable::write(&self.0.path, &bytes, READABLE).map_err(|error| why(&error)));
        if let Err(error) = written {
            error!(error, "what was done about the opened case can't be noted");
        }
        *held = account;
    }
}
