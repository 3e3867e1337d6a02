//! A host with something of everything that programs can ask for.

use std::io::Write;

use host::{
    fleet::{
        actions::Event,
        artifacts::{Artifact, Artifacts, Kind, New},
        sites::{Code, Site},
        users::{By, NewUser, Role, Scope, Users},
    },
    setup,
    store::Store,
};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{settings::Settings, ticket::TerminalNumber};

use crate::support::TestHost;

/// More keys than a made-up number is likely to meet.
const OTHER_KEYS: usize = 19;

/// The databases that the suite runs on: SQLite, and an empty one of PostgreSQL where `LIANXIN_TEST_POSTGRES` has a URL.
pub(crate) async fn databases() -> Vec<Option<String>> {
    let Ok(server) = std::env::var("LIANXIN_TEST_POSTGRES") else {
        std::io::stderr().write_all(b"left out: PostgreSQL, because LIANXIN_TEST_POSTGRES has no URL\n").unwrap();
        return vec![None];
    };
    let name = format!("test_{}", Uuid::new_v4().simple());
    let store = Store::open(&server, &[]).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(sql).execute(&mut *store.read().await.unwrap()).await.unwrap();
    let (base, query) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = base.rsplit_once('/').unwrap();
    vec![None, Some(format!("{host}/{name}?{query}"))]
}

/// The host, and who asks there.
pub(crate) struct Furnished {
    pub(crate) host: TestHost,
    users: Users,
    boss: String,
    other: String,
}

impl Furnished {
    /// On the database that this URL names; none, on SQLite.
    pub(crate) async fn on(database: Option<String>) -> Self {
        let mut host = TestHost::down_at_first();
        if let Some(url) = database {
            host.config.fleet_database = url;
        }
        host.up().await;
        let fleet = host.fleet().await;
        let code = |text: &str| text.parse::<Code>().unwrap();
        fleet.add_site(Site::new(code("DX"), "德兴市代表之家")).await.unwrap();
        let station = Site { parent: Some(code("DX")), ..Site::new(code("DX-01"), "花桥镇联络站") };
        fleet.add_site(station).await.unwrap();
        fleet.put_group("all", &"under=DX".parse().unwrap()).await.unwrap();
        for volume in [2, 4] {
            fleet.draw_up(&Settings { volume: Some(volume), ..Settings::default() }, "集市").await.unwrap();
        }
        for _ in 0..2 {
            host.terminal().await;
        }
        let ca = host::ca::Ca::find(&setup::ca_folder(host.data.path())).unwrap().unwrap();
        let users = Users::new(fleet.clone(), &ca);
        let person = |login: &str, role| NewUser {
            login: login.into(),
            name: login.into(),
            role,
            scope: Scope::All,
            password: "correct horse battery".into(),
        };
        let other = users.add(By::Machine, &person("other", Role::Viewer)).await.unwrap();
        for _ in 0..OTHER_KEYS {
            users.draw_key_for(By::Machine, &other, "x").await.unwrap();
        }
        let boss = users.add(By::Machine, &person("boss", Role::Admin)).await.unwrap();
        let furnished = Self { host, users, boss, other };
        furnished.released("1.0").await;
        furnished
    }

    /// A key of the admin.
    pub(crate) async fn key(&self) -> String {
        self.users.draw_key_for(By::Machine, &self.boss, "schemathesis").await.unwrap().0
    }

    /// The document that the host serves, with something that is there as an example of what an address names.
    pub(crate) async fn document(&self) -> Value {
        let url = self.host.people_url("/fleet/api/openapi.json");
        let mut document: Value = self.host.anybody().get(url).send().await.unwrap().json().await.unwrap();
        for (path, operations) in document["paths"].as_object_mut().unwrap() {
            for operation in operations.as_object_mut().unwrap().values_mut() {
                let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
                for parameter in parameters.into_iter().flatten() {
                    let example = match parameter["name"].as_str().unwrap() {
                        "id" if path.contains("/people/") => json!(self.other),
                        "number" if path.contains("/terminals/") => json!("00001"),
                        "terminal" => json!("00002"),
                        "id" | "number" | "version" => json!(1),
                        "code" => json!("DX-01"),
                        "name" if path.contains("/groups/") => json!("all"),
                        "query" => json!("under=DX"),
                        _ => continue,
                    };
                    parameter["example"] = example;
                }
            }
        }
        document
    }

    /// An artifact that was released.
    pub(crate) async fn released(&self, version: &str) -> Artifact {
        let artifacts =
            Artifacts::open(self.host.fleet().await, &setup::artifacts(self.host.data.path())).await.unwrap();
        let new = New { name: "tool".parse().unwrap(), version: version.parse().unwrap(), kind: Kind::File };
        let added = artifacts.add(new, &b"tool"[..], 4, |_| {}).await.unwrap();
        artifacts.release(added.id, false).await.unwrap()
    }

    /// A terminal without a certificate of ours, and its token.
    pub(crate) async fn device(&self) -> (TerminalNumber, String) {
        let fleet = self.host.fleet().await;
        let terminal = fleet.add(None, "花桥镇联络站", "").await.unwrap().terminal;
        (terminal, fleet.draw_device_token(Some(terminal)).await.unwrap().0)
    }

    /// An order of an artifact to a terminal, in this state; its id.
    pub(crate) async fn ordered(&self, artifact: &Artifact, terminal: TerminalNumber, state: &str) -> u64 {
        let fleet = self.host.fleet().await;
        let id = fleet.order_artifact(artifact.id, &[terminal], state == "to be confirmed").await.unwrap()[0];
        if state == "to stop" {
            let began = json!({ "execution": "proceeding", "result": { "finished": "none" } });
            let began = Event::Feedback(serde_json::from_value(began).unwrap());
            fleet.hear_of_action(terminal, id, began).await.unwrap();
            fleet.cancel_action(terminal, false).await.unwrap();
        }
        id
    }
}
