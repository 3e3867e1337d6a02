//! The polls, each at its time.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpSocket,
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsConnector;

use crate::fleet::{Asking, Fleet};

/// A poll that takes longer is an error.
const DEADLINE: Duration = Duration::from_secs(30);

/// What came of all polls.
#[derive(Debug, Default)]
pub struct Told {
    pub answered: usize,
    pub errors: usize,
    /// 429 and 503 with `Retry-After`, which are no errors.
    pub told_to_wait: usize,
    pub first_error: Option<String>,
    took: Vec<Duration>,
    seconds: f64,
}

enum Answer {
    Good(Duration),
    Wait,
}

impl Told {
    /// How many there were; 1, where there was none.
    pub fn answers(&self) -> f64 {
        f64::from(u32::try_from(self.answered).unwrap_or(u32::MAX).max(1))
    }

    pub fn per_second(&self) -> f64 {
        self.answers() / self.seconds
    }

    /// Milliseconds that so many percent of the answers took at most.
    pub fn percentile_ms(&mut self, percent: f64) -> Option<f64> {
        self.took.sort_unstable();
        let last = self.took.len().checked_sub(1)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below the length")]
        let at = (percent / 100.0 * f64::from(u32::try_from(last).ok()?)).round() as usize;
        Some(self.took[at.min(last)].as_secs_f64() * 1000.0)
    }
}

/// Has every terminal ask once in `poll_s` seconds, for so long.
pub async fn run(fleet: &Fleet, poll_s: f64, seconds: f64) -> Told {
    let (send, mut answers) = mpsc::unbounded_channel();
    let count = u32::try_from(fleet.terminals.len()).unwrap_or(u32::MAX);
    let between = Duration::from_secs_f64(poll_s / f64::from(count));
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let mut due = start;
    for terminal in fleet.terminals.iter().cycle() {
        if due >= end {
            break;
        }
        sleep_until(due).await;
        let (terminal, name, host, send) = (Arc::clone(terminal), fleet.name.clone(), fleet.host, send.clone());
        tokio::spawn(async move {
            let asked = timeout(DEADLINE, poll(&terminal, host, name)).await;
            let answer = asked.context("no answer within 30 s").and_then(|answer| answer);
            send.send(answer.map(|waits| if waits { Answer::Wait } else { Answer::Good(due.elapsed()) })).ok();
        });
        due += between;
    }
    drop(send);
    let mut told = Told { seconds, ..Told::default() };
    while let Some(answer) = answers.recv().await {
        match answer {
            Ok(Answer::Good(took)) => {
                told.answered += 1;
                told.took.push(took);
            }
            Ok(Answer::Wait) => told.told_to_wait += 1,
            Err(error) => {
                told.errors += 1;
                told.first_error.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
    told
}

/// Asks once; whether it was told to wait.
async fn poll(
    terminal: &Asking,
    host: std::net::SocketAddr,
    name: rustls::pki_types::ServerName<'static>,
) -> Result<bool> {
    let socket = TcpSocket::new_v4()?;
    socket.set_nodelay(true)?;
    socket.bind((terminal.from, 0).into())?;
    let stream = socket.connect(host).await.context("connect")?;
    let stream = TlsConnector::from(Arc::clone(&terminal.tls)).connect(name, stream).await.context("handshake")?;
    let (mut asks, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut request =
        Request::get(&terminal.path).header(header::HOST, "localhost").header(header::CONNECTION, "close");
    if let Some(token) = &terminal.token {
        request = request.header(header::AUTHORIZATION, token);
    }
    let answer = asks.send_request(request.body(Empty::<Bytes>::new())?).await.context("request")?;
    let (status, waits) = (answer.status(), answer.headers().contains_key(header::RETRY_AFTER));
    let body = answer.into_body().collect().await.context("answer")?.to_bytes();
    connection.await?.ok();
    match status {
        StatusCode::OK if body.starts_with(br#"{"config":{"polling":{"sleep":""#) => Ok(false),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if waits => Ok(true),
        other => bail!("answered {other}: {}", String::from_utf8_lossy(&body)),
    }
}
