//! Hand-overs: a villager's phone adds words and photos to a ticket, by a QR that a terminal showed.
//!
//! Invariants: the county keeps hashes of the QR's secret and of the phone's cookie, never these; the secret is dead at
//! its first use and after [`COME_WITHIN`] by the county's clock; the first phone has [`STAY_WITHIN`] from there, and is
//! the same phone again when it asks again. Each request of it names the hand-over that its page shows: a phone that has
//! opened another one since sends nothing to the wrong ticket. What it sends becomes events of the same ticket, sealed before anything is
//! stored, through the same ledger as the terminals'. A photo that was taken is not taken twice, however often it is
//! sent; what did not come whole leaves nothing. Nothing of the terminal's draft is here.

mod phase;
mod photo;
mod taking;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use wire::{
    intake::{HandOver, HandOverVerdict, HandedOver},
    secret::{Secret, SecretHash},
    ticket::{TerminalNumber, TicketNumber},
};

pub use photo::UPLOAD_MAX;

use phase::{Phase, phase};

use super::{County, Error, IntakeRefused, PhoneRefused, tracking::Asker};
use crate::{
    account::PER_ASKER,
    store::{
        Conn, StoreError,
        handovers::{self, HandOverRow},
        tries,
    },
};

/// For how long a phone may come.
pub const COME_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// For how long the phone that came may send: nobody is hurried who writes slowly, looks for a photo at home, or has no
/// network on the way there.
pub const STAY_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// The most photos of one hand-over.
pub const PHOTOS_MAX: u8 = 6;

/// The most photos of one hand-over that are looked at and not taken.
pub const REFUSED_MAX: i64 = 30;

/// The most uploads of one hand-over that break off: six photos on a bad link, each tried a dozen times.
pub const BROKEN_MAX: i64 = 100;

/// The most notes of one hand-over: a second one comes where the answer to the first was lost and more was written.
pub const NOTES_MAX: usize = 4;

/// The most hand-overs that a terminal gets within an hour: a visit takes minutes.
pub const PER_HOUR: i64 = 40;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// After this even whoever comes too late is told nothing but that there is no such QR.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

/// What the limits on guessing call the QR of a hand-over.
const SUBJECT: &str = "phone";

/// Who sends: a phone, to the hand-over that its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// What the phone drew for its cookie.
    pub phone: Secret,
    /// The hand-over's public id.
    pub of: Uuid,
}

/// Where a phone stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneStanding {
    /// The hand-over's public id.
    pub id: Uuid,
    /// What it adds to.
    pub ticket: TicketNumber,
    /// Until when it may send; none, it said that this is all.
    pub until: Option<Timestamp>,
    /// The phone's ids of the photos that were taken, in the order of their arrival.
    pub photos: Vec<Uuid>,
}

impl County {
    /// Lets a phone come to a ticket of this terminal. The same request again is answered with the time that is left;
    /// another one ends what nobody has sent anything to: a browser that could not go on, or lost the answer.
    ///
    /// # Errors
    /// [`Error::Intake`] for another terminal's ticket, or the database.
    pub async fn hand_over(&self, from: TerminalNumber, asked: &HandOver) -> Result<HandedOver, Error> {
        if asked.ticket.terminal() != from {
            return Err(IntakeRefused::NotTheSenders.into());
        }
        let (now, secret) = (self.now(), asked.secret.bytes());
        let no = |verdict| Ok(HandedOver { verdict, open_s: None });
        let open = |until: Timestamp| {
            let left = until.duration_since(now).as_secs();
            Ok(HandedOver { verdict: HandOverVerdict::Open, open_s: u32::try_from(left).ok() })
        };
        let (terminal, ticket) = (from.to_string(), asked.ticket.to_string());
        let mut tx = self.store.write().await?;
        for row in handovers::of_ticket(&mut tx, &ticket).await? {
            match phase(&row, now) {
                Phase::Waiting(until) if row.secret == secret => return open(until),
                Phase::Open(_) if row.secret == secret || handovers::has_anything(&mut tx, &row.secret).await? => {
                    return no(HandOverVerdict::InUse);
                }
                // Kept, because it counts as one of the hour.
                Phase::Waiting(_) | Phase::Open(_) => {
                    handovers::replace(&mut tx, &row.secret, now.as_millisecond()).await?;
                }
                Phase::Finished | Phase::Replaced | Phase::Late => {}
            }
        }
        let since = (now - HOUR).as_millisecond();
        if handovers::count_since(&mut tx, &terminal, since).await? >= PER_HOUR {
            return no(HandOverVerdict::TooMany);
        }
        // A hash that is known and not this ticket's is a secret that was drawn twice: there is none.
        if handovers::find(&mut tx, secret).await?.is_some() {
            return no(HandOverVerdict::Unknown);
        }
        let row = HandOverRow {
            secret: secret.to_vec(),
            id: Uuid::new_v4().to_string(),
            terminal,
            ticket,
            boot: asked.boot.to_string(),
            made: now.as_millisecond(),
            phone: None,
            opened: None,
            finished: None,
            replaced: None,
            refused: 0,
            broken: 0,
        };
        handovers::insert(&mut tx, &row).await?;
        let subject = format!("ticket:{}", asked.ticket);
        self.audit(&mut tx, &format!("terminal:{from}"), "hand_over", &subject, "shown").await?;
        tx.commit().await?;
        open(now + COME_WITHIN)
    }

