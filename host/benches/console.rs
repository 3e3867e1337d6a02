//! What the pages of the fleet's console cost the host at 10,000 terminals and 3,000 sites, one terminal in a hundred with an alarm.
//!
//! `cargo bench --workspace --bench console`. Limit: 50 ms of CPU a page, all threads together; means of 40 each, because the
//! CPU's time is told in steps of ten milliseconds. Exits with 1 beyond a limit. Source: proc(5), fields 14 and 15 of
//! `/proc/self/stat`, in hundredths of a second.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

use std::{fmt::Write, fs, net::IpAddr, process::ExitCode, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{Request, StatusCode, header},
};
use host::{
    ca::Ca,
    clock::{Clock, SystemClock},
    fleet::{
        Brought, Fleet, MIGRATIONS, NewRollout,
        artifacts::{Artifacts, Kind, New},
        rollout::{Policy, Selector, Start},
        sites::List,
        users::{By, NewUser, Role, Scope, Users},
    },
    http::{
        self,
        fleet::{Console, Live, Releases},
        listener::{Patience, Peer},
    },
    store::{Store, sqlite_url},
};
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tower::ServiceExt;

const TERMINALS: u32 = 10_000;
const TOWNSHIPS: u32 = 100;
const VILLAGES: u32 = 29;
const ROUNDS: u32 = 40;
const LIMIT_MS: f64 = 50.0;
const PASSWORD: &str = "correct horse battery";

