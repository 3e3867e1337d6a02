//! Both APIs as schemathesis finds them, a tester that nobody here wrote, against the running host over real TLS: the REST API by
//! the document that it serves, and hawkBit's device interface by the one that hawkBit publishes.
//!
//! It makes up requests from the document, right and wrong ones, and strings of them in which one uses what another made; each
//! answer is held to the document. What it makes up is fixed by a seed.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod furnished;
#[path = "../host/support.rs"]
#[expect(dead_code, reason = "shared with the tests that speak HTTP")]
mod support;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use furnished::{Furnished, databases};
use host::fleet::artifacts::Artifact;
use serde_json::{Value, json};
use tokio::process::Command;
use wire::ticket::TerminalNumber;

/// Of Eclipse hawkBit, EPL-2.0, unchanged.
const DDI: &str = include_str!("../fixtures/hawkbit-ddi-v1.openapi.json");

/// What is made up of each operation, beside what its limits give.
const EXAMPLES: &str = "30";

/// Schemathesis, where it was made on this machine.
fn program() -> Option<PathBuf> {
    let Ok(program) = std::env::var("LIANXIN_SCHEMATHESIS") else {
        assert!(std::env::var("CI").is_err(), "LIANXIN_SCHEMATHESIS: `kiosk/setup schemathesis` prints it");
        std::io::stderr()
            .write_all(b"left out: schemathesis, because LIANXIN_SCHEMATHESIS names no program\n")
            .unwrap();
        return None;
    };
    Some(program.into())
}

/// A run of it.
struct Run<'a> {
    program: &'a Path,
    host: &'a Furnished,
    document: &'a Value,
    /// Which listener.
    url: String,
    /// What stands in `Authorization`.
    authorization: String,
    /// Its settings, as in `schemathesis.toml`.
    settings: &'a str,
}

impl Run<'_> {
    /// Runs it; every answer is what the document says.
    async fn holds(&self, arguments: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
            path
        };
        let document = put("openapi.json", &self.document.to_string());
        let settings = put("schemathesis.toml", self.settings);
        let ca = host::setup::root_certificate(self.host.host.data.path());
        let mut command = Command::new(self.program);
        command.arg("--config-file").arg(settings).arg("run").arg(document).args(["--url", &self.url]);
        command.arg("--header").arg(format!("Authorization: {}", self.authorization)).arg("--tls-verify").arg(ca);
        command.args(["--seed", "7", "--max-examples", EXAMPLES, "--no-shrink", "--continue-on-failure"]);
        command.args(["--workers", "1", "--warnings", "off", "--request-timeout", "30"]);
        command.args(arguments).current_dir(folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        let output = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        // What ran is said too, so that nobody takes nothing for a success.
        let summary = said.find("SUMMARY").map_or("", |at| &said[at..]);
        std::io::stderr().write_all(summary.as_bytes()).unwrap();
        assert!(summary.contains("passed"), "{said}");
    }
}

/// What the fleet's rules refuse of what the document allows is a 422, and what another state would take a 409; whoever breaks the
/// document is answered 400, and that is never said of what it allows.
const OF_REST: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"#;

/// Operations that end the key that asks: they are tried by themselves.
const ENDS_KEYS: [&str; 2] = ["delete_keys_id", "post_people_id_password"];

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_api_answers_as_its_document_says() {
    let Some(program) = program() else { return };
    for database in databases().await {
        let furnished = Furnished::on(database).await;
        let document = furnished.document().await;
        let run = async |arguments: &[&str]| {
            let authorization = format!("Bearer {}", furnished.key().await);
            let url = furnished.host.people_url("");
            Run { program: &program, host: &furnished, document: &document, url, authorization, settings: OF_REST }
                .holds(arguments)
                .await;
        };
        let without: Vec<&str> = ENDS_KEYS.iter().flat_map(|id| ["--exclude-operation-id", id]).collect();
        run(&without).await;
        for id in ENDS_KEYS {
            run(&["--include-operation-id", id, "--phases", "coverage,fuzzing"]).await;
        }
    }
}

/// Clients send more than the contract has and less than it asks for, and are heard all the same: what breaks it need not be
/// refused. It gives texts no sizes, and what is too long is answered 400, as it says of what can't be taken.
const OF_DEVICES: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "410"]

[checks.negative_data_rejection]
enabled = false
"#;

/// The published document as a device of this host meets it.
///
/// Where it is wrong or unfit, what is meant stands in its place: its pattern of the sleep is the words `HH:MM:SS`, which no time
/// matches; it forgets that what is not there is answered 404, as hawkBit itself does, what is too large 413, and of the feedback to a
/// cancellation that what is over is 410, as it says of the one to a deployment; it offers CBOR,
/// which this host answers 415, as it says as well; it names nothing that whoever asks shows.
fn of_device(terminal: TerminalNumber, action: u64, artifact: &Artifact) -> Value {
    let mut document: Value = serde_json::from_str(DDI).unwrap();
    document["components"]["schemas"]["DdiPolling"]["properties"]["sleep"]["pattern"] =
        json!("^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$");
    document["components"]["securitySchemes"] =
        json!({ "token": { "type": "apiKey", "in": "header", "name": "Authorization" } });
    document["security"] = json!([{ "token": [] }]);
    document["servers"] = json!([{ "url": "/" }]);
    let mut paths = serde_json::Map::new();
    for (path, mut operations) in document["paths"].as_object().unwrap().clone() {
        for operation in operations.as_object_mut().unwrap().values_mut() {
            let parameters = operation["parameters"].as_array_mut().unwrap();
            parameters.retain(|parameter| !matches!(parameter["name"].as_str(), Some("tenant" | "controllerId")));
            for parameter in parameters {
                // Something that is there, beside what isn't.
                match parameter["name"].as_str().unwrap() {
                    "actionId" => parameter["schema"]["enum"] = json!([action, 0, -1, i64::MAX]),
                    "softwareModuleId" => parameter["schema"]["enum"] = json!([artifact.id, 0, -1, i64::MAX]),
                    "fileName" => parameter["schema"]["enum"] = json!([artifact.file_name(), "other"]),
                    _ => {}
                }
            }
            for status in ["404", "410", "413"] {
                let responses = operation["responses"].as_object_mut().unwrap();
                let content =
                    json!({ "application/json": { "schema": { "$ref": "#/components/schemas/ExceptionInfo" } } });
                responses.insert(status.into(), json!({ "description": "added", "content": content }));
            }
            if let Some(content) = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut()) {
                content.remove("application/cbor");
            }
        }
        let named = path.replace("{tenant}", "default").replace("{controllerId}", &terminal.to_string());
        paths.insert(named, operations);
    }
    document["paths"] = paths.into();
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_interface_answers_as_hawkbits_published_document_says() {
    let Some(program) = program() else { return };
    for database in databases().await {
        let furnished = Furnished::on(database).await;
        let artifact = furnished.released("2.0").await;
        for state in ["to be confirmed", "waiting", "to stop"] {
            let (terminal, token) = furnished.device().await;
            let action = furnished.ordered(&artifact, terminal, state).await;
            let document = of_device(terminal, action, &artifact);
            let url = furnished.host.url("");
            let authorization = format!("TargetToken {token}");
            Run { program: &program, host: &furnished, document: &document, url, authorization, settings: OF_DEVICES }
                .holds(&["--phases", "coverage,fuzzing"])
                .await;
        }
    }
}
