//! The intake: events are taken, opened and applied in one transaction each.
//!
//! Invariant: what was answered with [`Intake::New`] is on disk, byte for byte. An event whose body doesn't open, or
//! whose body names another id or ticket than its header, is kept as unreadable, raises an alarm and is tried again at
//! every start; an event of an unknown kind is kept; other bytes under a known id are kept beside the first ones. What belongs to a suggestion that
//! has not come yet waits for it. One number under two ids is two cases and an alarm. Nothing that was entered is
//! trimmed or normalised: the sealed bytes stay the only copy.

use serde::de::DeserializeOwned;
use uuid::Uuid;
use wire::{
    event::{self, Contact, Header, Kind, Note, Photo, Rating, Suggestion, Voice},
    intake::Views,
    ticket::{TerminalNumber, TicketNumber},
    view::{SealedView, ViewKey},
};

use super::{
    County, Error, IntakeRefused,
    case::{self, Actor, Case, What},
    keys::Use,
    record::{self, CURSOR, case_of, signed, standing_of, word},
};
use crate::store::{
    Conn, StoreError,
    cases::{self, CaseRow},
    events::{self, EventRow},
    photos, settings,
};

/// What became of bytes that were sent under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// New, and on disk: 201.
    New,
    /// The same bytes as before: 200.
    Same,
    /// Other bytes than before, kept beside them and shown in the console: 409.
    Other,
}

/// The most views in one answer.
const VIEWS_AT_MOST: usize = 200;

/// An event's body.
pub(crate) enum Opened {
    Suggestion(Suggestion),
    Contact(Contact),
    Rating(Rating),
    Voice(Voice),
    Note(Note),
    Photo(Photo),
    Unknown,
    Unreadable,
}

impl County {
    /// Takes an event's bytes, sent by terminal `from` under `id`. On `Ok` they are on disk.
    ///
    /// # Errors
    /// [`Error::Intake`] for what is no event of this sender (422), or the database (500).
    pub async fn accept(
        &self,
        from: TerminalNumber,
        id: Uuid,
        digest: Option<&str>,
        bytes: &[u8],
    ) -> Result<Intake, Error> {
        let (header, body) = event::split(bytes).map_err(IntakeRefused::from)?;
        if digest.is_some_and(|d| d.trim() != event::content_digest(bytes)) {
            return Err(IntakeRefused::Digest.into());
        }
        let mut tx = self.store.write().await?;
        let intake = self.accept_in(&mut tx, (from, id), (&header, body), bytes).await?;
        tx.commit().await?;
        Ok(intake)
    }

    /// Takes an event's bytes within a transaction of the caller's.
    pub(super) async fn accept_in(
        &self,
        tx: &mut Conn,
        (from, id): (TerminalNumber, Uuid),
        (header, body): (&Header, &[u8]),
        bytes: &[u8],
    ) -> Result<Intake, Error> {
        check_sender(header, from, id)?;
        let opened = self.open_body(header, body);
        let intake = self.take(tx, header, bytes, opened).await?;
        if intake == Intake::Other {
            tracing::warn!(event.id = %id, terminal = %from, "other bytes under a known id were kept");
        }
        Ok(intake)
    }

    async fn take(&self, tx: &mut Conn, header: &Header, bytes: &[u8], opened: Opened) -> Result<Intake, Error> {
        let (now, sha256) = (self.now().as_millisecond(), event::hash(bytes));
        let (id, ticket) = (header.id.to_string(), header.ticket.to_string());
        if let Some(known) = events::find(&mut *tx, &id).await? {
            if known.sha256 == sha256 {
                return Ok(Intake::Same);
            }
            let from = header.terminal.to_string();
            if events::keep_conflict(&mut *tx, (&id, &from), &sha256, bytes, now).await? {
                events::alarm(&mut *tx, now, "conflict", Some(&ticket), Some(&id)).await?;
            }
            return Ok(Intake::Other);
        }
        let row = EventRow {
            id,
            ticket,
            kind: word(header.kind),
            terminal: header.terminal.to_string(),
            boot: header.boot.to_string(),
            seq: signed(header.seq),
            sha256: sha256.to_vec(),
            bytes: bytes.to_vec(),
            received: now,
            status: "waiting".into(),
            case_id: None,
        };
        events::insert(&mut *tx, &row).await?;
        if let Opened::Unreadable = opened {
            events::mark(&mut *tx, &row.id, "unreadable", None).await?;
            events::alarm(&mut *tx, now, "unreadable", Some(&row.ticket), Some(&row.id)).await?;
        } else {
            self.apply(&mut *tx, header, &row, opened).await?;
        }
        Ok(Intake::New)
    }

