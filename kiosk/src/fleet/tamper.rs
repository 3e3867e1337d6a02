//! What the agent does about an opened case: it wipes the key where the settings say so, and keeps count of what the host
//! was told.
//!
//! The journal is kiosk's, the key and this account are the agent's: kiosk's user can't reach the key. Invariants: every
//! opening is settled once, at the agent's start before it touches the network, and at once while it runs; a key is gone
//! before it is noted that it is; an opening is told until the host has it on its disk. Openings are counted by journal:
//! one that was begun anew has settled and told nothing. A key that can't be wiped is tried again, and the host is told of
//! the opening meanwhile: whoever has the card has that key anyway.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time};
use tracing::{error, warn};
use wire::health::{self, OPENINGS_NAMED, Opening};

use super::identity::IdentityStore;
use crate::{config::Config, durable, https::why, tamper};

/// How often the journal is looked at where kiosk says nothing: it may have been killed between the journal and its word.
const LOOK: Duration = Duration::from_secs(2);

/// How often a key that could not be wiped is tried again.
const WIPE_AGAIN: Duration = Duration::from_secs(60);

/// Numbers, no secret.
const READABLE: u32 = 0o644;

/// The agent's account of openings, each by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Account {
    /// The journal that counts.
    #[serde(default)]
    journal: u32,
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

impl Account {
    /// The same for whichever journal counts by now.
    fn of(self, journal: u32) -> Self {
        if self.journal == journal { self } else { Self { journal, settled: 0, told: 0, ..self } }
    }
}

/// What the journal's last entry counts.
#[derive(Debug, Clone, Copy)]
struct Counted {
    journal: u32,
    openings: u64,
}

/// Openings as the agent sees them.
#[derive(Clone)]
pub struct Tamper(Arc<Inner>);

struct Inner {
    journal: PathBuf,
    path: PathBuf,
    wipes: bool,
    identities: IdentityStore,
    /// The key could not be wiped.
    failed: AtomicBool,
    account: Mutex<Account>,
}

impl Tamper {
    /// Reads the journal and settles what is not settled yet: for a start, before any network.
    #[must_use]
    pub fn settle(config: &Config, identities: &IdentityStore) -> Self {
        let (journal, path) = (config.case_journal_path(), config.case_told_path());
        // An account that can't be read is one that settled nothing.
        let account = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let wipes = config.wipe_key_on_tamper;
        let (identities, failed, account) = (identities.clone(), AtomicBool::new(false), Mutex::new(account));
        let tamper = Self(Arc::new(Inner { journal, path, wipes, identities, failed, account }));
        if let Some(counted) = tamper.counted()
            && (!tamper.costs_the_key(counted) || tamper.wipe(counted))
        {
            tamper.settled(counted);
        }
        tamper
    }

    fn costs_the_key(&self, counted: Counted) -> bool {
        self.0.wipes && counted.openings > self.account().of(counted.journal).settled
    }

    fn wipe(&self, counted: Counted) -> bool {
        warn!(openings = counted.openings, "the case was opened: the terminal's key is wiped");
        let wiped = self.0.identities.wipe();
        if let Err(error) = &wiped {
            error!(error = why(error), "the terminal's key can't be wiped; revoke this terminal");
        }
        self.0.failed.store(wiped.is_err(), Ordering::Relaxed);
        wiped.is_ok()
    }

    /// Returns once an opening has to be settled by [`Self::settle`]; `opened` says that kiosk saw one. A key that could
    /// not be wiped is tried here, so that nothing is torn down for a wipe that fails again.
    pub async fn until_unsettled(&self, opened: &Notify) {
        let mut wait = if self.0.failed.load(Ordering::Relaxed) { WIPE_AGAIN } else { Duration::ZERO };
        loop {
            tokio::select! {
                () = opened.notified() => {}
                () = time::sleep(wait) => {}
            }
            wait = LOOK;
            let Some(counted) = self.counted() else { continue };
            if !self.costs_the_key(counted) {
                self.settled(counted);
            } else if !self.0.failed.load(Ordering::Relaxed) || self.wipe(counted) {
                return;
            } else {
                wait = WIPE_AGAIN;
            }
        }
    }

    /// Whether there is an opening that the host doesn't have.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        self.counted().is_some_and(|counted| counted.openings > self.account().of(counted.journal).told)
    }

    /// The host has all of this journal up to this one on its disk.
    pub fn told(&self, journal: Option<u32>, openings: u64) {
        self.change(|account| {
            *account = account.of(journal.unwrap_or_default());
            account.told = account.told.max(openings);
        });
    }

    /// What the host is told. How the case stands is in the journal only while kiosk watches its switch (`is_watched`).
    #[must_use]
    pub fn report(&self, is_watched: bool) -> health::Tamper {
        let (mut entries, account) = (tamper::read(&self.0.journal).unwrap_or_default(), self.account());
        let Some(last) = entries.last().map(|entry| (entry.journal, entry.standing)) else {
            // A journal that can't be read is no journal of nothing: what is known of it stands.
            let journal = Some(account.journal).filter(|journal| *journal != 0);
            let (openings, key_wiped_at) = (account.settled, account.wiped);
            return health::Tamper { open: None, journal, openings, new: Vec::new(), key_wiped_at };
        };
        let ((journal, standing), account) = (last, account.of(last.0));
        entries.retain(|entry| entry.journal == journal);
        let mut new: Vec<Opening> = Vec::new();
        for entry in &entries {
            let number = entry.standing.openings;
            // A later entry of the same number is the closing.
            if number > account.told && new.last().is_none_or(|last| last.number < number) {
                new.push(Opening { number, boot: entry.boot, uptime_ms: entry.uptime_ms, wall: entry.wall });
            }
        }
        health::Tamper {
            open: is_watched.then_some(standing.open),
            journal: Some(journal),
            openings: standing.openings,
            new: new.split_off(new.len().saturating_sub(OPENINGS_NAMED)),
            key_wiped_at: account.wiped,
        }
    }

    /// How often the case was opened; none, there is no journal, or it can't be read.
    fn counted(&self) -> Option<Counted> {
        let entries = tamper::read(&self.0.journal);
        let entries = entries.inspect_err(|error| error!(%error, "the journal of the case can't be read")).ok()?;
        entries.last().map(|last| Counted { journal: last.journal, openings: last.standing.openings })
    }

    fn account(&self) -> Account {
        *self.0.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settled(&self, Counted { journal, openings }: Counted) {
        let wipes = self.0.wipes;
        self.change(|account| {
            *account = account.of(journal);
            if wipes && openings > account.settled {
                account.wiped = Some(openings);
            }
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
