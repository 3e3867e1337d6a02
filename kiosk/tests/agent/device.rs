//! An enrolled terminal's folder, for the agent's real program and for the parts of it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiosk::{
    clock::{Clock, SystemClock},
    config::Config,
    durable,
    fleet::{IdentityStore, Tamper},
    queue::{Queue, QueueSettings},
    seal::Sealer,
    tamper::{Seen, Watch},
};
use tempfile::TempDir;
use wire::enrol::Enrolment;

use crate::{
    scripted_host::ScriptedHost,
    terminal::{draft, enrolment},
};

/// An enrolled terminal's folder, with the journal of its case.
pub(crate) struct Device {
    pub(crate) folder: TempDir,
    pub(crate) config: Config,
    pub(crate) config_path: PathBuf,
    pub(crate) enrolment: Enrolment,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Device {
    pub(crate) fn new(host: &ScriptedHost, wipes: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let enrolment = enrolment(host);
        let file = folder.path().join("enrolment.json");
        durable::write(&file, &serde_json::to_vec(&enrolment).unwrap(), 0o600).unwrap();
        let config_path = folder.path().join("kiosk.toml");
        let text = format!(
            "data_dir = {0:?}\nrun_dir = {0:?}\nenrolment = {file:?}\nwipe_key_on_tamper = {wipes}\n",
            folder.path()
        );
        durable::write(&config_path, text.as_bytes(), 0o600).unwrap();
        let config = Config::load(&config_path).unwrap();
        let device = Self { folder, config, config_path, enrolment, clock: Arc::new(SystemClock::start()) };
        let identities = device.identities();
        let certificate = host.authority.sign(&identities.request().unwrap(), 1, 90);
        identities.keep(&certificate).unwrap();
        device.saw(Seen::Stands { open: false });
        device
    }

    pub(crate) fn identities(&self) -> IdentityStore {
        IdentityStore::open(&self.config.data_dir, &self.enrolment).unwrap()
    }

    /// As kiosk writes it down, and is killed before it can tell anybody.
    pub(crate) fn saw(&self, seen: Seen) {
        Watch::start(&self.config.case_journal_path(), Arc::clone(&self.clock)).saw(seen);
    }

    pub(crate) fn settle(&self) -> Tamper {
        Tamper::settle(&self.config, &self.identities())
    }

    pub(crate) fn has_key(&self) -> bool {
        self.identities().read().unwrap().is_some()
    }

    /// Every file below the folder of keys.
    pub(crate) fn key_files(&self) -> Vec<PathBuf> {
        let below =
            |folder: &Path| -> Vec<PathBuf> { fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect() };
        below(&self.folder.path().join("identity")).iter().flat_map(|folder| below(folder)).collect()
    }

    pub(crate) fn takes_a_suggestion(&self) {
        let settings =
            QueueSettings { terminal: self.enrolment.terminal, first_generation: Some(1), witnesses: vec![] };
        let mut queue = Queue::open(&self.config.queue_path(), settings, Arc::clone(&self.clock)).unwrap();
        queue.submit(&draft(), &Sealer::new(&self.enrolment.county_keys).unwrap()).unwrap();
    }
}
