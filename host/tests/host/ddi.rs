//! hawkBit's device interface as its real clients use it, over real TLS; every answer is held to the published contract.

use host::{
    fleet::{
        ShownToken,
        artifacts::{Artifact, Artifacts, Kind, New},
    },
    setup,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use wire::ticket::TerminalNumber;

use crate::{
    contract::holds,
    support::{Terminal, TestHost},
};

/// A device at its interface.
struct Device {
    base: String,
    client: Client,
    token: Option<String>,
}

impl Device {
    fn of(host: &TestHost, terminal: &Terminal) -> Self {
        let base = host.url(&format!("/default/controller/v1/{}", terminal.number));
        Self { base, client: terminal.client.clone(), token: None }
    }

    fn by_token(host: &TestHost, number: TerminalNumber, token: &str) -> Self {
        let base = host.url(&format!("/default/controller/v1/{number}"));
        Self { base, client: host.anybody(), token: Some(token.to_owned()) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("https://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, token),
            None => request,
        }
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn read(&self, path: &str, schema: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let answer = response.json().await.unwrap();
        holds(schema, &answer);
        answer
    }

    /// The links that it is shown.
    async fn links(&self) -> Value {
        self.read("", "DdiControllerBase").await["_links"].clone()
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> StatusCode {
        let response = self.request(method, path).json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        if status.is_success() {
            assert_eq!((status, text.as_str()), (StatusCode::OK, ""), "{path}");
        } else {
            holds("ExceptionInfo", &serde_json::from_str(&text).unwrap());
        }
        status
    }

    async fn tells(&self, path: &str, execution: &str, finished: &str) -> StatusCode {
        // As rauc-hawkbit-updater sends it, with fields that the contract does not know.
        let status = json!({ "execution": execution, "result": { "finished": finished }, "details": ["said"] });
        self.send(Method::POST, path, json!({ "id": "1", "time": "20270301T020000", "status": status })).await
    }
}

/// What an admin does beside the running host.
async fn released(host: &TestHost, version: &str, bytes: &[u8]) -> Artifact {
    let artifacts = Artifacts::open(host.fleet().await, &setup::artifacts(host.data.path())).await.unwrap();
    let new = New { name: "tool".parse().unwrap(), version: version.parse().unwrap(), kind: Kind::File };
    let added = artifacts.add(new, bytes, bytes.len() as u64, |_| {}).await.unwrap();
    artifacts.release(added.id, false).await.unwrap()
}

async fn ordered(host: &TestHost, artifact: &Artifact, terminal: TerminalNumber) -> u64 {
    host.fleet().await.order_artifact(artifact.id, &[terminal], false).await.unwrap()[0]
}

#[tokio::test]
async fn a_device_asks_fetches_tells_and_has_installed() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let device = Device::of(&host, &terminal);
    let base = device.read("", "DdiControllerBase").await;
    assert_eq!(base["config"]["polling"]["sleep"], "00:05:00");
    let wanted = base["_links"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(wanted, ["configData"], "nothing to do, and nobody knows yet what it is");

    let data = json!({ "mode": "replace", "data": { "model": "rugged-10" } });
    assert_eq!(device.send(Method::PUT, "/configData", data).await, StatusCode::OK);
    assert_eq!(device.links().await, json!({}));

    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let artifact = released(&host, "1.0", &bytes).await;
    let action = ordered(&host, &artifact, terminal.number).await;
    let link = device.links().await["deploymentBase"]["href"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&format!("{}/deploymentBase/{action}?c=", device.base)), "{link}");
    let deployment = device.read(&link, "DdiDeploymentBase").await;
    assert_eq!(deployment["id"], action.to_string(), "a text, of a number that fits a C int");
    assert!(i32::try_from(action).is_ok());
    let chunks = deployment["deployment"]["chunks"].as_array().unwrap();
    let files = chunks[0]["artifacts"].as_array().unwrap();
    assert_eq!((chunks.len(), files.len()), (1, 1), "one part with one file is what the clients take");
    assert_eq!(
        (&deployment["deployment"]["download"], &deployment["deployment"]["update"]),
        (&json!("forced"), &json!("forced"))
    );
    assert_eq!((&files[0]["size"], &files[0]["hashes"]["sha1"]), (&json!(300_000), &json!(artifact.sha1)));
    let file = files[0]["_links"]["download"]["href"].as_str().unwrap();
    let whole = device.get(file).await;
    assert_eq!(whole.headers()[header::ETAG], format!("\"{}\"", artifact.sha256));
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    let sum = device.get(files[0]["_links"]["md5sum"]["href"].as_str().unwrap()).await.text().await.unwrap();
    assert_eq!(sum, format!("{}  tool-1.0", artifact.md5));
    let list = device.get(&format!("/softwaremodules/{}/artifacts", artifact.id)).await.json::<Value>().await.unwrap();
    holds("DdiArtifact", &list[0]);

    let feedback = format!("/deploymentBase/{action}/feedback");
    assert_eq!(device.tells(&feedback, "proceeding", "none").await, StatusCode::OK);
    let with_history = device.read(&format!("/deploymentBase/{action}?actionHistory=10"), "DdiDeploymentBase").await;
    assert_eq!(with_history["actionHistory"], json!({ "status": "BEGAN", "messages": ["said"] }));
    assert_eq!(device.tells(&feedback, "closed", "success").await, StatusCode::OK);
    assert_eq!(device.tells(&feedback, "closed", "failure").await, StatusCode::GONE, "it is over");
    let links = device.links().await;
    assert_eq!(links["installedBase"]["href"], format!("{}/installedBase/{action}", device.base));
    assert!(links.get("deploymentBase").is_none());
    device.read(&format!("/installedBase/{action}"), "DdiDeploymentBase").await;
    let told = host.fleet().await.told_of(action).await.unwrap();
    assert_eq!(told.len(), 2, "what came after the end is not kept");
}

#[tokio::test]
async fn parts_of_a_file_are_served_by_range_and_tag() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let device = Device::of(&host, &terminal);
    let artifact = released(&host, "1.0", b"0123456789").await;
    ordered(&host, &artifact, terminal.number).await;
    let path = format!("/softwaremodules/{}/artifacts/tool-1.0", artifact.id);
    let tag = format!("\"{}\"", artifact.sha256);
    let (tag, other) = (tag.as_str(), "\"other\"");
    for (method, headers, status, length, body) in [
        (Method::GET, vec![], 200, "10", "0123456789"),
        (Method::HEAD, vec![], 200, "10", ""),
        (Method::GET, vec![("range", "bytes=2-4")], 206, "3", "234"),
        (Method::HEAD, vec![("range", "bytes=2-4")], 206, "3", ""),
        (Method::GET, vec![("range", "bytes=-3")], 206, "3", "789"),
        (Method::GET, vec![("range", "bytes=0-1,4-5")], 200, "10", "0123456789"),
        (Method::GET, vec![("range", "bytes=10-")], 416, "0", ""),
        (Method::GET, vec![("if-match", tag), ("range", "bytes=8-")], 206, "2", "89"),
        (Method::GET, vec![("if-match", other)], 412, "0", ""),
        (Method::GET, vec![("if-range", other), ("range", "bytes=8-")], 200, "10", "0123456789"),
    ] {
        let mut request = device.request(method.clone(), &path);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-length"]),
            (status, &length.parse().unwrap()),
            "{method} {headers:?}"
        );
        assert_eq!(response.text().await.unwrap(), body, "{method} {headers:?}");
    }
    let same = device.request(Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_cancelled_device_hears_of_it_before_anything_else() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let device = Device::of(&host, &terminal);
    let fleet = host.fleet().await;
    let artifact = released(&host, "1.0", b"1").await;
    let unbegun = ordered(&host, &artifact, terminal.number).await;
    fleet.cancel_action(terminal.number, false).await.unwrap();
    assert!(device.links().await.get("cancelAction").is_none(), "it never began");
    assert_eq!(
        device.tells(&format!("/deploymentBase/{unbegun}/feedback"), "closed", "success").await,
        StatusCode::GONE
    );

    for (answer, finished, links) in [
        ("rejected", "none", "deploymentBase"),
        ("closed", "success", "configData"),
        ("closed", "failure", "configData"),
    ] {
        let action = ordered(&host, &artifact, terminal.number).await;
        device.tells(&format!("/deploymentBase/{action}/feedback"), "proceeding", "none").await;
        fleet.cancel_action(terminal.number, false).await.unwrap();
        let shown = device.links().await;
        assert_eq!(shown["cancelAction"]["href"], format!("{}/cancelAction/{action}", device.base));
        assert!(shown.get("deploymentBase").is_none());
        assert_eq!(device.get(&format!("/deploymentBase/{action}")).await.status(), StatusCode::NOT_FOUND);
        let cancel = device.read(&format!("/cancelAction/{action}"), "DdiCancel").await;
        assert_eq!(cancel["cancelAction"]["stopId"], action.to_string());
        let told = device.tells(&format!("/cancelAction/{action}/feedback"), answer, finished).await;
        assert_eq!(told, StatusCode::OK, "{answer}");
        assert!(device.links().await.get(links).is_some(), "{answer} {finished}");
        if answer == "rejected" {
            fleet.cancel_action(terminal.number, true).await.unwrap();
        }
        assert_eq!(device.get(&format!("/cancelAction/{action}")).await.status(), StatusCode::NOT_FOUND);
    }
    let states: Vec<_> =
        fleet.actions(terminal.number).await.unwrap().iter().map(|action| action.state.name()).collect();
    assert_eq!(states, ["failed", "cancelled", "cancelled", "cancelled"]);
}

#[tokio::test]
async fn somebody_at_the_device_says_yes_or_that_nobody_need_be_asked() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let device = Device::of(&host, &terminal);
    let fleet = host.fleet().await;
    let artifact = released(&host, "1.0", b"1").await;
    let action = fleet.order_artifact(artifact.id, &[terminal.number], true).await.unwrap()[0];
    let shown = device.links().await;
    assert!(shown.get("confirmationBase").is_some() && shown.get("deploymentBase").is_none());
    assert_eq!(device.get(&format!("/deploymentBase/{action}")).await.status(), StatusCode::NOT_FOUND);
    let base = device.read("/confirmationBase", "DdiConfirmationBase").await;
    assert_eq!(base["autoConfirm"]["active"], false);
    device.read(&format!("/confirmationBase/{action}"), "DdiConfirmationBaseAction").await;
    let feedback = format!("/confirmationBase/{action}/feedback");
    assert_eq!(device.send(Method::POST, &feedback, json!({ "confirmation": "denied" })).await, StatusCode::OK);
    assert!(device.links().await.get("confirmationBase").is_some(), "it is asked again");
    assert_eq!(device.send(Method::POST, &feedback, json!({ "confirmation": "confirmed" })).await, StatusCode::OK);
    assert!(device.links().await.get("deploymentBase").is_some());

    let second = fleet.order_artifact(artifact.id, &[terminal.number], true).await.unwrap()[0];
    assert!(device.links().await.get("confirmationBase").is_some(), "the first had not begun and gave way");
    let on = "/confirmationBase/activateAutoConfirm";
    assert_eq!(device.send(Method::POST, on, json!({ "initiator": "ann", "remark": "mine" })).await, StatusCode::OK);
    assert_eq!(device.send(Method::POST, on, json!({})).await, StatusCode::CONFLICT);
    assert!(device.links().await["deploymentBase"]["href"].as_str().unwrap().contains(&format!("/{second}?")));
    assert_eq!(device.read("/confirmationBase", "DdiConfirmationBase").await["autoConfirm"]["initiator"], "ann");
    let off = "/confirmationBase/deactivateAutoConfirm";
    assert_eq!(device.request(Method::POST, off).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(device.request(Method::POST, off).send().await.unwrap().status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn nobody_speaks_for_another_device_and_a_token_is_good_for_who_never_enrolled() {
    let host = TestHost::start().await;
    let (ours, other) = (host.terminal().await, host.terminal().await);
    let fleet = host.fleet().await;
    let artifact = released(&host, "1.0", b"secret").await;
    ordered(&host, &artifact, ours.number).await;
    let path = format!("/softwaremodules/{}/artifacts/tool-1.0", artifact.id);

    let mut thief = Device::of(&host, &other);
    assert_eq!(thief.get(&path).await.status(), StatusCode::NOT_FOUND, "it was given to another");
    thief.base = Device::of(&host, &ours).base;
    assert_eq!(thief.get("").await.status(), StatusCode::FORBIDDEN);
    for (name, value) in [("x-forwarded-for", "127.0.0.1"), ("x-ssl-client-cn", "00001"), ("ssl-client-cert", "00001")]
    {
        let nobody = host.anybody().get(&thief.base).header(name, value).send().await.unwrap();
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{name}");
    }

    let foreign = host.admit().await.terminal;
    assert!(fleet.draw_device_token(Some(ours.number)).await.is_err(), "it has a certificate");
    let (target, drawn) = fleet.draw_device_token(Some(foreign)).await.unwrap();
    let (gateway, _) = fleet.draw_device_token(None).await.unwrap();
    for (number, token, status) in [
        (foreign, format!("TargetToken {target}"), StatusCode::OK),
        (foreign, format!("GatewayToken {gateway}"), StatusCode::OK),
        (foreign, format!("TargetToken {gateway}"), StatusCode::UNAUTHORIZED),
        (foreign, format!("GatewayToken {target}"), StatusCode::UNAUTHORIZED),
        (foreign, format!("Bearer {target}"), StatusCode::UNAUTHORIZED),
        (foreign, "TargetToken ".to_owned(), StatusCode::UNAUTHORIZED),
        (ours.number, format!("TargetToken {target}"), StatusCode::UNAUTHORIZED),
        (ours.number, format!("GatewayToken {gateway}"), StatusCode::UNAUTHORIZED),
        (TerminalNumber::new(99_999).unwrap(), format!("GatewayToken {gateway}"), StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(Device::by_token(&host, number, &token).get("").await.status(), status, "{number} {token}");
    }
    assert!(fleet.revoke_device_token(drawn.id).await.unwrap());
    assert!(!fleet.speaks_for(foreign, &ShownToken::Target(&target)).await.unwrap());
    fleet.revoke(foreign).await.unwrap();
    let gone = Device::by_token(&host, foreign, &format!("GatewayToken {gateway}")).get("").await;
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED, "a revoked one has nobody to speak for it");
    let kept = fleet.device_tokens().await.unwrap();
    assert!(
        kept.iter().all(|token| !format!("{token:?}").contains(&target)),
        "nothing of a token is kept but its hash"
    );
}

#[tokio::test]
async fn what_breaks_the_contract_is_refused_by_field_and_nothing_of_it_is_kept() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let device = Device::of(&host, &terminal);
    let artifact = released(&host, "1.0", b"1").await;
    let action = ordered(&host, &artifact, terminal.number).await;
    let feedback = format!("/deploymentBase/{action}/feedback");
    let status = |execution: &str, finished: &str| json!({ "status": { "execution": execution, "result": { "finished": finished } } });
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("a{n}"), json!("b"))).collect();
    for (method, path, body, expected) in [
        (Method::POST, feedback.as_str(), status("sleeping", "none"), 400),
        (Method::POST, &feedback, status("closed", "maybe"), 400),
        (Method::POST, &feedback, json!({ "status": {} }), 400),
        (Method::POST, "/deploymentBase/999/feedback", status("closed", "success"), 404),
        (Method::POST, "/deploymentBase/x/feedback", status("closed", "success"), 404),
        (Method::POST, "/deploymentBase/-1/feedback", status("closed", "success"), 404),
        (Method::POST, "/deploymentBase/99999999999999999999/feedback", status("closed", "success"), 404),
        (Method::PUT, "/configData", json!({ "data": many }), 400),
        (Method::PUT, "/configData", json!({ "data": { "": "x" } }), 400),
        (Method::PUT, "/configData", json!({ "data": { "x": "y".repeat(1025) } }), 400),
        (Method::PUT, "/configData", json!({ "mode": "swap", "data": {} }), 400),
        (Method::PUT, "/configData", json!([]), 400),
        (Method::PUT, "/installedBase", json!({ "name": "a\nb", "version": "1" }), 400),
        (Method::PUT, "/installedBase", json!({ "name": "a" }), 400),
        (Method::POST, "/confirmationBase/1/feedback", json!({ "confirmation": "perhaps" }), 400),
    ] {
        assert_eq!(device.send(method, path, body.clone()).await.as_u16(), expected, "{path} {body}");
    }
    let plain = device.request(Method::PUT, "/configData").body("{}").send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = device.request(Method::PUT, "/configData").json(&json!({ "data": { "x": "y".repeat(300_000) } }));
    assert_eq!(large.send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    for path in [
        "/../../../../etc/passwd",
        "/softwaremodules/1/artifacts/..%2F..%2Fhost.lock",
        "/softwaremodules/x/artifacts/y",
    ] {
        assert_eq!(device.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let other_tenant = device.base.replace("/default/", "/other/");
    assert_eq!(device.get(&other_tenant).await.status(), StatusCode::NOT_FOUND);
    let fleet = host.fleet().await;
    assert!(fleet.told_of(action).await.unwrap().is_empty());
    assert_eq!(fleet.device(terminal.number).await.unwrap(), host::fleet::Device::default());

    for (mode, data, expected) in [
        (None, json!({ "a": "1", "b": "2" }), json!({ "a": "1", "b": "2" })),
        (Some("merge"), json!({ "b": "3", "c": "4" }), json!({ "a": "1", "b": "3", "c": "4" })),
        (Some("remove"), json!({ "a": "", "z": "" }), json!({ "b": "3", "c": "4" })),
        (Some("replace"), json!({ "d": "5" }), json!({ "d": "5" })),
    ] {
        let body = mode.map_or(json!({ "data": data }), |mode| json!({ "mode": mode, "data": data }));
        assert_eq!(device.send(Method::PUT, "/configData", body).await, StatusCode::OK);
        assert_eq!(json!(fleet.device(terminal.number).await.unwrap().attributes), expected);
    }
}

#[tokio::test]
async fn a_poll_with_nothing_new_is_answered_with_its_tag_and_writes_nothing() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let device = Device::of(&host, &terminal);
    let first = device.get("").await;
    let tag = first.headers()[header::ETAG].clone();
    let before = std::fs::read(host.data.path().join("fleet.sqlite")).unwrap();
    let log = || std::fs::metadata(host.data.path().join("fleet.sqlite-wal")).unwrap().len();
    let logged = log();
    for _ in 0..20 {
        let again = device.request(Method::GET, "").header(header::IF_NONE_MATCH, tag.clone()).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    assert_eq!((std::fs::read(host.data.path().join("fleet.sqlite")).unwrap(), log()), (before, logged));
}
