//! A stick with parcels as a terminal writes them, and the desk at the county to which it is brought.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use host::{
    clock::SharedClock,
    county::County,
    fleet::RENEW_LATE,
    setup::Machine,
    stick::{ImportError, Importer, Taken},
    store::{Store, quarantine::QuarantineRow},
    tls::TerminalTrust,
};
use rcgen::{KeyPair, SigningKey};
use sqlx::Row;
use tempfile::TempDir;
use wire::{
    event,
    stick::{FOLDER, Listed, MANIFEST, Manifest, SignedManifest, VERSION, to_be_signed},
};

use crate::support::{Said, Terminal, TestHost};

/// A stick, and the county's machine that it is brought to.
pub(super) struct Desk {
    pub(super) host: TestHost,
    pub(super) terminal: Terminal,
    pub(super) stick: TempDir,
}

impl Desk {
    pub(super) async fn new() -> Self {
        let host = TestHost::start().await;
        let terminal = host.terminal().await;
        Self { host, terminal, stick: tempfile::tempdir().unwrap() }
    }

    /// Another process than the one that serves, as the command line is.
    pub(super) async fn county(&self) -> (Machine, County) {
        let clock = self.host.clock();
        let mut machine = Machine::prepare(&self.host.config, &clock).await.unwrap();
        let county = machine.county(&self.host.config, "https://localhost", &clock).await.unwrap().unwrap();
        (machine, county)
    }

    pub(super) async fn bring(&self, at: &Path) -> Result<Vec<Taken>, ImportError> {
        let (machine, county) = self.county().await;
        let (trusted, origin) = machine.trusted(&self.host.config).unwrap();
        let importer = Importer {
            county,
            revocations: machine.revocations(&self.host.config).unwrap(),
            trust: TerminalTrust::new(&trusted, &origin, RENEW_LATE).unwrap(),
            clock: Arc::clone(&self.host.clock) as SharedClock,
        };
        importer.import(at, "program").await
    }

    pub(super) async fn import(&self) -> Taken {
        let mut taken = self.bring(self.stick.path()).await.unwrap();
        assert_eq!(taken.len(), 1);
        taken.remove(0)
    }

    pub(super) fn parcel(&self, number: u32) -> PathBuf {
        self.stick.path().join(FOLDER).join(format!("{}-{number}", self.terminal.number))
    }

    /// Writes a parcel as a terminal does.
    pub(super) fn write(&self, number: u32, said: &[&Said]) -> PathBuf {
        let listed = said.iter().map(|one| Listed::of(one.id, &one.bytes)).collect();
        let manifest =
            Manifest { v: VERSION, terminal: self.terminal.number, ledger: None, written: None, events: listed };
        let folder = self.parcel(number);
        for one in said {
            put(&folder.join(one.id.to_string()), &one.bytes);
        }
        let signed = signed(&self.terminal.key, &self.terminal.certificate, &serde_json::to_string(&manifest).unwrap());
        put(&folder.join(MANIFEST), &serde_json::to_vec(&signed).unwrap());
        folder
    }

    pub(super) async fn counted(&self, sql: &'static str) -> i64 {
        let store = Store::open(&self.host.config.county_database, host::county::MIGRATIONS).await.unwrap();
        let row = sqlx::query(sql).fetch_one(&mut *store.read().await.unwrap()).await.unwrap();
        row.get(0)
    }

    pub(super) async fn cases(&self) -> i64 {
        self.counted("SELECT COUNT(*) FROM ticket_case").await
    }

    pub(super) async fn kept(&self) -> Vec<QuarantineRow> {
        self.county().await.1.quarantined().await.unwrap()
    }

    /// All of it is kept apart with an alarm, and none of it is a case.
    pub(super) async fn is_refused(&self, reason: &str) -> Taken {
        let taken = self.import().await;
        assert!(taken.refused.is_some() && taken.new == 0, "{taken:?}");
        let kept = self.kept().await;
        assert_eq!((kept.len(), kept[0].reason.as_str(), kept[0].who.as_str()), (1, reason, "program"));
        assert_eq!(kept[0].number, taken.quarantine.unwrap());
        assert_eq!(self.counted("SELECT COUNT(*) FROM alarm WHERE kind = 'stick'").await, 1);
        assert_eq!(
            self.counted("SELECT COUNT(*) FROM audit WHERE what = 'stick' AND outcome = 'quarantined'").await,
            1
        );
        assert_eq!(self.cases().await, 0);
        taken
    }
}

pub(super) fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    host::durable::write(path, bytes, host::durable::Readers::Owner).unwrap();
}

pub(super) fn signed(key: &KeyPair, certificate: &str, manifest: &str) -> SignedManifest {
    let signature = STANDARD.encode(key.sign(&to_be_signed(&event::hash(manifest.as_bytes()))).unwrap());
    SignedManifest { v: VERSION, manifest: manifest.into(), certificate: certificate.into(), signature }
}

/// Changes what stands in a manifest and leaves its signature.
pub(super) fn edit(folder: &Path, change: impl FnOnce(&mut SignedManifest)) {
    let mut file: SignedManifest = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap();
    change(&mut file);
    put(&folder.join(MANIFEST), &serde_json::to_vec(&file).unwrap());
}
