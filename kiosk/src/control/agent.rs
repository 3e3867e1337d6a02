//! The agent's end of the control socket, on tokio.
//!
//! Invariant: connects again for as long as the agent lives, tells its presence at once and then every 15 s, and
//! never lets a kiosk that doesn't read hold up the forwarding: what can't be told is dropped, because kiosk reads
//! the queue file anew whenever the agent says hello.

use std::{io, path::Path, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    sync::{Notify, broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time,
};
use tracing::{debug, info};
use zeroize::Zeroizing;

use super::{
    line::{UNREADABLE_MAX, decode, encode},
    message::{
        Answer, Ask, Changed, LINE_MAX, Line, Message, Network, Notice, Presence, Reply, Request, Role, Signing,
    },
};

/// Kiosk hangs up on an agent that was silent for 60 s.
const PRESENCE_EVERY: Duration = Duration::from_secs(15);

/// Kiosk starts within seconds; a connection on the same machine costs nothing.
const CONNECT_AGAIN: Duration = Duration::from_secs(1);

/// A kiosk that takes no line for so long is not there.
const WRITE_MAX: Duration = Duration::from_secs(5);

/// Questions at a time; a terminal has one person in front of it.
const ASKS_MAX: usize = 16;

/// What kiosk looks at anew where nobody knows what it missed; that the queue file is ill is said again by itself.
const ALL: [Changed; 4] = [Changed::Bulletin, Changed::Views, Changed::Delivered, Changed::Time];

/// A question of kiosk's.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub ask: Ask,
    /// For how long the answer is of use.
    pub deadline: Duration,
    /// Takes the answer.
    pub reply: oneshot::Sender<Answer>,
}

/// What comes from kiosk.
#[derive(Debug)]
pub enum FromKiosk {
    /// A question.
    Asked(Asked),
    /// An event wants to be forwarded.
    Submitted,
    /// Kiosk has to have the queue file for itself.
    LetGo,
}

/// The agent's last contact with the county.
#[derive(Debug, Clone, Copy)]
pub struct Contact {
    /// How the network stands.
    pub network: Network,
    /// When the county last answered.
    pub last: Option<time::Instant>,
}

impl Contact {
    /// Nobody asked yet.
    pub const NONE: Self = Self { network: Network::Unknown, last: None };

    fn presence(self) -> Line {
        let last_contact_s = self.last.map(|last| last.elapsed().as_secs());
        Line::notice(Notice::Presence(Presence { network: self.network, last_contact_s }))
    }
}

/// Signs a manifest with this SHA-256 (hexadecimal) with the terminal's key.
pub type Sign = Box<dyn Fn(&str) -> Signing + Send>;

/// What is told to kiosk.
pub struct ToKiosk {
    /// How the network stands.
    pub contact: watch::Receiver<Contact>,
    /// What was written into the queue file.
    pub changed: broadcast::Receiver<Changed>,
    /// Signs at once: whether the county is reached makes no difference.
    pub sign: Sign,
    /// Told when the journal of the case may say more.
    pub case_seen: Arc<Notify>,
}

/// Stays connected to the kiosk behind the socket at `path`, until nobody takes what comes from it.
pub async fn stay_connected(path: &Path, mut to_kiosk: ToKiosk, from_kiosk: mpsc::Sender<FromKiosk>) {
    while !from_kiosk.is_closed() {
        match UnixStream::connect(path).await {
            Ok(stream) => {
                info!("connected to kiosk");
                match talk(stream, &mut to_kiosk, &from_kiosk).await {
                    Ok(()) => info!("kiosk hung up"),
                    Err(error) => info!(%error, "lost kiosk"),
                }
            }
            Err(error) => debug!(%error, "kiosk is not there"),
        }
        tokio::select! {
            () = time::sleep(CONNECT_AGAIN) => {}
            () = from_kiosk.closed() => {}
        }
    }
}

