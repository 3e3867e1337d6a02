//! Submitting: number, sealed event, Forward item and Print item in one transaction, and what was said aloud with them.
//!
//! Invariant: plain words exist in the caller's [`Draft`] and in a body that is overwritten when dropped; what reaches
//! SQLite is sealed. Number and sequence are taken and committed together with what they name.

use rusqlite::{Transaction, params};
use uuid::Uuid;
use wire::{
    case::Satisfaction,
    event::{self, Contact, Header, Kind, Rating, Suggestion, VOICE_MEDIA, Voice, WallTime},
    secret::{Proof, QueryCode, Secret},
    ticket::{TerminalNumber, TicketNumber},
};

use super::{CODE_KEPT, JobId, Queue, QueueError, cache::quality_text, generation};
use crate::{seal::Sealer, ticket::Draft};

/// What a villager takes away from a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The number on the receipt and on the screen.
    pub ticket: TicketNumber,
    /// The event.
    pub event: Uuid,
    /// Proves ownership on a keypad.
    pub code: QueryCode,
    /// Proves ownership in the QR.
    pub secret: Secret,
    /// The receipt's job.
    pub job: JobId,
    /// When it was submitted, by the terminal's clock.
    pub wall: WallTime,
}

/// What a new event takes from the queue's counters.
struct Place {
    id: Uuid,
    seq: i64,
    terminal: TerminalNumber,
}

impl Queue {
    /// Takes a suggestion. When this returns, it outlives a power cut.
    ///
    /// # Errors
    /// A text that breaks a rule, numbers used up, or a file that can't be written; nothing was taken then.
    pub fn submit(&mut self, draft: &Draft, sealer: &Sealer) -> Result<Submitted, QueueError> {
        wire::check_text(&draft.text)?;
        self.with_reserve(|queue| queue.take(draft, sealer))
    }

    fn take(&mut self, draft: &Draft, sealer: &Sealer) -> Result<Submitted, QueueError> {
        let (wall, boot) = (self.clock.wall(), self.clock.boot());
        let witnesses = self.witnesses.clone();
        let (code, secret) = (QueryCode::draw(), Secret::draw());
        let tx = self.begin()?;
        let ticket = next_number(&tx, &witnesses)?;
        let place = next_place(&tx, wall)?;
        let body = Suggestion {
            id: place.id,
            ticket,
            text: draft.text.clone(),
            landmark: draft.landmark.clone(),
            on_behalf: draft.on_behalf,
            spoken_s: draft.voice.as_ref().map(|voice| voice.seconds),
            secret: secret.clone(),
            code: code.clone(),
        };
        let header = Header {
            v: event::VERSION,
            id: place.id,
            ticket,
            kind: Kind::Suggestion,
            category: Some(draft.category.id.clone()),
            place: draft.place.as_ref().map(|p| p.id.clone()),
            terminal: place.terminal,
            boot,
            seq: place.seq.unsigned_abs(),
            wall,
            key: sealer.key_id().to_owned(),
        };
        let sealed = sealer.seal(&body)?;
        append(&tx, &header, &sealed)?;
        if let Some(voice) = &draft.voice {
            let place = next_place(&tx, wall)?;
            let body = Voice {
                id: place.id,
                ticket,
                media: VOICE_MEDIA.into(),
                seconds: voice.seconds,
                audio: voice.ogg.clone(),
            };
            let (id, seq) = (place.id, place.seq.unsigned_abs());
            let header = Header { id, kind: Kind::Voice, category: None, place: None, seq, ..header };
            append(&tx, &header, &sealer.seal(&body)?)?;
        }
        tx.prepare_cached(
            "INSERT INTO print (ticket, category, place, wall, quality, with_text, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'prepared')",
        )?
        .execute(params![
            ticket.to_string(),
            draft.category.name,
            draft.place.as_ref().map(|p| &p.name),
            wall.at.as_millisecond(),
            quality_text(wall.quality),
            draft.text_on_receipt,
        ])?;
        let job = JobId(tx.last_insert_rowid());
        tx.prepare_cached("INSERT INTO proof (job, code, secret) VALUES (?1, ?2, ?3)")?.execute(params![
            job.0,
            code.digits(),
            secret.bytes()
        ])?;
        let submitted = Submitted { ticket, event: place.id, code, secret, job, wall };
        if let Err(problem) = tx.commit().map_err(QueueError::from) {
            self.in_doubt = problem.is_of_the_file().then_some(submitted);
            return Err(problem);
        }
        self.codes.keep(job, self.clock.monotonic() + CODE_KEPT);
        Ok(submitted)
    }

    /// The submission that failed last, where it failed with its commit: it was not kept, and may be there all the same
    /// when the file is opened anew. Gives it once.
    pub fn in_doubt(&mut self) -> Option<Submitted> {
        self.in_doubt.take()
    }