#[tokio::main]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("LIANXIN_BENCH_DATABASE") {
        Ok(url) => url,
        Err(_) => sqlite_url(&folder.path().join("fleet.db")),
    };
    let store = Store::open(&url, MIGRATIONS).await.unwrap();
    let fleet = Fleet::new(store.clone(), Arc::new(SystemClock));
    settled(&fleet, &store).await;
    let artifacts = Artifacts::open(fleet.clone(), &folder.path().join("artifacts")).await.unwrap();
    brought(&fleet, &store, &artifacts).await;
    let ca = Ca::draw(SystemClock.now()).unwrap().place(&folder.path().join("ca")).unwrap();
    let users = Users::new(fleet.clone(), &ca);
    let boss = NewUser {
        login: "boss".into(),
        name: "boss".into(),
        role: Role::Admin,
        scope: Scope::All,
        password: PASSWORD.into(),
    };
    users.add(By::Machine, &boss).await.unwrap();
    let token = users.sign_in("boss", PASSWORD, "", IpAddr::from([127, 0, 0, 1])).await.unwrap();
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let (public_base, revoked) = ("https://lianxin.example".into(), folder.path().join("revoked.json"));
    let (stop, releases) = (watch::Sender::new(false), Releases::default());
    let live = Live::until(stop.subscribe());
    let console = Console { users, zone, public_base, revoked, artifacts, releases, live };
    let peer = Peer { address: "127.0.0.1:5000".parse().unwrap(), certificate: None, patience: Patience::default() };
    let app = http::for_people(None, Some(console), "Asia/Shanghai").layer(MockConnectInfo(peer));

    let mut held = true;
    for path in [
        "/fleet",
        "/fleet/terminals",
        "/fleet/terminals?standing=calls",
        "/fleet/terminals?words=%E6%9D%91",
        "/fleet/terminals?site=T7",
        "/fleet/terminals/05000",
        "/fleet/sites",
        "/fleet/sites/C",
        "/fleet/sites/T7",
        "/fleet/sites/T7-3",
        "/fleet/sites/list.csv",
        "/fleet/map",
        "/fleet/groups",
        "/fleet/groups?query=under%3DT7",
        "/fleet/groups?query=version%3C0.1",
        "/fleet/updates",
        "/fleet/updates/1",
        "/fleet/updates/1/withdraw",
        "/fleet/settings",
        "/fleet/settings/standing",
        "/fleet/settings/standing?page=99",
        "/fleet/tokens",
        "/fleet/rollouts/new?settings=1",
        "/fleet/rollouts",
        "/fleet/rollouts/1",
        "/fleet/people",
        "/fleet/audit",
    ] {
        held &= measured(&app, &token, path).await;
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Sites, terminals that reported, alarms, and a rollout to all of them.
async fn settled(fleet: &Fleet, store: &Store) {
    let mut list = "code,name,parent,latitude,longitude\nC,县,,28.5,117.5\n".to_owned();
    for township in 0..TOWNSHIPS {
        writeln!(list, "T{township},{township} 镇,C,28.{township:02},117.5").unwrap();
        for village in 0..VILLAGES {
            writeln!(
                list,
                "T{township}-{village},{township} 镇 {village} 村,T{township},28.{township:02},117.{village:02}"
            )
            .unwrap();
        }
    }
    fleet.import_sites(&List::read(list.as_bytes()).unwrap(), false).await.unwrap();
    let now = SystemClock.now().to_string();
    let mut tx = store.write().await.unwrap();
    for number in 1..=TERMINALS {
        let (township, village) = (number % TOWNSHIPS, number / TOWNSHIPS % VILLAGES);
        let sql = "INSERT INTO terminal (number, generation, site, station, place, added_at, certificate_until) \
                   VALUES ($1, 1, $2, $3, '门厅', $4, '2099-01-01T00:00:00Z')";
        let row = sqlx::query(sql).bind(i64::from(number)).bind(format!("T{township}-{village}"));
        let row = row.bind(format!("{township} 镇 {village} 村")).bind(&now);
        row.execute(&mut *tx).await.unwrap();
        let report = report(number, &now);
        let sql = "INSERT INTO health (terminal, received_at, report) VALUES ($1, $2, $3)";
        sqlx::query(sql).bind(i64::from(number)).bind(&now).bind(report).execute(&mut *tx).await.unwrap();
        if number % 100 == 0 {
            let sql =
                "INSERT INTO terminal_alarm (terminal, fault, raised_at, raised_boot) VALUES ($1, 'no_paper', $2, '1')";
            sqlx::query(sql).bind(i64::from(number)).bind(&now).execute(&mut *tx).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    let louder = wire::settings::Settings { volume: Some(5), ..Default::default() };
    let version = fleet.draw_up(&louder, "").await.unwrap();
    let policy = Policy {
        bad_percent_max: 5,
        sample_min: 20,
        sample_within_s: 86_400,
        bake_s: 3_600,
        silent_after_s: 7_200,
        approve_above: None,
        gate_installed: false,
        window: None,
        takes_s: 1_800,
    };
    let waves = vec![(Selector::Percent(1), Start::AfterFormer), (Selector::Rest, Start::AfterFormer)];
    let (zone, why) = ("Asia/Shanghai".into(), String::new());
    let new = NewRollout { brings: Brought::Settings(version), former: None, waves, policy, zone, why };
    fleet.roll_out(new).await.unwrap();
}

/// An update that was released, which a third of the terminals is to take, a third says that it took, and a third runs.
async fn brought(fleet: &Fleet, store: &Store, artifacts: &Artifacts) {
    let new = New { name: "tool".parse().unwrap(), version: "1.0".parse().unwrap(), kind: Kind::File };
    let id = artifacts.add(new, &b"tool"[..], 4, |_| {}).await.unwrap().id;
    artifacts.release(id, false).await.unwrap();
    let now = SystemClock.now().to_string();
    let mut tx = store.write().await.unwrap();
    for number in 1..=TERMINALS {
        let (state, open) = if number % 3 == 0 { ("\"waiting\"", 1) } else { ("\"finished\"", 0) };
        let sql = "INSERT INTO action (terminal, artifact, ordered_at, ordered_by, state, is_open, changed_at) \
                   VALUES ($1, $2, $3, 'user:boss', $4, $5, $3)";
        let row = sqlx::query(sql).bind(i64::from(number)).bind(id).bind(&now).bind(state).bind(open);
        row.execute(&mut *tx).await.unwrap();
        if number % 3 == 1 {
            let sql = "INSERT INTO device (terminal, installed, changed_at) VALUES ($1, $2, $3)";
            let installed = r#"{"name":"tool","version":"1.0"}"#;
            sqlx::query(sql).bind(i64::from(number)).bind(installed).bind(&now).execute(&mut *tx).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert!(fleet.todo("05000".parse().unwrap()).await.unwrap().installed.is_some());
}

fn report(number: u32, now: &str) -> String {
    serde_json::json!({
        "v": 1, "terminal": format!("{number:05}"), "boot": uuid::Uuid::from_u128(1), "seq": 1,
        "wall": { "at": now, "quality": "host" }, "uptime_s": 93_784, "agent": "0.1.0",
        "kiosk": {
            "run": uuid::Uuid::from_u128(2), "version": "0.1.0",
            "queue": { "state": "ok", "waiting": 2, "oldest_s": 61, "dead": 0, "set_aside": 0 },
            "printer": { "port": true, "state": "ok", "profile": "epson-tm" },
        },
    })
    .to_string()
}

/// Asks for a page again and again; whether it holds its limit.
async fn measured(app: &Router, token: &str, path: &str) -> bool {
    let mut size = 0;
    let before = cpu_ms();
    for _ in 0..ROUNDS {
        let cookie = format!("__Secure-lianxin-fleet={token}");
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        size = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().len();
    }
    let took = (cpu_ms() - before) / f64::from(ROUNDS);
    let holds = took <= LIMIT_MS;
    let said = if holds { "holds" } else { "DOES NOT HOLD" };
    println!("{path}: {size} bytes, {took:.1} ms of CPU, {:.2} of the limit ({LIMIT_MS}) {said}", took / LIMIT_MS);
    holds
}

fn cpu_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    [11, 12].into_iter().map(|at| fields[at].parse::<f64>().unwrap() * 10.0).sum()
}
