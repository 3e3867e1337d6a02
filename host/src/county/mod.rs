//! The county platform: what the terminals' words become.
//!
//! Invariants: an event that was accepted is never dropped and never changed; the ledger of a case is only appended
//! to; what a villager wrote lies in the database only inside the sealed event and is opened when a page of somebody
//! who may read it is drawn. All changes of one fact share a transaction. No log line holds words, names or numbers
//! of villagers.
//!
//! [`County`] is the whole service: the intake's routes, the public page and the console call nothing else.
//!
//! | module | purpose | does I/O |
//! |---|---|---|
//! | `case` | the state machine of a case | no |
//! | `rates` | 办结率, 解决率, 满意率 | no |
//! | `keys` | the working key and its HMACs | no |
//! | `error` | what is answered instead | no |
//! | `intake` | events: taken, opened, applied | store |
//! | `uploads` | events that come in pieces | store |
//! | `handover` | a phone adds words and photos to a ticket | store |
//! | `added` | what phones added, shown with the case | store |
//! | `tracking` | a villager asks for a case; limits on guessing | store |
//! | `desk` | calls for help, check-ins, lost receipts | store |
//! | `bulletins` | stations, rosters, categories | store |
//! | `people` | accounts and sign-in | store |
//! | `work` | what deputies, units and officials do with cases | store |
//! | `search` | words, looked for in what is sealed | store |
//! | `voice` | recordings: played, written down | store |
//! | `record` | rows ↔ domain, what a step leaves behind | store |
//! | `alarms` | what 县人大 should look at | store |
//! | `audits` | who did what when | store |
//! | `quarantine` | what came on a stick and is nobody's | store |
//! | `outbox` | the webhook without words | store, network |

pub mod added;
pub mod alarms;
pub mod audits;
pub mod bulletins;
pub mod case;
pub mod desk;
mod error;
pub mod handover;
pub mod intake;
mod keys;
pub mod outbox;
pub mod people;
pub mod quarantine;
pub mod rates;
mod record;
pub mod search;
pub mod tracking;
pub mod uploads;
pub mod voice;
pub mod work;

use std::sync::{Arc, RwLock};

use jiff::{Timestamp, civil, tz::TimeZone};
use uuid::Uuid;

pub use error::{Error, IntakeRefused, PhoneRefused, UploadRefused};
pub use keys::CountyIdentity;

use crate::{
    account::Door,
    clock::SharedClock,
    store::{Migration, Store, StoreError, settings},
};

/// The county's migrations, for [`Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_county", sql: include_str!("../../migrations/county/0001_county.sql") },
    Migration { name: "0002_duty_webhook", sql: include_str!("../../migrations/county/0002_duty_webhook.sql") },
    Migration {
        name: "0003_retired_categories",
        sql: include_str!("../../migrations/county/0003_retired_categories.sql"),
    },
    Migration { name: "0004_correction", sql: include_str!("../../migrations/county/0004_correction.sql") },
    Migration { name: "0005_audit_by_time", sql: include_str!("../../migrations/county/0005_audit_by_time.sql") },
    Migration { name: "0006_audit_by_who", sql: include_str!("../../migrations/county/0006_audit_by_who.sql") },
    Migration { name: "0007_unreadable", sql: include_str!("../../migrations/county/0007_unreadable.sql") },
    Migration { name: "0008_quarantine", sql: include_str!("../../migrations/county/0008_quarantine.sql") },
    Migration { name: "0009_voice", sql: include_str!("../../migrations/county/0009_voice.sql") },
    Migration { name: "0010_hand_over", sql: include_str!("../../migrations/county/0010_hand_over.sql") },
];

/// The setting with the ledger's id.
const LEDGER: &str = "ledger";

/// What is configured rather than edited in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the QR of receipts leads: `https://…`, without a path.
    pub public_base: String,
    /// IANA name of the county's time zone.
    pub zone: String,
    /// Where the county is told of new cases and calls for help until the console sets another address; none, nowhere.
    pub webhook: Option<String>,
}

/// The county platform.
#[derive(Debug, Clone)]
pub struct County {
    store: Store,
    keys: CountyIdentity,
    clock: SharedClock,
    settings: Arc<Settings>,
    zone: TimeZone,
    ledger: Arc<RwLock<Uuid>>,
    door: Door,
    /// One photo is unpacked at a time; `handover::photo` says what the largest takes.
    drawing: Arc<tokio::sync::Semaphore>,
}

impl County {
    /// Opens the county on a store with its [`MIGRATIONS`]; a new one gets a ledger id, the built-in categories and
    /// one station. What did not open before is tried again with the keys that are there.
    ///
    /// # Errors
    /// The database, or a time zone that doesn't exist.
    pub async fn open(
        store: Store,
        keys: CountyIdentity,
        clock: SharedClock,
        settings: Settings,
    ) -> Result<Self, Error> {
        let zone = TimeZone::get(&settings.zone)
            .map_err(|_| Error::Input(format!("the time zone {} is not known", settings.zone)))?;
        let county = Self {
            door: Door::new(store.clone(), Arc::clone(&clock)),
            store,
            keys,
            clock,
            settings: Arc::new(settings),
            zone,
            ledger: Arc::new(RwLock::new(Uuid::nil())),
            drawing: Arc::new(tokio::sync::Semaphore::new(1)),
        };
        county.start().await?;
        county.open_again().await?;
        Ok(county)
    }

    /// The id of this ledger; goes with every answer to a terminal.
    #[must_use]
    pub fn ledger(&self) -> Uuid {
        *self.ledger.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Makes a new ledger id, so that every terminal offers again all that it still holds. After a restore.
    ///
    /// # Errors
    /// The database.
    pub async fn new_ledger(&self) -> Result<Uuid, Error> {
        let ledger = Uuid::new_v4();
        let mut tx = self.store.write().await?;
        settings::set(&mut tx, LEDGER, &ledger.to_string()).await?;
        tx.commit().await?;
        self.keep_ledger(ledger);
        Ok(ledger)
    }

    fn keep_ledger(&self, ledger: Uuid) {
        *self.ledger.write().unwrap_or_else(std::sync::PoisonError::into_inner) = ledger;
    }

    async fn start(&self) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let ledger = match settings::get(&mut tx, LEDGER).await? {
            Some(text) => text.parse().map_err(|_| StoreError::Unreadable("ledger id"))?,
            None => {
                let ledger = Uuid::new_v4();
                settings::set(&mut tx, LEDGER, &ledger.to_string()).await?;
                ledger
            }
        };
        self.start_bulletins(&mut tx).await?;
        tx.commit().await?;
        self.keep_ledger(ledger);
        Ok(())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn day_of(&self, at: Timestamp) -> civil::Date {
        at.to_zoned(self.zone.clone()).date()
    }
}