async fn talk(stream: UnixStream, to_kiosk: &mut ToKiosk, from_kiosk: &mpsc::Sender<FromKiosk>) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let max = u64::try_from(LINE_MAX).unwrap_or(u64::MAX);
    let mut reading = BufReader::new(reading.take(max));
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    let mut unreadable = 0;
    let mut asks: JoinSet<Option<Line>> = JoinSet::new();
    let mut presence_due = time::interval(PRESENCE_EVERY);

    write(&mut writing, &Line::notice(Notice::Hello(Role::Agent))).await?;
    to_kiosk.case_seen.notify_one();
    // Whatever was written while kiosk was away.
    for changed in ALL {
        write(&mut writing, &Line::notice(Notice::Changed(changed))).await?;
    }
    loop {
        tokio::select! {
            read = reading.read_until(b'\n', &mut bytes) => {
                let read = read?;
                if read == 0 && bytes.is_empty() {
                    return Ok(());
                }
                if bytes.last() != Some(&b'\n') {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end"));
                }
                let line = decode(&bytes);
                bytes = Zeroizing::new(Vec::with_capacity(1024));
                reading.get_mut().set_limit(max);
                match line.map(|line| line.message) {
                    Some(Message::Request { id, deadline_ms, ask: Request::County(ask) }) if asks.len() < ASKS_MAX => {
                        asks.spawn(answer(id, Duration::from_millis(deadline_ms), ask, from_kiosk.clone()));
                    }
                    Some(Message::Request { id, ask: Request::Sign { manifest_sha256 }, .. }) => {
                        let signing = (to_kiosk.sign)(&manifest_sha256);
                        write(&mut writing, &Line::reply(id, Reply::Signed(signing))).await?;
                    }
                    Some(Message::Notice(Notice::Submitted)) => {
                        // A full channel holds a nudge already, or the forwarder is at work anyway.
                        drop(from_kiosk.try_send(FromKiosk::Submitted));
                    }
                    Some(Message::Notice(Notice::LetGo)) => {
                        // Kiosk asks again where this finds no room.
                        drop(from_kiosk.try_send(FromKiosk::LetGo));
                    }
                    Some(Message::Notice(Notice::CaseSeen)) => to_kiosk.case_seen.notify_one(),
                    Some(_) => debug!("a line that is not for the agent"),
                    None => unreadable += 1,
                }
                if unreadable > UNREADABLE_MAX {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "too many lines that say nothing"));
                }
            }
            _ = presence_due.tick() => {
                let contact = *to_kiosk.contact.borrow_and_update();
                write(&mut writing, &contact.presence()).await?;
            }
            Ok(()) = to_kiosk.contact.changed() => {
                let contact = *to_kiosk.contact.borrow_and_update();
                write(&mut writing, &contact.presence()).await?;
            }
            changed = to_kiosk.changed.recv() => match changed {
                Ok(changed) => write(&mut writing, &Line::notice(Notice::Changed(changed))).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    for changed in ALL {
                        write(&mut writing, &Line::notice(Notice::Changed(changed))).await?;
                    }
                }
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
            Some(Ok(Some(line))) = asks.join_next() => write(&mut writing, &line).await?,
            () = from_kiosk.closed() => return Ok(()),
        }
    }
}

/// None where nobody answered in time: kiosk has stopped waiting by itself.
async fn answer(id: u64, deadline: Duration, ask: Ask, from_kiosk: mpsc::Sender<FromKiosk>) -> Option<Line> {
    let answer = async {
        let (reply, answer) = oneshot::channel();
        from_kiosk.send(FromKiosk::Asked(Asked { ask, deadline, reply })).await.ok()?;
        answer.await.ok()
    };
    let answer = time::timeout(deadline, answer).await.ok()??;
    Some(Line::reply(id, Reply::County(answer)))
}

async fn write(writing: &mut tokio::net::unix::OwnedWriteHalf, line: &Line) -> io::Result<()> {
    let bytes = encode(line);
    time::timeout(WRITE_MAX, writing.write_all(&bytes))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "kiosk takes no line"))?
}
