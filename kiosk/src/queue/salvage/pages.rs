//! The pages of a database file and its write-ahead log, read without SQLite and without trusting any of them.
//!
//! Invariant: reads memory only and never panics, whatever the bytes. A page of the log counts only where its checksums
//! hold and a commit follows it: what was never committed was never told to anybody.
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
    pub(super) fn new(file: &'a [u8], log: &'a [u8]) -> Self {
        let named = |bytes: &[u8], at: usize| number(bytes, at, 2).map(|n| if n == 1 { 65_536 } else { n as usize });
        let possible = |size: &usize| size.is_power_of_two() && (512..=65_536).contains(size);
        let of_file = file.starts_with(b"SQLite format 3\0").then(|| named(file, 16)).flatten().filter(possible);
        let of_log = number(log, 8, 4).map(|n| n as usize).filter(possible);
        let size = of_file.or(of_log).unwrap_or(USUAL_PAGE);
        let reserved = of_file.and_then(|_| file.get(20)).map_or(0, |n| usize::from(*n)).min(size / 2);
        Self { file, logged: committed(log, size), size, reserved }
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
        1..=of_file.max(self.logged.keys().copied().max().unwrap_or(0))
    }

    /// Bytes of a page that hold content.
    pub(super) fn usable(&self) -> usize {
        self.size - self.reserved
    }
}

/// The newest committed version of each page of a log.
fn committed(log: &[u8], size: usize) -> HashMap<u32, &[u8]> {
    let mut pages = HashMap::new();
    let Some(header) = log.get(..LOG_HEADER) else { return pages };
    let big_endian = match number(header, 0, 4) {
        Some(0x377f_0682) => false,
        Some(0x377f_0683) => true,
        _ => return pages,
    };
    let mut sum = checksum([0, 0], &header[..24], big_endian);
    if stored(header, 24) != Some(sum) {
        return pages;
    }
    let mut uncommitted = HashMap::new();
    for frame in log[LOG_HEADER..].chunks_exact(FRAME_HEADER + size) {
        let (head, page) = frame.split_at(FRAME_HEADER);
        sum = checksum(checksum(sum, &head[..8], big_endian), page, big_endian);
        if head[8..16] != header[16..24] || stored(head, 16) != Some(sum) {
            break;
        }
        uncommitted.insert(number(head, 0, 4).unwrap_or(0), page);
        if number(head, 4, 4) != Some(0) {
            pages.extend(uncommitted.drain());
        }
    }
    pages
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
