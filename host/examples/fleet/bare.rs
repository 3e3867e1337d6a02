//! The least that can answer: axum behind the host's own listener and TLS, in a process of its own.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    http::{HeaderValue, header},
    routing::get,
};
use host::{
    clock::{SharedClock, SystemClock},
    fleet::RENEW_LATE,
    http::listener::{Limits, Peer, TlsListener},
    tls::{self, ServerCertificate},
};
use tokio::net::TcpListener;

use crate::{arguments::Arguments, measured::Process};

/// As the host answers a device that has nothing to do.
const ANSWER: &str = r#"{"config":{"polling":{"sleep":"00:05:00"}},"_links":{}}"#;

/// The other process; it ends with this.
#[derive(Debug)]
pub struct Bare {
    pub address: SocketAddr,
    child: Child,
}

impl Bare {
    pub fn start(arguments: &Arguments) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve-bare", "--data"])
            .arg(&arguments.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the bare handler")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
        Ok(Self { address: line.trim().parse().context("the bare handler does not listen")?, child })
    }

    pub fn process(&self) -> Process {
        Process::new(self.child.id())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Serves until whoever started it is gone.
pub async fn serve(arguments: &Arguments) -> Result<()> {
    let folder = |name: &str| arguments.data.join("fleet").join(name);
    let certificate = ServerCertificate::read(&folder("tls/server.pem"), &folder("tls/server.key"))?;
    let clock: SharedClock = Arc::new(SystemClock);
    let trusted = trusted(&folder("ca"))?;
    let config = tls::terminals(certificate, &trusted, &folder("ca"), RENEW_LATE, clock)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/hal+json"))];
    let routes = Router::new().fallback(get(move || async move { (json, ANSWER) }));
    let listener = TlsListener::new(listener, config, Limits::default())?;
    let until_alone = tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop));
    axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(async move {
            until_alone.await.ok();
        })
        .await?;
    Ok(())
}

/// What the host trusts: its root and what that has issued.
fn trusted(ca: &Path) -> Result<String> {
    let read = |name: &str| std::fs::read_to_string(ca.join(name)).with_context(|| ca.join(name).display().to_string());
    Ok(format!("{}{}", read("root.pem")?, read("issuing.pem")?))
}
