//! What the tests of the fleet's people share: a clock to turn, a fleet on each database, terminals that report.

use std::{
    io::Write,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, Once},
};

use host::{
    ca::Ca,
    clock::{Clock, SharedClock},
    fleet::{
        Brought, Fleet, MIGRATIONS, NewRollout,
        artifacts::{Artifacts, Kind, New},
        rollout::{Selector, Start},
        users::{By, NewUser, Role, Scope, User, Users},
    },
    http::{
        self,
        fleet::{Console, Live, Releases},
    },
    store::{Store, sqlite_url},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;
use wire::{enrol::EnrolRequest, health::Report, ticket::TerminalNumber};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A clock that stands until it is turned.
#[derive(Debug)]
pub(crate) struct Turned(Mutex<Timestamp>);

impl Turned {
    pub(crate) fn on(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A fleet with its people, on a database of its own.
pub(crate) struct Bench {
    pub(crate) fleet: Fleet,
    pub(crate) users: Users,
    pub(crate) clock: Arc<Turned>,
    pub(crate) store: Store,
    pub(crate) artifacts: Artifacts,
    ca: Ca,
    folder: TempDir,
    /// Of a host that stays up.
    stop: watch::Sender<bool>,
}

/// Runs a test on SQLite, and on PostgreSQL where `LIANXIN_TEST_POSTGRES` has a URL.
pub(crate) async fn on_each_database<F: AsyncFn(Bench)>(test: F) {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("fleet.db"));
    test(bench(&url, folder).await).await;
    match std::env::var("LIANXIN_TEST_POSTGRES") {
        Ok(url) => test(bench(&new_postgres(&url).await, tempfile::tempdir().unwrap()).await).await,
        Err(_) => LEFT_OUT.call_once(say_what_is_left_out),
    }
}

static LEFT_OUT: Once = Once::new();

/// Past the test harness, which keeps to itself what a test that passes prints.
fn say_what_is_left_out() {
    let line = "left out: PostgreSQL, because LIANXIN_TEST_POSTGRES has no URL\n";
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

async fn new_postgres(server: &str) -> String {
    let name = format!("test_{}", Uuid::new_v4().simple());
    let store = Store::open(server, &[]).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(sql).execute(&mut *store.read().await.unwrap()).await.unwrap();
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = base.rsplit_once('/').unwrap();
    format!("{host}/{name}?{query}")
}

async fn bench(url: &str, folder: TempDir) -> Bench {
    let clock = Arc::new(Turned(Mutex::new("2026-03-02T01:00:00Z".parse().unwrap())));
    let store = Store::open(url, MIGRATIONS).await.unwrap();
    let fleet = Fleet::new(store.clone(), Arc::clone(&clock) as SharedClock);
    let ca = Ca::draw(clock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
    let artifacts = Artifacts::open(fleet.clone(), &folder.path().join("artifacts")).await.unwrap();
    let users = Users::new(fleet.clone(), &ca);
    Bench { users, fleet, clock, store, artifacts, ca, folder, stop: watch::Sender::new(false) }
}

impl Bench {
    pub(crate) fn app(&self) -> axum::Router {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let console = Console {
            users: self.users.clone(),
            zone,
            public_base: "https://lianxin.example".into(),
            revoked: self.revoked(),
            artifacts: self.artifacts.clone(),
            releases: Releases::default(),
            live: Live::until(self.stop.subscribe()),
        };
        http::for_people(None, Some(console), "Asia/Shanghai")
    }

    /// The host goes down, as far as pages notice.
    pub(crate) fn goes_down(&self) {
        self.stop.send_replace(true);
    }

    /// What lies in the folder of artifacts, but for its lock.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let of = |name: &str| std::fs::read_dir(self.folder.path().join("artifacts").join(name)).into_iter().flatten();
        of("incoming").chain(of("blobs")).map(|entry| entry.unwrap().path()).collect()
    }

    /// An artifact that is a draft; its id.
    pub(crate) async fn draft(&self, name: &str, version: &str) -> i64 {
        let new = New { name: name.parse().unwrap(), version: version.parse().unwrap(), kind: Kind::File };
        let bytes = format!("{name} {version}");
        self.artifacts.add(new, bytes.as_bytes(), bytes.len() as u64, |_| {}).await.unwrap().id
    }

    /// The list of revoked terminals.
    pub(crate) fn revoked(&self) -> PathBuf {
        self.folder.path().join("revoked.json")
    }

    /// Somebody of this role, whose login is the role's name; their id.
    pub(crate) async fn person(&self, role: Role, scope: Scope) -> String {
        self.named(role.name(), role, scope).await
    }

    pub(crate) async fn named(&self, login: &str, role: Role, scope: Scope) -> String {
        let new = NewUser { login: login.into(), name: format!("{login}某"), role, scope, password: PASSWORD.into() };
        self.users.add(By::Machine, &new).await.unwrap()
    }

    /// Somebody of each role, and their ids.
    pub(crate) async fn staffed(&self) -> Vec<(Role, String)> {
        let mut staff = Vec::new();
        for role in Role::ALL {
            staff.push((role, self.person(role, Scope::All).await));
        }
        staff
    }

    pub(crate) async fn signed_in(&self, login: &str) -> User {
        let token = self.users.sign_in(login, PASSWORD, "", HERE).await.unwrap();
        self.users.session(&token).await.unwrap().unwrap()
    }

    /// A terminal that enrolled.
    pub(crate) async fn terminal(&self, station: &str) -> TerminalNumber {
        let admitted = self.fleet.add(None, station, "门口").await.unwrap();
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
        let request = json!({ "terminal": admitted.terminal, "token": admitted.token, "csr": csr });
        let request: EnrolRequest = serde_json::from_value(request).unwrap();
        self.fleet.enrol(&self.ca, &request).await.unwrap();
        admitted.terminal
    }

    /// A terminal reports that its printer is in this state, and how often its case was opened.
    pub(crate) async fn reports(&self, terminal: TerminalNumber, printer: &str, openings: u64) {
        self.takes(self.report(terminal, printer, openings)).await;
    }

    fn report(&self, terminal: TerminalNumber, printer: &str, openings: u64) -> serde_json::Value {
        json!({
            "v": 1, "terminal": terminal, "boot": Uuid::from_u128(1), "seq": self.clock.now().as_second(),
            "wall": { "at": self.clock.now(), "quality": "host" }, "uptime_s": 93_784, "agent": "0.1.0",
            "kiosk": {
                "run": Uuid::from_u128(2), "version": "0.1.0",
                "queue": { "state": "ok", "waiting": 2, "oldest_s": 61, "dead": 0, "set_aside": 0 },
                "printer": { "port": true, "state": printer, "profile": "epson-tm" },
                "case_switch": "watched",
            },
            "tamper": { "open": false, "journal": 1, "openings": openings },
        })
    }

    async fn takes(&self, report: serde_json::Value) {
        let report: Report = serde_json::from_value(report).unwrap();
        self.fleet.take_health(&report, &serde_json::to_string(&report).unwrap()).await.unwrap();
    }

    /// A rollout of louder voices to every terminal, and that more terminals than so many need approval.
    pub(crate) async fn rolls_out(&self, approve_above: Option<u32>) -> u64 {
        let louder = wire::settings::Settings { volume: Some(5), ..Default::default() };
        let version = self.fleet.draw_up(&louder, "集市太吵").await.unwrap();
        let policy = json!({
            "bad_percent_max": 5, "sample_min": 1, "sample_within_s": 3600, "bake_s": 0, "approve_above": approve_above,
        });
        let new = NewRollout {
            brings: Brought::Settings(version),
            former: None,
            waves: vec![(Selector::Rest, Start::AfterFormer)],
            policy: serde_json::from_value(policy).unwrap(),
            zone: "Asia/Shanghai".into(),
            why: "集市太吵".into(),
        };
        self.fleet.roll_out(new).await.unwrap().number
    }

    /// A terminal says this of its newest order, and the rollout hears of it.
    pub(crate) async fn says(&self, terminal: TerminalNumber, state: &str, why: Option<&str>) {
        let order = self.fleet.ordered(terminal).await.unwrap().unwrap();
        let in_force = why.is_none().then_some(order.version);
        let mut report = self.report(terminal, "ok", 1);
        report["settings"] = json!({ "version": in_force, "order": order.order, "state": state, "why": why });
        self.takes(report).await;
        self.fleet.move_rollouts(Timestamp::MIN).await.unwrap();
    }

    /// What the audit says was done by whom to what, the newest last.
    pub(crate) async fn audit(&self) -> Vec<(String, String, String)> {
        let lines = self.fleet.audit().await.unwrap();
        host::fleet::verify(&lines, None).unwrap();
        lines.into_iter().map(|line| (line.who, line.what, line.subject)).collect()
    }
}