    /// Whether this event is in the file.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn holds(&self, event: Uuid) -> Result<bool, QueueError> {
        let mut statement = self.conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE id = ?1)")?;
        Ok(statement.query_row([event.as_bytes()], |row| row.get(0))?)
    }

    /// Takes the villager's name and telephone number; either may be empty.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn submit_contact(
        &mut self,
        ticket: TicketNumber,
        name: &str,
        phone: &str,
        sealer: &Sealer,
    ) -> Result<Uuid, QueueError> {
        self.submit_further(ticket, Kind::Contact, sealer, |id| {
            sealer.seal(&Contact { id, ticket, name: name.to_owned(), phone: phone.to_owned() })
        })
    }

    /// Takes what a villager thinks of a reply.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn submit_rating(
        &mut self,
        ticket: TicketNumber,
        satisfaction: Satisfaction,
        revision: u64,
        proof: Proof,
        sealer: &Sealer,
    ) -> Result<Uuid, QueueError> {
        self.submit_further(ticket, Kind::Rating, sealer, |id| {
            sealer.seal(&Rating { id, ticket, satisfaction, revision, proof: proof.clone() })
        })
    }

    fn submit_further(
        &mut self,
        ticket: TicketNumber,
        kind: Kind,
        sealer: &Sealer,
        seal: impl Fn(Uuid) -> Result<Vec<u8>, crate::seal::SealError>,
    ) -> Result<Uuid, QueueError> {
        self.with_reserve(|queue| queue.take_further(ticket, kind, sealer, &seal))
    }

    fn take_further(
        &mut self,
        ticket: TicketNumber,
        kind: Kind,
        sealer: &Sealer,
        seal: &impl Fn(Uuid) -> Result<Vec<u8>, crate::seal::SealError>,
    ) -> Result<Uuid, QueueError> {
        let (wall, boot) = (self.clock.wall(), self.clock.boot());
        let tx = self.begin()?;
        let place = next_place(&tx, wall)?;
        let header = Header {
            v: event::VERSION,
            id: place.id,
            ticket,
            kind,
            category: None,
            place: None,
            terminal: place.terminal,
            boot,
            seq: place.seq.unsigned_abs(),
            wall,
            key: sealer.key_id().to_owned(),
        };
        append(&tx, &header, &seal(place.id)?)?;
        tx.commit()?;
        Ok(place.id)
    }
}

/// Takes the next ticket number, in the next generation where this one is used up.
fn next_number(tx: &Transaction<'_>, witnesses: &[std::path::PathBuf]) -> Result<TicketNumber, QueueError> {
    let (terminal, generation, counter): (String, u8, u16) = tx
        .prepare_cached("SELECT terminal, generation, counter FROM queue")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let terminal: TerminalNumber = terminal.parse()?;
    let (generation, counter) = if counter < TicketNumber::COUNTER_MAX {
        (generation, counter + 1)
    } else {
        let next = generation::above(generation)?;
        generation::witness(witnesses, terminal, generation::Mark { generation: next, seq: 0 })?;
        (next, 1)
    };
    tx.prepare_cached("UPDATE queue SET generation = ?1, counter = ?2")?.execute(params![generation, counter])?;
    Ok(TicketNumber::new(terminal, generation, counter)?)
}

/// Takes the next sequence, and an id whose time is the clock's.
fn next_place(tx: &Transaction<'_>, wall: WallTime) -> Result<Place, QueueError> {
    let (seq, terminal): (i64, String) = tx
        .prepare_cached("UPDATE queue SET seq = seq + 1 RETURNING seq, terminal")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut random = [0; 10];
    aws_lc_rs::rand::fill(&mut random).expect("invariant: the system has random numbers");
    let millis = u64::try_from(wall.at.as_millisecond()).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    Ok(Place { id, seq, terminal: terminal.parse()? })
}

/// Writes an event and its Forward item.
fn append(tx: &Transaction<'_>, header: &Header, sealed: &[u8]) -> Result<(), QueueError> {
    let bytes = event::assemble(header, sealed);
    if bytes.len() > header.kind.max_bytes() {
        return Err(QueueError::TooLong(bytes.len()));
    }
    let kind = kind_name(header.kind);
    let seq = header.seq.cast_signed();
    tx.prepare_cached("INSERT INTO event (seq, id, ticket, kind, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![seq, header.id.as_bytes(), header.ticket.to_string(), kind, bytes])?;
    tx.prepare_cached("INSERT INTO forward (event, state) VALUES (?1, 'pending')")?.execute([seq])?;
    Ok(())
}

/// As the file names it.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact => "contact",
        Kind::Rating => "rating",
        Kind::Voice => "voice",
        // No terminal writes these two: a phone sends them to the county itself.
        Kind::Note => "note",
        Kind::Photo => "photo",
        Kind::Suggestion | Kind::Unknown => "suggestion",
    }
}