    async fn apply(&self, tx: &mut Conn, header: &Header, row: &EventRow, opened: Opened) -> Result<(), Error> {
        match opened {
            Opened::Suggestion(suggestion) => self.suggest(tx, header, &suggestion).await,
            Opened::Contact(contact) => self.attach(tx, row, &contact).await,
            Opened::Rating(rating) => self.rate(tx, row, header.ticket, &rating).await,
            Opened::Photo(photo) => {
                photos::insert(tx, &row.id, &header.key, (photo.width, photo.height)).await?;
                self.join(tx, row).await
            }
            Opened::Voice(_) | Opened::Note(_) => self.join(tx, row).await,
            Opened::Unknown => Ok(events::mark(tx, &row.id, "kept", None).await?),
            Opened::Unreadable => Ok(()),
        }
    }

    /// Applies what did not open when it came and opens with a key that was brought since (its alarm stays), and what
    /// an older host kept because it did not know its kind.
    pub(super) async fn open_again(&self) -> Result<(), Error> {
        if events::unopened(&mut *self.store.read().await?).await?.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        for row in events::unopened(&mut tx).await? {
            let Ok((header, body)) = event::split(&row.bytes) else { continue };
            let opened = self.open_body(&header, body);
            if !matches!(opened, Opened::Unreadable | Opened::Unknown) {
                events::set_kind(&mut tx, &row.id, &word(header.kind)).await?;
                // What still misses its suggestion waits for it, like anything that comes.
                events::mark(&mut tx, &row.id, "waiting", None).await?;
                self.apply(&mut tx, &header, &row, opened).await?;
                tracing::info!(event.id = %row.id, "opened what was unreadable");
            }
        }
        Ok(tx.commit().await?)
    }

    /// Opens what lies behind a header.
    pub(crate) fn open_body(&self, header: &Header, body: &[u8]) -> Opened {
        if header.kind == Kind::Unknown {
            return Opened::Unknown;
        }
        let Some(plain) = self.keys.open(&header.key, body) else { return Opened::Unreadable };
        let names = (header.id, header.ticket);
        let opened = match header.kind {
            Kind::Suggestion => read(&plain, names, |s: &Suggestion| (s.id, s.ticket)).map(Opened::Suggestion),
            Kind::Contact => read(&plain, names, |c: &Contact| (c.id, c.ticket)).map(Opened::Contact),
            Kind::Rating => read(&plain, names, |r: &Rating| (r.id, r.ticket)).map(Opened::Rating),
            Kind::Voice => read(&plain, names, |v: &Voice| (v.id, v.ticket)).map(Opened::Voice),
            Kind::Note => read(&plain, names, |n: &Note| (n.id, n.ticket)).map(Opened::Note),
            Kind::Photo => read(&plain, names, |p: &Photo| (p.id, p.ticket)).map(Opened::Photo),
            Kind::Unknown => None,
        };
        opened.unwrap_or(Opened::Unreadable)
    }

    async fn suggest(&self, tx: &mut Conn, header: &Header, suggestion: &Suggestion) -> Result<(), Error> {
        let now = self.now();
        let (id, ticket) = (header.id.to_string(), header.ticket.to_string());
        if !cases::proofs(&mut *tx, &ticket).await?.is_empty() {
            events::alarm(&mut *tx, now.as_millisecond(), "double_number", Some(&ticket), Some(&id)).await?;
        }
        let (case, actions) = Case::received(now);
        let said = header.wall.quality.shows_a_day().then(|| header.wall.at.as_millisecond());
        let row = CaseRow {
            id: id.clone(),
            ticket: ticket.clone(),
            terminal: header.terminal.to_string(),
            boot: header.boot.to_string(),
            seq: signed(header.seq),
            station: self.station_of(&mut *tx, header.terminal).await?.map(|s| s.id),
            category: header.category.clone().unwrap_or_default(),
            place: header.place.clone().unwrap_or_default(),
            on_behalf: i64::from(suggestion.on_behalf),
            said,
            received: now.as_millisecond(),
            view_key: ViewKey::of(&suggestion.secret).bytes().to_vec(),
            code_tag: self.keys.code_tag(header.ticket, &suggestion.code),
            contact: None,
            phone_tag: None,
            standing: standing_of(&case),
        };
        cases::insert(&mut *tx, &row).await?;
        self.carry_out(&mut *tx, &row, &case, &actions).await?;
        events::mark(&mut *tx, &id, "applied", Some(&id)).await?;
        for waiting in events::waiting(&mut *tx, &ticket).await? {
            let Ok((header, body)) = event::split(&waiting.bytes) else { continue };
            match self.open_body(&header, body) {
                Opened::Contact(contact) => self.attach(&mut *tx, &waiting, &contact).await?,
                Opened::Rating(rating) => self.rate(&mut *tx, &waiting, header.ticket, &rating).await?,
                Opened::Voice(_) | Opened::Note(_) | Opened::Photo(_) => self.join(&mut *tx, &waiting).await?,
                Opened::Suggestion(_) | Opened::Unknown | Opened::Unreadable => {}
            }
        }
        Ok(())
    }

