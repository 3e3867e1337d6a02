//! Print items: the receipts' facts and where each of them stands.
//!
//! The printer decides (its `job`), this module writes down. Invariants: none of the villager's words is here; a former
//! release reads and writes every state as well as it can. What became of a receipt in a presenter stands as the reason of
//! `confirmed`, which a former release doesn't read there and overwrites with whatever it does next; a failure that it has
//! no name for is another one to it.

use rusqlite::{OptionalExtension, Row, params};
use wire::{
    event::WallTime,
    secret::{QueryCode, Secret},
    ticket::TicketNumber,
};

use super::{CODE_KEPT, Queue, QueueError, cache::wall_time};

/// One receipt's job; jobs are printed in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub(super) i64);

/// Where a receipt stands, as written down. The number is that of the attempts whose first byte may have gone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintState {
    /// Nothing of the next copy has gone out.
    Prepared {
        /// Copies that may have come out before; 0 for the original.
        after: u32,
    },
    /// Bytes of this attempt may have gone out.
    Sending {
        /// 1 for the original.
        attempt: u32,
    },
    /// The whole receipt came out.
    Confirmed {
        /// The attempt that did.
        attempt: u32,
    },
    /// It came out, and somebody took it from the presenter.
    Taken {
        /// The attempt.
        attempt: u32,
    },
    /// It came out, nobody took it, and the printer has it back.
    Retracted {
        /// The attempt.
        attempt: u32,
    },
    /// It did not come out whole.
    Failed {
        /// The attempt.
        attempt: u32,
        /// Why.
        reason: PrintFailure,
    },
    /// Nobody knows.
    Unknown {
        /// The attempt.
        attempt: u32,
    },
}

/// Why a receipt did not come out whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrintFailure {
    /// The paper ended.
    PaperEnd,
    /// Somebody opened the cover.
    CoverOpen,
    /// The cutter is stuck.
    Cutter,
    /// The head is too hot.
    Heat,
    /// The printer says that something else is wrong.
    Other,
}

/// What proves that a receipt is one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proofs {
    /// For a keypad.
    pub code: QueryCode,
    /// For the QR.
    pub secret: Secret,
}

/// A receipt and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// The job.
    pub id: JobId,
    /// The ticket.
    pub ticket: TicketNumber,
    /// The category as people read it.
    pub category: String,
    /// The place as people read it.
    pub place: Option<String>,
    /// The submission, by the terminal's clock.
    pub wall: WallTime,
    /// Whether the villager asked for the words on paper.
    pub with_text: bool,
    /// Where it stands.
    pub state: PrintState,
    /// None once they were forgotten; then nothing can be printed.
    pub proofs: Option<Proofs>,
}

/// What the pages say of a ticket of this terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketFacts {
    /// The category as people read it.
    pub category: String,
    /// The place as people read it.
    pub place: Option<String>,
    /// The submission, by the terminal's clock.
    pub wall: WallTime,
    /// Whether the county has the suggestion on its disk.
    pub delivered: bool,
    /// Where the receipt stands.
    pub paper: PrintState,
}

const JOB: &str = "SELECT print.job, ticket, category, place, wall, quality, with_text, state, attempt, reason, code, \
                   secret FROM print LEFT JOIN proof ON proof.job = print.job";

