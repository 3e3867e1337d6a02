//! What can still be read of a damaged queue file, event by event.
//!
//! SQLite reads a table from its root and stops where the tree is broken; here every leaf is looked at by itself, so a
//! damaged page costs the rows on it and no others. A row counts as an event only where its columns and its header say
//! the same: sequence, id, ticket and kind. Damage inside its body only the county can see, whose key does not open it.
//!
//! Invariant: does no I/O, changes nothing and never panics, whatever the bytes.

mod pages;
mod rows;

use std::collections::HashSet;

use uuid::Uuid;
use wire::event;

use self::{
    pages::{Log, Pages},
    rows::{Value, rows},
};

/// An event that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) header: event::Header,
    pub(super) bytes: Vec<u8>,
}

/// Reads the events of a queue file and its log; each id once.
///
/// First as SQLite reads the log, up to the first frame that does not hold. Then with what holds behind that: it adds
/// events, and takes the place of none, because it may be left of a commit that failed.
pub(super) fn events(file: &[u8], log: &[u8]) -> Vec<Found> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    for pages in [Pages::new(file, log, Log::ToItsFirstBreak), Pages::new(file, log, Log::BeyondBreaks)] {
        let events = rows(&pages).filter_map(|(seq, columns)| event_of(seq, columns));
        found.extend(events.filter(|event| known.insert(event.id)));
    }
    found
}

fn event_of(seq: i64, columns: Vec<Value>) -> Option<Found> {
    let Ok([Value::Null, Value::Blob(id), Value::Text(ticket), Value::Text(kind), Value::Blob(bytes)]) =
        <[Value; 5]>::try_from(columns)
    else {
        return None;
    };
    let (header, _) = event::split(&bytes).ok()?;
    let same = header.seq.cast_signed() == seq
        && header.id.as_bytes().as_slice() == id
        && header.ticket.to_string().as_bytes() == ticket
        && super::submit::kind_name(header.kind).as_bytes() == kind;
    same.then_some(Found { seq, id: header.id, header, bytes })
}
