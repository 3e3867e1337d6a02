//! A wire between a terminal and its host that can swallow the host's answers, or break every few kilobytes.
#![allow(clippy::allow_attributes, dead_code, reason = "each test target uses its part")]

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// Says of each part of an answer whether it is swallowed.
type Swallows = Box<dyn Fn() -> bool + Send>;

#[derive(Default)]
struct Wire {
    swallows: Option<Swallows>,
    swallowed: usize,
    /// So many bytes of the terminal's pass on each connection.
    at_most: Option<usize>,
    breaks: usize,
}

/// The wire; connections over it end with either end.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    wire: Arc<(Mutex<Wire>, Condvar)>,
}

impl Relay {
    /// A wire to `host`.
    pub(crate) fn to(host: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, wire) = (listener.local_addr().unwrap(), Arc::<(Mutex<Wire>, Condvar)>::default());
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for terminal in listener.incoming().map_while(Result::ok) {
                // A host that is off refuses: so does the wire.
                let Ok(host) = TcpStream::connect(host) else { continue };
                let (from, to) = (terminal.try_clone().unwrap(), host.try_clone().unwrap());
                let (wire, mut carried) = (Arc::clone(&shared), 0);
                thread::spawn(move || carry(from, to, |count| left(&wire, &mut carried, count)));
                let wire = Arc::clone(&shared);
                thread::spawn(move || carry(host, terminal, |count| passes(&wire, count)));
            }
        });
        Self { address, wire }
    }

    /// Swallows what the host says while `swallows` is so.
    pub(crate) fn swallow_while(&self, swallows: impl Fn() -> bool + Send + 'static) {
        self.wire.0.lock().unwrap_or_else(PoisonError::into_inner).swallows = Some(Box::new(swallows));
    }

    /// Breaks every connection behind so many bytes that the terminal sends on it.
    pub(crate) fn break_every(&self, bytes: usize) {
        self.wire.0.lock().unwrap_or_else(PoisonError::into_inner).at_most = Some(bytes);
    }

    /// How many connections were broken.
    pub(crate) fn breaks(&self) -> usize {
        self.wire.0.lock().unwrap_or_else(PoisonError::into_inner).breaks
    }

    /// Lets everything pass again.
    pub(crate) fn let_pass(&self) {
        self.wire.0.lock().unwrap_or_else(PoisonError::into_inner).swallows = None;
    }

    /// Waits until something was swallowed.
    pub(crate) fn until_swallowed(&self, at_most: Duration) {
        let wire = self.wire.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wire, waited) = self.wire.1.wait_timeout_while(wire, at_most, |w| w.swallowed == 0).unwrap();
        drop(wire);
        assert!(!waited.timed_out(), "no answer came");
    }
}

/// What becomes of bytes that came.
enum Fate {
    Pass,
    Vanish,
    /// So many pass, and nothing more.
    Break(usize),
}

fn left(wire: &(Mutex<Wire>, Condvar), carried: &mut usize, count: usize) -> Fate {
    let mut inside = wire.0.lock().unwrap_or_else(PoisonError::into_inner);
    let before = *carried;
    *carried += count;
    match inside.at_most {
        Some(at_most) if *carried > at_most => {
            inside.breaks += 1;
            Fate::Break(at_most.saturating_sub(before))
        }
        _ => Fate::Pass,
    }
}

fn passes(wire: &(Mutex<Wire>, Condvar), count: usize) -> Fate {
    let mut inside = wire.0.lock().unwrap_or_else(PoisonError::into_inner);
    let swallows = inside.swallows.as_ref().is_some_and(|swallows| swallows());
    if swallows {
        inside.swallowed += count;
        wire.1.notify_all();
    }
    if swallows { Fate::Vanish } else { Fate::Pass }
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut fate: impl FnMut(usize) -> Fate) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let (passing, is_last) = match fate(count) {
            Fate::Pass => (count, false),
            Fate::Vanish => (0, false),
            Fate::Break(passing) => (passing, true),
        };
        if to.write_all(&bytes[..passing]).is_err() || is_last {
            break;
        }
    }
    // Either may be gone already.
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}
