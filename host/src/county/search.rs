//! Looking for words: in what was written, at a terminal or on a phone, and in what somebody wrote down of a recording.
//!
//! Invariant: words lie in the database sealed only, and stay so: they are opened in memory, case after case, the newest
//! first, and there is no index of them. That has its price, so the search ends after [`SEARCHED`] cases and says so.

use super::{County, Error, intake::Opened, work::PAGE};
use crate::store::{
    Conn,
    cases::{self, Filter, ListRow},
    events,
};

/// The cases that one search opens: some months of a county, and about a second of the machine.
pub const SEARCHED: usize = 2_000;

/// Cases read at a time.
const STEP: usize = 100;

/// A page of what was found.
pub(super) struct Found {
    /// Newest first.
    pub(super) rows: Vec<ListRow>,
    /// Whether another page follows.
    pub(super) more: bool,
    /// Whether there are older cases that were not looked into.
    pub(super) is_cut: bool,
}

impl County {
    /// The cases behind a filter that have these words.
    pub(super) async fn search(
        &self,
        conn: &mut Conn,
        filter: &Filter,
        words: &str,
        page: usize,
    ) -> Result<Found, Error> {
        let wanted = words.to_lowercase();
        let enough = page.saturating_add(1).saturating_mul(PAGE).saturating_add(1);
        let (mut rows, mut looked) = (Vec::new(), 0);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        while rows.len() < enough && looked < SEARCHED {
            let some = cases::list(conn, filter, count(looked), count(STEP)).await?;
            let last = some.len() < STEP;
            looked += some.len();
            for row in some {
                if self.has_words(conn, &row, &wanted).await? {
                    rows.push(row);
                }
            }
            if last {
                let more = rows.len() >= enough;
                return Ok(Found { rows: paged(rows, page), more, is_cut: false });
            }
        }
        let more = rows.len() >= enough;
        Ok(Found { rows: paged(rows, page), more, is_cut: !more })
    }

    async fn has_words(&self, conn: &mut Conn, row: &ListRow, wanted: &str) -> Result<bool, Error> {
        let has = |text: &str| text.to_lowercase().contains(wanted);
        let Some(event) = events::find(conn, &row.id).await? else { return Ok(false) };
        if let Opened::Suggestion(said) = self.reopen(&event.bytes)
            && (has(&said.text) || said.landmark.as_deref().is_some_and(has))
        {
            return Ok(true);
        }
        // A correction takes the place of what was written before it.
        let transcript = cases::last_transcript(conn, &row.id).await?;
        let plain = transcript.and_then(|sealed| self.keys.open("", &sealed));
        if plain.is_some_and(|plain| std::str::from_utf8(&plain).is_ok_and(has)) {
            return Ok(true);
        }
        Ok(self.notes(conn, &row.id, &row.ticket).await?.iter().any(|note| has(&note.text)))
    }
}

fn paged(rows: Vec<ListRow>, page: usize) -> Vec<ListRow> {
    rows.into_iter().skip(page.saturating_mul(PAGE)).take(PAGE).collect()
}
