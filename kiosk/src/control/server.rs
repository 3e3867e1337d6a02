//! Kiosk's end of the control socket.
//!
//! Two threads a connection: one reads, one writes from a bounded queue. Invariant: nothing here is called with a
//! lock held across I/O, so [`Control`] never makes the UI thread wait.

use std::{
    fs, io,
    io::{BufReader, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use tracing::{debug, info, warn};
use wire::health::Kiosk;
use zeroize::Zeroizing;

use super::{
    Silent,
    board::Board,
    line::{Lines, encode},
    message::{Answer, Ask, Changed, Line, Message, Notice, Presence, Reply, Request, Role, Signing, Want, Wanted},
    pending::{Done, Pending},
};
use crate::{clock::Clock, logs};

/// Connections at a time; the agent, a health proof, and people who look.
const CONNECTIONS_MAX: usize = 16;

/// A peer that says nothing for so long is hung up on. The agent repeats its presence every 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// A peer that does not take what it asked for is hung up on.
const WRITE_MAX: Duration = Duration::from_secs(2);

/// Lines that may wait for a slow peer.
const QUEUED_MAX: usize = 64;

/// What the other end told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlEvent {
    /// How the network stands; none when the agent is gone and nobody knows.
    Presence(Option<Presence>),
    /// The agent wrote something into the queue file, or could not read it.
    Changed(Changed),
    /// Somebody wants something done while nobody is there.
    Wanted(Want, ReplyTo),
}

/// Who waits for what comes of a [`Want`]; without an answer they run into their deadline.
#[derive(Debug, Clone)]
pub struct ReplyTo {
    connection: u64,
    id: u64,
    lines: SyncSender<Encoded>,
}

impl ReplyTo {
    /// Says what came of it; never waits.
    pub fn answer(self, wanted: Wanted) {
        // Whoever takes no lines or is gone hears nothing.
        self.lines.try_send(encode(&Line::reply(self.id, Reply::Wanted(wanted)))).ok();
    }
}

impl PartialEq for ReplyTo {
    fn eq(&self, other: &Self) -> bool {
        (self.connection, self.id) == (other.connection, other.id)
    }
}

impl Eq for ReplyTo {}

type Encoded = Zeroizing<Vec<u8>>;

struct Peer {
    connection: u64,
    lines: SyncSender<Encoded>,
    stream: UnixStream,
}

struct Inner {
    path: PathBuf,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    pending: Arc<Pending>,
    agent: Mutex<Option<Peer>>,
    connections: AtomicUsize,
    stopped: AtomicBool,
    on_event: Box<dyn Fn(ControlEvent) + Send + Sync>,
}

/// The served socket; dropping it closes it.
pub struct Control {
    inner: Arc<Inner>,
}

impl Control {
    /// Serves the socket at `path`, in place of what lies there.
    ///
    /// `on_event` is called on a thread of the socket and must not wait.
    ///
    /// # Errors
    /// Where the socket or a thread cannot be made.
    pub fn start(
        path: &Path,
        clock: Arc<dyn Clock>,
        board: Arc<Board>,
        on_event: impl Fn(ControlEvent) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = bind(path)?;
        let inner = Arc::new(Inner {
            path: path.into(),
            board,
            pending: Pending::start(Arc::clone(&clock))?,
            clock,
            agent: Mutex::default(),
            connections: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            on_event: Box::new(on_event),
        });
        let of_thread = Arc::clone(&inner);
        spawn("control", move || of_thread.accept(&listener))?;
        Ok(Self { inner })
    }

    /// Asks the county through the agent.
    ///
    /// Returns at once. `done` is called exactly once, on another thread, at the latest when `deadline` has passed;
    /// [`Answer::Offline`] and [`Silent::NoPeer`] come at once.
    pub fn ask(&self, ask: Ask, deadline: Duration, done: impl FnOnce(Result<Answer, Silent>) + Send + 'static) {
        let of_county = |reply| if let Reply::County(answer) = reply { Ok(answer) } else { Err(Silent::Deadline) };
        self.request(Request::County(ask), deadline, Box::new(move |reply| done(reply.and_then(of_county))));
    }

    /// Asks the agent to sign a manifest with this SHA-256. As [`Self::ask`], but needs no network.
    pub fn sign(
        &self,
        manifest_sha256: &[u8; 32],
        deadline: Duration,
        done: impl FnOnce(Result<Signing, Silent>) + Send + 'static,
    ) {
        let manifest_sha256 = wire::hex(manifest_sha256);
        let of_agent = |reply| if let Reply::Signed(signing) = reply { Ok(signing) } else { Err(Silent::Deadline) };
        let done = Box::new(move |reply: Result<Reply, Silent>| done(reply.and_then(of_agent)));
        self.request(Request::Sign { manifest_sha256 }, deadline, done);
    }

    /// A reply to something else than was asked is nobody's: it counts as none.
    fn request(&self, request: Request, deadline: Duration, done: Done) {
        let agent = self.inner.agent();
        let Some(peer) = agent.as_ref() else {
            return self.inner.pending.end(done, Err(Silent::NoPeer));
        };
        let id = self.inner.pending.open(peer.connection, deadline, done);
        peer.send(&Line::request(id, deadline, request));
    }

    /// Tells the agent, if there is one, that an event wants to be forwarded.
    pub fn submitted(&self) {
        self.tell(Notice::Submitted);
    }

    /// Asks the agent, if there is one, to close the queue file for a while.
    pub fn let_go(&self) {
        self.tell(Notice::LetGo);
    }

    /// Notes how queue and printer are, for whoever asks; to be repeated within a minute.
    pub fn note_health(&self, health: Kiosk) {
        self.inner.board.note_health(health, self.inner.clock.monotonic());
    }

    /// Tells the agent, if there is one, that the journal of the case says more.
    pub fn case_seen(&self) {
        self.tell(Notice::CaseSeen);
    }

    fn tell(&self, notice: Notice) {
        if let Some(peer) = self.inner.agent().as_ref() {
            peer.send(&Line::notice(notice));
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.inner.stopped.store(true, Ordering::Relaxed);
        if let Some(peer) = self.inner.agent().take() {
            peer.hang_up();
        }
        self.inner.pending.close();
        // Wakes the accepting thread, which then sees that it is to stop.
        drop(UnixStream::connect(&self.inner.path));
        drop(fs::remove_file(&self.inner.path));
    }
}

impl Peer {
    /// A peer whose queue is full is dead or too slow, and hung up on.
    fn send(&self, line: &Line) {
        if self.lines.try_send(encode(line)).is_err() {
            self.hang_up();
        }
    }

    fn hang_up(&self) {
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }
}

impl Inner {
    fn agent(&self) -> MutexGuard<'_, Option<Peer>> {
        self.agent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &UnixListener) {
        let mut connection = 0;
        for stream in listener.incoming() {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let Ok(stream) = stream else {
                // Out of file descriptors: the next try is made when somebody hangs up or gives up.
                thread::yield_now();
                continue;
            };
            if self.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
                self.connections.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            connection += 1;
            let inner = Arc::clone(self);
            let started = spawn("control-peer", move || {
                if let Err(error) = inner.serve(connection, stream) {
                    debug!(connection, %error, "hung up on a peer of the control socket");
                }
                inner.gone(connection);
                inner.connections.fetch_sub(1, Ordering::Relaxed);
            });
            if let Err(error) = started {
                warn!(%error, "no thread for a peer of the control socket");
                self.connections.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn serve(&self, connection: u64, stream: UnixStream) -> io::Result<()> {
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        stream.set_write_timeout(Some(WRITE_MAX))?;
        let (lines, queued) = sync_channel(QUEUED_MAX);
        let writing = stream.try_clone()?;
        spawn("control-write", move || write_lines(writing, &queued))?;
        let peer = |stream: &UnixStream| -> io::Result<Peer> {
            Ok(Peer { connection, lines: lines.clone(), stream: stream.try_clone()? })
        };
        let own = peer(&stream)?;
        let mut reader = Lines::new(BufReader::new(stream.try_clone()?));
        let mut is_agent = false;
        while let Some(line) = reader.next()? {
            match line.message {
                Message::Request { id, ask: Request::Status, .. } => {
                    own.send(&Line::reply(id, Reply::Status(self.board.status())));
                }
                Message::Request { id, ask: Request::Health, .. } => {
                    let health = self.board.health(self.clock.monotonic());
                    own.send(&Line::reply(id, Reply::Health(health.map(Box::new))));
                }
                Message::Request { id, ask: Request::Log, .. } => {
                    own.send(&Line::reply(id, Reply::Log(logs::newest())));
                }
                Message::Request { id, ask: Request::Want(want), .. } => {
                    let reply_to = ReplyTo { connection, id, lines: lines.clone() };
                    (self.on_event)(ControlEvent::Wanted(want, reply_to));
                }
                Message::Notice(Notice::Hello(Role::Agent)) => {
                    is_agent = true;
                    info!(connection, "the agent is here");
                    if let Some(former) = self.agent().replace(peer(&stream)?) {
                        self.pending.lost(former.connection);
                        former.hang_up();
                    }
                }
                Message::Notice(Notice::Presence(presence)) if is_agent => {
                    (self.on_event)(ControlEvent::Presence(Some(presence)));
                }
                Message::Notice(Notice::Changed(changed)) if is_agent => {
                    (self.on_event)(ControlEvent::Changed(changed));
                }
                Message::Reply { id, answer: answer @ (Reply::County(_) | Reply::Signed(_)) } if is_agent => {
                    self.pending.answered(connection, id, answer);
                }
                _ => debug!(connection, "a line that is not for kiosk"),
            }
        }
        Ok(())
    }

    fn gone(&self, connection: u64) {
        let was_agent = {
            let mut agent = self.agent();
            let was = agent.as_ref().is_some_and(|peer| peer.connection == connection);
            if was {
                *agent = None;
            }
            was
        };
        self.pending.lost(connection);
        if was_agent {
            info!(connection, "the agent is gone");
            (self.on_event)(ControlEvent::Presence(None));
        }
    }
}

fn write_lines(mut stream: UnixStream, queued: &Receiver<Encoded>) {
    while let Ok(line) = queued.recv() {
        if stream.write_all(&line).is_err() {
            drop(stream.shutdown(std::net::Shutdown::Both));
            return;
        }
    }
}

/// Binds beside the path and renames, so that nobody meets a socket with other rights or a stale one.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&beside)?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o660))?;
    fs::rename(&beside, path)?;
    Ok(listener)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // JSON of bounded depth and buffers on the heap: far below this.
    thread::Builder::new().name(name.into()).stack_size(256 * 1024).spawn(run).map(drop)
}
