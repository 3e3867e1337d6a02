//! A case between its row and its domain form, and what its steps leave behind: ledger, standing, sealed view,
//! announcement. Invariant: all of one step is written in the caller's one transaction.

use jiff::{Timestamp, civil};
use serde::{Serialize, de::DeserializeOwned};
use wire::{
    case::{Role, State},
    ticket::TicketNumber,
    view::{Reply as ViewReply, SealedView, Step, View, ViewKey},
};

use super::{
    County, Error,
    case::{Action, Case, Entry, EntryKind, Filed, Outcome, Person, Reply, Unit},
    keys::CountyIdentity,
};
use crate::store::{
    Conn, StoreError, bulletins,
    cases::{self, CaseRow, LedgerRow, Standing, ViewRow},
    settings,
};

/// The counter behind every change of a view.
pub(crate) const CURSOR: &str = "cursor";

/// What the ledger calls an entry whose words are sealed.
pub(crate) const TRANSCRIPT: &str = "transcript";

/// The word of the contract for a value.
pub(crate) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The value of a word of the contract.
pub(crate) fn from_word<T: DeserializeOwned>(word: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| StoreError::Unreadable(what))
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn day(text: Option<&str>) -> Result<Option<civil::Date>, StoreError> {
    text.map(|t| t.parse().map_err(|_| StoreError::Unreadable("day"))).transpose()
}

fn number(value: i64, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Unreadable(what))
}

pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The domain form of a row.
pub(crate) fn case_of(row: &CaseRow) -> Result<Case, StoreError> {
    let s = &row.standing;
    let unit = |(id, name): &(String, String)| Unit { id: id.clone(), name: name.clone() };
    let reply = match (&s.reply_by, &s.reply_text, s.reply_at) {
        (Some(by), Some(text), Some(ms)) => Some(Reply { by: by.clone(), text: text.clone(), at: at(ms) }),
        _ => None,
    };
    Ok(Case {
        state: from_word(&s.state, "state")?,
        revision: number(s.revision, "revision")?,
        deputy: s.deputy.clone().map(|id| Person { id, name: s.deputy_name.clone().unwrap_or_default() }),
        main: s.units.first().map(unit),
        joint: s.units.iter().skip(1).map(unit).collect(),
        due: day(s.due.as_deref())?,
        reply,
        confirmed: s.confirmed != 0,
        reason: s.reason.clone(),
        corrected: s.corrected.clone().map(|(category, place)| Filed { category, place }),
        rating: s
            .rating
            .map(|r| u8::try_from(r).ok().and_then(|r| r.try_into().ok()).ok_or(StoreError::Unreadable("rating")))
            .transpose()?,
        outcome: match s.outcome.as_deref() {
            None => None,
            Some("closed") => Some(Outcome::Closed),
            Some("declined") => Some(Outcome::Declined),
            Some(_) => return Err(StoreError::Unreadable("outcome")),
        },
        settled: number(s.settled, "revision")?,
        rounds: u32::try_from(s.rounds).map_err(|_| StoreError::Unreadable("count of rounds"))?,
    })
}

/// The columns of a case.
pub(crate) fn standing_of(case: &Case) -> Standing {
    let units = case.main.iter().chain(&case.joint);
    Standing {
        state: word(case.state),
        revision: signed(case.revision),
        deputy: case.deputy.as_ref().map(|d| d.id.clone()),
        deputy_name: case.deputy.as_ref().map(|d| d.name.clone()),
        due: case.due.map(|d| d.to_string()),
        reply_by: case.reply.as_ref().map(|r| r.by.clone()),
        reply_text: case.reply.as_ref().map(|r| r.text.clone()),
        reply_at: case.reply.as_ref().map(|r| r.at.as_millisecond()),
        confirmed: i64::from(case.confirmed),
        reason: case.reason.clone(),
        corrected: case.corrected.clone().map(|f| (f.category, f.place)),
        rating: case.rating.map(|r| i64::from(u8::from(r))),
        outcome: case.outcome.map(|o| if o == Outcome::Closed { "closed" } else { "declined" }.to_owned()),
        settled: signed(case.settled),
        rounds: i64::from(case.rounds),
        units: units.map(|u| (u.id.clone(), u.name.clone())).collect(),
    }
}

