//! The REST API: a program that asks there, what it sees, and what it is told of what is wrong.

mod keys;
mod roles;

use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use host::{
    fleet::users::{By, Role, Scope},
    http::listener::{Patience, Peer},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::*;

/// A program with a key.
pub(crate) struct Program {
    pub(crate) app: Router,
    key: Option<String>,
}

/// What it was answered.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Program {
    pub(crate) fn at(bench: &Bench, address: &str, key: Option<&str>) -> Self {
        let peer = Peer { address: address.parse().unwrap(), certificate: None, patience: Patience::default() };
        Self { app: bench.app().layer(MockConnectInfo(peer)), key: key.map(str::to_owned) }
    }

    /// One of whoever has this login.
    pub(crate) async fn of(bench: &Bench, login: &str) -> Self {
        Self::at(bench, "127.0.0.1:5000", Some(&key_of(bench, login).await))
    }

    pub(crate) async fn send(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Told {
        let request = match &self.key {
            Some(key) => request.header(header::AUTHORIZATION, format!("Bearer {key}")),
            None => request,
        };
        let response = self.app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        let told = Told { status: parts.status, headers: parts.headers, json };
        if !told.status.is_success() {
            assert_eq!(told.headers[header::CONTENT_TYPE], "application/problem+json", "{}", told.json);
            assert_eq!(told.json["status"], told.status.as_u16(), "{}", told.json);
        }
        told
    }

    /// Asks for a route below `/fleet/api/v1`.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Told {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request::builder().method(method).uri(format!("/fleet/api/v1{path}"));
        match body {
            Value::Null => self.send(request, Body::empty()).await,
            Value::String(bytes) => {
                let request = request.header(header::CONTENT_TYPE, "application/octet-stream");
                self.send(request.header(header::CONTENT_LENGTH, bytes.len()), bytes.clone()).await
            }
            json => self.send(request.header(header::CONTENT_TYPE, "application/json"), json.to_string()).await,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Told {
        self.ask("GET", path, &Value::Null).await
    }
}

pub(crate) async fn id_of(bench: &Bench, login: &str) -> String {
    let everybody = bench.users.everybody(By::Machine).await.unwrap();
    everybody.into_iter().find(|row| row.login == login).unwrap().id
}

pub(crate) async fn key_of(bench: &Bench, login: &str) -> String {
    let id = id_of(bench, login).await;
    bench.users.draw_key_for(By::Machine, &id, "报表").await.unwrap().0
}

#[tokio::test]
async fn a_key_sees_and_changes_what_its_owner_looks_after_and_nothing_of_the_rest() {
    on_each_database(async |bench| {
        let (own, other) = (bench.terminal("花桥镇联络站").await, bench.terminal("北山乡联络站").await);
        for terminal in [own, other] {
            bench.reports(terminal, "no_paper", 1).await;
        }
        bench.person(Role::Operator, Scope::of(&["T1".into()]).unwrap()).await;
        let program = Program::of(&bench, "operator").await;
        for path in ["/today", "/terminals", "/terminals?words=%E7%AB%99", "/sites"] {
            let json = program.get(path).await.json.to_string();
            assert!(json.contains("花桥镇") && !json.contains("北山乡") && !json.contains("00002"), "{path}: {json}");
        }
        assert_eq!(
            program.get(&format!("/terminals/{own}/health")).await.json["report"]["kiosk"]["printer"]["state"],
            "no_paper"
        );
        let before = bench.audit().await;
        for (method, path, body) in [
            ("GET", format!("/terminals/{other}"), Value::Null),
            ("GET", format!("/terminals/{other}/health"), Value::Null),
            ("GET", format!("/terminals/{other}/actions"), Value::Null),
            ("POST", format!("/terminals/{other}/take"), Value::Null),
            ("PUT", format!("/terminals/{other}/quiet"), json!({ "hours": 1, "why": "停电" })),
            ("GET", "/sites/T2".into(), Value::Null),
            ("GET", "/groups".into(), Value::Null),
            ("GET", "/artifacts".into(), Value::Null),
            ("GET", "/settings".into(), Value::Null),
            ("GET", "/rollouts".into(), Value::Null),
        ] {
            assert_eq!(program.ask(method, &path, &body).await.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
        assert_eq!(bench.audit().await, before);
        let taken = program.ask("POST", &format!("/terminals/{own}/take"), &Value::Null).await;
        assert_eq!(taken.json, json!({ "taken": true }));
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_request_names_the_field_and_the_rule() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "ok", 1).await;
        bench.person(Role::Admin, Scope::All).await;
        let program = Program::of(&bench, "admin").await;
        let before = bench.audit().await;
        let wave = |who: Value| json!({ "brings": { "settings": 0 }, "waves": [{ "who": who }] });
        for (method, path, body, status, field) in [
            ("GET", "/terminals/1-234", Value::Null, 400, "number"),
            ("GET", "/terminals?page=x", Value::Null, 400, "page"),
            ("GET", "/terminals?pages=1", Value::Null, 400, "pages"),
            ("GET", "/rollouts/9223372036854775808", Value::Null, 400, "number"),
            ("PUT", "/terminals/00001/quiet", json!({ "hours": 0, "why": "x" }), 400, "hours"),
            ("PUT", "/terminals/00001/quiet", json!({ "hours": 721, "why": "x" }), 400, "hours"),
            ("PUT", "/terminals/00001/quiet", json!({ "hours": 1 }), 400, "why"),
            ("PUT", "/terminals/00001/site", json!({ "site": "T1", "place": "a\nb" }), 422, "place"),
            ("PUT", "/terminals/00001/site", json!({ "site": "T9" }), 422, "site"),
            ("PUT", "/sites/DX", json!({ "name": "x", "zone": "Mars" }), 422, "zone"),
            (
                "PUT",
                "/sites/DX",
                json!({ "name": "x", "position": { "latitude": 90_000_001, "longitude": 0 } }),
                422,
                "position",
            ),
            ("PUT", "/sites/DX", json!({ "name": "x", "position": { "latitude": 1 } }), 400, "position.longitude"),
            ("PUT", "/sites/DX", json!({ "name": "花桥镇联络站" }), 409, "name"),
            ("PUT", "/groups/x", json!({ "query": "model=pi" }), 422, "query"),
            ("POST", "/artifacts?name=a%20b&version=1", json!("x"), 400, "name"),
            ("POST", "/settings", json!({ "settings": { "volume": 6 } }), 422, "settings.volume"),
            ("POST", "/settings", json!({ "settings": { "colour": 6 } }), 400, "settings.colour"),
            ("POST", "/actions", json!({ "artifact": 9, "terminals": ["00001"] }), 422, "artifact"),
            ("POST", "/actions", json!({ "artifact": 9, "terminals": [] }), 400, "terminals"),
            ("POST", "/rollouts", wave(json!({ "percent": 100 })), 400, "waves[0].who.percent"),
            ("POST", "/rollouts", wave(json!({ "group": "别的" })), 422, "group"),
            ("POST", "/rollouts", json!({ "brings": { "settings": 9 } }), 422, "brings"),
            ("POST", "/rollouts", json!({ "brings": { "settings": 0 }, "sample": 0 }), 400, "sample"),
            ("POST", "/people", json!({ "login": "a b", "name": "x", "role": "viewer" }), 422, "login"),
            ("POST", "/people", json!({ "login": "admin", "name": "x", "role": "viewer" }), 409, "login"),
            ("POST", "/people", json!({ "login": "x", "name": "x", "role": "admin", "scope": ["T1"] }), 422, "scope"),
        ] {
            let told = program.ask(method, path, &body).await;
            let error = &told.json["errors"][0];
            assert_eq!(
                (told.status.as_u16(), error["field"].as_str().unwrap_or("")),
                (status, field),
                "{path} {}",
                told.json
            );
            assert!(error["rule"].as_str().is_some_and(|rule| rule.len() > 5), "{path} {}", told.json);
        }
        for (media, body, status) in
            [("text/plain", "{}", 415), ("application/json", "{", 400), ("application/json", "[1,\"x\",true]", 400)]
        {
            let request = Request::put("/fleet/api/v1/terminals/00001/quiet").header(header::CONTENT_TYPE, media);
            assert_eq!(program.send(request, body).await.status.as_u16(), status, "{media} {body}");
        }
        let request = Request::put("/fleet/api/v1/groups/x").header(header::CONTENT_TYPE, "application/json");
        let large = program.send(request, format!("{{\"query\":\"{}\"}}", "x".repeat(70_000))).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(bench.audit().await, before, "nothing of it was done");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_does_not_come_whole_leaves_nothing_and_the_same_bytes_twice_are_one() {
    on_each_database(async |bench| {
        bench.person(Role::Admin, Scope::All).await;
        let program = Program::of(&bench, "admin").await;
        let put = async |path: &str, media: &str, length: Option<u64>, bytes: &'static str| {
            let request = Request::post(format!("/fleet/api/v1/artifacts?{path}")).header(header::CONTENT_TYPE, media);
            let request = match length {
                Some(length) => request.header(header::CONTENT_LENGTH, length),
                None => request,
            };
            program.send(request, bytes).await
        };
        let (octets, tool) = ("application/octet-stream", "name=tool&version=1.0");
        for (path, media, length, status) in [
            (tool, octets, None, StatusCode::LENGTH_REQUIRED),
            (tool, octets, Some(9), StatusCode::BAD_REQUEST),
            (tool, octets, Some(1 << 60), StatusCode::PAYLOAD_TOO_LARGE),
            (tool, "text/plain", Some(4), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ("name=tool", octets, Some(4), StatusCode::BAD_REQUEST),
            ("name=tool&version=1.0&kind=image", octets, Some(4), StatusCode::BAD_REQUEST),
        ] {
            let told = put(path, media, length, "tool").await;
            assert_eq!(told.status, status, "{path} {media} {length:?} {}", told.json);
        }
        let folder = bench.revoked().with_file_name("artifacts");
        let left = |name: &str| std::fs::read_dir(folder.join(name)).map_or(0, Iterator::count);
        assert_eq!((left("incoming"), left("blobs")), (0, 0));
        assert_eq!(program.get("/artifacts").await.json, json!([]));
        let first = put(tool, octets, Some(4), "tool").await;
        assert_eq!((first.status, &first.json["state"]), (StatusCode::CREATED, &json!("draft")));
        assert_eq!(put(tool, octets, Some(4), "tool").await.json, first.json);
        let other = put(tool, octets, Some(5), "other").await;
        assert_eq!((other.status, &other.json["errors"][0]["field"]), (StatusCode::CONFLICT, &json!("version")));
        assert_eq!(left("blobs"), 1);
    })
    .await;
}