    /// Ties a contact to its case. Without one it waits.
    async fn attach(&self, tx: &mut Conn, event: &EventRow, contact: &Contact) -> Result<(), Error> {
        let Some(case) = case_before(&mut *tx, event).await? else { return Ok(()) };
        let newer = match &case.contact {
            Some(known) => events::find(&mut *tx, known).await?.is_none_or(|k| k.seq < event.seq),
            None => true,
        };
        if newer {
            let tag = phone_digits(&contact.phone).map(|digits| self.keys.tag(Use::Phone, &digits));
            cases::set_contact(&mut *tx, &case.id, &event.id, tag.as_deref()).await?;
        }
        Ok(events::mark(tx, &event.id, "applied", Some(&case.id)).await?)
    }

    /// Ties a recording, or what a phone sent, to its case. Without one it waits.
    async fn join(&self, tx: &mut Conn, event: &EventRow) -> Result<(), Error> {
        let Some(case) = case_before(&mut *tx, event).await? else { return Ok(()) };
        Ok(events::mark(tx, &event.id, "applied", Some(&case.id)).await?)
    }

    /// Applies a rating. One without its suggestion waits for it, and one of an answer that the ledger has not come to
    /// yet for that answer: after a restore both come again, in any order.
    async fn rate(&self, tx: &mut Conn, event: &EventRow, ticket: TicketNumber, rating: &Rating) -> Result<(), Error> {
        if cases::proofs(&mut *tx, &event.ticket).await?.is_empty() {
            return Ok(());
        }
        let from = event.terminal.parse().map_err(|_| StoreError::Unreadable("terminal"))?;
        match self.case_of_proof(&mut *tx, from, ticket, &rating.proof).await? {
            Some(row) => self.count(tx, event, &row, rating).await,
            None => self.refuse_rating(tx, event, None).await,
        }
    }

    /// Applies the ratings that waited for the answer which the case has come to; their proofs were judged.
    pub(crate) async fn count_waiting(&self, tx: &mut Conn, case_id: &str) -> Result<(), Error> {
        let Some(row) = cases::find(&mut *tx, case_id).await? else { return Ok(()) };
        for event in events::waiting(&mut *tx, &row.ticket).await? {
            if event.case_id.as_deref() == Some(case_id)
                && let Opened::Rating(rating) = self.reopen(&event.bytes)
                && let Some(row) = cases::find(&mut *tx, case_id).await?
            {
                self.count(&mut *tx, &event, &row, &rating).await?;
            }
        }
        Ok(())
    }

    async fn count(&self, tx: &mut Conn, event: &EventRow, row: &CaseRow, rating: &Rating) -> Result<(), Error> {
        let (case, now) = (case_of(row)?, self.now());
        let ahead = rating.revision > case.revision && !case.can_rate();
        let what = What::Rate { satisfaction: rating.satisfaction, revision: rating.revision };
        match case::step(case, case::Event { by: Actor::Villager, what }, now, self.day_of(now)) {
            Ok((case, actions)) => {
                self.carry_out(&mut *tx, row, &case, &actions).await?;
                Ok(events::mark(tx, &event.id, "applied", Some(&row.id)).await?)
            }
            Err(_) if ahead => Ok(events::mark(tx, &event.id, "waiting", Some(&row.id)).await?),
            Err(_) => self.refuse_rating(tx, event, Some(&row.id)).await,
        }
    }

