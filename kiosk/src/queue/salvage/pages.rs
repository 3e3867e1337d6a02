//! The pages of a database file and its write-ahead log, read without SQLite and without trusting any of them.
//!
//! Invariant: reads memory only and never panics, whatever the bytes. A page of the log counts only where no checksum
//! speaks against it and a commit follows it: what was never committed was never told to anybody.
//! Source: <https://sqlite.org/fileformat2.html>, "The Database File Format" and "The Write-Ahead Log".

use std::collections::HashMap;

/// The page size of the queue's own files, for where the header that names it can't be read.
const USUAL_PAGE: usize = 4096;

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The pages as SQLite would see them: those of the log before those of the file.
pub(super) struct Pages<'a> {
    file: &'a [u8],
    logged: HashMap<u32, &'a [u8]>,
    size: usize,
    reserved: usize,
}

impl<'a> Pages<'a> {
    /// Takes the bytes of the file and of its log, either of which may be empty or damaged.
    pub(super) fn new(file: &'a [u8], log: &'a [u8], counts: Log) -> Self {
        let named = |bytes: &[u8], at: usize| number(bytes, at, 2).map(|n| if n == 1 { 65_536 } else { n as usize });
        let possible = |size: &usize| size.is_power_of_two() && (512..=65_536).contains(size);
        let of_file = file.starts_with(b"SQLite format 3\0").then(|| named(file, 16)).flatten().filter(possible);
        let of_log = number(log, 8, 4).map(|n| n as usize).filter(possible);
        let size = of_file.or(of_log).unwrap_or(USUAL_PAGE);
        let reserved = of_file.and_then(|_| file.get(20)).map_or(0, |n| usize::from(*n)).min(size / 2);
        Self { file, logged: committed(log, size, counts), size, reserved }
    }

    /// A page by its number, from 1.
    pub(super) fn page(&self, number: u32) -> Option<&'a [u8]> {
        if let Some(page) = self.logged.get(&number) {
            return Some(page);
        }
        let start = (number.checked_sub(1)? as usize).checked_mul(self.size)?;
        self.file.get(start..start.checked_add(self.size)?)
    }

    /// The numbers that pages may have.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        let of_file = u32::try_from(self.file.len() / self.size).unwrap_or(u32::MAX);
        // Of the log only those it has: a damaged number may be any.
        let mut behind: Vec<u32> = self.logged.keys().copied().filter(|number| *number > of_file).collect();
        behind.sort_unstable();
        (1..=of_file).chain(behind)
    }

    /// Bytes of a page that hold content.
    pub(super) fn usable(&self) -> usize {
        self.size - self.reserved
    }
}

/// The newest committed version of each page of a log.
///
/// SQLite ends at the first frame that does not hold. Here the ones behind it are judged by what their predecessor says of
/// itself, so a place that is damaged costs the frames it touches and no others. The frame behind one that says nothing
/// of itself can be judged by nobody and is taken: its rows are looked at one by one all the same.
fn committed(log: &[u8], size: usize, counts: Log) -> HashMap<u32, &[u8]> {
    let mut pages = HashMap::new();
    let frames: Vec<Frame<'_>> =
        log.get(LOG_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + size).map(Frame::of).collect();
    let Some(Common { salts, big_endian, mut before }) = of_its_header(log).or_else(|| of_its_frames(&frames)) else {
        return pages;
    };
    let mut uncommitted = HashMap::new();
    for frame in &frames {
        let of_this_log = frame.salts == salts;
        let holds = of_this_log && before.is_none_or(|before| frame.holds_behind(before, big_endian));
        if !holds && counts == Log::ToItsFirstBreak {
            break;
        }
        if holds {
            uncommitted.insert(number(frame.head, 0, 4).unwrap_or(0), frame.page);
            if number(frame.head, 4, 4) != Some(0) {
                pages.extend(uncommitted.drain());
            }
        }
        before = of_this_log.then_some(frame.sum).flatten();
    }
    pages
}

/// How much of a log counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// As SQLite reads it.
    ToItsFirstBreak,
    /// Also what holds behind a damaged place.
    BeyondBreaks,
}

/// What the frames of a log have in common, and the checksum that the first of them goes on from, where it is known.
struct Common<'a> {
    salts: &'a [u8],
    big_endian: bool,
    before: Option<[u32; 2]>,
}

fn of_its_header(log: &[u8]) -> Option<Common<'_>> {
    let header = log.get(..LOG_HEADER)?;
    let big_endian = match number(header, 0, 4)? {
        0x377f_0682 => false,
        0x377f_0683 => true,
        _ => return None,
    };
    let sum = checksum([0, 0], &header[..24], big_endian);
    (stored(header, 24) == Some(sum)).then_some(Common { salts: &header[16..24], big_endian, before: Some(sum) })
}

/// A log whose header is damaged: two frames, one of which goes on from the other, say as much. The first two do, because
/// what a longer log before it left stands behind.
fn of_its_frames<'a>(frames: &[Frame<'a>]) -> Option<Common<'a>> {
    let going_on = |big_endian: bool| {
        let mut pairs = frames.windows(2);
        pairs.position(|pair| {
            pair[0].salts == pair[1].salts && pair[0].sum.is_some_and(|sum| pair[1].holds_behind(sum, big_endian))
        })
    };
    let (at, big_endian) = [false, true].into_iter().filter_map(|big| Some((going_on(big)?, big))).min()?;
    Some(Common { salts: frames[at].salts, big_endian, before: None })
}

/// A page in the log.
struct Frame<'a> {
    head: &'a [u8],
    page: &'a [u8],
    salts: &'a [u8],
    /// The log's checksum up to here, as the frame says.
    sum: Option<[u32; 2]>,
}

impl<'a> Frame<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let (head, page) = bytes.split_at(FRAME_HEADER);
        Self { head, page, salts: &head[8..16], sum: stored(head, 16) }
    }

    fn holds_behind(&self, before: [u32; 2], big_endian: bool) -> bool {
        let sum = checksum(checksum(before, &self.head[..8], big_endian), self.page, big_endian);
        self.sum == Some(sum)
    }
}

/// The log's running checksum over eight bytes at a time.
fn checksum(mut sum: [u32; 2], bytes: &[u8], big_endian: bool) -> [u32; 2] {
    let word = |bytes: &[u8]| {
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    for pair in bytes.chunks_exact(8) {
        sum[0] = sum[0].wrapping_add(word(pair)).wrapping_add(sum[1]);
        sum[1] = sum[1].wrapping_add(word(&pair[4..])).wrapping_add(sum[0]);
    }
    sum
}

fn stored(bytes: &[u8], at: usize) -> Option<[u32; 2]> {
    Some([number(bytes, at, 4)?, number(bytes, at + 4, 4)?])
}

/// An unsigned big-endian number of up to four bytes.
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(digits.iter().fold(0, |n, digit| n << 8 | u32::from(*digit)))
}
