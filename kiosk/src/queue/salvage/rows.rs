//! The rows that lie in the leaves of tables, found without the tree above them.
//!
//! Invariant: never panics, whatever the bytes; what does not parse is left out.
//! Source: <https://sqlite.org/fileformat2.html>, "B-tree Pages" and "Record Format".

use super::pages::{Pages, number};

/// A table's leaf begins with this.
const LEAF: u8 = 0x0d;

/// The header of the file stands before that of its first page.
const FILE_HEADER: usize = 100;

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
    let length = usize::try_from(varint(&mut rest)?).ok()?;
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
    // Each turn adds bytes, so a chain that bites its tail ends too.
    while bytes.len() < length {
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
    use super::*;

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
}
