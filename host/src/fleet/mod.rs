//! The fleet: which terminals there are, how one becomes ours, and which one is no longer.
//!
//! Invariants: a number is given once; a token makes one key's certificate and no other's; the key that enrolled last
//! is the only one of its number that is let in; a revoked terminal stays revoked. The fleet holds nothing that opens
//! an event.

pub mod actions;
pub mod artifacts;
mod audit;
mod devices;
pub mod diagnostics;
mod enrolment;
mod faults;
pub mod groups;
mod health;
pub mod map;
pub mod notices;
mod revoked;
pub mod rollout;
mod rollouts;
mod seal;
mod settings;
mod signer;
pub mod sites;
mod telling;
mod time;
mod today;
pub mod users;
pub mod views;

use std::sync::Arc;

use aws_lc_rs::constant_time;
use jiff::{SignedDuration, Timestamp};
use wire::{
    enrol::{EnrolRequest, Enrolled, RenewRequest},
    ticket::TerminalNumber,
};

pub use audit::{Broken, Head, Line, verify};
pub use devices::{ATTRIBUTES, Device, DeviceToken, NotSaid, ShownToken};
pub use enrolment::{Addresses, Staff, draw_token, enrolment_file};
pub use faults::Fault;
pub use health::{Alarm, Health};
pub use revoked::{Revocations, RevokedFile, RevokedFileError, write_revoked};
pub use rollouts::{
    AskedRollout, AskedWave, Brought, Named, NewRollout, NotRolledOut, Order, Preview, Shown, read_start, read_window,
};
pub use settings::{Difference, DrawnUp, NotOrdered, Standing, differences, fields};
pub use signer::Signer;
pub use sites::Stands;
pub use telling::{QUIET_HOURS, Quiet, Taken, Whom};
pub use time::TimeSigner;
pub use today::{Bring, Call, Measures, Reason, Today, Trip};

use crate::{
    ca::{Ca, CaError, TerminalIssued},
    clock::SharedClock,
    store::{
        Migration, Store, StoreError, afar, diagnostics as diagnostic_rows, keys, sessions,
        terminals::{self, TerminalRow},
    },
};

/// The fleet's migrations, for [`Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_terminals", sql: include_str!("../../migrations/fleet/0001_terminals.sql") },
    Migration { name: "0002_present_key", sql: include_str!("../../migrations/fleet/0002_present_key.sql") },
    Migration { name: "0003_health", sql: include_str!("../../migrations/fleet/0003_health.sql") },
    Migration { name: "0004_audit", sql: include_str!("../../migrations/fleet/0004_audit.sql") },
    Migration { name: "0005_users", sql: include_str!("../../migrations/fleet/0005_users.sql") },
    Migration { name: "0006_notices", sql: include_str!("../../migrations/fleet/0006_notices.sql") },
    Migration { name: "0008_artifacts", sql: include_str!("../../migrations/fleet/0008_artifacts.sql") },
    Migration { name: "0009_settings", sql: include_str!("../../migrations/fleet/0009_settings.sql") },
    Migration { name: "0010_rollouts", sql: include_str!("../../migrations/fleet/0010_rollouts.sql") },
    Migration { name: "0011_actions", sql: include_str!("../../migrations/fleet/0011_actions.sql") },
    Migration { name: "0012_sites", sql: include_str!("../../migrations/fleet/0012_sites.sql") },
    Migration { name: "0013_groups", sql: include_str!("../../migrations/fleet/0013_groups.sql") },
    Migration { name: "0014_bundles", sql: include_str!("../../migrations/fleet/0014_bundles.sql") },
    Migration { name: "0015_boundary", sql: include_str!("../../migrations/fleet/0015_boundary.sql") },
    Migration { name: "0017_diagnostics", sql: include_str!("../../migrations/fleet/0017_diagnostics.sql") },
    Migration { name: "0018_keys", sql: include_str!("../../migrations/fleet/0018_keys.sql") },
    Migration { name: "0020_revisions", sql: include_str!("../../migrations/fleet/0020_revisions.sql") },
];

/// How long a used token still answers the key that used it: an answer that got lost must not need a person.
const LOST_ANSWER: SignedDuration = SignedDuration::from_hours(24);

