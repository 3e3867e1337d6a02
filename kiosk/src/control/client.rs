//! A client that asks kiosk once what it shows: health proofs, tests, people.

use std::{
    io::{BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use super::{
    Silent,
    line::{Lines, encode},
    message::{Line, Message, Reply, Request, Status},
};

/// Asks the kiosk behind the socket at `path` what it shows.
///
/// # Errors
/// [`Silent`]: nobody listens, or nothing came within `deadline`. It means that nobody knows, never that the
/// terminal is free.
pub fn status(path: &Path, deadline: Duration) -> Result<Status, Silent> {
    let mut stream = UnixStream::connect(path).map_err(|_| Silent::NoPeer)?;
    let bounded = deadline.max(Duration::from_millis(1));
    stream
        .set_read_timeout(Some(bounded))
        .and_then(|()| stream.set_write_timeout(Some(bounded)))
        .and_then(|()| stream.write_all(&encode(&Line::request(1, deadline, Request::Status))))
        .map_err(|_| Silent::Deadline)?;
    let mut lines = Lines::new(BufReader::new(stream));
    loop {
        match lines.next() {
            Ok(Some(Line { message: Message::Reply { id: 1, answer: Reply::Status(status) }, .. })) => {
                return Ok(status);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Err(Silent::NoPeer),
            Err(_) => return Err(Silent::Deadline),
        }
    }
}
