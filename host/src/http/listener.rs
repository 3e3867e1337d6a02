//! A TLS listener for axum.
//!
//! Invariants: a slow or silent handshake never keeps another connection waiting, and ends after ten seconds; a
//! connection on which nothing moves is closed, and so is one whose request doesn't come to an answer, however it drips
//! in, but for one that whoever takes it has let come for longer; no more connections are held than [`Limits`] allows, in all and from one address.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::{Instant, Sleep},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    DEADLINE,
    pace::{Deadline, Pace},
    phone::PHOTO_DEADLINE,
};
use crate::tls::{TerminalCertificate, terminal_certificate};

/// The head of a request may take this long.
const HEAD: Duration = Duration::from_secs(15);

/// What a listener puts up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A handshake may take this long.
    pub handshake: Duration,
    /// Nothing may move this long.
    pub idle: Duration,
    /// The answer must begin so long after the handshake, and after the first byte of each later request.
    pub answer: Pace,
    /// So many connections.
    pub connections: usize,
    /// So many of them from one address, or from one network of IPv6.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A handshake over a bad mobile network takes two or three seconds.
            handshake: Duration::from_secs(10),
            // Longer than the pauses between a terminal's polls would pile up idle connections for nothing.
            idle: Duration::from_secs(90),
            // A request that has come whole is answered within its deadline, if only with 503; its head has the rest.
            // Photos may keep coming for longer, and are held to more by who receives them.
            answer: Pace { bytes: 16 * 1024, within: DEADLINE + HEAD, most: PHOTO_DEADLINE + HEAD },
            // A tenth of the file descriptors that systemd allows a unit by default is left for the databases.
            connections: 900,
            // Behind one address may be a whole office, or all terminals of a mobile network.
            per_address: 225,
        }
    }
}

/// Accepts connections and shakes hands with all of them at once.
#[derive(Debug)]
pub struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(Connection, SocketAddr)>,
    accepting: JoinHandle<()>,
}

/// One connection after its handshake.
#[derive(Debug)]
pub struct Connection {
    stream: TlsStream<TcpStream>,
    limits: Limits,
    idle: Pin<Box<Sleep>>,
    /// Runs while an answer is due.
    answer: Option<Deadline>,
    patience: Patience,
    _seat: Seat,
    _permit: OwnedSemaphorePermit,
}

/// How a request that was let in gets longer than [`Limits::answer`] to come: the file of somebody who signed in.
#[derive(Debug, Clone, Default)]
pub struct Patience(Arc<Mutex<Option<Pace>>>);

impl Patience {
    /// The answer of the request that is coming must begin at this pace, from here on.
    pub fn wait(&self, pace: Pace) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(pace);
    }

    fn asked(&self) -> Option<Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How many connections each address holds.
#[derive(Debug, Clone, Default)]
struct Seats(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of an address' connections.
#[derive(Debug)]
struct Seat {
    seats: Seats,
    network: IpAddr,
}

impl Seats {
    /// A seat; none where the address holds `at_most`.
    fn take(&self, address: IpAddr, at_most: usize) -> Option<Seat> {
        let network = network(address);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(network).or_default();
        if *count >= at_most {
            return None;
        }
        *count += 1;
        Some(Seat { seats: self.clone(), network })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut held = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.network);
            }
        }
    }
}

/// Whoever has one address of IPv6 has all 2^64 of its network.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where from.
    pub address: SocketAddr,
    /// What the client's certificate says, where it showed one of ours.
    pub certificate: Option<TerminalCertificate>,
    /// Of the connection that they came by.
    pub patience: Patience,
}

impl TlsListener {
    /// Starts to accept.
    ///
    /// # Errors
    /// The socket has no address.
    pub fn new(listener: TcpListener, config: ServerConfig, limits: Limits) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (send, ready) = mpsc::channel(64);
        let accepting = tokio::spawn(accept_all(listener, TlsAcceptor::from(Arc::new(config)), limits, send));
        Ok(Self { address, ready, accepting })
    }
}

async fn accept_all(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    limits: Limits,
    send: mpsc::Sender<(Connection, SocketAddr)>,
) {
    let (permits, seats) = (Arc::new(Semaphore::new(limits.connections)), Seats::default());
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        // axum's own accept waits and tries again where the system is out of descriptors.
        let (stream, address) = axum::serve::Listener::accept(&mut listener).await;
        let Some(seat) = seats.take(address.ip(), limits.per_address) else {
            tracing::debug!(%address, "too many connections from one address");
            continue;
        };
        let (acceptor, send) = (acceptor.clone(), send.clone());
        tokio::spawn(async move {
            // Answers are small: waiting to fill a packet only delays them.
            stream.set_nodelay(true).ok();
            match tokio::time::timeout(limits.handshake, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let idle = Box::pin(tokio::time::sleep(limits.idle));
                    let answer = Some(Deadline::new(limits.answer));
                    let patience = Patience::default();
                    let connection =
                        Connection { stream, limits, idle, answer, patience, _seat: seat, _permit: permit };
                    send.send((connection, address)).await.ok();
                }
                Ok(Err(error)) => tracing::debug!(%address, %error, "handshake failed"),
                Err(_) => tracing::debug!(%address, "handshake took too long"),
            }
        });
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task ends only with this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let (_, session) = stream.io().stream.get_ref();
        let certificate = session.peer_certificates().and_then(|all| all.first());
        Self {
            address: *stream.remote_addr(),
            certificate: certificate.and_then(|der| terminal_certificate(der)),
            patience: stream.io().patience.clone(),
        }
    }
}

impl Connection {
    fn moved<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Some(pace) = self.patience.asked() {
            self.answer = Some(Deadline::new(pace));
        }
        if self.answer.as_mut().is_some_and(|due| Pin::new(due).poll(context).is_ready()) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if polled.is_ready() {
            self.idle.as_mut().reset(Instant::now() + self.limits.idle);
            return polled;
        }
        match self.idle.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let came = buf.filled().len() - before;
        if came > 0 {
            let answer = self.limits.answer;
            self.answer.get_or_insert_with(|| Deadline::new(answer)).came(came);
        }
        self.moved(cx, polled)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if matches!(polled, Poll::Ready(Ok(_))) {
            self.answer = None;
        }
        self.moved(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.moved(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.moved(cx, polled)
    }
}
