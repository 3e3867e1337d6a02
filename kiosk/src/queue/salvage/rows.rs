//! The rows that lie in the leaves of tables, found without the tree above them.
//!
//! Invariant: never panics and takes no more memory than a row may have, whatever the bytes; what does not parse is left
//! out.
//! Source: <https://sqlite.org/fileformat2.html>, "B-tree Pages" and "Record Format".

use super::pages::{Pages, number};

/// A table's leaf begins with this.
const LEAF: u8 = 0x0d;

/// The header of the file stands before that of its first page.
const FILE_HEADER: usize = 100;

/// The longest row of an event: the event itself, and less than a kilobyte of what stands beside it.
const ROW_MAX: usize = wire::event::LARGEST_EVENT_MAX + 1024;

/// One column of a row, as far as the queue has such.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// Every row of every leaf: its rowid and its columns.
pub(super) fn rows<'a>(pages: &'a Pages<'_>) -> impl Iterator<Item = (i64, Vec<Value>)> + use<'a> {
    pages.numbers().flat_map(move |page| cells(pages, page)).filter_map(move |cell| row(pages, cell))
}

/// The bytes from the start of each cell of a leaf to the end of its page.
fn cells<'a>(pages: &'a Pages<'_>, number_of_page: u32) -> Vec<&'a [u8]> {
    let start = if number_of_page == 1 { FILE_HEADER } else { 0 };
    let Some(page) = pages.page(number_of_page).filter(|page| page.get(start) == Some(&LEAF)) else { return vec![] };
    let count = number(page, start + 3, 2).unwrap_or(0) as usize;
    (0..count).filter_map(|n| page.get(number(page, start + 8 + 2 * n, 2)? as usize..pages.usable())).collect()
}

fn row(pages: &Pages<'_>, cell: &[u8]) -> Option<(i64, Vec<Value>)> {
    let mut rest = cell;
    let length = usize::try_from(varint(&mut rest)?).ok().filter(|length| *length <= ROW_MAX)?;
    let rowid = varint(&mut rest)?;
    let payload = payload(pages, rest, length)?;
    Some((rowid, columns(&payload)?))
}

/// A row's bytes, with those that lie on overflow pages.
fn payload(pages: &Pages<'_>, rest: &[u8], length: usize) -> Option<Vec<u8>> {
    let usable = pages.usable();
    let most = usable - 35;
    if length <= most {
        return rest.get(..length).map(<[u8]>::to_vec);
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (length.checked_sub(least)?) % (usable - 4);
    let local = if fitting <= most { fitting } else { least };
    let mut bytes = rest.get(..local)?.to_vec();
    let mut next = number(rest, local, 4)?;
    // A chain that bites its tail ends with the length at the latest, one of two pages sooner.
    let mut unvisited = pages.numbers().count();
    while bytes.len() < length {
        unvisited = unvisited.checked_sub(1)?;
        let page = pages.page(next)?;
        next = number(page, 0, 4)?;
        let wanted = (length - bytes.len()).min(usable - 4);
        bytes.extend_from_slice(page.get(4..4 + wanted)?);
    }
    Some(bytes)
}

fn columns(payload: &[u8]) -> Option<Vec<Value>> {
    let mut types = payload;
    let header = usize::try_from(varint(&mut types)?).ok()?;
    let mut types = payload.get(payload.len() - types.len()..header)?;
    let mut body = payload.get(header..)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        values.push(value(varint(&mut types)?, &mut body)?);
    }
    Some(values)
}

fn value(serial_type: i64, body: &mut &[u8]) -> Option<Value> {
    let mut take = |length: usize| {
        let (taken, rest) = body.split_at_checked(length)?;
        *body = rest;
        Some(taken)
    };
    Some(match serial_type {
        0 => Value::Null,
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        1..=4 => Value::Integer(integer(take(usize::try_from(serial_type).ok()?)?)),
        5 => Value::Integer(integer(take(6)?)),
        6 => Value::Integer(integer(take(8)?)),
        text_or_blob @ 12.. => {
            let bytes = take(usize::try_from((text_or_blob - 12) / 2).ok()?)?.to_vec();
            if text_or_blob % 2 == 0 { Value::Blob(bytes) } else { Value::Text(bytes) }
        }
        // The queue stores no floating point numbers; the rest is reserved.
        _ => return None,
    })
}

/// A signed big-endian number of one to eight bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
    bytes.iter().fold(sign, |n, byte| n << 8 | i64::from(*byte))
}

