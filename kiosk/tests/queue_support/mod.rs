//! What the queue's and the printer's tests share: a clock to turn, keys, drafts, a folder with a queue.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use age::x25519::Identity;
use jiff::{SignedDuration, Timestamp};
use kiosk::{
    clock::Clock,
    queue::{Queue, QueueSettings},
    seal::Sealer,
    ticket::{Draft, Named},
};
use uuid::Uuid;
use wire::{
    enrol::CountyKeys,
    event::{ClockQuality, WallTime},
    ticket::TerminalNumber,
};

/// A clock that goes when it is told to.
pub struct Turned {
    wall: Mutex<WallTime>,
    millis: AtomicU64,
    boot: Uuid,
}

impl Turned {
    pub fn new() -> Arc<Self> {
        let at: Timestamp = "2026-12-01T01:30:00Z".parse().unwrap();
        let wall = Mutex::new(WallTime { at, quality: ClockQuality::Ntp });
        Arc::new(Self { wall, millis: AtomicU64::new(0), boot: Uuid::new_v4() })
    }

    pub fn go_on(&self, by: Duration) {
        self.millis.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        self.wall.lock().unwrap().at += SignedDuration::try_from(by).unwrap();
    }

    /// The wall clock is set, rightly or not; time goes on as before.
    pub fn jump_to(&self, at: &str, quality: ClockQuality) {
        *self.wall.lock().unwrap() = WallTime { at: at.parse().unwrap(), quality };
    }

    pub fn set_quality(&self, quality: ClockQuality) {
        self.wall.lock().unwrap().quality = quality;
    }
}

impl Clock for Turned {
    fn wall(&self) -> WallTime {
        *self.wall.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn boot(&self) -> Uuid {
        self.boot
    }
}

/// The county's two keys and what seals to them.
pub struct County {
    pub working: Identity,
    pub recovery: Identity,
    pub sealer: Sealer,
}

impl County {
    pub fn new() -> Self {
        let (working, recovery) = (Identity::generate(), Identity::generate());
        let keys = CountyKeys {
            id: "k1".into(),
            working: working.to_public().to_string(),
            recovery: recovery.to_public().to_string(),
        };
        Self { working, recovery, sealer: Sealer::new(&keys).unwrap() }
    }

    /// Opens an event's body as the county does.
    pub fn open(&self, bytes: &[u8]) -> serde_json::Value {
        let (_, body) = wire::event::split(bytes).unwrap();
        serde_json::from_slice(&age::decrypt(&self.working, body).unwrap()).unwrap()
    }
}

/// Settings of a queue in this folder.
pub fn settings(folder: &std::path::Path) -> QueueSettings {
    QueueSettings {
        terminal: TerminalNumber::new(613).unwrap(),
        first_generation: Some(1),
        witnesses: vec![folder.join("boot.generation")],
    }
}

/// A folder with a queue file.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub clock: Arc<Turned>,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Turned::new() }
    }

    /// On the file system of `parent`.
    pub fn below(parent: &std::path::Path) -> Self {
        Self { folder: tempfile::tempdir_in(parent).unwrap(), clock: Turned::new() }
    }

    /// The next boot, which begins at this time by its wall clock.
    pub fn boot(&mut self, at: &str, quality: ClockQuality) {
        self.clock = Turned::new();
        self.clock.jump_to(at, quality);
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("queue.sqlite")
    }

    pub fn settings(&self) -> QueueSettings {
        settings(self.folder.path())
    }

    pub fn open(&self) -> Queue {
        Queue::open(&self.path(), self.settings(), self.clock.clone()).unwrap()
    }

    pub fn attach(&self) -> Queue {
        Queue::attach(&self.path(), self.clock.clone()).unwrap()
    }

    /// Every byte that lies in the folder.
    pub fn bytes_on_disk(&self) -> Vec<u8> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
    }
}

pub fn draft(text: &str) -> Draft {
    Draft {
        category: Named { id: "road".into(), name: "道路".into() },
        place: Some(Named { id: "huaqiao".into(), name: "花桥村".into() }),
        text: text.into(),
        landmark: Some("老槐树旁".into()),
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    }
}

pub fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