    async fn refuse_rating(&self, tx: &mut Conn, event: &EventRow, case_id: Option<&str>) -> Result<(), Error> {
        let now = self.now().as_millisecond();
        events::alarm(&mut *tx, now, "rating_refused", Some(&event.ticket), Some(&event.id)).await?;
        Ok(events::mark(tx, &event.id, "refused", case_id).await?)
    }

    /// The views of a terminal's own tickets that changed behind `after`.
    ///
    /// A cursor beyond the county's own is of another ledger; everything is sent again then.
    ///
    /// # Errors
    /// The database.
    pub async fn views(&self, terminal: TerminalNumber, after: u64) -> Result<Views, Error> {
        let mut conn = self.store.read().await?;
        let last = settings::last(&mut conn, CURSOR).await?;
        let after = if signed(after) > last { 0 } else { signed(after) };
        let at_most = signed(VIEWS_AT_MOST as u64) + 1;
        let mut rows = cases::views(&mut conn, &terminal.to_string(), after, at_most).await?;
        let more = rows.len() > VIEWS_AT_MOST;
        rows.truncate(VIEWS_AT_MOST);
        let cursor = rows.last().map_or(after, |r| r.cursor);
        let view = |r: cases::ViewRow| {
            let ticket = r.ticket.parse().map_err(|_| StoreError::Unreadable("ticket"))?;
            Ok(SealedView { ticket, revision: u64::try_from(r.revision).unwrap_or_default(), sealed: r.sealed })
        };
        let views = rows.into_iter().map(view).collect::<Result<_, StoreError>>()?;
        Ok(Views { cursor: u64::try_from(cursor).unwrap_or_default(), views, more })
    }

    /// The words of a case, opened from its event; none where the key is gone.
    pub(crate) async fn words(&self, conn: &mut Conn, row: &CaseRow) -> Result<Option<Suggestion>, Error> {
        let Some(event) = events::find(conn, &row.id).await? else { return Ok(None) };
        match self.reopen(&event.bytes) {
            Opened::Suggestion(suggestion) => Ok(Some(suggestion)),
            _ => Ok(None),
        }
    }

    /// Opens an event that lies in the store.
    pub(crate) fn reopen(&self, bytes: &[u8]) -> Opened {
        event::split(bytes).map_or(Opened::Unreadable, |(header, body)| self.open_body(&header, body))
    }

    /// The view that the holder of a receipt gets.
    pub(crate) async fn view_of(&self, conn: &mut Conn, row: &CaseRow) -> Result<wire::view::View, Error> {
        record::view(conn, row, &case_of(row)?).await
    }
}

/// The case that something further belongs to: that of the same boot, else the last one said before it.
async fn case_before(conn: &mut Conn, event: &EventRow) -> Result<Option<CaseRow>, Error> {
    let cases = cases::of_ticket(conn, &event.ticket).await?;
    Ok(cases.into_iter().max_by_key(|c| (c.boot == event.boot, c.seq < event.seq, c.seq)))
}

fn check_sender(header: &Header, from: TerminalNumber, id: Uuid) -> Result<(), IntakeRefused> {
    if header.id != id {
        return Err(IntakeRefused::OtherId);
    }
    // A rating may be for a ticket of any terminal; what a terminal takes down carries its own number.
    let own = matches!(header.kind, Kind::Suggestion | Kind::Contact | Kind::Voice | Kind::Note | Kind::Photo);
    if header.terminal != from || own && header.ticket.terminal() != from {
        return Err(IntakeRefused::NotTheSenders);
    }
    Ok(())
}

fn read<T: DeserializeOwned>(
    plain: &[u8],
    names: (Uuid, TicketNumber),
    of: impl Fn(&T) -> (Uuid, TicketNumber),
) -> Option<T> {
    serde_json::from_slice(plain).ok().filter(|body| of(body) == names)
}

/// The digits that a telephone number is found by; none where it holds fewer than five.
pub(crate) fn phone_digits(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter_map(|c| c.to_digit(10)).map(|d| d.to_string()).collect();
    let national = match digits.strip_prefix("86") {
        Some(rest) if digits.len() == 13 => rest.to_owned(),
        _ => digits,
    };
    (national.len() >= 5).then_some(national)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_found_however_it_is_written() {
        for written in ["13800138000", "138 0013 8000", "+86 138-0013-8000", "8613800138000"] {
            assert_eq!(phone_digits(written).as_deref(), Some("13800138000"), "{written}");
        }
        assert_eq!(phone_digits("没有"), None);
    }
}