/// A number of one to nine bytes, seven bits each but the last.
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for place in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if place == 8 {
            return Some((number << 8 | u64::from(*byte)).cast_signed());
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::pages::Log, *};

    const PAGE: usize = 512;

    #[test]
    fn numbers_read_as_sqlite_writes_them() {
        let read = |bytes: &[u8]| varint(&mut &*bytes);
        assert_eq!(read(&[0x7f]), Some(127));
        assert_eq!(read(&[0x81, 0x00]), Some(128));
        assert_eq!(read(&[0xff; 9]), Some(-1));
        assert_eq!(read(&[0x81]), None);
        assert_eq!(integer(&[0xff, 0xfe]), -2);
        assert_eq!(integer(&[0x01, 0x00]), 256);
    }

    /// A file of these pages behind the first, which says how long they are.
    fn file(pages: &[[u8; PAGE]]) -> Vec<u8> {
        let mut file = [0; PAGE];
        file[..16].copy_from_slice(b"SQLite format 3\0");
        file[16..18].copy_from_slice(&512_u16.to_be_bytes());
        file.into_iter().chain(pages.iter().flatten().copied()).collect()
    }

    /// A leaf with one row of one blob, which says to be `blob` bytes long and goes on at page `next`.
    fn leaf(blob: u32, next: u32) -> [u8; PAGE] {
        let long = |n: u32| -> [u8; 5] {
            std::array::from_fn(|at| u8::try_from(n >> (7 * (4 - at)) & 0x7f).unwrap() | if at < 4 { 0x80 } else { 0 })
        };
        let mut page = [0; PAGE];
        (page[0], page[4], page[9]) = (LEAF, 1, 12);
        let payload = blob + 6;
        page[12..17].copy_from_slice(&long(payload));
        page[17] = 1;
        page[18] = 6;
        page[19..24].copy_from_slice(&long(2 * blob + 12));
        let (usable, least) = (512, (512 - 12) * 32 / 255 - 23);
        if payload > usable - 35 {
            let fitting = least + (payload - least) % (usable - 4);
            let local = usize::try_from(if fitting <= usable - 35 { fitting } else { least }).unwrap();
            page[18 + local..22 + local].copy_from_slice(&next.to_be_bytes());
        }
        page
    }

    fn overflow(next: u32) -> [u8; PAGE] {
        let mut page = [7; PAGE];
        page[..4].copy_from_slice(&next.to_be_bytes());
        page
    }

    fn read(pages: &[[u8; PAGE]]) -> Vec<(i64, Vec<Value>)> {
        rows(&Pages::new(&file(pages), &[], Log::BeyondBreaks)).collect()
    }

    #[test]
    fn a_row_ends_with_its_pages_and_one_longer_than_any_event_or_whose_chain_bites_its_tail_is_left_out() {
        let chained = [leaf(1_000, 3), overflow(4), overflow(0)];
        let [(1, columns)] = &read(&chained)[..] else { panic!("one row") };
        let [Value::Blob(blob)] = &columns[..] else { panic!("{columns:?}") };
        assert_eq!(blob.len(), 1_000);
        assert_eq!(read(&[leaf(1_000, 3), overflow(4)]), []);
        assert_eq!(read(&[leaf(10_000, 3), overflow(4), overflow(3)]), [], "more pages than the file has");
        let mut long = vec![leaf(16 << 20, 3)];
        long.extend((0..300).map(|_| overflow(3)));
        assert_eq!(read(&long), [], "no event has 16 MiB");
    }

    /// Pages as random as they come, and such as look like what is read: leaves with cells anywhere, chains anywhere.
    fn pages() -> impl Strategy<Value = Vec<[u8; PAGE]>> {
        let page = prop_oneof![
            prop::array::uniform32(any::<[u8; 16]>()).prop_map(|parts| std::array::from_fn(|n| parts[n / 16][n % 16])),
            (any::<u32>(), 0..12_u32).prop_map(|(blob, next)| leaf(blob >> (blob % 28) >> 2, next)),
            (0..12_u32).prop_map(overflow),
            (prop::array::uniform32(any::<[u8; 16]>()), any::<u8>()).prop_map(|(parts, cells)| {
                let mut page: [u8; PAGE] = std::array::from_fn(|n| parts[n / 16][n % 16]);
                (page[0], page[3], page[4]) = (LEAF, 0, cells);
                (8..PAGE).step_by(2).take(usize::from(cells)).for_each(|at| page[at] &= 1);
                page
            }),
        ];
        prop::collection::vec(page, 1..10)
    }

    proptest! {
        #[test]
        fn whatever_the_pages_no_row_is_longer_than_an_event_may_be(pages in pages()) {
            for (_, columns) in read(&pages) {
                let length = |value: &Value| match value {
                    Value::Text(bytes) | Value::Blob(bytes) => bytes.len(),
                    Value::Null | Value::Integer(_) => 0,
                };
                prop_assert!(columns.iter().map(length).sum::<usize>() <= ROW_MAX);
            }
        }
    }
}
