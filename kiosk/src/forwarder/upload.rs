//! A recording on its way to the county, piece by piece: which request is next, and what its answer means.
//!
//! Invariant: does no I/O. Where the county stands is asked, never guessed, after every break; only the county's word
//! for the last byte, or for the whole event, counts as delivered. Pieces grow while they arrive and shrink when the
//! connection breaks on them, so that a link which breaks every few kilobytes still gets there. Source:
//! [`wire::intake`].

use uuid::Uuid;

use super::answer::{Head, Outcome, Retry, outcome, trouble};
use crate::queue::Forward;

/// The largest piece: half a minute of a link that carries 2 KiB a second.
pub const PIECE_MAX: usize = 64 * 1024;

/// The smallest: what is said beside it, over and over, is about half as long.
pub const PIECE_MIN: usize = 1024;

/// So often in a row the county may say that an upload stands elsewhere than it said before.
const ASTRAY_MAX: u32 = 3;

/// Where the county stands, as far as this process knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Not known, and perhaps not begun.
    Unknown,
    /// Begun; the link broke since.
    Begun,
    /// So many bytes are on the county's disk.
    At(usize),
}

/// A recording that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The event.
    pub forward: Forward,
    stands: Stands,
    piece: usize,
    astray: u32,
}

/// What is to be sent next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// POST: begins the upload, or finds what was begun.
    Begin,
    /// HEAD: asks where it stands.
    Ask,
    /// PATCH with the bytes from here up to but not including there.
    Send {
        /// The first byte.
        from: usize,
        /// Behind the last.
        to: usize,
    },
}

/// The county's answer.
#[derive(Debug, Clone, Copy)]
pub struct UploadAnswer<'a> {
    /// What is read before the body.
    pub head: &'a Head,
    /// `Upload-Offset`.
    pub offset: Option<u64>,
    /// The body.
    pub body: &'a [u8],
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// There is a next one.
    On,
    /// The event came to an end, which is not a retry.
    Settled(Outcome),
    /// Not now.
    Again(Retry),
}

impl Recording {
    /// A recording of which nothing is known.
    #[must_use]
    pub fn new(forward: Forward) -> Self {
        Self { forward, stands: Stands::Unknown, piece: PIECE_MAX, astray: 0 }
    }

    /// The event's name.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.forward.id
    }

    /// What is to be sent next.
    #[must_use]
    pub fn request(&self) -> Request {
        match self.stands {
            Stands::Unknown => Request::Begin,
            Stands::Begun => Request::Ask,
            Stands::At(from) => Request::Send { from, to: self.forward.bytes.len().min(from + self.piece) },
        }
    }

    /// Nothing came back, or not all of it.
    pub fn broke_off(&mut self, request: Request) {
        if let Request::Send { from, to } = request {
            // The last piece may have been a short one.
            self.piece = (self.piece.min(to - from) / 2).max(PIECE_MIN);
        }
        // Whether it was begun is asked as well where the answer to that was lost.
        if self.stands != Stands::Unknown {
            self.stands = Stands::Begun;
        }
    }

    /// Reads the answer to a request.
    pub fn answered(&mut self, request: Request, answered: UploadAnswer<'_>) -> Came {
        let UploadAnswer { head, offset, body } = answered;
        let length = self.forward.bytes.len();
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        match (request, head.status, head.ledger, offset) {
            (Request::Begin, 200 | 409 | 422, ..) => match outcome(head, body, self.id()) {
                Outcome::Retry(retry) => self.again(request, retry),
                settled => Came::Settled(settled),
            },
            (Request::Begin, status @ 413, Some(_), _) => Came::Settled(Outcome::Refused { status }),
            (Request::Begin, 201, Some(_), Some(at)) | (Request::Ask, 200, Some(_), Some(at)) if at < length => {
                self.stands = Stands::At(at);
                Came::On
            }
            (Request::Send { to, .. }, 204, Some(ledger), Some(at)) if at == to => {
                if to == length {
                    return Came::Settled(Outcome::Delivered { ledger });
                }
                self.stands = Stands::At(to);
                self.piece = (self.piece * 2).min(PIECE_MAX);
                self.astray = 0;
                Came::On
            }
            (Request::Send { .. }, status @ 422, Some(_), _) => Came::Settled(Outcome::Refused { status }),
            // The county has the whole event, or nothing of it, or stands elsewhere: POST tells which.
            (Request::Ask, 200 | 404 | 410, Some(_), _) | (Request::Send { .. }, 404 | 409 | 410 | 460, Some(_), _) => {
                self.stands = Stands::Unknown;
                self.astray += 1;
                if self.astray <= ASTRAY_MAX {
                    return Came::On;
                }
                self.astray = 0;
                let why = "the county says each time that the recording stands elsewhere";
                Came::Again(Retry { why, after: head.retry_after, whole_link: false })
            }
            _ => self.again(request, trouble(head)),
        }
    }

    fn again(&mut self, request: Request, retry: Retry) -> Came {
        self.broke_off(request);
        Came::Again(retry)
    }
}