    /// Opens a hand-over for the first phone that shows its secret; `phone` is what that phone drew for its cookie, and
    /// the same phone may open again, because an answer gets lost.
    ///
    /// # Errors
    /// [`Error::Phone`] for a secret that nobody showed, that is too old, or another phone's; [`Error::TooMany`] after
    /// too many of them; or the database.
    pub async fn open_phone(&self, asker: Asker, secret: &Secret, phone: &Secret) -> Result<PhoneStanding, Error> {
        let (now, hash) = (self.now(), secret.hash());
        let mut conn = self.store.read().await?;
        let Some(found) = handovers::find(&mut conn, hash.bytes()).await? else {
            drop(conn);
            return Err(self.note_unknown_secret(asker).await?);
        };
        drop(conn);
        let mut tx = self.store.write().await?;
        // It may have been taken since, or its place by a newer one.
        let row = handovers::find(&mut tx, hash.bytes()).await?.ok_or(PhoneRefused::Late)?;
        let own = phone.hash();
        match (phase(&row, now), &row.phone) {
            (Phase::Waiting(_), _) => {
                if handovers::of_phone(&mut tx, own.bytes()).await?.is_some() {
                    return Err(PhoneRefused::Taken.into());
                }
                handovers::open(&mut tx, hash.bytes(), own.bytes(), now.as_millisecond()).await?;
                let subject = format!("ticket:{}", found.ticket);
                self.audit(&mut tx, &self.name_of(asker), "hand_over", &subject, "opened").await?;
            }
            (Phase::Replaced, _) | (_, None) => return Err(PhoneRefused::Late.into()),
            (_, Some(first)) if first.as_slice() != own.bytes() => return Err(PhoneRefused::Taken.into()),
            // The first phone: where it stands it is told as it is at any time.
            (Phase::Open(_) | Phase::Finished | Phase::Late, _) => {}
        }
        let standing = self.standing_of_phone(&mut tx, &own).await?;
        tx.commit().await?;
        Ok(standing)
    }

    /// Notes, within the limits, that somebody showed a secret that there is not; what to answer.
    async fn note_unknown_secret(&self, asker: Asker) -> Result<Error, Error> {
        let (now, who) = (self.now().as_millisecond(), self.name_of(asker));
        let tries = tries::by(&mut *self.store.read().await?, &who, PER_ASKER.since(now)).await?;
        if let Some(retry_after) = PER_ASKER.wait(&tries, now) {
            return Ok(Error::TooMany { retry_after });
        }
        let mut tx = self.store.write().await?;
        tries::add(&mut tx, now, SUBJECT, &who).await?;
        self.audit(&mut tx, &who, "hand_over", SUBJECT, "unknown").await?;
        tx.commit().await?;
        Ok(PhoneRefused::Late.into())
    }

    /// Where the phone with this cookie stands; where its page shows a hand-over, that has to be the one.
    ///
    /// # Errors
    /// [`Error::Phone`] where it opened nothing, another one, or its time is over; or the database.
    pub async fn phone_standing(&self, phone: &Secret, of: Option<Uuid>) -> Result<PhoneStanding, Error> {
        let standing = self.standing_of_phone(&mut *self.store.read().await?, &phone.hash()).await?;
        match of {
            Some(of) if of != standing.id => Err(PhoneRefused::Other.into()),
            _ => Ok(standing),
        }
    }

    async fn standing_of_phone(&self, conn: &mut Conn, phone: &SecretHash) -> Result<PhoneStanding, Error> {
        let row = handovers::of_phone(conn, phone.bytes()).await?.ok_or(PhoneRefused::NotOpened)?;
        let until = match phase(&row, self.now()) {
            Phase::Open(until) => Some(until),
            Phase::Finished => None,
            Phase::Replaced => return Err(PhoneRefused::Replaced.into()),
            Phase::Waiting(_) | Phase::Late => return Err(PhoneRefused::Over.into()),
        };
        let photos = handovers::photos(conn, &row.secret).await?;
        let photos = photos.iter().map(|id| id.parse().map_err(|_| StoreError::Unreadable("photo")));
        let photos = photos.collect::<Result<_, _>>()?;
        Ok(PhoneStanding { id: id_of(&row)?, ticket: ticket_of(&row)?, until, photos })
    }

    /// Forgets the hand-overs that are older than [`REMEMBERED`]; returns how many.
    ///
    /// # Errors
    /// The database.
    pub async fn forget_hand_overs(&self) -> Result<usize, Error> {
        let mut tx = self.store.write().await?;
        let old = handovers::older(&mut tx, (self.now() - REMEMBERED).as_millisecond()).await?;
        for secret in &old {
            handovers::remove(&mut tx, secret).await?;
        }
        tx.commit().await?;
        Ok(old.len())
    }
}

fn id_of(row: &HandOverRow) -> Result<Uuid, StoreError> {
    row.id.parse().map_err(|_| StoreError::Unreadable("id"))
}

fn ticket_of(row: &HandOverRow) -> Result<TicketNumber, StoreError> {
    row.ticket.parse().map_err(|_| StoreError::Unreadable("ticket"))
}