impl Queue {
    /// The receipts that are to come out, oldest first: never begun, begun by a former run, or known not to be out. One
    /// whose code was forgotten is not among them: nothing could be printed.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn open_jobs(&self) -> Result<Vec<PrintJob>, QueueError> {
        // By their codes, of which there are few.
        let sql =
            format!("{JOB} WHERE code IS NOT NULL AND state IN ('prepared', 'sending', 'failed') ORDER BY print.job");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| Ok(read_job(row)))?;
        rows.map(|job| job?).collect()
    }

    /// The newest receipt that was begun and is not known to have come out whole, where it is the last of all or was
    /// worked on within the time that codes are kept. One that is to be begun again broke off before.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn may_have_broken_off(&self) -> Result<Option<TicketNumber>, QueueError> {
        let sql = "SELECT ticket FROM print LEFT JOIN proof ON proof.job = print.job
                   WHERE attempt > 0 AND state IN ('prepared', 'sending', 'failed', 'unknown')
                   AND (code IS NOT NULL OR print.job = (SELECT max(job) FROM print WHERE attempt > 0))
                   ORDER BY print.job DESC LIMIT 1";
        let ticket: Option<String> = self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        Ok(ticket.map(|ticket| ticket.parse()).transpose()?)
    }

    /// The receipt of a ticket of this terminal.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn print_job(&self, ticket: TicketNumber) -> Result<Option<PrintJob>, QueueError> {
        let sql = format!("{JOB} WHERE ticket = ?1");
        let found = self.conn.prepare_cached(&sql)?.query_row([ticket.to_string()], |row| Ok(read_job(row)));
        found.optional()?.transpose()
    }

    /// Writes down where a receipt stands. With [`PrintState::Sending`] comes the hash of the bytes that are about to go
    /// out, none where they hold the villager's words.
    ///
    /// # Errors
    /// Whatever SQLite says; then nothing may go out.
    pub fn journal(&mut self, job: JobId, state: PrintState, hash: Option<[u8; 32]>) -> Result<(), QueueError> {
        self.with_reserve(|queue| queue.write_state(job, state, hash))?;
        self.codes.keep(job, self.clock.monotonic() + CODE_KEPT);
        Ok(())
    }

    fn write_state(&mut self, job: JobId, state: PrintState, hash: Option<[u8; 32]>) -> Result<(), QueueError> {
        let (name, attempt, reason) = state_columns(state);
        let tx = self.begin()?;
        match state {
            PrintState::Sending { .. } => tx
                .prepare_cached("UPDATE print SET state = ?2, attempt = ?3, reason = ?4, hash = ?5 WHERE job = ?1")?
                .execute(params![job.0, name, attempt, reason, hash])?,
            _ => tx
                .prepare_cached("UPDATE print SET state = ?2, attempt = ?3, reason = ?4 WHERE job = ?1")?
                .execute(params![job.0, name, attempt, reason])?,
        };
        tx.commit()?;
        Ok(())
    }

    /// What is known of a ticket of this terminal; none for any other number.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn ticket_facts(&self, ticket: TicketNumber) -> Result<Option<TicketFacts>, QueueError> {
        let Some(job) = self.print_job(ticket)? else { return Ok(None) };
        let delivered = self
            .conn
            .prepare_cached(
                "SELECT MIN(forward.state = 'delivered') FROM event JOIN forward ON forward.event = event.seq
                 WHERE ticket = ?1 AND kind IN ('suggestion', 'voice')",
            )?
            .query_row([ticket.to_string()], |row| row.get::<_, Option<bool>>(0))?;
        Ok(Some(TicketFacts {
            category: job.category,
            place: job.place,
            wall: job.wall,
            // A suggestion that was spoken is there with its recording. An event that is gone was delivered and purged: no
            // other can be deleted.
            delivered: delivered.unwrap_or(true),
            paper: job.state,
        }))
    }
}

fn read_job(row: &Row<'_>) -> Result<PrintJob, QueueError> {
    let ticket: String = row.get(1)?;
    let quality: String = row.get(5)?;
    let (state, reason): (String, Option<String>) = (row.get(7)?, row.get(9)?);
    let code: Option<String> = row.get(10)?;
    let secret: Option<[u8; 16]> = row.get(11)?;
    let proofs = code
        .zip(secret)
        .and_then(|(code, secret)| Some(Proofs { code: code.parse().ok()?, secret: secret_of(secret)? }));
    Ok(PrintJob {
        id: JobId(row.get(0)?),
        ticket: ticket.parse()?,
        category: row.get(2)?,
        place: row.get(3)?,
        wall: wall_time(row.get(4)?, &quality),
        with_text: row.get(6)?,
        state: state_of(&state, row.get(8)?, reason.as_deref()),
        proofs,
    })
}

fn secret_of(bytes: [u8; 16]) -> Option<Secret> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes).parse().ok()
}

fn state_columns(state: PrintState) -> (&'static str, u32, Option<&'static str>) {
    match state {
        PrintState::Prepared { after } => ("prepared", after, None),
        PrintState::Sending { attempt } => ("sending", attempt, None),
        PrintState::Confirmed { attempt } => ("confirmed", attempt, None),
        PrintState::Taken { attempt } => ("confirmed", attempt, Some("taken")),
        PrintState::Retracted { attempt } => ("confirmed", attempt, Some("retracted")),
        PrintState::Unknown { attempt } => ("unknown", attempt, None),
        PrintState::Failed { attempt, reason } => {
            let reason = match reason {
                PrintFailure::PaperEnd => "paper end",
                PrintFailure::CoverOpen => "cover open",
                PrintFailure::Cutter => "cutter",
                PrintFailure::Heat => "heat",
                PrintFailure::Other => "other",
            };
            ("failed", attempt, Some(reason))
        }
    }
}

fn state_of(name: &str, attempt: u32, reason: Option<&str>) -> PrintState {
    match name {
        "prepared" => PrintState::Prepared { after: attempt },
        "sending" => PrintState::Sending { attempt },
        "confirmed" => match reason {
            Some("taken") => PrintState::Taken { attempt },
            Some("retracted") => PrintState::Retracted { attempt },
            _ => PrintState::Confirmed { attempt },
        },
        "failed" => {
            let reason = match reason {
                Some("paper end") => PrintFailure::PaperEnd,
                Some("cover open") => PrintFailure::CoverOpen,
                Some("cutter") => PrintFailure::Cutter,
                Some("heat") => PrintFailure::Heat,
                _ => PrintFailure::Other,
            };
            PrintState::Failed { attempt, reason }
        }
        // The schema allows one more.
        _ => PrintState::Unknown { attempt },
    }
}