fn ledger_row(entry: &Entry, keys: &CountyIdentity) -> LedgerRow {
    let is_of_the_villager = entry.kind == EntryKind::Transcript;
    LedgerRow {
        revision: signed(entry.revision),
        kind: match entry.kind {
            EntryKind::State => "state",
            EntryKind::Joint => "joint",
            EntryKind::HandOver => "hand_over",
            EntryKind::Correction => "correction",
            EntryKind::Transcript => TRANSCRIPT,
        }
        .to_owned(),
        state: word(entry.state),
        at: entry.at.as_millisecond(),
        role: entry.role.map(word::<Role>),
        person: entry.person.clone(),
        shown_by: entry.by.clone(),
        words: entry.text.clone().filter(|_| !is_of_the_villager),
        sealed: entry.text.as_ref().filter(|_| is_of_the_villager).map(|text| keys.seal(text.as_bytes())),
        due: entry.due.map(|d| d.to_string()),
    }
}

/// What the villager sees of a case.
pub(crate) async fn view(conn: &mut Conn, row: &CaseRow, case: &Case) -> Result<View, Error> {
    let category = case.corrected.as_ref().map_or(row.category.as_str(), |filed| &filed.category);
    let mut steps = Vec::new();
    for line in cases::ledger(&mut *conn, &row.id).await? {
        if line.kind == "state" {
            let state: State = from_word(&line.state, "state")?;
            steps.push(Step { state, at: at(line.at), by: line.shown_by, due: day(line.due.as_deref())? });
        }
    }
    Ok(View {
        ticket: ticket_of(row)?,
        revision: case.revision,
        category: category_name(conn, category).await?,
        state: case.state,
        steps,
        reply: case.reply.as_ref().map(|r| ViewReply { by: r.by.clone(), text: r.text.clone(), at: r.at }),
        reason: case.reason.clone(),
        can_rate: case.can_rate(),
        rating: case.rating,
    })
}

pub(crate) fn ticket_of(row: &CaseRow) -> Result<TicketNumber, StoreError> {
    row.ticket.parse().map_err(|_| StoreError::Unreadable("ticket"))
}

/// The formal name of a category; its id where the county doesn't have it.
pub(crate) async fn category_name(conn: &mut Conn, id: &str) -> Result<String, Error> {
    let found = bulletins::categories(conn).await?.into_iter().find(|c| c.id == id);
    Ok(found.map_or_else(|| if id.is_empty() { "其他".to_owned() } else { id.to_owned() }, |c| c.name))
}

impl County {
    /// Writes a case behind a step, with all that the step asks for.
    pub(crate) async fn carry_out(
        &self,
        conn: &mut Conn,
        row: &CaseRow,
        case: &Case,
        actions: &[Action],
    ) -> Result<(), Error> {
        cases::stand(&mut *conn, &row.id, &standing_of(case)).await?;
        for action in actions {
            match action {
                Action::Record(entry) => cases::append(&mut *conn, &row.id, &ledger_row(entry, &self.keys)).await?,
                Action::Publish => self.publish(&mut *conn, row, case).await?,
                Action::Announce(notice) => self.announce_case(&mut *conn, row, *notice).await?,
            }
        }
        Ok(())
    }

    async fn publish(&self, conn: &mut Conn, row: &CaseRow, case: &Case) -> Result<(), Error> {
        let key = view_key(&row.view_key)?;
        let sealed = SealedView::seal(&view(&mut *conn, row, case).await?, &key);
        let view = ViewRow {
            ticket: row.ticket.clone(),
            revision: signed(case.revision),
            sealed: sealed.sealed,
            cursor: settings::next(&mut *conn, CURSOR).await?,
        };
        Ok(cases::put_view(conn, &row.id, &row.terminal, &view).await?)
    }
}

pub(crate) fn view_key(bytes: &[u8]) -> Result<ViewKey, StoreError> {
    Ok(ViewKey::from_bytes(bytes.try_into().map_err(|_| StoreError::Unreadable("view key"))?))
}
