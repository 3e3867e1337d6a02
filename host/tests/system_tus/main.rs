//! Uploads by a client that nobody here wrote: tus-js-client, with a terminal's certificate, to the real server.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod link;
#[path = "../host/support.rs"]
#[expect(dead_code, reason = "shared with the tests that speak HTTP")]
mod support;

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use link::Link;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use wire::event::VOICE_AUDIO_MAX;

use support::{Said, Terminal, TestHost, spoken};

/// A terminal's files, and the client.
struct Client {
    folder: TempDir,
    packages: String,
}

impl Client {
    /// None where the client was not made on this machine.
    fn new(host: &TestHost, terminal: &Terminal, said: &Said) -> Option<Self> {
        let Ok(packages) = std::env::var("LIANXIN_TUS") else {
            assert!(std::env::var("CI").is_err(), "LIANXIN_TUS: `kiosk/setup tus` prints it");
            std::io::stderr().write_all(b"left out: tus-js-client, because LIANXIN_TUS names no folder\n").unwrap();
            return None;
        };
        let client = Self { folder: tempfile::tempdir().unwrap(), packages };
        let root = std::fs::read(host::setup::root_certificate(host.data.path())).unwrap();
        for (name, bytes) in [
            ("ca", root.as_slice()),
            ("cert", terminal.certificate.as_bytes()),
            ("key", terminal.key.serialize_pem().as_bytes()),
            ("file", &said.bytes),
        ] {
            File::create(client.path(name)).unwrap().write_all(bytes).unwrap();
        }
        Some(client)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the client says when it does this.
    async fn does(&self, said: &Said, mut job: Value) -> Vec<Value> {
        for name in ["ca", "cert", "key", "file"] {
            job[name] = json!(self.path(name));
        }
        job["id"] = json!(said.id);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tus/upload.mjs");
        let mut node = Command::new("node");
        node.arg(script).arg(job.to_string()).env("LIANXIN_TUS", &self.packages);
        let output = node.output().await.unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{lines}{}", String::from_utf8_lossy(&output.stderr));
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn is_done(lines: &[Value]) -> bool {
    lines.last() == Some(&json!({ "done": true }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_recording_arrives_in_one_piece_and_a_short_one_in_many() {
    let (host, terminal, said) = spoken().await;
    let long = Said::recording(&host.keys(), &said, &vec![0x4f; VOICE_AUDIO_MAX]);
    for (said, size, pieces) in [(&long, None, 1), (&said, Some(1000), said.bytes.len().div_ceil(1000))] {
        let Some(client) = Client::new(&host, &terminal, said) else { return };
        let endpoint = host.url("/intake/v1/uploads");
        let lines = client.does(said, json!({ "endpoint": endpoint, "chunkSize": size })).await;
        assert!(is_done(&lines) && lines.len() == pieces + 1, "{lines:?}");
        assert_eq!(terminal.put(&host, said).await.status(), StatusCode::OK, "the county has exactly these bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stopped_goes_on_after_a_restart_of_the_host() {
    let (mut host, mut terminal, said) = spoken().await;
    let Some(client) = Client::new(&host, &terminal, &said) else { return };
    let begun = json!({ "endpoint": host.url("/intake/v1/uploads"), "chunkSize": 1000, "stopAt": 3000 });
    let lines = client.does(&said, begun).await;
    let path = format!("/intake/v1/uploads/{}", said.id);
    assert_eq!(lines.last(), Some(&json!({ "stopped": 3000, "path": path })), "{lines:?}");
    host.down().await;
    host.up().await;
    terminal.reconnect(&host);
    let lines = client.does(&said, json!({ "uploadUrl": host.url(&path), "chunkSize": 1000 })).await;
    assert!(lines[0] == json!({ "accepted": 4000 }) && is_done(&lines), "{lines:?}");
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK);
    // Once more: the host has it all, and the client is told so.
    let lines = client.does(&said, json!({ "uploadUrl": host.url(&path), "chunkSize": 1000 })).await;
    assert!(is_done(&lines) && lines.len() == 1, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_on_a_link_that_breaks_every_few_kilobytes_gets_there() {
    let (host, terminal, said) = spoken().await;
    let Some(client) = Client::new(&host, &terminal, &said) else { return };
    let link = Link::to(&host.url(""), 5 * 1024).await;
    let endpoint = format!("https://{}/intake/v1/uploads", link.address);
    let job = json!({ "endpoint": endpoint, "chunkSize": 900, "retryDelays": vec![0; 20] });
    let lines = client.does(&said, job).await;
    assert!(is_done(&lines), "{lines:?}");
    assert!(link.breaks() >= 3, "{} breaks", link.breaks());
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_what_the_whole_turned_out_to_be() {
    let (host, terminal, said) = spoken().await;
    let nothing = Said { bytes: b"<html>".to_vec(), ..terminal.recording(&said) };
    let Some(client) = Client::new(&host, &terminal, &nothing) else { return };
    let lines = client.does(&nothing, json!({ "endpoint": host.url("/intake/v1/uploads") })).await;
    assert_eq!(lines[0]["failed"], 422, "{lines:?}");
    assert!(lines[0]["body"].as_str().unwrap().contains("not_an_event"));
}