/// A used token's key may ask again this long; an expired certificate renews itself this long.
pub const RENEW_LATE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The highest generation that an enrolment file may carry; higher ones are drawn by terminals.
const GENERATION_MAX: u8 = 49;

/// Numbers that a restore leaves out: more terminals than anybody adds between two backups.
const RESTORE_GAP: i64 = 100;

/// Why the fleet didn't do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Number, token or key don't fit; which of them is not said.
    #[error("the token is not valid: it was used, or another enrolment file replaced it")]
    Refused,
    /// The terminal is revoked.
    #[error("terminal {0} is revoked")]
    Revoked(TerminalNumber),
    /// Another key enrolled under the number since.
    #[error("another card has taken the place of this terminal {0}; `host terminal readmit` lets this one in again")]
    Replaced(TerminalNumber),
    /// The number was given before.
    #[error("the number {0} was given before or is below one that was; leave --number out to take the next")]
    Taken(TerminalNumber),
    /// All 99,999 numbers are given.
    #[error("all numbers up to 99999 are given")]
    NoNumber,
    /// There is no such terminal.
    #[error("there is no terminal {0}; `host terminal list` shows those there are")]
    Unknown(TerminalNumber),
    /// The enrolment files of a terminal are used up.
    #[error("terminal {0} has used up its 49 generations; revoke it and add a new one")]
    Generations(TerminalNumber),
    /// The terminal has a certificate.
    #[error(
        "terminal {0} has a certificate, beside which no token is good; revoke it and add another one for a client without"
    )]
    Certified(TerminalNumber),
    /// A site that can't be, or a change that the tree of sites doesn't allow.
    #[error(transparent)]
    Site(#[from] sites::NotASite),
    /// A group that can't be, or isn't there.
    #[error(transparent)]
    Group(#[from] groups::NotAGroup),
    /// A file that is no list of sites.
    #[error(transparent)]
    List(#[from] sites::NotAList),
    /// How long or why something is to be quiet.
    #[error("hours are 0 to {QUIET_HOURS}, and a reason has 1 to 100 characters")]
    Quiet,
    /// The host's own clock can't be right.
    #[error("the host's clock stands before the day its program was built ({0}); set it, then terminals get the time")]
    Clock(Timestamp),
    /// The request or the authority.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The list of revoked terminals.
    #[error("the list of revoked terminals can't be read")]
    Revocations(#[from] RevokedFileError),
    /// The database.
    #[error("the fleet's database does not answer")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(source.into())
    }
}

/// A terminal that may enrol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its number.
    pub terminal: TerminalNumber,
    /// The generation that its queue starts with.
    pub generation: u8,
    /// Name of the station that it stands in; empty, not known.
    pub station: String,
    /// Goes into the enrolment file, nowhere else.
    pub token: String,
}

/// The fleet role.
#[derive(Debug, Clone)]
pub struct Fleet {
    store: Store,
    clock: SharedClock,
    /// On whose behalf, as the audit calls them.
    who: Arc<str>,
    /// Where it tells of alarms.
    webhook: Option<Arc<str>>,
    /// The sites as they were read last.
    sites: sites::Known,
}

impl Fleet {
    /// Takes the fleet's database, opened with [`MIGRATIONS`].
    #[must_use]
    pub fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock, who: "host".into(), webhook: None, sites: sites::Known::default() }
    }

    /// Adds a terminal at a site: the next number, or `wanted` where it is above all that were given.
    ///
    /// # Errors
    /// [`Error::Taken`], [`Error::NoNumber`], [`Error::Site`], or the database.
    pub async fn add<'a>(
        &self,
        wanted: Option<TerminalNumber>,
        stands: impl Into<Stands<'a>>,
        place: &str,
    ) -> Result<Admitted, Error> {
        sites::is_place(place)?;
        let (token, token_hash) = draw_token();
        let mut tx = self.store.write().await?;
        let next = terminals::next_number(&mut tx).await?;
        let number = match wanted {
            Some(wanted) if i64::from(wanted.get()) < next => return Err(Error::Taken(wanted)),
            Some(wanted) => wanted,
            None => u32::try_from(next).ok().and_then(|n| TerminalNumber::new(n).ok()).ok_or(Error::NoNumber)?,
        };
        let site = self.site_of(&mut tx, stands.into(), number).await?;
        let row = TerminalRow {
            site: site.as_ref().map(|site| site.code.to_string()),
            station: site.map(|site| site.name).unwrap_or_default(),
            place: place.to_owned(),
            token_hash: Some(token_hash.to_vec()),
            ..TerminalRow::new(number, self.clock.now())
        };
        terminals::put(&mut tx, &row).await?;
        self.note(&mut tx, "terminal.add", &subject(number)).await?;
        tx.commit().await?;
        Ok(Admitted { terminal: number, generation: 1, station: row.station, token })
    }

    /// Lets a known terminal enrol once more, with the next generation: its card is new, or its certificate too old. The
    /// former card is let in until the new one has enrolled.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Revoked`], [`Error::Generations`], or the database.
    pub async fn readmit(&self, number: TerminalNumber) -> Result<Admitted, Error> {
        let (token, token_hash) = draw_token();
        let mut tx = self.store.write().await?;
        let mut row = terminals::find(&mut tx, number).await?.ok_or(Error::Unknown(number))?;
        if row.revoked_at.is_some() {
            return Err(Error::Revoked(number));
        }
        if row.generation >= GENERATION_MAX {
            return Err(Error::Generations(number));
        }
        row.generation += 1;
        row.token_hash = Some(token_hash.to_vec());
        row.token_key = None;
        row.token_used_at = None;
        terminals::put(&mut tx, &row).await?;
        self.note(&mut tx, "terminal.readmit", &subject(number)).await?;
        tx.commit().await?;
        Ok(Admitted { terminal: number, generation: row.generation, station: row.station, token })
    }

    /// Exchanges a token for a certificate.
    ///
    /// A token makes one key's certificate. The same key is answered again for 24 hours, because the first answer may
    /// have been lost on the way; another key never.
    ///
    /// # Errors
    /// [`Error::Refused`] for a token that isn't good, [`Error::Ca`] for what isn't a request, or the database.
    pub async fn enrol(&self, ca: &Ca, request: &EnrolRequest) -> Result<Enrolled, Error> {
        let now = self.clock.now();
        let given = wire::event::hash(request.token.as_bytes());
        let mut tx = self.store.write().await?;
        let row = terminals::find(&mut tx, request.terminal).await?;
        let (stored, mut row) = match row {
            Some(row) if row.revoked_at.is_none() => (row.token_hash.clone().unwrap_or_else(|| vec![0; 32]), row),
            _ => return Err(Error::Refused),
        };
        if constant_time::verify_slices_are_equal(&given, &stored).is_err() {
            return Err(Error::Refused);
        }
        let issued = ca.issue_terminal(&request.csr, request.terminal, now)?;
        match (&row.token_key, row.token_used_at) {
            (None, _) => row.token_used_at = Some(now),
            (Some(key), Some(used)) if *key == issued.key_hash && now.duration_since(used) < LOST_ANSWER => {}
            _ => return Err(Error::Refused),
        }
        row.token_key = Some(issued.key_hash.to_vec());
        row.present_key = row.token_key.clone();
        row.certificate_until = Some(issued.not_after);
        terminals::put(&mut tx, &row).await?;
        let terminal = subject(request.terminal);
        self.note_by(&mut tx, &terminal, "terminal.enrol", &terminal).await?;
        tx.commit().await?;
        Ok(Enrolled { certificate: issued.pem })
    }

    /// Issues the next certificate of a terminal that showed its present or a recently expired one, whose key is `shown`.
    ///
    /// # Errors
    /// [`Error::Revoked`], [`Error::Replaced`] for another card's key or a request for another key than was shown,
    /// [`Error::Ca`] for what isn't a request, or the database.
    pub async fn renew(
        &self,
        ca: &Ca,
        (number, shown): (TerminalNumber, &[u8; 32]),
        request: &RenewRequest,
    ) -> Result<Enrolled, Error> {
        let TerminalIssued { pem, not_after, key_hash } = ca.issue_terminal(&request.csr, number, self.clock.now())?;
        if key_hash != *shown {
            return Err(Error::Replaced(number));
        }
        let mut tx = self.store.write().await?;
        // A terminal that was added after the backup which this database came from is not in it; its certificate is ours.
        if let Some(mut row) = terminals::find(&mut tx, number).await? {
            if row.revoked_at.is_some() {
                return Err(Error::Revoked(number));
            }
            if row.is_replaced(shown) {
                return Err(Error::Replaced(number));
            }
            // The certificate has arrived: the token is dead for its own key too.
            row.token_hash = if row.token_key.is_some() { None } else { row.token_hash };
            row.certificate_until = Some(not_after);
            terminals::put(&mut tx, &row).await?;
            tx.commit().await?;
        }
        Ok(Enrolled { certificate: pem })
    }

    /// Lets a terminal in by the key of its certificate; asked on every request. One that was added after the backup
    /// which this database came from is not in it and is let in.
    ///
    /// # Errors
    /// [`Error::Revoked`], [`Error::Replaced`], or the database.
    pub async fn admits(&self, number: TerminalNumber, key: &[u8; 32]) -> Result<(), Error> {
        match terminals::look(&self.store, number).await? {
            Some(row) if row.revoked_at.is_some() => Err(Error::Revoked(number)),
            Some(row) if row.is_replaced(key) => Err(Error::Replaced(number)),
            _ => Ok(()),
        }
    }

    /// Revokes a terminal for good, which ends its alarms; returns since when.
    ///
    /// # Errors
    /// [`Error::Unknown`], or the database.
    pub async fn revoke(&self, number: TerminalNumber) -> Result<Timestamp, Error> {
        let mut tx = self.store.write().await?;
        let mut row = terminals::find(&mut tx, number).await?.ok_or(Error::Unknown(number))?;
        if let Some(at) = row.revoked_at {
            return Ok(at);
        }
        let at = self.clock.now();
        row.revoked_at = Some(at);
        row.token_hash = None;
        terminals::put(&mut tx, &row).await?;
        health::end_alarms(&mut tx, number, at).await?;
        self.note(&mut tx, "terminal.revoke", &subject(number)).await?;
        tx.commit().await?;
        Ok(at)
    }

    /// Every terminal, by number.
    ///
    /// # Errors
    /// The database.
    pub async fn list(&self) -> Result<Vec<TerminalRow>, Error> {
        Ok(terminals::all(&mut *self.store.read().await?).await?)
    }

    /// After a restore: numbers that may have been given since the backup are left out, what was revoked since stays so,
    /// no enrolment file, no session and no key from before is good any more, and generations go on above those that may have been written.
    /// `present` is what the replaced database said: it knows which card was the last of each number.
    ///
    /// # Errors
    /// The database.
    pub async fn after_restore(&self, present: &[TerminalRow], revoked: &[TerminalNumber]) -> Result<(), Error> {
        let now = self.clock.now();
        let highest = present.iter().map(|row| i64::from(row.number.get())).max().unwrap_or(0);
        let mut tx = self.store.write().await?;
        let next = terminals::next_number(&mut tx).await?;
        terminals::raise_floor(&mut tx, next.max(highest + 1) + RESTORE_GAP).await?;
        let (version, order) = afar::next_numbers(&mut tx).await?;
        afar::raise_floor(&mut tx, version.max(order) + settings::RESTORE_GAP).await?;
        let asked = diagnostic_rows::next_number(&mut tx).await?;
        diagnostic_rows::raise_floor(&mut tx, asked + settings::RESTORE_GAP).await?;
        for mut row in terminals::all(&mut tx).await? {
            let known = present.iter().find(|known| known.number == row.number);
            row.generation = (row.generation + 1).max(known.map_or(0, |k| k.generation)).min(GENERATION_MAX);
            row.present_key = known.map_or(row.present_key, |k| k.present_key.clone());
            (row.token_hash, row.token_key, row.token_used_at) = (None, None, None);
            terminals::put(&mut tx, &row).await?;
        }
        for number in revoked {
            let row = terminals::find(&mut tx, *number).await?;
            let mut row = row.unwrap_or_else(|| TerminalRow::new(*number, now));
            row.revoked_at = row.revoked_at.or(Some(now));
            terminals::put(&mut tx, &row).await?;
            health::end_alarms(&mut tx, *number, now).await?;
        }
        sessions::close_everything(&mut tx).await?;
        keys::revoke_everything(&mut tx, now).await?;
        self.note(&mut tx, "fleet.restore", "fleet").await?;
        tx.commit().await?;
        Ok(())
    }
}

/// How the audit calls a terminal.
fn subject(number: TerminalNumber) -> String {
    format!("terminal:{number}")
}
