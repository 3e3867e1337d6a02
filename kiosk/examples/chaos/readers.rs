//! The readers of the ledgers: paper by the independent reader, the county by its database and its own pages.
//!
//! Invariant: nothing is taken from the terminal but the list of what it calls printed.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, OpenFlags};

use crate::{
    county::County,
    further::{Held, Kind},
    later::FACES,
    ledgers::{Case, Paper, Said},
    paper::{Reader, Receipt},
};

/// Begins every receipt: `ESC @`.
const BEGIN: &[u8] = b"\x1b@";

/// Reads all paper: the receipts in the order of their cuts, then what was never cut off.
///
/// # Errors
///
/// The reader fails.
pub fn papers(reader: &Reader, folder: &Path, cut: &[Vec<u8>], scraps: &[Vec<u8>], dots: u32) -> Result<Vec<Paper>> {
    let mut papers = Vec::new();
    let pieces = cut.iter().enumerate().map(|(place, bytes)| (Some(place), bytes));
    for (number, (receipt, bytes)) in pieces.chain(scraps.iter().map(|bytes| (None, bytes))).enumerate() {
        // A receipt that broke off hangs together with the one behind it.
        let mut hangs_at_another = false;
        for (part, bytes) in receipts_of(bytes).into_iter().enumerate() {
            let read = reader.read_words(folder, &format!("{number:05}-{part}"), bytes, dots)?;
            let copy = read.lines.iter().any(|line| line.contains("补打"));
            // The barcode stands at the end: what lacks it broke off.
            let whole = |number: &String| receipt.filter(|_| read.code128.contains(number));
            let paper = |number| Paper { receipt: whole(&number), number, copy, hangs_at_another };
            papers.extend(numbers(&read).into_iter().map(paper));
            hangs_at_another |= read.lines.iter().any(|line| !line.trim().is_empty());
        }
    }
    Ok(papers)
}

fn receipts_of(bytes: &[u8]) -> Vec<&[u8]> {
    let begins = bytes.windows(BEGIN.len()).enumerate().filter(|(at, two)| *at > 0 && *two == BEGIN);
    let ends: Vec<usize> = begins.map(|(at, _)| at).chain([bytes.len()]).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| &bytes[start..*end]).collect()
}

/// Every ticket that a paper names, in words, in its QR or in its barcode.
fn numbers(receipt: &Receipt) -> BTreeSet<String> {
    let links = receipt.qr.iter().filter_map(|link| Some(link.split_once("/t#")?.1.split('.').next()?.to_owned()));
    let lines = receipt.lines.iter().map(|line| line.replace(' ', ""));
    let all = links.chain(lines).chain(receipt.code128.iter().cloned());
    all.filter(|text| text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

/// Reads what the county has: each suggestion from its database, and its words from its own page.
///
/// # Errors
///
/// A database that cannot be read.
pub fn cases(database: &Path, county: &County) -> Result<Vec<Case>> {
    let file = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| database.display().to_string())?;
    // A conflict is a second suggestion under a known id.
    let mut statement = file.prepare(
        "SELECT event.ticket, seq FROM event WHERE kind = 'suggestion'
         UNION ALL SELECT event.ticket, event.seq FROM conflict JOIN event ON event.id = conflict.id
           WHERE kind = 'suggestion'
         UNION ALL SELECT ticket, seq FROM ticket_case WHERE id NOT IN (SELECT id FROM event)",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut cases = Vec::new();
    for row in rows {
        let (number, seq): (String, i64) = row?;
        let opened = county.case(&number).ok();
        let said = opened.map(|o| Said { category: o.category, place: o.place, words: o.text });
        cases.push(Case { number, seq, said });
    }
    Ok(cases)
}

/// Reads what the county has of telephones and ratings: how many from its database, what they say from its own pages.
///
/// # Errors
///
/// A database or a page that cannot be read.
pub fn further(database: &Path, county: &County) -> Result<Vec<Held>> {
    let file = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| database.display().to_string())?;
    let mut statement = file.prepare(
        "SELECT kind, ticket FROM event WHERE kind <> 'suggestion'
         UNION ALL SELECT kind, ticket FROM conflict JOIN event ON event.id = conflict.id WHERE kind <> 'suggestion'",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut held = Vec::new();
    for row in rows {
        let (kind, number): (String, String) = row?;
        let page = county.page(&number);
        let (kind, words) = match kind.as_str() {
            "contact" => (Kind::Contact, page.and_then(|page| county.contact(&page)).ok()),
            "rating" => {
                let shown = page.map(|page| page.words()).unwrap_or_default();
                let word = shown.lines().rfind(|line| FACES.contains(line)).map(str::to_owned);
                (Kind::Rating, word)
            }
            other => bail!("the county holds an event of the kind {other}"),
        };
        held.push(Held { kind, number, words });
    }
    Ok(held)
}
