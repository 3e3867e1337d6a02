//! A client that asks kiosk once what it shows, how it is, what it logged, or to do something: health proofs, the agent,
//! tests, people.

use std::{
    io::{BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use wire::health::Kiosk;

use super::{
    Silent,
    line::{Lines, encode},
    message::{Line, Message, Reply, Request, Status, Want, Wanted},
};

/// Asks the kiosk behind the socket at `path` what it shows.
///
/// # Errors
/// [`Silent`]: nobody listens, or nothing came within `deadline`. It means that nobody knows, never that the
/// terminal is free.
pub fn status(path: &Path, deadline: Duration) -> Result<Status, Silent> {
    ask(path, deadline, Request::Status, |reply| if let Reply::Status(status) = reply { Some(status) } else { None })
}

/// Asks it how its queue and its printer are; none where it does not know itself.
///
/// # Errors
/// [`Silent`], as for [`status`]: nobody knows, never that all is well.
pub fn health(path: &Path, deadline: Duration) -> Result<Option<Kiosk>, Silent> {
    let health = |reply| if let Reply::Health(health) = reply { Some(health.map(|health| *health)) } else { None };
    ask(path, deadline, Request::Health, health)
}

/// Asks it for the newest lines that it logged, oldest first, without anything that could be a villager's.
///
/// # Errors
/// [`Silent`], as for [`status`].
pub fn log(path: &Path, deadline: Duration) -> Result<Vec<String>, Silent> {
    ask(path, deadline, Request::Log, |reply| if let Reply::Log(lines) = reply { Some(lines) } else { None })
}

/// Wants something of it that it does only while nobody is there.
///
/// # Errors
/// [`Silent`], as for [`status`]: nobody knows whether it was done.
pub fn want(path: &Path, deadline: Duration, want: Want) -> Result<Wanted, Silent> {
    let wanted = |reply| if let Reply::Wanted(wanted) = reply { Some(wanted) } else { None };
    ask(path, deadline, Request::Want(want), wanted)
}

fn ask<T>(path: &Path, deadline: Duration, request: Request, answer: impl Fn(Reply) -> Option<T>) -> Result<T, Silent> {
    let mut stream = UnixStream::connect(path).map_err(|_| Silent::NoPeer)?;
    let bounded = deadline.max(Duration::from_millis(1));
    stream
        .set_read_timeout(Some(bounded))
        .and_then(|()| stream.set_write_timeout(Some(bounded)))
        .and_then(|()| stream.write_all(&encode(&Line::request(1, deadline, request))))
        .map_err(|_| Silent::Deadline)?;
    let mut lines = Lines::new(BufReader::new(stream));
    loop {
        match lines.next() {
            Ok(Some(Line { message: Message::Reply { id: 1, answer: reply }, .. })) => {
                if let Some(answer) = answer(reply) {
                    return Ok(answer);
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return Err(Silent::NoPeer),
            Err(_) => return Err(Silent::Deadline),
        }
    }
}
